"""Which readings moved before a moment: how far, how early, and which bound would have caught it.

Each series is compared with its own history, robustly: the modified z-score of Iglewicz and Hoaglin ("How to detect and handle
outliers", ASQC 1993, chapter 4), 0.6745 (x - median) / MAD, where 3.5 and more counts as an outlier; where more than half of the
history is the same number (MAD 0) their fallback, the mean absolute deviation. Half of the history may be wild without moving it.
Where the same hour of the day was seen on enough days, only those hours are the history: nights are compared with nights.

Readings are first gathered into equal steps (the median of each), so that a history kept coarser than the last hours weighs the
same. A step's median hides what went wrong within minutes: the last readings of all are looked at by themselves, too.

A bound is tried on all that was read before: what trips earlier than signs are looked for, or is over before the moment comes, told
nobody anything of it and counts as a false alarm (see `backtest`). Of two bounds the one that cries wolf less often is better.

Where the readings do not reach back beyond the window (a trap that was armed this morning), the earlier half of them is the history
of the later one. What has too little history even so is named as such, and nothing is said of it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby, pairwise

import msgspec

from .ages import only_counts
from .backtest import WITHIN, Backtest, Points, Trouble, backtests
from .forecast import natural_end
from .units import Bound, say_seconds

WINDOW = 6 * 3600.0
"""Seconds before the moment in which signs are looked for."""
OUTLIER = 3.5
"""The modified z-score from which a reading has moved."""
MOST = 100.0
"""The highest score that is told: beyond, it says no more than that the series had been still."""
FEWEST = 20
"""Steps that a history must have, at least."""
FEWEST_DAYS = 3
"""Days on which the same hour must have been seen for only those hours to count."""
STEPS = 72
"""Steps that the window is divided into."""
LAST = 3
"""Readings before the moment, whose median is looked at by itself where their step has twice as many."""
TESTED = 10
"""Series for which a bound is looked for: those that moved most."""
CANDIDATES = 24
CLOSE = 0.1
"""The share of the way from the usual to the peak in which no bound is proposed: what drifts a little reaches it tomorrow."""
ENOUGH = 0.75
"""The share of the longest lead that a bound with more distance to the usual must still give."""
_STILL = 0.005  # of the median: a series that never moved is not said to have moved for less


class Series(msgspec.Struct, frozen=True):
    """The readings of one number: which ``trap`` read it, its name there (``metric``), and its points."""

    trap: str
    metric: str
    points: Points


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A series that moved beforehand. ``usual`` and ``spread`` (a standard deviation's worth, robust) are its history's, ``peak``
    the reading farthest off, all in its own unit; ``score`` is its greatest modified z-score, at most `MOST`. ``began`` (UTC) is
    when it left the usual, ``early`` how many seconds before the moment that was; ``lasted``: it was off until the moment.
    ``same_hour`` says that it was compared with the same hour of other days. ``bound`` is what would have caught it, ``tested``
    what that would have done over the readings kept; ``None`` where none would, or where others moved far more.
    """

    trap: str
    metric: str
    usual: float
    spread: float
    peak: float
    score: float
    began: datetime
    early: float
    lasted: bool
    same_hour: bool
    bound: Bound | None = None
    tested: Backtest | None = None

    @property
    def rose(self) -> bool:
        """Whether it went up."""
        return self.peak > self.usual


class Unsure(msgspec.Struct, frozen=True):
    """A series of which nothing can be said, and why."""

    trap: str
    metric: str
    why: str


class Lookback(msgspec.Struct, frozen=True):
    """What looking back found: ``moved`` first what moved most, ``unsure`` what has too little history, how many were ``calm``."""

    moved: tuple[Moved, ...] = ()
    unsure: tuple[Unsure, ...] = ()
    calm: int = 0


def lookback(
    series: Iterable[Series],
    moment: datetime,
    troubles: Sequence[Trouble] = (),
    *,
    window: float = WINDOW,
    hold: float = 0.0,
    within: float = WITHIN,
) -> Lookback:
    """What moved in the ``window`` seconds before ``moment`` (UTC). ``troubles`` are the known ones of the same kind (the one that
    began at ``moment`` need not be among them): a bound that trips for another of them raised no false alarm. ``hold`` is the
    bound's ``for`` in seconds."""
    known = (*troubles, Trouble(moment)) if not any(each.began == moment for each in troubles) else tuple(troubles)
    moved: list[tuple[Moved, Points]] = []
    unsure: list[Unsure] = []
    calm = 0
    for each in series:
        points = [(at, value) for at, value in each.points if math.isfinite(value) and at <= moment.timestamp()]
        found = _compared(each, points, moment.timestamp(), window)
        if isinstance(found, Moved):
            moved.append((found, points))
        elif isinstance(found, Unsure):
            unsure.append(found)
        else:
            calm += 1
    moved.sort(key=lambda pair: _rank(pair[0]))
    trouble = next(each for each in known if each.began == moment)
    caught = [
        _caught(each, points, known, trouble, hold, min(within, told_within(points, moment, window)))
        for each, points in moved[:TESTED]
    ]
    return Lookback((*caught, *(each for each, _ in moved[TESTED:])), tuple(unsure), calm)


