"""A curve as a picture a few rows high: bars over time, the threshold drawn across them, and the scale beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import msgspec

from ..core.curves import Curve, pace
from ..core.units import Bound, say_seconds
from .measured import measured
from .spans import Span, Spans, cells, fit

ROWS = 3
_BARS = " ▁▂▃▄▅▆▇█"
_LINE = "╌"
_COVERED = "▒"  # the threshold where a bar stands before it
_LEVELS = 8 * ROWS
_GRAIN = 0.5  # of the power of ten in half of the scale
_PATIENCE = 3  # a value is drawn on over so many of the usual pauses; after that, nothing is known
_LEAST = 8  # cells: bars that are fewer show nothing


class _Scale(msgspec.Struct, frozen=True):
    """``low`` is at the foot of the lowest row, ``high`` at the head of the uppermost; ``threshold`` is a row from below, or -1."""

    low: float
    high: float
    threshold: int

    def level(self, value: float) -> int:
        """In eighths of a row; what is there is seen."""
        return max(1, min(_LEVELS, round(self.share(value) * _LEVELS)))

    def share(self, value: float) -> float:
        """How far up it stands, 0 to 1; halves, for the whole may be more than a number can be."""
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)


def pictured(curve: Curve, width: int) -> list[Spans]:
    """The rows, ``width`` cells wide: the caption, then the bars. What is still asked for keeps its place free."""
    if curve.problem:
        return [((fit(f"no picture: {curve.problem}", width).rstrip(), "muted"),)]
    if not curve.points:
        return [(("…", "muted"),), *[((" ", ""),)] * ROWS]
    if len(curve.points) < 3:
        return [(("no picture yet: it has hardly begun to be measured"[:width], "muted"),)]
    scale = _scale(curve)
    labels = _labels(curve, scale)
    gutter = max(cells(text) for text, _ in labels) + 1
    if width - gutter < _LEAST:
        return []
    values, seconds = _sampled(curve, width - gutter)
    grain = 3600.0 if seconds >= 2 * 3600 else 60.0
    caption = f"last {say_seconds(max(60.0, seconds // grain * grain))}: {curve.what}"
    rows: list[Spans] = [((fit(caption, width).rstrip(), "muted"),)]
    for row in reversed(range(ROWS)):
        drawn = _row([None if value is None else scale.level(value) for value in values], row, scale)
        styled = _styled(drawn, values, curve.bound)
        rows.append((*styled, (" ", ""), labels[row]))
    return rows


def _sampled(curve: Curve, width: int) -> tuple[list[float | None], float]:
    """(a value for each cell, the seconds that all of them show): the worst of the cell's time, or what was known before."""
    begin, end = curve.points[0][0], curve.points[-1][0]
    step = pace(end - begin, width - 1)
    last = int(end // step)
    first = max(int(begin // step), last - width + 1)
    found: dict[int, list[float]] = {}
    for at, value in curve.points:
        found.setdefault(int(at // step), []).append(value)
    worst = min if curve.bound is not None and curve.bound.op.startswith("<") else max
    pauses = sorted(later[0] - earlier[0] for earlier, later in pairwise(curve.points))
    usual = pauses[len(pauses) // 2]
    hold = max(1, int(_PATIENCE * usual // step))
    values: list[float | None] = [None] * (width - (last - first + 1))
    known, since = None, 0
    for place in range(first, last + 1):
        if place in found:
            known, since = worst(found[place]), place
        values.append(known if known is not None and place - since < hold else None)
    return values, (last - first + 1) * step


def _scale(curve: Curve) -> _Scale:
    """It reaches to the threshold where that leaves the values their shape, or where they have none."""
    values = [value for _, value in curve.points]
    low, high = min(values), max(values)
    plain = abs(high) * 0.02
    bound = curve.bound.value if curve.bound is not None else None
    near = bound is not None and (high - low < plain or max(bound - low, high - bound) <= _LEVELS * (high - low))
    head = max(high, low + plain)
    low, high = _rounded(low, head if head > low else low + 1.0)  # what is 0 all the time, as ``up`` may be, is drawn from 0 to 1
    if bound is not None and near:
        low, high = min(low, bound), max(high, bound)
    scale = _Scale(low, high, -1)
    if bound is None or not low <= bound <= high:
        return scale
    return msgspec.structs.replace(scale, threshold=min(ROWS - 1, int(scale.share(bound) * ROWS)))


def _rounded(low: float, high: float) -> tuple[float, float]:
    """The ends of a scale as rounder numbers: it stays as it is while the values move a little."""
    span = high / 2 - low / 2
    step = 10.0 ** math.floor(math.log10(span)) * _GRAIN if math.isfinite(span) and span > 0 else 0.0
    if not step or not math.isfinite(low / step) or not math.isfinite(high / step):
        return low, high
    foot, head = math.floor(low / step) * step, math.ceil(high / step) * step
    return (foot, head) if math.isfinite(foot) and math.isfinite(head) else (low, high)


def _labels(curve: Curve, scale: _Scale) -> list[Span]:
    """What stands beside each row, from below: the ends of the scale, and the threshold in its place."""
    labels: list[Span] = [("", "")] * ROWS
    labels[0] = (measured(curve.name, scale.low), "muted")
    labels[-1] = (measured(curve.name, scale.high), "muted")
    if scale.threshold >= 0 and curve.bound is not None:
        labels[scale.threshold] = (f"{curve.bound.op} {measured(curve.name, curve.bound.value)}", "text")
    return labels


def _row(levels: Sequence[int | None], row: int, scale: _Scale) -> str:
    drawn = []
    for level in levels:
        part = 0 if level is None else max(0, min(8, level - 8 * row))
        char = _BARS[part]
        if row == scale.threshold:
            char = _LINE if not part else _COVERED if part == 8 else char
        drawn.append(char)
    return "".join(drawn)


def _styled(drawn: str, values: Sequence[float | None], bound: Bound | None) -> list[Span]:
    """Cells of one role together: bars that meet the bound are as a tripped trap is, the line of the threshold is quiet."""
    spans: list[Span] = []
    for char, value in zip(drawn, values, strict=True):
        beyond = value is not None and bound is not None and bound.holds(value)
        role = "muted" if char == _LINE else "tripped" if beyond and char != " " else "chart"
        if spans and spans[-1][1] == role:
            spans[-1] = (spans[-1][0] + char, role)
        else:
            spans.append((char, role))
    return spans
