"""Questions that are asked once for several who wait, and several that are asked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class InFlight(Generic[T]):
    """A look at the cluster that several ask for at once is made once; it is dropped when nobody waits for it any more."""

    def __init__(self, look: Callable[[], Awaitable[T]]) -> None:
        self._look = look
        self._task: asyncio.Future[T] | None = None
        self._waiting: dict[asyncio.Future[T], int] = {}

    async def join(self) -> T:
        """What is seen: by the look that is under way, or by one that begins now."""
        task = self._task
        if task is None or task.done():
            task = self._task = asyncio.ensure_future(self._look())
        self._waiting[task] = self._waiting.get(task, 0) + 1
        try:
            return await asyncio.shield(task)
        finally:
            self._waiting[task] -= 1
            if not self._waiting[task]:
                del self._waiting[task]
                if not task.done():
                    self._task = None  # whoever comes while it ends begins another
                    task.cancel()
                    await asyncio.wait({task})


async def together(asked: Sequence[Awaitable[T]]) -> list[T]:
    """All of them at once, or the first error; none goes on after that."""
    tasks = [asyncio.ensure_future(each) for each in asked]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
