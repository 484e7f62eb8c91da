"""The grid of people and days, without a screen: which sign stands where."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.roster import Layer, Person, Roster
from cockpit.core.windows import window
from cockpit.ui.rota import (
    CLASHES,
    LOAD_HEAD,
    NIGHT,
    NOBODY,
    ON,
    ON_AT_NIGHT,
    OVERRIDDEN,
    Frame,
    Line,
    heading,
    lines,
    load_text,
    measure,
    month_of,
    week_of,
)
from support.reckoning import first_moment
from support.rosters import EDGY
from support.rota import laid
from support.scene import NOW

SAO_PAULO = "America/Sao_Paulo"


def grid(frame: Frame, parts: int = 8, **made: object) -> dict[tuple[str, str | None], Line]:
    found = laid(frame.begin(0), frame.begin(frame.days), **made)  # type: ignore[arg-type]  # rosters or people
    return {(line.roster[1], line.person): line for line in lines(found, frame, parts)}


def signs(line: Line, day: int) -> str:
    return "".join(cell.sign for cell in line.cells[day])


def test_a_week_begins_on_monday_and_a_month_on_the_first_on_the_viewers_clock() -> None:
    monday = datetime(2026, 11, 23, 1, tzinfo=UTC)
    assert week_of(monday, "UTC").first == date(2026, 11, 23)
    assert week_of(monday, SAO_PAULO).first == date(2026, 11, 16), "it is still Sunday there"
    assert (month_of(NOW, "UTC", 1).first, month_of(NOW, "UTC", 1).days) == (date(2026, 12, 1), 31)
    assert (month_of(NOW, "UTC", -9).first, month_of(NOW, "UTC", -9).days) == (date(2026, 2, 1), 28)
    assert week_of(NOW, "UTC", 6).first == date(2027, 1, 4)


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(EDGY), st.integers(0, 364), st.sampled_from((24, 12, 8, 6, 4, 3, 2, 1)))
def test_the_parts_of_a_day_leave_out_no_minute_whatever_the_clocks_do(zone: str, day: int, parts: int) -> None:  # safety 19
    from cockpit.ui.rota import _slots

    frame = Frame(date(2026, 1, 1) + timedelta(days=day), 1, zone)
    slots = _slots(frame, 0, parts)
    assert len(slots) == parts
    assert all(one[1] == other[0] for one, other in pairwise(slots))
    assert slots[0][0] == first_moment(datetime.combine(frame.first, datetime.min.time()), zone)
    assert slots[-1][1] == first_moment(datetime.combine(frame.first + timedelta(days=1), datetime.min.time()), zone)


@pytest.mark.parametrize("days", [7, 28, 31])
@pytest.mark.parametrize("longest", [3, 9, 40])
def test_it_fits_any_width_and_has_room_for_the_load_in_a_usual_one(days: int, longest: int) -> None:
    for width in range(34, 260):
        cut = measure(width, days, longest)
        used = cut.name + 1 + days * cut.day - cut.gap + (len(LOAD_HEAD) if cut.load else 0)
        assert used <= max(width, 40), (width, cut)
        frame = Frame(date(2026, 12, 1), days, "UTC")
        assert {len(text) for text in heading(frame, cut)} == {cut.day}
    for width in (72, 110):
        assert measure(width, 7, 9).load
        assert measure(width, 7, 9).parts >= 4
    assert measure(110, 31, 9).load
    assert measure(72, 31, 9).parts == 2


def test_days_have_names_that_fit() -> None:
    week, month = Frame(date(2026, 11, 23), 7, "UTC"), Frame(date(2026, 12, 1), 31, "UTC")
    assert heading(week, measure(110, 7, 9))[:2] == ["Mon 23   ", "Tue 24   "]
    assert heading(week, measure(72, 7, 9))[0] == "Mo23 "
    assert heading(week, measure(40, 7, 6))[0].strip() in ("23", "")
    assert heading(month, measure(72, 31, 6))[:12] == ["1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "8 ", "9 ", "  ", "11", "  "]


def test_shifts_overrides_nights_clashes_and_gaps_have_signs_of_their_own() -> None:
    week = grid(week_of(NOW, SAO_PAULO))
    assert week["primary", None].label == "primary · level 1"
    assert week["secondary", None].gaps == 1
    ana = week["primary", "ana"]
    assert signs(ana, 1) == f"{NIGHT * 2}{ON * 5}{ON_AT_NIGHT}", "from 06:00, and from 22:00 in her night"
    assert signs(week["primary", "bo"], 5) == f"{NIGHT} {ON * 3}{OVERRIDDEN * 3}", "his own until 15:00, then Ana's as an override"
    assert CLASHES in signs(week["primary", "bo"], 2), "he has the secondary, too"
    assert CLASHES in signs(week["primary", "cy"], 4), "moving house"
    assert signs(week["secondary", ""], 5) == "  " + NOBODY * 6
    assert {cell.role for cell in week["secondary", ""].cells[5]} == {"critical", "text"}
    assert ("primary", "") not in week, "the primary has no gap"


def test_a_gap_of_minutes_is_shown_in_the_coarsest_grid() -> None:
    short = Roster(
        name="short", timezone="UTC",
        layers=(Layer(people=("ana",), start=datetime(2026, 1, 1), turn=(1, "days"), only=(window("08:05-08:00"),)),),
    )  # fmt: skip
    month = grid(month_of(NOW, "UTC"), 1, rosters=(short,))
    assert {signs(month["short", ""], day) for day in range(30)} == {NOBODY}
    assert {signs(month["short", "ana"], day) for day in range(30)} == {ON}


def test_everyones_load_stands_once_beside_their_first_line() -> None:
    week = grid(week_of(NOW, SAO_PAULO))
    assert week["primary", "bo"].load is not None
    assert week["secondary", "bo"].load is None
    text = load_text(week["primary", "ana"].load)
    assert len(text) == len(LOAD_HEAD)
    assert text.split() == ["48", "18", "1"], "disturbed twice, once at night"
    assert load_text(None) == " " * len(LOAD_HEAD)


def test_nights_are_each_persons_own_and_shaded_where_there_is_room() -> None:
    people = (Person(id="ana", name="Ana", timezone="UTC"), Person(id="bo", name="Bo", timezone="Asia/Tokyo"))
    two = Roster(name="two", timezone="UTC", layers=(Layer(people=("ana", "bo"), start=datetime(2026, 11, 23), turn=(1, "days")),))
    week = grid(week_of(NOW, "UTC"), 8, rosters=(two,), people=people)
    assert signs(week["two", "ana"], 1) == f"{NIGHT * 2} {' ' * 4}{NIGHT}"
    assert signs(week["two", "bo"], 0) == f"{' ' * 4}{NIGHT * 3} ", "13:00 to 22:00 UTC is night in Tokyo"
    coarse = grid(week_of(NOW, "UTC"), 2, rosters=(two,), people=people)
    assert NIGHT not in signs(coarse["two", "ana"], 1)
