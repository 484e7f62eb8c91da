"""The clock of a replay: it shows the recorded moment, at any speed, and stands still where it is told to."""

from __future__ import annotations

import asyncio
from datetime import datetime

from ..core.recorded import Header
from .driven_time import DrivenTime

SLOWEST, FASTEST = 0.01, 1000.0
"""Speeds, in recorded seconds for each real one."""


class ReplayClock(DrivenTime):
    """A `provider.Clock` over the time of a recording from ``first`` to ``length``, in seconds. Safe from any thread."""

    def __init__(self, header: Header, first: float, length: float) -> None:
        super().__init__(first, length, (SLOWEST, FASTEST))
        self._header = header

    def now(self) -> datetime:
        """The recorded wall time, UTC."""
        return self._header.at(self.position)

    def mono(self) -> float:
        """The recorded monotonic time, in seconds. Where somebody goes back in the recording, so does this."""
        return self._header.mono + self.position

    async def sleep(self, seconds: float) -> None:
        """Wait for real seconds."""
        await asyncio.sleep(seconds)
