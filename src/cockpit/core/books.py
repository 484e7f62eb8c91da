"""Markdown runbooks: what is read, and what of it can run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote

import msgspec

from .prose import Block, plain
from .regex import regex
from .runbooks import Runbook
from .text import clean


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """One Markdown file of a runbook repository. It can always be read; it runs where ``runbook`` is there, which takes a front
    matter without faults.

    ``name`` is its path in the repository without ``.md``. ``file`` is where it lies, for people. ``problems`` say why it does not
    run though it has a front matter; each names file and line. ``url`` is its address at its forge, "" where that is not known.
    """

    name: str
    title: str
    file: str
    blocks: tuple[Block, ...]
    runbook: Runbook | None = None
    problems: tuple[str, ...] = ()
    url: str = ""


_UNNAMED = regex(r"[^\w.-]+")
_LONGEST = 100

Books = Mapping[str, Book]
"""By name, in the order of the repositories and of the names in them."""


def named(path: str) -> str:
    """The name of the runbook that lies at ``path`` in its directory: without ``.md``, and with a hyphen for whatever is no letter,
    digit, ``.``, ``_`` or ``-``: ``postgres/Fail-over`` for ``postgres/Fail over.md``."""
    parts = path.removesuffix(".md").split("/")
    return clean("/".join(_UNNAMED.sub("-", part).strip("-") or "-" for part in parts), _LONGEST)


def boxes(blocks: tuple[Block, ...]) -> dict[int, str]:
    """For the place of each check box, what its tick is remembered by: its text, counted where several say the same. So a tick
    outlives an edit elsewhere in the file, and never moves to another box."""
    count: dict[str, int] = {}
    found: dict[int, str] = {}
    for at, block in enumerate(blocks):
        if block.box:
            text = plain(block.words)[:200]
            count[text] = count.get(text, 0) + 1
            found[at] = text if count[text] == 1 else f"{text} ({count[text]})"
    return found


_ALIKE = 0.7  # of two texts, the share that is the same: a sentence reworded, not another sentence


class Carried(msgspec.Struct, frozen=True):
    """What became of ticks whose boxes do not say any more what they said: ``by_box`` has the old text for the box, by its new one,
    that alone can be meant; ``lost`` are the texts of those for which there is none, or more than one."""

    by_box: dict[str, str]
    lost: tuple[str, ...]


def carried(now: Collection[str], ticked: Collection[str]) -> Carried:
    """Find ticked boxes again that were reworded; ``now`` are the texts of the boxes there are, ``ticked`` those of ticks. One is
    found where its text is like that of one box alone which nobody has ticked, and no other tick's is."""
    orphans = [text for text in ticked if text not in now]
    if not orphans:
        return Carried({}, ())
    from difflib import SequenceMatcher  # deferred: texts are seldom written while they are worked through

    alike = [
        (box, old)
        for box in now
        if box not in ticked
        for old in orphans
        if SequenceMatcher(None, old.casefold(), box.casefold(), autojunk=False).ratio() >= _ALIKE
    ]
    boxes_of, olds_of = (Counter(pair[n] for pair in alike) for n in (1, 0))
    by_box = {box: old for box, old in alike if boxes_of[old] == 1 and olds_of[box] == 1}
    return Carried(by_box, tuple(old for old in orphans if old not in by_box.values()))


def box_of(book: Book, shown: Sequence[tuple[str, ...]], asked: str, ticked: Collection[str]) -> str:
    """The box that a run of the book asks for with these words, of several that say the same the first that is not in ``ticked``;
    "" where there is none. ``shown`` is what the run was shown to do: of the steps by hand in it each is a box, in their order."""
    words = [each[2] for each in shown if each[:2] == ("", "manual")]
    found = (box for box, text in zip(boxes(book.blocks).values(), words, strict=False) if text == asked)
    return next((box for box in found if box not in ticked), "")


def addressed(books: Books, url: str) -> tuple[Book, str] | None:
    """The book that an address of its forge means, and the anchor in it ("" for none); ``None`` where it is no book of ours. What
    a forge adds behind ``?`` is not looked at."""
    page, _, anchor = url.partition("#")
    page = unquote(page.partition("?")[0]).removesuffix("/")
    for book in books.values():
        if book.url and page in (book.url, book.url.removesuffix(".md")):
            return book, unquote(anchor)
    return None


def linked(books: Books, here: Book, url: str) -> tuple[Book, str] | None:
    """The book that a link in the book ``here`` leads to, and the anchor: ``#anchor``, a path from its own place, or an address."""
    if "://" in url:
        return addressed(books, url)
    path, _, anchor = map(unquote, url.partition("#"))
    if not path:
        return here, anchor
    parts = [] if path.startswith("/") else here.name.split("/")[:-1]
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    found = books.get(named("/".join(parts)))
    return (found, anchor) if found is not None else None
