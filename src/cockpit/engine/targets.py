"""One runbook for several targets: a run for each, so many at once, one of them first, and what happens when one fails.

Each is a run like any other: journalled before it begins, with its own output, and never beside another of the same. Whoever kills
the cockpit in between leaves runs whose outcome is unknown, and others that were never begun.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ..core.actions import Run, RunState, Start
from ..core.several import Many
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


Do = Callable[[int, Aimed], Awaitable[Run]]
"""Has one (its place among them, from 0) done, to its end; raises `Refused`."""


async def nobody_asks(_came: Came) -> str:
    """The others begin by themselves."""
    return ""


async def carry(
    aims: Sequence[Aimed],
    rule: Many,
    do: Do,
    *,
    ended: Callable[[], str] = lambda: "",
    go_on: Callable[[Came], Awaitable[str]] = nobody_asks,
) -> tuple[Came, ...]:
    """All of them, in their order. With ``canary`` the first is done alone, and the others only where it succeeded; ``stop`` begins
    none any more after one has failed (those under way go on to their end). ``ended`` says why none is to be begun any more, ""
    for none; ``go_on`` is asked, where ``rule`` says so, after the canary, and gives the reason against the others."""
    found: dict[int, Came] = {}
    failed, broken = "", False

    async def one(number: int) -> Came:
        nonlocal failed, broken
        aim = aims[number]
        try:
            came = Came(aim.name, await do(number, aim))
        except Refused as no:
            came = Came(aim.name, None, str(no))
        except BaseException:  # a bug, or the end of all: nobody would be left to end those that came after it
            broken = True
            raise
        found[number] = came
        if not came.well:
            failed = failed or f"{came.name} did not succeed"
        return came

    async def worker(left: list[int]) -> None:
        while left and not broken and not (failed and rule.stop) and not ended():
            await one(left.pop(0))

    rest = list(range(len(aims)))
    against = ""
    if rule.canary and rest and not ended():
        came = await one(rest.pop(0))
        against = failed or (await go_on(came) if rule.asks and rest and not ended() else "")
    if not against:
        ends = await asyncio.gather(*(worker(rest) for _ in range(rule.parallel)), return_exceptions=True)
        for error in ends:
            if error is not None:
                raise error
    why = f"not begun: {ended() or against or failed}"
    return tuple(found.get(number) or Came(aim.name, None, why) for number, aim in enumerate(aims))
