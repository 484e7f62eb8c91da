"""Text with roles, cut and padded to the cell: what every line of the screen is made of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual.strip import Strip

from ..core.text import clean
from .look import Look

Span = tuple[str, str]
"""Text and the role it is drawn in."""
Spans = tuple[Span, ...]
Row = tuple[Hashable, Spans]
"""A line of a list that is made beforehand: its identity, and what it shows."""

RULE = "─"


def cells(text: str) -> int:
    """How many cells it takes."""
    return len(text) if text.isascii() else cell_len(text)


def shown(text: str) -> str:
    """Text that cannot disturb the columns, whatever got past the first wall."""
    return text if text.isprintable() else clean(text)


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly ``width`` cells: padded, or cut with an ellipsis."""
    text = shown(text)
    taken = cells(text)
    if taken > width:
        if width <= 0:
            return ""
        text = cut(text, width - 1) + "…"
        taken = cells(text)
    pad = " " * (width - taken)
    return pad + text if right else text + pad


_NUMBERED = re.compile(r"[^\w\s]?\d+$")


def fit_name(text: str, width: int) -> str:
    """The same for a name: of one that ends in a number (``prometheus-alertmanager-9093``) the number stays when it is cut, for
    that is what tells it from its like."""
    text = shown(text)
    number = _NUMBERED.search(text)
    tail = number[0].lstrip("-_.:/") if number is not None else ""
    if cells(text) <= width or not tail or cells(tail) > width - 4:
        return fit(text, width)
    return fit(cut(text, width - cells(tail) - 1).rstrip("-_.:/") + "…" + tail, width)


def fit_place(text: str, width: int) -> str:
    """The same for a place: of a path what comes after its last ``/`` stays when it is cut, of a host its number. Many begin alike,
    and their end tells them apart."""
    text = shown(text)
    at = text.rstrip("/").rfind("/")
    if cells(text) <= width or at < 0:
        return fit(text, width) if ":" in text else fit_name(text, width)
    last = text[at:]
    if cells(last) < width:
        return fit(cut(text, width - cells(last) - 1) + "…" + last, width)
    return fit("…" + last[1:], width)


def told_apart(names: Sequence[str], width: int) -> list[str]:
    """Names in ``width`` cells at most. Those that would read alike when they are cut at the end are cut in the middle."""
    ends = [fit_name(name, width).rstrip() for name in names]
    alike = {end for end, many in Counter(ends).items() if many > 1}
    return [middle(name, width) if end in alike else end for name, end in zip(map(shown, names), ends, strict=True)]


def middle(text: str, width: int) -> str:
    """In ``width`` cells at most, cut in the middle: what it begins with stays, and how it ends (``… and 330 more``)."""
    if cells(text) <= width or width < 5:
        return fit(text, width).rstrip()
    head = cut(text, (width - 1) // 2)
    start = len(text)
    while start and cells(text[start - 1 :]) <= width - 1 - cells(head):
        start -= 1
    return f"{head}…{text[start:]}"


def column(text: str, width: int, role: str, gap: int = 2) -> Spans:
    """A cell of a table and the gap after it: the text alone wears the role, so that nothing is struck or reversed but that."""
    bare = fit(text, width).rstrip()
    return ((bare, role), (" " * (width - cells(bare) + gap), ""))


def cut(text: str, width: int) -> str:
    """At most ``width`` cells of it, whole characters."""
    if text.isascii():
        return text[:width]
    taken = 0
    for at, char in enumerate(text):
        taken += cell_len(char)
        if taken > width:
            text = text[:at]
            break
    while cell_len(text) > width:  # a selector for emoji widens the character before it
        text = text[:-1]
    return text


def wrapped(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` cells, broken at spaces where there are any."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line, used = "", 0
        for word in shown(paragraph).split(" "):
            size = cells(word)
            if line and used + 1 + size > width:
                lines.append(line)
                line, used = "", 0
            if size > width > 1:
                *parts, word = chop_cells(word, width)  # at once: a word may be as long as a text from outside can be
                lines += parts
                size = cells(word)
            line, used = (f"{line} {word}", used + 1 + size) if line else (word, size)
        lines.append(line)
    return lines


def width_of(spans: Iterable[Span]) -> int:
    """How many cells these spans take."""
    return sum(cells(text) for text, _ in spans)


def between(left: Sequence[Span], right: Sequence[Span], width: int) -> Spans:
    """``left`` at the left, ``right`` at the right; where both do not fit, ``right`` is left out."""
    gap = width - width_of(left) - width_of(right)
    return (*left, (" " * gap, ""), *right) if gap >= 0 else tuple(left)


def heading(width: int, title: Span, said: Sequence[Span] = (), right: Sequence[Span] = (), *, needs_right: bool = False) -> Spans:
    """A title in its rule: ``─ Alerts ── 12 firing · 3 acked ───────── / team=web ──``. Where both do not fit ``right`` is left
    out, or with ``needs_right`` the end of what is ``said``."""
    taken = min(cells(title[0]), width - 4) + width_of(right) + 12  # with the rule around all three
    while needs_right and len(said) > 1 and taken + width_of(said) > width:
        said = said[:-1]
    spans: list[Span] = [(RULE + " ", "rule"), (fit(title[0], max(0, min(cells(title[0]), width - 4))), title[1]), (" ", "rule")]
    if said and (room := width - width_of(spans) - 4) > 4:
        spans += [(RULE * 2 + " ", "rule"), *_within(said, room), (" ", "rule")]
    tail: list[Span] = [(" ", "rule"), *right, (" " + RULE * 2, "rule")] if right else []
    gap = width - width_of(spans) - width_of(tail)
    if gap < 1 and right:
        gap, tail = width - width_of(spans), []
    return (*spans, (RULE * max(0, gap), "rule"), *tail)


def _within(spans: Sequence[Span], room: int) -> list[Span]:
    kept: list[Span] = []
    for text, role in spans:
        size = cells(text)
        if size > room:
            return [*kept, (fit(text, room), role)] if room > 1 else kept
        kept.append((text, role))
        room -= size
    return kept


def strip(spans: Iterable[Span], width: int, look: Look, under: str = "") -> Strip:
    """These spans in exactly ``width`` cells."""
    segments: list[Segment] = []
    used = 0
    for text, role in spans:
        if not text.isprintable():
            text = clean(text)
        size = cells(text)
        if used + size > width:
            text = cut(text, width - used)
            size = cells(text)
        if size:
            segments.append(Segment(text, look.style(role, under)))
            used += size
    if used < width:
        segments.append(Segment(" " * (width - used), look.style("text", under)))
    return Strip(segments, width)
