"""Days that one source knows and the rosters of another need: when people are away, and which days are holidays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import TypeAlias

import msgspec

from .holidays import Holidays, together
from .roster import Absence, Person, Roster


class Leave(msgspec.Struct, frozen=True, kw_only=True):
    """``person`` (an id of ``[people]``) is away from ``start`` to ``end`` (UTC)."""

    source: str
    person: str
    start: datetime
    end: datetime
    why: str = ""


class Holiday(msgspec.Struct, frozen=True, kw_only=True):
    """A day, and what it is called. Whose holiday it is says the config: who names the source under ``holidays``."""

    source: str
    day: date
    name: str


Day: TypeAlias = Leave | Holiday
Told: TypeAlias = Mapping[str, Sequence[Day]]
"""What each source said."""


def people_with(people: Iterable[Person], told: Told) -> tuple[Person, ...]:
    """The people, with the absences and the holidays that sources know of, beside those of the config."""
    away: dict[str, list[Absence]] = {}
    for each in _every(told, Leave):
        away.setdefault(each.person, []).append(Absence(start=each.start, end=each.end, why=each.why))
    books = _books(told)
    return tuple(
        msgspec.structs.replace(
            person, away=(*person.away, *away.get(person.id, ())), holidays=_all(person.holidays, person.calendars, books)
        )
        for person in people
    )


def rosters_with(rosters: Iterable[Roster], told: Told) -> tuple[Roster, ...]:
    """The rosters, with the holidays that sources know of."""
    books = _books(told)
    return tuple(msgspec.structs.replace(roster, holidays=_all(roster.holidays, roster.calendars, books)) for roster in rosters)


def _every(told: Told, kind: type[Leave]) -> Iterable[Leave]:
    return (each for days in told.values() for each in days if isinstance(each, kind))


def _books(told: Told) -> Mapping[str, Holidays]:
    return {
        source: Holidays(tuple(sorted({each.day: each.name for each in days if isinstance(each, Holiday)}.items())))
        for source, days in told.items()
    }


def _all(own: Holidays, calendars: Sequence[str], books: Mapping[str, Holidays]) -> Holidays:
    more = [books[name] for name in calendars if name in books]
    return together((own, *more)) if more else own
