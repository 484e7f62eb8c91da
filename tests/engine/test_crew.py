"""Trouble is told while there is some: neither longer, nor less long."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from cockpit.engine.crew import PROVEN, RESTART, Crew
from support.turned import TurnedClock, until


def run(body: Callable[[TurnedClock, Crew], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        clock = TurnedClock()
        crew = Crew(clock)
        await body(clock, crew)
        await crew.dismiss()

    asyncio.run(whole())


def test_a_part_that_works_again_is_no_trouble_any_more() -> None:
    async def body(clock: TurnedClock, crew: Crew) -> None:
        begun = 0

        async def part() -> None:
            nonlocal begun
            begun += 1
            if begun == 1:
                raise ValueError("once")
            await asyncio.Event().wait()

        crew.keep("the part", part)
        await until(lambda: crew.trouble, "the trouble")
        await clock.turn(RESTART + PROVEN - 1)
        assert begun == 2
        assert crew.trouble, "it has not shown yet that it works"
        await clock.turn(2)
        assert crew.trouble == {}

    run(body)


def test_a_part_that_fails_after_a_while_again_and_again_is_always_told() -> None:
    async def body(clock: TurnedClock, crew: Crew) -> None:
        async def part() -> None:
            await clock.sleep(PROVEN + 5)
            raise ValueError("again")

        crew.keep("the part", part)
        await clock.turn(PROVEN + 6)
        assert crew.trouble
        await clock.turn(RESTART)
        assert crew.trouble, "it has only been started"

    run(body)


def test_what_is_done_once_and_then_succeeds_is_no_trouble_any_more() -> None:
    async def body(clock: TurnedClock, crew: Crew) -> None:
        async def fails() -> None:
            raise ValueError("no")

        await crew.go("the config", fails)
        assert crew.trouble
        await crew.go("the config", lambda: asyncio.sleep(0))
        assert crew.trouble == {}

    run(body)
