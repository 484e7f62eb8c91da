"""The body of a Markdown runbook: CommonMark with tables, taken apart into blocks to read and steps to run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from ..core.prose import Block, Kind, Piece, Words, plain, slug
from ..core.text import clean, clean_block

if TYPE_CHECKING:
    from markdown_it.token import Token

INTERPRETERS = {
    "sh": "sh",
    "shell": "sh",
    "bash": "bash",
    "zsh": "zsh",
    "python": "python3",
    "python3": "python3",
    "py": "python3",
    "perl": "perl",
    "ruby": "ruby",
}
"""The languages of blocks that are steps, and the program that runs each; every other block is there to be read."""

ASIDE = "norun"
"""The word in a block's info string with which it is only shown, whatever its language."""

_BOX = re.compile(r"\[[ xX]\]\s+")
_ALARM = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\]")
"""How forges mark a quotation that is one of these."""
_BREAK = re.compile(r"<br\s*/?>", re.I)
_LONGEST = 20_000  # characters of one text; of a file that is all one line, more is not read by anyone


class Fenced(msgspec.Struct, frozen=True):
    """A step as it stands in the file: ``program`` runs ``text``; "" is a box, which a person ticks, and ``text`` says what for.
    ``attributes`` are the words of the info string after the language; ``line`` (from 1) is where it begins."""

    program: str
    text: str
    attributes: tuple[str, ...]
    line: int


class Body(msgspec.Struct, frozen=True):
    """What stands in a file: its blocks, and the steps among them in their order."""

    blocks: tuple[Block, ...]
    steps: tuple[Fenced, ...]

    @property
    def title(self) -> str:
        """The first heading; "" where there is none."""
        return next((plain(block.words) for block in self.blocks if block.kind is Kind.HEADING), "")


def body(text: str, first: int = 1) -> Body:
    """Take a text apart. ``first`` is the number of its first line in the file. Never fails: everything is some Markdown."""
    from markdown_it import MarkdownIt  # deferred: a cockpit without Markdown runbooks needs none

    walk = _Walk(first)
    walk.all(MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(text))
    return Body(tuple(walk.blocks), tuple(walk.steps))


class _List(msgspec.Struct):
    """A list that is gone through: the number of its next item (``None``: bullets), and how far its items are moved in."""

    number: int | None
    indent: int = 0
    begun: bool = False


