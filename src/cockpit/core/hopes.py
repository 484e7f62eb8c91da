"""What the runs that no snapshot has shown yet lead us to expect of alerts and traps."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from .actions import Ack, AddNote, Arm, Disarm, EndSilence, MakeSilence, Run, RunState, Start, Unack
from .alerts import Alert, AlertState, Ref
from .filters import Aged, Filter, FilterError, parse
from .responses import Escalate, Merge, Reassign, Resolve, RunPlay, Snooze
from .rows import FRESH, STALE, Outlook, Row
from .traps import TrapState, TrapView, Watch, view_of

UNCERTAIN_SHOWN = timedelta(minutes=15)
"""How long an action whose outcome is unknown stays written on its alert; the list of runs keeps it for good."""


def _under_way(run: Run) -> str:
    return f"{run.what}: outcome unknown" if run.state is RunState.UNCERTAIN else f"{run.what}…"


_FREE = {"state": AlertState.FIRING, "acknowledged_by": "", "acknowledged_at": None, "suppressed_by": "", "suppressed_until": None}


def _expected(run: Run) -> dict[str, object]:
    """What an alert will be once what is under way on it shows."""
    match run.action:
        case Ack():
            return {"state": AlertState.ACKNOWLEDGED, "acknowledged_by": run.who}
        case Resolve() | Merge():
            return {"state": AlertState.RESOLVED}
        case Snooze(ends_at=ends):
            return {"state": AlertState.SUPPRESSED, "suppressed_by": "snoozed", "suppressed_until": ends}
        case Reassign(names=names) if names:
            return {**_FREE, "assignees": names}
        case Unack() | Escalate() | Reassign():
            return _FREE
    return {}


def _expects(run: Run | None) -> object:
    """What makes the row of an alert differ: not how far a run has come that is for many."""
    return (run.id, run.state) if run is not None else None


class Hopes:
    """What the runs that have no seen result yet lead us to expect, by what they are about."""

    def __init__(self, runs: Iterable[Run], now: datetime) -> None:
        self.alerts: dict[Ref, Run] = {}
        self.running: dict[Ref, Run] = {}
        self.traps: dict[Ref, Run] = {}
        self.silences: list[tuple[Run, MakeSilence, Filter]] = []
        for run in sorted(runs, key=lambda each: (each.at, not each.state.settled)):
            if run.state.settled and not (run.state is RunState.UNCERTAIN and now - run.at < UNCERTAIN_SHOWN):
                self._forget(run)
                continue
            match run.action:
                case Ack(refs=refs) | Unack(refs=refs):
                    self.alerts.update(dict.fromkeys(refs, run))
                case Resolve(refs=refs) | Snooze(refs=refs) | Escalate(refs=refs) | Reassign(refs=refs) | Merge(refs=refs):
                    self.alerts.update(dict.fromkeys(refs, run))
                case AddNote(ref=ref):
                    self.alerts[ref] = run
                case RunPlay(alert=ref):
                    self.running[ref] = run
                case Start(alert=Ref() as ref):
                    self.running[ref] = run
                case Disarm(trap=ref) | Arm(trap=ref):
                    self.traps[ref] = run
                case MakeSilence() as silence if run.state is not RunState.UNCERTAIN:
                    try:
                        self.silences.append((run, silence, parse(silence.match)))
                    except FilterError:
                        continue  # the provider will refuse it with the reason; nothing is expected of it
                case EndSilence() | _:
                    pass

    def _forget(self, run: Run) -> None:
        """What has ended since answers for what was uncertain before it."""
        match run.action:
            case Ack(refs=refs) | Unack(refs=refs) | Resolve(refs=refs) | Snooze(refs=refs) | Escalate(refs=refs):
                self._drop(refs)
            case Reassign(refs=refs) | Merge(refs=refs):
                self._drop(refs)
            case Start(alert=Ref() as ref) | RunPlay(alert=ref):
                self.running.pop(ref, None)
            case _:
                pass

    def _drop(self, refs: Iterable[Ref]) -> None:
        for ref in refs:
            self.alerts.pop(ref, None)

    def unlike(self, other: Hopes) -> frozenset[Ref]:
        """The alerts of which something else was expected by ``other``; silences are not looked at."""
        tables = ((self.alerts, other.alerts), (self.running, other.running))
        return frozenset(ref for one, two in tables for ref in {**one, **two} if _expects(one.get(ref)) != _expects(two.get(ref)))

    def sweeping(self) -> frozenset[str]:
        """The sources at which something is expected of every alert that a silence would hush."""
        return frozenset(silence.source for _, silence, _ in self.silences)

    def hushes_like(self, other: Hopes) -> bool:
        """Whether the same silences were expected by ``other``, none of which depends on how old an alert is."""
        one, two = ([(run.what, silence.source, rule) for run, silence, rule in each.silences] for each in (self, other))
        return one == two and not any(isinstance(term, Aged) for _, _, rule in one for term in rule.terms)

    def row(self, alert: Alert, now: datetime, me: tuple[str, ...], stale: bool) -> Row:
        """The row of an alert; ``stale``: its source does not see."""
        book = self.running.get(alert.ref)
        running = _under_way(book) if book is not None else ""
        run = self.alerts.get(alert.ref)
        if run is None:
            for each, silence, rule in self.silences:
                if silence.source == alert.ref.source and rule.matches(alert, now, me):
                    hushed = msgspec.structs.replace(alert, state=AlertState.SUPPRESSED)
                    return Row(hushed, Outlook(f"{each.what}…", stale, running))
            return Row(alert, Outlook("", stale, running) if running else STALE if stale else FRESH)
        changes = _expected(run) if run.state is not RunState.UNCERTAIN else {}
        expected = msgspec.structs.replace(alert, **changes) if changes else alert
        return Row(expected, Outlook(_under_way(run), stale, running))

    def trap(self, view: TrapView, now: datetime, sees: bool, asked: datetime | None = None) -> TrapView:
        """A trap as expected; ``sees``: its source does, which was ``asked`` then."""
        if not sees:
            return msgspec.structs.replace(view, state=TrapState.BLIND, says=f"blind: {view.source} does not answer")
        run = self.traps.get(Ref(view.source, view.trap.name))
        watch: Watch = view.watch
        if run is not None and run.state is not RunState.UNCERTAIN:
            if isinstance(run.action, Disarm):
                watch = msgspec.structs.replace(watch, rest_until=run.action.until, rest_by=run.who, rest_why=run.action.why)
            else:
                watch = msgspec.structs.replace(watch, rest_until=None)
        return view_of(view.source, view.trap, watch, now, view.links, asked)
