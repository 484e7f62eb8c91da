"""Rosters: people, and the layers in which they take turns. `core.rotation` answers who is on call when.

Turns follow the wall clock of their zone: a turn of one week that begins at 09:00 begins at 09:00 in summer and in winter. A
hand-over that falls into the hour that does not exist happens at its end; one that exists twice happens at the first. Turns that
are counted in hours are exact: 12 hours are 12 hours in the night the clocks change, too. All comparisons are in UTC.
"""

from __future__ import annotations

import enum
import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, time
from zoneinfo import ZoneInfo, available_timezones

import msgspec

from .holidays import Holidays
from .windows import Window


class Contact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach a person: ``via`` (``email``, ``phone``, ``slack``, …) and the address there."""

    via: str
    to: str


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody is away from ``start`` to ``end``: wall clock of that person's own zone, or aware."""

    start: datetime
    end: datetime
    why: str = ""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Someone who can be on call. ``timezone`` is an IANA name; ``also`` are other names this person has at sources.

    ``night`` is when they sleep, from and until, on their own wall clock; ``holidays`` are theirs, and those that the sources named
    in ``calendars`` know. ``away`` is when they cannot be on call; each roster says what that means for it.
    """

    id: str
    name: str
    timezone: str = "UTC"
    contacts: tuple[Contact, ...] = ()
    also: tuple[str, ...] = ()
    night: tuple[time, time] = (time(22), time(7))
    holidays: Holidays = Holidays()
    calendars: tuple[str, ...] = ()
    away: tuple[Absence, ...] = ()


def known_as(people: Iterable[Person], *names: str) -> Person | None:
    """Who of ``people`` goes by the first of ``names`` by which somebody does, the surest first: a name that equals somebody else's
    id does not count before the id that stands in front of it. By one of them goes who has it as id; else as name, or as sources
    call them; else as the address of a contact. What two people have names neither. Capitals do not matter."""
    every = tuple(people)
    return next((found[0] for name in names if len(found := going_by(every, name)) == 1), None)


def going_by(people: Iterable[Person], word: str) -> tuple[Person, ...]:
    """Those whom a word may mean, as `known_as` has it: more than one have the same name, or share an address."""
    every = tuple(people)
    ids = tuple(each for each in every if word and each.id.casefold() == word.casefold())
    return ids[:1] or (called(every, word) if word else ()) or at_address(every, word)


def at_address(people: Iterable[Person], *words: str) -> tuple[Person, ...]:
    """Those who have a contact with one of these addresses: more than one share a mailbox, or a channel."""
    wanted = {word.casefold() for word in words if word}
    return tuple(each for each in people if not wanted.isdisjoint(contact.to.casefold() for contact in each.contacts))


def called(people: Iterable[Person], word: str) -> tuple[Person, ...]:
    """Those who have this name, or whom sources call so."""
    return tuple(each for each in people if word.casefold() in map(str.casefold, (each.name, *each.also)))


def told_apart(people: Iterable[Person]) -> str:
    """Several who have something in common, with the ids by which each can be named: ``Ana (ana) and Bo (bo)``."""
    return " and ".join(f"{each.name} ({each.id})" if each.name else each.id for each in people)


Naming = Callable[[str], str]
"""What somebody is called who goes by a word; ``str`` leaves everybody the word."""


def display(people: Iterable[Person]) -> Naming:
    """How people are called on a screen and on paper, whatever word they go by: by the name of the one of ``people`` whom
    `known_as` would find; who is none of them, by that word. What programs read keeps the word."""
    every = tuple(reversed(tuple(people)))
    known: dict[str, str] = {}
    for words in (_addresses, _names):
        shared = Counter(word for each in every for word in words(each))
        for person in every:
            known |= {word: person.name or person.id if shared[word] == 1 else "" for word in words(person)}
    known |= {person.id.casefold(): person.name or person.id for person in every}
    return lambda word: known.get(word.casefold()) or word


def _addresses(person: Person) -> set[str]:
    return {contact.to.casefold() for contact in person.contacts}


def _names(person: Person) -> set[str]:
    return {name.casefold() for name in (person.name, *person.also) if name}


def person_id(people: Iterable[Person], word: str) -> str:
    """The id of whoever goes by a word, as the journal has people; who is none of ``people`` goes by that word."""
    known = known_as(people, word)
    return known.id if known is not None else word


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """People who take turns. ``start`` is a wall-clock time in the layer's ``timezone`` ("" = the roster's); the first person's
    turn begins then.

    ``turn`` is (count, unit) with unit ``hours``, ``days``, ``weeks`` or ``months``. ``end`` (wall clock) is when the layer stops.
    ``only`` are the windows in which it has somebody; none restricts nothing. They do not advance the turn: whose turn it is is
    counted from ``start``, whether a window is open or not.
    """

    people: tuple[str, ...]
    start: datetime
    turn: tuple[int, str]
    end: datetime | None = None
    timezone: str = ""
    only: tuple[Window, ...] = ()


class Override(msgspec.Struct, frozen=True, kw_only=True):
    """``person`` takes the roster from ``start`` to ``end`` (wall clock of the roster's zone, or aware), whatever the layers
    say; of two overrides at one time the later in the list wins.

    ``id`` is there where the cockpit wrote it; what it wrote as one (a swap) has the same ``together``. ``by`` is who asked for it.
    """

    person: str
    start: datetime
    end: datetime
    why: str = ""
    id: str = ""
    by: str = ""
    together: str = ""


class Away(enum.Enum):
    """What it means that a person whose turn it is is away: ``skip``, the next in the layer's order who is there has it meanwhile;
    ``clash``, they have it all the same, and it is shown as a clash."""

    SKIP = "skip"
    CLASH = "clash"


class Roster(msgspec.Struct, frozen=True, kw_only=True):
    """One rotation. Later layers win over earlier ones where both have someone; overrides win over all.
    ``level`` 1 is paged first. ``holidays`` (and those that the sources named in ``calendars`` know) are those that its layers may
    be restricted to. ``always`` says that somebody should be
    on call at every moment: without it, times without anybody are meant, and no gaps."""

    name: str
    timezone: str
    layers: tuple[Layer, ...] = ()
    overrides: tuple[Override, ...] = ()
    level: int = 1
    away: Away = Away.CLASH
    holidays: Holidays = Holidays()
    calendars: tuple[str, ...] = ()
    always: bool = True


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


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is on call at one level of one roster from ``start`` to ``end`` (UTC; ``None`` = open)."""

    roster: str
    level: int
    source: str
    start: datetime | None
    end: datetime | None


class OnCall(msgspec.Struct, frozen=True, kw_only=True):
    """One roster at one moment: who is on (``None`` = a gap, drawn in red), who is next, and the present or next gap, where the
    source knows of one soon. Without ``always``, times without anybody are meant, and none is a gap. ``policy`` is the escalation
    policy of which it is a level, where its source has such. ``assumed``: nobody has said so, and it holds while nobody does."""

    roster: str
    level: int
    source: str
    now: Shift | None
    next: Shift | None
    remark: str = ""
    policy: str = ""
    gap: Gap | None = None
    always: bool = True
    assumed: bool = False


def believed(rosters: Iterable[OnCall]) -> tuple[OnCall, ...]:
    """Those that somebody has laid out; where there are none, what is assumed."""
    every = tuple(rosters)
    return tuple(each for each in every if not each.assumed) or every


def called_first(each: OnCall) -> tuple[int, bool, str, str]:
    """The order in which people are called: by level; on one level whoever is called primary first, then by name."""
    return each.level, "primary" not in each.roster.casefold(), each.roster, each.source


def as_of(told: OnCall, at: datetime) -> OnCall:
    """A roster as it was told, at a later moment: where the shift is over and the next one has begun, that one. Whoever came last
    stays where nothing more is known."""
    now, following = told.now, told.next
    if following is None or following.start is None or following.start > at:
        return told
    if now is not None and (now.end is None or now.end > at):
        return told
    return msgspec.structs.replace(told, now=following, next=None)


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
    from difflib import get_close_matches  # deferred: only a fault needs it

    near = by_city[:1] or get_close_matches(wanted, known, 1)
    raise ValueError(f"there is no time zone {name!r}" + (f", did you mean {known[near[0]]}?" if near else ": write Europe/Berlin"))
