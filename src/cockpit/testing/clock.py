"""A clock that stands still until a test turns it."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)


class FakeClock:
    """`provider.Clock` for tests; may be read, slept on and turned from several threads and loops at once."""

    def __init__(self, start: datetime = START, mono: float = 1000.0) -> None:
        self._lock = threading.Lock()
        self._now = start
        self._mono = mono
        self._sleepers: list[tuple[float, asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        """The wall time, UTC."""
        return self._now

    def mono(self) -> float:
        """Seconds that never step."""
        return self._mono

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been turned that far."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        with self._lock:
            sleeper = (self._mono + seconds, loop, woken)
            self._sleepers.append(sleeper)
        try:
            await woken
        finally:
            with self._lock, contextlib.suppress(ValueError):  # `advance` took it out already
                self._sleepers.remove(sleeper)

    def advance(self, seconds: float) -> None:
        """Turn both times on, and wake whoever's time has come."""
        with self._lock:
            self._mono += seconds
            self._now += timedelta(seconds=seconds)
            due = [each for each in self._sleepers if each[0] <= self._mono + 1e-9]
            self._sleepers = [each for each in self._sleepers if each[0] > self._mono + 1e-9]
        for _, loop, woken in sorted(due, key=lambda each: each[0]):
            with contextlib.suppress(RuntimeError):  # its loop is closed
                loop.call_soon_threadsafe(_wake, woken)

    def step_wall(self, seconds: float) -> None:
        """Set the wall clock forward or back, as somebody might; monotonic time does not move."""
        with self._lock:
            self._now += timedelta(seconds=seconds)

    @property
    def sleeping(self) -> int:
        """How many wait for this clock."""
        with self._lock:
            return len(self._sleepers)

    @property
    def waits(self) -> tuple[float, ...]:
        """For how many seconds more each of those sleeps, the shortest first."""
        with self._lock:
            return tuple(sorted(until - self._mono for until, _, _ in self._sleepers))

    def advance_until(
        self, condition: Callable[[], object], *, step: float = 1.0, limit: float = 3600.0, patience: float = 60.0
    ) -> None:
        """Turn it in steps until the condition holds; other threads do their work in between. Once ``limit`` seconds have been
        turned it stands still, so that who is slow catches up; `TimeoutError` once ``patience`` real seconds have passed."""
        end, turned = time.monotonic() + patience, 0.0
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"it did not come about within {turned:g} s of the clock and {patience:g} real ones")
            if turned < limit:
                self.advance(step)
                turned += step
            _let_others_work(condition)


def _let_others_work(condition: Callable[[], object]) -> None:
    until = time.monotonic() + 0.03
    while time.monotonic() < until and not condition():
        time.sleep(0.001)


def _wake(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)
