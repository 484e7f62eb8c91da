"""A desk without an engine: it shows the view it is given, and remembers what was asked."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from cockpit.core.action_items import next_id as next_item
from cockpit.core.actions import Action, ChangeIncident, Run, RunState
from cockpit.core.aftermath import Past
from cockpit.core.alerts import Alert, Ref
from cockpit.core.arming import Proposals
from cockpit.core.books import Book
from cockpit.core.curves import Curve
from cockpit.core.drills import drill_of
from cockpit.core.filters import parse
from cockpit.core.handover import Brief, Handed, Note, Shown, brief
from cockpit.core.incident_refusals import refusal
from cockpit.core.incident_timeline import Noted, timeline
from cockpit.core.incidents import Change, Incident, Step, fold, next_id
from cockpit.core.margins import Margin, Tick
from cockpit.core.plans import Plan, plan
from cockpit.core.questions import Answered, Question
from cockpit.core.roster import Person
from cockpit.core.schedule import Schedule
from cockpit.core.traps import TrapView
from cockpit.core.view import View
from cockpit.core.why import why_not
from cockpit.engine.desk import After, Followed, Output, Refused, Rehearsed, Session, Told, Tried, unheard
from cockpit.engine.drilling import Call, Route
from cockpit.engine.reporting import Reported
from cockpit.provider import NotFound

from .reports import quiet_weeks
from .rota import laid
from .scene import NOW

_CAPABILITIES = (
    "Alerts", "Acks", "Unacks", "Silences", "Edits", "Notes", "Rosters", "Shifts", "Overrides", "Traps", "Rests", "Channel",
)  # fmt: skip


class StillClock:
    """A clock that stands until it is turned."""

    def __init__(self, now: datetime = NOW) -> None:
        self._now, self._mono = now, 1000.0

    def turn(self, seconds: float) -> None:
        """Let time pass."""
        self._now += timedelta(seconds=seconds)
        self._mono += seconds

    def now(self) -> datetime:
        return self._now

    def mono(self) -> float:
        return self._mono

    async def sleep(self, seconds: float) -> None:
        self.turn(seconds)


class FakeDesk:
    """Implements `cockpit.engine.desk.Desk` over a given view. ``asked`` holds every action taken, in order; ``refreshes`` counts.
    ``curves`` are what sources measured, and ``drawn`` what was asked of that.
    ``silence`` are the seconds since its engine's last sign of life; ``problems`` says why a silence that matches so is refused.

    ``can`` are the (source, capability) pairs; without it every source can everything. `show` brings a newer view, from a thread of
    its own as the engine does.
    """

    def __init__(self, view: View, *, can: frozenset[tuple[str, str]] | None = None, locked: str = "") -> None:
        self._view, self._locked = view, locked
        self._can = can
        self._callbacks: list[Callable[[], None]] = []
        self.asked: list[Action] = []
        self.outputs: dict[str, Output] = {}
        self.problems: dict[str, str] = {}
        self.answers: dict[Question, Answered] = {}
        self.looked_up: list[Question] = []
        self.refreshes = 0
        self.drill_refused = ""
        self.rehearsed: dict[str, Rehearsed] = {}
        self.people: tuple[Person, ...] = ()
        self.held: list[str] = []
        self.foreign: set[str] = set()
        self.ways_back: dict[str, Plan] = {}
        self.listed: dict[str, tuple[str, ...]] = {}
        self.sessions: dict[str, Session] = {}
        self.addresses: dict[str, str] = {}
        self.trap_drafts: tuple[tuple[dict[str, str], str], ...] = ()
        self.trap_blank: dict[str, str] = {}
        self.trap_standing = ""
        self.would = ""
        self.laid: dict[str, str] = {}
        self.curves: dict[Ref, Curve] = {}
        self.drawn: list[tuple[Ref, int]] = []
        self.pasts: dict[Ref, tuple[Past, ...]] = {}
        self.steps: list[Step] = []
        self.silence = 0.0
        self.shown = Shown(since=view.now - timedelta(days=1))
        self.brief_refused = ""
        self.lay_out: Callable[[datetime, datetime], Schedule | None] = laid
        self.shelf: Mapping[str, Book] = {}
        self.ticked: set[tuple[str, Ref | None, str]] = set()
        self.left: dict[str, int] = {}
        self.laid_for: list[tuple[datetime, datetime]] = []
        self.report_on: Callable[[datetime, datetime], Reported] = quiet_weeks
        self.reported_on: list[tuple[datetime, datetime, str]] = []

    @property
    def view(self) -> View:
        return self._view

    def show(self, view: View) -> None:
        """A newer view; the callbacks are called from another thread, and have been when this returns."""
        self._view = view
        caller = threading.Thread(target=lambda: [callback() for callback in tuple(self._callbacks)])
        caller.start()
        caller.join()

    def change(self, **fields: object) -> None:
        """A newer view that differs in these fields."""
        self.show(msgspec.structs.replace(self._view, **fields))

    def silent_for(self) -> float:
        return self.silence

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        self._callbacks.append(callback)
        return lambda: self._callbacks.remove(callback)

    @property
    def listeners(self) -> int:
        """How many want to be told."""
        return len(self._callbacks)

    def ask(self, action: Action) -> str:
        reason = self.why_not(action)
        if reason:
            raise Refused(reason)
        self.asked.append(action)
        if isinstance(action, ChangeIncident):
            self._written(action)
        return f"run-{len(self.asked)}"

    def _written(self, action: ChangeIncident) -> None:
        """As the journal does it: judged by what stands there by now."""
        change, view = Change(action.change), self._view
        if reason := refusal(self.incidents(), action.incident, change, action.data):
            who = next(iter(view.me), "")
            failed = Run(
                id=f"run-{len(self.asked)}", at=view.now, who=who, action=action, what="incident", target=action.incident,
                state=RunState.FAILED, reason=reason,
            )  # fmt: skip
            self.change(runs=(failed, *view.runs))
        else:
            self.happens(change, action.incident, action.data)

    def why_not(self, action: Action | type) -> str | None:
        every = frozenset((source.source, word) for source in self._view.sources for word in _CAPABILITIES)
        return unheard(self.silence) or why_not(action, self._view, every if self._can is None else self._can)

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        row = self._view.alert(alert) if alert is not None else None
        wanted = next(each for each in self._view.runbooks if each.name == runbook)
        return plan(wanted, row.alert if row is not None else None, given)

    def owns(self, run_id: str) -> bool:
        return run_id not in self.foreign

    def books(self) -> Mapping[str, Book]:
        return self.shelf

    def margin(self, book: str, alert: Ref | None) -> Margin:
        ticks = {box: Tick(box, "Ana", NOW) for of, on, box in self.ticked if (of, on) == (book, alert)}
        return Margin(ticks, self.left.get(book, 0))

    def tick(self, book: str, alert: Ref | None, box: str) -> None:
        self.ticked ^= {(book, alert, box)}

    def leave(self, book: str, line: int) -> None:
        self.left[book] = line

    def hits(self, source: str, match: str) -> tuple[Ref, ...]:
        wanted = parse(match)
        rows = (row.alert for row in self._view.alerts if row.alert.ref.source == source)
        return tuple(alert.ref for alert in rows if wanted.matches(alert, self._view.now, self._view.me))

    def silence_problem(self, source: str, match: str, ends_at: datetime | None) -> str:
        return self.problems.get(match, "")

    def reached(self, to: Sequence[str], via: Sequence[str] = ()) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        known = {"ana": Told("Ana", "mail", "ana@example.com"), "primary": Told("Ana", "mail", "ana@example.com")}
        names = [each.rpartition(":")[2] for each in to]
        if unknown := [name for name in names if name not in known]:
            raise NotFound(f"nobody is called {unknown[0]!r}")
        return tuple(known[name] for name in names), ()

    def output(self, run_id: str, since: int = 0) -> Output:
        kept = self.outputs.get(run_id, Output(()))
        return Output(kept.lines[max(0, since - kept.first) :], max(since, kept.first), kept.truncated)

    def happens(
        self, change: Change, incident: str, data: Mapping[str, object], who: str = "Ana", at: datetime | None = None
    ) -> None:
        """Something happens to an incident, as the journal would have it: a minute after the one before, or ``at``."""
        number = len(self.steps)
        fresh = next_id(fold(self.steps))
        named = incident or fresh
        data = {**data, "new": fresh} if change is Change.SPLIT else data
        if change is Change.ITEM_ADDED and "item" not in data:
            data = {**data, "item": next_item(item for here in self.incidents().values() for item in here.items)}
        self.steps.append(
            Step(number=number, at=at or NOW + timedelta(minutes=number), who=who, incident=named, change=change, data=data)
        )

    def incidents(self) -> dict[str, Incident]:
        return fold(self.steps)

    def follow_incident(self, incident: str) -> Followed | None:
        here = self.incidents().get(incident)
        if here is None:
            return None
        noted = [
            Noted(number=each.number, at=each.at, kind=each.change.value, who=each.who, subject=each.incident, data=each.data)
            for each in self.steps
        ]
        return Followed(here, timeline(here, noted, self._view.runs), self.people)

    def incident_of(self, alert: Ref) -> str:
        opened = (each for each in self.incidents().values() if not each.status.over and each.holds(alert.source, alert.id))
        return next((f"{each.id} {each.title}" for each in opened), "")

    def past(self, alert: Alert) -> tuple[Past, ...]:
        return self.pasts.get(alert.ref, ())

    def way_back(self, run_id: str) -> Plan | None:
        return self.ways_back.get(run_id)

    def find_way_back(self, run: Run) -> Plan | None:
        return self.ways_back.get(run.id)

    def hold(self, secret: str) -> str:
        self.held.append(secret)
        return f"word-{len(self.held)}"

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        return self.listed[param]

    def terminal(self, run_id: str) -> Session | None:
        return self.sessions.get(run_id)

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        if metric != "used_percent":
            return ()
        start = self._view.now.timestamp() - 6 * 3600
        return tuple((start + n * 120, 70 + 23 * (n / 180) ** 1.6 + 0.8 * math.sin(n / 9)) for n in range(180))

    def look_up(self, question: Question) -> Answered:
        self.looked_up.append(question)
        return self.answers.get(question, Answered())

    def series(self, about: Alert | TrapView, cells: int) -> Curve | None:
        ref = about.ref if isinstance(about, Alert) else Ref(about.source, about.trap.name)
        self.drawn.append((ref, cells))
        return self.curves.get(ref)

    def laid_out(self, since: datetime, until: datetime) -> Schedule | None:
        self.laid_for.append((since, until))
        return self.lay_out(since, until)

    def refresh(self) -> None:
        self.refreshes += 1

    def tell_address(self, source: str, address: str) -> str:
        self.addresses[source] = address
        return "conf.d/addresses.toml"

    def propose_traps(self, after: After) -> Proposals:
        return Proposals(drafts=self.trap_drafts, blank=self.trap_blank, standing=self.trap_standing)

    def try_trap(self, values: Mapping[str, str], after: After | None) -> Tried:
        text = "\n".join(f"{key} = {value}" for key, value in values.items() if value)
        problem = "" if values.get("look") else "say how to look"
        return Tried(file=f"conf.d/50-cockpit-trap-{values['name']}.toml", text=text, would=self.would, problem=problem)

    def lay_trap(self, name: str, text: str, after: After | None) -> str:
        self.laid[name] = text
        if isinstance(after, str):
            self.happens(Change.ARMED, after, {"trap": name, "look": "disk path=/", "would": self.would})
        return f"conf.d/50-cockpit-trap-{name}.toml"

    def drill_route(self, trap: str, *, quiet: bool) -> Route:
        if self.drill_refused:
            raise Refused(self.drill_refused)
        drill = drill_of("Ana", self._view.now, quiet=quiet)
        if quiet:
            return Route(drill=drill, calls=(), why_nobody="--quiet stops before the page")
        return Route(drill=drill, calls=(Call(0.0, "Ana", "mail"), Call(300.0, "Bo", "mail", "")))

    def follow_drill(self, trap: str) -> Rehearsed | None:
        return self.rehearsed.get(trap)

    def handover(self, laid: Schedule) -> Brief:
        if self.brief_refused:
            raise Refused(self.brief_refused)
        return brief(self.view, laid, self.shown)

    def note_for_next(self, text: str) -> None:
        if self.brief_refused:
            raise Refused(self.brief_refused)
        note = Note(number=len(self.shown.notes) + 1, at=self.view.now, who="ana", text=text)
        self.shown = msgspec.structs.replace(self.shown, notes=(*self.shown.notes, note))

    def hand_over(self, brief: Brief, taker: str) -> str:
        if self.brief_refused:
            raise Refused(self.brief_refused)
        giver = brief.duty.giver if brief.duty is not None and brief.duty.giver else "ana"
        handed = Handed(at=self.view.now, who="ana", giver=giver, taker=taker)
        self.shown = msgspec.structs.replace(self.shown, handed=(*self.shown.handed, handed))
        return giver

    def report(self, since: datetime, until: datetime, zone: str) -> Reported:
        self.reported_on.append((since, until, zone))
        return self.report_on(since, until)

    def set_read_only(self, on: bool) -> str | None:
        if self._locked and not on:
            return self._locked
        self.change(read_only=on)
        return None
