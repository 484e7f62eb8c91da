"""What moved beforehand, and the bound that would have caught it."""

from __future__ import annotations

import math
import random
import re
from datetime import UTC, datetime
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.backtest import Points, backtest
from cockpit.core.lookback import FEWEST, OUTLIER, WINDOW, Series, lookback
from cockpit.core.units import bound

HOUR, DAY = 3600.0, 86400.0
FIRE = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
END = FIRE.timestamp()


def calm(days: float, value: float, noise: float, seed: int = 1) -> list[tuple[float, float]]:
    chance = random.Random(seed)  # noise, no secret
    return [(END - days * DAY + i * 300, value + chance.gauss(0, noise)) for i in range(int(days * 288))]


def ramp(points: Points, hours: float, per_hour: float) -> Points:
    begins = END - hours * HOUR
    return [(at, value + max(0.0, at - begins) / HOUR * per_hour) for at, value in points]


def test_what_moved_is_found_with_when_and_what_did_not_is_calm() -> None:
    disk = Series("disk", "used_percent", ramp(calm(7, 40, 0.5), 3, 18))
    found = lookback([Series("load", "load", calm(7, 2, 0.3, 2)), disk], FIRE)
    (moved,) = found.moved
    assert (moved.trap, moved.metric, moved.rose, moved.lasted) == ("disk", "used_percent", True, True)
    assert 2.5 * HOUR < moved.early <= 3 * HOUR
    assert moved.usual == pytest.approx(40, abs=0.5)
    assert found.calm == 1


def test_the_bound_it_names_holds_what_it_promises() -> None:
    disk = Series("disk", "used_percent", ramp(calm(7, 40, 0.5), 3, 18))
    (moved,) = lookback([disk], FIRE).moved
    assert moved.bound is not None
    assert moved.tested is not None
    assert bound(moved.bound.text) == moved.bound
    again = backtest(moved.bound, 0, disk.points, moved.tested.troubles, within=WINDOW)
    assert again == moved.tested
    assert moved.tested.false_alarms == 0
    assert 2 * HOUR < (moved.tested.lead(moved.tested.troubles[0]) or 0) <= 3 * HOUR


def test_no_other_round_bound_would_have_had_fewer_false_alarms() -> None:
    chance = random.Random(3)
    spiky = [(at, v + (25 if chance.random() < 0.01 else 0)) for at, v in ramp(calm(7, 40, 0.5), 3, 18)]
    (moved,) = lookback([Series("disk", "used_percent", spiky)], FIRE).moved
    assert moved.tested is not None
    fire = moved.tested.troubles[0]
    within = moved.tested.within
    others = [backtest(bound(f"used_percent >= {value}"), 0, spiky, [fire], within=within) for value in range(40, 95)]
    caught = [each for each in others if (each.lead(fire) or 0) > 0]
    assert moved.tested.false_alarms <= min(each.false_alarms for each in caught)


def test_of_numbers_that_tell_the_same_the_percentage_stands_first() -> None:
    used = ramp(calm(7, 40, 0.5), 3, 18)
    free = [(at, 1e6 - 1e4 * value) for at, value in used]
    found = lookback([Series("disk", "free_bytes", free), Series("disk", "used_percent", used)], FIRE)
    assert [each.metric for each in found.moved] == ["used_percent", "free_bytes"]
    limit = found.moved[1].bound
    assert limit is not None
    assert re.fullmatch(r"free_bytes <= \d+kB", limit.text), limit
    assert bound(limit.text) == limit


def test_of_still_numbers_that_which_went_farthest_stands_first() -> None:
    still = calm(7, 27, 0)
    inodes = [(at, 0.0003 if at < END - 4 * HOUR else 0.00033) for at, _ in still]
    space = [(at, 27.0 if at < END - 2 * HOUR else 97.0) for at, _ in still]
    found = lookback([Series("disk", "inodes_used_percent", inodes), Series("disk", "used_percent", space)], FIRE)
    assert [each.metric for each in found.moved] == ["used_percent", "inodes_used_percent"]


def test_no_bound_is_proposed_that_a_drift_would_reach() -> None:
    drifting = [(at, 27 + max(0.0, at - END + 4 * HOUR) / HOUR * 0.5) for at, _ in calm(7, 0, 0)]
    climbing = [(at, value + max(0.0, at - END + HOUR) / HOUR * 70) for at, value in drifting]
    (moved,) = lookback([Series("disk", "used_percent", climbing)], FIRE).moved
    assert moved.bound is not None
    assert 35 < moved.bound.value < 60


