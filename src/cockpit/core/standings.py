"""Overrides of a roster in the config, as people see them: whose, from when to when, and whether they can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .alerts import LOCAL, Ref
from .covers import Standing
from .roster import Person, Roster, zone
from .turns import instant

BY_HAND = "it stands in the config by hand: take it out there"
"""Why the cockpit does not end an override that it did not write."""


def standings(roster: Roster, people: Sequence[Person], now: datetime, source: str = LOCAL) -> tuple[Standing, ...]:
    """Those that are not over at ``now`` (UTC), in the order of the config: of two at one time the later wins. Raises
    ``ValueError`` where the roster's zone does not exist."""
    clock, names = zone(roster.timezone), {person.id: person.name for person in people}
    found: list[Standing] = []
    for number, each in enumerate(roster.overrides):
        start, end = instant(each.start, clock), instant(each.end, clock)
        if max(start, now) < end:
            found.append(
                Standing(
                    ref=Ref(source, each.id or f"{roster.name}:{number + 1}"),
                    roster=roster.name,
                    person=each.person,
                    name=names.get(each.person, each.person),
                    start=start,
                    end=end,
                    who=each.by,
                    why=each.why,
                    undone="" if each.id else BY_HAND,
                    together=each.together,
                )
            )
    return tuple(found)
