"""A screen whose engine says nothing any more never looks well."""

from __future__ import annotations

import asyncio

import msgspec

from cockpit.core.actions import Ack, Run, RunState
from cockpit.core.alerts import Ref
from support.boards import sitting
from support.scene import NOW, calm


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


def test_what_was_asked_and_could_not_be_done_is_told_with_its_reason() -> None:
    async def body() -> None:
        async with sitting() as person:
            me, disk = person.desk.view.me[0], Ref("local", "root-disk")
            asked = Run(id="1", at=NOW, who=me, action=Ack((disk,)), what="ack", target=disk.id, state=RunState.PENDING)
            person.desk.change(runs=(asked,))
            reason = "ack root-disk is under way already: bo began it at 03:10:00 UTC"
            person.desk.change(runs=(msgspec.structs.replace(asked, state=RunState.FAILED, reason=reason),))
            await person.until(lambda: "bo began it" in person.footer, "the reason")

    asyncio.run(body())
