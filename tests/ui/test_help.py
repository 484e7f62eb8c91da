"""The page of keys."""

from __future__ import annotations

import asyncio

import pytest

from cockpit.ui.help import Help, key_lines, spoken
from cockpit.ui.keys import TABLE, remapped
from cockpit.ui.page import Page
from support.boxes import opened


@pytest.mark.parametrize("width", [34, 70, 114, 160])
def test_every_key_and_its_sentence_stands_on_the_page(width: int) -> None:
    page = " ".join(" ".join(line.plain for line in key_lines(TABLE, {}, width)).split())
    for key in TABLE:
        assert spoken(key) in page
    assert max(line.cell_length for line in key_lines(TABLE, {}, width)) <= width


def test_one_column_holds_each_sentence_whole() -> None:
    page = " ".join(" ".join(line.plain for line in key_lines(TABLE, {}, 80)).split())
    assert all(key.help in page for key in TABLE)


def test_a_remapped_key_is_shown_as_it_is_now() -> None:
    page = "\n".join(line.plain for line in key_lines(remapped(TABLE, {"ack": "A", "mine": ""}), {}, 80))
    assert " A " in page
    assert " :mine " in page, "its command, where it has no key"


def test_a_key_that_cannot_work_says_why() -> None:
    page = " ".join(" ".join(line.plain for line in key_lines(TABLE, {"ack": "am-prod is blind"}, 80)).split())
    assert "Acknowledge: say that you have it (not now: am-prod is blind)" in page


def test_a_reason_is_said_once_and_the_signs_are_explained() -> None:
    why = dict.fromkeys(("ack", "unack", "note"), "there is no alert under the cursor")
    page = " ".join(" ".join(line.plain for line in key_lines(TABLE, why, 80)).split())
    assert page.count("not now") == 1
    for sign in ("▲ critical", "✗ tripped", "◌ blind", "◐ late", "✓ marked", "! changes the world"):
        assert sign in page


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (93, 30)])
def test_a_sentence_of_several_lines_keeps_its_indent(size: tuple[int, int]) -> None:
    async def go() -> None:
        async with opened(Help(TABLE, {}), size) as on:
            page = on.box.query_one(Page)
            assert page.rows == len(key_lines(TABLE, {}, page.content_size.width - 1)), "nothing is folded again"

    asyncio.run(go())


def test_it_scrolls_to_its_end_on_a_small_terminal_and_closes() -> None:
    async def go() -> None:
        async with opened(Help(TABLE, {})) as on:
            assert "Moving" in on.text
            await on.press("G")
            assert "changes the world" in on.text
            await on.press("escape")
            assert on.answers == [None]

    asyncio.run(go())
