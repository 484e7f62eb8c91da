"""What is typed stands in the order in which it was typed, however busy the board is and wherever the focus goes meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from textual.events import Key, Paste

from cockpit.ui.ask import Ask, Field
from cockpit.ui.typed import Typed
from support.boards import sitting


def keys(text: str) -> list[Key]:
    return [Key("colon" if char == ":" else "slash" if char == "/" else char, char) for char in text]


async def until(met: Callable[[], object]) -> None:
    """Wait for it, though the board is too busy to be waited for."""
    async with asyncio.timeout(20):
        while not met():  # noqa: ASYNC110 - nobody sets an event when a queue has been read
            await asyncio.sleep(0)


@pytest.mark.parametrize("sign", [":", "/"])
def test_what_is_typed_while_a_line_opens_on_a_busy_board_is_not_scrambled(sign: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            busy = asyncio.Event()
            for key in keys(f"{sign}his"):
                person.board.post_message(key)
            person.board.call_later(busy.wait)  # the board draws, and draws
            await until(lambda: person.board.focused)
            line = person.board.focused
            assert isinstance(line, Typed)
            for event in (*keys("to"), Paste("r"), *keys("y")):
                person.app.post_message(event)
            await until(lambda: not person.app.message_queue_size and not line.message_queue_size)
            busy.set()
            await until(lambda: len(line.value) == len("history"))
            assert (line.value, line.cursor_position) == ("history", 7)
            person.app.post_message(Key("x", "x"))
            await until(lambda: line.value == "historyx")

    asyncio.run(body())


def test_what_is_typed_behind_a_tab_is_not_scrambled_by_what_comes_to_the_next_field() -> None:
    async def body() -> None:
        async with sitting() as person:
            box = Ask("Whom?", [Field(id, id, check=lambda _: None) for id in ("who", "why", "when")])
            person.app.push_screen(box)
            await person.until(lambda: isinstance(box.focused, Typed) and box.is_mounted, "the form")
            who, why, when = box.query(Typed).results(Typed)
            busy = asyncio.Event()
            for key in [*keys("ana"), Key("tab", None)]:
                who.post_message(key)
            who.call_later(busy.wait)
            for key in [*keys("dea"), Key("tab", None), *keys("no")]:
                who.post_message(key)  # on their way to the first, which is slow
            await until(lambda: box.focused is why)
            person.app.post_message(Key("w", "w"))
            await until(lambda: not person.app.message_queue_size and not why.message_queue_size)
            busy.set()
            await until(lambda: sum(len(line.value) for line in (who, why, when)) == len("anadeanow"))
            assert [line.value for line in (who, why, when)] == ["ana", "dea", "now"]

    asyncio.run(body())
