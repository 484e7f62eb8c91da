"""A thread for work that may block on the disk, so that the loop does not."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

from ..awaited import awaited

T = TypeVar("T")


class Aside:
    """Does one piece of work after the other in a daemon thread of its own: a disk that never answers holds up no exit."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._work: queue.SimpleQueue[Callable[[], None] | None] | None = None

    async def do(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, or its error, once its turn has come. Work that nobody waits for any more is done all the same."""
        done, carry_out = awaited(work)
        self.put(carry_out)
        return await done

    def put(self, work: Callable[[], None]) -> None:
        """Have ``work``, which raises nothing, done in its turn. From any thread; nobody waits."""
        with self._lock:
            if self._work is None:
                self._work = queue.SimpleQueue()
                threading.Thread(target=_carry_out, args=(self._work,), name=self._name, daemon=True).start()
            self._work.put(work)

    async def drained(self) -> None:
        """Wait until all that it has been given is done."""
        if self._work is not None:
            await self.do(lambda: None)

    def close(self) -> None:
        """End the thread after what it has been given. More work gets another one."""
        with self._lock:
            if self._work is not None:
                self._work.put(None)
                self._work = None


def _carry_out(work: queue.SimpleQueue[Callable[[], None] | None]) -> None:
    while (each := work.get()) is not None:
        each()
