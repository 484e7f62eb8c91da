"""What the person has chosen: the alert or trap the panes are about, the runbooks for it, and why a key cannot work on it now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from ..core import actions
from ..core.alerts import Link, Ref
from ..core.groups import Group
from ..core.plans import Plan
from ..core.regex import regex
from ..core.responses import Escalate, Maintain, Reassign, Resolve, Snooze
from ..core.roster import Naming
from ..core.runbooks import Runbook, offered
from ..core.silences import over_all
from ..core.traps import TrapState, TrapView
from ..core.view import Row, View
from ..core.why import READ_ONLY
from ..engine.desk import Desk
from .keys import Key
from .past_words import last_time
from .runbooks import Offer
from .told import ref_of

LONG_AGO = datetime.min.replace(tzinfo=UTC)
"""Before anything here."""
LOOKED_AT = 100
"""So many of the marked alerts say which runbooks are offered; each runbook says itself which of all of them it is for."""
_HOLE = regex(r"\{\{|\}\}|\{(\w+)\}")


class Subject(msgspec.Struct, frozen=True):
    """An alert, with the trap that raised it if one did; or a trap, with the alert it raised if it did; or a group of alerts; or
    nothing."""

    row: Row | None = None
    trap: TrapView | None = None
    group: Group | None = None
    over: bool = False
    """The group is there no more: this is the last that was known of it."""

    @property
    def name(self) -> str:
        """Its name, for people."""
        if self.group is not None:
            return self.group.title
        return self.row.alert.name if self.row is not None else self.trap.trap.name if self.trap is not None else ""

    @property
    def links(self) -> tuple[Link, ...]:
        """Where there is more about it: the alert's addresses, then those that the trap has beside."""
        of_alert = self.row.alert.links if self.row is not None else ()
        return (*of_alert, *(each for each in (self.trap.links if self.trap is not None else ()) if each not in of_alert))

    @property
    def alert(self) -> Ref | None:
        """The alert that runbooks and actions are about."""
        return self.row.alert.ref if self.row is not None else None


def of_row(row: Row | None, view: View) -> Subject:
    """An alert is selected."""
    if row is None:
        return Subject()
    name, source = row.alert.trap, row.alert.ref.source
    trap = next((each for each in view.traps if each.trap.name == name and each.source == source), None) if name else None
    return Subject(row, trap)


def of_trap(trap: TrapView | None, view: View) -> Subject:
    """A trap is selected."""
    if trap is None:
        return Subject()
    return Subject(next(iter(view.alerts.raised(trap.source, trap.trap.name)), None), trap)


def runbooks_for(subject: Subject, view: View) -> tuple[Runbook, ...]:
    """The runbooks that the digits run: those whose ``match`` holds for the alert, then those that its trap names."""
    found = offered(view.runbooks, subject.row.alert) if subject.row is not None else ()
    named = subject.trap.trap.runbooks if subject.trap is not None else ()
    return (*found, *(each for each in view.runbooks if each.name in named and each not in found))


def offers(subject: Subject, view: View, desk: Desk, now: datetime, called: Naming = str) -> tuple[Offer, ...]:
    """The same, as the pane shows them at ``now``. People are ``called`` so."""
    past = desk.past(subject.row.alert) if subject.row is not None else ()
    found = (offer(runbook, subject.alert, desk) for runbook in runbooks_for(subject, view))
    return tuple(msgspec.structs.replace(each, last=last_time(past, each.runbook.name, now, called)) for each in found)


def offers_for(refs: Sequence[Ref], view: View, desk: Desk, now: datetime, called: Naming = str) -> tuple[Offer, ...]:
    """The runbooks for any of several alerts, those first that are for most of them."""
    rows = [row for ref in refs[:LOOKED_AT] if (row := view.alert(ref)) is not None]
    if len(rows) == 1:
        return offers(of_row(rows[0], view), view, desk, now, called)
    fits = Counter[str]()
    first: dict[str, tuple[Runbook, Ref]] = {}
    for row in rows:
        for book in runbooks_for(of_row(row, view), view):
            fits[book.name] += 1
            first.setdefault(book.name, (book, row.alert.ref))
    found = []
    for name in sorted(fits, key=lambda each: -fits[each]):
        book, ref = first[name]
        title = _filled(book.title, {})
        many = (f"for {fits[name]} of {len(rows)} marked", f"{fits[name]}/{len(rows)}")
        found.append(msgspec.structs.replace(offer(book, ref, desk), title=title, last=many))
    return tuple(found)


