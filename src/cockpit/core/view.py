"""``view = project(snapshots, runs, health)``: the one pure function that combines what sources say and what people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from .actions import Ack, AddNote, Arm, Disarm, EndSilence, MakeSilence, Run, RunState, Start, Unack
from .alerts import Alert, AlertState, Ref, Severity, Silence
from .covers import Standing
from .filters import Filter, FilterError, parse
from .roster import OnCall
from .runbooks import Runbook
from .sources import Health, Snapshot, SourceHealth
from .traps import TrapState, TrapView, Watch, view_of
from .units import say_seconds

UNCERTAIN_SHOWN = timedelta(minutes=15)
"""How long an action whose outcome is unknown stays written on its alert; the list of runs keeps it for good."""


class Row(msgspec.Struct, frozen=True):
    """An alert with what is expected of it: ``pending`` is the verb under way ("ack…", "ack: outcome unknown"), "" if none;
    ``running`` is the runbook under way on it ("restart…", "restart: outcome unknown"), which hinders no verb.

    The alert's ``state`` is already the expected one while an action is pending. ``stale`` means that its source does not
    see any more and this is the last that was known.
    """

    alert: Alert
    pending: str = ""
    stale: bool = False
    running: str = ""


class JournalHealth(msgspec.Struct, frozen=True):
    """Whether what happens is being written down. ``problem`` is for the person; "" = fine."""

    problem: str = ""

    @property
    def writes(self) -> bool:
        """Whether runs that change the world are allowed."""
        return not self.problem


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that a screen or a listing draws. ``alerts`` are sorted worst and newest first; ``now`` is UTC."""

    now: datetime
    alerts: tuple[Row, ...] = ()
    silences: tuple[Silence, ...] = ()
    traps: tuple[TrapView, ...] = ()
    rosters: tuple[OnCall, ...] = ()
    overrides: tuple[Standing, ...] = ()
    runbooks: tuple[Runbook, ...] = ()
    runs: tuple[Run, ...] = ()
    sources: tuple[SourceHealth, ...] = ()
    journal: JournalHealth = JournalHealth()
    keeper: str = ""
    me: tuple[str, ...] = ()
    read_only: bool = False
    remarks: tuple[str, ...] = ()

    @property
    def blind(self) -> tuple[SourceHealth, ...]:
        """The sources whose silence says nothing; empty means that silence is good news."""
        return tuple(s for s in self.sources if not s.health.sees)

    @property
    def cannot_see(self) -> tuple[str, ...]:
        """What cannot be seen now, in words: ``icinga blind 3 m``, ``2 traps blind``. Empty means "all clear" may be said."""
        words = [f"{s.source} {s.health.value}" + (f" {say_seconds(s.age.total_seconds())}" if s.age else "") for s in self.blind]
        dark = [view for view in self.traps if view.state is TrapState.BLIND]
        fresh = sum(view.watch.checked_at is None for view in dark)
        for count, word in ((len(dark) - fresh, "blind"), (fresh, "not looked at yet")):
            words += [f"{count} trap{'s' * (count > 1)} {word}"] if count else []
        return tuple(words)

    @property
    def unwatched(self) -> str:
        """Why nothing is watched, though all is seen: this machine is the only source, and it has no traps, or all of them rest.
        "" where something watches."""
        others = any(each.provider != "local" for each in self.sources)
        if others or any(each.state is not TrapState.DISARMED for each in self.traps):
            return ""
        many = len(self.traps)
        return (f"{many} traps rest" if many > 1 else "the only trap rests") if many else "there are no traps"

    def alert(self, ref: Ref) -> Row | None:
        """The row of one alert."""
        return next((row for row in self.alerts if row.alert.ref == ref), None)


def project(
    snapshots: Mapping[str, Snapshot],
    runs: Sequence[Run],
    health: Sequence[SourceHealth],
    *,
    now: datetime,
    runbooks: Sequence[Runbook] = (),
    journal: JournalHealth = JournalHealth(),
    keeper: str = "",
    me: tuple[str, ...] = (),
    read_only: bool = False,
    remarks: tuple[str, ...] = (),
) -> View:
    """Combine facts and runs.

    A run in ``PENDING`` or ``ACCEPTED`` shows its expected state; ``UNCERTAIN`` shows the facts, and the word. A failed one
    leaves the facts as they are. Rows of sources that do not see stay, marked stale; their traps are blind.
    """
    sees = {s.source: s.health not in (Health.BLIND, Health.PARKED) for s in health}
    hopes = _Hopes(runs, now)
    told = [snapshots[s.source] for s in health if s.source in snapshots]
    rows = [hopes.row(alert, now, me, not sees[said.source]) for said in told for alert in said.alerts or ()]
    rows.sort(key=_rank)
    return View(
        now=now,
        alerts=tuple(rows),
        silences=tuple(silence for said in told for silence in said.silences or () if silence.ends_at > now),
        traps=tuple(hopes.trap(view, now, sees[said.source]) for said in told for view in said.traps or ()),
        rosters=tuple(roster for said in told for roster in said.rosters or ()),
        overrides=tuple(each for said in told for each in said.overrides or () if each.end > now),
        runbooks=tuple(runbooks),
        runs=tuple(runs),
        sources=tuple(health),
        journal=journal,
        keeper=keeper,
        me=me,
        read_only=read_only,
        remarks=remarks + tuple(f"{said.source}: {remark}" for said in told for remark in said.remarks),
    )


