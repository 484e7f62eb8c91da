"""The engine without its thread: its parts put together, and single steps for a command that does one thing and ends."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self

import msgspec

from ..config.model import Config
from ..config.reread import Reread
from ..config.secrets import resolve
from ..core.actions import Action, Reply, Run, Start, touched
from ..core.aftermath import Past
from ..core.alerts import Alert, Ref
from ..core.asking import Want
from ..core.books import Books, box_of
from ..core.margins import Margin, occasion
from ..core.permits import barred, names_of
from ..core.plans import Plan
from ..core.questions import Answered, AssigneesAt, Question, ServicesAt
from ..core.roster import OnCall
from ..core.runbooks import Runbook
from ..core.schedule import Schedule, schedule
from ..core.sources import Snapshot
from ..core.text import clean
from ..core.traps import Failed, Looked, Trap, Watch, as_laid
from ..core.view import JournalHealth, View
from ..core.why import CHANNEL, READ_ONLY, narrowed, why_not
from ..provider import Clock, ProviderError
from .aftermaths import Aftermaths
from .approving import Approving
from .aside import Aside
from .bookcase import Bookcase
from .by_hand import paged_by_hand
from .channels import Channels, unplugged
from .confirming import PATIENCE
from .crew import Crew
from .desk import Refused, Session
from .dispatch import Dispatch
from .disturbed import disturbances
from .escalator import Escalator
from .far import Engines
from .inquiries import Inquiries
from .journal import Journal, JournalError
from .keeper import Keeper
from .lane import Lane, Overran
from .listing import listed
from .machine import Connect, Here, unconnected
from .margins import Margins
from .offers import Offers
from .person import hidden_names, hidden_values, known_by, real_person, who_is
from .planning import resolved
from .probing import build, event_of, recalled
from .runner import Runner
from .sources import Sources
from .stamp import Stamp
from .steps.world import World
from .store import Store, Surroundings
from .vault import Vault

WRITING = 6.0
"""Seconds that the end waits for what became of runs to be written down: a little more than a write waits for another process."""
SENDING = 3.0
"""Seconds that the end waits for what people have just asked for to be sent and answered."""
AGAIN = 1.0
"""Seconds between looks at whether a source shows what it was told."""
STOPPING = 20.0
"""Seconds in which runs have to end when the engine stops: their grace, and the kernel's time."""
GATHER = 1.0
"""Seconds for which what the keeper finds is gathered before this machine's own source is asked again."""
LOOK = 10.0
"""Seconds that one look may take where its trap does not say."""

Answer = Callable[[Want], Awaitable[str | None]]
"""Asks a person what a run waits for; ``None`` ends the run."""


