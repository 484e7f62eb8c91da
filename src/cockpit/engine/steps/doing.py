"""What the doing of a step is given, and what it is to the runner."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from ...core.actions import RunState
from ..aside import Aside
from ..spool import Spool

DISK = 2.0
"""Real seconds that what we write ourselves waits for the disk."""
_ASKERS = ("SSH_ASKPASS", "SUDO_ASKPASS", "GIT_ASKPASS", "SSH_ASKPASS_REQUIRE")
T = TypeVar("T")


class Outcome(msgspec.Struct, frozen=True):
    """How a run or a step ended. ``exit_code`` is that of the step that failed, or of the last; ``None`` where none ended by
    itself. The ``reason`` of a step goes on after its name: "ended with status 3"."""

    state: RunState
    exit_code: int | None
    seconds: float
    reason: str = ""


class Going:
    """A run under way: where its output goes, what ends it, and why."""

    spool: Spool
    given_up = False

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self._aside = Aside(f"output of {run_id}")
        self.ending = asyncio.Event()
        self.why = ""

    async def write(self, work: Callable[[], T], patience: float | None = None) -> T:
        """Have something done to the file, in turn: a disk that does not answer holds up this run alone. `TimeoutError` after
        ``patience`` seconds; it is done all the same once the disk answers."""
        async with asyncio.timeout(patience):
            return await self._aside.do(work)

    async def say(self, line: str) -> None:
        """Add a line of our own to the output."""
        with contextlib.suppress(TimeoutError):  # it will stand there once the disk answers
            await self.write(partial(self.spool.say, line), DISK)

    async def feed(self, data: bytes) -> None:
        """Add what a step printed to the output."""
        await self.write(partial(self.spool.feed, data))

    def close(self, spool: Spool | None) -> None:
        """No more is written."""
        if spool is not None:
            self._aside.put(spool.close)  # however it ended; a second time it does nothing
        self._aside.close()

    def end(self, why: str) -> None:
        """The run is to end; the first reason stays."""
        self.why = self.why or why
        self.ending.set()


class Doing(msgspec.Struct, frozen=True):
    """What a step that is being done may use. ``hidden`` names the environment variables that nothing gets; ``seconds`` is how long
    it may take in all, ``grace`` how long (seconds) what it began may take to end when it is asked to."""

    going: Going
    runbook: str
    hidden: Collection[str]
    grace: float
    seconds: float

    def environment(self, own: Mapping[str, str]) -> Mapping[str, str]:
        """The cockpit's own, without the secrets its config refers to, and without what would ask for a password in a window."""
        inherited = {name: value for name, value in os.environ.items() if name not in self.hidden and name not in _ASKERS}
        return {**inherited, **own, "COCKPIT_RUNBOOK": self.runbook}


class Deed(Protocol):
    """A step being done. The runner awaits `done`; at a deadline or when the run is to end it awaits `end`, and then `done` gives
    back soon, or is cancelled."""

    async def done(self) -> Outcome:
        """Do it, once. Never raises for what the world does."""
        ...

    async def end(self) -> str:
        """End it, with everything that came of it; what could not be ended, for the person, "" for nothing."""
        ...
