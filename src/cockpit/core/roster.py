"""Rosters: who is on call, until when, and who comes next.

Turns follow the wall clock of the roster's zone: a turn of one week that begins at 09:00 begins at 09:00 in summer and in winter.
A hand-over that falls into the hour that does not exist happens at its end; one that exists twice happens at the first.
All comparisons are in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach a person: ``via`` (``email``, ``phone``, ``slack``, …) and the address there."""

    via: str
    to: str


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who can be on call. ``timezone`` is an IANA name; ``also`` are other names this person has at sources."""

    id: str
    name: str
    timezone: str = "UTC"
    contacts: tuple[Contact, ...] = ()
    also: tuple[str, ...] = ()


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """People who take turns. ``start`` is a wall-clock time in the roster's zone; the first person's turn begins then.

    ``turn`` is (count, unit) with unit ``hours``, ``days``, ``weeks`` or ``months``. ``end`` (wall clock) is when the layer stops.
    """

    people: tuple[str, ...]
    start: datetime
    turn: tuple[int, str]
    end: datetime | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """``person`` takes the roster from ``start`` to ``end`` (wall clock of the roster's zone, or aware), whatever the layers say."""

    person: str
    start: datetime
    end: datetime
    why: str = ""


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation. Later layers win over earlier ones where both have someone; overrides win over all. ``level`` 1 is paged first."""

    name: str
    timezone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    level: int = 1


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """One person on call at one level of one roster, from ``start`` to ``end`` (aware, UTC; ``None`` = open).

    ``person`` is the id in config or at the source, ``name`` for people, ``timezone`` theirs (IANA).
    """

    roster: str
    level: int
    person: str
    name: str
    timezone: str
    start: datetime | None
    end: datetime | None
    source: str
    override: bool = False


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """One roster at one moment: who is on (``None`` = a gap, drawn in red), and who is next."""

    roster: str
    level: int
    source: str
    now: Shift | None
    next: Shift | None
    remark: str = ""


def shifts(roster: Roster, people: Sequence[Person], start: datetime, end: datetime, source: str = "local") -> tuple[Shift, ...]:
    """The final shifts that touch [start, end), in order, gaps left out. Shift ends are real ends, not clipped, up to one turn around."""
    raise NotImplementedError


def on_call(roster: Roster, people: Sequence[Person], at: datetime, source: str = "local") -> OnCall:
    """Who is on at ``at`` (aware), until when, and who is next."""
    raise NotImplementedError


def alone(person: Person, source: str = "local") -> OnCall:
    """With no roster configured, the person at the keyboard is on call alone, without end."""
    raise NotImplementedError


def turn(text: str) -> tuple[int, str]:
    """Read a turn: ``1 week``, ``12 hours``, ``2 days``, ``1 month``. Raises ``ValueError`` with what would have been understood."""
    raise NotImplementedError


