"""A clock that can be driven: stopped, hurried, and set to another moment of the night."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import datetime, timedelta

SLOWEST, FASTEST = 0.25, 60.0
"""Seconds of the night for each real one."""
_WEEK = 7 * 86400.0


class DrivenClock:
    """Implements `provider.Clock` for a night that began at ``base`` (UTC): wall time and monotonic time go on together, ``speed``
    times as fast as real time, and not at all while it is stopped or once it has come to ``length`` seconds. Safe to use from any
    thread; whoever sleeps on it is woken when it is driven, and sleeps on for what is left."""

    def __init__(self, base: datetime, length: float) -> None:
        self._base, self._length = base, length
        self._lock = threading.Lock()
        self._sleepers: set[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = set()
        self._at, self._since = 0.0, time.monotonic()
        self._speed, self._plays = 1.0, True

    @property
    def position(self) -> float:
        """The second of the night."""
        with self._lock:
            return self._now()

    @property
    def speed(self) -> float:
        """How many times as fast as real time it goes when it does."""
        return self._speed

    @property
    def plays(self) -> bool:
        """Whether it goes on by itself: nobody has stopped it."""
        return self._plays

    @property
    def ended(self) -> bool:
        """Whether the night has been told to its end."""
        return self.position >= self._length

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

    def play(self, on: bool) -> None:
        """Let it go on, or stand still."""
        self._drive(plays=on)

    def go_at(self, speed: float) -> float:
        """Let it go so many times as fast as real time, or as near to that as it can; gives it."""
        self._drive(speed=min(max(speed, SLOWEST), FASTEST))
        return self._speed

    def jump(self, position: float) -> None:
        """Set it to a second of the night."""
        self._drive(position=position)

    def _now(self) -> float:
        passed = (time.monotonic() - self._since) * self._speed if self._plays else 0.0
        return min(self._length, self._at + passed)

    def _drive(self, *, position: float | None = None, speed: float | None = None, plays: bool | None = None) -> None:
        with self._lock:
            self._at = self._now() if position is None else min(max(0.0, position), self._length)
            self._since = time.monotonic()
            self._speed = self._speed if speed is None else speed
            self._plays = self._plays if plays is None else plays
            sleepers, self._sleepers = self._sleepers, set()
        for loop, woken in sleepers:
            try:
                loop.call_soon_threadsafe(_wake, woken)
            except RuntimeError:
                continue  # its loop is closed: nobody sleeps there any more


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
