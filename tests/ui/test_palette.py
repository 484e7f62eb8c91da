"""The list that narrows as one types."""

from __future__ import annotations

import asyncio

from cockpit.ui.keys import TABLE
from cockpit.ui.palette import Entry, Picker, key_entries, narrow, score
from support.boxes import opened

ENTRIES = (
    Entry("free-disk", "Free space on /", "1"),
    Entry("restart", "Restart web-3", "!"),
    Entry("fail-over", "Fail over to the replica", "", "am-prod is blind"),
    Entry("odd", "[red]odd[/nope]"),
)


def test_a_beginning_fits_better_than_a_word_and_a_word_better_than_scattered_letters() -> None:
    texts = ["restart web-3", "web restart", "prestart", "r-e-s-t"]
    scores = [score("rest", text) for text in texts]
    assert None not in scores
    assert scores == sorted(scores, key=lambda found: found or 0)
    assert score("xyz", "restart") is None


def test_a_name_finds_its_entry_and_what_cannot_be_done_comes_last() -> None:
    assert [entry.id for entry in narrow("free", ENTRIES)] == ["free-disk"]
    assert narrow("fail-over", ENTRIES)[0].id == "fail-over"
    assert [entry.id for entry in narrow("r", ENTRIES)][-1] == "fail-over"
    assert narrow("", ENTRIES) == list(ENTRIES)


def test_every_verb_of_the_key_table_is_in_the_palette_and_says_its_key() -> None:
    entries = {entry.id: entry for entry in key_entries(TABLE, {"ack": "read-only is on"})}
    assert {"ack", "unack", "silence", "note", "disarm", "pick-runbook", "filter", "quit", "help", "theme"} <= set(entries)
    assert entries["silence"].detail == "s"
    assert entries["ack"].why_not == "read-only is on"


def test_the_word_itself_comes_first_whatever_else_has_its_letters() -> None:
    entries = (*key_entries(TABLE, {"unack": "nothing is acknowledged"}), Entry("x", "Run: unfold nothing, do it over"))
    assert narrow("undo", entries)[0].id == "unack"  # though it cannot be done now: what stands there instead would be run
    assert narrow("quit", entries)[0].text == "Quit"
    assert narrow("help", entries)[0].text == "Help"
    assert narrow("arm", entries)[0].id == "disarm"
    assert narrow("ack", entries)[0].id == "ack"


def test_typing_narrows_and_enter_takes() -> None:
    async def go() -> None:
        async with opened(Picker("Run", ENTRIES)) as on:
            assert "[red]odd[/nope]" in on.text  # safety 3
            await on.type("web-3")
            assert "Free space" not in on.text
            await on.press("enter")
            assert on.answers == ["restart"]

    asyncio.run(go())


def test_arrows_move_and_enter_takes_what_is_under_the_cursor() -> None:
    async def go() -> None:
        async with opened(Picker("Run", ENTRIES)) as on:
            await on.press("down", "down", "up", "enter")
            assert on.answers == ["restart"]

    asyncio.run(go())


def test_what_cannot_be_done_is_not_taken_and_says_why() -> None:  # safety 12
    async def go() -> None:
        async with opened(Picker("Run", ENTRIES)) as on:
            await on.type("fail")
            await on.press("enter")
            assert on.answers == []
            assert "not now: am-prod is blind" in on.text

    asyncio.run(go())


def test_nothing_found_is_said_and_esc_leaves() -> None:
    async def go() -> None:
        async with opened(Picker("Run", ENTRIES)) as on:
            await on.type("zzz")
            assert "nothing matches 'zzz'" in on.text
            await on.press("enter")
            assert on.answers == []
            await on.press("escape")
            assert on.answers == [None]

    asyncio.run(go())


def test_a_dry_run_leaves_the_picker_open() -> None:
    async def go() -> None:
        rehearsed: list[str] = []
        async with opened(Picker("Run", ENTRIES, on_dry_run=rehearsed.append)) as on:
            await on.press("down", "ctrl+t")
            assert rehearsed == ["restart"]
            assert on.answers == []

    asyncio.run(go())


def test_a_thousand_entries_scroll() -> None:
    async def go() -> None:
        entries = [Entry(str(number), f"entry {number:04d}") for number in range(1000)]
        async with opened(Picker("Many", entries)) as on:
            for _ in range(30):
                await on.pilot.press("pagedown")
            await on.press("up", "down", "enter")
            assert on.answers != ["0"]
            assert on.answers

    asyncio.run(go())
