"""Trends through readings: robust, honest about what they do not know."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.forecast import meets, outlook, trend
from cockpit.core.units import bound

FULL = bound("used_percent >= 92")


def climb(count: int, start: float, per_step: float, every: float = 30.0) -> list[tuple[float, float]]:
    return [(1e9 + i * every, start + i * per_step) for i in range(count)]


def test_a_straight_climb_is_met_when_arithmetic_says() -> None:
    points = climb(40, 50, 0.5)
    seen = outlook("used_percent", FULL, points)
    last = points[-1][1]
    assert seen.trips_in == pytest.approx((92 - last) / 0.5 * 30)
    assert seen.full_in == pytest.approx((100 - last) / 0.5 * 30)


def test_what_is_full_is_full_now_though_its_trend_lags_behind() -> None:
    assert outlook("used_percent", FULL, [*climb(40, 80.5, 0.5), (1e9 + 40 * 30, 100.0)]).full_in == 0.0
    assert outlook("free_bytes", None, [*climb(40, 400.0, -10.0)[:-2], (1e9 + 40 * 30, 0.0)]).full_in == 0.0


def test_a_quarter_of_wild_points_does_not_move_it() -> None:
    points = climb(40, 50, 0.5)
    wild = [(t, 5.0 if i % 4 == 1 else v) for i, (t, v) in enumerate(points)]
    calm, shaken = meets(trend(points), FULL), meets(trend(wild), FULL)
    assert calm is not None
    assert shaken == pytest.approx(calm, rel=0.15)


def test_a_disk_that_was_cleaned_is_forecast_from_the_cleaning_on() -> None:
    first = climb(30, 60, 1)
    second = [(first[-1][0] + 30 * (i + 1), 10 + i * 1.0) for i in range(10)]
    left = meets(trend([*first, *second]), FULL)
    assert left == pytest.approx((92 - 19) * 30)


def test_what_falls_or_stands_still_or_is_lost_in_noise_never_fills() -> None:
    assert meets(trend(climb(30, 80, -0.2)), FULL) is None
    assert meets(trend(climb(30, 80, 0)), FULL) is None
    noisy = [(1e9 + i * 30.0, 50 + 5 * math.sin(i * 2.3)) for i in range(40)]
    assert meets(trend(noisy), FULL) is None


def test_too_little_says_nothing_and_too_far_is_not_believed() -> None:
    assert trend(climb(3, 50, 1)) is None
    assert trend([]) is None
    assert meets(trend(climb(5, 1, 0.001)), FULL) is None


def test_what_is_met_already_is_met_now() -> None:
    assert meets(trend(climb(10, 92, 0.1)), FULL) == 0.0


def test_free_space_runs_out_at_nothing() -> None:
    low = bound("free_bytes < 1GB")
    seen = outlook("free_bytes", low, [(1e9 + i * 60.0, 10e9 - i * 0.1e9) for i in range(30)])
    assert seen.trips_in is not None
    assert seen.full_in is not None
    assert seen.trips_in < seen.full_in


def test_readings_at_one_moment_have_no_slope() -> None:
    assert trend([(1.0, 1.0)] * 10) is None


@given(st.lists(st.tuples(st.floats(0, 1e9), st.floats(-1e12, 1e12)), max_size=90))
def test_no_series_of_numbers_breaks_it(points: list[tuple[float, float]]) -> None:
    left = meets(trend(sorted(points)), FULL)
    assert left is None or 0 <= left < math.inf


@given(st.floats(0.01, 5), st.integers(5, 200), st.floats(1, 600))
def test_any_straight_climb_is_exact(step: float, count: int, every: float) -> None:
    line = trend(climb(count, 10, step, every))
    assert line is not None
    assert line.slope == pytest.approx(step / every, rel=1e-4)
