"""Writes of which there are many."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from ..provider import ProviderError

T = TypeVar("T")
_AT_ONCE = 4
"""Writes that are under way at the same time."""


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
