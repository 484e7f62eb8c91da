"""A desk that is open at once: the last known facts first, the engine behind it once the screen has been drawn."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from ..core.alerts import LOCAL
from ..core.margins import Margin
from ..core.questions import Answered, Question
from ..core.sources import Health
from ..core.text import clean
from ..core.why import why_not
from .desk import After, Followed, Output, Refused, Rehearsed, Session, Told, Tried, unheard
from .hits import Hits
from .lastknown import last_known
from .planning import resolved

if TYPE_CHECKING:
    from ..config.model import Config
    from ..core.actions import Action, Run
    from ..core.aftermath import Past
    from ..core.alerts import Alert, Ref
    from ..core.arming import Proposals
    from ..core.books import Books
    from ..core.curves import Curve
    from ..core.handover import Brief
    from ..core.incidents import Incident
    from ..core.plans import Plan
    from ..core.schedule import Schedule
    from ..core.traps import TrapView
    from ..core.view import View
    from ..provider import Clock
    from .drilling import Route
    from .engine import Engine
    from .journal import Journal
    from .reporting import Reported

PATIENCE = 3.0
"""Seconds that the last known facts stay when this machine's own source does not answer."""


class Opening:
    """Implements `desk.Desk` over an engine that ``make`` gives in a thread of its own, once `begin` is called; ``then`` gets it
    there, at last. Until this machine's own source has answered, the view is what the journal knows. What needs the engine begins
    it, and waits.

    To import an engine and to begin it takes as long as to draw a screen, and one interpreter does both: so a person sees the last
    known rows in half the time, and the looks begin a moment later.
    """

    def __init__(
        self, config: Config, journal: Journal, clock: Clock, make: Callable[[], Engine], then: Callable[[Engine], None]
    ) -> None:
        self._config, self._journal, self._clock = config, journal, clock
        self._make, self._then = make, then
        self._first = last_known(config, journal, clock)
        self._engine: Engine | None = None
        self._fresh = False
        self._hits = Hits()
        self._lock = threading.RLock()
        self._begun = False
        self._begun_at: float | None = None
        self._stands = threading.Event()
        self._listeners: dict[Callable[[], None], Callable[[], None] | None] = {}

    def begin(self) -> None:
        """Let the engine begin, if it has not. From any thread; returns at once."""
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            self._begun_at = self._clock.mono()
            threading.Thread(target=self._open, name="cockpit opening", daemon=True).start()

    def begin_within(self, seconds: float) -> None:
        """`begin` then at the latest: a terminal that cannot be drawn on keeps nobody from looking."""
        late = threading.Timer(seconds, self.begin)
        late.daemon = True
        late.start()

    def stop(self) -> bool:
        """End the engine, if it has begun; it never will any more. False if it does not end: see `Engine.stop`."""
        with self._lock:
            begun, self._begun = self._begun, True
        if not begun:
            return True
        if self._engine is None and not self._stands.wait(PATIENCE):
            return False
        return self._engine is None or self._engine.stop()

    @property
    def failed(self) -> str:
        """See `Engine.failed`."""
        return self._engine.failed if self._engine is not None else ""

    @property
    def view(self) -> View:
        """See `Desk.view`."""
        engine = self._engine
        return engine.view if engine is not None and self._fresh else self._first

    def silent_for(self) -> float:
        """See `Desk.silent_for`. An engine that does not come to life is silent from when it was to begin."""
        if self._engine is not None:
            return self._engine.silent_for()
        return self._clock.mono() - self._begun_at if self._begun_at is not None else 0.0

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See `Desk.on_change`."""
        with self._lock:
            engine = self._engine if self._fresh else None
            self._listeners[callback] = engine.on_change(callback) if engine is not None else None

        def forget() -> None:
            with self._lock:
                told = self._listeners.pop(callback, None)
            if told is not None:
                told()

        return forget

    def ask(self, action: Action) -> str:
        """See `Desk.ask`."""
        return self._behind().ask(action)

    def why_not(self, action: Action | type) -> str | None:
        """See `Desk.why_not`."""
        engine = self._engine
        if engine is not None and self._fresh:
            return engine.why_not(action)
        return unheard(self.silent_for()) or why_not(action, self._first, frozenset())

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """See `Desk.plan`."""
        engine = self._engine
        if engine is not None and self._fresh:
            return engine.plan(runbook, alert, given)
        return resolved(self._config.runbooks, self._first, runbook, alert, given)

    def books(self) -> Books:
        """See `Desk.books`."""
        engine = self._engine
        return engine.books() if engine is not None else {}

    def margin(self, book: str, alert: Ref | None) -> Margin:
        """See `Desk.margin`."""
        engine = self._engine
        return engine.margin(book, alert) if engine is not None else Margin()

    def tick(self, book: str, alert: Ref | None, box: str) -> None:
        """See `Desk.tick`."""
        self._behind().tick(book, alert, box)

    def leave(self, book: str, line: int) -> None:
        """See `Desk.leave`."""
        self._behind().leave(book, line)

    def hits(self, source: str, match: str) -> tuple[Ref, ...]:
        """See `Desk.hits`."""
        return self._hits.of(self.view, self._clock.now(), source, match)

    def silence_problem(self, source: str, match: str, ends_at: datetime | None) -> str:
        """See `Desk.silence_problem`."""
        engine = self._engine
        return engine.silence_problem(source, match, ends_at) if engine is not None else ""

    def reached(self, to: Sequence[str], via: Sequence[str] = ()) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """See `Desk.reached`."""
        return self._behind().reached(to, via)

    def output(self, run_id: str, since: int = 0) -> Output:
        """See `Desk.output`."""
        return self._behind().output(run_id, since)

    def past(self, alert: Alert) -> tuple[Past, ...]:
        """See `Desk.past`."""
        engine = self._engine
        return engine.past(alert) if engine is not None else ()

    def incidents(self) -> Mapping[str, Incident]:
        """See `Desk.incidents`."""
        return self._behind().incidents()

    def follow_incident(self, incident: str) -> Followed | None:
        """See `Desk.follow_incident`."""
        return self._behind().follow_incident(incident)

    def incident_of(self, alert: Ref) -> str:
        """See `Desk.incident_of`."""
        engine = self._engine
        return engine.incident_of(alert) if engine is not None else ""

    def owns(self, run_id: str) -> bool:
        """See `Desk.owns`."""
        engine = self._engine
        return engine is not None and engine.owns(run_id)

    def way_back(self, run_id: str) -> Plan | None:
        """See `Desk.way_back`."""
        engine = self._engine
        return engine.way_back(run_id) if engine is not None else None

    def find_way_back(self, run: Run) -> Plan | None:
        """See `Desk.find_way_back`."""
        return self._behind().find_way_back(run)

    def hold(self, secret: str) -> str:
        """See `Desk.hold`."""
        return self._behind().hold(secret)

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        """See `Desk.choices`."""
        return self._behind().choices(runbook, param)

    def terminal(self, run_id: str) -> Session | None:
        """See `Desk.terminal`."""
        return self._behind().terminal(run_id)

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """See `Desk.readings`."""
        engine = self._engine
        return engine.readings(trap, metric, since) if engine is not None else ()

    def look_up(self, question: Question) -> Answered:
        """See `Desk.look_up`."""
        engine = self._engine
        return engine.look_up(question) if engine is not None else Answered()

    def series(self, about: Alert | TrapView, cells: int) -> Curve | None:
        """See `Desk.series`."""
        engine = self._engine
        return engine.series(about, cells) if engine is not None else None

    def laid_out(self, since: datetime, until: datetime) -> Schedule | None:
        """See `Desk.laid_out`."""
        engine = self._engine
        return engine.laid_out(since, until) if engine is not None else None

    def refresh(self) -> None:
        """See `Desk.refresh`."""
        self._behind().refresh()

    def tell_address(self, source: str, address: str) -> str:
        """See `Desk.tell_address`."""
        return self._behind().tell_address(source, address)

    def propose_traps(self, after: After) -> Proposals:
        """See `Desk.propose_traps`."""
        return self._behind().propose_traps(after)

    def try_trap(self, values: Mapping[str, str], after: After | None) -> Tried:
        """See `Desk.try_trap`."""
        return self._behind().try_trap(values, after)

    def lay_trap(self, name: str, text: str, after: After | None) -> str:
        """See `Desk.lay_trap`."""
        return self._behind().lay_trap(name, text, after)

    def drill_route(self, trap: str, *, quiet: bool) -> Route:
        """See `Desk.drill_route`."""
        return self._behind().drill_route(trap, quiet=quiet)

    def follow_drill(self, trap: str) -> Rehearsed | None:
        """See `Desk.follow_drill`."""
        return self._behind().follow_drill(trap)

    def handover(self, laid: Schedule) -> Brief:
        """See `Desk.handover`."""
        return self._behind().handover(laid)

    def note_for_next(self, text: str) -> None:
        """See `Desk.note_for_next`."""
        self._behind().note_for_next(text)

    def hand_over(self, brief: Brief, taker: str) -> str:
        """See `Desk.hand_over`."""
        return self._behind().hand_over(brief, taker)

    def report(self, since: datetime, until: datetime, zone: str) -> Reported:
        """See `Desk.report`."""
        return self._behind().report(since, until, zone)

    def set_read_only(self, on: bool) -> str | None:
        """See `Desk.set_read_only`."""
        return self._behind().set_read_only(on)

    def _behind(self) -> Engine:
        self.begin()
        if not self._stands.wait(2 * PATIENCE):
            raise Refused("the engine has not begun yet: nothing was done; try again")
        if self._engine is None:
            raise Refused("the engine could not begin: nothing can be done (the line at the top says why)")
        return self._engine

    def _open(self) -> None:
        try:
            engine = self._make()
            engine.start()
        except Exception as error:  # noqa: BLE001  # whatever it is: the screen stays with what it knows, and says so
            fault = f"a bug in the cockpit: the engine could not begin ({type(error).__name__}: {clean(str(error))})"
            self._first = msgspec.structs.replace(self._first, remarks=(*self._first.remarks, fault))
            self._stands.set()
            self._tell()
            return
        self._engine = engine
        self._await_answer(engine)
        with self._lock:
            self._fresh = True
            for callback in self._listeners:
                self._listeners[callback] = engine.on_change(callback)
        self._stands.set()
        self._tell()
        self._then(engine)

    def _await_answer(self, engine: Engine) -> None:
        """Until this machine's own source has answered, the engine's view has none of the rows that are on the screen."""
        changed = threading.Event()
        forget = engine.on_change(changed.set)
        until = self._clock.mono() + PATIENCE
        while any(each.health is Health.STARTING for each in engine.view.sources if each.provider == LOCAL):
            if not changed.wait(max(0.0, until - self._clock.mono())):
                break
            changed.clear()
        forget()

    def _tell(self) -> None:
        with self._lock:
            callbacks = tuple(self._listeners)
        for callback in callbacks:
            callback()
