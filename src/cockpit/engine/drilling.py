"""Drills: whether a trap can be drilled now, who would be told when, beginning one, and what an acknowledgement of it proves."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import LOCAL, Alert, AlertState
from ..core.drills import TAKEN, Drill, Stage, drill_of, stage
from ..core.escalation import due
from ..core.marks import Numbered, local_alerts, trap_of
from ..core.paged import PageState
from ..core.pages import Attempt
from ..core.paging import PageKind
from ..core.traps import Trap, TrapState, Watch, as_laid, seen
from ..provider import Clock, Conflict, NotFound
from .journal import Happened, Journal
from .machine import Here
from .paging import Plan, firing_of
from .tenure import claim


class Call(msgspec.Struct, frozen=True):
    """Who will be told by what, ``after`` so many seconds of the trip. ``who`` is "" where the channel itself knows whom it wakes;
    ``gap`` says why there is nobody."""

    after: float
    who: str
    channel: str
    gap: str = ""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill will do: its moments, who is told (in order), and ``why_nobody`` where no one is."""

    drill: Drill
    calls: tuple[Call, ...]
    why_nobody: str = ""


class Drilling:
    """``keeps`` says whether this very process keeps the traps. Everything here may block on the disk."""

    def __init__(self, here: Here, journal: Journal, clock: Clock, keeps: Callable[[], bool] = lambda: False) -> None:
        self._here, self._journal, self._clock, self._keeps = here, journal, clock, keeps

    def why_not(self, name: str) -> str:
        """Why this trap cannot be drilled now; "" = it can. Raises `NotFound`, and `Unreachable` where nothing is known."""
        trap = self._trap(name)
        return self._nobody_keeps() or why_not(trap, self._here.watches().get(name, Watch()), self._clock.now())

    def route(self, name: str, who: str, *, quiet: bool) -> Route:
        """What a drill that began now would do, by the escalations as configured, with nobody acknowledging it. Raises as
        `why_not`."""
        trap, now = self._trap(name), self._clock.now()
        drill = drill_of(who, now, quiet=quiet)
        watch = msgspec.structs.replace(self._here.watches().get(name, Watch()), drill=drill, tripped_at=None, rest_until=None)
        raised = local_alerts(LOCAL, self._here.host, (trap,), {name: watch}, self._here.marks(), drill.trips_at, self._names())
        alert = next((each.alert for each in raised if each.alert.ref.id != name and each.firing == drill.number), None)
        if quiet:
            return Route(drill=drill, calls=(), why_nobody="--quiet stops before the page")
        if alert is None:
            return Route(drill=drill, calls=(), why_nobody="it would raise no alert")
        if alert.state is AlertState.SUPPRESSED:
            return Route(drill=drill, calls=(), why_nobody=alert.suppressed_by)
        calls = _calls(self._here.plan(), alert, drill)
        return Route(drill=drill, calls=calls, why_nobody="" if calls else "no escalation has a step for it in this time")

    def begin(self, name: str, who: str, *, quiet: bool) -> Drill:
        """Begin one. Whoever keeps the traps pages. Raises `Conflict` where it cannot be, `NotFound`, and `JournalError`."""
        trap, now = self._trap(name), self._clock.now()
        if why := self._nobody_keeps():
            raise Conflict(why)
        drill = drill_of(who, now, quiet=quiet)

        def begun(watch: Watch) -> Watch:
            """Judged where it is written: of two who begin at once one is told."""
            if why := why_not(trap, watch, now):
                raise Conflict(why)
            return msgspec.structs.replace(as_laid(trap, watch), drill=drill, drills=watch.drills + 1)

        data = {"trips_at": drill.trips_at.isoformat(), "until": drill.until.isoformat(), "quiet": quiet}
        happened = Happened(at=now, kind="trap.drilled", who=who, source=LOCAL, subject=name, data=data)
        self._journal.change_watch(name, begun, happened)
        return drill

    def _trap(self, name: str) -> Trap:
        trap = self._here.config.traps.get(name)
        if trap is None:
            raise NotFound(f"there is no trap {name!r}")
        return trap

    def _names(self) -> tuple[str, ...]:
        me = self._here.me
        return (me.id, me.name, *me.also)

    def _nobody_keeps(self) -> str:
        if self._keeps():
            return ""
        pid = os.getpid()
        if not claim(self._journal, pid, self._clock).ours:
            return ""
        self._journal.drop_lease(pid)
        return "nobody keeps the traps of this machine, and nobody would be paged: start a cockpit or `cockpit watch` first"