def told_within(points: Points, moment: datetime, window: float = WINDOW) -> float:
    """Seconds before ``moment`` (UTC) in which a trip has told of it: those in which signs are looked for, and not more than the
    later half of what was read until then, for the earlier one is what is usual."""
    read = moment.timestamp() - points[0][0] if points else 0.0
    return min(window, read / 2) if read > 0 else window


def _rank(each: Moved) -> tuple[float, float, bool, float, str, str]:
    """What moved most first, and of what had been still what went farthest; of numbers that tell the same, the percentage: it is
    the one that people think in."""
    return -each.score, -round(_far(each), 1), not each.metric.endswith("percent"), -each.early, each.trap, each.metric


def _far(each: Moved) -> float:
    """The share of its way that it went: to where it ends by nature (100 percent, nothing left), else of its own size."""
    end = natural_end(each.metric)
    whole = abs(end.value - each.usual) if end is not None else max(abs(each.peak), abs(each.usual))
    return abs(each.peak - each.usual) / whole if whole else 0.0


class _Usual(msgspec.Struct, frozen=True):
    """What a history is like."""

    median: float
    spread: float
    same_hour: bool

    def score(self, value: float) -> float:
        """How far off ``value`` is, with its sign."""
        return (value - self.median) / self.spread

    def rougher(self, readings: Points) -> _Usual:
        """The same for single readings, which spread wider than the medians of steps: as far as they lie from one to the next,
        which a climb moves little."""
        from statistics import median

        apart = median(abs(b[1] - a[1]) for a, b in pairwise(readings)) / (0.6745 * math.sqrt(2))
        return msgspec.structs.replace(self, spread=max(self.spread, apart))


def _compared(series: Series, points: Points, moment: float, window: float) -> Moved | Unsure | None:
    """How a series moved; ``None`` if it did not."""
    length, history, recent = _divided(points, moment, window)
    if len(history) < FEWEST and points:
        window = min(window, (moment - points[0][0]) / 2)
        length, history, recent = _divided(points, moment, window)
    if len(history) < FEWEST:
        return Unsure(series.trap, series.metric, _too_little(points))
    if not recent:
        return Unsure(series.trap, series.metric, f"no readings in the {say_seconds(window)} before")
    if only_counts(points[: len(points) - len(recent)], recent):
        return None
    usual = _usual(history, moment - window, moment)
    steps = _steps(recent, length)
    scores = [usual.score(value) for _, value in steps]
    if (last := _last(recent, length, moment)) is not None:
        steps.append(last)
        scores.append(usual.rougher(recent).score(last[1]))
    off = [i for i, score in enumerate(scores) if abs(score) >= OUTLIER]
    if not off:
        return None
    top = max(off, key=lambda i: abs(steps[i][1] - usual.median))
    first, end = _around(scores, top)
    began = max(moment - window, _left(recent, steps[first][0], length, usual, scores[top]))
    return Moved(
        trap=series.trap,
        metric=series.metric,
        usual=usual.median,
        spread=usual.spread,
        peak=steps[top][1],
        score=min(MOST, max(abs(scores[i]) for i in off)),
        began=datetime.fromtimestamp(began, UTC),
        early=moment - began,
        lasted=end == len(scores) - 1,
        same_hour=usual.same_hour,
    )


def _divided(points: Points, moment: float, window: float) -> tuple[float, list[tuple[float, float]], Points]:
    """How long a step is, the history in such steps, and the readings in the window."""
    place = bisect_left(points, moment - window, key=lambda point: point[0])
    before = points[:place]
    length = max(window / STEPS, _spacing(before))
    return length, _steps(before, length), points[place:]


def _too_little(points: Points) -> str:
    if not points:
        return "no readings from before"
    counted = "1 reading" if len(points) == 1 else f"{len(points)} readings"
    return f"too little history: {counted} over {say_seconds(points[-1][0] - points[0][0])}"


def _last(recent: Points, length: float, moment: float) -> tuple[float, float] | None:
    """The median of the last few readings, at the last of them, where they are too few to move their step's."""
    from statistics import median

    place = bisect_left(recent, moment - length, key=lambda point: point[0])
    if len(recent) - place < 2 * LAST:
        return None
    return recent[-1][0], median(value for _, value in recent[-LAST:])