def blinded(view: View, why: str) -> View:
    """The view as it must be read when nobody makes a newer one: every source blind for the reason ``why``, every alert the last
    that was known, every trap blind."""
    dark = {"state": TrapState.BLIND, "says": f"blind: {why}"}
    return msgspec.structs.replace(
        view,
        alerts=tuple(msgspec.structs.replace(row, stale=True) for row in view.alerts),
        traps=tuple(msgspec.structs.replace(each, **dark) for each in view.traps),
        sources=tuple(msgspec.structs.replace(each, health=Health.BLIND, reason=why, answers=False) for each in view.sources),
    )


_STATE_RANK = {AlertState.FIRING: 0, AlertState.ACKNOWLEDGED: 1, AlertState.SUPPRESSED: 2, AlertState.RESOLVED: 3}
# unknown is drawn above what is known to be mild: nobody has said that it is harmless
_SEVERITY_RANK = {Severity.CRITICAL: 0, Severity.ERROR: 1, Severity.UNKNOWN: 2, Severity.WARNING: 3, Severity.INFO: 4}


def _rank(row: Row) -> tuple[int, int, float, Ref]:
    alert = row.alert
    newest_first = -alert.started_at.timestamp() if alert.started_at is not None else 0.0
    return _STATE_RANK[alert.state], _SEVERITY_RANK[alert.severity], newest_first, alert.ref


def _under_way(run: Run) -> str:
    return f"{run.what}: outcome unknown" if run.state is RunState.UNCERTAIN else f"{run.what}…"


class _Hopes:
    """What the runs that have no seen result yet lead us to expect, by what they are about."""

    def __init__(self, runs: Iterable[Run], now: datetime) -> None:
        self.alerts: dict[Ref, Run] = {}
        self.running: dict[Ref, Run] = {}
        self.traps: dict[Ref, Run] = {}
        self.silences: list[tuple[Run, MakeSilence, Filter]] = []
        for run in sorted(runs, key=lambda each: each.at):
            if run.state.settled and not (run.state is RunState.UNCERTAIN and now - run.at < UNCERTAIN_SHOWN):
                self._forget(run)
                continue
            match run.action:
                case Ack(refs=refs) | Unack(refs=refs):
                    self.alerts.update(dict.fromkeys(refs, run))
                case AddNote(ref=ref):
                    self.alerts[ref] = run
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
            case Ack(refs=refs) | Unack(refs=refs):
                for ref in refs:
                    self.alerts.pop(ref, None)
            case Start(alert=Ref() as ref):
                self.running.pop(ref, None)
            case _:
                pass

    def row(self, alert: Alert, now: datetime, me: tuple[str, ...], stale: bool) -> Row:
        book = self.running.get(alert.ref)
        running = _under_way(book) if book is not None else ""
        run = self.alerts.get(alert.ref)
        if run is None:
            for each, silence, rule in self.silences:
                if silence.source == alert.ref.source and rule.matches(alert, now, me):
                    return Row(msgspec.structs.replace(alert, state=AlertState.SUPPRESSED), f"{each.what}…", stale, running)
            return Row(alert, "", stale, running)
        if run.state is RunState.UNCERTAIN:
            return Row(alert, _under_way(run), stale, running)
        if isinstance(run.action, Ack):
            alert = msgspec.structs.replace(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=run.who)
        elif isinstance(run.action, Unack):
            alert = msgspec.structs.replace(alert, state=AlertState.FIRING, acknowledged_by="", acknowledged_at=None)
        return Row(alert, _under_way(run), stale, running)

    def trap(self, view: TrapView, now: datetime, sees: bool) -> TrapView:
        if not sees:
            return msgspec.structs.replace(view, state=TrapState.BLIND, says=f"blind: {view.source} does not answer")
        run = self.traps.get(Ref(view.source, view.trap.name))
        watch: Watch = view.watch
        if run is not None and run.state is not RunState.UNCERTAIN:
            if isinstance(run.action, Disarm):
                watch = msgspec.structs.replace(watch, rest_until=run.action.until, rest_by=run.who, rest_why=run.action.why)
            else:
                watch = msgspec.structs.replace(watch, rest_until=None)
        return view_of(view.source, view.trap, watch, now)
