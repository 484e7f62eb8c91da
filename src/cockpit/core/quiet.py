"""Quiet hours: when what is not urgent waits for the morning.

A quiet stretch is a time of day on the wall clock of a zone, perhaps across midnight. Its end follows the same rules as a hand-over
(`core.turns`): in the hour that does not exist it is that hour's end, in one that exists twice it is the first.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from .regex import regex
from .turns import instant

_TIME = regex(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)


class Quiet(msgspec.Struct, frozen=True, kw_only=True):
    """From ``start`` to ``end`` each day; across midnight where ``end`` is not after ``start``. ``timezone`` is an IANA name; "" is
    the zone of whoever would be paged."""

    start: time
    end: time
    timezone: str = ""


def time_of_day(text: str) -> time:
    """Read ``22:00``. Raises ``ValueError``."""
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a time of day: write 22:00")
    return time(int(found[1]), int(found[2]))


def quiet_until(quiet: Quiet, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet stretch that ``at`` (aware) falls into ends, in UTC; ``None`` where it is not quiet then."""
    wall = at.astimezone(zone)
    for days in (-1, 0):
        day = wall.date() + timedelta(days=days)
        begins = instant(datetime.combine(day, quiet.start), zone)
        last = day if quiet.end > quiet.start else day + timedelta(days=1)
        ends = instant(datetime.combine(last, quiet.end), zone)
        if begins <= at.astimezone(UTC) < ends:
            return ends
    return None
