"""The line for the filter."""

from __future__ import annotations

import asyncio

from textual.app import ComposeResult

from cockpit.ui.filterline import FilterLine
from support.boxes import Over, settled, text_of, until


class Line(Over):
    def __init__(self) -> None:
        super().__init__()
        self.tried: list[str] = []
        self.in_force: list[str] = []
        self.kept: list[str] = []
        self.closed = 0

    def compose(self) -> ComposeResult:
        yield FilterLine(tried=self.tried.append)

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        self.in_force.append(message.text)

    def on_filter_line_submitted(self, message: FilterLine.Submitted) -> None:
        self.kept.append(message.text)

    def on_filter_line_closed(self) -> None:
        self.closed += 1


async def typing(app: Line, keys: list[str], begin: str = "", width: int = 60) -> str:
    """Open with ``begin``, press keys; what stands on the screen then."""
    async with app.run_test(size=(width, 6)) as pilot:
        await app.query_one(FilterLine).open(begin)
        await settled(pilot)
        for key in keys:
            await pilot.press(key)
        await settled(pilot)
        return text_of(app.screen)


def test_it_filters_with_each_key_means_it_once_one_pauses_and_enter_keeps_it() -> None:
    app = Line()

    async def go() -> None:
        async with app.run_test(size=(60, 6)) as pilot:
            await app.query_one(FilterLine).open("")
            await pilot.press(*"web")
            await until(pilot, lambda: app.in_force == ["web"], "the pause")
            await pilot.press("enter")
            await settled(pilot)

    asyncio.run(go())
    assert app.tried == ["w", "we", "web"]
    assert app.in_force == ["web"]
    assert app.kept == ["web"]


def test_enter_does_not_wait_for_the_pause() -> None:
    app = Line()
    asyncio.run(typing(app, [*"web", "enter"]))
    assert app.kept == ["web"]


def test_a_pause_at_a_text_that_cannot_be_read_brings_back_the_filter_from_before_and_so_does_esc() -> None:
    app = Line()

    async def go() -> None:
        async with app.run_test(size=(60, 6)) as pilot:
            await app.query_one(FilterLine).open("team=web")
            await pilot.press("space", "o", "k")
            await until(pilot, lambda: app.in_force == ["team=web ok"], "the pause")
            await pilot.press("equals_sign")  # ok= cannot be read
            await until(pilot, lambda: app.in_force[1:] == ["team=web"], "the filter from before")
            await pilot.press("backspace")
            await until(pilot, lambda: app.in_force[2:] == ["team=web ok"], "the pause")
            await pilot.press("escape")
            await settled(pilot)

    asyncio.run(go())
    assert app.in_force[-1] == "team=web"
    assert app.closed == 1


def test_esc_without_a_change_changes_nothing() -> None:
    app = Line()
    asyncio.run(typing(app, ["escape"], begin="team=web"))
    assert app.in_force == []
    assert app.closed == 1


def test_an_error_stands_under_the_line_at_its_column_and_the_filter_from_before_stays() -> None:
    app = Line()
    text = asyncio.run(typing(app, [*"ok", "space", *"@sta"]))
    assert app.in_force == []  # "ok" alone was a beginning, not a filter
    line, fault = text.splitlines()[:2]
    assert line.startswith("/ ok @sta")
    assert fault.index("^") == line.index("@sta") + 1 or fault.index("^") == line.index("@sta")
    assert "@sta" in fault or "state" in fault


def test_enter_does_not_keep_what_cannot_be_read() -> None:
    app = Line()
    asyncio.run(typing(app, [*"@sta", "enter"]))
    assert app.kept == []


def test_an_error_at_the_far_end_is_still_readable() -> None:
    text = asyncio.run(typing(Line(), [*("x" * 40), "space", *"@sta"], width=50))
    assert "^" in text.splitlines()[1]
    assert len(text.splitlines()[1].strip()) > 10
