"""What is written down of runs, and of what sources keep up: in order, and aside, so that a silent disk stops nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from ..core.actions import OURS, Run
from ..provider import Clock
from . import verbs
from .aside import Aside
from .journal import Journal, JournalError
from .store import Store

if TYPE_CHECKING:
    from ..core.ways_back import WayBack

PATIENCE = 2.0
"""Real seconds for which a run waits until what would take it back is written down."""


class Logbook:
    """``who`` is the person, ``real`` who the system says it is; ``changed`` is called on the loop after every change of a run.
    `soon`, `note_soon` and `record_soon` may be called from any thread, the rest belongs to the engine's loop."""

    def __init__(
        self, store: Store, journal: Journal, clock: Clock, *, who: str, real: Mapping[str, str], changed: Callable[[], None]
    ) -> None:
        self._store, self._journal, self._clock, self._changed = store, journal, clock, changed
        self._who, self.real = who, dict(real)
        self.aside = Aside("journal of runs")

    async def keep(self, run: Run) -> None:
        """Show a run, and write it down. Raises `JournalError` where that cannot be."""
        self._store.put_run(run)
        await self.aside.do(lambda: self._journal.put_run(run))
        self._changed()

    async def settle(self, run: Run) -> Run:
        """Keep what became of a run. Where that cannot be written the screen says so (the journal's ``problem``), and the next
        cockpit will read "outcome unknown", which is then the truth."""
        self._store.put_run(run)
        await self.aside.do(lambda: self._write(run))
        self._changed()
        return run

    def show(self, run: Run) -> None:
        """Show how far a run is; that is not written down."""
        self._store.put_run(run)
        self._changed()

    def progress(self, run_id: str, text: str) -> None:
        """Show what a run that goes on says of how far it is."""
        run = self._store.run(run_id)
        if run is not None and not run.state.settled:
            self.show(msgspec.structs.replace(run, reason=text))

    def soon(self, run: Run) -> None:
        """Keep what became of a run; it is shown with the next view, and written down in its turn."""
        self._store.put_run(run)
        self.aside.put(lambda: self._write(run))

    def note_soon(self, kind: str, run: Run) -> None:
        """Have written down that something happened to a run, in its turn."""
        self.aside.put(lambda: self.note(kind, run))

    def record_soon(self, kind: str, run: Run, data: Mapping[str, object]) -> None:
        """The same, with what is to be told of it."""
        self.aside.put(lambda: self._record(kind, run, data))

    def keep_way_back_soon(self, run_id: str, way: WayBack) -> None:
        """Have written down, in its turn, what takes a run back."""
        self.aside.put(partial(self._keep_way_back, run_id, way))

    async def keep_way_back(self, run_id: str, way: WayBack) -> None:
        """The same, and wait for it, `PATIENCE` seconds at most: a disk that does not answer ends no run."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await self.aside.do(partial(self._keep_way_back, run_id, way))

    def _keep_way_back(self, run_id: str, way: WayBack) -> None:
        with suppress(JournalError):  # the journal's `problem` tells; this cockpit knows it all the same
            self._journal.keep_way_back(run_id, way, who=self._who, at=self._clock.now())

    async def take_back(self, run_id: str, *, by: str, after: str) -> None:
        """Write down that a run is being taken back. Raises `JournalError`, and `cockpit.provider.Conflict` where that may not be;
        see `Journal.take_back`."""
        await self.aside.do(lambda: self._journal.take_back(run_id, by=by, after=after, who=self._who, at=self._clock.now()))

    async def settled(self, patience: float) -> None:
        """Wait until what became of runs is written down, ``patience`` seconds at most."""
        with suppress(TimeoutError):  # then the next cockpit will read "outcome unknown"
            async with asyncio.timeout(patience):
                await self.aside.drained()
        self.aside.close()

    def _write(self, run: Run) -> None:
        with suppress(JournalError):  # the journal's own `problem` tells
            self._journal.put_run(run)
            if run.state.settled:
                self.note("run.ended", run)

    def note(self, kind: str, run: Run) -> None:
        """Write down that something happened to a run. May block on the disk."""
        data = {"run": run.id, "what": run.what, "state": run.state.value, "reason": run.reason, **self.real}
        if run.exit_code is not None:
            data["exit_code"] = str(run.exit_code)
        if run.drill:
            data["drill"] = "true"
        self._record(kind, run, data)

    def kept(self, source: str, done: Sequence[str]) -> None:
        """Write down what a source's provider did by itself to keep up what people began."""
        for each in done:
            with suppress(JournalError):  # the journal's `problem` is in every view
                self._journal.record("source.kept", at=self._clock.now(), who="", source=source, subject=each, data={})

    def _record(self, kind: str, run: Run, data: Mapping[str, object]) -> None:
        source = "" if isinstance(run.action, OURS) else verbs.by_source(run.action)[0][0]
        with suppress(JournalError):  # the run itself is written; the journal's own `problem` tells the rest
            self._journal.record(kind, at=self._clock.now(), who=self._who, source=source, subject=run.target, data=data)
