"""What is typed behind the enter of a line, before its answer is on the screen, goes where the person meant it, or is said to be
left out: never does it do something to what nobody has seen."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
import pytest
from textual.events import Key

from cockpit.core.actions import ChangeIncident
from cockpit.core.incidents import Change, Incident
from cockpit.ui.choices import Choices
from cockpit.ui.command import CommandLine
from cockpit.ui.confirm import Confirm
from cockpit.ui.help import Help
from cockpit.ui.incident import Following, Timeline
from cockpit.ui.looking import Looking
from cockpit.ui.page import Page
from cockpit.ui.palette import Picker
from cockpit.ui.run_list import RunList
from cockpit.ui.typed import Typed
from support.boards import Sitting, run, sitting
from support.scene import scene

_NAMES = {":": "colon", "/": "slash", " ": "space", "\n": "enter", "\x1b": "escape", "?": "question_mark"}


def burst(person: Sitting, text: str) -> None:
    """All of it at once, as a slow line brings it."""
    for char in text:
        person.app.post_message(Key(_NAMES.get(char, char), char if char.isprintable() else None))


@asynccontextmanager
async def with_incidents(titles: tuple[str, ...] = ("web is down", "db is full")) -> AsyncIterator[Sitting]:
    async with sitting() as person:
        for title in titles:
            person.desk.ask(ChangeIncident(Change.OPENED.value, data={"title": title, "severity": "error", "alerts": []}))
        person.desk.asked.clear()
        yield person


async def arrives(person: Sitting, kind: type) -> None:
    await person.until(lambda: isinstance(person.app.screen, kind) and not person.board.ahead.on, kind.__name__)


def test_text_typed_behind_a_command_goes_into_the_list_that_it_opens() -> None:
    async def body() -> None:
        async with with_incidents() as person:
            burst(person, ":incidents\nweb")
            await arrives(person, Picker)
            line = person.app.screen.query_one(Typed)
            await person.until(lambda: line.value == "web", "the text")
            await person.until(lambda: "i1 web is down" in person.text and "i2 db is full" not in person.text, "one of the two")

    run(body)


def test_what_opens_is_waited_for_however_long_its_facts_take(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with with_incidents() as person:
            known, there = person.desk.incidents(), threading.Event()

            def slow() -> dict[str, Incident]:
                there.wait(20)
                return known

            monkeypatch.setattr(person.desk, "incidents", slow)
            burst(person, ":incidents\nd")
            await person.until(lambda: isinstance(person.app.screen, Looking), "the box that stands meanwhile")
            burst(person, "b")
            there.set()
            await arrives(person, Picker)
            line = person.app.screen.query_one(Typed)
            await person.until(lambda: line.value == "db", "the text, in its order")

    run(body)


def test_what_does_not_come_is_left_with_esc_and_what_was_typed_for_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body() -> None:
        async with with_incidents() as person:
            there = threading.Event()

            def never() -> dict[str, Incident]:
                there.wait(20)
                return {}

            monkeypatch.setattr(person.desk, "incidents", never)
            burst(person, ":incidents\njj")
            await person.until(lambda: isinstance(person.app.screen, Looking), "the box that stands meanwhile")
            burst(person, "\x1b")
            await person.until(lambda: person.app.screen is person.board, "the board")
            assert person.board.alerts.cursor == 0
            assert "not taken" in person.footer
            there.set()

    run(body)


@pytest.mark.parametrize(("command", "kind"), [("help", Help), ("history", RunList)])
def test_moves_typed_behind_a_command_move_in_what_it_opens(command: str, kind: type) -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, f":{command}\njj")
            await arrives(person, kind)
            screen = person.app.screen
            if kind is Help:
                await person.until(lambda: screen.query_one(Page).scroll_offset.y == 2, "two lines down")
            else:
                await person.until(lambda: screen.query_one(Choices).at == 1, "the last of the two")
            assert person.board.alerts.cursor == 0

    run(body)


def test_moves_wait_until_there_is_something_to_move_in() -> None:
    async def body() -> None:
        async with with_incidents() as person:
            burst(person, ":incident i1\nk")
            await arrives(person, Following)
            timeline = person.app.screen.query_one(Timeline)
            await person.until(lambda: timeline.count() > 1 and timeline.cursor == timeline.count() - 2, "one line up")

    run(body)


def test_a_key_that_acts_on_what_was_not_seen_is_left_out_with_a_word() -> None:
    async def body() -> None:
        async with with_incidents() as person:
            burst(person, ":incident i1\nkcj")
            await arrives(person, Following)
            await person.sees("not taken, typed before this could be seen: c and 1 more")
            assert not isinstance(person.app.screen, Confirm)
            assert person.desk.asked == []
            await person.press("c")
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the same key, once it is seen")

    run(body)


@pytest.mark.parametrize("line", [":refresh\n", "/web\n", ":filter web\n", "/web\x1b"])
def test_on_the_board_moves_are_kept_in_their_order_and_what_acts_is_not(line: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, f"{line}jja")
            await person.until(lambda: not person.board.ahead.on and "not taken" in person.footer, "the word")
            assert person.board.alerts.cursor == min(2, person.board.alerts.count() - 1)
            assert person.desk.asked == []
            assert "typed before this could be seen: a" in person.footer

    run(body)


@pytest.mark.parametrize(("line", "end"), [("/web", "\n"), (":refresh", "\x1b"), ("/", "\n")])
def test_who_sees_what_a_key_is_for_has_it_taken_however_soon_after_the_line_it_comes(line: str, end: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, line)
            await person.until(lambda: isinstance(person.board.focused, Typed), "the line")
            typed = person.board.focused
            assert isinstance(typed, Typed)
            await person.until(lambda: typed.value == line[1:], "the text")
            if line == "/web":
                await person.sees("6 of 12 firing shown")
            await person.pilot.pause()
            burst(person, f"{end}a")
            await person.until(lambda: person.desk.asked, "the acknowledgement")
            assert "not taken" not in person.footer

    run(body)


def test_one_command_may_follow_another() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, ":filter web\n:incidents\x1b:filter db\nj")
            await person.until(lambda: not person.board.ahead.on and person.board.filter_text == "db", "the last one")

    run(body)


@pytest.mark.parametrize(
    ("typed", "left"),
    [
        ("/web\n:ack\n", ":ack"),
        (":refresh\n:ack\n", ":ack"),
        (":theme mono\n:ack\n", ":ack"),
        ("/web\n:ack mine\njj", ":ack mine and 2 more"),
        (":help\n\x1b:ack\n", ":ack"),
        (":filter web\n/\n:ack\n", ":ack"),
        (":refresh\n:silence 2h why\n", ":silence 2h why"),
        ("/web\n:trap arm root-disk\n", ":trap arm root-disk"),
        ("/web\n:read-only\n", ":read-only"),
        ("/web\n:\x1ba", "a"),
        ("/web\n/\na", "a"),
        (":command\nack\n", ":ack"),
    ],
)
def test_a_command_that_acts_on_what_was_not_seen_is_left_out_as_its_key_would_be(typed: str, left: str) -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, typed)
            await person.until(lambda: not person.board.ahead.on and "not taken" in person.footer, "the word")
            assert person.footer.rstrip().endswith(f"typed before this could be seen: {left}")
            assert person.desk.asked == []
            assert person.app.screen is person.board
            assert not person.board.view.read_only
            await person.press("colon", *"ack", "enter")
            await person.until(lambda: person.desk.asked, "the same command, once one sees")

    run(body)


def test_a_command_that_looks_may_follow_unseen() -> None:
    async def body() -> None:
        async with with_incidents() as person:
            burst(person, "/web\n:incident i1\n")
            await arrives(person, Following)

    run(body)


def test_who_sees_what_a_filter_shows_has_a_command_taken_however_soon_it_comes() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, "/web")
            await person.sees("6 of 12 firing shown")
            await person.pilot.pause()
            burst(person, "\n:ack\n")
            await person.until(lambda: person.desk.asked, "the acknowledgement")

    run(body)


def test_text_typed_behind_a_command_that_opens_a_line_is_that_lines() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, ":command\nfilt")
            await person.until(lambda: [line.value for line in person.board.query(Typed)] == ["filt"], "all of the text")
            assert person.board.query_one(CommandLine).is_open

    run(body)


def test_text_for_no_line_is_said_to_be_left_out_from_its_first_character() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, ":filter\nfoo")
            await person.sees("typed before this could be seen: f and 2 more")

    run(body)


@pytest.mark.parametrize("typed", [":theme mono\n\x1bj", "/web\x1b\x1bj", ":help\n\x1b\x1bj"])
def test_esc_typed_ahead_puts_nothing_away_that_nobody_has_seen(typed: str) -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), remarks=("the journal is on a disk that is nearly full",))
        async with sitting(view) as person:
            await person.sees("the journal is on a disk that is nearly full")
            burst(person, typed)
            await person.sees("typed before this could be seen: esc and 1 more")
            assert "the journal is on a disk that is nearly full" in person.text
            await person.press("escape")
            await person.until(lambda: "the journal is on a disk" not in person.text, "put away, once it is seen")

    run(body)


def test_what_follows_an_esc_is_for_what_was_below() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, ":help\n\x1bjj")
            await person.until(lambda: not person.board.ahead.on and person.board.alerts.cursor == 2, "two rows down")
            assert person.app.screen is person.board

    run(body)


def test_keys_of_a_line_work_in_their_order() -> None:
    async def body() -> None:
        async with sitting() as person:
            burst(person, ":help\n")
            await arrives(person, Help)
            await person.press("escape")
            for key in ("colon", *"the", "tab", *"mono", "up", "enter"):  # theme, then the line from before
                person.app.post_message(Key(key, key if len(key) == 1 else None))
            await arrives(person, Help)

    run(body)
