"""Where everything stands on the screen, at any size: one pure function, and the layout that asks it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.widget import Widget

from .inputs import IDS
from .lines import Lines

PANES = ("alerts", "detail", "runbooks", "traps", "oncall")
"""The panes, in the order of ``tab``: from an alert to what is known of it and what can be done about it, then the rest."""

SMALLEST = Size(40, 10)
_WIDE, _HIGH = 104, 26
_STRIPS_FROM = 16
_TALL = 40


class Places(msgspec.Struct, frozen=True):
    """A region for each that is shown, by id; ``edges`` are the characters of a pane's left column, by line (a pane that is not in
    it has no such column). ``shape`` is ``wide``, ``folded``, ``tabs`` or ``small``."""

    shape: str
    regions: Mapping[str, Region]
    edges: Mapping[str, Mapping[int, str]]


def order(front: str) -> tuple[str, ...]:
    """The panes as they stand, with ``front`` in the place of the alerts."""
    return (front, *PANES[1:])


def places(width: int, height: int, pane: str, *, front: str = "alerts", banner: int = 0, line: int = 0, reel: int = 0) -> Places:
    """The places of header, banner, reel (of a replay), panes, tabs, input line (``line`` rows high) and footer, with the keys in
    ``pane``; ``front`` stands where the alerts do.

    From 104×26 on all panes at once; below, one wide pane and a line for each of the others; under 16 lines a single line for all
    of them; under 40×10 the header alone, which says so."""
    if width < SMALLEST.width or height < SMALLEST.height:
        return Places("small", {"header": Region(0, 0, width, height)}, {})
    top, foot = 1 + banner + reel, height - 1 - line
    around = {"header": Region(0, 0, width, 1), "footer": Region(0, height - 1, width, 1)}
    if banner:
        around["banner"] = Region(0, 1 + reel, width, banner)
    if reel:
        around["reel"] = Region(0, 1, width, reel)
    if line:
        around["line"] = Region(0, foot, width, line)
    room = foot - top
    if width >= _WIDE and height >= _HIGH:
        regions, edges = _wide(width, top, room, front)
        return Places("wide", {**around, **regions}, edges)
    if height >= _STRIPS_FROM:
        return Places("folded", {**around, **_folded(width, top, room, pane, front)}, {})
    return Places("tabs", {**around, pane: Region(0, top, width, room - 1), "tabs": Region(0, foot - 1, width, 1)}, {})


def _wide(width: int, top: int, room: int, front: str) -> tuple[dict[str, Region], dict[str, dict[int, str]]]:
    upper = max(8, round(room * 0.54))
    lower = room - upper
    third = max(29, min(44, round(width * 0.25)))
    second = max(34, min(56, round(width * 0.34)))
    first = width - second - third
    traps = max(3, round(lower * 0.58))
    y = top + upper
    regions = {
        front: Region(0, top, width, upper),
        "detail": Region(0, y, first, lower),
        "traps": Region(first, y, second, traps),
        "runbooks": Region(first, y + traps, second, lower - traps),
        "oncall": Region(first + second, y, third, lower),
    }
    return regions, {"traps": {0: "┬"}, "runbooks": {0: "├"}, "oncall": {0: "┬", traps: "┤"}}


def _folded(width: int, top: int, room: int, pane: str, front: str) -> dict[str, Region]:
    open_panes = {pane}
    if room >= _TALL:  # a tall terminal has room for the list and for what it is about
        open_panes = {front, pane if pane != front else "detail"}
    panes = order(front)
    spare = room - (len(panes) - len(open_panes))
    heights = {name: spare // len(open_panes) if name in open_panes else 1 for name in panes}
    heights[pane] += room - sum(heights.values())
    regions = {}
    for name in panes:
        regions[name] = Region(0, top, width, heights[name])
        top += heights[name]
    return regions


class BoardLayout(Layout):
    """Puts each of the board's widgets where ``where`` says for a size; those it does not name are not shown. An input line is
    named ``line``, whatever its id."""

    name = "board"

    def __init__(self, where: Callable[[Size], Places]) -> None:
        self._where = where

    def arrange(self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True) -> ArrangeResult:  # noqa: ARG002 - Textual's
        """Textual's question, answered from `places`."""
        parent.pre_layout(self)
        where = self._where(size)
        result = []
        for order, child in enumerate(children):
            id = "line" if child.id in IDS else child.id or ""
            if isinstance(child, Lines):
                child.edge = where.edges.get(id)
            if id in where.regions:
                result.append(WidgetPlacement(where.regions[id], NULL_OFFSET, NULL_SPACING, child, order))
        return result
