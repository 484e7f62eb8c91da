"""A widget is asked for the lines that are painted and no others, what comes of it is what Textual makes of it, and a key is
painted in the turn in which it is understood."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.segment import Segment
from textual import events
from textual._compositor import ChopsUpdate, Compositor
from textual.app import App
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Static

from cockpit.ui.compositor import Sparing, paint_at_once
from cockpit.ui.drawn import Drawn

WIDTH, HEIGHT = 60, 20


class Told(Drawn):
    """Says its name and the line, and keeps which lines it was asked for."""

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self.asked: list[int] = []

    def render_line(self, y: int) -> Strip:
        self.asked.append(y)
        text = f"{self.id}:{y}".ljust(self.size.width)
        return Strip([Segment(text)], len(text))


class Two(Screen[None]):
    """Two that draw themselves side by side, over a stock one."""

    CSS = """
    Two { layout: grid; grid-size: 2 2; grid-rows: 12 8; }
    #below { column-span: 2; height: 8; border: solid red; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._compositor = Sparing()
        self.left, self.right, self.below = Told("left"), Told("right"), Static("x\ny\nz", id="below")

    def compose(self) -> Iterable[Widget]:
        yield from (self.left, self.right, self.below)

    def on_key(self, event: events.Key) -> None:
        self.left.refresh(Region(0, int(event.key), 5, 1))
        paint_at_once(self)


class Holder(App[None]):
    """It and nothing else."""

    def get_default_screen(self) -> Screen[None]:
        self.two = Two()
        return self.two


def shown(update: object) -> list[tuple[int, int, str]]:
    """(line, column, text) of each cell that an update paints."""
    assert isinstance(update, ChopsUpdate)
    cells = []
    for y, first, last in update.spans:
        for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if chop is not None and x <= last and end > first:
                cells += [(y, x + at, char) for at, char in enumerate(chop.text) if first <= x + at < last]
    return sorted(cells)


def test_each_is_asked_for_the_lines_that_changed_and_for_no_others() -> None:
    async def look() -> None:
        app = Holder()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await pilot.pause()
            two = app.two
            two.left.asked.clear()
            two.right.asked.clear()
            two.left.refresh(Region(0, 3, 30, 1), Region(0, 7, 30, 2))
            await pilot.pause()
            assert sorted(set(two.left.asked)) == [3, 7, 8]
            assert two.right.asked == []

    asyncio.run(look())


def test_what_a_key_changes_is_painted_before_the_key_is_done_with_and_only_once() -> None:
    async def look() -> None:
        app = Holder()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await pilot.pause()
            two = app.two
            two.left.asked.clear()
            two._compositor.painted_at = 0.0  # type: ignore[attr-defined]  # it is a Sparing
            two.on_key(events.Key("4", "4"))
            assert two.left.asked == [4]
            await pilot.pause()
            assert two.left.asked == [4]

    asyncio.run(look())


def test_where_there_was_a_frame_just_now_the_next_is_left_to_textual() -> None:
    async def look() -> None:
        app = Holder()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await pilot.pause()
            two = app.two
            two.left.asked.clear()
            two._compositor.painted_at = float("inf")  # type: ignore[attr-defined]  # it is a Sparing
            two.on_key(events.Key("4", "4"))
            assert two.left.asked == []
            await pilot.pause()
            assert two.left.asked == [4]

    asyncio.run(look())


regions = st.builds(Region, st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), st.integers(1, 40), st.integers(1, 9))


@settings(max_examples=25, deadline=None)
@given(st.lists(regions, min_size=1, max_size=4))
def test_what_it_makes_is_what_textual_makes(dirty: list[Region]) -> None:
    async def look() -> None:
        app = Holder()
        async with app.run_test(size=(WIDTH, HEIGHT)) as pilot:
            await pilot.pause()
            compositor = app.two._compositor
            inside = {each.intersection(Region(0, 0, WIDTH, HEIGHT)) for each in dirty}
            compositor._dirty_regions = set(inside)
            ours = shown(compositor.render_partial_update())
            compositor._dirty_regions = set(inside)
            assert ours == shown(Compositor.render_partial_update(compositor))

    asyncio.run(look())
