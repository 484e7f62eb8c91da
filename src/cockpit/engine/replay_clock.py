"""The clock of a replay: it shows the recorded moment, at any speed, and stands still where it is told to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import datetime

from ..core.recorded import Header

SLOWEST, FASTEST = 0.01, 1000.0
"""Speeds, in recorded seconds for each real one."""


class ReplayClock:
    """A `provider.Clock` over the time of a recording from ``first`` to ``length``, in seconds. ``real`` counts real
    seconds. Safe from any thread."""

    def __init__(self, header: Header, first: float, length: float, real: Callable[[], float] = time.monotonic) -> None:
        self._header, self._first, self._length, self._real = header, first, length, real
        self._lock = threading.Lock()
        self._from, self._since = first, real()
        self._speed, self._plays = 1.0, True

    @property
    def position(self) -> float:
        """Seconds since the recording's beginning."""
        with self._lock:
            return self._now()

    @property
    def speed(self) -> float:
        """Recorded seconds for each real one."""
        return self._speed

    @property
    def plays(self) -> bool:
        """Whether it goes on by itself."""
        return self._plays

    @property
    def ended(self) -> bool:
        """Whether it stands at the end."""
        return self.position >= self._length

    def now(self) -> datetime:
        """The recorded wall time, UTC."""
        return self._header.at(self.position)

    def mono(self) -> float:
        """The recorded monotonic time, in seconds. Where somebody goes back in the recording, so does this."""
        return self._header.mono + self.position

    async def sleep(self, seconds: float) -> None:
        """Wait for real seconds."""
        await asyncio.sleep(seconds)

    def jump(self, position: float) -> None:
        """Stand at this position, or as near to it as there is anything."""
        with self._lock:
            self._from, self._since = min(max(self._first, position), self._length), self._real()

    def play(self, on: bool) -> None:
        """Go on, or stand still."""
        with self._lock:
            self._from, self._since, self._plays = self._now(), self._real(), on

    def go_at(self, speed: float) -> float:
        """Go on at this speed, or as near to it as can be; gives it."""
        with self._lock:
            self._from, self._since = self._now(), self._real()
            self._speed = min(max(speed, SLOWEST), FASTEST)
            return self._speed

    def cut(self, length: float) -> None:
        """There is nothing after this position."""
        with self._lock:
            self._from, self._since, self._length = min(self._now(), length), self._real(), length

    def _now(self) -> float:
        gone = (self._real() - self._since) * self._speed if self._plays else 0.0
        return min(self._from + gone, self._length)
