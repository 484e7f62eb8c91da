"""The events of a calendar as days that rosters need: when people are away, which days are holidays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ..core.days import Day, Holiday, Leave
from ..core.roster import Person, zone
from ..core.turns import instant
from .ics_book import Happening
from .ics_people import Names, Nobody

ONE = timedelta(days=1)
LONGEST = 400
"""Days of one event that are holidays at most: more is a slip of the pen."""


class Known(NamedTuple):
    """The days, each event that cannot be used with the reason, and how many name nobody of the config."""

    days: tuple[Day, ...]
    broken: tuple[tuple[str, str], ...]
    strangers: int = 0


def leaves(
    source: str, happenings: Iterable[Happening], names: Names, people: Sequence[Person], own: ZoneInfo | None = None
) -> Known:
    """When people are away. Days as a whole are on the clock of who is away; times without a zone on the calendar's ``own``, and
    where it has none on theirs, too."""
    known = {person.id: person for person in people}
    days: dict[tuple[object, ...], Leave] = {}
    broken: list[tuple[str, str]] = []
    strangers = 0
    for each in happenings:
        try:
            named = names.of(each)
        except Nobody as problem:
            broken.append((each.called, str(problem)))
            continue
        meant = [person for whose in named if (person := known.get(whose.person)) is not None]
        strangers += not meant
        for person in meant:
            clock = zone(person.timezone) if each.days or own is None else own
            start, end = instant(each.start, clock), instant(each.end, clock)
            if start < end:
                days[person.id, start, end] = Leave(source=source, person=person.id, start=start, end=end, why=each.called)
    ordered = sorted(days.values(), key=lambda leave: (leave.start, leave.person, leave.end))
    return Known(tuple(ordered), tuple(broken), strangers)


def holidays(source: str, happenings: Iterable[Happening]) -> Known:
    """Which days are holidays: those that an event has as a whole."""
    found: dict[tuple[object, ...], Holiday] = {}
    broken: list[tuple[str, str]] = []
    for each in happenings:
        first, count = each.start.date(), (each.end - each.start) // ONE
        if not each.days or count > LONGEST:
            broken.append((each.called, f"it has more than {LONGEST} days" if each.days else "it is no day as a whole"))
            continue
        for number in range(count):
            day = first + number * ONE
            found[day, each.called] = Holiday(source=source, day=day, name=each.called)
    ordered = sorted(found.values(), key=lambda holiday: (holiday.day, holiday.name))
    return Known(tuple(ordered), tuple(broken))
