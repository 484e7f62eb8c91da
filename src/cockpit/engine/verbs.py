"""What each action is at a provider: which source does it, with which call, and how its effect is recognised in a snapshot."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeAlias

import msgspec

from ..core.actions import (
    Ack,
    Action,
    AddNote,
    Approve,
    Arm,
    Cancel,
    ChangeIncident,
    Disarm,
    DrillTrap,
    EndOverride,
    EndSilence,
    MakeOverride,
    MakeSilence,
    PagePeople,
    Reply,
    Start,
    StartMany,
    Unack,
)
from ..core.alerts import AlertState, Ref, Silence, SilenceState
from ..core.responses import EndMaintenance, Escalate, Maintain, Merge, Reassign, Resolve, Response, RunPlay, Snooze
from ..core.sources import Snapshot
from ..core.view import View
from . import responses

Plain: TypeAlias = MakeSilence | EndSilence | AddNote | Disarm | Arm | MakeOverride | EndOverride
Verb: TypeAlias = Ack | Unack | Plain | Response
"""The actions that a provider carries out."""

_WORDS: dict[type, str] = {
    Ack: "ack",
    Unack: "unack",
    MakeSilence: "silence",
    EndSilence: "unsilence",
    AddNote: "note",
    Disarm: "disarm",
    Arm: "arm",
    MakeOverride: "override",
    EndOverride: "end override",
    **responses.WORDS,
}
_SAME_END = timedelta(seconds=2)  # sources round the end of a silence to their own grain
_NAMED = 3  # so many alerts are named in a run's target, the rest counted


def word(action: Verb) -> str:
    """The run's ``what``."""
    return _WORDS[type(action)]


def by_source(action: Verb) -> tuple[tuple[str, Verb], ...]:
    """The action as one part for each source that it concerns, in the order in which they are first named."""
    if not isinstance(action, (Ack, Unack, Resolve, Snooze, Escalate, Reassign)):
        return ((_source(action), action),)
    refs: dict[str, list[Ref]] = {}
    for ref in dict.fromkeys(action.refs):
        refs.setdefault(ref.source, []).append(ref)
    return tuple((source, msgspec.structs.replace(action, refs=tuple(each))) for source, each in refs.items())


def alike_together(action: Ack | Unack, view: View) -> Ack | Unack:
    """The action with alerts of one name beside each other: a source that is told in parts can say more in each."""

    def name(ref: Ref) -> tuple[str, Ref]:
        row = view.alert(ref)
        return row.alert.name if row is not None else "", ref

    return msgspec.structs.replace(action, refs=tuple(sorted(action.refs, key=name)))


def _source(action: Plain | Merge | RunPlay | Maintain | EndMaintenance) -> str:
    match action:
        case Merge() | RunPlay() | Maintain() | EndMaintenance():
            return responses.source_of(action)
        case MakeSilence(source=source):
            return source
        case EndSilence(ref=ref) | AddNote(ref=ref) | EndOverride(ref=ref) | MakeOverride(roster=ref):
            return ref.source
        case Disarm(trap=trap) | Arm(trap=trap):
            return trap.source


def call(action: Verb, who: str) -> Callable[[Any], Awaitable[object]]:
    """The provider's method with its arguments; the one parameter is the provider."""
    match action:
        case Ack(refs=refs, note=note):
            return lambda at: at.ack([ref.id for ref in refs], who, note)
        case Unack(refs=refs):
            return lambda at: at.unack([ref.id for ref in refs], who)
        case MakeSilence(match=rule, ends_at=ends_at, comment=comment, replaces=old, until_resolved=lasting) if old:
            return lambda at: at.edit_silence(old, rule, None if lasting else ends_at, who, comment)
        case MakeSilence(match=rule, comment=comment, until_resolved=True):
            return lambda at: at.silence_until_resolved(rule, who, comment)
        case MakeSilence(match=rule, ends_at=ends_at, comment=comment):
            return lambda at: at.silence(rule, ends_at, who, comment)
        case EndSilence(ref=ref):
            return lambda at: at.unsilence(ref.id, who)
        case AddNote(ref=ref, text=text):
            return lambda at: at.note(ref.id, who, text)
        case Disarm(trap=trap, until=until, why=why):
            return lambda at: at.disarm(trap.id, until, who, why)
        case Arm(trap=trap):
            return lambda at: at.arm(trap.id, who)
        case MakeOverride(roster=roster, covers=covers, why=why):
            return lambda at: at.override(roster.id, covers, who, why)
        case EndOverride(ref=ref):
            return lambda at: at.end_override(ref.id, who)
        case _:
            return responses.call(action, who)


