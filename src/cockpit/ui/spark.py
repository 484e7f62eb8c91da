"""Numbers for people, and a line of them as a picture one row high."""

from __future__ import annotations

import math
from collections.abc import Sequence

_BARS = "▁▂▃▄▅▆▇█"


def number(value: float) -> str:
    """A number as short as it can be said: ``93.1``, ``4``, ``1.5 G`` (10⁹)."""
    if not math.isfinite(value):
        return str(value)
    for size, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:.1f}{unit}"
    if value == int(value):
        return f"{int(value)}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


def sparkline(points: Sequence[tuple[float, float]], width: int, top: float | None = None) -> str:
    """Readings over time in ``width`` cells, each the mean of its stretch of time; the scale reaches up to ``top``, if that is
    near, and never makes a hill of a plain. A stretch without a reading is a blank."""
    seen = [(at, value) for at, value in points if math.isfinite(value)]
    if not seen:
        return ""
    begin, end = seen[0][0], seen[-1][0]
    bins: list[list[float]] = [[] for _ in range(width)]
    for at, value in seen:
        bins[min(width - 1, int((at - begin) / ((end - begin) or 1) * width))].append(value)
    values = [value for _, value in seen]
    low, high = min(values), max(values)
    if top is not None and low < top <= high + 2 * (high - low):
        high = max(high, top)
    span = max(high - low, abs(high) * 0.02, 1e-9)
    means = [sum(each) / len(each) if each else None for each in bins]
    return "".join(" " if mean is None else _BARS[min(7, max(0, int((mean - low) / span * 8)))] for mean in means)
