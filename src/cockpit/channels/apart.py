"""Work that blocks, in a thread of its own that holds up nobody: neither the loop nor the end of the program."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


def apart(work: Callable[[], T], name: str) -> asyncio.Future[T]:
    """What ``work`` gives, or its error. The thread is a daemon: ``asyncio.to_thread`` would be waited for at exit, however long a
    far side takes. Work that nobody waits for any more goes on."""
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

    threading.Thread(target=carry_out, name=name, daemon=True).start()
    return done
