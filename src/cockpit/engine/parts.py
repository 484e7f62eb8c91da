"""The engine's parts: put together, taken down, and what one of them tells the others."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ..config.model import Config
from ..config.reread import Reread
from ..config.secrets import found, resolve
from ..core.actions import Action, DrillTrap, Run, Start, StartMany
from ..core.alerts import Alert, Ref
from ..core.drills import SIGNS
from ..core.permits import barred, names_of
from ..core.roster import OnCall
from ..core.sources import Snapshot
from ..core.traps import Failed, Looked, Trap
from ..core.watchrule import socket_of
from ..core.why import CHANNEL, narrowed, why_not
from ..provider import Clock
from .aftermaths import Aftermaths
from .approving import Approving
from .aside import Aside
from .bookcase import Bookcase
from .by_hand import paged_by_hand
from .carrying import STOPPING, Carrying
from .channels import Channels, unplugged
from .crew import Crew
from .desk import Refused
from .dispatch import Dispatch
from .escalator import Escalator
from .far import Engines
from .incidents import Incidents
from .inquiries import Inquiries
from .journal import Journal
from .keeper import Keeper
from .look import look_once
from .machine import Connect, Here, unconnected
from .margins import Margins
from .person import hidden_names, hidden_values, real_person, who_is
from .plans import Plans
from .rounds import Rounds
from .runner import Runner
from .sources import Sources
from .stamp import Stamp
from .steps.world import World
from .store import Store
from .vault import Vault
from .views import Views

if TYPE_CHECKING:
    from .rehearsals import Rehearsals

WRITING = 6.0
"""Seconds that the end waits for what became of runs to be written down: a little more than a write waits for another process."""
SENDING = 3.0
"""Seconds that the end waits for what people have just asked for to be sent and answered."""


class Parts:
    """``load_provider``, ``load_probe`` and ``load_channel`` give the class for a name, raising `plugins.PluginError`. The journal
    belongs to who opened it, and outlives this. ``through``: sources are looked at through the watch of this machine where there is
    one. ``host`` is what this machine is called, "" for its own name. ``on_polled`` may be set, and is called on the engine's loop
    when a source has been asked."""

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
        through: bool = True,
        host: str = "",
    ) -> None:
        self.on_polled: Callable[[], None] = lambda: None
        self._state_dir, self._looks_through = state_dir, through
        self.config, self.journal, self.clock = config, journal, clock
        self._load_probe, self._files = load_probe, files
        self._loop: asyncio.AbstractEventLoop | None = None
        self._store, self._crew, self._stamp = Store(clock.now()), Crew(clock), Stamp(clock)
        self._aside, self._vault = Aside("journal reading"), Vault()
        self.here = Here(config, journal, clock, connect=connect, files=files, host=host)
        self.here.on_config = self.adopt
        self.keeper = Keeper(
            self.here, journal, load_probe, traps=config.traps.values(), retention=config.retention, on_change=self._trap_changed
        )
        self.here.live = lambda: self.keeper.watches
        self._sources = self._built_sources(load_provider)
        self._channels = Channels(config.channels, load_channel, self.here, clock, self._sources.get)
        self.here.elsewhere = self._on_call_elsewhere
        self.escalator = self._built_escalator()
        self.bookcase = Bookcase(config)
        self.approving = Approving(clock, lambda: self.config.approvals, self._may_approve, lambda: self.here.host)
        self._watch_over()
        self._runner = self._built_runner(state_dir)
        self._plans = Plans(self._store, self.bookcase, self._runner, lambda: self.here.people, self._files)
        self._incidents = Incidents(journal, clock, self._store.tell)
        self._dispatch = self._built_dispatch()
        self._aftermaths = Aftermaths(journal, clock, self._store.tell)
        self._carrying = self._built_carrying()
        self._inquiries = Inquiries(
            clock, source=self._sources.get, view=lambda: self._store.peek, go=self._go, changed=self._store.tell
        )

    def _built_sources(self, load_provider: Callable[[str], type]) -> Sources:
        return Sources(
            self.config,
            load_provider,
            self.here,
            self.clock,
            stamp=self._stamp,
            on_told=self._told,
            may_write=self._may_write,
            on_kept=lambda source, done: self._dispatch.logbook.kept(source, done),
            on_days=self.here.dated.take,
            watch=self._watch_socket,
        )

    def _watch_socket(self) -> str:
        """The socket of the watch that is looked through, "" for none."""
        rule = self.config.watch
        return socket_of(rule, self._state_dir) if rule.share and self._looks_through else ""

    def _built_escalator(self) -> Escalator:
        return Escalator(
            self.journal,
            self.clock,
            self._channels,
            alerts=self.here.alerts,
            plan=self.here.plan,
            leads=lambda: self.keeper.leads,
            host=self.here.host,
            pid=os.getpid(),
            on_change=self._trap_changed,
        )

    def _watch_over(self) -> None:
        """What is looked at, shown, and left in margins."""
        self._views = Views(
            self._store,
            self.journal,
            self.clock,
            self.here,
            keeper=self.keeper,
            sources=self._sources,
            bookcase=self.bookcase,
            approving=self.approving,
            crew=self._crew,
        )
        self._rounds = Rounds(
            self.clock,
            self.here,
            self._store,
            keeper=self.keeper,
            sources=self._sources,
            approving=self.approving,
            bookcase=self.bookcase,
            views=self._views,
            crew=self._crew,
        )
        self._margins = Margins(
            self.journal, self.clock, self._aside, who=who_is(self.config), alert=self._alert, may_write=self._may_write
        )

    def _built_runner(self, state_dir: Path) -> Runner:
        engines = Engines(
            self.clock,
            source=self._sources.get,
            keep=lambda run_id, far: self._dispatch.executing.keep_far(run_id, far),
            who=who_is(self.config),
        )
        runner = Runner(state_dir, self.clock, hidden=hidden_names(self.config), engines=engines)
        runner.secrets = lambda: hidden_values(self.config)
        runner.fetched = found
        runner.world = World(
            http=lambda url, settings: self.here.http(url, settings, "an answer"),
            secret=resolve,
            do=self._by_step,
            view=self._views.now,
            look=self.look,
            refresh=self._rounds.look_for_step,
            progress=lambda run_id, text: self._dispatch.logbook.progress(run_id, text),
            sleep=self.clock.sleep,
        )
        return runner

    def _built_dispatch(self) -> Dispatch:
        return Dispatch(
            self._store,
            self.journal,
            self._runner,
            self.clock,
            self.approving,
            who=who_is(self.config),
            real=real_person(),
            source=self._sources.get,
            plan=self._plans.to_start,
            page=lambda run, action: paged_by_hand(self.escalator, self.here, self._store.peek, self._incidents, run, action),
            incident=self._incidents.change,
            drill=self._drilled,
            stamp=self._stamp,
            changed=self._views.publish,
            ticked=lambda run: self._margins.tick_in_run(run, self.bookcase.books),
            vault=self._vault,
        )

    def _built_carrying(self) -> Carrying:
        return Carrying(
            self._store,
            self._dispatch,
            self._runner,
            self.clock,
            who=lambda: who_is(self.config),
            alert=self._alert,
            soon=self._on_loop,
            sources=self._sources,
            bookcase=self.bookcase,
            aftermaths=self._aftermaths,
            rounds=self._rounds,
        )

    def adopt(self, config: Config) -> None:
        """Go on with another config."""
        self.config = self.here.config = config
        self.bookcase.adopt(config)

    async def look(self, trap: Trap) -> Looked | Failed:
        """One look with a trap's probe, that changes nothing."""
        return await look_once(trap, self._load_probe, self.here, self.clock, self.here.watches)

    @property
    def can(self) -> frozenset[tuple[str, str]]:
        """(source, capability) for all that is known to be possible; nothing of a source that has never been asked."""
        return self._sources.can | {(name, CHANNEL) for name in self.config.channels}

    def why_not(self, action: Action | type) -> str | None:
        """See `Desk.why_not`."""
        reason = why_not(action, self._views.now(), self.can)
        if reason is None and (isinstance(action, StartMany) or (isinstance(action, Start) and not action.dry_run)):
            book = next((each for each in self._store.peek.runbooks if each.name == action.runbook), None)
            return (self.approving.problem(book) or None) if book is not None else None
        return reason

    def _refuse(self, action: Action) -> None:
        reason = self.why_not(action)
        if reason is not None:
            raise Refused(reason)

    async def _by_step(self, action: Action) -> tuple[Run, ...]:
        """A verb that a runbook's step speaks: runs of their own, as if a person had asked for it."""
        self._refuse(action)
        runs = await self._dispatch.begin(narrowed(action, self._views.now(), self.can))
        return tuple(await asyncio.gather(*map(self._dispatch.carry_out, runs)))

    def _rehearsals(self) -> Rehearsals:
        from .rehearsals import Rehearsals  # deferred: few drill

        return Rehearsals(self.here, self.journal, self.clock, lambda: self.keeper.leads)

    async def _drilled(self, run: Run, action: DrillTrap) -> Run:
        """Begin a drill; it is seen at once, and again when it trips."""
        done = await self._aside.do(lambda: self._rehearsals().begun(run, action))
        if self._loop is not None:
            for delay in (0.0, SIGNS.total_seconds()):
                self._loop.call_later(delay + 0.1, self._sources.nudge, self._sources.local)
        return done

    def _may_approve(self, runbook: str, login: str) -> str:
        """Why the user of this machine with that login may not approve a run of a runbook; "" if they may."""
        view = self._store.peek
        book = next((each for each in view.runbooks if each.name == runbook), None)
        return barred(book, names_of(self.config.people.values(), login), view.rosters) if book is not None else ""

    def _may_write(self) -> bool:
        return not self._views.read_only

    def _alert(self, ref: Ref) -> Alert | None:
        row = self._store.peek.alert(ref)
        return row.alert if row is not None else None

    def _on_call_elsewhere(self) -> tuple[OnCall, ...]:
        """Who is on call by the rosters of other sources, as they last said."""
        return tuple(each for each in self._store.peek.rosters if each.source not in self._sources.local)

    def _trap_changed(self) -> None:
        self._rounds.trap_changed(self._loop)

    def _told(self, snapshot: Snapshot | None) -> None:
        if snapshot is not None:
            if snapshot.source in self._sources.local:
                self.escalator.nudge()
            elif self.here.dated.take(snapshot.source, snapshot.days):
                self._sources.nudge(self._sources.local)
            self._store.observe(snapshot)
            self._dispatch.confirming.observe(snapshot)
        self._views.publish(fresh=snapshot is not None)
        self.on_polled()
        if snapshot is not None:
            self._aftermaths.observe(snapshot, self._alert)

    async def _wind_up(self) -> None:
        self.approving.consent.shut("the cockpit was closed")
        self._dispatch.several.shut("the cockpit was closed")
        self._runner.shut("the cockpit was closed")
        with contextlib.suppress(TimeoutError):  # what does not end will read "outcome unknown"
            await asyncio.wait_for(self._runner.idle(), STOPPING)
        await self._crew.errands_done(SENDING)
        await self._crew.dismiss()
        await self._channels.close()
        await self._sources.close()
        await self._dispatch.logbook.settled(WRITING)
        await self._aftermaths.close(WRITING)
        self._incidents.close()
        self.bookcase.close()
        self.approving.close()
        self._aside.close()

    def _go(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Have something done on the loop, soon. From any thread."""
        self._on_loop(partial(self._crew.go, name, work))

    def _on_loop(self, work: Callable[[], object]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: the engine has ended
                loop.call_soon_threadsafe(work)
