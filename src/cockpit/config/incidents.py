"""``[incidents.NAME]``: which alerts open an incident by themselves, and who has which role in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from ..core.alerts import AlertState
from ..core.filters import FilterError, parse
from ..core.incidentrule import TITLE, IncidentRule
from ..core.placeholders import placeholders
from ..core.policies import Target
from ..core.roster import Person, Roster
from ..core.text import clean
from ..core.units import Seconds
from .channels import Known
from .decode import BAD, Decoder
from .locate import KeyPath

_EVEN = {"acknowledged": AlertState.ACKNOWLEDGED, "suppressed": AlertState.SUPPRESSED}


class _RuleTable(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as written."""

    match: str
    after: Seconds = Seconds(0.0)
    by: tuple[str, ...] = ()
    title: str = TITLE
    roles: dict[str, str] = {}
    even: tuple[Literal["acknowledged", "suppressed"], ...] = ()
    paged: bool = False


def read_rule(
    decoder: Decoder, name: str, raw: object, *, people: Mapping[str, Person], rosters: Mapping[str, Roster], elsewhere: bool
) -> IncidentRule | None:
    """One ``[incidents.NAME]``. Whom its roles name must be among ``people`` and ``rosters``, unless there are sources
    ``elsewhere`` that may have the roster."""
    path: KeyPath = ("incidents", name)
    fields = decoder.fields(_RuleTable, raw, path, also=("severity",))
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    _check_match(decoder, fields.get("match"), (*path, "match"))
    _check_title(decoder, fields.get("title"), (*path, "title"))
    roles = _roles(decoder, fields.get("roles", {}), (*path, "roles"), Known(decoder, people, rosters, {}, elsewhere))
    severity = {} if "severity" not in raw else {"severity": decoder.severity(raw["severity"], (*path, "severity"))}
    if BAD in (*fields.values(), *severity.values()) or roles is None:
        return None
    even = tuple(_EVEN[word] for word in fields.get("even", ()) if isinstance(word, str))  # type: ignore[attr-defined]  # a tuple
    built = decoder.built(IncidentRule, {**fields, **severity, "name": name, "roles": roles, "even": even}, path)
    return built if isinstance(built, IncidentRule) else None


def _check_match(decoder: Decoder, match: object, path: KeyPath) -> None:
    if not isinstance(match, str):
        return
    try:
        rule = parse(match)
    except FilterError as error:
        decoder.faults.add(path, f"match cannot be read, at column {error.column + 1}: {error}")
        return
    if not match.strip():
        hint = 'write "@severity>=unknown" where that is meant'
        decoder.faults.add(path, "match is empty: every alert would open an incident", hint)
    if rule.aged:
        decoder.faults.add(path, "match has an @age", 'write after = "10m": the alert must have been firing for so long')


def _check_title(decoder: Decoder, title: object, path: KeyPath) -> None:
    if not isinstance(title, str):
        return
    try:
        placeholders(title)
    except ValueError as error:
        decoder.faults.add(path, f"title: {error}")
    if not title.strip() or clean(title) != title:
        decoder.faults.add(path, "title must be a line of text")


def _roles(decoder: Decoder, written: object, path: KeyPath, known: Known) -> dict[str, Target] | None:
    """Who has which role; ``None`` where one of them is nobody."""
    found: dict[str, Target | None] = {}
    for role, text in written.items() if isinstance(written, dict) else ():
        if clean(role).strip() != role or not role:
            decoder.faults.add((*path, role), f"{role!r} is no name of a role", "lead, communications, operations, scribe, …")
        found[role] = known.target(text, (*path, role))
    whole = {role: target for role, target in found.items() if target is not None}
    return whole if len(whole) == len(found) else None
