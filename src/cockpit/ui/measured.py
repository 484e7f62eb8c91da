"""Readings for people: numbers with the unit that their names tell."""

from __future__ import annotations

import math

from ..core.units import say_bytes, say_number, say_seconds


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
