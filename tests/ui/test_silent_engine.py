"""A screen whose engine says nothing any more never looks well."""

from __future__ import annotations

import asyncio

from support.boards import sitting
from support.scene import calm


def test_a_silent_engine_makes_every_source_blind_until_it_answers_again() -> None:
    async def body() -> None:
        async with sitting(calm()) as person:
            await person.sees("All clear")
            person.desk.silence = 7.2
            person.clock.turn(1)
            await person.sees("the engine has not answered for 7 s: nothing here is live")
            shown = "\n".join(person.lines)
            assert "All clear" not in shown
            assert "live" not in person.lines[0]
            assert all(not source.health.sees for source in person.board.view.sources)
            await person.press("escape")
            await person.sees("the engine has not answered")
            person.desk.silence = 0.3
            await person.sees("All clear")
            assert "has not answered" not in "\n".join(person.lines)

    asyncio.run(body())


def test_what_acts_is_refused_with_that_reason() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.desk.silence = 61.0
            await person.sees("the engine has not answered for 1 m 1 s")
            await person.press("a")
            assert "the engine has not answered" in person.footer
            assert person.desk.asked == []

    asyncio.run(body())
