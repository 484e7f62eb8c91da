"""Waiting for a condition: in a coroutine, and in a plain test beside threads. Never for a fixed time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["until", "wait"]


async def until(condition: Callable[[], object], what: str = "it", seconds: float = 10.0) -> None:
    """Let the loop work until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about within {seconds} s"
        await asyncio.sleep(0.002)


def wait(condition: Callable[[], object], what: str = "it", seconds: float = 10.0) -> None:
    """Let the other threads work until the condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"{what} did not come about within {seconds} s"
        time.sleep(0.002)
