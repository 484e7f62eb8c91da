"""A trap over readings that were kept: what it would have done, and what of that came to nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.backtest import Backtest, Points, Trip, Trouble, backtest, backtests
from cockpit.core.trap_steps import step
from cockpit.core.traps import Looked, Reading, Trap, TrapState, Watch
from cockpit.core.units import Bound, Seconds, bound

T0 = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
FULL = bound("used_percent >= 92")
HOUR = 3600.0


def at(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def points(*pairs: tuple[float, float]) -> Points:
    return [(T0.timestamp() + seconds, value) for seconds, value in pairs]


def stretches_of_the_live_trap(limit: Bound, hold: float, kept: Points) -> list[tuple[datetime, datetime | None]]:
    """The same told by the trap itself, look by look."""
    trap = Trap(name="x", probe="p", trip=limit, hold=Seconds(hold))
    watch, found = Watch(), list[tuple[datetime, datetime | None]]()
    for seconds, value in kept:
        moment = datetime.fromtimestamp(seconds, UTC)
        before, watch = watch, step(trap, watch, Looked(moment, Reading({limit.metric: value}, "")))
        if watch.state is TrapState.TRIPPED and before.state is not TrapState.TRIPPED:
            found.append((moment, None))
        elif watch.state is not TrapState.TRIPPED and before.state is TrapState.TRIPPED:
            found[-1] = (found[-1][0], moment)
    return found


series = st.lists(
    st.tuples(st.floats(1, 900), st.floats(-50, 150) | st.sampled_from((92.0, float("nan"), float("inf")))), max_size=60
)


def walked(steps: list[tuple[float, float]]) -> Points:
    kept, now = list[tuple[float, float]](), T0.timestamp()
    for gap, value in steps:
        now += gap
        kept.append((now, value))
    return kept


@given(series, st.sampled_from((0.0, 30.0, 120.0, 1000.0)), st.sampled_from((">=", ">", "<", "<=", "==", "!=")))
def test_it_trips_exactly_as_the_live_trap_would_have(steps: list[tuple[float, float]], hold: float, op: str) -> None:
    limit, kept = Bound("used_percent", op, 92.0, f"used_percent {op} 92"), walked(steps)
    tested = backtest(limit, hold, kept)
    assert [(trip.began, trip.ended) for trip in tested.trips] == stretches_of_the_live_trap(limit, hold, kept)
    assert tested.looks == len(kept)


def stands(tested: Backtest, trip: Trip, moment: datetime) -> bool:
    """Whether the alarm of that trip stands at a moment, breaks of a quarter of an hour aside: by walking on from it."""
    ended = trip.ended
    for later in tested.trips[tested.trips.index(trip) + 1 :]:
        if ended is not None and later.began - ended <= timedelta(minutes=15):
            ended = later.ended
        else:
            break
    return ended is None or moment - ended <= timedelta(minutes=15)


@given(series, st.lists(st.tuples(st.floats(0, 40_000), st.none() | st.floats(0, 5000)), max_size=5), st.floats(0, 20_000))
def test_a_false_alarm_is_a_trip_that_no_trouble_followed_or_was_there_for(
    steps: list[tuple[float, float]], wrong: list[tuple[float, float | None]], within: float
) -> None:
    troubles = [Trouble(at(begin), None if lasts is None else at(begin + lasts)) for begin, lasts in wrong]
    tested = backtest(FULL, 0, walked(steps), troubles, within=within)
    for trip in tested.trips:
        going_on = any(t.began <= trip.began and (t.ended is None or t.ended >= trip.began) for t in troubles)
        followed = any(
            timedelta(0) <= t.began - trip.began <= timedelta(seconds=within) and stands(tested, trip, t.began) for t in troubles
        )
        assert trip.false is not (going_on or followed)


@given(series, st.lists(st.floats(-50, 150), max_size=4))
def test_several_bounds_at_once_are_each_as_alone(steps: list[tuple[float, float]], values: list[float]) -> None:
    bounds = [Bound("x", ">=", value, f"x >= {value}") for value in values]
    assert backtests(bounds, 60, walked(steps)) == [backtest(each, 60, walked(steps)) for each in bounds]


def test_it_says_how_long_before_and_how_often_for_nothing() -> None:
    kept = points((0, 50), (HOUR, 95), (2 * HOUR, 50), (40 * HOUR, 93), (42 * HOUR, 99), (48 * HOUR, 40))
    fire = Trouble(at(42 * HOUR + 300), at(43 * HOUR))
    tested = backtest(FULL, 0, kept, [fire])
    assert tested.lead(fire) == 2 * HOUR + 300
    assert tested.says(fire) == "would have tripped 2 h 5 m before; 1 false alarm in 2 d of readings"
    assert tested.tripped == 9 * HOUR
    assert tested.says() == "would have tripped 2 times in 2 d of readings, for 9 h in all; 1 false alarm"


def test_too_late_is_said_and_is_no_false_alarm() -> None:
    fire = Trouble(at(HOUR), at(3 * HOUR))
    tested = backtest(FULL, 0, points((0, 50), (2 * HOUR, 95), (4 * HOUR, 50)), [fire])
    assert tested.lead(fire) == -HOUR
    assert tested.says(fire) == "would have tripped 1 h too late; no false alarm in 4 h of readings"


def test_a_bound_that_is_always_met_does_not_pass_for_early() -> None:
    fire = Trouble(at(72 * HOUR))
    tested = backtest(bound("used_percent >= 0"), 0, points(*((h * HOUR, 50.0) for h in range(80))), [fire])
    assert (tested.lead(fire), tested.false_alarms) == (None, 1)


def test_an_alarm_that_was_over_before_the_trouble_is_a_false_one() -> None:
    fire = Trouble(at(9 * HOUR), at(10 * HOUR))
    kept = points((0, 50), (5 * HOUR, 95), (8 * HOUR, 50), (9 * HOUR - 300, 96), (10 * HOUR, 50))
    tested = backtest(FULL, 0, kept, [fire])
    assert [trip.false for trip in tested.trips] == [True, False]
    assert tested.says(fire) == "would have tripped 5 m before; 1 false alarm in 10 h of readings"


def test_a_number_that_goes_to_and_fro_at_the_bound_is_one_alarm() -> None:
    fire = Trouble(at(9 * HOUR), at(10 * HOUR))
    kept = points(*((8 * HOUR + 60 * i, 91.0 + i % 3) for i in range(70)))
    tested = backtest(FULL, 0, kept, [fire])
    assert len(tested.trips) > 20
    assert (tested.false_alarms, tested.lead(fire)) == (0, HOUR - 60)


def test_without_readings_nothing_is_claimed() -> None:
    fire = Trouble(at(0))
    assert backtest(FULL, 0, [], [fire]).says(fire) == "no readings of this are kept: there is nothing to test it on"
    later = backtest(FULL, 0, points((60, 95), (120, 95)), [fire])
    assert later.says(fire).startswith("no readings from before this are kept")
    old = backtest(FULL, 0, points((0, 95), (60, 50)), [Trouble(at(30 * HOUR))])
    assert old.troubles == ()
