"""What follows from shifts, whoever laid them out: gaps, double bookings, clashes with absences, whose turn is next."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from .roster import Gap, Person, Shift, known_as, zone
from .turns import instant

Span = tuple[datetime, datetime]
"""From, until (UTC)."""
Name = tuple[str, str, int]
"""A roster: its source, its name there, its level."""

EVER, NEVER = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class ClashKind(enum.Enum):
    """``DOUBLE``: one person is on call at two places at once. ``AWAY``: somebody is on call while they are away."""

    DOUBLE = "double"
    AWAY = "away"


class Clash(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody cannot be on call as it is laid out: from ``start`` to ``end`` (UTC), on these ``rosters``; ``why`` is the absence's
    own reason."""

    kind: ClashKind
    person: str
    name: str
    rosters: tuple[str, ...]
    start: datetime
    end: datetime
    why: str = ""

    @property
    def says(self) -> str:
        """What it is, for people."""
        where = " and ".join(self.rosters)
        if self.kind is ClashKind.DOUBLE:
            return f"{self.name} is on {where} at once"
        return f"{self.name} is on {where} and away" + (f": {self.why}" if self.why else "")


def who_has(shift: Shift, people: Sequence[Person]) -> str:
    """The id of the person who has a shift, one for all sources: that of ``people`` where they are there, else the source's."""
    person = known_as(people, shift.person, shift.name)
    return person.id if person is not None else shift.person or shift.name


def begins(shift: Shift) -> datetime:
    """Its beginning; the earliest there is, where it has none."""
    return EVER if shift.start is None else shift.start


def ends(shift: Shift) -> datetime:
    """Its end; the latest there is, where it has none."""
    return NEVER if shift.end is None else shift.end


def gaps(shifts: Iterable[Shift], rosters: Iterable[Name], since: datetime, until: datetime) -> tuple[Gap, ...]:
    """When nobody is on call on each of ``rosters`` between ``since`` and ``until``, cut to these, in order of time."""
    by_roster: dict[Name, list[Span]] = {name: [] for name in rosters}
    for shift in shifts:
        by_roster.setdefault((shift.source, shift.roster, shift.level), []).append((begins(shift), ends(shift)))
    found = [
        Gap(roster=roster, level=level, source=source, start=start, end=end)
        for (source, roster, level), spans in by_roster.items()
        for start, end in _left(spans, since, until)
    ]
    return tuple(sorted(found, key=lambda gap: (gap.start or EVER, gap.level, gap.roster, gap.source)))


def _left(spans: Iterable[Span], since: datetime, until: datetime) -> Iterator[Span]:
    at = since
    for start, end in sorted(spans):
        if start > at and start < until:
            yield at, start
        at = max(at, end)
    if at < until:
        yield at, until


def clashes(shifts: Sequence[Shift], people: Sequence[Person], since: datetime, until: datetime) -> tuple[Clash, ...]:
    """Every double booking and every shift of somebody who is away between ``since`` and ``until``, in order of time. Raises
    ``ValueError`` where somebody's zone does not exist."""
    by_person: dict[str, list[Shift]] = {}
    for shift in shifts:
        if begins(shift) < until and ends(shift) > since:
            by_person.setdefault(who_has(shift, people), []).append(shift)
    known = {person.id: person for person in people}
    found: list[Clash] = []
    for person, theirs in by_person.items():
        found += _doubles(person, sorted(theirs, key=begins))
        if person in known:
            found += _while_away(known[person], theirs)
    return tuple(
        sorted((each for each in found if each.start < until and each.end > since), key=lambda each: (each.start, each.name))
    )


def _doubles(person: str, theirs: Sequence[Shift]) -> Iterator[Clash]:
    for number, one in enumerate(theirs):
        for other in theirs[number + 1 :]:
            if begins(other) >= ends(one):
                break  # they are in order of their beginnings
            if (one.source, one.roster, one.level) != (other.source, other.roster, other.level):
                yield Clash(
                    kind=ClashKind.DOUBLE, person=person, name=one.name, rosters=tuple(sorted({one.roster, other.roster})),
                    start=begins(other), end=min(ends(one), ends(other)),
                )  # fmt: skip


def _while_away(person: Person, theirs: Sequence[Shift]) -> Iterator[Clash]:
    clock = zone(person.timezone)
    for absence in person.away:
        away = instant(absence.start, clock), instant(absence.end, clock)
        for shift in theirs:
            start, end = max(away[0], begins(shift)), min(away[1], ends(shift))
            if start < end:
                yield Clash(
                    kind=ClashKind.AWAY, person=person.id, name=person.name, rosters=(shift.roster,),
                    start=start, end=end, why=absence.why,
                )  # fmt: skip


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same time, without overlaps and without joints, in order."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        elif start < end:
            found.append((start, end))
    return found


def common(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """The time that is in both, each given as `joined` gives it."""
    found: list[Span] = []
    left, right = iter(one), iter(other)
    mine, theirs = next(left, None), next(right, None)
    while mine is not None and theirs is not None:
        start, end = max(mine[0], theirs[0]), min(mine[1], theirs[1])
        if start < end:
            found.append((start, end))
        if mine[1] <= theirs[1]:
            mine = next(left, None)
        else:
            theirs = next(right, None)
    return found


def spans_of(shifts: Iterable[Shift], people: Sequence[Person], since: datetime, until: datetime) -> Mapping[str, list[Span]]:
    """When each person is on call between ``since`` and ``until``, by id, wherever that is: two levels at once count once."""
    found: dict[str, list[Span]] = {}
    for shift in shifts:
        start, end = max(since, begins(shift)), min(until, ends(shift))
        if start < end:
            found.setdefault(who_has(shift, people), []).append((start, end))
    return {person: joined(spans) for person, spans in found.items()}


def next_of(shifts: Iterable[Shift], people: Sequence[Person], person: str, at: datetime) -> Shift | None:
    """The first shift of ``person`` (id) that is not over at ``at``: the one that goes on now, or the next."""
    theirs = [shift for shift in shifts if ends(shift) > at and who_has(shift, people) == person]
    return min(theirs, key=lambda shift: (begins(shift), shift.level), default=None)
