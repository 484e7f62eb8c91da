"""The grid of people and days: which sign stands where, at any width. Pure; the box that shows it is `week`."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from ..core.coverage import Name, Span, begins, common, ends, joined, who_has
from ..core.covers import Standing
from ..core.loads import Load, nights
from ..core.roster import Person, Shift, known_as
from ..core.schedule import Schedule
from ..core.turns import instant
from .times import zone as zone_of

ON, ON_AT_NIGHT, NIGHT, OVERRIDDEN, NOBODY, CLASHES = "█", "▓", "░", "◆", "✗", "!"
SIGNS: tuple[tuple[str, str, str], ...] = (
    (ON, "on call", "who"), (ON_AT_NIGHT, "on at night", "who"), (NIGHT, "night", "muted"),
    (OVERRIDDEN, "override", "warning"), (CLASHES, "clash", "critical"), (NOBODY, "nobody", "critical"),
)  # fmt: skip
"""Each sign, its word and its role."""
_DAY = timedelta(days=1)
_WEEK_PARTS, _MONTH_PARTS = (24, 12, 8, 6, 4, 3, 2, 1), (4, 3, 2, 1)
_SHADED = 4  # with fewer signs for a day, the nights of those who are not on call are nothing but noise
LOAD_HEAD = " hours night woken"
"""What stands over the loads."""


class Frame(msgspec.Struct, frozen=True):
    """The days that are shown, on the clock of the zone ``zone`` (IANA)."""

    first: date
    days: int
    zone: str

    def begin(self, number: int) -> datetime:
        """When a day begins, UTC; the one after the last day is the end of all."""
        return self.moment(number, time(0))

    def moment(self, number: int, at: time) -> datetime:
        """A time of one of the days, UTC, by the rules of `core.turns`."""
        clock = zone_of(self.zone)
        wall = datetime.combine(self.first + number * _DAY, at)
        return instant(wall, clock) if isinstance(clock, ZoneInfo) else wall.replace(tzinfo=clock)

    def day_of(self, at: datetime) -> int | None:
        """Which of the days a moment is in."""
        number = (at.astimezone(zone_of(self.zone)).date() - self.first).days
        return number if 0 <= number < self.days else None


def week_of(now: datetime, zone: str, offset: int = 0) -> Frame:
    """The week from Monday that ``now`` is in, or one so many weeks from it."""
    today = now.astimezone(zone_of(zone)).date()
    return Frame(today - today.weekday() * _DAY + 7 * offset * _DAY, 7, zone)


def month_of(now: datetime, zone: str, offset: int = 0) -> Frame:
    """The month that ``now`` is in, or one so many months from it."""
    today = now.astimezone(zone_of(zone)).date()
    year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
    return Frame(date(year, month + 1, 1), monthrange(year, month + 1)[1], zone)


class Measure(NamedTuple):
    """How wide everything is: ``name`` cells for names, ``parts`` signs for a day, ``gap`` cells between days, and whether there is
    room for the load."""

    name: int
    parts: int
    gap: int
    load: bool

    @property
    def day(self) -> int:
        """The cells of a day."""
        return self.parts + self.gap


def measure(width: int, days: int, longest: int) -> Measure:
    """As many signs for each day as there is room for, with everyone's load beside them if that leaves any."""
    name, week = max(6, min(longest, 14, width // 5)), days <= 7
    gap, every = (1, _WEEK_PARTS) if week else (0, _MONTH_PARTS)
    for load, least in ((True, 2), (False, 1)):
        room = width - name - 1 - (len(LOAD_HEAD) if load else 0)
        for parts in every:
            if parts >= least and days * (parts + gap) - gap <= room:
                return Measure(name, parts, gap, load)
    return Measure(name, 1, 0, False)


class Cell(NamedTuple):
    """A sign and its role."""

    sign: str
    role: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the grid: a roster's heading (``person`` is ``None``), a person's days, or those that nobody has (``person`` is
    ""). ``cells`` are by day and part. ``load`` stands beside the first line of a person."""

    roster: Name
    person: str | None
    label: str
    cells: tuple[tuple[Cell, ...], ...] = ()
    load: Load | None = None
    gaps: int = 0


def lines(laid: Schedule, frame: Frame, parts: int) -> tuple[Line, ...]:
    """The grid of a schedule, with so many signs for each day."""
    slots = [_slots(frame, number, parts) for number in range(frame.days)]
    loads, shown = {load.person: load for load in laid.loads}, set[str]()
    found: list[Line] = []
    for name in laid.rosters:
        gaps = joined(
            (gap.start or laid.since, gap.end or laid.until) for gap in laid.gaps if (gap.source, gap.roster, gap.level) == name
        )
        found.append(Line(roster=name, person=None, label=f"{name[1]} · level {name[2]}", gaps=len(gaps)))
        for person, theirs in _people(laid, name).items():
            theirs = theirs if parts >= _SHADED else theirs._replace(shaded=False)
            cells = tuple(tuple(_cell(laid, name, person, theirs, slot) for slot in day) for day in slots)
            load = None if person in shown else loads.get(person)
            shown.add(person)
            found.append(Line(roster=name, person=person, label=theirs.name, cells=cells, load=load))
        if gaps:
            nobody = tuple(tuple(_hole(gaps, slot) for slot in day) for day in slots)
            found.append(Line(roster=name, person="", label="nobody", cells=nobody))
    return tuple(found)


def _hole(gaps: Sequence[Span], slot: Span) -> Cell:
    """However short it is, it is shown."""
    return Cell(NOBODY, "critical") if common(gaps, [slot]) else Cell(" ", "text")


class _Theirs(NamedTuple):
    """What one person has of one roster, and when they sleep."""

    name: str
    on: list[Span]
    nights: list[Span]
    shaded: bool = True


def _people(laid: Schedule, name: Name) -> Mapping[str, _Theirs]:
    """Whoever has something of a roster in that time, in the order of their first shift."""
    known = {person.id: person for person in laid.people}
    shifts: dict[str, list[Shift]] = {}
    for shift in laid.shifts:
        if (shift.source, shift.roster, shift.level) == name and begins(shift) < laid.until and ends(shift) > laid.since:
            shifts.setdefault(who_has(shift, laid.people), []).append(shift)
    found: dict[str, _Theirs] = {}
    for person, theirs in shifts.items():
        who = known.get(person) or Person(id=person, name=theirs[0].name, timezone=theirs[0].timezone)
        spans = joined((max(begins(shift), laid.since), min(ends(shift), laid.until)) for shift in theirs)
        found[person] = _Theirs(who.name, spans, nights(who, laid.since, laid.until))
    return found


def _slots(frame: Frame, number: int, parts: int) -> list[Span]:
    hours = 24 // parts
    edges = [frame.moment(number, time(part * hours)) for part in range(parts)] + [frame.begin(number + 1)]
    return list(pairwise(edges))


def _cell(laid: Schedule, name: Name, person: str, theirs: _Theirs, slot: Span) -> Cell:
    sleeps = _mostly(theirs.nights, slot)
    if not _mostly(theirs.on, slot):
        return Cell(NIGHT, "muted") if sleeps and theirs.shaded else Cell(" ", "text")
    if any(each.person == person and name[1] in each.rosters and _meet(each.start, each.end, slot) for each in laid.clashes):
        return Cell(CLASHES, "critical")
    if any(overrides(each, name, person, laid.people) and _meet(each.start, each.end, slot) for each in laid.overrides):
        return Cell(OVERRIDDEN, "warning")
    return Cell(ON_AT_NIGHT if sleeps else ON, "who")


def overrides(each: Standing, name: Name, person: str, people: Sequence[Person]) -> bool:
    """Whether an override gives this person time of this roster, by whatever name its source has for them."""
    known = known_as(people, each.person, each.name)
    return (each.ref.source, each.roster) == name[:2] and (known.id if known is not None else each.person) == person


def _mostly(spans: Sequence[Span], slot: Span) -> bool:
    """Whether at least half of a slot is in these."""
    shared = sum(((end - start) for start, end in common(spans, [slot])), timedelta())
    return slot[0] < slot[1] and 2 * shared >= slot[1] - slot[0]


def _meet(start: datetime, end: datetime, slot: Span) -> bool:
    return start < slot[1] and end > slot[0]


def heading(frame: Frame, size: Measure) -> list[str]:
    """The name of each day, as wide as the day: ``Mon 23``, ``Mo23``, ``23``; every other one where they would run together."""
    found = []
    for number in range(frame.days):
        day = frame.first + number * _DAY
        names = (f"{day:%a} {day.day}", f"{day:%a}"[:2] + f"{day.day}") if frame.days <= 7 else ()
        text = next((each for each in (*names, f"{day.day}") if len(each) < size.day or size.day <= len(each) <= 2), "")
        fits = len(text) < size.day or (len(text) <= size.day and number % 2 == 0)
        found.append((text if fits else "").ljust(size.day))
    return found


def load_text(load: Load | None) -> str:
    """A person's load in the columns of `LOAD_HEAD`."""
    if load is None:
        return " " * len(LOAD_HEAD)
    return f"{load.hours:6.0f}{load.nights:6.0f}{load.at_night:6d}"
