"""Who may run a runbook: people by name, by roster, by level, or whoever is on call."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .roster import OnCall, Person, known_as
from .runbooks import Runbook
from .text import clean

ON_CALL = "oncall"
"""Whoever is on call now, at whichever roster and level."""
_KINDS = ("person", "roster", "level")


def malformed(word: str) -> str:
    """Why this cannot stand in ``allow`` or ``deny``; "" if it can: ``oncall``, ``roster:NAME``, ``level:2``, ``person:NAME`` or a
    name alone."""
    kind, colon, name = word.partition(":")
    if not word.strip() or (colon and not name.strip()):
        return "it names nobody"
    if colon and kind not in _KINDS:
        return f"{kind} is nothing that people are named by"
    if colon and kind == "level" and not name.isdecimal():
        return "levels are numbered from 1"
    return ""


def barred(runbook: Runbook, names: Sequence[str], on_call: Sequence[OnCall]) -> str:
    """Why somebody who goes by these names may not run it now, and who may; "" if they may. ``deny`` counts before ``allow``; with
    neither, everybody may. Where a roster is not known, nobody is on call by it."""
    held = {name.casefold() for name in names if name}
    for word in runbook.deny:
        if _is_meant(word, held, on_call):
            return f"{runbook.name} is not for {_said(word)}" + (f": {_who_may(runbook, on_call)}" if runbook.allow else "")
    if not runbook.allow or any(_is_meant(word, held, on_call) for word in runbook.allow):
        return ""
    return f"{runbook.name} is not for you: {_who_may(runbook, on_call)}"


def names_of(people: Iterable[Person], *names: str) -> tuple[str, ...]:
    """All names of whoever goes by these, those first."""
    person = known_as(people, *names)
    more = (person.id, person.name, *person.also) if person is not None else ()
    return tuple(dict.fromkeys((*names, *more)))


def _is_meant(word: str, held: set[str], on_call: Sequence[OnCall]) -> bool:
    kind, colon, name = word.partition(":")
    if word == ON_CALL or (colon and kind in ("roster", "level")):
        shifts = (each.now for each in _rosters(word, on_call) if each.now is not None)
        return any({shift.person.casefold(), shift.name.casefold()} & held for shift in shifts)
    return (name if colon else word).casefold() in held


def _rosters(word: str, on_call: Sequence[OnCall]) -> list[OnCall]:
    kind, _, name = word.partition(":")
    if word == ON_CALL:
        return list(on_call)
    return [each for each in on_call if (each.roster if kind == "roster" else str(each.level)) == name]


def _said(word: str) -> str:
    kind, colon, name = word.partition(":")
    if word == ON_CALL:
        return "whoever is on call"
    if colon and kind in ("roster", "level"):
        return f"whoever is on call at {f'level {name}' if kind == 'level' else name}"
    return clean(name if colon else word, 80)


def _who_may(runbook: Runbook, on_call: Sequence[OnCall]) -> str:
    said = []
    for word in runbook.allow:
        text = _said(word)
        if word == ON_CALL or word.startswith(("roster:", "level:")):
            rosters = _rosters(word, on_call)
            there = dict.fromkeys(each.now.name for each in rosters if each.now is not None)
            text += f" ({', '.join(there)})" if there else " (nobody)" if rosters else " (there is no such roster now)"
        said.append(text)
    return " or ".join(said) + " may run it"
