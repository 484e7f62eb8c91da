"""A merge taken back: what two incidents are once the one that went into the other is taken out of it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from .alerts import AlertState

if TYPE_CHECKING:
    from .incidents import Incident

SEVERITY, HURT = "severity", "impact"
"""Names of what is said of an incident; a role has one, too: see `role`."""
_HURT = ("impact", "impact_start", "impact_end")


def role(name: str) -> str:
    """The name of what is said when somebody gets this role, or loses it."""
    return f"role:{name}"


def unmerged(here: Incident, other: Incident) -> tuple[Incident, Incident]:
    """(``here`` without what came with ``other``, that one as it was before the merge). Alerts, traps and action items go back as
    they stand by now; an alert that was split off since is where it is. Of severity, roles and when users were hurt, ``here`` keeps
    what was said since, and the rest is as it was. All that was said of the whole meanwhile stays in ``here``. That holds where
    nothing is against it (`doubt`). Raises `ValueError` where ``other`` is not in ``here``."""
    if other.apart is None or other.into != here.id:
        raise ValueError(f"{other.id} is not in {here.id}")
    mine, theirs = other.apart
    back = {each.ref for each in theirs.members}
    leave = back - {each.ref for each in mine.members}
    traps, own = {each.trap for each in theirs.guards}, {each.trap for each in mine.guards}
    items = {each.id for each in theirs.items}
    rest = msgspec.structs.replace(
        here,
        members=tuple(each for each in here.members if each.ref not in leave),
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
        members=tuple(each for each in here.members if each.ref in back),
        guards=tuple({each.trap: each for each in here.guards if each.trap in traps}.values()),
        items=tuple(msgspec.structs.replace(each, incident=other.id) for each in here.items if each.id in items),
    )
    return rest, out


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
