"""A curve as a picture: as wide as asked, with its threshold, and no hill of a plain."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.curves import Curve, pace
from cockpit.core.units import bound
from cockpit.ui.chart import ROWS, pictured
from cockpit.ui.spans import width_of


def curve(*values: float, trip: str = "", every: float = 60, name: str = "value", what: str = "it") -> Curve:
    """Values that follow each other."""
    points = tuple((1e9 + place * every, value) for place, value in enumerate(values))
    return Curve(points=points, what=what, name=name, bound=bound(trip) if trip else None)


def lines(made: Curve, width: int = 30) -> list[str]:
    return ["".join(text for text, _ in spans) for spans in pictured(made, width)]


def roles(made: Curve, width: int = 30) -> set[str]:
    """The roles of the cells that bars are in."""
    bars = (span for spans in pictured(made, width)[1:] for span in spans)
    return {role for text, role in bars if set(text) & set("▁▂▃▄▅▆▇█▒")}


def test_it_rises_with_its_values_and_says_how_long_that_took() -> None:
    caption, *rows = lines(curve(*range(24)), 28)
    assert caption == "last 23 m: it"
    assert [row.split()[-1] for row in (rows[0], rows[2])] == ["25", "0"], "the ends of the scale are round"
    height = [sum(" ▁▂▃▄▅▆▇█".index(row[column]) for row in rows) for column in range(25)]
    assert height == sorted(height)
    assert 8 * ROWS - 3 <= height[-1] < 8 * ROWS


def test_the_threshold_is_drawn_across_and_what_meets_it_is_seen_to() -> None:
    made = curve(10, 20, 50, 80, 95, 97, trip="value >= 90")
    rows = lines(made)[1:]
    (crossed,) = [row for row in rows if ">= 90" in row]
    assert crossed.startswith("╌")
    assert roles(made) == {"chart", "tripped"}


def test_a_bar_does_not_hide_the_threshold() -> None:
    rows = lines(curve(5, 5.1, 5, 5.1, trip="value < 1"))[1:]
    (crossed,) = [row for row in rows if "< 1" in row]
    assert "▒" in crossed


def test_where_less_is_worse_the_least_of_a_time_is_drawn() -> None:
    made = curve(*([50.0] * 300), trip="value < 10")
    spiked = Curve(points=(*made.points[:150], (made.points[150][0], 1.0), *made.points[151:]), what="it", bound=made.bound)
    assert "tripped" not in roles(made)
    assert "tripped" in roles(spiked)


def test_a_threshold_far_off_does_not_take_the_shape_away() -> None:
    rows = lines(curve(1, 2, 3, 4, 3, 2, trip="value > 1000000"))[1:]
    assert not any("╌" in row for row in rows)
    assert rows[0].rstrip().endswith("4")


def test_a_plain_is_no_hill_and_stands_below_its_threshold() -> None:
    flat = [50.0 + place % 2 / 1000 for place in range(40)]
    rows = lines(curve(*flat))[1:]
    assert not set("".join(rows[:2])) & set("▁▂▃▄▅▆▇█")
    rows = lines(curve(*flat, trip="value >= 90"))[1:]
    assert "╌" in rows[0]


@pytest.mark.parametrize("trip", ["", "up == 0"])
def test_what_is_0_all_the_time_is_drawn_from_0_to_1(trip: str) -> None:
    rows = lines(curve(*[0.0] * 24, name="up", trip=trip), 30)[1:]
    assert rows[0].split()[-1] == "1"
    assert rows[-1].split()[-1] == "0"


def test_a_time_without_values_is_a_gap_and_a_short_one_is_not() -> None:
    points = tuple((1e9 + at, 5.0) for at in (*range(0, 600, 60), *range(3000, 3600, 60)))
    lowest = lines(Curve(points=points, what="it"))[-1]
    assert " " * 10 in lowest.strip()
    seldom = tuple((1e9 + place * 600.0, 5.0) for place in range(5))
    assert " " not in lines(Curve(points=seldom, what="it"), 60)[-1].rstrip("5. 4").strip()


def test_units_are_those_of_the_reading() -> None:
    rows = lines(curve(1e9, 2e9, 3e9, trip="free_bytes < 5GB", name="free_bytes"))
    assert any("3.0 GB" in row for row in rows) or any("5.0 GB" in row for row in rows)


def test_what_is_on_its_way_keeps_its_place_and_what_cannot_be_had_says_why() -> None:
    assert len(pictured(Curve(), 40)) == ROWS + 1
    assert lines(Curve(problem="prom: no answer within 8 s"), 60) == ["no picture: prom: no answer within 8 s"]
    assert lines(curve(1, 2), 60) == ["no picture yet: it has hardly begun to be measured"]
    assert pictured(curve(1, 2, 3), 5) == []


@given(
    st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=3, max_size=50),
    st.integers(0, 150),
    st.sampled_from(("", "value > 5", "value < -1e300", "value >= 1e308", "value == 0")),
    st.floats(0.001, 1e7),
)
def test_whatever_it_is_no_row_is_wider_than_asked(values: list[float], width: int, trip: str, every: float) -> None:
    for spans in pictured(curve(*values, trip=trip, every=every), width):
        assert width_of(spans) <= max(width, 0)


@given(st.floats(1, 1e8), st.integers(1, 400))
def test_a_pace_shows_the_span_and_wastes_little(span: float, cells: int) -> None:
    step = pace(span, cells)
    assert step * cells >= span * (1 - 1e-9)
    assert step <= max(1.0, 1.13 * span / cells + 1)


@pytest.mark.parametrize("width", [40, 100])
def test_a_picture_moves_on_by_a_cell_at_a_time(width: int) -> None:
    values = [float((7 * place) % 50) for place in range(1000)]
    rows = [lines(curve(*values[: 700 + more]), width)[1:] for more in range(60)]
    pictures = [list(zip(*(row[: width - 5] for row in each), strict=True)) for each in rows]
    torn = 0
    for before, after in pairwise(pictures):
        differ = sum(one != other for one, other in zip(before, after, strict=True))
        moved = sum(one != other for one, other in zip(before[1:], after, strict=False))
        torn += min(differ, moved) > 2
    assert torn <= 2, "but for a change of the pace, nothing differs but the ends"