def why_not(trap: Trap, watch: Watch, now: datetime) -> str:
    """Why a trap of which this is known cannot be drilled at ``now``; "" = it can."""
    watch = seen(trap, watch, now)
    if watch.tripped_at is not None:
        return f"{trap.name} has really tripped: see to that (`cockpit alerts trap={trap.name}`); it is no drill"
    if watch.rest_until is not None:
        return f"{trap.name} is disarmed: `cockpit trap arm {trap.name}` ends its rest"
    if watch.state is TrapState.BLIND:
        return f"{trap.name} cannot see ({watch.reason}): mend that first, for a drill would prove nothing"
    if watch.drill is not None and stage(watch.drill, None, now) is not Stage.NONE:
        return f"{watch.drill.who} drills {trap.name} already, until {watch.drill.until:%H:%M:%S} UTC"
    return ""


def _calls(plan: Plan, alert: Alert, drill: Drill) -> tuple[Call, ...]:
    """By the very rules that page: as if each page were sent at once, and nobody acknowledged."""
    policy = plan.policy_for(alert, drill.trips_at)
    if policy is None:
        return ()
    firing, reach = firing_of(alert, drill.number), plan.reach(alert.ref.id)
    now, sent, calls = drill.trips_at, list[Attempt](), list[Call]()
    while now < drill.until:
        told = due(policy, firing, sent, now, reach, lasting=plan.lasting)
        for each in told.begin:
            done = each if each.state is PageState.FAILED else msgspec.structs.replace(each, state=PageState.SENT, settled_at=now)
            sent.append(done)
            gap = each.why if each.state is PageState.FAILED else ""
            calls.append(Call((now - drill.trips_at).total_seconds(), plan.called(each.person), each.channel, gap))
        if told.begin:
            continue
        if told.again_at is None:
            break
        now = max(told.again_at, now + timedelta(seconds=1))
    return tuple(calls)


def taken(journal: Journal, plan: Plan, alerts: Sequence[Numbered], alert_id: str, who: str, at: datetime) -> None:
    """Somebody acknowledged a drill: it is over in a moment. It proves the trap if whoever had to be paged was. Raises
    `JournalError`."""
    found = next((each for each in alerts if each.alert.ref.id == alert_id), None)
    if found is None:
        return
    pages = [each for each in journal.pages()[0] if (each.alert, each.firing) == (alert_id, found.firing)]
    sent = sum(each.state is PageState.SENT and each.kind is PageKind.TRIGGER for each in pages)
    quiet = found.alert.labels.get("drill") == "quiet"
    proven = not quiet and (sent > 0 or plan.policy_for(found.alert, at) is None)

    def acked(watch: Watch) -> Watch:
        drill = watch.drill
        if drill is None or drill.number != found.firing:
            return watch
        drill = msgspec.structs.replace(drill, until=min(drill.until, at + TAKEN), taken=True)
        return msgspec.structs.replace(watch, drill=drill, proven_at=at if proven else watch.proven_at)

    data = {"proven": proven, "pages": sent}
    happened = Happened(at=at, kind="trap.drill_acked", who=who, source=LOCAL, subject=trap_of(alert_id), data=data)
    journal.change_watch(trap_of(alert_id), acked, happened)
