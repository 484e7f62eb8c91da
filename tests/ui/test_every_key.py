"""No key ends the cockpit: whatever can be typed or pasted is taken, refused or means nothing."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from textual import events
from textual.keys import Keys, _character_to_key
from textual.message_pump import MessagePump

import cockpit.ui
from cockpit.app import Cockpit
from cockpit.ui.inputs import COMMAND, FILTER
from cockpit.ui.typed import Typed
from support.boards import Sitting, run, sitting

PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
NAMED = tuple(sorted({str(key.value) for key in Keys if not key.value.startswith("<")}))
OURS = "cockpit"


def pumps() -> Iterator[type[MessagePump]]:
    """Every class of ours that Textual sends keys to."""
    for module in pkgutil.walk_packages(cockpit.ui.__path__, "cockpit.ui."):
        importlib.import_module(module.name)
    todo: list[type[MessagePump]] = [MessagePump]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__module__.partition(".")[0] == OURS:
            yield kind


def like_keys(thing: object) -> list[str]:
    """Its attributes that Textual takes for what a key does: it calls ``key_at`` when ``@`` is pressed."""
    return [name for name in vars(thing) if name.startswith(("key_", "_key_"))]


def test_no_class_has_an_attribute_that_textual_would_call_for_a_key() -> None:
    kinds = list(pumps())
    assert {"Board", "Alerts", "Cockpit", "Typed", "Week", "Help", "Confirm"} <= {kind.__name__ for kind in kinds}
    assert {kind.__qualname__: found for kind in kinds if (found := like_keys(kind))} == {}


def test_nothing_on_the_screen_has_one_either() -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press("slash", "escape", "colon", "escape", "question_mark")
            there = [person.app, *person.app.screen_stack, *(each for on in person.app.screen_stack for each in on.walk_children())]
            assert {str(each): found for each in there if (found := like_keys(each))} == {}

    run(body)


async def pressed(person: Sitting, key: str, character: str | None) -> None:
    """That key, taken to its end; what it opens is put away again."""
    person.app.post_message(events.Key(key, character))
    await person.pilot.pause()
    for _ in range(4):
        if person.app.screen is person.board and person.board.focused is None:
            return
        await person.press("escape")


def test_every_key_leaves_the_board_standing() -> None:
    async def body() -> None:
        async with sitting() as person:
            for character in PRINTABLE.replace("q", ""):  # which leaves
                await pressed(person, _character_to_key(character), character)
                assert person.app.is_running, character
            for name in NAMED:
                await pressed(person, name, None)
                assert person.app.is_running, name

    run(body)


@pytest.mark.parametrize("opener", ["m", "slash", "colon", "question_mark", "w", "n"])
def test_the_at_sign_leaves_what_has_the_keys_standing(opener: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            await person.press(opener, "at", "at", "escape")
            assert person.app.is_running

    run(body)


def line(person: Sitting, id: str) -> str:
    return person.board.query_one(f"#{id} Typed", Typed).value


@pytest.mark.parametrize(("opener", "id", "text"), [("/", FILTER, "@mine team=a/b:c"), (":", COMMAND, "group by @group, a:b/c?")])
def test_what_is_typed_at_once_after_the_key_is_whole_in_the_line(opener: str, id: str, text: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            for character in opener + text:
                person.app.post_message(events.Key(_character_to_key(character), character))
            await person.until(lambda: person.board.focused is not None and line(person, id) == text, text)

    run(body)


@pytest.mark.parametrize(("text", "id"), [("/Hostile\n", FILTER), (":silences\n", COMMAND), ("  /Hostile", FILTER)])
def test_what_is_pasted_with_its_sign_is_in_the_line_and_presses_nothing(text: str, id: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            person.app.post_message(events.Paste(text))
            await person.until(lambda: person.board.focused is not None and line(person, id) == text.strip()[1:], text)
            assert person.desk.asked == []

    run(body)


def test_what_is_pasted_right_after_the_key_is_in_the_line() -> None:
    async def body() -> None:
        async with sitting() as person:
            person.app.post_message(events.Key("slash", "/"))
            person.app.post_message(events.Paste("Host"))
            person.app.post_message(events.Key("i", "i"))
            await person.until(lambda: person.board.focused is not None and line(person, FILTER) == "Hosti", "the text")

    run(body)


def test_what_is_pasted_on_the_board_is_never_taken_for_keys() -> None:  # safety 10
    async def body() -> None:
        async with sitting() as person:
            person.app.post_message(events.Paste("a1q\n"))
            await person.sees("/ or : opens a line for it")
            assert person.desk.asked == []
            assert person.app.is_running

    run(body)


def test_the_app_is_one_of_ours() -> None:
    assert Cockpit in set(pumps())
