"""Times on the command line: read and printed on the clock of whoever asks."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..config.model import Config
from ..config.people import EARLIEST, LATEST
from ..core.roster import known_as
from . import USAGE
from .options import Stop

HOW = "write 2026-11-24T09:00, or 2026-11-24T09:00+01:00, or 2026-11-24"


def viewer(config: Config) -> tzinfo | None:
    """The zone of whoever sits here: what they set with ``TZ``, else their own, where ``me`` is among ``people``; ``None`` is what
    this machine goes by."""
    person = known_as(config.people.values(), *config.me)
    return None if person is None or os.environ.get("TZ") else ZoneInfo(person.timezone)


def read(text: str, zone: tzinfo | None) -> datetime:
    """A time as given, in UTC; without an offset it is on the clock of ``zone``. Ends the command where it is none."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(f"{text!r} is not a time: {HOW}", USAGE) from None
    if not EARLIEST <= said.year <= LATEST:
        raise Stop(f"{text!r} is further away than rosters reach: the years from {EARLIEST} to {LATEST}", USAGE)
    if said.tzinfo is None and zone is not None:
        said = said.replace(tzinfo=zone)
    return said.astimezone(UTC)


def told(time: datetime | None, zone: tzinfo | None) -> str:
    """A time for people, with its day and its zone; "" for none."""
    return f"{time.astimezone(zone):%a %Y-%m-%d %H:%M %Z}" if time is not None else ""


def there(time: datetime, name: str, timezone: str) -> str:
    """What time that is for a person: ``12:00 for Bo``."""
    try:
        return f"{time.astimezone(ZoneInfo(timezone)):%H:%M} for {name}"
    except (ZoneInfoNotFoundError, ValueError):
        return f"{timezone}?"


def midnight(now: datetime, zone: tzinfo | None, days: int = 0) -> datetime:
    """The beginning of the day so many days from ``now``'s, on the clock of ``zone``; in UTC."""
    day = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=days)
    return (day.replace(tzinfo=zone) if zone is not None else day).astimezone(UTC)
