"""A merge taken back: what two incidents are once the one that went into the other is taken out of it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from .incidents import Incident

_HURT = ("impact", "impact_start", "impact_end")


def parted(here: Incident, other: Incident, both: Incident) -> tuple[Incident, Incident]:
    """(``here`` without what came with ``other``, that one as it was before the merge). ``both`` is what the merge made. Alerts,
    traps and action items go back as they stand by now; an alert that was split off since is where it is. Severity, roles and when
    users were hurt go back to what they were where nobody has said otherwise since. All that was said of the whole meanwhile stays
    in ``here``. Raises `ValueError` for one that was not merged."""
    if other.apart is None:
        raise ValueError(f"{other.id} was not merged")
    mine, theirs = other.apart
    back = {each.ref for each in theirs.members}
    leave = back - {each.ref for each in mine.members}
    traps = {each.trap for each in theirs.guards}
    gone = traps - {each.trap for each in mine.guards}
    items = {each.id for each in theirs.items}
    hurt_anew = any(getattr(here, name) != getattr(both, name) for name in _HURT)
    rest = msgspec.structs.replace(
        here,
        members=tuple(each for each in here.members if each.ref not in leave),
        absorbed=tuple(each for each in here.absorbed if each != other.id and each not in theirs.absorbed),
        guards=tuple(each for each in here.guards if each.trap not in gone),
        pages=tuple(each for each in here.pages if each in mine.pages or each not in theirs.pages),
        items=tuple(each for each in here.items if each.id not in items),
        severity=mine.severity if here.severity is both.severity else here.severity,
        roles={role: who for role, who in here.roles.items() if role in mine.roles or who != theirs.roles.get(role)},
        **({} if hurt_anew else {name: getattr(mine, name) for name in _HURT}),
    )
    out = msgspec.structs.replace(
        theirs,
        members=tuple(each for each in here.members if each.ref in back),
        guards=tuple({each.trap: each for each in here.guards if each.trap in traps}.values()),
        items=tuple(msgspec.structs.replace(each, incident=other.id) for each in here.items if each.id in items),
    )
    return rest, out
