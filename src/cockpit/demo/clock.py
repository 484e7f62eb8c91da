"""A clock that can be driven: stopped, hurried, and set to another moment of the night."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from ..engine.driven_time import DrivenTime

SLOWEST, FASTEST = 0.25, 60.0
"""Seconds of the night for each real one."""
_WEEK = 7 * 86400.0


class DrivenClock(DrivenTime):
    """Implements `provider.Clock` for a night that began at ``base`` (UTC): wall time and monotonic time go on together, ``speed``
    times as fast as real time, and not at all while it is stopped or once it has come to ``length`` seconds. Safe to use from any
    thread; whoever sleeps on it is woken when it is driven, and sleeps on for what is left."""

    def __init__(self, base: datetime, length: float) -> None:
        super().__init__(0.0, length, (SLOWEST, FASTEST))
        self._base = base
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()

    def now(self) -> datetime:
        """The wall time of the night, UTC."""
        return self._base + timedelta(seconds=self.position)

    def mono(self) -> float:
        """Seconds that step only when the clock is set; a week of them before the night began, so that nothing is older."""
        return self.position + _WEEK

    async def sleep(self, seconds: float) -> None:
        """Wait until so many seconds of the night have passed."""
        until = self.mono() + seconds
        loop = asyncio.get_running_loop()
        while (left := until - self.mono()) > 1e-6:
            woken: asyncio.Future[None] = loop.create_future()
            sleeper = (loop, woken)
            with self._lock:
                self._sleepers.add(sleeper)
                goes = self._plays and self._now() < self._length
                patience = left / self._speed if goes else None
            try:
                async with asyncio.timeout(patience):
                    await woken
            except TimeoutError:
                continue
            finally:
                with self._lock:
                    self._sleepers.discard(sleeper)
        await asyncio.sleep(0)

    def driven(self) -> None:
        """Wake all who sleep: they see for themselves what is left."""
        with self._lock:
            sleepers, self._sleepers = self._sleepers, set()
        for loop, woken in sleepers:
            try:
                loop.call_soon_threadsafe(_wake, woken)
            except RuntimeError:
                continue  # its loop is closed: nobody sleeps there any more


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
