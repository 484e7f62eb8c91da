"""A provider asked on a loop of its own, and closed after it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

P = TypeVar("P")
T = TypeVar("T")


def asked(provider: P, work: Callable[[P], Awaitable[T]]) -> T:
    """What comes of the work."""
    closing: Any = provider

    async def closed() -> T:
        try:
            return await work(provider)
        finally:
            await closing.close()

    return asyncio.run(closed())


async def to_the_end(provider: Any, execution: str, looks: int = 50) -> tuple[list[str], Any]:
    """(all its lines, its last progress)."""
    lines: list[str] = []
    at = ""
    for _ in range(looks):
        progress = await provider.follow_run(execution, at)
        lines += progress.lines
        if progress.over:
            return lines, progress
        at = progress.at
    raise AssertionError(f"after {looks} looks it is {progress.state.value}, and not over")
