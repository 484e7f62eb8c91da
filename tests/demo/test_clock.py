"""The clock of the demo can be stopped, hurried and set, and who sleeps on it follows."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from cockpit.demo.clock import FASTEST, DrivenClock

BASE = datetime(2026, 11, 25, 3, 6, tzinfo=UTC)


def standing() -> DrivenClock:
    clock = DrivenClock(BASE, 1900.0)
    clock.play(False)
    clock.jump(0.0)
    return clock


def test_it_stands_still_where_it_is_told_to() -> None:
    clock = standing()
    clock.jump(100.0)
    assert clock.position == 100.0
    assert clock.now() == BASE + timedelta(seconds=100)
    assert not clock.plays


def test_wall_and_monotonic_time_go_together() -> None:
    clock = standing()
    before = clock.mono()
    clock.jump(60.0)
    assert clock.mono() - before == 60.0


def test_it_never_leaves_the_night() -> None:
    clock = standing()
    clock.jump(5000.0)
    assert clock.position == 1900.0
    assert clock.ended
    clock.jump(-5.0)
    assert clock.position == 0.0
    assert clock.go_at(1e6) == FASTEST


@pytest.mark.parametrize("drive", ["jump", "play"])
def test_who_sleeps_wakes_when_it_is_driven_past_that_moment(drive: str) -> None:
    clock = standing()

    async def slept() -> float:
        sleeper = asyncio.ensure_future(clock.sleep(50.0))
        await asyncio.sleep(0)
        assert not sleeper.done()
        if drive == "jump":
            clock.jump(60.0)
        else:
            clock.go_at(FASTEST)
            clock.play(True)
        async with asyncio.timeout(20.0):
            await sleeper
        return clock.position

    assert asyncio.run(slept()) >= 50.0


def test_who_sleeps_while_it_stands_sleeps_on() -> None:
    clock = standing()

    async def slept() -> None:
        sleeper = asyncio.ensure_future(clock.sleep(10.0))
        await asyncio.sleep(0)
        clock.jump(5.0)  # woken, and not enough
        for _ in range(5):
            await asyncio.sleep(0)
        assert not sleeper.done()
        clock.jump(11.0)
        async with asyncio.timeout(20.0):
            await sleeper

    asyncio.run(slept())


def test_it_goes_as_fast_as_it_is_told_to() -> None:
    clock = standing()
    clock.go_at(FASTEST)
    clock.play(True)
    began = time.monotonic()
    while clock.position < 6.0:
        time.sleep(0.001)
    assert time.monotonic() - began < 5.0  # a tenth of a second, on a machine that does nothing else
