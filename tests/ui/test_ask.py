"""The form that asks for what an action needs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from textual.events import Key, Paste

from cockpit.ui.ask import Ask, Field, wanted
from cockpit.ui.typed import Typed
from support.boxes import opened, settled

FIELDS = (
    Field("for", "For", "1h", "90s, 2h", lambda value: None if value.endswith("h") else "write hours: 1h"),
    Field("why", "Why", check=wanted("why")),
)


def echo(values: Mapping[str, str]) -> Sequence[str]:
    return [f"for {values['for']} because [b]{values['why']}[/b]"]


def test_enter_goes_from_field_to_field_and_the_last_one_answers() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            await on.type("cleaning up")
            await on.press("shift+tab", "ctrl+u", "2", "h", "enter")
            assert on.answers == []
            await on.press("enter")
            assert on.answers == [{"for": "2h", "why": "cleaning up"}]

    asyncio.run(go())


def test_a_text_that_goes_on_out_of_sight_says_so_on_that_side() -> None:
    async def go() -> None:
        fields = (Field("match", "Match", "instance=~" + "|".join(f"web-{n}" for n in range(40))), Field("why", "Why"))
        async with opened(Ask("Silence", fields, begin="why")) as on:
            shown = next(line for line in on.text.splitlines() if "web-1" in line)
            assert shown.strip("│ ").startswith("instance=~web-0|")
            assert shown.strip("│ ").endswith("…")
            await on.press("shift+tab", "home", "end")
            shown = next(line for line in on.text.splitlines() if "web-39" in line)
            assert shown.strip("│ ").startswith("…")
            assert shown.strip("│ ").endswith("web-39")

    asyncio.run(go())


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
def test_very_many_fields_scroll_with_the_cursor_and_what_comes_of_them_stays_in_sight(size: tuple[int, int]) -> None:
    async def go() -> None:
        fields = [Field(f"f{n}", f"field {n}.", str(n)) for n in range(25)]
        async with opened(Ask("Many", fields, lambda values: [f"the last is {values['f24']}"]), size) as on:
            assert "field 0." in on.text
            assert "field 24." not in on.text
            assert "esc cancel" in on.text
            await on.press("up")
            await settled(on.pilot)
            assert "field 24." in on.text
            await on.press("x")
            assert "the last is 24x" in on.text
            assert "esc cancel" in on.text

    asyncio.run(go())


def test_what_is_wrong_is_said_where_enter_came_in_one_burst_with_the_text() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo, begin="for")) as on:
            await on.press("shift+tab")
            first = on.box.query_one("#field-0", Typed)
            for key in ("x", "x", "enter"):
                first.post_message(Key(key, key if len(key) == 1 else None))
            await settled(on.pilot)
            assert first.value == "1hxx"
            assert "write hours: 1h" in on.text
            await on.press("backspace")
            assert "write hours: 1h" not in on.text, "it goes with the next change"

    asyncio.run(go())


def test_a_burst_of_keys_is_taken_in_its_order() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            last = on.box.query_one("#field-1", Typed)
            for key in ("x", "up", "ctrl+u", "2", "h", "backspace", "d", "left", "1", "end", "h", "enter", "ctrl+u", "w", "enter"):
                last.post_message(Key(key, key if len(key) == 1 else None))
            await settled(on.pilot)
            assert on.answers == [{"for": "21dh", "why": "w"}]

    asyncio.run(go())


def test_it_begins_in_the_first_field_that_is_not_in_order() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, None)) as on:
            await on.press("x")
            assert isinstance(on.box, Ask)
            assert on.box.values == {"for": "1h", "why": "x"}

    asyncio.run(go())


def test_a_field_that_is_not_in_order_is_said_under_it_and_nothing_is_answered() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            await on.press("enter")
            assert "say why" in on.text
            await on.type("because")
            assert "say why" not in on.text
            await on.press("up", "x", "down", "enter")
            assert "write hours: 1h" in on.text
            assert on.answers == []
            assert on.pilot.app.focused is on.box.query(Typed).first()

    asyncio.run(go())


def test_the_preview_follows_what_is_typed_and_is_never_markup() -> None:  # safety 3
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            await on.type("x")
            await settled(on.pilot)
            assert "for 1h because [b]x[/b]" in on.text

    asyncio.run(go())


def test_esc_leaves_without_an_answer() -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            await on.press("x", "escape")
            assert on.answers == [None]

    asyncio.run(go())


def test_a_paste_of_several_lines_neither_presses_enter_nor_loses_a_line() -> None:  # safety 10
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo)) as on:
            on.pilot.app.screen.post_message(Paste("first\nsecond\x1b[2J\n"))
            await settled(on.pilot)
            assert on.answers == []
            assert isinstance(on.box, Ask)
            assert on.box.values["why"].startswith("first second␛[2J")

    asyncio.run(go())


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)])
def test_every_field_can_be_reached_at_any_size(size: tuple[int, int]) -> None:
    async def go() -> None:
        async with opened(Ask("Silence", FIELDS, echo), size) as on:
            await on.type("abc")
            assert "abc" in on.text
            await on.press("enter")
            assert on.answers == [{"for": "1h", "why": "abc"}]

    asyncio.run(go())


def test_the_foot_says_what_enter_does_in_this_field() -> None:
    async def go() -> None:
        async with opened(Ask("One", [Field("a", "A", "x")], None)) as on:
            assert "enter save   esc cancel" in on.text
        async with opened(Ask("Two", [Field("a", "A", "x"), Field("b", "B", "y")], None), (40, 10)) as on:
            assert "enter save" not in on.text
            assert "enter next   esc cancel" in on.text
            await on.press("enter")
            assert "enter save   esc cancel" in on.text

    asyncio.run(go())
