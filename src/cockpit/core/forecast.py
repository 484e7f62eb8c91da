"""Where a reading is heading: a robust line through the recent past, and when it meets a bound."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, pairwise

import msgspec

from .units import Bound

MOST_POINTS = 60
"""Points the line is drawn through at most: all pairs of 60 are 1,770 slopes, some hundred microseconds."""

FEWEST_POINTS = 4
"""Fewer say nothing: two points always lie on a line."""

FARTHEST = 30 * 86400.0
"""A line is not believed beyond this many seconds, nor beyond forty times the span it was drawn through."""

_LEVEL_FROM = 5


class Trend(msgspec.Struct, frozen=True):
    """A robust straight line through readings: ``slope`` per second, ``level`` at the last of ``points`` over ``span`` seconds."""

    slope: float
    level: float
    points: int
    span: float


class Outlook(msgspec.Struct, frozen=True):
    """Seconds until the trend meets the trip bound, and until its natural end (100 percent; nothing left).

    ``None`` where it is not heading there.
    """

    trips_in: float | None = None
    full_in: float | None = None


NEVER = Outlook()


def trend(points: Sequence[tuple[float, float]]) -> Trend | None:
    """Theil–Sen: the median of the slopes between all pairs of points (Theil 1950, Sen 1968).

    Up to 29 % of the points may be wild without moving it. ``points`` are (seconds, value), oldest first; longer series are
    thinned evenly, the last point kept. What came before the last lasting fall or jump back (a disk that was cleaned) is left
    out: it says nothing of where things go now. A slope that is lost in the noise is 0. ``None`` where there is too little to say.
    """
    from statistics import median  # deferred: it brings decimal and fractions, which nothing needs before the first look

    recent = _since_last_break(points)
    if len(recent) < FEWEST_POINTS:
        return None
    if len(recent) > MOST_POINTS:
        last = len(recent) - 1
        recent = [recent[round(i * last / (MOST_POINTS - 1))] for i in range(MOST_POINTS)]
    slopes = [(v2 - v1) / (t2 - t1) for (t1, v1), (t2, v2) in combinations(recent, 2) if t2 > t1]
    if not slopes:
        return None
    slope = median(slopes)
    end, span = recent[-1][0], recent[-1][0] - recent[0][0]
    level = median(value + slope * (end - at) for at, value in recent[-_LEVEL_FROM:])
    noise = median(abs(value - (level - slope * (end - at))) for at, value in recent)
    return Trend(slope if abs(slope) * span > 2 * noise else 0.0, level, len(recent), span)


def _since_last_break(points: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """The points after the last step that undoes at least half of the movement before it, and stays undone."""
    from statistics import median

    usual = median(abs(b[1] - a[1]) for a, b in pairwise(points)) if len(points) > 1 else 0.0
    for i in range(len(points) - 2, 1, -1):  # a single last point may be a wild one: a break takes two
        if abs(points[i][1] - points[i - 1][1]) <= 5 * usual:
            continue
        before = [value for _, value in points[max(0, i - 20) : i]]
        after = [value for _, value in points[i : i + 3]]
        top, bottom = max(before), min(before)
        near, half = (top - bottom) / 4, (top - bottom) / 2
        fell = before[0] < before[-1] and before[-1] >= top - near and max(after) < bottom + half
        rose = before[0] > before[-1] and before[-1] <= bottom + near and min(after) > top - half
        if fell or rose:
            return points[i:]
    return points


def meets(line: Trend | None, bound: Bound) -> float | None:
    """Seconds until the line meets the bound; 0 if it does now; ``None`` where it is not heading there, or too far off."""
    if line is None or bound.op in ("==", "!="):
        return None
    if bound.holds(line.level):
        return 0.0
    if line.slope == 0 or (line.slope > 0) != bound.rising:
        return None
    left = (bound.value - line.level) / line.slope
    return left if 0 <= left <= min(FARTHEST, 40 * line.span) else None


def natural_end(metric: str) -> Bound | None:
    """Where a reading of this name ends by nature: a percentage in use at 100, what is free or available at 0."""
    if metric.endswith("used_percent"):
        return Bound(metric, ">=", 100.0, f"{metric} >= 100")
    if metric.startswith(("free", "available")) or metric.endswith(("_free", "_free_bytes", "_available")):
        return Bound(metric, "<=", 0.0, f"{metric} <= 0")
    return None


def outlook(metric: str, trip: Bound | None, points: Sequence[tuple[float, float]]) -> Outlook:
    """What the trend of ``metric`` promises, for a trap that trips at ``trip``."""
    line = trend(points)
    end = natural_end(metric)
    there = end is not None and bool(points) and end.holds(points[-1][1])  # a trend lags behind what has come to its end
    return Outlook(
        meets(line, trip) if trip is not None and trip.metric == metric else None,
        0.0 if there else meets(line, end) if end is not None else None,
    )