def test_a_bound_that_stood_for_hours_and_was_over_by_itself_is_no_catch() -> None:
    """A disk that fills by day and is tidied at night; and then it fills at once."""
    by_day = [(END - DAY / 4 + i * 120, 64 + i / 20) for i in range(160)]  # to 72 %, within 5 h 20 m
    tidy = [(END - 2400 + i * 120, 63.0 + i / 100) for i in range(15)]
    filling = [(END - 600 + i * 30, 64.0 + i * 1.5) for i in range(20)]
    (moved,) = lookback([Series("disk", "used_percent", [*by_day, *tidy, *filling])], FIRE).moved
    assert moved.bound is not None
    assert moved.bound.value > 72.1
    assert moved.tested is not None
    assert (moved.tested.false_alarms, len(moved.tested.trips)) == (0, 1)
    fire = moved.tested.troubles[0]
    assert 120 < (moved.tested.lead(fire) or 0) < 600
    near = backtest(bound("used_percent >= 68"), 0, [*by_day, *tidy, *filling], [fire], within=moved.tested.within)
    assert near.false_alarms == 1, "half of the day it is as full as that"


def test_what_trips_before_signs_are_looked_for_is_no_sign() -> None:
    stood = [(END - 3 * DAY + i * 300, 40.0 if i < 700 else 50.0) for i in range(864)]  # a step, 13 h 40 m before
    assert all(each.bound is None for each in lookback([Series("disk", "used_percent", stood)], FIRE).moved)


def test_what_fell_is_caught_from_above() -> None:
    (moved,) = lookback([Series("memory", "free", ramp(calm(7, 900, 10), 2, -300))], FIRE).moved
    assert not moved.rose
    assert moved.bound is not None
    assert moved.bound.op == "<="


def test_nights_are_compared_with_nights() -> None:
    daily = [(at, 50 + 40 * math.cos((at % DAY) / DAY * 2 * math.pi)) for at, _ in calm(7, 0, 0)]
    assert lookback([Series("load", "load", daily)], FIRE).moved == ()
    lazy = [(at, 10.0 if at > END - 2 * HOUR else v) for at, v in daily]  # like every noon, but it is night
    (moved,) = lookback([Series("load", "load", lazy)], FIRE).moved
    assert moved.same_hour
    assert not moved.rose


def test_too_little_history_is_said_instead_of_nonsense() -> None:
    short = [(END - 3 * HOUR + i * 300, 1.0 if i < 32 else 99.0) for i in range(36)]
    found = lookback([Series("new", "x", short), Series("none", "x", [])], FIRE)
    assert found.moved == ()
    assert found.calm == 0
    assert found.unsure[0].why == "too little history: 36 readings over 2 h 55 m"
    assert found.unsure[1].why == "no readings from before"
    old = Series("gone", "x", [point for point in calm(7, 1, 0.1) if point[0] < END - DAY])
    assert lookback([old], FIRE).unsure[0].why == "no readings in the 6 h before"


def test_what_was_armed_this_morning_has_its_earlier_half_for_a_history() -> None:
    young = [(END - 600 + i * 2, 30.0 + i % 2 + max(0, i - 240)) for i in range(300)]  # ten minutes, of which it climbs for two
    (moved,) = lookback([Series("disk", "used_percent", young)], FIRE).moved
    assert moved.rose
    assert moved.usual == pytest.approx(30.5, abs=0.6)
    assert moved.peak > 80
    assert 90 < moved.early <= 122
    assert moved.tested is not None
    assert moved.tested.lead(moved.tested.troubles[0]) == pytest.approx(100, abs=20)


@pytest.mark.parametrize("offset", range(0, 300, 50))
def test_what_goes_wrong_within_a_minute_is_seen_wherever_the_steps_lie(offset: int) -> None:
    moment = datetime.fromtimestamp(END + offset, UTC)
    close = [(END + offset - 6 * HOUR + i * 10, 40.0 + 0.1 * (i % 3)) for i in range(int(6 * HOUR / 10) - 6)]
    points = [point for point in calm(7, 40, 0.5) if point[0] < close[0][0]] + close
    points += [(END + offset - 60 + i * 10, 50.0 + 9 * i) for i in range(6)]
    (moved,) = lookback([Series("disk", "used_percent", points)], moment).moved
    assert moved.lasted
    assert moved.early == 60
    assert moved.bound is not None


