"""The real clock; everything else takes time from a `provider.Clock`, so that tests can turn it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

# counts through a suspended night where the system can (Linux); elsewhere the nearest thing
_MONO: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """This machine's time: wall time in UTC, and seconds that never step, suspend included where the system counts it.

    ``mono`` counts from the machine's start, so it can be compared between processes of one boot.
    """

    def now(self) -> datetime:
        """The wall time, aware, UTC."""
        return datetime.now(UTC)

    def mono(self) -> float:
        """Seconds since the machine started (``CLOCK_BOOTTIME``, else ``CLOCK_MONOTONIC``)."""
        return time.clock_gettime(_MONO)

    async def sleep(self, seconds: float) -> None:
        """Wait. A suspended machine may make it longer, never shorter."""
        import asyncio  # deferred: listings that only read the journal have no loop, and it costs their start

        await asyncio.sleep(seconds)
