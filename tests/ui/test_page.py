"""Lines that scroll: folded, never cut."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.content import Content
from textual.screen import ModalScreen

from cockpit.core.text import clean
from cockpit.ui.ask import Ask, Field
from cockpit.ui.coloured import coloured, style_of
from cockpit.ui.confirm import Confirm
from cockpit.ui.help import Help
from cockpit.ui.keys import TABLE
from cockpit.ui.page import Page, fold
from cockpit.ui.palette import Entry, Picker
from support.boxes import opened
from support.storms import HOSTILE


@given(st.text(max_size=200).map(clean), st.integers(2, 60))
def test_folding_loses_nothing_and_fits(text: str, width: int) -> None:
    rows = [row if isinstance(row, str) else row.plain for row in fold(text, width)]
    assert "".join(rows) == text
    assert all(cell_len(row) <= width for row in rows)


def test_a_fold_is_made_after_a_space_where_one_is_near() -> None:
    assert fold("the quick brown fox jumps", 20, 2) == ["the quick brown fox ", "  jumps"]


def test_styles_survive_the_fold() -> None:
    rows = fold(Content.assemble("aaaa", ("bbbbbb", "bold")), 8)
    assert [str(row) for row in rows] == ["aaaabbbb", "bb"]
    assert isinstance(rows[1], Content)
    assert rows[1].spans


def test_the_last_column_is_never_under_the_scroll_bar() -> None:
    async def go() -> None:
        async with opened(Help(TABLE, {})) as on:
            page = on.box.query_one(Page)
            page.show(["x" * 1000 + f"{number:04d}" for number in range(60)])
            await on.pilot.pause()
            shown = "".join(line.strip("│ ▁▂▃▄▅▆▇█") for line in on.text.splitlines() if "xxx" in line)
            assert shown.startswith("x" * 1000)

    asyncio.run(go())


def test_colours_of_a_programs_output_are_shown_and_nothing_else_is() -> None:  # safety 5
    line = coloured("\x1b[1;31mfailed\x1b[0m \x1b[2Jplain")
    assert isinstance(line, Content)
    assert line.plain == "failed ␛[2Jplain"
    assert str(line.spans[0].style) == "bold ansi_red"
    assert coloured("plain") == "plain"


def test_every_way_to_name_a_colour() -> None:
    assert style_of("4;92;41") == "underline ansi_bright_green on ansi_red"
    assert style_of("38;5;208") == "#ff8700"
    assert style_of("38;5;9") == "ansi_bright_red"
    assert style_of("48;5;244") == "on #808080"
    assert style_of("38;2;1;2;3;48;2;4;5;6") == "#010203 on #040506"
    assert style_of("") == ""


@pytest.mark.parametrize("said", HOSTILE)
def test_what_an_enemy_says_neither_breaks_a_box_nor_is_obeyed(said: str) -> None:  # safety 1, 3, 4
    async def go() -> None:
        boxes: tuple[ModalScreen[Any], ...] = (
            Confirm(said, [said, Content.styled(said, "bold")], said[:20]),
            Picker(said, [Entry("1", said, said, said), Entry("2", said, said)]),
            Ask(said, [Field("a", said, said, said, lambda _: said)], lambda values: [said, values["a"]]),
        )
        for box in boxes:
            async with opened(box) as on:
                await on.press("enter")
                assert "\x1b" not in on.text
                assert on.text.count("│") >= 4, "the frame is in place"

    asyncio.run(go())
