"""What was asked for, carried to its end: what is looked at before and after it, and who answers what it waits for."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from ..core.actions import Reply, Run, Start, StartMany
from ..core.alerts import Alert, Ref
from ..core.asking import Want
from ..provider import Clock
from .aftermaths import Aftermaths
from .bookcase import Bookcase
from .confirming import PATIENCE
from .desk import Refused
from .dispatch import Dispatch
from .rounds import Rounds
from .runner import Runner
from .sources import Sources
from .store import Store

AGAIN = 1.0
"""Seconds between looks at whether a source shows what it was told."""
STOPPING = 20.0
"""Seconds in which runs have to end when the engine stops: their grace, and the kernel's time."""

Answer = Callable[[Want], Awaitable[str | None]]
"""Asks a person what a run waits for; ``None`` ends the run."""


class Carrying:
    """``who`` is the person, ``alert`` gives an alert that is there now, ``soon`` has something done on the engine's
    loop, where all of this belongs."""

    def __init__(
        self,
        store: Store,
        dispatch: Dispatch,
        runner: Runner,
        clock: Clock,
        *,
        who: Callable[[], str],
        alert: Callable[[Ref], Alert | None],
        soon: Callable[[Callable[[], object]], None],
        sources: Sources,
        bookcase: Bookcase,
        aftermaths: Aftermaths,
        rounds: Rounds,
    ) -> None:
        self._store, self._dispatch, self._runner, self._clock = store, dispatch, runner, clock
        self._who, self._alert, self._soon = who, alert, soon
        self._sources, self._bookcase, self._aftermaths, self._rounds = sources, bookcase, aftermaths, rounds
        dispatch.several.carry_part = self.carry_out

    async def carry_out(self, run: Run) -> None:
        """Do what a run is for, and look at what came of it."""
        action = run.action
        if isinstance(action, (Start, StartMany)) and action.runbook in self._bookcase.books:
            await self._rounds.read_library()  # what lies in its file now is compared with what was shown
        if isinstance(action, Start) and action.alert is not None and (book := self._bookcase.runbooks.get(action.runbook)):
            self._aftermaths.begin(run, self._alert(action.alert), book.helps_within)
        run = await self._dispatch.carry_out(run)
        if isinstance(action, Start) and not action.dry_run:
            self._aftermaths.end(run)
            await self._rounds.look_again(action.alert)
            if not self._rounds.lives:
                await self._sources.poll(self._aftermaths.sources, fresh=True)

    async def attend(self, runs: Sequence[Run], follow: Callable[[str], None], answer: Answer | None) -> None:
        """Carry runs out until nothing more will happen to them by itself; ``follow`` and ``answer`` are as for `Works.do`."""
        work = asyncio.gather(*(self.carry_out(run) for run in runs))
        try:
            while not work.done():
                await asyncio.wait({work}, timeout=0.1)
                for run_id in self._with_parts(runs):
                    follow(run_id)
                    if answer is not None:
                        await self._answered(run_id, answer, work)
        except asyncio.CancelledError:
            self._runner.leave_alone()
            for run in runs:
                self._dispatch.end(run.id, "the cockpit was interrupted")
            await asyncio.wait({work}, timeout=STOPPING)
            raise
        await work
        for attempt in range(PATIENCE):
            waiting = {self._dispatch.confirming.awaited(run.id) for run in runs} - {""}
            if waiting:
                await self._clock.sleep(AGAIN if attempt else 0.0)
                await self._sources.poll(waiting, fresh=True)

    def _with_parts(self, runs: Sequence[Run]) -> list[str]:
        """The ids of runs, and of the runs for their targets, where they are for several."""
        wholes = [run.id for run in runs if isinstance(run.action, StartMany)]
        parts = [run.id for run in reversed(self._store.runs) if run.part_of in wholes] if wholes else []
        return [*(run.id for run in runs), *parts]

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
            self._dispatch.end(run_id, f"cancelled by {self._who()}")
        elif said.done():
            with contextlib.suppress(Refused):  # it is over, or has been answered
                self._dispatch.reply(Reply(run_id, run.wants.number, value), self._soon)
        said.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await said
