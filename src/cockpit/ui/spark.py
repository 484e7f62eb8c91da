"""Numbers for people, and a line of them as a picture one row high."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..core.units import say_bytes, say_number, say_seconds

_BARS = "▁▂▃▄▅▆▇█"
_ROUND = (*(1.0, 2.0, 5.0, 10.0, 15.0, 30.0), *(60.0 * n for n in (1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 60, 120, 360, 1440)))
"""Stretches of time, in seconds."""


def measured(name: str, value: float) -> str:
    """A reading with the unit that its name ends in: ``8.1 MB`` for ``free_bytes``, ``93.1 %`` for ``used_percent``, ``5 h 2 m``
    for ``age_seconds``; any other as a bare number (`units.say_number`). What is not finite is said as it is."""
    if not math.isfinite(value):
        return str(value)
    last = name.lower().rpartition("_")[2]
    match last:
        case "bytes":
            return say_bytes(value)
        case "percent":
            return f"{_digits(value)} %"
        case "seconds" if abs(value) >= 1:
            return say_seconds(value) if abs(value) >= 60 else f"{_digits(value)} s"
        case "seconds" | "ms":
            return f"{_digits(value * 1000 if last == 'seconds' else value)} ms"
    return say_number(value)


def _digits(value: float) -> str:
    """Three significant digits, no more and no exponent."""
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def sparkline(points: Sequence[tuple[float, float]], width: int, top: float | None = None) -> str:
    """Readings over time in ``width`` cells, each the mean of its stretch of time; the scale reaches up to ``top``, if that is
    near, and never makes a hill of a plain. A stretch without a reading is a blank, and so is what is left at the right.

    Stretches are round times and begin at round times, so that one more reading changes the last cell, and not the whole line.
    """
    seen = [(at, value) for at, value in points if math.isfinite(value)]
    if not seen:
        return ""
    step = _stretch(seen[0][0], seen[-1][0], width)
    first = seen[0][0] // step
    bins: list[list[float]] = [[] for _ in range(width)]
    for at, value in seen:
        bins[max(0, min(width - 1, int(at // step - first)))].append(value)
    values = [value for _, value in seen]
    low, high = min(values), max(values)
    if top is not None and low < top <= high + 2 * (high - low):
        high = max(high, top)
    span = max(high - low, abs(high) * 0.02, 1e-9)
    means = [sum(each) / len(each) if each else None for each in bins]
    return "".join(" " if mean is None else _BARS[min(7, max(0, int((mean - low) / span * 8)))] for mean in means)


def _stretch(begin: float, end: float, width: int) -> float:
    """The shortest round time, in seconds, of which ``width`` cover all from ``begin`` to ``end``."""
    step = next((each for each in _ROUND if _covered(begin, end, each) <= width), _ROUND[-1])
    while _covered(begin, end, step) > max(2, width):
        step *= 2
    return step


def _covered(begin: float, end: float, step: float) -> float:
    return end // step - begin // step + 1
