"""``cockpit oncall --ics``: the rosters as a calendar (RFC 5545) that others read.

Times are in UTC, and a shift keeps its UID for as long as it begins when it begins: who subscribes sees it change, and not twice.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from ..core.coverage import begins, ends
from ..core.roster import Shift
from ..core.schedule import Schedule
from . import COULD_NOT_SEE, FINE, USAGE
from .options import Options, Stop
from .rota import laid_out

if TYPE_CHECKING:
    from icalendar import Event

BACK, AHEAD = timedelta(days=7), timedelta(weeks=12)
"""What is written where nobody says from when to when."""
REFRESH = timedelta(hours=1)
"""How often whoever reads it is asked to look again."""


def calendar(options: Options) -> int:
    """Write it to standard output. What could not be seen is told on standard error, and in the exit code: half a calendar would
    take shifts away from who subscribes to it."""
    if options.json:
        raise Stop("--ics writes a calendar, which is not JSON: leave one of them out", USAGE)
    asked = laid_out(options, _around)
    sys.stdout.write(written(asked.laid, asked.now, options.text("roster")).decode("utf-8"))
    for word in asked.laid.silent:
        sys.stderr.write(f"Cannot see: {word}\n")
    return COULD_NOT_SEE if asked.laid.silent else FINE


def written(laid: Schedule, now: datetime, roster: str = "") -> bytes:
    """The shifts of a schedule as a calendar, named after the roster where it is one's alone."""
    from icalendar import Calendar  # deferred: nobody else here needs it

    made = Calendar()
    for name, value in (
        ("version", "2.0"),
        ("prodid", "-//Cockpit//On call//EN"),
        ("calscale", "GREGORIAN"),
        ("method", "PUBLISH"),
        ("x-wr-calname", f"On call: {roster}" if roster else "On call"),
        ("x-wr-timezone", "UTC"),
    ):
        made.add(name, value)
    made.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    for shift in _in_order(laid.shifts):
        made.add_component(_event(shift, laid, now))
    text: bytes = made.to_ical()
    return text


def _event(shift: Shift, laid: Schedule, now: datetime) -> Event:
    from icalendar import Event

    event = Event()
    event.add("uid", uid_of(shift))
    event.add("dtstamp", now.replace(microsecond=0))
    event.add("dtstart", laid.since.astimezone(UTC) if shift.start is None else shift.start)
    event.add("dtend", laid.until.astimezone(UTC) if shift.end is None else shift.end)
    event.add("summary", f"{shift.name} on call: {shift.roster}")
    what = [f"level {shift.level}", *(["an override"] if shift.override else []), f"from {shift.source}"]
    if shift.end is None:
        what.append("without an end")
    event.add("description", ", ".join(what))
    event.add("transp", "TRANSPARENT")  # who is on call is not busy
    return event


def uid_of(shift: Shift) -> str:
    """One for each shift, by its roster and its beginning: the same whoever has it, and whenever it is written."""
    start = "ever" if shift.start is None else f"{shift.start.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    what = "\0".join((shift.source, shift.roster, str(shift.level), start))
    return f"{hashlib.sha256(what.encode()).hexdigest()[:24]}@cockpit"


def _in_order(shifts: Iterable[Shift]) -> list[Shift]:
    return sorted(shifts, key=lambda shift: (begins(shift), shift.level, shift.roster, ends(shift)))


def _around(now: datetime, _zone: tzinfo | None, _options: Options) -> tuple[datetime, datetime]:
    return now - BACK, now + AHEAD
