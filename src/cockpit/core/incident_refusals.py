"""Why a change to an incident cannot be, as the others stand now. Judged where it is written, in the same transaction, and before
that wherever somebody is about to ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from .action_items import refusal as item_refusal
from .incident_parting import doubt
from .incidents import AFTERWARDS, ITEM, Change, Incident, Member, Status

_LISTS = "`cockpit incident` lists them"


def refusal(known: Mapping[str, Incident], incident: str, change: Change, data: Mapping[str, object] = {}) -> str:
    """Why a change cannot be now, for the person; "" where nothing is against it. ``data`` is what its entry would say. An alert is
    in one open incident at a time, whoever was first: that holds for those that are opened again, and for those that are put into
    another one."""
    if change is Change.OPENED:
        return _taken(known, "", _alerts(data))
    here = known.get(incident)
    if here is None:
        return f"there is no incident {incident}; {_LISTS}"
    return _stands(here, change) or _judged(known, here, change, data)


def _stands(here: Incident, change: Change) -> str:
    """Why nothing of the kind can happen to one that stands so."""
    if here.status is Status.MERGED and change is Change.UNMERGED:
        return f"{here.id} was merged into {here.into} since: `cockpit incident unmerge {here.id}` takes that out first"
    if here.status is Status.MERGED:
        return f"{here.id} was merged into {here.into}: say it of that one; `cockpit incident unmerge {here.id}` takes it out again"
    if change is Change.REOPENED:
        return "" if here.status is Status.CLOSED else f"{here.id} is not closed: it is {here.status.value}"
    if here.status is Status.CLOSED and change not in AFTERWARDS:
        return f"{here.id} is closed: `cockpit incident reopen {here.id}` opens it again"
    return ""


def _judged(known: Mapping[str, Incident], here: Incident, change: Change, data: Mapping[str, object]) -> str:
    if change in ITEM:
        return item_refusal(here.items, change.value.partition(".")[2], data)
    match change:
        case Change.ADDED:
            return _taken(known, here.id, _alerts(data), ": merge the two")
        case Change.REOPENED:
            return _taken(known, here.id, here.members, f": merge {here.id} into that one")
        case Change.MERGED:
            return _unmerged(known, here, data.get("other"))
        case Change.UNMERGED:
            return _not_in(known, here, data.get("other"))
        case Change.SPLIT:
            return _unsplit(here, _alerts(data))
        case Change.ROLE:
            return _passed(here, data)
    return ""


def _unmerged(known: Mapping[str, Incident], here: Incident, other: object) -> str:
    if other == here.id:
        return f"{here.id} cannot be merged into itself"
    gone = known.get(other) if isinstance(other, str) else None
    if gone is None:
        return f"there is no incident {other}; {_LISTS}"
    if gone.status is Status.MERGED:
        return f"{gone.id} was merged into {gone.into} already"
    # its alerts are in no other open one while it is open itself; but one that is closed keeps what burns elsewhere by now
    return _taken(known, here.id, gone.members, f": merge that one into {here.id} first") if gone.status.over else ""


def _not_in(known: Mapping[str, Incident], here: Incident, other: object) -> str:
    """Why it cannot be taken out. Its alerts are in no other open one: they are in ``here``, which is open."""
    gone = known.get(other) if isinstance(other, str) else None
    if gone is None:
        return f"there is no incident {other}; {_LISTS}"
    if gone.status is not Status.MERGED:
        return f"{gone.id} was not merged into another one: it is {gone.status.value}"
    return doubt(known, here, gone) if gone.into == here.id else f"{gone.id} went into {gone.into}, not into {here.id}"


def _unsplit(here: Incident, out: tuple[Member, ...]) -> str:
    if not out:
        return f"no alert would leave {here.id}: say which"
    strange = next((each for each in out if not here.holds(each.source, each.alert)), None)
    return f"{strange.name} is no alert of {here.id} (any more)" if strange is not None else ""


def _passed(here: Incident, data: Mapping[str, object]) -> str:
    """Why a role cannot pass: somebody else has it by now than ``before``, whom the person saw who gives it. An entry without that
    is of a rule, which gives the roles of what it opens."""
    role, before, now = data.get("role"), data.get("before"), here.roles.get(str(data.get("role")), "")
    if before is None or now in (before, data.get("person")):
        return ""
    return f"{role} of {here.id} is {now or 'nobody'} by now, and was {before or 'nobody'} when you were asked: look again"


def _taken(known: Mapping[str, Incident], incident: str, members: Iterable[Member], also: str = "") -> str:
    """Why alerts cannot go into an incident ("" for a new one), and what can be done about that (``also``)."""
    opened = [each for each in known.values() if not each.status.over and each.id != incident]
    for each in members:
        here = next((one for one in opened if one.holds(each.source, each.alert)), None)
        if here is not None:
            return f"{each.name} is in {here.id} {here.title} already{also}"
    return ""


def _alerts(data: Mapping[str, object]) -> tuple[Member, ...]:
    return msgspec.convert(data.get("alerts", ()), tuple[Member, ...])