def target(action: Verb, view: View) -> str:
    """On what, for people: alerts by name and place, traps by name, silences by what they match."""
    match action:
        case Ack(refs=refs) | Unack(refs=refs):
            return _named_alerts(refs, view)
        case MakeSilence(match=rule):
            return rule
        case EndSilence(ref=ref):
            return next((silence.match for silence in view.silences if silence.ref == ref), ref.id)
        case AddNote(ref=ref):
            return named_alert(ref, view)
        case Disarm(trap=trap) | Arm(trap=trap):
            return trap.id
        case MakeOverride(roster=roster, covers=covers):
            return f"{roster.id}: {', '.join(dict.fromkeys(cover.person for cover in covers))}"
        case EndOverride(ref=ref):
            return next((f"{each.roster}: {each.name}" for each in view.overrides if each.ref == ref), ref.id)
        case EndMaintenance(ref=ref):
            return next((", ".join(each.services) for each in view.maintenances if each.ref == ref), ref.id)
        case _:
            return responses.target(action, lambda refs: _named_alerts(refs, view))


def _named_alerts(refs: Sequence[Ref], view: View) -> str:
    named = [named_alert(ref, view) for ref in refs[:_NAMED]]
    return ", ".join(named) + (f" and {len(refs) - _NAMED} more" if len(refs) > _NAMED else "")


def named_alert(ref: Ref, view: View) -> str:
    """An alert's name and place; its id if it is not known any more."""
    row = view.alert(ref)
    if row is None:
        return ref.id
    return row.alert.name if row.alert.where in ("", row.alert.name) else f"{row.alert.name} · {row.alert.where}"


def exclusive(action: Action, source: str) -> str:
    """The key under which no second run of the same may be under way, in this process or another (safety 25)."""
    match action:
        case Ack(refs=refs) | Unack(refs=refs):
            return f"{source}:{type(action).__name__.lower()}:" + ",".join(sorted(ref.id for ref in refs))
        case MakeSilence(match=rule):
            return f"{source}:silence:{rule}"
        case EndSilence(ref=ref):
            return f"{source}:unsilence:{ref.id}"
        case Disarm(trap=trap) | Arm(trap=trap):
            return f"{source}:rest:{trap.id}"
        case MakeOverride(roster=roster, covers=covers):
            return f"{source}:override:{roster.id}:" + ",".join(
                f"{c.person}@{c.start:%Y%m%dT%H%M%S}-{c.end:%Y%m%dT%H%M%S}" for c in covers
            )
        case EndOverride(ref=ref):
            return f"{source}:end-override:{ref.id}"
        case Start() | StartMany() | Cancel() | Reply() | Approve() | AddNote() | PagePeople() | ChangeIncident() | DrillTrap():
            return ""
        case _:
            return responses.exclusive(action, source)


def _is_made(silence: Silence, action: MakeSilence, result: object) -> bool:
    if silence.state is SilenceState.EXPIRED:
        return False
    if silence.ref.id == result:
        return True
    ends = silence.until_resolved if action.until_resolved else abs(silence.ends_at - action.ends_at) < _SAME_END
    return silence.match == action.match and ends


def shows(action: Action, result: object, snapshot: Snapshot) -> bool | None:
    """Whether a snapshot shows the effect. ``result`` is what the provider's method gave. ``None``: it can say nothing about it,
    because this source has no such facts, or what it was about is gone."""
    match action:
        case Ack(refs=refs) | Unack(refs=refs):
            wanted, held = set(refs), isinstance(action, Ack)
            states = [alert.state for alert in snapshot.alerts or () if alert.ref in wanted]
            undone = AlertState.FIRING if held else AlertState.ACKNOWLEDGED
            return undone not in states if states else None
        case MakeSilence():
            if snapshot.silences is None:
                return None
            return any(_is_made(each, action, result) for each in snapshot.silences)
        case EndSilence(ref=ref):
            stand = (each for each in snapshot.silences or () if each.state is not SilenceState.EXPIRED)
            return not any(each.ref == ref and each.ends_at > snapshot.asked_at for each in stand)
        case Disarm(trap=trap) | Arm(trap=trap):
            resting = [each.watch.rest_until is not None for each in snapshot.traps or () if each.trap.name == trap.id]
            return resting[0] is isinstance(action, Disarm) if resting else None
        case MakeOverride(covers=covers):
            if snapshot.overrides is None:
                return None
            made = set(result) if isinstance(result, (tuple, list)) else set[object]()
            there = {each.ref.id for each in snapshot.overrides}
            spans = {(each.person, each.start, each.end) for each in snapshot.overrides}
            return made <= there if made else all((each.person, each.start, each.end) in spans for each in covers)
        case EndOverride(ref=ref):
            return not any(each.ref == ref and each.end > snapshot.asked_at for each in snapshot.overrides or ())
        case AddNote() | Start() | StartMany() | Cancel() | Reply() | Approve() | PagePeople() | ChangeIncident() | DrillTrap():
            return None  # a note is not part of what every source gives back
        case _:
            return responses.shows(action, result, snapshot)
