"""Whether the wall clock can be believed enough to drop by it what is old: one that jumped ahead makes everything old at once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

from ..core.alerts import LOCAL
from ..core.retention import Retention
from ..provider import Clock
from .aside import Aside
from .journal import Journal, JournalError

JUMP = 3600.0
"""Seconds by which the wall clock may part from monotonic time, suspension included, and still count as in step."""
GAP = timedelta(days=1)
"""A journal with nothing newer than this was left alone for long, or the clock is ahead: nobody can tell which."""
WAIT = 86400.0
"""Seconds of monotonic time in step after which the clock is believed again: time for a person or for NTP to set it right."""

PAUSED, RESUMED = "retention.paused", "retention.resumed"
"""Kinds of entries: the keeper of that ``pid`` drops nothing any more, for it does not believe the clock; and does again."""


class InStep:
    """The wall clock beside monotonic time, from now on. ``jump``: the seconds by which they may part."""

    def __init__(self, clock: Clock, jump: float = JUMP) -> None:
        self._clock, self._jump = clock, jump
        self._wall, self._mono = clock.now(), clock.mono()
        self._believed_at = self._mono

    def seen(self, newest: Iterable[datetime | None]) -> None:
        """These are the newest looks that the journal has, before this process adds its own."""
        last = max(filter(None, newest), default=None)
        if last is not None and self._clock.now() - last > GAP:
            self._doubt()

    def believed(self) -> bool:
        """Whether it is, now. Call it often: between two calls a jump ahead and one back are not seen."""
        wall, mono = self._clock.now(), self._clock.mono()
        if abs((wall - self._wall).total_seconds() - (mono - self._mono)) > self._jump:
            self._doubt()
        return mono >= self._believed_at

    def _doubt(self) -> None:
        self._wall, self._mono = self._clock.now(), self._clock.mono()
        self._believed_at = self._mono + WAIT


class Thinner(InStep):
    """Thins the ``journal`` for as long as the clock is believed, and writes down when it ceases to, for `cockpit doctor`, which
    has no other way to know; ``aside`` is where it may block."""

    def __init__(self, clock: Clock, journal: Journal, aside: Aside, pid: int) -> None:
        super().__init__(clock)
        self._journal, self._aside, self._pid = journal, aside, pid
        self._thins = True

    async def thin(self, believed: bool, retention: Retention) -> None:
        """Do a little of it, unless the clock is not ``believed``. Belongs to the keeper's loop."""
        now = self._clock.now()
        with suppress(JournalError):  # the journal's `problem` says it; old readings can wait
            if believed is not self._thins:
                kind = RESUMED if believed else PAUSED
                await self._aside.do(partial(self._journal.record, kind, at=now, source=LOCAL, data={"pid": self._pid}))
                self._thins = believed
            if believed:
                await self._aside.do(partial(self._journal.thin, now, retention))
