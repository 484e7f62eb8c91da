"""Pieces of the report on the screen: bars, lists of names, sentences."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from .spans import Spans, wrapped

SHOWN = 30
"""So many lines of a table; the others are counted."""
WIDEST, LEAST = 30, 6
"""Cells of a bar; below the least none is drawn."""
NAME = 30
"""Cells of a name, at most."""

_FULL, _LIGHT = "█", "░"


def bar(many: float, most: float, width: int, sign: str = _FULL) -> str:
    """So many of ``most`` in ``width`` cells; what there is at all is seen."""
    return sign * min(width, max(1, ceil(many * width / most))) if width >= LEAST and many > 0 else ""


def split(part: int, whole: int, most: int, room: int, role: str, rest: str) -> Spans:
    """A bar of ``whole`` of which ``part`` is drawn full, and the rest light."""
    length = len(bar(whole, most, room))
    full = min(length, round(length * part / whole)) if whole else 0
    if part and length:
        full = min(max(1, full), length if part == whole else max(1, length - 1))
    return ((_FULL * full, role), (_LIGHT * (length - full), rest))


def legend(full: str, light: str, room: int) -> Spans:
    """What the two halves of a bar mean, where there is room for it and for bars."""
    text = f"  {_FULL} {full}  {_LIGHT} {light}"
    return ((text, "muted"),) if room >= max(LEAST, len(text) - 2) else ()


def listed(label: str, names: Sequence[str], role: str, width: int) -> list[Spans]:
    """Names after their label, the lines after the first moved in."""
    first, *rest = wrapped(", ".join(names) or "none", max(8, width - len(label)))
    lines: list[Spans] = [((label, "muted"), (first, role if names else "muted"))]
    return lines + [((" " * len(label), ""), (line, role)) for line in rest]


def more(many: int, width: int) -> list[Spans]:
    return said(f"… and {many - SHOWN} more: cockpit report --limit {many}", width) if many > SHOWN else []


def said(text: str, width: int, role: str = "muted") -> list[Spans]:
    return [((line, role),) for line in wrapped(text, width)]
