"""The alerts of two incidents in one, and a merge taken back: what two are once the one that went into the other is taken out of it
again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from .alerts import AlertState

if TYPE_CHECKING:
    from .alerts import Ref
    from .incidents import Incident, Member

SEVERITY, HURT = "severity", "impact"
"""Names of what is said of an incident; a role has one, too: see `role`."""
_HURT = ("impact", "impact_start", "impact_end")


def role(name: str) -> str:
    """The name of what is said when somebody gets this role, or loses it."""
    return f"role:{name}"


def joined(members: Sequence[Member], more: Sequence[Member]) -> tuple[Member, ...]:
    """All of them, each alert once, in an order that does not depend on who came first: it began when it did so first, and stands
    as its newer firing does."""
    found: dict[Ref, Member] = {}
    for each in (*members, *more):
        known = found.setdefault(each.ref, each)
        last = _newer(known, each)
        found[each.ref] = msgspec.structs.replace(min(known, each, key=_age), state=last.state, turns=last.turns)
    return tuple(sorted(found.values(), key=lambda each: (_age(each), each.ref)))


def _age(each: Member) -> float:
    return each.since.timestamp() if each.since is not None else float("inf")


def _newer(one: Member, other: Member) -> Member:
    """The one of an alert that began to fire later. Where that cannot be told, one that is not over."""
    if one.since is None or other.since is None or one.since == other.since:
        return other if one.state == AlertState.RESOLVED.value else one
    return max(one, other, key=_age)


def unmerged(here: Incident, other: Incident) -> tuple[Incident, Incident]:
    """(``here`` without what came with ``other``, that one as it was before the merge). Alerts, traps and action items go back as
    they stand by now, an alert with its own beginning, labels and page; one that was split off since is where it is. Of severity,
    roles and when users were hurt, ``here`` keeps what was said since, and the rest is as it was. All that was said of the whole
    meanwhile stays in ``here``. That holds where nothing is against it (`doubt`). Raises `ValueError` where ``other`` is not in
    ``here``."""
    if other.apart is None or other.into != here.id:
        raise ValueError(f"{other.id} is not in {here.id}")
    mine, theirs = other.apart
    back = {each.ref for each in theirs.members}
    leave = back - {each.ref for each in mine.members}
    traps, own = {each.trap for each in theirs.guards}, {each.trap for each in mine.guards}
    items = {each.id for each in theirs.items}
    stay = tuple(each for each in here.members if each.ref not in leave)
    rest = msgspec.structs.replace(
        here,
        members=joined(_own(mine, here, other.apart), [each for each in stay if not mine.holds(each.source, each.alert)]),
        absorbed=tuple(each for each in here.absorbed if each != other.id and each not in theirs.absorbed),
        guards=tuple(each for each in here.guards if each.trap not in traps or (each.trap in own and each not in theirs.guards)),
        pages=tuple(each for each in here.pages if each in mine.pages or each not in theirs.pages),
        items=tuple(each for each in here.items if each.id not in items),
        severity=here.severity if SEVERITY in here.said else mine.severity,
        roles={
            **{name: who for name, who in mine.roles.items() if role(name) not in here.said},
            **{name: who for name, who in here.roles.items() if role(name) in here.said},
        },
        said=mine.said | here.said,
        **{name: getattr(here if HURT in here.said else mine, name) for name in _HURT},
    )
    out = msgspec.structs.replace(
        theirs,
        members=_own(theirs, here, other.apart),
        guards=tuple({each.trap: each for each in here.guards if each.trap in traps}.values()),
        items=tuple(msgspec.structs.replace(each, incident=other.id) for each in here.items if each.id in items),
    )
    return rest, out


def _own(one: Incident, here: Incident, apart: tuple[Incident, Incident]) -> tuple[Member, ...]:
    """The alerts of ``one`` of two that were merged, as they were before that, but for those that ``here`` has no more. What
    became of an alert since is said of its newer firing, and so of none that is older."""
    now = {each.ref: each for each in here.members}
    then = {each.ref: each for each in joined(apart[0].members, apart[1].members)}
    last = {each.ref: _age(each) for each in sorted((*apart[0].members, *apart[1].members), key=_age)}
    found = []
    for each in one.members:
        seen, was = now.get(each.ref), then[each.ref]
        if seen is None:
            continue
        same = (seen.state, seen.turns) == (was.state, was.turns) or _age(each) < last[each.ref]
        found.append(each if same else msgspec.structs.replace(each, state=seen.state, turns=seen.turns))
    return tuple(found)


def doubt(known: Mapping[str, Incident], here: Incident, other: Incident) -> str:
    """Why nobody can tell for certain what two would be once ``other`` is taken out of ``here``, and what to do instead, for the
    person; "" where that is certain. What came in last goes first: then no merge lies between."""
    last = next((each for each in reversed(here.absorbed) if each in known and known[each].into == here.id), other.id)
    split = f"`cockpit incident split {here.id} ALERT --title TITLE`"
    if last != other.id:
        return (
            f"{last} went into {here.id} after {other.id}: `cockpit incident unmerge {last}` takes that out first; or "
            f"{split} gives alerts an incident of their own"
        )
    rest, out = unmerged(here, other)
    if HURT in here.said and any(getattr(out, name) for name in _HURT):
        return (
            f"how users were hurt was said of both since {other.id} went into {here.id}, and nobody can tell what of it is whose: "
            f"{split} gives alerts an incident of their own, and `cockpit incident impact` says how each hurt"
        )
    left = {each.ref for each in out.members} - {each.ref for each in rest.members}
    burns = next((each for each in out.members if each.ref in left and each.state != AlertState.RESOLVED.value), None)
    if out.status.over and burns is not None:
        return (
            f"{burns.name} may still fire, and {other.id} was {out.status.value} when it went into {here.id}: it would be in no "
            f"open incident then. {split} gives it one of its own; then {other.id} can be taken out"
        )
    return ""
