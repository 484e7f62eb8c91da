"""What an idle screen draws: as little as is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.core.traps import Reading, Trap, TrapState
from cockpit.core.units import bound
from cockpit.core.view import View
from cockpit.ui.times import drawn_age
from support.boards import Sitting, sitting
from support.scene import NOW, scene, trap


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(body())


MEMORY = Trap(name="memory", probe="memory", trip=bound("used_percent >= 95"))


def with_trap(state: TrapState, says: str) -> View:
    """The scene with one trap, whose reading is the number that ``says`` begins with."""
    laid = trap("memory", state, says)
    watch = msgspec.structs.replace(
        laid.watch, reading=Reading({"used_percent": float(says.split()[0])}, says), trips_in=None, full_in=None
    )
    return msgspec.structs.replace(scene(), traps=(msgspec.structs.replace(laid, watch=watch, trap=MEMORY),))


def words(person: Sitting) -> str:
    """What the Traps pane says of it."""
    return next(line for line in person.lines if " memory " in line)


async def new(person: Sitting, view: View) -> None:
    """A newer view, drawn."""
    person.desk.show(view)
    await person.until(lambda: person.board.view == view, "the newer view")
    await person.follow()


async def minute(person: Sitting) -> None:
    """The clock comes to the next full minute."""
    person.clock.turn(60 - person.clock.now().second)
    person.board._tick()
    await person.follow()


def test_a_trap_that_stays_armed_keeps_its_words_until_the_minute_is_over() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            assert "61 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "62 % used"))
            assert "61 % used" in words(person)
            await minute(person)
            assert "62 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "70 % used"))
            assert "70 % used" in words(person), "that is no last digit"

    run(body)


@pytest.mark.parametrize("state", [state for state in TrapState if state is not TrapState.ARMED])
def test_a_trap_that_is_not_calm_says_at_once_what_was_found(state: TrapState) -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            await new(person, with_trap(state, "97 % used"))
            assert "97 % used" in words(person)
            await new(person, with_trap(state, "98 % used"))
            assert "98 % used" in words(person)
            await new(person, with_trap(TrapState.ARMED, "60 % used"))
            assert "60 % used" in words(person)

    run(body)


def test_whoever_asks_for_it_sees_every_look_until_the_minute_is_over() -> None:
    async def body() -> None:
        async with sitting(with_trap(TrapState.ARMED, "61 % used"), (160, 50)) as person:
            await person.press("r")
            await new(person, with_trap(TrapState.ARMED, "62 % used"))
            assert "62 % used" in words(person)
            await minute(person)
            await new(person, with_trap(TrapState.ARMED, "63 % used"))
            assert "62 % used" in words(person)

    run(body)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(-3, "0s"), (0, "<15s"), (14.9, "<15s"), (15, "15s"), (44, "30s"), (59.9, "45s"), (60, "1m"), (7200, "2h"), (1e9, "999w")],
)
def test_an_age_under_a_minute_is_said_in_steps(seconds: float, said: str) -> None:
    assert drawn_age(seconds) == said


def test_the_age_of_a_new_alert_moves_four_times_in_its_first_minute() -> None:
    async def body() -> None:
        first = scene().alerts[0]
        started = msgspec.structs.replace(first, alert=msgspec.structs.replace(first.alert, started_at=NOW - timedelta(seconds=3)))
        async with sitting(msgspec.structs.replace(scene(), alerts=(started,))) as person:
            seen = []
            for _ in range(60):
                seen.append(person.board.alerts.face_at(0).age)
                person.clock.turn(1)
                person.board._tick()
            assert list(dict.fromkeys(seen)) == ["<15s", "15s", "30s", "45s", "1m"]

    run(body)
