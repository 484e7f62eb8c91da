"""Durations, sizes and bounds, as written by people and as said to them."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.units import Bound, bound, say_bytes, say_number, say_seconds, seconds, short_age


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", 90),
        ("2m", 120),
        ("1h30m", 5400),
        ("7d", 604800),
        ("2 weeks", 1209600),
        (" 1 H 5 min ", 3900),
        ("1.5h", 5400),
        ("250ms", 0.25),
        (45, 45),
        (0, 0),
        (0.5, 0.5),
    ],
)
def test_durations_as_people_write_them(text: str | float, expected: float) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "90",
        "h",
        "1h30",
        "-5m",
        "1 fortnight",
        "5 M5",
        "٣s",
        "99999999999w",
        "9" * 400 + "s",
        -1,
        True,
        math.nan,
        math.inf,
    ],
)
def test_what_is_no_duration_is_a_value_error(text: str | float) -> None:
    with pytest.raises(ValueError, match=r"duration|longer|between"):
        seconds(text)


@given(st.text(max_size=12) | st.floats() | st.integers())
def test_nothing_but_a_value_error_ever_comes_out(text: str | float) -> None:
    with contextlib.suppress(ValueError):
        assert 0 <= seconds(text) < 1e12


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (45, "45 s"),
        (7800, "2 h 10 m"),
        (7859, "2 h 10 m"),
        (3605, "1 h"),
        (6 * 86400, "6 d"),
        (90061, "1 d 1 h"),
        (-120, "-2 m"),
        (math.nan, "unknown"),
        (math.inf, "for ever"),
        (-math.inf, "for ever"),
    ],
)
def test_a_duration_is_said_in_two_parts_and_never_rounded_up(value: float, said: str) -> None:
    assert say_seconds(value) == said


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (-3, "0s"),
        (9.9, "9s"),
        (60, "1m"),
        (3599, "59m"),
        (5 * 3600, "5h"),
        (6 * 86400, "6d"),
        (99 * 86400, "99d"),
        (100 * 86400, "14w"),
        (1e11, "999w"),
        (math.nan, "?"),
        (math.inf, "999w"),
        (-math.inf, "0s"),
    ],
)
def test_an_age_takes_at_most_four_cells(value: float, shown: str) -> None:
    assert short_age(value) == shown


@given(st.floats())
def test_every_age_fits_its_column(value: float) -> None:
    assert 1 <= len(short_age(value)) <= 4


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("used_percent >= 92", Bound("used_percent", ">=", 92, "used_percent >= 92")),
        ("used_percent>=92%", Bound("used_percent", ">=", 92, "used_percent>=92%")),
        ("age > 26h", Bound("age", ">", 93600, "age > 26h")),
        ("free < 5GiB", Bound("free", "<", 5 * 2**30, "free < 5GiB")),
        ("free < 5 GB ", Bound("free", "<", 5e9, "free < 5 GB")),
        ("rate == -1.5e3", Bound("rate", "==", -1500, "rate == -1.5e3")),
        ("wait > 3 min", Bound("wait", ">", 180, "wait > 3 min")),
        ("a.b_2 != 0", Bound("a.b_2", "!=", 0, "a.b_2 != 0")),
    ],
)
def test_bounds_as_people_write_them(text: str, expected: Bound) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is not a bound"),
        ("used", "is not a bound"),
        ("used >= ", "is not a bound"),
        ("used => 5", "is not a bound"),
        ("free < 5m", "minutes or megabytes"),
        ("free < 5 parsecs", "is not a unit"),
        ("x > 1.2.3", "is not a number"),
        ("x > 1e999", "too large"),
        ("x > 9e300PB", "too large"),
    ],
)
def test_a_bound_that_cannot_be_says_why(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        bound(text)


@pytest.mark.parametrize(
    ("op", "below", "at", "above"),
    [
        (">=", False, True, True),
        (">", False, False, True),
        ("<=", True, True, False),
        ("<", True, False, False),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_a_bound_holds_where_it_says_and_never_for_nan(op: str, below: bool, at: bool, above: bool) -> None:
    made = Bound("x", op, 5, f"x {op} 5")
    assert [made.holds(4), made.holds(5), made.holds(6), made.holds(math.nan)] == [below, at, above, False]
    assert made.rising == (op[0] == ">")


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (12, "12 B"),
        (640_000, "640 kB"),
        (3.1e9, "3.1 GB"),
        (999_960, "1.0 MB"),
        (-5e12, "-5.0 TB"),
        (2e18, "2000.0 PB"),
    ],
)
def test_sizes_are_said_in_decimal_units(size: float, said: str) -> None:
    assert say_bytes(size) == said


@pytest.mark.parametrize(
    ("value", "said"), [(93.14, "93.1"), (4.0, "4"), (1.5e9, "1.5 G"), (0.123456, "0.123"), (float("inf"), "inf")]
)
def test_numbers_are_as_short_as_they_can_be_said(value: float, said: str) -> None:
    assert say_number(value) == said
