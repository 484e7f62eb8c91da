"""Times as people say them; each one says its zone, or stands beside one that does."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from ..core.units import short_age

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


_STEP = 15


def drawn_age(seconds: float) -> str:
    """An age on the screen, in four cells at most: under a minute in steps of 15 s (``<15s``, ``15s``, ``30s``, ``45s``). A figure
    that runs up all night says nothing, and over ssh each of its steps has its price."""
    if 0 <= seconds < 60:
        return f"{int(seconds // _STEP) * _STEP}s" if seconds >= _STEP else f"<{_STEP}s"
    return short_age(seconds)