def test_a_wild_last_reading_among_wild_ones_has_not_moved() -> None:
    chance = random.Random(5)
    wild = [(END - 5 * DAY + i * 10, 40 + chance.gauss(0, 5)) for i in range(5 * 8640)]
    wild[-3:] = [(at, 53.0) for at, _ in wild[-3:]]
    assert lookback([Series("load", "load", wild)], FIRE).moved == ()


def test_a_series_that_never_moved_is_not_said_to_have_moved_for_nothing() -> None:
    still = calm(7, 1000, 0)
    nearly = [(at, v + (1 if at > END - HOUR else 0)) for at, v in still]
    assert lookback([Series("x", "x", nearly)], FIRE).moved == ()
    (moved,) = lookback([Series("x", "x", [(at, v + (50 if at > END - HOUR else 0)) for at, v in still])], FIRE).moved
    assert math.isfinite(moved.score)


def test_what_only_counts_time_is_no_sign_unless_it_outlived_every_round_there_was() -> None:
    untouched = [(END - 7200 + n * 10, n * 10.0 + 3) for n in range(720)]
    found = lookback([Series("dump", "age_seconds", untouched)], FIRE)
    assert (found.moved, found.unsure, found.calm) == ((), (), 1)
    written = END - 30 * HOUR  # every night but the last
    renewed = [(at, (at - written) if at > written else (at - written) % DAY) for at, _ in calm(7, 0, 0)]
    (late,) = lookback([Series("backup", "age_seconds", renewed)], FIRE).moved
    assert late.peak > DAY
    (day,) = lookback([Series("backup", "age_seconds", [(at, (at - written) % DAY) for at, _ in renewed])], FIRE).moved or (None,)
    assert day is None, "as old as it is every night"


@pytest.mark.parametrize("apart", [1.0, 10.0, 300.0])
def test_a_lag_that_stood_still_and_grows_by_a_second_each_second_is_a_sign(apart: float) -> None:
    stuck, span = END - 5.5 * HOUR, 12 * HOUR if apart < 300 else 2 * DAY
    lag = [(at, max(0.0, at - stuck)) for at in (END - span + n * apart for n in range(int(span / apart)))]
    (moved,) = lookback([Series("replica", "lag_seconds", lag)], FIRE).moved
    assert moved.usual == 0
    assert moved.early == pytest.approx(5.5 * HOUR, abs=600)


def test_a_climb_that_is_read_each_second_is_no_age() -> None:
    climb = [(END - 2 * HOUR + n, 40 + 0.005 * max(0, n - 5400)) for n in range(7200)]
    (moved,) = lookback([Series("disk", "used_percent", climb)], FIRE).moved
    assert moved.rose


def test_what_happened_afterwards_is_not_looked_at() -> None:
    later = [*calm(7, 40, 0.5), *((END + 60 * i, 99.0) for i in range(1, 60))]
    assert lookback([Series("disk", "used_percent", later)], FIRE).moved == ()


@given(st.lists(st.floats(-1e9, 1e9), min_size=FEWEST, max_size=80), st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12))
def test_a_series_has_moved_exactly_where_its_score_by_hand_says(before: list[float], after: list[float]) -> None:
    window = 3600.0 * 12  # half a day and more: hours of the day play no part
    grid = window / 72
    begins = END - window
    points = [((math.floor(begins / grid) - len(before) + i) * grid + 1, v) for i, v in enumerate(before)]
    points += [((math.floor(begins / grid) + 1 + i) * grid + 1, v) for i, v in enumerate(after)]
    middle = median(before)
    spread = median(abs(v - middle) for v in before) / 0.6745
    if spread == 0:
        spread = sum(abs(v - middle) for v in before) / len(before) * 1.253314
    spread = max(spread, abs(middle) * 0.005 / 3.5, 1e-9)
    peak = max(abs(v - middle) / spread for v in after)
    if abs(peak - OUTLIER) < 1e-6:
        return
    found = lookback([Series("x", "x", points)], FIRE, window=window)
    assert bool(found.moved) is (peak >= OUTLIER)


@given(st.lists(st.tuples(st.floats(0, 30 * DAY), st.floats(allow_nan=True, allow_infinity=True)), max_size=200))
def test_whatever_the_readings_it_answers(points: list[tuple[float, float]]) -> None:
    series = Series("x", "x", sorted((END - ago, value) for ago, value in points))
    found = lookback([series], FIRE)
    assert len(found.moved) + len(found.unsure) + found.calm == 1
    for each in found.moved:
        assert each.bound is None or (each.tested is not None and bound(each.bound.text).holds(each.peak))