class _Walk:
    def __init__(self, first: int) -> None:
        self.blocks: list[Block] = []
        self.steps: list[Fenced] = []
        self._first = first
        self._lists: list[_List] = []
        self._quotes = 0
        self._mark = ""
        self._slugs: dict[str, int] = {}
        self._rows: list[list[Words]] = []
        self._table: Token | None = None

    def all(self, tokens: Sequence[Token]) -> None:
        for at, token in enumerate(tokens):
            self._one(token, tokens[at - 1] if at else token)

    def _one(self, token: Token, before: Token) -> None:
        match token.type:
            case "bullet_list_open":
                self._lists.append(_List(None))
            case "ordered_list_open":
                self._lists.append(_List(int(token.attrGet("start") or 1)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item()
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "fence" | "code_block":
                self._code(token)
            case "html_block":
                self._html(token)
            case "hr":
                self._add(Kind.RULE, token)
            case "table_open":
                self._table = token
            case "tr_open":
                self._rows.append([])
            case "table_close":
                self._add(Kind.TABLE, self._table or token, rows=tuple(tuple(row) for row in self._rows))
                self._rows = []
            case "inline":
                self._inline(token, before)

    def _item(self) -> None:
        here = self._lists[-1]
        self._mark = "•" if here.number is None else f"{here.number}."
        if here.number is not None:
            here.number += 1
        here.indent = len(self._mark) + 1

    def _inline(self, token: Token, before: Token) -> None:
        words = tuple(_pieces(token.children or ()))
        if self._quotes and words and (alarm := _ALARM.fullmatch(words[0].text)):
            words = (Piece(f"{alarm[1].capitalize()}:", "strong"), *words[1:])
        if before.type in ("th_open", "td_open"):
            self._rows[-1].append(words)
        elif before.type == "heading_open":
            text = plain(words)
            self._add(Kind.HEADING, token, words=words, level=int(before.tag[1:]), anchor=slug(text, self._slugs))
        elif self._mark and words and not words[0].mark and _BOX.match(words[0].text):
            rest = _BOX.sub("", words[0].text, count=1)
            words = (Piece(rest, "", words[0].url), *words[1:]) if rest else words[1:]
            step = self._step(Fenced("", plain(words), (), self._line(token)))
            self._add(Kind.TEXT, token, words=words, tight=before.hidden, step=step, box=True)
        else:
            self._add(Kind.TEXT, token, words=words, tight=before.hidden)

    def _code(self, token: Token) -> None:
        info = token.info.strip() if token.type == "fence" else ""
        lang, _, rest = info.partition(" ")
        attributes = _words(rest)
        program = INTERPRETERS.get(lang.lower(), "") if ASIDE not in attributes else ""
        step = self._step(Fenced(program, token.content, attributes, self._line(token))) if program and token.content.strip() else 0
        lines = clean_block(token.content.rstrip("\n"), len(token.content) * 16 + 16).split("\n")
        named = next((clean(word[5:], 80) for word in attributes if word.startswith("name=")), "") if step else ""
        self._add(Kind.CODE, token, lines=tuple(lines), lang=clean(lang, 40), name=named, step=step, tight=bool(self._lists))

    def _html(self, token: Token) -> None:
        shown = _uncommented(token.content).strip()
        if shown:
            words = tuple(Piece(clean(line, _LONGEST) + "\n", "html") for line in shown.split("\n"))
            self._add(Kind.TEXT, token, words=words)

    def _step(self, step: Fenced) -> int:
        self.steps.append(step)
        return len(self.steps)

    def _line(self, token: Token) -> int:
        return self._first + (token.map[0] if token.map else 0)

    def _add(
        self,
        kind: Kind,
        token: Token,
        *,
        words: Words = (),
        lines: tuple[str, ...] = (),
        rows: tuple[tuple[Words, ...], ...] = (),
        level: int = 0,
        anchor: str = "",
        lang: str = "",
        name: str = "",
        step: int = 0,
        box: bool = False,
        tight: bool = False,
    ) -> None:
        inside = self._lists[-1] if self._lists else None
        tight = tight and (len(self._lists) > 1 or (inside is not None and inside.begun))
        if inside is not None:
            inside.begun = True
        self.blocks.append(
            Block(
                kind=kind,
                line=self._line(token),
                words=words,
                lines=lines,
                rows=rows,
                level=level,
                anchor=anchor,
                indent=sum(each.indent for each in self._lists),
                mark=self._mark,
                quoted=self._quotes,
                tight=tight,
                lang=lang,
                name=name,
                step=step,
                box=box,
            )
        )
        self._mark = ""


def _uncommented(text: str) -> str:
    kept, at = [], 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join((*kept, text[at:]))


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:  # a lone quote: the reader of attributes will say what is wrong with it
        return tuple(text.split())


def _pieces(tokens: Iterable[Token]) -> Iterable[Piece]:
    marks: list[str] = []
    url = ""
    for token in tokens:
        kind, mark = token.type, marks[-1] if marks else ""
        match kind:
            case "strong_open" | "em_open" | "s_open":
                marks.append({"strong_open": "strong", "em_open": "emphasis", "s_open": "strike"}[kind])
            case "strong_close" | "em_close" | "s_close":
                marks.pop()
            case "link_open":
                url = clean(str(token.attrGet("href") or ""))
            case "link_close":
                url = ""
            case "image":
                yield Piece(f"[image: {clean(token.content, _LONGEST)}]", mark, clean(str(token.attrGet("src") or "")))
            case "softbreak":
                yield Piece(" ", mark, url)
            case "hardbreak":
                yield Piece("\n")
            case "html_inline" if _BREAK.fullmatch(token.content):
                yield Piece("\n")
            case "html_inline":
                if shown := _uncommented(token.content):
                    yield Piece(clean(shown, _LONGEST), "html", url)
            case _ if token.content:
                yield Piece(clean(token.content, _LONGEST), "code" if kind == "code_inline" else mark, url)
