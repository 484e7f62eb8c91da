"""Whose an event is: by a pattern of the config, or by the names that the config knows."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from ..core.patterns import compiled
from ..core.roster import Person, called, going_by, told_apart
from .ics_book import Happening

FIELDS = ("summary", "attendee", "organizer", "description", "location")
"""What a pattern may be held against."""


_SEARCHED = 200
"""Characters of a text in which somebody is looked for: a pattern that tries again at each of them is still done soon."""


def finder(pattern: str) -> re.Pattern[str]:
    """A pattern for `Names`, whatever the case. Raises `PatternError`, as `core.patterns` does also for one that a hostile summary
    could stall; that one is not used itself, for it takes each piece at its first place, and here what is meant is taken out."""
    compiled(pattern)
    return re.compile(pattern, re.IGNORECASE)


class Whose(msgspec.Struct, frozen=True):
    """Somebody an event names. ``person`` is an id of ``[people]`` where they are there, else what the calendar calls them.
    ``roster`` and ``level`` are "" and 0 where the event does not say."""

    person: str
    name: str
    timezone: str = ""
    roster: str = ""
    level: int = 0


class Nobody(Exception):
    """An event that names nobody, or not clearly; the message says why, for the person."""


class Names:
    """``pattern`` is searched in the texts of ``field``: its group ``person`` (or its first, or all it matches) is who is meant,
    its groups ``roster`` and ``level`` say where. Without one, the people of the config are looked for in the summary, then among
    those invited; where none is found, and the config has no people or ``strangers`` may be on call, who is invited alone is meant,
    else the summary is a name."""

    def __init__(self, pattern: str, field: str, people: Sequence[Person], strangers: bool = False) -> None:
        self._pattern = finder(pattern) if pattern else None
        self._field, self._people = field.upper(), tuple(people)
        self._strangers = strangers or not people
        known = {name.casefold(): name for person in people for name in _called(person)}
        self._known = sorted(known.values(), key=len, reverse=True)

    def of(self, event: Happening) -> tuple[Whose, ...]:
        """Everyone it names; nobody where a pattern is given and does not match. Raises `Nobody`."""
        if self._pattern is not None:
            found = [match for text in event.texts(self._field) for match in self._pattern.finditer(text[:_SEARCHED])]
            return tuple({whose.person: whose for match in found if (whose := self._matched(match)) is not None}.values())
        summary = next(iter(event.texts("SUMMARY")), "")
        invited = event.texts("ATTENDEE")
        if (person := self._only(going_by(self._people, summary))) is not None:
            return (_of(person),)
        if (person := self._only(self._named(summary) or self._among(invited))) is not None:
            return (_of(person),)
        text = invited[0] if event.count("ATTENDEE") == 1 and invited else summary
        if not text:
            raise Nobody("it names nobody")
        if not self._strangers:
            raise Nobody("it names nobody of [people]: add them, or set strangers = true")
        return (Whose(text, text),)

    def _matched(self, match: re.Match[str]) -> Whose | None:
        groups = match.groupdict()
        text = groups.get("person") or ("" if "person" in groups else match[1] if match.re.groups else match[0])
        text = (text or "").strip()
        if not text:
            return None
        level = (groups.get("level") or "").strip()
        person = self._only(going_by(self._people, text))
        whose = _of(person) if person is not None else Whose(text, text)
        return msgspec.structs.replace(
            whose,
            roster=(groups.get("roster") or "").strip(),
            level=int(level) if level.isascii() and level.isdigit() and len(level) < 4 else 0,
        )

    @staticmethod
    def _only(meant: Sequence[Person]) -> Person | None:
        """The one who is meant, if somebody is. Raises `Nobody` where it may be more than one."""
        if len(meant) > 1:
            alike = len({person.name.casefold() for person in meant}) < len(meant)
            names = told_apart(meant) if alike else " and ".join(person.name for person in meant)
            raise Nobody(f"it names {names}: say with person who is meant")
        return meant[0] if meant else None

    def _among(self, invited: Sequence[str]) -> tuple[Person, ...]:
        """Who is invited. A name that two have is of the one whose address, or id, stands there too; else of both."""
        found = [self._by(text) for text in invited]
        sure = {each[0].id for each in found if len(each) == 1}
        counted = (each for each in found if len(each) == 1 or sure.isdisjoint(person.id for person in each))
        return tuple({person.id: person for each in counted for person in each}.values())

    def _named(self, text: str) -> tuple[Person, ...]:
        """Whom a text names, the longest names first: who is called "Ana Alves" is not also "Ana"."""
        left, given = text, dict[str, Person]()
        for name in self._known:
            shorter = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "\0", left, flags=re.IGNORECASE)
            if shorter != left:
                left = shorter
                given |= {person.id: person for person in self._by(name)}
        return tuple(given.values())

    def _by(self, word: str) -> tuple[Person, ...]:
        """Whom one of several words may mean. An address that two share tells nobody apart, and a name beside it may."""
        meant = going_by(self._people, word)
        return meant if len(meant) == 1 else called(self._people, word)


def _called(person: Person) -> set[str]:
    return {name for name in (person.id, person.name, *person.also, *(each.to for each in person.contacts)) if len(name) > 1}


def _of(person: Person) -> Whose:
    return Whose(person.id, person.name, person.timezone)
