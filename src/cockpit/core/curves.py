"""Something measured over time, for whoever draws it."""

from __future__ import annotations

import math

import msgspec

from .units import Bound


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """``points`` are (seconds since the epoch, value), oldest first, all of them finite. ``what`` says in a line what was measured,
    in the unit that ``name`` ends in (``used_percent``; ``value`` has none). ``bound`` is what it must not meet. ``source``
    measured it.

    ``certain``: it is known to be of the very thing that was asked about, and not only of one that looks the same from here.
    ``problem`` says why there is nothing; a curve with neither points nor a problem is being asked for.
    """

    points: tuple[tuple[float, float], ...] = ()
    what: str = ""
    name: str = "value"
    bound: Bound | None = None
    source: str = ""
    certain: bool = True
    problem: str = ""


def pace(span: float, cells: int) -> float:
    """Seconds for one cell of a picture ``cells`` wide that shows at least ``span`` seconds. It is one of few numbers, so that a
    picture whose span grows a little moves on by a cell at a time, and is else the same."""
    least = max(1.0, span / max(1, cells))
    return float(math.ceil(_STEP ** math.ceil(math.log(least, _STEP) - 1e-9)))


_STEP = 1.125  # each is so much longer than the one before: no more than an eighth of a picture stays empty
