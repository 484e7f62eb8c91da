"""The list all panes share: the cursor stays on its thing, and only what differs is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, chop_cells
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.pilot import Pilot

from cockpit.ui import spans
from cockpit.ui import theme as themes
from cockpit.ui.lines import Lines, Ready
from cockpit.ui.look import look
from cockpit.ui.spans import Spans, cells, column, cut, fit, heading, strip, width_of, wrapped
from support.boxes import settled

LOOK = look(themes.find("night-shift"))
NASTY = st.text(st.sampled_from(list("ab é漢字ｗ\u0301\u200b\x1b\n\t\u202e🏳️‍🌈…")), max_size=40)


class Names(Lines):
    """A list of names, made row by row; it counts what is made and what is drawn."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(LOOK, id="names")
        self.active = True
        self.names = list(names)
        self.made: list[int] = []
        self.drawn: list[Region] = []

    def count(self) -> int:
        return len(self.names)

    def row_key(self, index: int) -> str:
        return self.names[index].split(":")[0]

    def face_at(self, index: int) -> Ready:
        self.made.append(index)
        return Ready(((self.names[index], "text"),))

    def head(self, width: int) -> Spans:
        return heading(width, ("Names", "title"))

    def refresh(self, *regions: Region, **rest: Any) -> Self:
        self.drawn += regions
        return super().refresh(*regions, **rest)

    def change(self, *names: str) -> None:
        """Other names."""
        self.names = list(names)
        self.settle()

    @property
    def screen_line(self) -> int:
        """The line of the screen that the cursor is on."""
        return self.cursor - self.top

    @property
    def texts(self) -> list[str]:
        """What stands there."""
        return [self.render_line(y).text.rstrip() for y in range(self.size.height)]


@asynccontextmanager
async def listed(*names: str, size: tuple[int, int] = (20, 6)) -> AsyncIterator[tuple[Names, Pilot[None]]]:
    pane = Names(names)

    class Alone(App[None]):
        def compose(self) -> ComposeResult:
            yield pane

    async with Alone().run_test(size=size) as pilot:
        await settled(pilot)
        yield pane, pilot


LETTERS = tuple("abcdefghijklmnop")


def run(body: Any) -> None:
    asyncio.run(body())


# ── the cursor ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_cursor_stays_on_its_thing_when_rows_come_go_and_move() -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            pane.go(3)
            for names in (("new", *LETTERS), LETTERS[2:], tuple(reversed(LETTERS)), ("d",)):
                pane.change(*names)
                assert pane.key == "d"
                assert pane.names[pane.cursor] == "d"

    run(body)


def test_what_is_being_read_does_not_jump_when_rows_come_and_go_above() -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            pane.go(9)
            pane.move(-1)
            line = pane.screen_line
            assert 0 < line < pane.page - 1
            pane.change("x", "y", *LETTERS)
            assert (pane.key, pane.screen_line) == ("i", line)
            pane.change(*LETTERS[3:])
            assert (pane.key, pane.screen_line) == ("i", line)

    run(body)


def test_at_the_head_of_the_list_what_is_new_and_worst_is_seen() -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            pane.go(1)
            pane.change("worst", *LETTERS)
            assert pane.top == 0
            assert pane.key == "b"
            assert "worst" in pane.texts[1]

    run(body)


def test_when_its_thing_is_gone_the_cursor_is_on_a_neighbour() -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            pane.go(3)
            pane.change(*(each for each in LETTERS if each != "d"))
            found = [pane.key]
            pane.change("a", "b")
            found.append(pane.key)
            pane.change()
            assert [*found, pane.key] == ["e", "b", None]

    run(body)


@pytest.mark.parametrize(("moves", "on"), [((-5,), "a"), ((100,), "p"), ((3, -1), "c"), ((100, -1), "o")])
def test_the_cursor_stops_at_both_ends(moves: tuple[int, ...], on: str) -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            for by in moves:
                pane.move(by)
            assert pane.key == on
            assert 0 <= pane.screen_line < pane.page

    run(body)


def test_a_resize_keeps_cursor_and_marks_and_keeps_the_cursor_in_sight() -> None:
    async def body() -> None:
        async with listed(*LETTERS, size=(20, 12)) as (pane, pilot):
            pane.go(9)
            pane.marks = {"b", "j"}
            for size in ((20, 4), (5, 3), (60, 20), (20, 2), (20, 12)):
                await pilot.resize_terminal(*size)
                await settled(pilot)
                assert pane.key == "j"
                assert pane.marks == {"b", "j"}
                assert any("▌" in text for text in pane.texts)

    run(body)


# ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_lines_that_differ_are_drawn_again() -> None:
    async def body() -> None:
        async with listed(*(f"{each}: 1" for each in LETTERS)) as (pane, pilot):
            pane.drawn.clear()
            pane.change(*(f"{each}: {2 if each in 'bp' else 1}" for each in LETTERS))
            assert [region.y for region in pane.drawn] == [2]  # b is in sight, p is not
            await settled(pilot)
            pane.drawn.clear()
            pane.settle()
            assert pane.drawn == []

    run(body)


def test_moving_the_cursor_draws_two_lines() -> None:
    async def body() -> None:
        async with listed(*LETTERS) as (pane, _):
            pane.drawn.clear()
            pane.move(1)
            assert sorted(region.y for region in pane.drawn) == [1, 2]

    run(body)


def test_of_a_hundred_thousand_rows_only_those_in_sight_are_made() -> None:
    async def body() -> None:
        async with listed(*(f"row {n}" for n in range(100_000)), size=(40, 20)) as (pane, pilot):
            pane.made.clear()
            pane.go(50_000)
            await settled(pilot)
            assert set(pane.made) <= set(range(50_000 - 20, 50_000 + 20))
            assert len(pane.made) < 100

    run(body)


def test_every_line_fills_its_width_exactly_with_and_without_an_edge() -> None:
    async def body() -> None:
        async with listed("漢字" * 20, "short", "x" * 200, "\x1b[2J\tb") as (pane, _):
            for edge in (None, {0: "├"}):
                pane.edge = edge
                for y in range(pane.size.height):
                    line = pane.render_line(y)
                    assert line.cell_length == 20
                    assert cell_len(line.text) == 20
                    assert line.text.isprintable()  # safety 1
                    assert edge is None or line.text[0] == ("├" if y == 0 else "│")

    run(body)


# ── text and cells ────────────────────────────────────────────────────────────────────────────────────────────────


@given(NASTY, st.integers(0, 30), st.booleans())
def test_fit_fills_exactly_so_many_cells(text: str, width: int, right: bool) -> None:  # safety 4
    assert cells(fit(text, width, right=right)) == width


@given(NASTY, st.integers(1, 30))
def test_a_column_is_its_width_and_its_gap_and_wears_its_role_on_the_text_alone(text: str, width: int) -> None:
    (bare, role), (gap, none) = column(text, width, "critical")
    assert cells(bare) + cells(gap) == width + 2
    assert (role, none, gap.strip()) == ("critical", "", "")
    assert bare == bare.rstrip()


@given(NASTY, st.integers(0, 30))
def test_cut_never_takes_more_than_it_may(text: str, width: int) -> None:
    assert cells(cut(text, width)) <= width or not text.isprintable()
    assert text.startswith(cut(text, width))


def test_a_word_without_end_is_cut_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # safety 15
    asked: list[int] = []

    def chop(text: str, width: int) -> list[str]:
        asked.append(len(text))
        return chop_cells(text, width)

    monkeypatch.setattr(spans, "chop_cells", chop)
    lines = wrapped("x" * 65_000 + "…", 33)
    assert (len(lines), asked) == (1970, [65_001])


@given(NASTY, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert all(cells(line) <= width for line in lines)
    if text.isprintable():
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@given(st.lists(st.tuples(NASTY, st.sampled_from(["text", "critical", "rule"])), max_size=5), st.integers(0, 60))
def test_a_strip_is_exactly_as_wide_as_asked_and_printable(spans: list[tuple[str, str]], width: int) -> None:  # safety 1
    made = strip(spans, width, LOOK)
    assert sum(cell_len(segment.text) for segment in made) == width
    assert all(
        segment.text.replace("\xa0", " ").isprintable() for segment in made
    )  # the first wall puts lone marks on a no-break space


@pytest.mark.parametrize("width", range(4, 80, 7))
def test_a_heading_is_never_wider_than_its_line(width: int) -> None:
    made = heading(width, ("Alerts", "title"), [("12 firing", "text"), (" · 3 acked", "muted")], [("/ team=web", "key")])
    assert width_of(made) <= width


def test_a_heading_reads_as_a_rule_with_its_title_in_it() -> None:
    made = heading(44, ("Alerts", "title"), [("2 firing", "text")], [("/ web", "key")])
    assert "".join(text for text, _ in made) == "─ Alerts ── 2 firing ────────────── / web ──"
