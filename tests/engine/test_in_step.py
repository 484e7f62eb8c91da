"""A wall clock that jumped is not believed for a day, so that nothing is dropped by it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cockpit.engine.in_step import WAIT, InStep
from cockpit.testing.clock import FakeClock


@pytest.mark.parametrize("jump", [7200.0, -7200.0, 5 * 365 * 86400.0])
def test_a_jump_is_doubted_until_the_clock_was_in_step_for_a_day(jump: float) -> None:
    clock = FakeClock()
    steps = InStep(clock)
    assert steps.believed()
    clock.step_wall(jump)
    assert not steps.believed()
    clock.advance(WAIT - 1)
    assert not steps.believed()
    clock.step_wall(-jump)
    assert not steps.believed(), "setting it right is a jump, too"
    clock.advance(WAIT)
    assert steps.believed()


def test_a_little_correction_and_a_long_time_are_no_jump() -> None:
    clock = FakeClock()
    steps = InStep(clock)
    clock.step_wall(600)
    clock.advance(100 * 86400)
    assert steps.believed()


def test_a_journal_with_nothing_of_the_last_day_makes_it_doubted_and_an_empty_one_does_not() -> None:
    clock = FakeClock()
    empty, fresh, stale = InStep(clock), InStep(clock), InStep(clock)
    empty.seen([None])
    fresh.seen([clock.now() - timedelta(days=400), clock.now() - timedelta(hours=2)])
    stale.seen([None, clock.now() - timedelta(days=400)])
    assert [empty.believed(), fresh.believed(), stale.believed()] == [True, True, False]
