"""The command line: what is understood, completion, history."""

from __future__ import annotations

import asyncio

import pytest
from textual.app import App, ComposeResult
from textual.events import Paste

from cockpit.ui.command import Command, CommandLine, UnknownCommand, complete, in_sight, read
from cockpit.ui.keys import TABLE
from support.boxes import Over, settled, text_of

NAMES = {
    "theme": lambda: ["day", "night-shift"],
    "run": lambda: ["free-disk", "restart"],
    "disarm": lambda: ["root-disk"],
    "arm": lambda: ["tls"],
}


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("ack", Command("ack")),
        (":ack", Command("ack")),
        ("acknowledge looking at it", Command("ack", "looking at it")),
        ("q", Command("quit")),
        ("ro", Command("read-only")),
        ("sil 2h why", Command("silence", "2h why")),
        ("disarm root-disk 2h migration", Command("disarm", "root-disk 2h migration")),
        ("arm root-disk", Command("arm", "root-disk")),
        ("filter team=web  words", Command("filter", "team=web  words")),
        ("run free-disk path=/var", Command("run", "free-disk path=/var")),
        ("3", Command("run", "3")),
        ("theme day", Command("theme", "day")),
    ],
)
def test_a_line_is_understood(line: str, meant: Command) -> None:
    assert read(line) == meant


@pytest.mark.parametrize(
    ("line", "hint"), [("silnce 2h", "did you mean silence"), ("r", "did you mean"), ("zzzz", "? shows all keys")]
)
def test_an_unknown_command_says_what_was_perhaps_meant(line: str, hint: str) -> None:
    with pytest.raises(UnknownCommand, match=line.split()[0]) as caught:
        read(line)
    assert hint in str(caught.value)


def test_every_id_of_the_key_table_is_a_command() -> None:
    for key in TABLE:
        assert read(key.id).id == key.id


def test_completion_offers_commands_then_names() -> None:
    assert "silence" in complete("si", TABLE, NAMES)
    assert complete("theme ", TABLE, NAMES) == ["theme day", "theme night-shift"]
    assert complete("run fr", TABLE, NAMES) == ["run free-disk"]
    assert complete("arm ", TABLE, NAMES) == ["arm tls"]
    assert complete("disarm root-disk 2", TABLE, NAMES) == []
    assert complete("ack x", TABLE, NAMES) == []


class Line(Over):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.closed = 0

    def compose(self) -> ComposeResult:
        yield CommandLine(TABLE, NAMES)

    def on_command_line_submitted(self, message: CommandLine.Submitted) -> None:
        self.said.append(message.text)

    def on_command_line_closed(self) -> None:
        self.closed += 1


async def typing(app: Line, *lines: list[str]) -> str:
    """Open the line and press keys, once for each list; what stood on the screen before the last key."""
    async with app.run_test(size=(60, 6)) as pilot:
        text = ""
        for keys in lines:
            await app.query_one(CommandLine).open()
            await settled(pilot)
            for key in keys:
                text = text_of(app.screen)
                await pilot.press(key)
            await settled(pilot)
        return text


def test_enter_submits_and_esc_closes() -> None:
    app = Line()
    asyncio.run(typing(app, [*"ack", "enter"], [*"x", "escape"], ["enter"]))
    assert app.said == ["ack"]
    assert app.closed == 2


def test_tab_completes_the_only_offer_and_goes_through_several() -> None:
    app = Line()
    asyncio.run(
        typing(
            app,
            [*"theme", "space", *"ni", "tab", "enter"],
            [*"run", "space", "tab", "tab", "enter"],
            ["t", "tab", "shift+tab", "enter"],
        )
    )
    assert app.said[:2] == ["theme night-shift", "run restart"]


def test_what_is_offered_stands_under_the_line() -> None:
    text = asyncio.run(typing(Line(), [*"theme", "space", "escape"]))
    assert "day  night-shift" in text
    text = asyncio.run(typing(Line(), [*"silence", "space", "escape"]))
    assert "[FILTER --for 2h --comment WHY] or [2h WHY]" in text


def test_an_empty_line_shows_nothing_until_tab_and_what_has_no_room_is_counted() -> None:
    app = Line()
    assert "tab lists every command" in asyncio.run(typing(app, ["x"]))
    shown = asyncio.run(typing(Line(), ["tab", "x"]))
    assert " more" in shown
    assert "ack" in shown
    assert ":ack" not in shown.replace(" ", "")  # the first tab shows; the next one takes
    assert ":ack" in asyncio.run(typing(Line(), ["tab", "tab", "x"])).replace(" ", "")


def test_the_offer_that_is_taken_is_always_in_sight() -> None:
    words = [f"word{n}" for n in range(40)]
    for wanted in range(40):
        first, end = in_sight(words, wanted, 60)
        assert first <= wanted < end
        assert sum(len(word) + 2 for word in words[first:end]) <= 60


def test_up_brings_back_what_was_typed_before_and_down_what_was_begun() -> None:
    app = Line()
    asyncio.run(typing(app, [*"ack", "enter"], [*"help", "enter"], ["up", "up", "enter"], [*"ru", "up", "down", *"ns", "enter"]))
    assert app.said == ["ack", "help", "ack", "runs"]


def test_a_paste_with_line_breaks_submits_nothing() -> None:  # safety 12
    async def go() -> list[str]:
        app = Line()
        async with app.run_test(size=(60, 6)) as pilot:
            await app.query_one(CommandLine).open()
            await settled(pilot)
            app.screen.post_message(Paste("run free-disk\nquit\n"))
            await settled(pilot)
            return app.said

    assert asyncio.run(go()) == []


def test_nothing_is_drawn_and_no_input_is_made_before_it_is_opened() -> None:
    async def go() -> int:
        app: App[None] = Line()
        async with app.run_test(size=(60, 6)):
            return len(app.query_one(CommandLine).children)

    assert asyncio.run(go()) == 0
