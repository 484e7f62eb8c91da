"""Rosters: who is on call, until when, and who comes next.

Turns follow the wall clock of the roster's zone: a turn of one week that begins at 09:00 begins at 09:00 in summer and in winter.
A hand-over that falls into the hour that does not exist happens at its end; one that exists twice happens at the first.
All comparisons are in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from .turns import instant, turn_at, turn_begins


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


def known_as(people: Iterable[Person], *names: str) -> Person | None:
    """The first of ``people`` who goes by one of ``names``: as id, name, address of a contact, or as sources call them. Capitals do
    not matter."""
    wanted = {name.casefold() for name in names if name}
    for person in people:
        if not wanted.isdisjoint(
            each.casefold() for each in (person.id, person.name, *person.also, *(c.to for c in person.contacts))
        ):
            return person
    return None


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """People who take turns. ``start`` is a wall-clock time in the roster's zone; the first person's turn begins then.

    ``turn`` is (count, unit) with unit ``hours``, ``days``, ``weeks`` or ``months``. ``end`` (wall clock) is when the layer stops.
    """

    people: tuple[str, ...]
    start: datetime
    turn: tuple[int, str]
    end: datetime | None = None


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """``person`` takes the roster from ``start`` to ``end`` (wall clock of the roster's zone, or aware), whatever the layers
    say; of two overrides at one time the later in the list wins."""

    person: str
    start: datetime
    end: datetime
    why: str = ""


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation. Later layers win over earlier ones where both have someone; overrides win over all.
    ``level`` 1 is paged first."""

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
    """One roster at one moment: who is on (``None`` = a gap, drawn in red), and who is next. ``policy`` is the escalation policy of
    which it is a level, where its source has such."""

    roster: str
    level: int
    source: str
    now: Shift | None
    next: Shift | None
    remark: str = ""
    policy: str = ""


UNITS = ("hours", "days", "weeks", "months")
_TURN = re.compile(r"(\d{1,4})?\s*(h|d|w|hour|day|week|month)s?", re.ASCII)
_WORDS = {"h": "hours", "d": "days", "w": "weeks"}


def turn(text: str) -> tuple[int, str]:
    """Read a turn: ``1 week``, ``12 hours``, ``2 days``, ``1 month``. Raises ``ValueError`` that says what would have been."""
    found = _TURN.fullmatch(text.strip().lower())
    count = int(found[1] or 1) if found is not None else 0
    if found is None or not 1 <= count <= 1000:
        raise ValueError(f"{text!r} is not a turn: write 12 hours, 2 days, 1 week or 1 month (1 to 1000 of them)")
    return count, _WORDS.get(found[2], found[2] + "s")


def zone(name: str) -> ZoneInfo:
    """The time zone with this IANA name. Raises ``ValueError`` that says which one may have been meant."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, "../" in it, or the name of a directory
        known = {full.lower(): full for full in available_timezones()}
    if not known:
        raise ValueError(f"there is no time zone {name!r} here, for no time zone database is installed: install tzdata")
    wanted = name.strip().replace(" ", "_").lower()
    by_city = sorted(full for full in known if full.rpartition("/")[2] == wanted.rpartition("/")[2])
    near = by_city[:1] or get_close_matches(wanted, known, 1)
    raise ValueError(f"there is no time zone {name!r}" + (f", did you mean {known[near[0]]}?" if near else ": write Europe/Berlin"))


class _Stretch(msgspec.Struct, frozen=True):
    """``person`` has it from ``start`` to ``end`` (``None`` = without a beginning, an end); "" is nobody."""

    person: str
    start: datetime | None
    end: datetime | None
    override: bool = False


class _Claim(msgspec.Struct, frozen=True):
    """A layer or an override between its bounds (UTC): within them someone is always on. Restrictions of a layer to hours of the
    day will be bounds of claims too; they must not advance the turn, which is counted from the layer's start."""

    start: datetime
    end: datetime | None
    layer: Layer | None
    person: str = ""

    def covers(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)

    def stretch(self, at: datetime, clock: ZoneInfo) -> _Stretch:
        """Who has it at ``at``, within the claim, for how long."""
        if self.layer is None:
            return _Stretch(self.person, self.start, self.end, override=True)
        people = self.layer.people
        if len(set(people)) == 1:
            return _Stretch(people[0], self.start, self.end)
        number = turn_at(self.layer.start, self.layer.turn, at, clock)
        begins = turn_begins(self.layer.start, self.layer.turn, number, clock)
        ends = turn_begins(self.layer.start, self.layer.turn, number + 1, clock)
        return _Stretch(people[number % len(people)], begins, _first(ends, self.end))


def _first(*ends: datetime | None) -> datetime | None:
    return min((end for end in ends if end is not None), default=None)


def _last(*starts: datetime | None) -> datetime | None:
    return max((start for start in starts if start is not None), default=None)


class _Plan:
    """A roster laid out in UTC: its claims, the strongest first."""

    def __init__(self, roster: Roster) -> None:
        self._clock = zone(roster.timezone)
        overrides = [self._claim(held.start, held.end, None, held.person) for held in reversed(roster.overrides)]
        layers = [self._claim(layer.start, layer.end, layer) for layer in reversed(roster.layers) if layer.people]
        self._claims = [claim for claim in (*overrides, *layers) if claim.end is None or claim.start < claim.end]

    def _claim(self, start: datetime, end: datetime | None, layer: Layer | None, person: str = "") -> _Claim:
        return _Claim(instant(start, self._clock), None if end is None else instant(end, self._clock), layer, person)

    def _stretch(self, at: datetime) -> _Stretch:
        """Whose it is at ``at``, until the next hand-over of any kind. Claims stronger than the one that holds do not cover ``at``:
        each can only have ended before it or begin after it."""
        start: datetime | None = None
        end: datetime | None = None
        for claim in self._claims:
            if claim.covers(at):
                held = claim.stretch(at, self._clock)
                return msgspec.structs.replace(held, start=_last(start, held.start), end=_first(end, held.end))
            if claim.start > at:
                end = _first(end, claim.start)
            else:
                start = _last(start, claim.end)
        return _Stretch("", start, end)

    def whole(self, at: datetime) -> _Stretch:
        """As `_stretch`, with neighbours of the same person joined: from real beginning to real end."""
        joined = self._stretch(at)
        for _ in range(_JOINED):
            if joined.end is None or (after := self._stretch(joined.end)).person != joined.person:
                break
            joined = msgspec.structs.replace(joined, end=after.end, override=joined.override or after.override)
        for _ in range(_JOINED):
            if joined.start is None or (before := self._stretch(joined.start - _TICK)).person != joined.person:
                break
            joined = msgspec.structs.replace(joined, start=before.start, override=joined.override or before.override)
        return joined

    def after(self, held: _Stretch) -> _Stretch | None:
        """The next stretch with someone in it."""
        while held.end is not None:
            held = self.whole(held.end)
            if held.person:
                return held
        return None


_TICK = timedelta(microseconds=1)
_JOINED = 10_000  # stretches of one person that are joined at most: no roster a team would write has so many


def _shift(roster: Roster, people: Sequence[Person], held: _Stretch, source: str) -> Shift:
    person = next((one for one in people if one.id == held.person), None)
    return Shift(
        roster=roster.name,
        level=roster.level,
        person=held.person,
        name=held.person if person is None else person.name,
        timezone=roster.timezone if person is None else person.timezone,
        start=held.start,
        end=held.end,
        source=source,
        override=held.override,
    )


def shifts(roster: Roster, people: Sequence[Person], start: datetime, end: datetime, source: str = "local") -> tuple[Shift, ...]:
    """The final shifts that touch [start, end), in order, gaps left out. Shift ends are real ends, not clipped: what one person has
    without a break is one shift. Raises ``ValueError`` where the roster's zone does not exist."""
    plan = _Plan(roster)
    found: list[Shift] = []
    held: _Stretch | None = plan.whole(start.astimezone(UTC))
    if held is not None and not held.person:
        held = plan.after(held)
    while held is not None and (held.start is None or held.start < end):
        found.append(_shift(roster, people, held, source))
        held = plan.after(held)
    return tuple(found)


def on_call(roster: Roster, people: Sequence[Person], at: datetime, source: str = "local") -> OnCall:
    """Who is on at ``at`` (aware), until when, and who is next. Someone who is not among ``people`` is named by their id, with a
    remark. Raises ``ValueError`` where the roster's zone does not exist."""
    plan = _Plan(roster)
    held = plan.whole(at.astimezone(UTC))
    after = plan.after(held)
    known = {person.id for person in people}
    strangers = [one.person for one in (held, after) if one is not None and one.person and one.person not in known]
    return OnCall(
        roster=roster.name,
        level=roster.level,
        source=source,
        now=_shift(roster, people, held, source) if held.person else None,
        next=None if after is None else _shift(roster, people, after, source),
        remark=" and ".join(f"{person} is not among [people]" for person in dict.fromkeys(strangers)),
    )


def alone(person: Person, source: str = "local") -> OnCall:
    """With no roster configured, the person at the keyboard is on call alone, without end."""
    now = Shift(
        roster="primary", level=1, person=person.id, name=person.name, timezone=person.timezone, start=None, end=None, source=source
    )
    return OnCall(
        roster="primary", level=1, source=source, now=now, next=None, remark="alone on call: add others with [people] and [rosters]"
    )
