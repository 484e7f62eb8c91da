"""A verb that a source is told: sent once, and what came of that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import msgspec

from ..core.actions import OURS, Ack, AddressWanted, Run, RunState, Unack
from ..core.alerts import Ref
from ..core.text import clean
from ..provider import Clock, Nameless
from . import verbs
from .confirming import Confirming
from .logbook import Logbook
from .source import Source
from .store import Store
from .telling import Outcome, tell, tell_many


class Sending:
    """``source`` finds a source by name. Belongs to the engine's loop."""

    def __init__(
        self,
        store: Store,
        logbook: Logbook,
        confirming: Confirming,
        clock: Clock,
        *,
        source: Callable[[str], Source | None],
        stamp: Callable[[], float],
    ) -> None:
        self._store, self._logbook, self._confirming, self._clock = store, logbook, confirming, clock
        self._source, self._stamp = source, stamp

    async def carry_out(self, run: Run) -> Run:
        """Tell the source. Gives the run as it stands then."""
        if isinstance(run.action, OURS):
            raise TypeError(f"{run.what} is not done by a provider")
        name = verbs.by_source(run.action)[0][0]
        source = self._source(name)
        if source is None:
            return await self._logbook.settle(
                msgspec.structs.replace(run, state=RunState.FAILED, reason=f"there is no source {name}")
            )
        try:
            outcome = await self._told(source, run)
        except asyncio.CancelledError:
            reason = f"the cockpit was closed while {name} was being told"
            run = msgspec.structs.replace(run, state=RunState.UNCERTAIN, reason=reason, settled_mono=self._stamp())
            self._logbook.soon(run)
            raise
        after = self._stamp()
        run = msgspec.structs.replace(
            self._store.run(run.id) or run,
            state=outcome.state,
            reason=outcome.reason,
            settled_mono=after,
            seconds=(self._clock.now() - run.at).total_seconds(),
            address_wanted=AddressWanted(name, clean(outcome.error.wants, 200)) if isinstance(outcome.error, Nameless) else None,
        )
        if outcome.state in (RunState.ACCEPTED, RunState.UNCERTAIN):
            self._confirming.expect(run.id, name, outcome.result)
        await self._logbook.settle(run)
        source.nudge()
        return run

    async def _told(self, source: Source, run: Run) -> Outcome:
        """Have it done, and say how far it is where it is for many."""
        action = run.action
        if isinstance(action, OURS):
            raise TypeError(f"{run.what} is not done by a provider")
        if not isinstance(action, (Ack, Unack)) or len(action.refs) < 2:
            return await tell(source, verbs.call(action, run.who))

        def told(done: int) -> None:
            self._logbook.show(msgspec.structs.replace(self._store.run(run.id) or run, done=done))

        async def still(refs: Sequence[Ref]) -> tuple[Ref, ...]:
            await source.poll()
            snapshot = self._store.snapshot(source.name)
            there = {alert.ref for alert in (snapshot.alerts if snapshot is not None else None) or ()}
            return tuple(ref for ref in refs if ref in there)

        return await tell_many(source, verbs.alike_together(action, self._store.peek), run.who, still, told)