def offer(runbook: Runbook, alert: Ref | None, desk: Desk) -> Offer:
    """One runbook as it stands for an alert now. Missing values are asked for when it is run: they are no reason against it; nor is
    that it has no steps: it is there to be read."""
    plan = desk.plan(runbook.name, alert, {})
    if not runbook.steps:
        return Offer(runbook, titled(runbook.title, plan))
    why_not = desk.why_not(actions.Start(runbook.name, plan.values, alert)) or ("" if plan.missing else plan.refused)
    return Offer(runbook, titled(runbook.title, plan), why_not)


def titled(title: str, plan: Plan) -> str:
    """A runbook's title with the plan's values in their places, ``…`` where one is not known (yet); each is put in once and not
    looked into."""
    return _filled(title, plan.values)


def _filled(title: str, values: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: values.get(hole[1], "…") if hole[1] else hole[0][0], title)


def reasons(
    table: Sequence[Key],
    desk: Desk,
    view: View,
    alerts: Sequence[Ref],
    traps: Sequence[Ref],
    offered_now: Sequence[Offer],
    about: Subject,
    undo: Sequence[Ref] = (),
) -> Mapping[str, str]:
    """Why keys cannot work now, by key id; one that is not in it can. ``alerts`` and ``traps`` are what an action would be for,
    ``undo`` what taking an acknowledgement back would (the same, if empty)."""
    every = {
        key.id: _reason(key.id, desk, view, (undo or alerts) if key.id == "unack" else alerts, traps, offered_now, about)
        for key in table
    }
    return {id: reason for id, reason in every.items() if reason}


def _reason(
    id: str, desk: Desk, view: View, alerts: Sequence[Ref], traps: Sequence[Ref], offered_now: Sequence[Offer], about: Subject
) -> str | None:
    soon = view.now + timedelta(hours=1)
    if id in ("open", "mark") and not (alerts or traps):
        return "nothing is selected"
    if id in ("ack", "unack", "silence", "note", "copy", "resolve", "snooze", "lay-trap") and not alerts:
        return "there is no alert under the cursor"
    if id in ("disarm", "drill") and not traps:
        return "there is no trap under the cursor"
    match id:
        case "ack":
            return desk.why_not(actions.Ack(tuple(alerts)))
        case "unack":
            return desk.why_not(actions.Unack(tuple(alerts)))
        case "note":
            return desk.why_not(actions.AddNote(alerts[0], "…"))
        case "silence":
            return None if snoozes(desk, alerts) else desk.why_not(actions.MakeSilence(alerts[0].source, "…", soon, "…"))
        case "escalate":
            return None if alerts and responds(desk, alerts) else desk.why_not(actions.PagePeople)
        case "resolve":
            return desk.why_not(Resolve(tuple(alerts)))
        case "snooze":
            return desk.why_not(Snooze(tuple(alerts), soon))
        case "maintenance":
            return desk.why_not(Maintain)
        case "disarm":
            return _rest(desk, view, traps[0])
        case "drill":
            return desk.why_not(actions.DrillTrap(traps[0]))
        case "lay-trap":
            return READ_ONLY if view.read_only else None
        case "run":
            if not offered_now:
                return "there is no runbook for this: x picks from all"
            return None if any(not each.why_not for each in offered_now) else offered_now[0].why_not
        case "pick-runbook":
            return "no runbooks are configured" if not view.runbooks else desk.why_not(actions.Start)
        case "read":
            where = "they lie in `runbooks` beside the config, or in [repositories]"
            return None if desk.books() else f"there are no Markdown runbooks: {where}"
        case "approve":
            others = any(not each.mine for each in view.petitions)
            return desk.why_not(actions.Approve) if others else "nothing waits for approval"
        case "link":
            return None if about.links else f"{about.name} has no link" if about.name else "there is no alert under the cursor"
    return None


def snoozes(desk: Desk, alerts: Sequence[Ref]) -> bool:
    """Whether these are snoozed where others are silenced: their source has no silences."""
    soon = desk.view.now + timedelta(hours=1)
    if not alerts or desk.why_not(Snooze(tuple(alerts), soon)) is not None:
        return False
    return desk.why_not(actions.MakeSilence(alerts[0].source, "…", soon, "…")) is not None