class Works:
    """``load_provider``, ``load_probe`` and ``load_channel`` give the class for a name, raising `plugins.PluginError`. The journal
    belongs to who opened it, and outlives this."""

    def __init__(
        self,
        config: Config,
        journal: Journal,
        clock: Clock,
        *,
        load_provider: Callable[[str], type],
        load_probe: Callable[[str], type],
        state_dir: Path,
        load_channel: Callable[[str], type] = unplugged,
        connect: Connect = unconnected,
        files: Reread | None = None,
    ) -> None:
        self.config, self.journal, self.clock = config, journal, clock
        self._load_probe = load_probe
        self._read_only = config.read_only
        self._store = Store(clock.now())
        self._crew = Crew(clock)
        self._aside = Aside("journal reading")
        self.here = Here(config, journal, clock, connect=connect, files=files)
        self.here.on_config = self.adopt
        self._files = files
        self._file_fault = ""
        self.keeper = Keeper(self.here, journal, load_probe, traps=config.traps.values(), on_change=self._trap_changed)
        self.here.live = lambda: self.keeper.watches
        stamp = Stamp(clock)
        self._sources = Sources(
            config,
            load_provider,
            self.here,
            clock,
            stamp=stamp,
            on_told=self._told,
            may_write=lambda: not self._read_only,
            on_kept=self._kept,
            on_days=self.here.dated.take,
        )
        self._channels = Channels(config.channels, load_channel, self.here, clock, self._sources.get)
        self.here.elsewhere = self._on_call_elsewhere
        self.escalator = Escalator(
            journal,
            clock,
            self._channels,
            alerts=self.here.alerts,
            plan=self.here.plan,
            leads=lambda: self.keeper.leads,
            host=self.here.host,
            pid=os.getpid(),
            on_change=self._trap_changed,
        )
        self.bookcase = Bookcase(config)
        self._occasions: dict[Ref, str] = {}
        self._margins = Margins(journal, clock, self._aside, who_is(config), lambda: not self._read_only)
        self._offers = Offers(self._store.snapshot)
        engines = Engines(
            clock,
            source=self._sources.get,
            keep=lambda run_id, far: self._dispatch.executing.keep_far(run_id, far),
            who=who_is(config),
        )
        self._vault = Vault()
        self.approving = Approving(clock, lambda: self.config.approvals, self._may_approve, lambda: self.here.host)
        self._runner = Runner(state_dir, clock, hidden=hidden_names(config), engines=engines)
        self._runner.secrets = lambda: hidden_values(self.config)
        self._runner.world = World(
            http=lambda url, settings: self.here.http(url, settings, "an answer"),
            secret=resolve,
            do=self._by_step,
            view=self._now,
            look=self.look,
            refresh=self._look_for_step,
            progress=self._progress,
            sleep=clock.sleep,
        )
        self._dispatch = Dispatch(
            self._store,
            journal,
            self._runner,
            clock,
            self.approving,
            who=who_is(config),
            real=real_person(),
            source=self._sources.get,
            plan=self._plan_of,
            page=lambda run, action: paged_by_hand(self.escalator, self.here, self._store.peek, run, action),
            stamp=stamp,
            changed=self._publish,
            ticked=self._ticked_in_run,
            vault=self._vault,
        )
        self._aftermaths = Aftermaths(journal, clock, self._store.tell)
        self._inquiries = Inquiries(clock, source=self._sources.get, about=self._about, go=self._go, changed=self._store.tell)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._trap_news = False
        self._asked_local = -GATHER
        self._lives = False  # whether the keeper and the sources are at work by themselves

    @contextlib.asynccontextmanager
    async def session(self) -> AsyncIterator[Self]:
        """On the caller's own loop: nothing happens but what is asked for."""
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(self._heard)
        with contextlib.suppress(JournalError):  # the journal's `problem` is in every view
            self._store.put_runs(await self._aside.do(self.journal.runs))
        await self._aftermaths.follow()
        self._publish()
        try:
            yield self
        finally:
            await self._wind_up()
            self._loop = None

    async def once(self, *, look: bool = True) -> View:
        """Look at all traps (unless another process keeps them, or not ``look``), ask every source once, and give the view."""

        async def this_machine() -> None:
            if look:
                await self.keeper.once()
            await self._sources.poll(self._sources.local)

        others = [health.source for health in self._sources.health() if health.source not in self._sources.local]
        people = self.here.people
        await asyncio.gather(this_machine(), self._sources.poll(others))
        if self.here.people != people:  # by what others know of days
            await self._sources.poll(self._sources.local)
        await self.approving.listen()
        self._publish()
        return self._store.view

    async def do(
        self,
        action: Action,
        follow: Callable[[str], None] = lambda _: None,
        answer: Answer | None = None,
    ) -> tuple[Run, ...]:
        """Do it and wait until nothing more will happen to it by itself: a run for each source concerned. ``follow`` is called
        with a run's id again and again while it goes on, and once after; ``answer`` is asked for what a run waits for (``None``
        ends it), and without that a run that needs a person fails. Raises `Refused`. On the engine's own loop."""
        self._runner.attended = answer is not None
        self._refuse(action)
        runs = await self._dispatch.begin(narrowed(action, self._now(), self.can))
        work = asyncio.gather(*(self._carry_out(run) for run in runs))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=0.1)
                for run in runs:
                    follow(run.id)
                    if answer is not None:
                        await self._answered(run.id, answer, work)
        except asyncio.CancelledError:
            for run in runs:
                self._dispatch.end(run.id, "the cockpit was interrupted")
            await asyncio.wait({work}, timeout=STOPPING)
            raise
        await work
        for attempt in range(PATIENCE):
            waiting = {self._dispatch.confirming.awaited(run.id) for run in runs} - {""}
            if waiting:
                await self.clock.sleep(AGAIN if attempt else 0.0)
                await self._sources.poll(waiting)
        self._publish()
        return tuple(self._store.run(run.id) or run for run in runs)

    async def _answered(self, run_id: str, answer: Answer, work: asyncio.Future[Any]) -> None:
        """Have the present question of a run answered, unless the run is over first."""
        run = self._store.run(run_id)
        if run is None or run.wants is None:
            return
        said = asyncio.ensure_future(answer(run.wants))
        ends: set[asyncio.Future[Any]] = {work, said}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        value = said.result() if said.done() else ""
        if value is None:
            self._runner.cancel(run_id, f"cancelled by {who_is(self.config)}")
        elif said.done():
            with contextlib.suppress(Refused):  # it is over, or has been answered
                self._dispatch.reply(Reply(run_id, run.wants.number, value), self._soon)
        said.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await said

    def _soon(self, work: Callable[[], object]) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(work)

    def adopt(self, config: Config) -> None:
        """Go on with another config."""
        self.config = self.here.config = config
        self.bookcase.adopt(config)

    async def look(self, trap: Trap) -> Looked | Failed:
        """One look with a trap's probe, that changes nothing."""
        began, seconds = self.clock.now(), trap.timeout or LOOK
        lane = Lane(f"look at {trap.name}", self.clock, lambda _: None)

        async def looked() -> object:
            probe = build(trap, self._load_probe, self.here, resolve)
            seen = recalled(probe, as_laid(trap, self.here.watches().get(trap.name, Watch()))).look()
            return await seen if inspect.isawaitable(seen) else seen

        try:
            return event_of(trap, began, await lane.call(looked, seconds))
        except Overran:
            return Failed(began, f"no answer within {seconds:g} s")
        except Exception as error:  # noqa: BLE001  # whatever a probe raises is what came of the look
            return event_of(trap, began, error)
        finally:
            lane.close()

    async def on_call(self, at: datetime) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
        """Who is on call everywhere at ``at`` (UTC), by level; and a sentence for each source that could not say."""
        return await self._sources.on_call(at)

    async def schedule(self, since: datetime, until: datetime, roster: str = "") -> Schedule:
        """All rosters, or one, between two moments (UTC), with what follows from it: gaps, clashes, loads."""
        laid = (await self._sources.lay_out(since, until)).only(roster)
        try:
            disturbed = await self._aside.do(lambda: disturbances(self.journal, since))
        except JournalError as error:
            disturbed = ()
            laid = msgspec.structs.replace(laid, silent=(*laid.silent, f"interruptions cannot be counted: {error}"))
        return schedule(laid, self.here.people, since, until, disturbed)

    async def inquire(self, question: Question) -> Answered:
        """The answer of a source to a question, waited for. On the engine's own loop."""
        return await self._inquiries.ask(question)

    def tell_address(self, source: str, address: str) -> str:
        """See `Desk.tell_address`."""
        if self._read_only:
            raise Refused(READ_ONLY)
        try:
            return clean(str(self.here.tell_address(source, address, who_is(self.config))))
        except ProviderError as error:
            raise Refused(str(error)) from error

    @property
    def can(self) -> frozenset[tuple[str, str]]:
        """(source, capability) for all that is known to be possible; nothing of a source that has never been asked."""
        return self._sources.can | {(name, CHANNEL) for name in self.config.channels}

    def why_not(self, action: Action | type) -> str | None:
        """See `Desk.why_not`."""
        reason = why_not(action, self._now(), self.can)
        if reason is None and isinstance(action, Start) and not action.dry_run:
            book = next((each for each in self._store.peek.runbooks if each.name == action.runbook), None)
            return (self.approving.problem(book) or None) if book is not None else None
        return reason

    def _may_approve(self, runbook: str, login: str) -> str:
        """Why the user of this machine with that login may not approve a run of a runbook; "" if they may."""
        view = self._store.peek
        book = next((each for each in view.runbooks if each.name == runbook), None)
        return barred(book, names_of(self.config.people.values(), login), view.rosters) if book is not None else ""

    def way_back(self, run_id: str) -> Plan | None:
        """See `Desk.way_back`."""
        return self._runner.ways_back(run_id)

    def _plan_of(self, action: Start) -> Plan:
        if not action.undoes:
            return self.plan(action.runbook, action.alert, action.params)
        gone = Runbook(name=action.runbook, title=action.runbook, steps=())
        return self._runner.ways_back(action.undoes) or Plan(gone, {}, (), "", refused=f"nothing of {action.undoes} can be undone")

    def hold(self, secret: str) -> str:
        """See `Desk.hold`."""
        return self._vault.hold(secret)

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        """See `Desk.choices`."""
        book = self.bookcase.runbooks.get(runbook)
        asked = book.params[param].ask if book is not None and param in book.params else None
        if asked is None or not asked.choices_from:
            return asked.choices if asked is not None else ()
        return listed(asked.choices_from, self._runner.hidden)

    def terminal(self, run_id: str) -> Session | None:
        """See `Desk.terminal`."""
        return self._runner.session(run_id)

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """A runbook resolved for an alert as it is now: the exact preview. What cannot be (any more) says why in ``refused``."""
        view, own = self._store.peek, self.bookcase.runbooks
        known = own if runbook in own else {each.name: each for each in view.runbooks}
        plan = resolved(known, view, runbook, alert, given, self.here.people)
        doubt = self.bookcase.doubt(runbook)
        return msgspec.structs.replace(plan, refused=doubt, steps=()) if doubt and not plan.refused else plan

    async def read_library(self) -> None:
        """Look at the directories of runbooks: for a command that needs them. The engine does so by itself."""
        if await self.bookcase.look():
            self._publish()

    def books(self) -> Books:
        """See `Desk.books`."""
        return self.bookcase.books

    def margin(self, book: str, alert: Ref | None) -> Margin:
        """See `Desk.margin`."""
        return self._margins.of(book, self._occasion(alert))

    def tick(self, book: str, alert: Ref | None, box: str) -> None:
        """See `Desk.tick`."""
        self._margins.tick(book, self._occasion(alert), box)

    def leave(self, book: str, line: int) -> None:
        """See `Desk.leave`."""
        self._margins.leave(book, line)

    def _ticked_in_run(self, run: Run) -> None:
        """What a run waited for is ticked: so is the box of the text that it came from."""
        if not isinstance(run.action, Start) or run.wants is None:
            return
        book = self.bookcase.books.get(run.action.runbook)
        on = self._occasion(run.action.alert)
        if book is not None:
            box = box_of(book, run.action.preview, run.wants.asked.text, self._margins.of(book.name, on).ticks)
            if box:
                self._margins.tick(book.name, on, box, run.id)

    def _occasion(self, alert: Ref | None) -> str:
        """What a margin is for. An alert that is over, perhaps by what was just done, is still the one that it was read for."""
        if alert is None:
            return ""
        row = self._store.peek.alert(alert)
        if row is not None or alert not in self._occasions:
            self._occasions[alert] = occasion(alert, row.alert if row is not None else None)
        return self._occasions[alert]

    def past(self, alert: Alert) -> tuple[Past, ...]:
        """See `Desk.past`."""
        return self._aftermaths.before(alert)

    def _alert(self, ref: Ref) -> Alert | None:
        row = self._store.peek.alert(ref)
        return row.alert if row is not None else None

    def _on_call_elsewhere(self) -> tuple[OnCall, ...]:
        """Who is on call by the rosters of other sources, as they last said."""
        return tuple(each for each in self._store.peek.rosters if each.source not in self._sources.local)

    async def _wind_up(self) -> None:
        self.approving.consent.shut("the cockpit was closed")
        self._runner.shut("the cockpit was closed")
        with contextlib.suppress(TimeoutError):  # what does not end will read "outcome unknown"
            await asyncio.wait_for(self._runner.idle(), STOPPING)
        await self._crew.errands_done(SENDING)
        await self._crew.dismiss()
        await self._channels.close()
        await self._sources.close()
        await self._dispatch.logbook.settled(WRITING)
        await self._aftermaths.close(WRITING)
        self.bookcase.close()
        self.approving.close()
        self._aside.close()

    async def _carry_out(self, run: Run) -> None:
        action = run.action
        if isinstance(action, Start) and action.runbook in self.bookcase.books:
            await self.read_library()  # what lies in its file now is compared with what was shown
        if isinstance(action, Start) and action.alert is not None and (book := self.bookcase.runbooks.get(action.runbook)):
            self._aftermaths.begin(run, self._alert(action.alert), book.helps_within)
        run = await self._dispatch.carry_out(run)
        if isinstance(action, Start) and not action.dry_run:
            self._aftermaths.end(run)
            await self._look_again(action.alert)
            if not self._lives:
                await self._sources.poll(self._aftermaths.sources)

    async def _by_step(self, action: Action) -> tuple[Run, ...]:
        """A verb that a runbook's step speaks: runs of their own, as if a person had asked for it."""
        self._refuse(action)
        runs = await self._dispatch.begin(narrowed(action, self._now(), self.can))
        return tuple(await asyncio.gather(*map(self._dispatch.carry_out, runs)))

    def _look_for_step(self) -> None:
        if not self._lives:
            self._crew.go("looking for what a runbook waits for", self.once)
            return
        self.keeper.look_all()
        self._sources.nudge()

    def _progress(self, run_id: str, text: str) -> None:
        run = self._store.run(run_id)
        if run is not None and not run.state.settled:
            self._store.put_run(msgspec.structs.replace(run, reason=text))
            self._publish()

    async def _look_again(self, alert: Ref | None) -> None:
        """After a runbook the alert's trap is looked at and its source is asked, so that one sees whether it helped."""
        row = self._store.peek.alert(alert) if alert is not None else None
        trap = row.alert.trap if row is not None else ""
        if not self._lives and trap in self.config.traps:
            await self.keeper.once([trap])
        elif self.keeper.leads and trap in self.config.traps:
            await self.keeper.look_now(trap)
        else:
            self.keeper.look_all()
        self._sources.nudge({*self._sources.local, *([alert.source] if alert is not None else [])})

    def _trap_changed(self) -> None:
        """Ask this machine's own source soon; the looks of one second are gathered, for there may be many."""
        loop, now = self._loop, self.clock.mono()
        if loop is None or now - self._asked_local < GATHER:
            self._trap_news = True
            return
        self._asked_local = now
        loop.call_later(0.1, self._sources.nudge, self._sources.local)

    def _told(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            if snapshot.source in self._sources.local:
                self.escalator.nudge()
            elif self.here.dated.take(snapshot.source, snapshot.days):
                self._sources.nudge(self._sources.local)
            self._store.observe(snapshot)
            self._dispatch.confirming.observe(snapshot)
        self._publish(fresh=snapshot is not None)
        if snapshot is not None:
            self._aftermaths.observe(snapshot, self._alert)

    def _kept(self, source: str, done: Sequence[str]) -> None:
        """What a source's provider did by itself to keep up what people began."""
        for each in done:
            with contextlib.suppress(JournalError):  # the journal's `problem` is in every view
                self.journal.record("source.kept", at=self.clock.now(), who="", source=source, subject=each, data={})

    def _refuse(self, action: Action) -> None:
        reason = self.why_not(action)
        if reason is not None:
            raise Refused(reason)

    def _now(self) -> View:
        """The newest view, with what does not wait for the next one: read-only, and whether the journal can be written."""
        journal = JournalHealth(self.journal.problem)
        return msgspec.structs.replace(self._store.peek, now=self.clock.now(), read_only=self._read_only, journal=journal)

    def _publish(self, *, fresh: bool = False) -> None:
        around = Surroundings(
            health=self._sources.health(),
            journal=JournalHealth(self.journal.problem),
            keeper=self.keeper.says,
            runbooks=(*self.bookcase.runbooks.values(), *self._offers.all(self.config)),
            me=known_by(self.config),
            read_only=self._read_only,
            remarks=self._remarks(),
            petitions=self.approving.heard,
        )
        self._store.publish(self.clock.now(), around, fresh=fresh)

    def _go(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Have something done on the loop, soon. From any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: the engine has ended
                loop.call_soon_threadsafe(partial(self._crew.go, name, work))

    def _about(self, question: Question) -> object:
        """What is known of what a question is about, and what has been done to it: what is answered is true of that."""
        if isinstance(question, (AssigneesAt, ServicesAt)):
            return None
        view = self._store.peek
        row = view.alert(question.alert)
        done = tuple(run.id for run in view.runs if run.state.settled and question.alert in touched(run.action))
        return row.alert if row is not None else None, done

    def _remarks(self) -> tuple[str, ...]:
        trouble = (*self._crew.trouble.values(), *((self._store.trouble,) if self._store.trouble else ()))
        fault = (self._file_fault,) if self._file_fault else ()
        return (
            *self.approving.remarks,
            *self.config.remarks,
            *fault,
            *self.journal.remarks,
            *self.here.remarks,
            *self.bookcase.remarks,
            *trouble,
        )

    def _heard(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        what = str(context.get("message", "something")) + (f" ({type(error).__name__}: {error})" if error else "")
        self._crew.trouble["loop"] = f"a bug in the cockpit: {clean(what)}"
