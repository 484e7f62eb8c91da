"""One runbook for several targets: a run for each, so many at once, one of them first, and what happens when one fails.

Each is a run like any other: journalled before it begins, with its own output, and never beside another of the same. Whoever kills
the cockpit in between leaves runs whose outcome is unknown, and others that were never begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ..core.actions import Run, RunState, Start
from ..core.runbooks import Many
from .desk import Refused


class Aimed(msgspec.Struct, frozen=True):
    """One target: its ``name`` for people, and what is to be done."""

    name: str
    start: Start


class Came(msgspec.Struct, frozen=True):
    """What came of one target: its run, or ``None`` where none was begun, and why not."""

    name: str
    run: Run | None
    reason: str = ""

    @property
    def well(self) -> bool:
        """Whether it was done."""
        return self.run is not None and self.run.state is RunState.CONFIRMED


Do = Callable[[Aimed], Awaitable[Run]]
"""Has one done, to its end; raises `Refused`."""


async def carry(aims: Sequence[Aimed], rule: Many, do: Do) -> tuple[Came, ...]:
    """All of them, in their order. With ``canary`` the first is done alone, and the others only where it succeeded; ``stop`` begins
    none any more after one has failed (those under way go on to their end)."""
    found: dict[int, Came] = {}
    failed = ""

    async def one(number: int) -> None:
        nonlocal failed
        aim = aims[number]
        try:
            came = Came(aim.name, await do(aim))
        except Refused as no:
            came = Came(aim.name, None, str(no))
        found[number] = came
        if not came.well:
            failed = failed or came.name

    async def worker(left: list[int]) -> None:
        while left and not (failed and rule.stop):
            await one(left.pop(0))

    rest = list(range(len(aims)))
    if rule.canary and rest:
        await one(rest.pop(0))
    if not (rule.canary and failed):
        await asyncio.gather(*(worker(rest) for _ in range(rule.parallel)))
    why = f"not begun: {failed} did not succeed"
    return tuple(found.get(number) or Came(aim.name, None, why) for number, aim in enumerate(aims))
