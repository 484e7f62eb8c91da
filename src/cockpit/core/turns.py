"""Where turns begin: wall-clock arithmetic of rotations, in a roster's zone. The rules are those of `core.roster`.

Everything is reckoned from the layer's first beginning, never from turn to turn, so that the 31st comes back after February and a
layer that began ten years ago costs no more than one that began today.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

_HOUR = timedelta(hours=1)
_DAYS = {"days": 1, "weeks": 7}


def instant(moment: datetime, zone: ZoneInfo) -> datetime:
    """When ``moment`` is, in UTC: aware as it says, naive on the wall clock of ``zone``. A time that does not exist there is the
    end of the gap it falls into; one that exists twice is the first."""
    return moment.astimezone(UTC) if moment.tzinfo is not None else _instant(moment.replace(fold=0), zone)


@lru_cache(maxsize=8192)
def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    late = wall.replace(tzinfo=zone).astimezone(UTC)  # in a gap PEP 495 takes the offset before it for fold=0: too late
    if late.astimezone(zone).replace(tzinfo=None) == wall:
        return late
    early = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    before = early.astimezone(zone).utcoffset()
    while late - early > timedelta(seconds=1):  # the one instant between them at which the offset changes
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def _days(year: int, month: int) -> int:
    """How long a month is. The standard library's calendar knows it, too, and loads the languages of the world."""
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def turn_begins(start: datetime, turn: tuple[int, str], number: int, zone: ZoneInfo) -> datetime | None:
    """When turn ``number`` (0 is the first) begins, in UTC; ``None`` past the end of the calendar.

    Hours are counted exactly, in elapsed time; days, weeks and months on the wall clock, a month that is too short handing over
    on its last day.
    """
    count, unit = turn
    try:
        if unit == "hours":
            return instant(start, zone) + number * count * _HOUR
        wall = start if start.tzinfo is None else start.astimezone(zone).replace(tzinfo=None)
        if unit in _DAYS:
            return instant(wall + timedelta(days=number * count * _DAYS[unit]), zone)
        year, month = divmod(wall.year * 12 + wall.month - 1 + number * count, 12)
        return instant(wall.replace(year=year, month=month + 1, day=min(wall.day, _days(year, month + 1))), zone)
    except (OverflowError, ValueError):  # past the year 9999
        return None


def turn_at(start: datetime, turn: tuple[int, str], at: datetime, zone: ZoneInfo) -> int:
    """The number of the turn that goes on at ``at``, which is not before the first begins."""
    count, unit = turn
    passed = at - instant(start, zone)
    if unit == "hours":
        return passed // (count * _HOUR)
    if unit in _DAYS:
        number = passed // timedelta(days=count * _DAYS[unit])
    else:
        wall = start if start.tzinfo is None else start.astimezone(zone)
        number = ((at.year - wall.year) * 12 + at.month - wall.month) // count
    number = max(0, number - 2)  # near: offsets differ by a day at most (the date line), months by one
    while (after := turn_begins(start, turn, number + 1, zone)) is not None and after <= at:
        number += 1
    return number
