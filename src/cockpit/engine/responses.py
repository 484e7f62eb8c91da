"""What `core.responses` are at a provider: the call, the words, and how each effect is recognised in a snapshot. See `verbs`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta
from typing import Any

from ..core.alerts import Alert, AlertState, Ref
from ..core.responses import (
    EndMaintenance,
    Escalate,
    Maintain,
    Merge,
    OnAlerts,
    Reassign,
    Resolve,
    Response,
    RunPlay,
    Snooze,
)
from ..core.sources import Snapshot

WORDS: dict[type, str] = {
    Resolve: "resolve",
    Snooze: "snooze",
    Escalate: "escalate",
    Reassign: "reassign",
    Merge: "merge",
    RunPlay: "play",
    Maintain: "maintenance",
    EndMaintenance: "end maintenance",
}
_SAME_END = timedelta(seconds=2)  # as in `verbs`


def source_of(action: Merge | RunPlay | Maintain | EndMaintenance) -> str:
    """The source that does it."""
    match action:
        case Merge(into=ref) | RunPlay(alert=ref) | EndMaintenance(ref=ref):
            return ref.source
        case Maintain(source=source):
            return source


def call(action: Response, who: str) -> Callable[[Any], Awaitable[object]]:
    """The provider's method with its arguments; the one parameter is the provider."""
    match action:
        case Resolve(refs=refs, note=note):
            return lambda at: at.resolve(_ids(refs), who, note)
        case Snooze(refs=refs, ends_at=ends_at):
            return lambda at: at.snooze(_ids(refs), ends_at, who)
        case Escalate(refs=refs, level=level):
            return lambda at: at.escalate(_ids(refs), level, who)
        case Reassign(refs=refs, to=to):
            return lambda at: at.reassign(_ids(refs), to, who)
        case Merge(into=into, refs=refs):
            return lambda at: at.merge(into.id, _ids(refs), who)
        case RunPlay(alert=ref, play=play):
            return lambda at: at.play(ref.id, play, who)
        case Maintain(services=services, starts_at=starts, ends_at=ends, comment=comment):
            return lambda at: at.maintain(services, starts, ends, who, comment)
        case EndMaintenance(ref=ref):
            return lambda at: at.end_maintenance(ref.id, who)


def target(action: OnAlerts | Merge | RunPlay | Maintain, named: Callable[[tuple[Ref, ...]], str]) -> str:
    """On what, for people; ``named`` names alerts."""
    match action:
        case Resolve(refs=refs):
            return named(refs)
        case Snooze(refs=refs, ends_at=ends):
            return f"{named(refs)} until {ends:%Y-%m-%d %H:%M} UTC"
        case Escalate(refs=refs, level=level):
            return f"{named(refs)} to level {level}"
        case Reassign(refs=refs, to=to, names=names):
            return f"{named(refs)} to {', '.join(names or to)}"
        case Merge(into=into, refs=refs):
            return f"{named(refs)} into {named((into,))}"
        case RunPlay(alert=ref, play=play, name=name):
            return f"{name or play} on {named((ref,))}"
        case Maintain(services=services, names=names):
            return ", ".join(names or services)


def exclusive(action: Response, source: str) -> str:
    """The key under which no second run of the same may be under way (safety 25)."""
    word = WORDS[type(action)].replace(" ", "-")
    match action:
        case Resolve(refs=refs) | Snooze(refs=refs) | Escalate(refs=refs) | Reassign(refs=refs) | Merge(refs=refs):
            return f"{source}:{word}:" + ",".join(sorted(_ids(refs)))
        case RunPlay(alert=ref, play=play):
            return f"{source}:{word}:{play}:{ref.id}"
        case Maintain(services=services):
            return f"{source}:{word}:" + ",".join(sorted(services))
        case EndMaintenance(ref=ref):
            return f"{source}:{word}:{ref.id}"


def shows(action: Response, result: object, snapshot: Snapshot) -> bool | None:
    """Whether a snapshot shows the effect. ``None``: it can say nothing about it."""
    match action:
        case Resolve(refs=refs) | Merge(refs=refs):
            if snapshot.alerts is None or not snapshot.complete:
                return None
            return all(alert.state is AlertState.RESOLVED for alert in _of(snapshot, refs))
        case Snooze(refs=refs):
            return _all_in(AlertState.SUPPRESSED, snapshot, refs)
        case Escalate(refs=refs):
            return True if _all_in(AlertState.FIRING, snapshot, refs) else None  # whoever was told may have taken it at once
        case Reassign(refs=refs, names=names):
            found = [alert.assignees for alert in _of(snapshot, refs)]
            return all(set(names) <= set(each) for each in found) if found and names else None
        case Maintain(ends_at=ends, names=names):
            if snapshot.maintenances is None:
                return None
            return any(
                each.ref.id == result or (set(names) == set(each.services) and abs(each.ends_at - ends) < _SAME_END)
                for each in snapshot.maintenances
            )
        case EndMaintenance(ref=ref):
            return not any(each.ref == ref and each.ends_at > snapshot.asked_at for each in snapshot.maintenances or ())
        case RunPlay():
            return None  # what it does is its own affair


def _ids(refs: Iterable[Ref]) -> list[str]:
    return [ref.id for ref in refs]


def _of(snapshot: Snapshot, refs: Iterable[Ref]) -> list[Alert]:
    wanted = set(refs)
    return [alert for alert in snapshot.alerts or () if alert.ref in wanted]


def _all_in(state: AlertState, snapshot: Snapshot, refs: Iterable[Ref]) -> bool | None:
    """Whether those that are still there are in this state; ``None`` where one is in another that may be as good."""
    states = {alert.state for alert in _of(snapshot, refs)}
    if AlertState.FIRING in states and state is not AlertState.FIRING:
        return False
    return True if states == {state} else None
