"""A calendar's events laid out as shifts, absences or holidays, by the names that the config knows."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..core.coverage import begins, ends
from ..core.roster import Person, Shift, zone
from ..core.turns import instant
from ..provider import Answer, Day
from .ics_book import Book, Found, Happening
from .ics_days import Known, holidays, leaves
from .ics_people import Names, Nobody, Whose
from .ics_shifts import Name, Seats, seats
from .ics_text import MOST_EVENTS, Parts
from .ics_zones import UnknownZone, Zones

BEHIND, AHEAD = timedelta(days=60), timedelta(days=35)
"""How far around a moment shifts are laid out: who sits where follows from who sat there before, who is next from what comes."""
KEPT = timedelta(hours=1)
"""How long what was laid out around a moment is used."""
TOLD = 3
"""Events whose fault is told of; the others are counted."""
_UNZONED = "it has no time zone: say with timezone whose clock this calendar is written by"


class Laid(NamedTuple):
    """The shifts, how many events could not be used, and why, for people."""

    seats: Seats
    rejected: int
    remarks: tuple[str, ...]


class Wanted(NamedTuple):
    """What a config makes of events: see `calendar.CalendarConfig`."""

    source: str
    roster: Name
    pattern: str
    field: str
    timezone: str
    strangers: bool


class Laying:
    """One calendar as it was read. May be asked from any thread."""

    def __init__(self, parts: Parts, wanted: Wanted, today: datetime) -> None:
        self._parts, self._wanted = parts, wanted
        self._book = Book(parts, today.date())
        self._zone, self._zone_problem = _own_zone(parts, wanted.timezone)
        self._lock = threading.Lock()
        self._around: tuple[datetime, tuple[Person, ...], Laid] | None = None

    def around(self, at: datetime, people: tuple[Person, ...]) -> Laid:
        """Laid out around a moment."""
        with self._lock:
            if self._around is not None and self._around[1] == people and timedelta(0) <= at - self._around[0] < KEPT:
                return self._around[2]
            laid = self._laid(at - BEHIND, at + AHEAD, people)
            self._around = at, people, laid
            return laid

    def between(self, since: datetime, until: datetime, people: tuple[Person, ...]) -> tuple[tuple[Shift, ...], Laid]:
        """The shifts that touch [since, until)."""
        with self._lock:
            laid = self._laid(since - BEHIND, until, people)
        return tuple(each for each in laid.seats.shifts if begins(each) < until and ends(each) > since), laid

    def leaves(self, since: datetime, until: datetime, people: tuple[Person, ...]) -> Answer[Day]:
        """When people are away between two moments."""
        names = Names(self._wanted.pattern, self._wanted.field, people, strangers=True)  # `leaves` counts them itself
        with self._lock:
            found = self._book.between(since, until)
        known = leaves(self._wanted.source, found.happenings, names, people, self._zone)
        nobody = f"none of its {known.strangers} events names anybody of [people]"
        return self._known(found, known, (nobody,) if known.strangers and not known.days else ())

    def holidays(self, since: datetime, until: datetime) -> Answer[Day]:
        """Which days between two moments are holidays."""
        with self._lock:
            found = self._book.between(since, until)
        return self._known(found, holidays(self._wanted.source, found.happenings))

    def _known(self, found: Found, known: Known, remarks: tuple[str, ...] = ()) -> Answer[Day]:
        broken = (*found.broken, *known.broken)
        return Answer(known.days, len(dict(broken)) + self._parts.cut, True, (*self._told(broken), *remarks))

    def _told(self, broken: Iterable[tuple[str, str]]) -> list[str]:
        every = dict(broken)
        told = [f"{name}: {problem}" for name, problem in list(every.items())[:TOLD]]
        rest = len(every) - len(told) + self._parts.cut
        more = self._parts.more
        told += [f"{rest} more events cannot be used"] if rest else []
        return told + ([f"only the first {MOST_EVENTS:,} events were read: {more:,} are left out"] if more else [])

    def _laid(self, since: datetime, until: datetime, people: Sequence[Person]) -> Laid:
        found = self._book.between(since, until)
        names = Names(self._wanted.pattern, self._wanted.field, people, self._wanted.strangers)
        shifts: list[Shift] = []
        broken, unmatched = list(found.broken), 0
        for each in found.happenings:
            try:
                named = names.of(each)
                times = self._times(each)
            except Nobody as problem:
                broken.append((each.called, str(problem)))
                continue
            unmatched += not named
            if times is not None:
                shifts += [self._shift(whose, *times) for whose in named]
            elif named:
                broken.append((each.called, self._zone_problem))
        touching = (each for each in shifts if begins(each) < until and ends(each) > since)
        remarks = self._told(broken)
        if unmatched and unmatched == len(found.happenings):
            remarks.append(f"none of its {unmatched} events matches person: {self._wanted.pattern}")
        return Laid(seats(touching, self._wanted.roster), len(dict(broken)) + self._parts.cut, tuple(remarks))

    def _times(self, each: Happening) -> tuple[datetime, datetime] | None:
        if each.start.tzinfo is not None:
            return each.start, each.end
        if self._zone is None:
            return None
        return instant(each.start, self._zone), instant(each.end, self._zone)

    def _shift(self, whose: Whose, start: datetime, end: datetime) -> Shift:
        roster, level = self._wanted.roster
        return Shift(
            roster=whose.roster or roster,
            level=whose.level or level,
            person=whose.person,
            name=whose.name,
            timezone=whose.timezone or (self._zone.key if self._zone is not None else "UTC"),
            start=start,
            end=end,
            source=self._wanted.source,
        )


def _own_zone(parts: Parts, configured: str) -> tuple[ZoneInfo | None, str]:
    """The clock of what gives no zone, or why there is none."""
    if configured:
        return zone(configured), ""
    if not parts.zone:
        return None, _UNZONED
    try:
        return zone(Zones(parts.zones).name(parts.zone)), ""
    except (UnknownZone, ValueError) as problem:  # ValueError: rules of its own, which have no name
        return None, f"{problem}: say with timezone whose clock this calendar is written by"
