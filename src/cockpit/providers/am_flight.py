"""Questions that are asked once for several who wait, and writes of which there are many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ..provider import ProviderError

T = TypeVar("T")
_AT_ONCE = 4
"""Writes that are under way at the same time."""


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
                    task.cancel()
                    await asyncio.wait({task})


async def several(posts: Sequence[Callable[[], Awaitable[T]]], done: str) -> list[T]:
    """All of them, a few at a time; what failed is raised when all have been tried, with how many were done."""
    places = asyncio.Semaphore(_AT_ONCE)

    async def one(post: Callable[[], Awaitable[T]]) -> T:
        async with places:
            return await post()

    results = await asyncio.gather(*(one(post) for post in posts), return_exceptions=True)
    errors = [each for each in results if isinstance(each, BaseException)]
    good = [each for each in results if not isinstance(each, BaseException)]
    if not errors:
        return good
    if good and isinstance(errors[0], ProviderError):
        raise type(errors[0])(f"{len(good)} of {len(posts)} silences were made, so some are {done}: {errors[0]}")
    raise errors[0]
