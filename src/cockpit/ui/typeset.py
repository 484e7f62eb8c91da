"""The text of a Markdown runbook set into lines of so many cells, with the steps numbered as they will run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ..core.prose import Block, Kind, Piece, Words, plain
from .spans import RULE, Span, Spans, cells, width_of, wrapped

_ROLES = {"strong": "strong", "emphasis": "strong", "code": "code", "strike": "stale", "html": "muted"}
_NARROWEST = 12  # cells that a text keeps, however deep its list is nested
_COLUMN = 3  # the least that a column of a table can be of use with


class Line(NamedTuple):
    """A line of a text: the place of the block it belongs to, what it shows, and where its links lead."""

    at: int
    spans: Spans
    urls: tuple[str, ...] = ()


def typeset(blocks: Sequence[Block], width: int, ticked: Mapping[int, str] = {}) -> list[Line]:
    """All lines. ``ticked`` says, for the place of each box that has been ticked, by whom and when."""
    lines: list[Line] = []
    for at, block in enumerate(blocks):
        if lines and not block.tight:
            lines.append(Line(at, _quoted(block) if block.quoted and blocks[at - 1].quoted else ()))
        urls = tuple(dict.fromkeys(piece.url for piece in block.words if piece.url))
        lines += (Line(at, spans, urls) for spans in _set(block, width, ticked.get(at)))
    return lines


class Setter:
    """Sets a text, and gives the same lines again while nothing differs: a pane is made anew far more often than its text is, and
    one of a thousand lines takes 40 ms."""

    def __init__(self) -> None:
        self._for: tuple[Sequence[Block], int, Mapping[int, str]] = ((), -1, {})
        self._lines: list[Line] = []

    def lines(self, blocks: Sequence[Block], width: int, ticked: Mapping[int, str] = {}) -> list[Line]:
        """As `typeset`."""
        if self._for[0] is not blocks or self._for[1:] != (width, ticked):
            self._for, self._lines = (blocks, width, ticked), typeset(blocks, width, ticked)
        return self._lines


def _quoted(block: Block) -> Spans:
    return (("│ " * block.quoted, "rule"),) if block.quoted else ()


def _set(block: Block, width: int, ticked: str | None) -> Iterable[Spans]:
    mark = "" if block.box else block.mark  # a box marks an item better than a dot does
    margin = min(block.indent - (cells(block.mark) + 1) * block.box * bool(block.mark), max(0, width - _NARROWEST))
    quote = _quoted(block)
    room = max(1, width - margin - width_of(quote))
    match block.kind:
        case Kind.HEADING:
            body = _heading(block, room)
        case Kind.CODE:
            body = _code(block, room)
        case Kind.TABLE:
            body = _table(block, room)
        case Kind.RULE:
            body = [((RULE * room, "rule"),)]
        case _:
            body = _text(block, room, ticked)
    first = " " * (margin - cells(mark) - 1) + mark + " " if mark and margin > cells(mark) else " " * margin
    for number, spans in enumerate(body):
        yield (*quote, (" " * margin if number else first, "muted"), *spans)


def _heading(block: Block, room: int) -> list[Spans]:
    """The first two levels have a rule of their own, so that one finds them while scrolling."""
    role = "title-focus" if block.level < 3 else "title"
    lines: list[Spans] = [((text, role),) for text in wrapped(plain(block.words), room)]
    if block.level == 1:
        return [*lines, ((RULE * room, "rule"),)]
    if block.level == 2 and (gap := room - cells(lines[-1][0][0]) - 1) > 2:
        lines[-1] = (*lines[-1], (" " + RULE * gap, "rule"))
    return lines


def _text(block: Block, room: int, ticked: str | None) -> list[Spans]:
    if not block.box:
        return _flowed(block.words, room)
    number: Spans = ((f"{block.step} ", "title-focus"),) if block.step else ()
    head: Spans = (*number, ("[x] ", "ok") if ticked is not None else ("[ ] ", "key"))
    aside = width_of(head)
    words = block.words
    if ticked is not None:
        words = (*(Piece(each.text, each.mark or "html", each.url) for each in words), Piece(f" · {ticked}", "html"))
    lines = _flowed(words, max(1, room - aside))
    return [(*(head if not n else ((" " * aside, ""),)), *spans) for n, spans in enumerate(lines)]


def _code(block: Block, room: int) -> list[Spans]:
    """Every character of it, folded where it is too long; a step has its number before it, and the language that runs it."""
    role = "bar-away" if block.step else "rule"
    lines: list[Spans] = []
    if block.step:
        named = block.name + "  " * bool(block.name)
        head: Spans = ((f"{block.step} ", "title-focus"), ("▶ ", "key"), (named, "strong"), (block.lang, "muted"))
        fits = width_of(head) <= room
        lines += [head] if fits else [((part, "title-focus"),) for part in wrapped(f"{block.step} {named}{block.lang}", room)]
    for text in block.lines:
        parts = _folded(text, max(1, room - 2))
        lines += ((("… " if n else "│ ", role), (part, "code")) for n, part in enumerate(parts))
    return lines


def _folded(text: str, room: int) -> list[str]:
    if cells(text) <= room:
        return [text]
    from rich.cells import chop_cells

    return chop_cells(text, room)


def _flowed(words: Words, room: int) -> list[Spans]:
    """Broken between words; a word that is too long is cut."""
    lines: list[list[Span]] = [[]]
    used = 0
    for text, role in _atoms(words):
        if text == "\n":
            lines.append([])
            used = 0
            continue
        if text == " ":
            if used and used < room:
                lines[-1].append((text, role))
                used += 1
            continue
        size = cells(text)
        if used and used + size > room:
            lines.append([])
            used = 0
        for part in _folded(text, room):
            if used and used + cells(part) > room:
                lines.append([])
                used = 0
            lines[-1].append((part, role))
            used += cells(part)
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return [tuple(line) for line in lines]


def _atoms(words: Words) -> Iterable[Span]:
    """Words and blanks by themselves; behind a link whose text does not say so, where it leads."""
    for at, piece in enumerate(words):
        role = "link" if piece.url else _ROLES.get(piece.mark, "text")
        for number, line in enumerate(piece.text.split("\n")):
            if number:
                yield "\n", ""
            for count, word in enumerate(line.split(" ")):
                if count:
                    yield " ", role
                if word:
                    yield word, role
        ends = at + 1 == len(words) or words[at + 1].url != piece.url
        if piece.url and ends and piece.text not in piece.url:
            yield " ", "muted"
            yield f"({piece.url})", "muted"


def _table(block: Block, room: int) -> list[Spans]:
    """Columns as wide as what they hold; where that is too wide, the widest give way and their cells are broken into lines."""
    count = max(map(len, block.rows), default=0)
    if not count or room < count * (_COLUMN + 2):
        return [spans for row in block.rows for cell in row for spans in _flowed(cell, room)]
    natural = [max((cells(_shown(row[n])) for row in block.rows if n < len(row)), default=0) for n in range(count)]
    widths = _shared(natural, room - 2 * (count - 1))
    lines: list[Spans] = []
    for number, row in enumerate(block.rows):
        flowed = [_flowed(row[n], widths[n]) if n < len(row) else [] for n in range(count)]
        lines += (_row(flowed, widths, line, head=not number) for line in range(max(map(len, flowed), default=0)))
        if not number:
            lines.append((("  ".join(RULE * width for width in widths), "rule"),))
    return lines


def _row(flowed: Sequence[Sequence[Spans]], widths: Sequence[int], line: int, *, head: bool) -> Spans:
    spans: list[Span] = []
    for n, (cell, width) in enumerate(zip(flowed, widths, strict=True)):
        part = cell[line] if line < len(cell) else ()
        spans += ((text, "title") for text, _ in part) if head else part
        gap = width - width_of(part) + (2 if n + 1 < len(widths) else 0)
        spans.append((" " * gap, ""))
    return tuple(spans)


def _shown(words: Words) -> str:
    return "".join(text for text, _ in _atoms(words))


def _shared(natural: Sequence[int], room: int) -> list[int]:
    """The widths, made to fit: the widest are cut down to one width, the others keep theirs."""
    widths = [max(_COLUMN, each) for each in natural]
    over = sum(widths) - room
    while over > 0:
        widest = max(widths)
        if widest <= _COLUMN:
            break
        which = [n for n, each in enumerate(widths) if each == widest]
        below = max((each for each in widths if each < widest), default=_COLUMN)
        take = min(widest - below, -(-over // len(which)))
        for n in which:
            cut = min(take, over)
            widths[n] -= cut
            over -= cut
    return widths
