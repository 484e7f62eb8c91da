"""The box that asks before the world is changed."""

from __future__ import annotations

import asyncio
import time

import pytest
from textual.events import Key, Paste

from cockpit.ui.confirm import QUIET, Confirm
from cockpit.ui.exact import spell_argv
from cockpit.ui.page import Page
from support.boxes import Seconds, opened, settled

ARGV = ("find", "/var/tmp", "-name", "a b*", "$(reboot)", "[@click=app.bell]x[/]", "two\nlines", "\u202ee")


def confirm(word: str = "", **more: object) -> tuple[Confirm, Seconds]:
    clock = Seconds()
    return Confirm("Free space on [b]/[/b]", ["changes   deletes files", spell_argv(ARGV)], word, clock=clock, **more), clock  # type: ignore[arg-type]  # handed on


async def answered(keys: list[str], *, word: str = "", wait: float = 1.0) -> list[bool | None]:
    box, clock = confirm(word)
    async with opened(box) as on:
        clock.at += wait
        await on.press(*keys)
        return list(on.answers)


def test_y_confirms() -> None:
    assert asyncio.run(answered(["y"])) == [True]


@pytest.mark.parametrize("key", ["n", "escape"])
def test_n_and_esc_say_no(key: str) -> None:
    assert asyncio.run(answered([key])) == [False]


@pytest.mark.parametrize("key", ["enter", "space", "Y", "1", "tab", "q"])
def test_no_other_key_answers(key: str) -> None:
    assert asyncio.run(answered([key])) == []


def test_keys_within_300_ms_of_the_opening_are_not_taken() -> None:  # safety 10
    async def go() -> None:
        box, clock = confirm()
        async with opened(box) as on:
            clock.at += QUIET - 0.01
            await on.press("y")
            assert on.answers == []
            clock.at += QUIET + 0.1
            await on.press("y")
            assert on.answers == [True]

    asyncio.run(go())


def test_a_key_held_down_never_confirms() -> None:  # safety 10
    async def go() -> None:
        box, clock = confirm()
        async with opened(box) as on:
            for _ in range(40):
                clock.at += 0.03
                await on.pilot.press("y")
            await settled(on.pilot)
            assert on.answers == []

    asyncio.run(go())


def test_y_pressed_twice_answers_once() -> None:  # safety 10
    async def go() -> None:
        box, clock = confirm()
        async with opened(box) as on:
            clock.at += 1
            for _ in range(2):
                on.pilot.app.screen.post_message(Key("y", "y"))
            await settled(on.pilot)
            assert on.answers == [True]
            assert on.pilot.app.screen is not box

    asyncio.run(go())


def test_a_key_typed_before_the_box_was_painted_is_not_taken_although_it_is_handled_later() -> None:  # safety 10
    async def go() -> None:
        box, clock = confirm()
        async with opened(box) as on:
            clock.at += 0.5
            early = Key("y", "y")
            early.time = time.monotonic() - 0.6
            box.post_message(early)
            await settled(on.pilot)
            assert on.answers == []

    asyncio.run(go())


def test_a_paste_confirms_nothing() -> None:  # safety 10
    async def go() -> None:
        for word, text in (("", "y"), ("web-3", "web-3\n")):
            box, clock = confirm(word)
            async with opened(box) as on:
                clock.at += 1
                on.pilot.app.screen.post_message(Paste(text))
                await settled(on.pilot)
                await on.press("enter")
                assert on.answers == []

    asyncio.run(go())


def test_what_will_be_run_is_shown_to_the_last_byte_and_never_read_as_markup() -> None:  # safety 3
    async def go() -> None:
        async with opened(confirm()[0]) as on:
            assert "Free space on [b]/[/b]" in on.text
            for part in ("'a b*'", "'$(reboot)'", "'[@click=app.bell]x[/]'", "$'two\\nlines'", "$'\\u202ee'"):
                assert part in on.text

    asyncio.run(go())


def test_a_value_longer_than_the_screen_can_be_read_to_its_end() -> None:
    value = "".join(f"{number:05d}," for number in range(1500))

    async def go() -> None:
        async with opened(Confirm("Long", [value])) as on:
            assert "more below" in on.text
            page = on.box.query_one(Page)
            seen: list[str] = []
            while page.below:
                seen.append(on.text)
                await on.press("down")
            seen.append(on.text)
            read = "".join(line.strip("│ \u2588").removesuffix("█").strip() for line in _rows(seen))
            assert value in read

    def _rows(screens: list[str]) -> list[str]:
        """The first row of each screen, then all rows of the last: scrolled by one each time."""
        inside = [
            [line.strip("│ ").rstrip("▁▂▃▄▅▆▇█ ") for line in screen.splitlines() if line.strip().startswith("│")]
            for screen in screens
        ]
        return [rows[0] for rows in inside[:-1]] + inside[-1]

    asyncio.run(go())


def test_a_dangerous_runbook_wants_the_targets_name_and_then_enter() -> None:
    assert asyncio.run(answered(["y", "enter"], word="web-3")) == []
    assert asyncio.run(answered([*"web-3"], word="web-3")) == []
    assert asyncio.run(answered([*"web-2", "enter"], word="web-3")) == []
    assert asyncio.run(answered([*"web-3", "enter"], word="web-3")) == [True]
    assert asyncio.run(answered([*"web-33", "backspace", "enter"], word="web-3")) == [True]
    assert asyncio.run(answered([*"xx", "ctrl+u", *"web-3", "enter"], word="web-3")) == [True]
    assert asyncio.run(answered([*"nyd", "escape"], word="web-3")) == [False]


def test_a_name_typed_ahead_of_the_box_is_not_taken() -> None:  # safety 10
    assert asyncio.run(answered([*"web-3", "enter"], word="web-3", wait=0.0)) == []


def test_a_wrong_name_is_said_to_be_wrong() -> None:
    async def go() -> None:
        box, clock = confirm("web-3")
        async with opened(box) as on:
            clock.at += 1
            await on.press(*"web-2", "enter")
            assert "that is not it" in on.text

    asyncio.run(go())


def test_d_shows_a_dry_run_and_leaves_the_question_open() -> None:
    async def go() -> None:
        rehearsed: list[int] = []
        box, clock = confirm(on_dry_run=lambda: rehearsed.append(1))
        async with opened(box) as on:
            clock.at += 1
            await on.press("d")
            assert rehearsed == [1]
            assert on.answers == []

    asyncio.run(go())


def test_after_something_lay_over_the_box_its_quiet_time_begins_again() -> None:  # safety 10
    async def go() -> None:
        box, clock = confirm()
        async with opened(box) as on:
            on.pilot.app.push_screen(Confirm("Over it", ["x"]))
            await settled(on.pilot)
            clock.at += 5
            await on.press("escape")
            await on.press("y")
            assert on.answers == []
            clock.at += QUIET + 0.1
            await on.press("y")
            assert on.answers == [True]

    asyncio.run(go())


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10), (20, 5)])
def test_it_can_be_answered_at_any_size(size: tuple[int, int]) -> None:
    async def go() -> None:
        box, clock = confirm()
        async with opened(box, size) as on:
            if size[1] >= 10:
                assert "esc" in on.text
            clock.at += 1
            await on.press("y")
            assert on.answers == [True]

    asyncio.run(go())