def _left(recent: Points, middle: float, length: float, usual: _Usual, peak: float) -> float:
    """When the readings left the usual, in the step around ``middle`` or the end of the one before: the first of those that are off
    on the same side until its end."""
    step = [point for point in recent if middle - length <= point[0] <= middle + length / 2]
    off = [usual.score(value) * math.copysign(1.0, peak) for _, value in step]
    first, _ = _around(off, len(off) - 1)
    return step[first][0]


def _spacing(points: Points) -> float:
    """The usual distance between two readings, in seconds."""
    from statistics import median  # deferred: it brings decimal and fractions

    return median(b[0] - a[0] for a, b in pairwise(points)) if len(points) > 1 else 0.0


def _steps(points: Points, length: float) -> list[tuple[float, float]]:
    """The median of each step of ``length`` seconds that has readings, at its middle."""
    from statistics import median

    grouped = groupby(points, key=lambda point: point[0] // length)
    return [((step + 0.5) * length, median(value for _, value in group)) for step, group in grouped]


def _usual(history: Points, begins: float, moment: float) -> _Usual:
    """What is usual, at the hours of the day between ``begins`` and ``moment`` if they were seen on enough days."""
    from statistics import fmean, median

    alike = _same_hours(history, begins, moment)
    values = [value for _, value in alike or history]
    middle = median(values)
    off = [abs(value - middle) for value in values]
    spread = median(off) / 0.6745 or fmean(off) * 1.253314
    return _Usual(middle, max(spread, abs(middle) * _STILL / OUTLIER, 1e-9), bool(alike))


def _same_hours(history: Points, begins: float, moment: float) -> Points:
    """The points at the same time of day (a day is 86,400 s here), if there are enough days of them, else none."""
    day = 86400.0
    if moment - begins >= day / 2:
        return ()
    length, start = moment - begins, begins % day
    alike = [point for point in history if (point[0] - start) % day <= length]
    days = {(at - start) // day for at, _ in alike}
    return alike if len(days) >= FEWEST_DAYS and len(alike) >= FEWEST else ()


def _around(scores: Sequence[float], top: int) -> tuple[int, int]:
    """The first and the last step of the excursion that has its peak at ``top``; a single step back does not end it."""
    side = math.copysign(1.0, scores[top])
    off = [score * side >= OUTLIER for score in scores]
    first = last = top
    while first > 0 and any(off[max(0, first - 2) : first]):
        first -= 1 if off[first - 1] else 2
    while last < len(off) - 1 and any(off[last + 1 : last + 3]):
        last += 1 if off[last + 1] else 2
    return first, last


def _caught(moved: Moved, points: Points, troubles: Sequence[Trouble], trouble: Trouble, hold: float, within: float) -> Moved:
    """The same, with the bound that would have caught it with the fewest false alarms. Of several, the one farthest from the usual
    that still gives `ENOUGH` of the earliest one's lead: the closest one is the next to cry wolf."""
    bounds = _candidates(moved)
    found: list[tuple[int, float, float, Bound, Backtest]] = []
    for bound, tested in zip(bounds, backtests(bounds, hold, points, troubles, within=within), strict=True):
        lead = tested.lead(trouble)
        if lead is not None and lead > 0:
            found.append((tested.false_alarms, lead, abs(bound.value - moved.usual), bound, tested))
    if not found:
        return moved
    fewest = min(false for false, *_ in found)
    longest = max(lead for false, lead, *_ in found if false == fewest)
    fitting = [each for each in found if each[0] == fewest and each[1] >= ENOUGH * longest]
    *_, bound, tested = max(fitting, key=lambda each: each[2])
    return msgspec.structs.replace(moved, bound=bound, tested=tested)


def _candidates(moved: Moved) -> list[Bound]:
    """Bounds between the usual and the peak, at numbers that a person would write."""
    low, high = sorted((moved.usual, moved.peak))
    grain = 10.0 ** math.floor(math.log10((high - low) / CANDIDATES)) if high > low else 1.0
    while (high - low) / grain > 2 * CANDIDATES:
        grain *= 2.5 if f"{grain:e}".startswith("2") else 2.0  # 1, 2, 5, 10, …
    first, last = math.ceil(low / grain), math.floor(high / grain)
    op = ">=" if moved.rose else "<="
    found: dict[str, Bound] = {}
    size, unit = _unit(moved.metric, high)
    for i in range(first, last + 1):
        text = f"{i * grain / size:.6g}{unit}"
        value = float(text.removesuffix(unit)) * size
        if abs(value - moved.usual) >= CLOSE * (high - low):
            found[text] = Bound(moved.metric, op, value, f"{moved.metric} {op} {text}")
    return list(found.values())


_SIZES = ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB"))


def _unit(metric: str, highest: float) -> tuple[float, str]:
    """In what people write such a number: bytes in thousands of them."""
    sizes = _SIZES if metric.endswith("bytes") else ()
    return next(((size, unit) for size, unit in sizes if highest >= 10 * size), (1.0, ""))
