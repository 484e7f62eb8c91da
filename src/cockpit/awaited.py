"""Work of a thread that a loop waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def awaited(work: Callable[[], T]) -> tuple[asyncio.Future[T], Callable[[], None]]:
    """What this loop waits for, and what a thread is to call, once: that does ``work``, raises nothing, and gives the result, or
    the error, to the one who waits. Work that nobody waits for any more is done all the same."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def deliver(result: T | None, error: Exception | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
            done.exception()  # whoever has gone away meanwhile need not hear of it
        else:
            done.set_result(result)  # type: ignore[arg-type]  # None only where T is None, or with an error

    def carry_out() -> None:
        result, failed = None, None
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  # it is handed to the one who waits
            failed = error
        with suppress(RuntimeError):  # the loop is closed: nobody waits
            loop.call_soon_threadsafe(deliver, result, failed)

    return done, carry_out
