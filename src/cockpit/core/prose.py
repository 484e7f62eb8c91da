"""The text of a Markdown runbook as it is read: a flat row of blocks, all of it harmless, none of it markup any more."""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence

import msgspec


class Kind(enum.Enum):
    """What a block is."""

    HEADING = "heading"
    TEXT = "text"
    CODE = "code"
    TABLE = "table"
    RULE = "rule"


class Piece(msgspec.Struct, frozen=True):
    """A run of text. ``mark`` is how it is set: ``strong``, ``emphasis``, ``code``, ``strike``, ``html``, or "". ``url`` is where
    it leads, if it does; a line break stands as a newline."""

    text: str
    mark: str = ""
    url: str = ""


Words = tuple[Piece, ...]
"""A text with its marks."""


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """One block. ``indent`` is how many cells it is moved in; ``mark`` stands before its first line (``•``, ``2.``); ``quoted``
    counts the quotations around it. ``tight``: no blank line before it. ``line`` is its line in the file, from 1.

    A heading has its ``level`` (1–6) and ``anchor``; code its ``lines`` and ``lang``; a table its ``rows``, the first being its
    head. ``step`` is the number with which it runs (0: it does not), ``name`` what it is called; ``box`` says that it is a person's
    to do, who ticks it.
    """

    kind: Kind
    line: int
    words: Words = ()
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[Words, ...], ...] = ()
    level: int = 0
    anchor: str = ""
    indent: int = 0
    mark: str = ""
    quoted: int = 0
    tight: bool = False
    lang: str = ""
    name: str = ""
    step: int = 0
    box: bool = False


def plain(words: Words) -> str:
    """The text alone, on one line."""
    return " ".join("".join(piece.text for piece in words).split())


def anchored(blocks: Sequence[Block], anchor: str) -> int | None:
    """The place of the heading that ``#anchor`` means, or ``None``."""
    wanted = anchor.lstrip("#").casefold()
    return next((at for at, block in enumerate(blocks) if block.anchor and block.anchor == wanted), None)


def slug(text: str, taken: dict[str, int]) -> str:
    """The anchor of a heading as forges make it: small letters, blanks as hyphens, no punctuation; ``-1``, ``-2`` for those that
    say the same. ``taken`` counts them, and is kept up."""
    base = re.sub(r"[^\w\- ]", "", text.strip().casefold()).replace(" ", "-")
    count = taken.get(base, 0)
    taken[base] = count + 1
    return f"{base}-{count}" if count else base
