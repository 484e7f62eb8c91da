"""What the keeper has seen and the journal has not been told yet."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from functools import partial

from ..core.traps import Watch
from ..provider import Clock
from .aside import Aside
from .journal import Journal, JournalError, Kept
from .timers import Timers

GATHER = 1.0
"""Seconds for which looks are gathered into one transaction. What changes a trap's state is written at once."""

MOST = 2000
"""Looks kept to be written later while the journal cannot be written; the oldest go first."""


class Backlog:
    """Writes looks down in batches, aside, and tries again (see `nudge`) where that failed. ``written`` is told what the journal
    knows of the traps after a batch: people may have rested some meanwhile, in whatever process."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        timers: Timers,
        aside: Aside,
        spawn: Callable[[Coroutine[object, object, None]], None],
        written: Callable[[Mapping[str, Watch]], None],
    ) -> None:
        self._journal, self._clock, self._timers, self._aside = journal, clock, timers, aside
        self._spawn, self._written = spawn, written
        self._looks: list[Kept] = []
        self._at: float | None = None
        self._busy = False

    def add(self, look: Kept) -> None:
        """Have it written: within a second, at once if something happened by it."""
        self._looks.append(look)
        del self._looks[:-MOST]
        self._within(0.0 if look.happened else GATHER)

    def nudge(self) -> None:
        """Try again what could not be written."""
        if self._looks:
            self._within(0.0)

    def clear(self) -> None:
        """Forget it: another process looks now, and knows better."""
        self._looks.clear()

    async def write(self) -> None:
        """Write what there is now. The journal's ``problem`` says it where that fails; it is kept then."""
        if self._busy or not self._looks:
            return
        batch, self._looks = self._looks, []
        self._busy = True
        try:
            known = await self._aside.do(partial(self._journal.keep, batch))
        except JournalError:
            self._looks[:0] = batch
            del self._looks[:-MOST]
            return
        finally:
            self._busy = False
        self._written(known)
        if self._looks:
            self._within(0.0)

    def _within(self, seconds: float) -> None:
        when = self._clock.mono() + seconds
        if self._at is None or when < self._at:
            self._at = when
            self._timers.at(when, partial(self._due, when))

    def _due(self, when: float) -> None:
        if self._at == when:
            self._at = None
            self._spawn(self.write())
