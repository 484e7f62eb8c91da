"""Durations, sizes and bounds as people write them in config."""

from __future__ import annotations

import math
import re

import msgspec


class Seconds(float):
    """A duration in seconds, written ``90s``, ``2m``, ``1h30m``, ``7d``, ``2 weeks`` or as a bare number of seconds."""

    __slots__ = ()


LONGEST = 3.2e8
"""Seconds: ten years. What lasts longer is a slip of the pen, and dates end before a sum of such."""

_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*", re.ASCII)
_DURATION_UNITS: dict[str, float] = {
    **dict.fromkeys(("ms", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60.0),
    **dict.fromkeys(("h", "hour", "hours"), 3600.0),
    **dict.fromkeys(("d", "day", "days"), 86400.0),
    **dict.fromkeys(("w", "week", "weeks"), 604800.0),
}
_SIZE_UNITS: dict[str, float] = {
    "": 1.0,
    "%": 1.0,
    "b": 1.0,
    "k": 1e3, "kb": 1e3, "m": 1e6, "mb": 1e6, "g": 1e9, "gb": 1e9, "t": 1e12, "tb": 1e12, "p": 1e15, "pb": 1e15,
    "kib": 2.0**10, "mib": 2.0**20, "gib": 2.0**30, "tib": 2.0**40, "pib": 2.0**50,
}  # fmt: skip


def seconds(text: str | float) -> Seconds:
    """Read a duration. Raises ``ValueError`` that says what would have been understood."""
    if isinstance(text, (int, float)) and not isinstance(text, bool):
        if not 0 <= text <= LONGEST:
            raise ValueError(f"a duration must be between 0 and {LONGEST:.0f} seconds (10 years), not {text}")
        return Seconds(text)
    total, at = 0.0, 0
    lowered = str(text).lower()
    while at < len(lowered):
        part = _DURATION.match(lowered, at)
        if part is None or part[2] not in _DURATION_UNITS:
            raise ValueError(f"{text!r} is not a duration: write 90s, 2m, 1h30m, 7d or 2 weeks")
        total += float(part[1]) * _DURATION_UNITS[part[2]]
        at = part.end()
    if not lowered.strip():
        raise ValueError("an empty duration: write 90s, 2m, 1h30m, 7d or 2 weeks")
    if total > LONGEST:
        raise ValueError(f"{text!r} is longer than 10 years, the longest that is allowed")
    return Seconds(total)


def say_seconds(value: float) -> str:
    """A duration for people: ``2 h 10 m``, ``45 s``, ``6 d``. Two parts at most, never rounded up. NaN is
    ``unknown``, infinity ``for ever``."""
    if not math.isfinite(value):
        return "unknown" if math.isnan(value) else "for ever"
    whole = int(abs(value))
    sign = "-" if value < 0 and whole else ""
    days, rest = divmod(whole, 86400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    parts = [(days, "d"), (hours, "h"), (minutes, "m"), (secs, "s")]
    while len(parts) > 1 and not parts[0][0]:
        parts.pop(0)
    shown = [f"{n} {unit}" for n, unit in parts[:2] if n]
    return sign + (" ".join(shown) or "0 s")


def short_age(value: float) -> str:
    """A duration in at most four cells, for columns: ``9s``, ``2m``, ``5h``, ``6d``, ``99w``; ``?`` for NaN."""
    if math.isnan(value):
        return "?"
    whole = int(min(max(0.0, value), 1e12))
    for limit, size, unit in ((60, 1, "s"), (3600, 60, "m"), (86400, 3600, "h"), (86400 * 100, 86400, "d")):
        if whole < limit:
            return f"{whole // size}{unit}"
    return f"{min(999, whole // 604800)}w"


_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", re.ASCII | re.I)


def size(text: str) -> float:
    """Read a size in bytes: ``200MB``, ``1.5 GiB``, ``4096``. Raises ``ValueError`` that says what would have been understood."""
    found = _SIZE.fullmatch(text)
    if found is None or found[2].lower() not in _SIZE_UNITS:
        raise ValueError(f"{text!r} is not a size: write 200MB, 1.5GiB or a number of bytes")
    return float(found[1]) * _SIZE_UNITS[found[2].lower()]


def say_bytes(value: float) -> str:
    """A size for people, in decimal units as disks are sold: ``3.1 GB``, ``640 kB``, ``12 B``."""
    size = abs(value)
    sign = "-" if value < 0 else ""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if round(size, 1) < 1000:
            return f"{sign}{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{sign}{size:.1f} {unit}"
        size /= 1000
    return f"{sign}{size:.1f} PB"


def say_number(value: float) -> str:
    """A number as short as it can be said: ``93.1``, ``4``, ``1.5 G`` (10⁹)."""
    if not math.isfinite(value):
        return str(value)
    for size, unit in ((1e12, " T"), (1e9, " G"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:.1f}{unit}"
    if value == int(value):
        return f"{int(value)}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"


class Bound(msgspec.Struct, frozen=True):
    """A condition on one number of a reading: ``used_percent >= 92``, ``age > 26h``, ``free < 5GiB``.

    ``text`` is how the person wrote it; ``value`` is in the reading's own unit (seconds, bytes, percent, plain number).
    """

    metric: str
    op: str
    value: float
    text: str

    def holds(self, number: float) -> bool:
        """Whether the reading's number meets the condition. NaN meets none."""
        match self.op:
            case ">=":
                return number >= self.value
            case ">":
                return number > self.value
            case "<=":
                return number <= self.value
            case "<":
                return number < self.value
            case "==":
                return number == self.value
            case _:
                return number != self.value and number == number

    @property
    def rising(self) -> bool:
        """Whether larger is worse."""
        return self.op.startswith(">")


_BOUND = re.compile(r"\s*([a-z_][a-z0-9_.]*)\s*(>=|<=|==|!=|>|<)\s*(-?[0-9.]+(?:e[+-]?\d+)?)\s*(.*?)\s*", re.ASCII | re.I)


def bound(text: str) -> Bound:
    """Read a bound. Raises ``ValueError`` that says what would have been understood."""
    found = _BOUND.fullmatch(text)
    if found is None:
        raise ValueError(f'{text!r} is not a bound: write a reading, a comparison and a number, like "used_percent >= 92"')
    metric, op, number, unit = found.groups()
    try:
        value = float(number)
    except ValueError:
        raise ValueError(f"{number!r} in {text!r} is not a number") from None
    lowered = unit.lower()
    if unit == "m":
        raise ValueError(f'"m" in {text!r} may mean minutes or megabytes: write "min" or "MB"')
    if lowered in _SIZE_UNITS:
        value *= _SIZE_UNITS[lowered]
    elif lowered in _DURATION_UNITS:
        value *= _DURATION_UNITS[lowered]
    else:
        raise ValueError(f"{unit!r} in {text!r} is not a unit: use %, s, min, h, d, or kB, MiB, GB, …")
    if not math.isfinite(value):
        raise ValueError(f"the number in {text!r} is too large to compare with")
    return Bound(metric, op, value, text.strip())
