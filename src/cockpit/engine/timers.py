"""Many things to do at many moments, on one heap and one sleeping task."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from itertools import count

from ..provider import Clock

LONGEST_NAP = 5.0
"""Seconds. A sleep may not count the time a machine was suspended: after one, everything is looked at again within this."""


class Timers:
    """Calls what is due, by monotonic time: a wall clock that steps moves nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._nap: asyncio.Task[None] | None = None

    def at(self, when: float, call: Callable[[], None]) -> None:
        """Have ``call`` called at ``when`` (seconds of ``clock.mono()``), or soon if that is past. From the loop's thread only."""
        heapq.heappush(self._heap, (when, next(self._order), call))
        if self._nap is not None and self._heap[0][0] == when:
            self._nap.cancel()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Have ``call`` called in so many seconds."""
        self.at(self._clock.mono() + seconds, call)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            now = self._clock.mono()
            while self._heap and self._heap[0][0] <= now:
                heapq.heappop(self._heap)[2]()
            gap = min(self._heap[0][0] - now, LONGEST_NAP) if self._heap else LONGEST_NAP
            self._nap = asyncio.ensure_future(self._clock.sleep(gap))
            try:
                await asyncio.wait((self._nap,))
            finally:
                self._nap.cancel()
                self._nap = None
