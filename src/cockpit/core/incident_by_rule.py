"""Incidents that rules open: what is to be written for the alerts which rules are about, never twice for the same fire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from .alerts import SEVERITY_WORDS, Alert, Ref, Severity
from .drills import rehearses
from .filters import parse, value_of
from .incidentrule import OWN, IncidentRule
from .incidents import Change, Incident, Member, member, next_id
from .placeholders import filled, placeholders
from .policies import Aim, Target
from .roster import OnCall, Person, known_as

MOST = 500
"""So many alerts an incident takes in by itself: a storm is one trouble, and nobody reads thousands of lines."""


class Fire(msgspec.Struct, frozen=True, kw_only=True):
    """An alert that a rule is about, now. ``since`` is when this firing began (UTC; ``None`` where nobody knows), ``group`` the
    values of the labels that its rule goes ``by``. The rest is what an incident would be that is opened for it: ``roles`` has a
    person's name for each, ``gaps`` a sentence for each role that nobody could be given. ``seen_after`` is the newest entry of the
    journal when it was seen to begin; ``None`` where it was there before anybody looked."""

    rule: str
    group: str
    member: Member
    since: datetime | None
    title: str
    severity: str = ""
    roles: Mapping[str, str] = {}
    gaps: tuple[str, ...] = ()
    seen_after: int | None = None


class Written(NamedTuple):
    """A change that is to be written down, and the rule that makes it."""

    rule: str
    incident: str
    change: Change
    data: Mapping[str, object]


def rule_for(alert: Alert, rules: Iterable[IncidentRule], now: datetime, me: tuple[str, ...]) -> IncidentRule | None:
    """The first rule that an alert is for, whatever its state and age; ``None`` for a drill, which is nobody's incident."""
    if rehearses(alert):
        return None
    return next((rule for rule in rules if parse(rule.match).matches(alert, now, me)), None)


def fire_of(
    rule: IncidentRule, alert: Alert, since: datetime | None, on_call: Sequence[OnCall], people: Mapping[str, Person]
) -> Fire:
    """An alert as its rule sees it."""
    roles, gaps = dict[str, str](), list[str]()
    for role, target in rule.roles.items():
        name, gap = _person(target, on_call, people)
        if name:
            roles[role] = name
        else:
            gaps.append(f"{role}: nobody, for {gap}")
    return Fire(
        rule=rule.name,
        group="\n".join(value_of(alert, label) for label in rule.by),
        member=member(alert),
        since=since,
        title=titled(rule.title, alert),
        severity=rule.severity.word if rule.severity is not None else "",
        roles=roles,
        gaps=tuple(gaps),
    )


def titled(title: str, alert: Alert) -> str:
    """A rule's title for an alert. A label that is not there is empty; where nothing is left, the alert's name."""
    own = dict(zip(OWN, (alert.name, alert.where, alert.summary, alert.severity.word, alert.ref.source, alert.trap), strict=True))
    values = {name: own[name] if name in own else alert.labels.get(name, "") for name in placeholders(title)}
    return " ".join(filled(title, values).split()) or alert.name


def _person(target: Target, on_call: Sequence[OnCall], people: Mapping[str, Person]) -> tuple[str, str]:
    """Who a target is now, by the name that people know; else why that is nobody. A roster may have people whom only its source
    knows."""
    if target.aim is Aim.PERSON:
        person = people.get(target.name)
        return (person.name or person.id, "") if person is not None else ("", f"{target.name} is not among [people]")
    rosters = [each for each in on_call if target.name == (each.roster if target.aim is Aim.ROSTER else str(each.level))]
    shift = next((each.now for each in rosters if each.now is not None), None)
    if shift is None:
        return "", f"{target} has a gap now" if rosters else f"no roster is {target} now"
    known = known_as(people.values(), shift.person, shift.name)
    return (known.name or known.id) if known is not None else shift.name or shift.person, ""


def wanted(known: Mapping[str, Incident], fires: Sequence[Fire]) -> Iterator[Written]:
    """What is to be written for these, in order: an incident opened, or added to. Nothing for an alert that an open incident has,
    nor for a fire that was in one before, whoever opened it."""
    ids, held = set(known), dict[Ref, list[Incident]]()
    for each in known.values():
        for one in each.members:
            held.setdefault(one.ref, []).append(each)
    fresh = (fire for fire in fires if not any(_same(each, fire) for each in held.get(fire.member.ref, ())))
    for (rule, group), alike in _grouped(fresh).items():
        here = _open_one(known, rule, group)
        if here is None:
            named = next_id(ids)
            ids.add(named)
            yield from _opened(named, alike)
        else:
            yield from _added(here, alike)


def _grouped(fires: Iterable[Fire]) -> dict[tuple[str, str], list[Fire]]:
    groups: dict[tuple[str, str], list[Fire]] = {}
    for fire in fires:
        groups.setdefault((fire.rule, fire.group), []).append(fire)
    return groups


def _same(here: Incident, fire: Fire) -> bool:
    """Whether an incident that has, or had, the alert is of this very fire. One that burnt when it was closed is over with it."""
    if not here.status.over or fire.since is None or here.closed_at is None:
        return True
    held = next((each.since for each in here.members if each.ref == fire.member.ref), None)
    if fire.since == held:
        return True
    if fire.seen_after is not None:  # its source's clock may be late, and ours may have been set back: the journal's order is not
        return fire.seen_after < here.closed_entry
    return fire.since <= here.closed_at


def _open_one(known: Mapping[str, Incident], rule: str, group: str) -> Incident | None:
    """The open incident of a rule, or the one that it went into."""
    for each in known.values():
        mine = [each, *(known[id] for id in each.absorbed if id in known)]
        if not each.status.over and any((one.rule, one.group) == (rule, group) for one in mine):
            return each
    return None


def _opened(named: str, fires: Sequence[Fire]) -> Iterator[Written]:
    first = max(fires, key=lambda each: _rank(each.member))
    members = [each.member for each in fires[:MOST]]
    severity = first.severity or first.member.severity
    more = f" and {len(fires) - 1} other{'s' * (len(fires) > 2)}" if len(fires) > 1 else ""
    data = {"title": first.title + more, "severity": severity, "rule": first.rule, "group": first.group}
    yield Written(first.rule, named, Change.OPENED, {**data, "alerts": msgspec.to_builtins(members)})
    for role, person in first.roles.items():
        yield Written(first.rule, named, Change.ROLE, {"role": role, "person": person})
    for gap in first.gaps:
        yield Written(first.rule, named, Change.NOTED, {"text": gap})
    yield from _left_out(first.rule, named, 0, len(fires))


def _added(here: Incident, fires: Sequence[Fire]) -> Iterator[Written]:
    members = [each.member for each in fires[: max(0, MOST - len(here.members))]]
    if members:
        yield Written(fires[0].rule, here.id, Change.ADDED, {"alerts": msgspec.to_builtins(members)})
    worst = max(map(_rank, members), default=Severity.UNKNOWN)
    if not fires[0].severity and worst > here.severity:
        yield Written(fires[0].rule, here.id, Change.SEVERITY, {"severity": worst.word})
    if len(here.members) < MOST:
        yield from _left_out(fires[0].rule, here.id, len(here.members), len(fires))


def _left_out(rule: str, named: str, before: int, more: int) -> Iterator[Written]:
    if before + more > MOST:
        text = f"more alerts than {MOST} belong to it by its rule: the others are not added"
        yield Written(rule, named, Change.NOTED, {"text": text})


def _rank(each: Member) -> Severity:
    return SEVERITY_WORDS.get(each.severity, Severity.UNKNOWN)
