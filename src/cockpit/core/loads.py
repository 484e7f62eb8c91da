"""How much each person is on call: hours, nights, weekends and holidays by their own clock, and how often they were disturbed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from .coverage import Span, common, joined, spans_of, who_has
from .holidays import Holidays
from .roster import Person, Shift, known_as, zone
from .windows import EVERY_DAY, Window, spans

AT_ONCE = timedelta(minutes=15)
"""What disturbs so soon after the last disturbance is the same interruption: an alert, its page and its acknowledgement are one."""
_WEEKEND = Window((5, 6))
_HOLIDAYS = Window(holidays=True)
_DAY = timedelta(days=1)
_NONE = Holidays()


DISTURBED = (
    "Disturbed: they were sent a page, or acknowledged an alert; within 15 minutes that is once. "
    + "Woken: of these, in their own night."
)
"""What the counts of a `Load` mean, wherever they are shown: ``interruptions`` (disturbed) and ``at_night`` (woken)."""


class Disturbance(msgspec.Struct, frozen=True):
    """Somebody was sent a page, or acknowledged an alert, at ``at`` (UTC), as it was journalled then: the rosters of today do not
    tell whom something called in the past. ``who`` is a name they go by."""

    at: datetime
    who: str


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """One person's share of a time. All are hours but the counts: ``nights``, ``weekends`` and ``holidays`` are parts of ``hours``,
    by the person's own clock, and overlap. ``interruptions`` are what was journalled of them, ``at_night`` those in their night."""

    person: str
    name: str
    timezone: str
    hours: float
    nights: float
    weekends: float
    holidays: float
    interruptions: int = 0
    at_night: int = 0


def loads(
    shifts: Sequence[Shift],
    people: Sequence[Person],
    since: datetime,
    until: datetime,
    disturbances: Iterable[Disturbance] = (),
) -> tuple[Load, ...]:
    """Everyone's load between ``since`` and ``until``, the most hours first. Exact: the hour that clocks leave out or show twice
    counts as it passed. Who is on call at two places at once is counted once. Raises ``ValueError`` where a zone does not exist."""
    known = {person.id: person for person in people}
    on_call = spans_of(shifts, people, since, until)
    shown = {who_has(shift, people): shift for shift in shifts}
    calls = disturbed(people, (each for each in disturbances if since <= each.at < until))
    found: list[Load] = []
    for person, theirs in on_call.items():
        who = known.get(person) or Person(id=person, name=shown[person].name, timezone=shown[person].timezone)
        clock, night = zone(who.timezone), nights(who, since, until)
        times = calls.get(person, ())
        found.append(
            Load(
                person=person,
                name=who.name,
                timezone=who.timezone,
                hours=_hours(theirs),
                nights=_hours(common(theirs, night)),
                weekends=_hours(common(theirs, _days(_WEEKEND, clock, since, until))),
                holidays=_hours(common(theirs, _days(_HOLIDAYS, clock, since, until, who.holidays))),
                interruptions=len(times),
                at_night=sum(any(start <= at < end for start, end in night) for at in times),
            )
        )
    return tuple(sorted(found, key=lambda load: (-load.hours, load.name)))


def nights(person: Person, since: datetime, until: datetime) -> list[Span]:
    """The nights of a person between two moments, by their own clock. Raises ``ValueError`` where their zone does not exist."""
    start, end = person.night
    return _days(Window(EVERY_DAY, start, end, int(end <= start)), zone(person.timezone), since, until)


def _days(window: Window, clock: ZoneInfo, since: datetime, until: datetime, holidays: Holidays = _NONE) -> list[Span]:
    first, last = (moment.astimezone(clock).date() for moment in (since, until))
    return common(joined(spans(window, first - 2 * _DAY, last + _DAY, clock, holidays)), [(since, until)])


def _hours(spans: Iterable[Span]) -> float:
    return sum(((end - start).total_seconds() for start, end in spans), 0.0) / 3600


def disturbed(people: Sequence[Person], disturbances: Iterable[Disturbance]) -> dict[str, list[datetime]]:
    """When each person's interruptions began, by id."""
    found: dict[str, list[datetime]] = {}
    latest: dict[str, datetime] = {}
    for each in sorted(disturbances, key=lambda each: each.at):
        known = known_as(people, each.who)
        person = known.id if known is not None else each.who
        if each.at - latest.get(person, datetime.min.replace(tzinfo=UTC)) > AT_ONCE:
            found.setdefault(person, []).append(each.at)
        latest[person] = each.at
    return found
