"""Why an action cannot be done now: asked once, answered the same in footer, palette, help, toast and on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

from .actions import (
    WRITES,
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
    Run,
    Start,
    StartMany,
    Unack,
)
from .alerts import AlertState, Ref, SilenceState
from .covers import covers_problem
from .permits import barred
from .responses import (
    LONGEST_SNOOZE,
    EndMaintenance,
    Escalate,
    Maintain,
    Merge,
    Reassign,
    Resolve,
    Response,
    RunPlay,
    Snooze,
    ends_problem,
)
from .sources import Health
from .traps import TrapState, rest_problem
from .view import View

ON_ALERTS = (Ack, Unack, Resolve, Snooze, Escalate, Reassign)
"""Actions on several alerts, each for itself."""

OnAlert: TypeAlias = Ack | Unack | Resolve | Snooze | Escalate | Reassign | Merge | RunPlay
"""Actions that an alert may stand in the way of."""

READ_ONLY = "read-only is on: nothing that writes is done"


CHANNEL = "Channel"
"""The capability of a channel, by which people are told; its name stands where a source's stands."""


def why_not(action: Action | type, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    """The reason for the person, or ``None`` if it can be done.

    ``can`` holds (source, capability) pairs such as ``("local", "Acks")``. Given a class, the answer is the general one (read-only,
    no source that could); given an action, it looks at its targets. An action on several alerts can be done if it can for one:
    `narrowed` keeps those.
    """
    kind = action if isinstance(action, type) else type(action)
    if view.read_only and kind in WRITES and kind is not Cancel:  # whoever began something can end it, come what may
        return READ_ONLY
    if isinstance(action, type):
        return _generally(kind, can)
    match action:
        case Ack(refs=refs) | Unack(refs=refs):
            if not refs:
                return "there is no alert under the cursor"
            return _not_all(action, refs, view, can)
        case AddNote(ref=ref, text=text):
            return "the note is empty" if not text.strip() else _gone(ref, view) or _cannot(ref.source, "Notes", view, can)
        case MakeSilence():
            return _not_silenced(action, view, can)
        case EndSilence(ref=ref):
            return _no_silence(ref, view) or _cannot(ref.source, "Silences", view, can)
        case Disarm(trap=trap, until=until, why=why):
            return (
                _no_trap(trap, view, resting=False)
                or rest_problem(view.now, until, why)
                or _cannot(trap.source, "Rests", view, can)
            )
        case Arm(trap=trap):
            return _no_trap(trap, view, resting=True) or _cannot(trap.source, "Rests", view, can)
        case DrillTrap(trap=trap):
            return _no_trap(trap, view, resting=False) or _not_here(trap, view)
        case MakeOverride(roster=roster, covers=covers):
            return covers_problem(covers, view.now) or _cannot(roster.source, "Overrides", view, can)
        case EndOverride(ref=ref):
            return _not_undone(ref, view) or _cannot(ref.source, "Overrides", view, can)
        case PagePeople(text=text, to=to):
            said = "say what it is about: whoever is woken has nothing else" if not text.strip() else "say who is to be told"
            return _generally(PagePeople, can) or (None if text.strip() and to else said)
        case Resolve() | Snooze() | Escalate() | Reassign() | Merge() | RunPlay() | Maintain() | EndMaintenance():
            return _not_answered(action, view, can)
        case Start() | StartMany() | Cancel() | Approve() | Reply():
            return _not_run(action, view)
        case ChangeIncident():
            return None  # the journal judges it, as it stands then


def narrowed(action: Action, view: View, can: frozenset[tuple[str, str]]) -> Action:
    """An action on several alerts, kept to those for which it can be done."""
    if isinstance(action, ON_ALERTS):
        kept = tuple(ref for ref in action.refs if _not_this(action, ref, view, can) is None)
        return msgspec.structs.replace(action, refs=kept)
    return action


_NEEDS: dict[type, str] = {
    Ack: "Acks",
    Unack: "Unacks",
    AddNote: "Notes",
    MakeSilence: "Silences",
    EndSilence: "Silences",
    Disarm: "Rests",
    Arm: "Rests",
    MakeOverride: "Overrides",
    EndOverride: "Overrides",
    Resolve: "Resolves",
    Snooze: "Snoozes",
    Escalate: "Escalates",
    Reassign: "Reassigns",
    Merge: "Merges",
    RunPlay: "Plays",
    Maintain: "Maintains",
    EndMaintenance: "Maintains",
}


_NAMED = {
    "Rests": "way to rest a trap",
    "Unacks": "way to take an acknowledgement back",
    "Resolves": "way to resolve an alert",
    "Snoozes": "way to snooze an alert",
    "Escalates": "escalation policies",
    "Reassigns": "way to give an alert to somebody",
    "Merges": "way to merge alerts",
    "Maintains": "maintenance",
}
"""Capabilities whose own name says nothing to a person."""


def _not_silenced(action: MakeSilence, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    lasting, replaced = action.until_resolved, action.replaces
    if not action.comment.strip():
        return "say why it should be silent: the next person will ask"
    if action.ends_at <= view.now and not lasting:
        return "the end of the silence lies in the past"
    if replaced and all(silence.ref != Ref(action.source, replaced) for silence in view.silences):
        return f"there is no silence {replaced} (any more): make it anew"
    return _cannot(action.source, "Edits" if lasting or replaced else "Silences", view, can)


def _not_run(action: Start | StartMany | Cancel | Approve | Reply, view: View) -> str | None:
    match action:
        case Start():
            return _not_started(action, view)
        case StartMany():
            return _not_begun(action, view)
        case Cancel(run_id=run_id):
            going = any(run.id == run_id and not run.state.settled for run in view.runs)
            return None if going else "that run is not going on any more"
        case Approve():
            return _not_approved(action, view)
        case Reply(run_id=run_id, number=number, value=value):
            wants = next((run.wants for run in view.runs if run.id == run_id), None)
            if wants is None or wants.number != number:
                return "that run does not wait for this any more"
            return wants.unfit(value) or None


def _generally(kind: type, can: frozenset[tuple[str, str]]) -> str | None:
    if kind is PagePeople and not any(capability == CHANNEL for _, capability in can):
        return "nobody can be told from here: no channel is configured ([channels.NAME])"
    needed = _NEEDS.get(kind)
    if needed is None or any(capability == needed for _, capability in can):
        return None
    return f"no source here can {WRITES[kind]}"


def _cannot(source: str, capability: str, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    health = next((each for each in view.sources if each.source == source), None)
    if health is None:
        return f"there is no source {source}"
    if (source, capability) not in can:
        return f"{source} cannot do that: {health.provider} has no {_NAMED.get(capability, capability.lower())}"
    if health.health in (Health.BLIND, Health.PARKED) and not health.answers:
        return f"{source} is {health.health.value}" + (f": {health.reason}" if health.reason else "")
    return None


def _no_silence(ref: Ref, view: View) -> str | None:
    found = next((silence for silence in view.silences if silence.ref == ref), None)
    if found is None:
        return f"there is no silence {ref.id} (any more)"
    return "that silence has ended already" if found.state is SilenceState.EXPIRED else None


def _gone(ref: Ref, view: View) -> str | None:
    return None if view.alert(ref) is not None else f"{ref.id} is not an alert (any more)"


def _not_answered(action: Response, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    match action:
        case Merge(into=into, refs=refs):
            if len({into.source, *(ref.source for ref in refs)}) > 1:
                return "alerts of different sources cannot be merged"
            if not refs or into in refs:
                return "mark the alerts that are to be merged: two or more"
            return next(filter(None, (_not_this(action, ref, view, can) for ref in (into, *refs))), None)
        case RunPlay(alert=ref):
            return _not_this(action, ref, view, can)
        case Maintain(source=source, services=services, starts_at=starts, ends_at=ends, comment=comment):
            problem = "say why: the next person will ask" if not comment.strip() else None
            problem = problem or (None if services else "say which service") or ends_problem(max(view.now, starts), ends)
            return problem or _cannot(source, "Maintains", view, can)
        case EndMaintenance(ref=ref):
            known = any(each.ref == ref for each in view.maintenances)
            return _cannot(ref.source, "Maintains", view, can) if known else f"there is no maintenance {ref.id} (any more)"
        case Reassign(to=()):
            return "say to whom"
        case Snooze(ends_at=ends) if problem := ends_problem(view.now, ends, LONGEST_SNOOZE):
            return problem
        case Resolve(refs=refs) | Snooze(refs=refs) | Escalate(refs=refs) | Reassign(refs=refs):
            if not refs:
                return "there is no alert under the cursor"
            reasons = [_not_this(action, ref, view, can) for ref in refs]
            return None if None in reasons else reasons[0]


def _not_all(action: Ack | Unack, refs: Sequence[Ref], view: View, can: frozenset[tuple[str, str]]) -> str | None:
    """Why it can be done for none of them: of very many, no more are looked at than are needed to know."""
    first = ""
    for ref in refs:
        reason = _not_this(action, ref, view, can)
        if reason is None:
            return None
        first = first or reason
    return first


def _not_this(action: OnAlert, ref: Ref, view: View, can: frozenset[tuple[str, str]]) -> str | None:
    row = view.alert(ref)
    if row is None:
        return f"{ref.id} is not an alert (any more)"
    if row.pending.endswith("…"):
        return f"{row.alert.name}: {row.pending.rstrip('…')} is under way"
    alert = row.alert
    if alert.state is AlertState.RESOLVED:
        return f"{alert.name} is resolved"
    if isinstance(action, Ack) and alert.state is AlertState.ACKNOWLEDGED:
        return f"{alert.name} is acknowledged by {alert.acknowledged_by or 'someone'} already"
    if isinstance(action, Unack) and not alert.acknowledged_by:
        return f"{alert.name} is not acknowledged"
    reason = _cannot(ref.source, _NEEDS[type(action)], view, can)
    if reason is not None and isinstance(action, Unack) and (ref.source, "Escalates") in can:
        return f"{reason}: escalate or reassign it, and it rings again"
    return reason


def _no_trap(trap: Ref, view: View, *, resting: bool) -> str | None:
    found = next((each for each in view.traps if each.source == trap.source and each.trap.name == trap.id), None)
    if found is None:
        return f"there is no trap {trap.id} at {trap.source}"
    if resting and found.state is not TrapState.DISARMED:
        return f"{trap.id} is not disarmed"
    return None


def _not_here(trap: Ref, view: View) -> str | None:
    """Whether a trap could be drilled when its turn comes, `engine.drilling` judges."""
    theirs = any(each.source == trap.source and each.trap.name == trap.id and each.watch.told for each in view.traps)
    return f"{trap.id} is a trap of {trap.source}: only this machine's own can be drilled here" if theirs else None


def _not_undone(ref: Ref, view: View) -> str | None:
    found = next((each for each in view.overrides if each.ref == ref), None)
    return f"there is no override {ref.id} at {ref.source} (any more)" if found is None else found.undone or None


def _not_started(action: Start, view: View) -> str | None:
    runbook = next((each for each in view.runbooks if each.name == action.runbook), None)
    if runbook is None:
        return f"there is no runbook {action.runbook}"
    if action.alert is not None and not action.undoes and view.alert(action.alert) is None:
        return f"{action.alert.id} is not an alert (any more)"
    if action.dry_run:
        return None
    if problem := barred(runbook, view.me, view.rosters):
        return problem
    if runbook.changes is None:
        return None
    if not view.journal.writes:
        return f"what changes the world is blocked while nothing is journalled: {view.journal.problem}"
    other = next((run for run in view.runs if run.action == action and not run.state.settled), None)
    return under_way(other) if other is not None else None


def _not_begun(action: StartMany, view: View) -> str | None:
    """Why what is meant for several cannot be begun: it is for all of them, or for none."""
    if not action.aims:
        return "no target is left"
    other = next((run for run in view.runs if run.action == action and not run.state.settled), None)
    if other is not None:
        return under_way(other)
    found = ((aim.name, _not_started(start, view)) for aim, start in zip(action.aims, action.starts(), strict=True))
    return next((f"{name}: {reason}" for name, reason in found if reason), None)


def _not_approved(action: Approve, view: View) -> str | None:
    asked = next((each for each in view.petitions if each.petition.run == action.run_id), None)
    if asked is None:
        return "nothing waits under that number (any more)"
    if asked.mine:
        return "you asked for it yourself: another user of this machine has to"
    if asked.digest != action.digest:
        return "something else is asked for by now: look again"
    return "say why: whoever asked will want to know" if not action.approved and not action.why.strip() else None


def under_way(other: Run) -> str:
    """Why it is not begun a second time: who did so, and when."""
    return f"{other.what} {other.target}".strip() + f" is under way already: {other.who} began it at {other.at:%H:%M:%S} UTC"
