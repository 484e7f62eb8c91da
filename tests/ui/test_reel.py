"""A recording on the board: the line that says so, its keys, and that nothing can be done."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from cockpit.app import Cockpit
from cockpit.cli.replay import shown_by
from cockpit.config.model import Config
from cockpit.core.actions import Run, RunState, Start
from cockpit.core.recorded import position_of
from cockpit.engine.recording_out import RecordingWriter
from cockpit.engine.replay_desk import ReplayDesk
from cockpit.engine.store import Facts
from cockpit.ui.keys import NOT_REPLAYED, TABLE
from cockpit.ui.reel import DEEDS, said_length
from cockpit.ui.run_list import RunList
from cockpit.ui.runs import RunOutput
from support.boards import run, sitting
from support.boxes import settled, text_of, until
from support.recordings import BEGAN, HEADER, alert, around, replayed, said, story


class Looking:
    """A person before a replay that stands at its beginning."""

    def __init__(self, app: Cockpit, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    @property
    def text(self) -> str:
        return text_of(self.app.screen)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settled(self.pilot)

    async def sees(self, *texts: str) -> None:
        await until(self.pilot, lambda: all(text in self.text for text in texts), f"{texts} on\n{self.text}")


def unended(path: Path) -> Path:
    """A recording that was cut off while a runbook was going on."""
    going = Run(
        id="20261102-031200-a1b2c3", at=BEGAN, who="ana", action=Start("many"), what="many", target="db-0",
        state=RunState.RUNNING,
    )  # fmt: skip
    with RecordingWriter(path, HEADER) as recording:
        recording.put(0.0, Facts({"am": said((alert(0),), 0.0)}, (going,), around("am")))
        recording.put(30.0, Facts({"am": said((alert(0), alert(1)), 30.0)}, (going,), around("am")))
    return path


@asynccontextmanager
async def looking(folder: Path, size: tuple[int, int] = (120, 40), tale: Callable[[Path], Path] = story) -> AsyncIterator[Looking]:
    with replayed(tale(folder / "a.rec"), folder) as (replay, _):
        config = shown_by(replay.header, Config())
        app = Cockpit(config, ReplayDesk(replay, config), table=TABLE, clock=replay.clock, environ={}, replay=replay)
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.screen is app.board and app.board.is_mounted, "the board")
            await settled(pilot)
            yield Looking(app, pilot)


_KEYS = {" ": "space", ":": "colon", ".": "full_stop", "-": "minus"}


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 10)], ids=str)
def test_it_always_says_that_it_is_a_replay_at_which_moment_how_fast_and_how_far(tmp_path: Path, size: tuple[int, int]) -> None:
    async def body() -> None:
        async with looking(tmp_path, size) as person:
            await person.sees("REPLAY", "03:12:00", "paused, at 1×")
            if size[0] > 40:
                await person.sees("0:00 of 0:30", "p go on")

    run(body)


def test_its_keys_pause_step_and_seek(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path) as person:
            await person.sees("2 firing")
            await person.press("full_stop")
            await person.sees("3 firing", "03:12:10 UTC", "paused")
            await person.press("full_stop")
            await person.sees("03:12:20 UTC")
            await person.press("comma", "comma")
            await person.sees("2 firing", "03:12:00 UTC")
            await person.press("comma")
            await person.sees("nothing happened before this")
            await person.press("right")
            await person.sees("ended", "0:30 of 0:30", "2 firing")
            await person.press("full_stop")
            await person.sees("nothing happens after this in the recording")
            await person.press("less_than_sign")
            await person.sees("03:12:00 UTC", "paused")
            await person.press("right_square_bracket", "right_square_bracket", "p")
            await person.sees("at 4×", "p pause")
            await person.press("p", "left_square_bracket")
            await person.sees("paused, at 2×")

    run(body)


def test_the_command_line_seeks_and_says_how_fast(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path) as person:
            for line, seen in (
                ("seek 03:12:12", ("03:12:12 UTC", "3 firing")), ("seek -2s", ("03:12:10 UTC",)), ("seek end", ("ended",)),
                ("seek 05:00", ("the recording is from 03:12:00 to 03:12:30",)), ("seek lunch", ("is no moment of a recording",)),
                ("seek", ("is no moment of a recording",)), ("speed 5000", ("it can go no faster",)),
                ("speed 0.5", ("0.5 times as fast",)), ("speed slow", ("how fast?",)),
            ):  # fmt: skip
                await person.press("colon")
                await until(person.pilot, lambda: person.app.focused is not None, "the command line")
                await person.press(*(_KEYS.get(each, each) for each in line), "enter")
                await person.sees(*seen)
            await person.press("less_than_sign")
            await person.sees("paused, at 0.5×")

    run(body)


def test_what_would_do_something_says_that_it_is_a_recording(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path) as person:
            await person.sees("2 firing")
            for key in ("a", "s", "e", "x"):
                await person.press(key)
                await person.sees("this is a recording of web-1 from 2026-11-02 03:12 UTC" if key != "x" else "no runbooks")
            await person.press("r")
            await person.sees("this is a recording: there is nobody to ask")
            await person.press("ctrl+o")
            await person.sees("nothing can be done in it")

    run(body)


def test_what_had_not_happened_yet_is_no_ghost(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path) as person:
            await person.press("full_stop")
            await person.sees("3 firing")
            await person.press("G")
            await person.press("comma")
            await person.sees("2 firing")
            assert "resolved" not in person.text

    run(body)


def test_leaving_a_recording_ends_no_run_and_asks_nothing(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path, tale=unended) as person:
            assert person.app.board.view.runs[0].state is RunState.RUNNING
            await person.pilot.press("q")
            await until(person.pilot, lambda: person.app._exit, "it is left")
            assert person.app.return_value == 0

    run(body)


def test_its_keys_are_shown_while_they_are_heard(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path) as person:
            await person.sees("p go on")
            await person.press("R")
            await until(person.pilot, lambda: isinstance(person.app.screen, RunList), "the runs")
            await until(person.pilot, lambda: "go on" not in drawn(person), "no key of a line that hears none")
            assert "paused, at 1×" in drawn(person)
            await person.press("escape")
            await until(person.pilot, lambda: "p go on" in drawn(person), "its keys again")

    run(body)


def test_a_run_lasts_no_longer_while_it_is_paused(tmp_path: Path) -> None:
    async def body() -> None:
        async with looking(tmp_path, tale=unended) as person:
            await person.press("R")
            await until(person.pilot, lambda: isinstance(person.app.screen, RunList), "the runs")
            await person.press("enter")
            await until(person.pilot, lambda: isinstance(person.app.screen, RunOutput), "its output")
            shown = person.app.screen
            assert isinstance(shown, RunOutput)
            assert shown._mono == person.app.board.clock.mono
            await person.sees("running, for 0 s")

    run(body)


def drawn(person: Looking) -> str:
    """What stands on the line, which a box leaves in sight where there is room."""
    line = person.app.board.reel
    assert line is not None
    return "".join(text for text, _ in line._spans or ())


def test_without_a_recording_its_keys_say_so() -> None:
    async def body() -> None:
        async with sitting() as person:
            assert "REPLAY" not in person.text
            await person.press("p")
            assert "no recording is replayed here" in person.footer
            assert {id for id in NOT_REPLAYED if person.board.why.get(id)} == set(NOT_REPLAYED) == set(DEEDS)

    run(body)


@pytest.mark.parametrize(
    ("text", "here", "wanted"),
    [
        ("03:12:30", 0.0, 30.0), ("3:13", 0.0, 60.0), ("+10m", 30.0, 630.0), ("-90s", 100.0, 10.0), ("start", 50.0, 0.0),
        ("end", 0.0, 100_000.0), ("2026-11-02T04:12", 0.0, 3600.0), ("2026-11-02T05:12:00+01:00", 0.0, 3600.0),
        ("02:00", 0.0, 82_080.0), ("03:00", 86_000.0, 85_680.0),
    ],
)  # fmt: skip
def test_moments_are_written_as_people_write_them(text: str, here: float, wanted: float) -> None:
    assert position_of(text, HEADER, here, 100_000.0) == wanted


@pytest.mark.parametrize("text", ["", "25:00", "3:99", "soon", "+", "+soon", "9999-99-99", "+9999999999999999999d", "\x1b[31m"])
def test_what_is_no_moment_is_refused_with_what_would_do(text: str) -> None:
    with pytest.raises(ValueError, match="no moment of a recording: write 03:12"):
        position_of(text, HEADER, 0.0, 100.0)


def test_lengths_are_short() -> None:
    assert [said_length(each) for each in (0, 59.9, 60, 3599, 3600, 90_061)] == [
        "0:00",
        "0:59",
        "1:00",
        "59:59",
        "1:00:00",
        "25:01:01",
    ]
