"""Taking a shift, covering for somebody, swapping: which covers that takes, what it changes, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from .coverage import Name, begins, clashes, ends, next_of, who_has
from .covers import Cover
from .roster import Person, Shift


class NoSwap(ValueError):
    """It cannot be: the message says why, for the person."""


class Change(msgspec.Struct, frozen=True):
    """From ``start`` to ``end`` (UTC) ``after`` is on call instead of ``before`` (names; "" is nobody)."""

    start: datetime
    end: datetime
    before: str
    after: str


def of_roster(shifts: Iterable[Shift], name: Name) -> tuple[Shift, ...]:
    """The shifts of one roster, in the order of time."""
    return tuple(sorted((each for each in shifts if (each.source, each.roster, each.level) == name), key=begins))


def covering(
    shifts: Sequence[Shift], people: Sequence[Person], person: str, by: str, since: datetime, until: datetime
) -> tuple[Cover, ...]:
    """``by`` has all that ``person`` has of these shifts (of one roster) from ``since`` to ``until`` (UTC); both are ids. Raises
    `NoSwap` where that is nothing."""
    theirs = [shift for shift in shifts if who_has(shift, people) == person]
    spans = [(max(begins(shift), since), min(ends(shift), until)) for shift in theirs]
    found = tuple(Cover(by, start, end) for start, end in spans if start < end)
    if not found:
        raise NoSwap(f"{named(people, shifts, person)} is not on call there at that time")
    if person == by:
        raise NoSwap(f"{named(people, shifts, person)} has it already")
    return found


def swapping(shifts: Sequence[Shift], people: Sequence[Person], one: str, other: str, at: datetime) -> tuple[Cover, Cover]:
    """``one`` and ``other`` (ids) take each other's next shift of these (of one roster); of one that goes on at ``at`` (UTC) what
    is left of it. Raises `NoSwap` where there are none to swap."""
    if one == other:
        raise NoSwap("a swap takes two people")
    covers: list[Cover] = []
    for person, by in ((one, other), (other, one)):
        shift = next_of(shifts, people, person, at)
        if shift is None:
            raise NoSwap(f"{named(people, shifts, person)} has no shift there to swap")
        if shift.end is None:
            raise NoSwap(f"{shift.name}'s shift has no end: say from when to when, with override")
        covers.append(Cover(by, max(begins(shift), at), shift.end))
    return covers[0], covers[1]


def named(people: Sequence[Person], shifts: Iterable[Shift], person: str) -> str:
    """The name of an id."""
    known = next((each.name for each in people if each.id == person), "")
    return known or next((shift.name for shift in shifts if who_has(shift, people) == person), person)


def changes(shifts: Sequence[Shift], people: Sequence[Person], covers: Sequence[Cover]) -> tuple[Change, ...]:
    """What these covers change in a roster whose shifts these are, in the order of time; what stays as it is is left out."""
    found: list[Change] = []
    for cover in sorted(covers, key=lambda cover: cover.start):
        after, at = named(people, shifts, cover.person), cover.start
        for shift in sorted(shifts, key=begins):
            start, end = max(begins(shift), at), min(ends(shift), cover.end)
            if start >= end:
                continue
            if at < start:
                found.append(Change(at, start, "", after))
            if who_has(shift, people) != cover.person:
                found.append(Change(start, end, shift.name, after))
            at = end
        if at < cover.end:
            found.append(Change(at, cover.end, "", after))
    return tuple(found)


def objections(shifts: Sequence[Shift], people: Sequence[Person], name: Name, covers: Sequence[Cover]) -> tuple[str, ...]:
    """What speaks against these covers at the roster ``name``, given the shifts of all rosters: double bookings and absences that
    there would be then, for people. They forbid nothing."""
    source, roster, level = name
    said: dict[str, None] = {}
    others = [shift for shift in shifts if (shift.source, shift.roster, shift.level) != name]
    for cover in covers:
        person = next((each for each in people if each.id == cover.person), None)
        then = Shift(
            roster=roster, level=level, person=cover.person, name=named(people, shifts, cover.person),
            timezone=person.timezone if person is not None else "UTC", start=cover.start, end=cover.end, source=source,
        )  # fmt: skip
        for clash in clashes((*others, then), people, cover.start, cover.end):
            if clash.person == who_has(then, people) and roster in clash.rosters:
                said[clash.says] = None
    return tuple(said)
