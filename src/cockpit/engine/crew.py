"""The engine's background work: a fault of ours in one part stops neither the others nor, for long, itself, and is never unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from ..core.text import clean
from ..provider import Clock
from .failures import said

RESTART = 5.0
"""Seconds until a part that failed is started again."""
PROVEN = 10 * RESTART
"""Seconds that a part has to go on for after that, until it counts as one that works."""


class Crew:
    """Tasks of one loop. ``trouble`` has a sentence for each part that failed and has not worked since."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()
        self._errands: set[asyncio.Task[None]] = set()
        self.trouble: dict[str, str] = {}

    def keep(self, name: str, work: Callable[[], Awaitable[object]]) -> asyncio.Task[None]:
        """Have ``work`` done, again after `RESTART` seconds if it fails. ``name`` is the person's word for it."""

        async def again() -> None:
            while True:
                proof = self._begun(self._prove(name)) if name in self.trouble else None
                try:
                    await work()
                except Exception as error:  # noqa: BLE001  # whatever it is: it is told, and the rest goes on
                    self._failed(name, error)
                else:
                    self.trouble.pop(name, None)
                    return
                finally:
                    if proof is not None:
                        proof.cancel()
                await self._clock.sleep(RESTART)

        return self._begun(again())

    def go(self, name: str, work: Callable[[], Awaitable[object]], *, errand: bool = False) -> asyncio.Task[None]:
        """Have ``work`` done once. An ``errand`` is what a person asked for: see `errands_done`."""

        async def once() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001  # as above
                self._failed(name, error)
            else:
                self.trouble.pop(name, None)

        task = self._begun(once())
        if errand:
            self._errands.add(task)
            task.add_done_callback(self._errands.discard)
        return task

    async def errands_done(self, patience: float) -> None:
        """Wait until what people asked for is done, ``patience`` seconds at most."""
        if self._errands:
            await asyncio.wait(set(self._errands), timeout=patience)

    async def _prove(self, name: str) -> None:
        """It has failed, and goes on again: once it has done so for long enough, there is no trouble with it any more."""
        await self._clock.sleep(PROVEN)
        self.trouble.pop(name, None)

    def heard(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Take down what the loop itself has to complain of: its exception handler."""
        error = context.get("exception")
        what = str(context.get("message", "something")) + (f" ({type(error).__name__}: {error})" if error else "")
        self.trouble["loop"] = f"a bug in the cockpit: {clean(what)}"

    def _failed(self, name: str, error: Exception) -> None:
        self.trouble[name] = f"a bug in the cockpit: {name} failed with {type(error).__name__}: {said(error)}"

    def _begun(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def dismiss(self, patience: float = 5.0) -> None:
        """Cancel all, and wait ``patience`` seconds for them to be done."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=patience)
