"""The engine: it polls the sources, keeps the traps, takes actions and publishes views, in a thread of its own.

A terminal that stops reading stops none of it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import cached_property, partial

import msgspec

from ..config.model import Config, SourceConfig
from ..core.actions import Action, Cancel, Reply
from ..core.alerts import Alert, Ref
from ..core.curves import Curve
from ..core.questions import Answered, Question
from ..core.schedule import Schedule
from ..core.sources import Snapshot, SourceHealth
from ..core.traps import TrapView
from ..core.view import View
from ..core.why import READ_ONLY, narrowed
from .carrying import STOPPING
from .charts import Charts
from .curves import Curves
from .desk import SILENT, Output, Refused, Told, unheard
from .failures import said
from .following import Following
from .hits import Hits
from .incident_keeping import keep_incidents
from .schedules import Schedules
from .store import Facts

TICK = 1.0
"""Seconds between looks at what time alone changes."""
HUNG = 1.0
"""Seconds that the end waits for an engine that has not given a sign of life."""


class Engine(Following):
    """Implements `desk.Desk`: `start` it, fetch ``view`` when told, ``ask`` for actions, `stop` it. Without `start`, it does what
    `Works` does."""

    _thread: threading.Thread | None = None
    _stopping: asyncio.Event | None = None
    _alive_at = 0.0  # real time, as the loop's own: a hung loop is no matter of the clock that facts are dated by

    failed = ""
    """Why the engine ended although nobody had stopped it, for the person; "" = it did not."""

    def start(self) -> None:
        """Begin, in a thread of its own. Returns when it can take actions."""
        ready = threading.Event()
        self._alive_at = time.monotonic()
        self._thread = threading.Thread(target=self._main, args=(ready,), name="cockpit engine", daemon=True)
        self._thread.start()
        ready.wait()

    def stop(self, timeout: float = STOPPING) -> bool:
        """End runs that go on, hand back the traps, and end the thread. False if that took longer than ``timeout`` seconds; then
        the thread is left behind (it is a daemon), and what was going on will read "outcome unknown"."""
        if self._thread is None:
            return True
        if self._stopping is not None:
            self._on_loop(self._stopping.set)
        self._thread.join(timeout if self.silent_for() <= SILENT else min(timeout, HUNG))
        return not self._thread.is_alive()

    @cached_property
    def _hits(self) -> Hits:
        return Hits()

    @cached_property
    def _curves(self) -> Curves:
        return Curves(self.journal)

    @cached_property
    def _charts(self) -> Charts:
        def begin(work: Callable[[], Awaitable[None]]) -> None:
            self._on_loop(lambda: self._crew.go("asking for what was measured", work))

        return Charts(self._sources, self.clock, begin, self._store.tell)

    def adopt(self, config: Config) -> None:
        """Go on with another config: its traps, runbooks, rosters, people, sources and remarks. From any thread."""
        self._on_loop(lambda: self._crew.go("taking over the new config", partial(self._adopt, config)))

    @property
    def view(self) -> View:
        """The newest view. Fetching it asks to be told of the next; takes no lock."""
        return self._store.view

    def silent_for(self) -> float:
        """See `Desk.silent_for`."""
        return time.monotonic() - self._alive_at

    def why_not(self, action: Action | type) -> str | None:
        """See `Desk.why_not`."""
        silence = unheard(self.silent_for()) if self._thread is not None else ""
        return silence or super().why_not(action)

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """See `Desk.on_change`."""
        return self._store.on_change(callback)

    def ask(self, action: Action) -> str:
        """See `Desk.ask`. An action on alerts of several sources becomes a run for each: the id of the first is given, the others
        have ``.2``, ``.3`` after it. To cancel gives back the id of the run that is cancelled."""
        if self._loop is None or (self._stopping is not None and self._stopping.is_set()):
            raise Refused("the cockpit is closing: nothing is begun any more")
        if isinstance(action, Cancel):
            self._refuse(action)
            self._dispatch.cancel(action, self._on_loop)
            return action.run_id
        self._refuse(action)
        if isinstance(action, Reply):
            self._dispatch.reply(action, self._on_loop)
            return action.run_id
        runs = self._dispatch.intend(narrowed(action, self._views.now(), self.can))
        self._on_loop(self._views.publish)
        for run in runs:
            self._on_loop(partial(self._crew.go, f"{run.what} {run.target}", partial(self._carrying.carry_out, run), errand=True))
        return runs[0].id

    def hits(self, source: str, match: str) -> tuple[Ref, ...]:
        """See `Desk.hits`."""
        return self._hits.of(self._store.peek, self.clock.now(), source, match)

    def silence_problem(self, source: str, match: str, ends_at: datetime | None) -> str:
        """See `Desk.silence_problem`."""
        found = self._sources.get(source)
        return found.silence_problem(match, ends_at) if found is not None else ""

    def reached(self, to: Sequence[str], via: Sequence[str] = ()) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """See `Desk.reached`."""
        return self.here.plan().whom(to, tuple(via), self.clock.now())

    def output(self, run_id: str, since: int = 0) -> Output:
        """See `Desk.output`."""
        return self._runner.output(run_id, since)

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """See `Desk.readings`. What was read last, where the journal does not answer within `SOON`; nothing where it never did."""
        return self._curves.points(trap, metric, since)

    def look_up(self, question: Question) -> Answered:
        """See `Desk.look_up`."""
        return self._inquiries.told(question)

    def series(self, about: Alert | TrapView, cells: int) -> Curve | None:
        """See `Desk.series`."""
        return self._charts.get(about, cells)

    @cached_property
    def _schedules(self) -> Schedules:
        def go(work: Callable[[], Awaitable[None]]) -> None:
            self._on_loop(lambda: self._crew.go("laying out the rosters", work))

        return Schedules(
            self.schedule, go, self.clock.mono, lambda: (self._store.peek.overrides, self.here.rosters, self.here.people),
            self._store.tell,
        )  # fmt: skip

    def laid_out(self, since: datetime, until: datetime) -> Schedule | None:
        """See `Desk.laid_out`."""
        return self._schedules.get(since, until)

    def nudge(self, source: str) -> None:
        """Have one source asked now."""
        self._on_loop(lambda: self._sources.nudge((source,)))

    def standings(self) -> dict[str, tuple[SourceConfig, tuple[Snapshot | None, float, str, str, float]]]:
        """How each source is configured and stands: see `Source.standing`."""
        return {source.name: (source.config, source.standing) for source in self._sources.all()}

    @property
    def peek(self) -> View:
        """The newest view, without asking to be told of the next."""
        return self._store.peek

    def health(self) -> tuple[SourceHealth, ...]:
        """How well each source sees at this moment. From any thread."""
        return self._sources.health()

    def tallies(self) -> dict[str, tuple[int, int]]:
        """How often each source was asked, and how often that brought nothing. From any thread."""
        return {source.name: source.tally for source in self._sources.all()}

    def facts(self) -> Facts:
        """All that the next view would be made of. From any thread."""
        facts = self._store.facts
        return facts._replace(around=msgspec.structs.replace(facts.around, health=self._sources.health()))

    def pictures(self) -> dict[tuple[str, str], Curve]:
        """What was last shown of how alerts and traps went, by source and id (or name) there. From any thread."""
        return self._charts.known

    def answers(self) -> dict[Question, Answered]:
        """What sources last answered to whoever looked closer. From any thread."""
        return self._inquiries.known

    def laid(self) -> dict[tuple[datetime, datetime], Schedule]:
        """The rosters as last laid out, by from when to when (UTC). From any thread."""
        return self._schedules.known

    def remark(self, about: str, text: str) -> None:
        """Have every view say this from now on, among what the cockpit says of itself. From any thread."""

        def said() -> None:
            self._views.own[about] = text
            self._views.publish()

        self._on_loop(said)

    def refresh(self) -> None:
        """See `Desk.refresh`. Ends the parking of sources, too."""
        self._on_loop(self._rounds.look_around)

    def set_read_only(self, on: bool) -> str | None:
        """See `Desk.set_read_only`."""
        if not on and self.config.read_only and not self.config.unlock:
            return self.config.locked or "read_only is set and may not be lifted here (unlock = false)"
        self._views.read_only = on
        self._on_loop(self._views.publish)
        if on:
            self._on_loop(lambda: self._dispatch.several.halt(READ_ONLY))
        return None

    def _main(self, ready: threading.Event) -> None:
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(self._live(ready))
        except BaseException as error:  # noqa: BLE001  # it is told when the screen ends; until then its silence tells
            self.failed = f"the engine ended by itself: {type(error).__name__}: {said(error)}"
        finally:
            self._loop = None
            ready.set()
            loop.close()

    async def _live(self, ready: threading.Event) -> None:
        self._stopping = asyncio.Event()
        async with self.session():
            self._rounds.lives = True
            self._crew.keep("the sign of life", self._beat)
            self._crew.keep("keeping the traps", self.keeper.run)
            self._crew.keep("paging", self.escalator.run)
            self._crew.keep("keeping incidents", self._keep_incidents)
            self._crew.keep("the view", self._tick)
            self._crew.keep("following the journal", self._follow)
            self._crew.keep("following the runbooks", self._follow_library)
            self._crew.keep("hearing who asks for approval", self._follow_petitions)
            self._crew.keep("following runs elsewhere", self._follow_on)
            if self._files is not None:
                self._crew.keep("following the config", self._follow_files)
            self._sources.begin(self._crew)
            ready.set()
            await self._stopping.wait()

    async def _beat(self) -> None:
        while True:
            self._alive_at = time.monotonic()
            await asyncio.sleep(TICK)

    async def _tick(self) -> None:
        while True:
            await self.clock.sleep(TICK)
            self._rounds.catch_up()
            self._views.publish()

    async def _keep_incidents(self) -> None:
        await keep_incidents(
            self.journal,
            self.clock,
            self.here,
            self._crew,
            self._aside,
            config=lambda: self.config,
            view=lambda: self._store.peek,
            leads=lambda: self.keeper.leads,
            changed=self._incidents.look,
        )
