"""Whom a target means at a moment, and by which channels each can be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from .escalation import Reached
from .policies import Aim, EscalationStep, Policy, Target
from .roster import OnCall, Person, Shift, at_address, going_by, known_as, told_apart


class Way(msgspec.Struct, frozen=True):
    """A channel as escalation sees it. ``contact`` is the kind of a person's contact that it needs (``email``), "" where it needs
    none; ``personal``: it tells the one who is meant, and not whomever the far side's own routing wakes. ``lasting``: it keeps an
    incident there, and wants to know of its end."""

    name: str
    contact: str = ""
    personal: bool = True
    lasting: bool = False


def meant(target: Target, on_call: Sequence[OnCall], people: Mapping[str, Person]) -> tuple[tuple[Person, ...], str]:
    """The people a target names, given who is on call; and, where that is nobody, a sentence that says so."""
    if target.aim is Aim.PERSON:
        person = people.get(target.name)
        return ((person,), "") if person is not None else ((), f"{target.name} is not among [people]")
    if target.aim is Aim.ROSTER:
        rosters = [each for each in on_call if each.roster == target.name]
    else:
        rosters = [each for each in on_call if str(each.level) == target.name]
    if not rosters:
        return (
            (),
            f"no roster is called {target.name}" if target.aim is Aim.ROSTER else f"there is no roster of level {target.name}",
        )
    shifts = [each.now for each in rosters if each.now is not None]
    if not shifts:
        return (), f"nobody is on call: {target} has a gap"
    found = [(shift, known_as(people.values(), shift.person, shift.name)) for shift in shifts]
    unsure = [(shift, _alike(shift, people)) for shift, person in found if person is None]
    strangers = ", ".join(shift.name for shift, sharing in unsure if not sharing)
    gaps = [f"{shift.name} of {target} {_said(shift, sharing)}" for shift, sharing in unsure if sharing]
    gaps += [f"{strangers} of {target} is not among [people]"] * bool(strangers)
    known = tuple({person.id: person for _, person in found if person is not None}.values())
    return known, "; ".join(gaps)


def _alike(shift: Shift, people: Mapping[str, Person]) -> tuple[Person, ...]:
    """Those of whom each may have a shift: none is paged for another."""
    return going_by(people.values(), shift.person) or going_by(people.values(), shift.name)


def _said(shift: Shift, sharing: tuple[Person, ...]) -> str:
    if sharing == at_address(sharing, shift.person, shift.name):
        return f"is an address of {told_apart(sharing)}"
    return f"may be {told_apart(sharing)}: put the id that {shift.source} has for them, {shift.person}, into also of one"


def reached(
    policy: Policy,
    step: EscalationStep,
    on_call: Sequence[OnCall],
    people: Mapping[str, Person],
    ways: Mapping[str, Way],
    without: frozenset[str] = frozenset(),
) -> tuple[tuple[Reached, ...], tuple[str, ...]]:
    """Who is told by a step and how, and a sentence for each target that is nobody. ``without`` are channels that cannot be used:
    that a channel fails is not told by that channel."""
    names = step.via or policy.via or tuple(ways)
    usable = [ways[name] for name in names if name in ways and name not in without]
    gaps: list[str] = []
    told: dict[str, Reached] = {}
    for target in step.notify:
        persons, gap = meant(target, on_call, people)
        gaps += [gap] if gap else []
        told |= {person.id: Reached(person.id, person.timezone, tuple(_fitting(person, usable))) for person in persons}
    routed = tuple(way.name for way in usable if not way.personal)
    everyone = (*told.values(), *((Reached("", "UTC", routed),) if routed else ()))
    lonely = [each for each in everyone if not each.channels and not routed]
    if lonely and without and not usable:
        gaps.append(f"there is no channel but {', '.join(sorted(without))}, which this is about")
    else:
        by = ", ".join(way.name for way in usable)
        gaps += [f"{by or 'no channel'} reaches no contact of {each.person}" for each in lonely]
    return tuple(each for each in everyone if each.channels), tuple(gaps)


def _fitting(person: Person, ways: Iterable[Way]) -> Iterator[str]:
    have = {contact.via for contact in person.contacts}
    for way in ways:
        if way.personal and (not way.contact or way.contact in have):
            yield way.name


def address_of(person: Person, contact: str) -> str:
    """Where a channel finds them; "" where it needs no address."""
    return next((each.to for each in person.contacts if each.via == contact), "")
