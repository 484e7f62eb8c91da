"""When traps, sources and runbooks are looked at again: because somebody waits for that, or something has just happened to them."""

from __future__ import annotations

import asyncio

from ..core.alerts import Ref
from ..core.traps import seen
from ..provider import Clock
from .approving import Approving
from .bookcase import Bookcase
from .crew import Crew
from .keeper import Keeper
from .machine import Here
from .sources import Sources
from .store import Store
from .views import Views

GATHER = 1.0
"""Seconds for which what the keeper finds is gathered before this machine's own source is asked again."""


class Rounds:
    """``lives`` says whether the keeper and the sources are at work by themselves. Belongs to the engine's loop."""

    def __init__(
        self,
        clock: Clock,
        here: Here,
        store: Store,
        *,
        keeper: Keeper,
        sources: Sources,
        approving: Approving,
        bookcase: Bookcase,
        views: Views,
        crew: Crew,
    ) -> None:
        self._clock, self._here, self._store = clock, here, store
        self._keeper, self._sources, self._approving = keeper, sources, approving
        self._bookcase, self._views, self._crew = bookcase, views, crew
        self._trap_news = False
        self._asked_local = -GATHER
        self.lives = False

    async def once(self, *, look: bool = True) -> None:
        """Look at all traps (unless another process keeps them, or not ``look``), and ask every source once."""

        async def this_machine() -> None:
            if look:
                await self._keeper.once()
            await self._sources.poll(self._sources.local)

        others = [health.source for health in self._sources.health() if health.source not in self._sources.local]
        people = self._here.people
        await asyncio.gather(this_machine(), self._sources.poll(others))
        if self._here.people != people:  # by what others know of days
            await self._sources.poll(self._sources.local)
        await self._approving.listen()
        self._views.publish()

    async def read_library(self) -> None:
        """Look at the directories of runbooks."""
        if await self._bookcase.look():
            self._views.publish()

    def look_around(self) -> None:
        """Have every trap looked at, and every source asked, now."""
        self._keeper.look_all()
        self._sources.nudge()

    def look_for_step(self) -> None:
        """The same, for a step of a runbook that waits for what is seen then."""
        if self.lives:
            self.look_around()
        else:
            self._crew.go("looking for what a runbook waits for", self.once)

    async def look_again(self, alert: Ref | None) -> None:
        """After a runbook the alert's trap is looked at and its source is asked, so that one sees whether it helped."""
        row = self._store.peek.alert(alert) if alert is not None else None
        trap = row.alert.trap if row is not None else ""
        if not self.lives and trap in self._here.config.traps:
            await self._keeper.once([trap])
        elif self._keeper.leads and trap in self._here.config.traps:
            await self._keeper.look_now(trap)
        else:
            self._keeper.look_all()
        self._sources.nudge({*self._sources.local, *([alert.source] if alert is not None else [])})

    def trap_changed(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Ask this machine's own source soon; the looks of one second are gathered, for there may be many."""
        now = self._clock.mono()
        if loop is None or now - self._asked_local < GATHER:
            self._trap_news = True
            return
        self._asked_local = now
        loop.call_later(0.1, self._sources.nudge, self._sources.local)

    def catch_up(self) -> None:
        """Ask this machine's own source for what has been gathered; and for looks that another process may have made since it was
        asked, before a trap is blind for want of them."""
        if self._trap_news or self._awaits_look():
            self._trap_news = False
            self._sources.nudge(self._sources.local)

    def _awaits_look(self) -> bool:
        now, told = self._clock.now(), (self._store.snapshot(name) for name in self._sources.local)
        return any(
            seen(view.trap, view.watch, now).state is not seen(view.trap, view.watch, now, said.asked_at).state
            for said in told
            if said is not None
            for view in said.traps or ()
        )
