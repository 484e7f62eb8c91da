"""A clock that tests turn, and waiting for what real threads do while it stands."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count

from cockpit.engine.clock import SystemClock

__all__ = ["TurnedClock", "until"]


class TurnedClock:
    """Begins at the real time (so that other processes' leases can be compared) and stands until it is turned."""

    def __init__(self) -> None:
        self._now = SystemClock().now()
        self._mono = SystemClock().mono()
        self._order = count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._now

    def mono(self) -> float:
        return self._mono

    async def sleep(self, seconds: float) -> None:
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._mono + seconds, next(self._order), woken))
        await woken

    @property
    def sleepers(self) -> int:
        """How many sleep now."""
        return sum(not woken.done() for _, _, woken in self._sleepers)

    def skip(self, seconds: float) -> None:
        """Time passes while nothing runs: a suspended machine."""
        self._now += timedelta(seconds=seconds)
        self._mono += seconds

    def step_wall(self, seconds: float) -> None:
        """Someone sets the wall clock."""
        self._now += timedelta(seconds=seconds)

    async def turn(self, seconds: float, quiet: Callable[[], bool] = lambda: True) -> None:
        """Let time pass, sleeper by sleeper; before each step everything that runs comes to rest, and ``quiet`` holds."""
        end = self._mono + seconds
        while True:
            await _rest(quiet)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end:
                break
            when, _, woken = heapq.heappop(self._sleepers)
            self.skip(max(0.0, when - self._mono))
            woken.set_result(None)
        self.skip(end - self._mono)
        await _rest(quiet)


async def _rest(quiet: Callable[[], bool]) -> None:
    await until(quiet, "quiet")
    for _ in range(20):  # what a thread has just handed over passes through the loop
        await asyncio.sleep(0)
    await until(quiet, "quiet")


async def until(condition: Callable[[], object], what: str = "the condition", within: float = 20.0) -> None:
    """Wait, in real time, until the condition is true; `TimeoutError` that names ``what``."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come within {within} s")
        await asyncio.sleep(0.002)
