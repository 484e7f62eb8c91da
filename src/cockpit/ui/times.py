"""Times as people say them; each one says its zone, or stands beside one that does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..core.units import say_seconds, short_age

_MINUTE = timedelta(minutes=1)
_CITIES = {"America/Sao_Paulo": "São Paulo", "America/Bogota": "Bogotá", "America/Asuncion": "Asunción"}
"""IANA names are ASCII; these cities are not."""


@lru_cache(256)
def zone(name: str) -> tzinfo:
    """The zone of an IANA name; UTC for one this machine does not know."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def city(name: str) -> str:
    """An IANA zone as people call it: ``São Paulo`` for ``America/Sao_Paulo``."""
    return _CITIES.get(name) or name.rpartition("/")[2].replace("_", " ")


def clock(at: datetime, name: str) -> str:
    """The time of day there: ``04:12``."""
    return f"{at.astimezone(zone(name)):%H:%M}"


def moment(at: datetime, now: datetime, name: str) -> str:
    """A time in the zone ``name``, with as much of its date as ``now`` makes needful: ``09:00``, ``Mon 09:00``, ``2 Dec 09:00``."""
    there, today = at.astimezone(zone(name)), now.astimezone(zone(name))
    days = abs((there.date() - today.date()).days)
    if not days:
        return f"{there:%H:%M}"
    if days < 7:
        return f"{there:%a %H:%M}"
    return f"{there.day} {there:%b %H:%M}" + (f" {there.year}" if there.year != today.year else "")


def passed(since: datetime, now: datetime) -> float:
    """Seconds from the minute of one to the minute of the other: 03:12:40 was two minutes before 03:14:05. So every age on the
    screen agrees with the clock and with "since 03:12", and all of them move together, when the clock's minute does: one that runs
    on by itself tells nobody more, and over ssh each of its steps has its price. Never below zero. What is less than a minute away
    is said to be so, though the clock's minute lies between: see `drawn_age`."""
    return max(0.0, (_minute(now) - _minute(since)).total_seconds())


def drawn_age(since: datetime, now: datetime) -> str:
    """How long ago that was, in four cells at most: ``<1m``, ``2m``, ``5h``; see `passed`."""
    return short_age(passed(since, now)) if now - since >= _MINUTE else "<1m"


def said_age(since: datetime, now: datetime) -> str:
    """The same in words: ``<1 m``, ``2 h 10 m``."""
    return say_seconds(passed(since, now)) if now - since >= _MINUTE else "<1 m"


def ago(at: datetime, now: datetime) -> str:
    """How long ago that was, as a person says it: ``just now``, ``2 m ago``."""
    return f"{said_age(at, now)} ago" if now - at >= _MINUTE else "just now"


def within(seconds: float) -> str:
    """A round time that is not shorter, in four cells at most: ``<15s``, ``<1m``, ``<5m``."""
    return f"<{short_age(next((each for each in _ROUND if each >= seconds), _ROUND[-1]))}"


_ROUND = (15, 30, 60, 120, 300, 600, 1200, 1800, 3600, *(3600 * hours for hours in (2, 3, 6, 12, 24, 48, 96)))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