def responds(desk: Desk, alerts: Sequence[Ref]) -> bool:
    """Whether the source of these knows more than acknowledging."""
    tries = (Escalate(tuple(alerts), 1), Reassign(tuple(alerts), ("…",)), Resolve(tuple(alerts)))
    return any(desk.why_not(each) is None for each in tries)


def _rest(desk: Desk, view: View, ref: Ref) -> str | None:
    trap = next((each for each in view.traps if ref_of(each) == ref), None)
    if trap is not None and trap.state is TrapState.DISARMED:
        return desk.why_not(actions.Arm(ref))
    return desk.why_not(actions.Disarm(ref, view.now + timedelta(hours=1), "…"))


def failed(before: View, after: View, since: datetime = LONG_AGO) -> str:
    """What has failed since ``before`` of what people here asked for, with the reason, or was done but for something that goes with
    it; "" if nothing has. What was asked for before ``since``, when this screen was opened, is no news."""
    over = {run.id for run in before.runs if run.state.settled or run.reason}
    for run in after.runs:
        mine = run.who in after.me and run.at >= max(since, before.now - _RECENT)
        if mine and run.id not in over and _is_loud(run):
            return f"{run.what} {run.target}: {run.reason}" if run.target else f"{run.what} failed: {run.reason}"
    return ""


def waiting(before: View, after: View, owns: Callable[[str], bool] = lambda _: True) -> str:
    """Which run has begun to wait for a person since ``before``, and how one gets to it; "" if none has. ``owns``: whether this
    cockpit began a run; what another's waits for is answered there."""
    known = {(run.id, run.wants.number) for run in before.runs if run.wants is not None}
    fresh = (run for run in after.runs if run.wants is None or (run.id, run.wants.number) not in known)
    return next(filter(None, (waits_for(run, owns) for run in fresh)), "")


def waits_for(run: actions.Run, owns: Callable[[str], bool] = lambda _: True) -> str:
    """That a run waits for a person, and how one gets to it; "" if it does not (any more). ``owns`` as for `waiting`."""
    if run.wants is None or run.state.settled:
        return ""
    where = "R, then enter" if owns(run.id) else "in the cockpit that began it"
    return f"{run.what} waits for you, {run.wants.where}: {where}"


def wanting(before: View, after: View, since: datetime = LONG_AGO) -> actions.AddressWanted | None:
    """What a source has said since ``before`` that it must know of the person, for something that people here asked for, ``since``
    this screen was opened."""
    known = {run.id for run in before.runs if run.address_wanted is not None}
    first = max(since, before.now - _RECENT)
    fresh = (run for run in after.runs if run.address_wanted is not None and run.id not in known and run.at >= first)
    return next((run.address_wanted for run in fresh if run.who in after.me), None)


def _is_loud(run: actions.Run) -> bool:
    """Whether what became of it is told at once. An uncertain verb is read back first; a page cannot be."""
    match run.action, run.state:
        case ((actions.Start() | actions.StartMany()), _):
            return False
        case actions.PagePeople(), actions.RunState.UNCERTAIN:
            return True
        case actions.PagePeople(), state:
            return state is actions.RunState.FAILED or run.amiss
        case _, actions.RunState.ACCEPTED | actions.RunState.CONFIRMED:
            return bool(run.reason)
        case _, state:
            return state is actions.RunState.FAILED


_RECENT = timedelta(minutes=2)
"""An action that failed longer ago is told in the list of runs alone."""


def words(desk: Desk, alerts: Sequence[Ref]) -> dict[str, str]:
    """The words of the keys that do something else than usual to these, or at their source."""
    found: dict[str, str] = {}
    if snoozes(desk, alerts):
        found["silence"] = "snooze…"
    elif silenced(desk, alerts):
        found["silence"] = "end silence…"
    return {**found, "escalate": "escalate…"} if alerts and responds(desk, alerts) else found


def silenced(desk: Desk, alerts: Sequence[Ref]) -> bool:
    """Whether these are silenced already, so that what silences others ends that; the first `LOOKED_AT` speak for all."""
    rows = (row for ref in alerts[:LOOKED_AT] if (row := desk.view.alert(ref)) is not None)
    return bool(over_all([row.alert for row in rows], desk.view.silences, desk.view.now, desk.view.me))
