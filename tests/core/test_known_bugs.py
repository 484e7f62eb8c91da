"""The nights in which clocks change, as they went wrong elsewhere: each test is named after the report it was learnt from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from cockpit.core.coverage import gaps
from cockpit.core.roster import Layer, Person, Roster, Shift
from cockpit.core.rotation import shifts
from cockpit.core.windows import window
from support.reckoning import HOUR, first_moment

PEOPLE = tuple(Person(id=each, name=each.title()) for each in ("ana", "bo", "cy"))


def laid(zone: str, layer: Layer, since: str, until: str) -> tuple[Shift, ...]:
    return shifts(Roster(name="primary", timezone=zone, layers=(layer,)), PEOPLE, utc(since), utc(until))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lengths(found: tuple[Shift, ...]) -> list[float]:
    return [(one.end - one.start) / HOUR for one in found if one.start is not None and one.end is not None]


def test_oncall_3261_a_shift_from_half_past_eight_stays_there_after_the_clocks_went_back() -> None:
    """Grafana OnCall 3261: shifts of 08:30 to 17:30 were at 07:30 to 16:30 once British Summer Time had ended."""
    work = Layer(people=("ana", "bo"), start=datetime(2023, 6, 1, 8, 30), turn=(1, "days"), only=(window("08:30-17:30"),))
    found = laid("Europe/London", work, "2023-10-27T00:00", "2023-11-01T00:00")
    assert [f"{one.start:%d %H:%M}-{one.end:%H:%M}" for one in found if one.start is not None] == [
        "27 07:30-16:30", "28 07:30-16:30", "29 08:30-17:30", "30 08:30-17:30", "31 08:30-17:30",
    ]  # fmt: skip


def test_oncall_5247_weeks_meet_without_gap_or_overlap_when_the_clocks_change() -> None:
    """Grafana OnCall 5247: weekly turns of 604,800 s left an hour open when summer time ended, and overlapped when it began."""
    week = Layer(people=("ana",), start=datetime(2024, 10, 1, 9), turn=(1, "weeks"))
    (whole,) = laid("America/Chicago", week, "2024-10-02T00:00", "2025-04-01T00:00")
    assert whole.end is None
    turns = Layer(people=("ana", "bo"), start=datetime(2024, 10, 1, 9), turn=(1, "weeks"))
    found = laid("America/Chicago", turns, "2024-10-02T00:00", "2025-04-01T00:00")
    assert all(one.end == after.start for one, after in pairwise(found))
    assert sorted(set(lengths(found))) == [167.0, 168.0, 169.0]
    name = [("local", "primary", 1)]
    assert not gaps(found, name, utc("2024-10-02T00:00"), utc("2025-03-31T00:00"))


def test_oncall_5455_a_shift_over_the_clock_change_ends_when_its_wall_clock_says() -> None:
    """Grafana OnCall 5455: a shift that crossed the change in spring was cut short by an hour, and an hour had nobody."""
    day = Layer(people=("ana", "bo"), start=datetime(2025, 3, 8, 9), turn=(1, "days"))
    first, second = laid("America/Los_Angeles", day, "2025-03-08T18:00", "2025-03-09T18:00")
    assert (first.start, first.end) == (utc("2025-03-08T17:00"), utc("2025-03-09T16:00"))
    assert second.start == first.end
    assert lengths((first,)) == [23.0]


def test_oncall_4755_what_is_shown_later_is_what_was_configured_once() -> None:
    """Grafana OnCall 4755, whose text could not be had: of that tracker's schedules the rule is kept that is broken most, that a
    roster looked at from the other side of a change is the same roster."""
    night = Layer(people=("ana", "bo", "cy"), start=datetime(2024, 6, 3, 22), turn=(1, "days"), only=(window("22:00-06:00"),))
    once = laid("Europe/Berlin", night, "2024-10-20T00:00", "2024-11-10T00:00")
    late = laid("Europe/Berlin", night, "2024-11-01T00:00", "2024-11-10T00:00")
    assert once[-len(late) :] == late
    assert sorted(set(lengths(once))) == [8.0, 9.0]
    assert [one.start for one in once] == [
        first_moment(datetime(2024, 10, 19, 22) + timedelta(days=n), "Europe/Berlin") for n in range(len(once))
    ]


def test_goalert_1252_a_window_that_begins_twice_begins_once_and_one_that_ends_twice_ends_once() -> None:
    """GoAlert 1252 wrote rules down for these nights: by theirs, shifts overlap in the hour that exists twice. By ours one ends and
    the other begins at the first of the two, and hours are counted as they pass."""
    early = Layer(people=("ana",), start=datetime(2024, 1, 1), turn=(1, "days"), only=(window("22:00-01:30"),))
    late = Layer(people=("bo",), start=datetime(2024, 1, 1), turn=(1, "days"), only=(window("01:30-08:00"),))
    both = Roster(name="primary", timezone="America/New_York", layers=(early, late))
    found = shifts(both, PEOPLE, utc("2024-11-03T02:00"), utc("2024-11-03T13:00"))  # the clocks go back at 06:00 UTC
    assert [(one.person, one.start, one.end) for one in found] == [
        ("ana", utc("2024-11-03T02:00"), utc("2024-11-03T05:30")), ("bo", utc("2024-11-03T05:30"), utc("2024-11-03T13:00")),
    ]  # fmt: skip
    hourly = Layer(people=("ana", "bo"), start=datetime(2024, 11, 2, 0), turn=(2, "hours"))
    assert set(lengths(laid("America/New_York", hourly, "2024-11-02T12:00", "2024-11-04T12:00"))) == {2.0}


def test_dateutil_1351_no_hour_is_skipped_when_the_clocks_go_back() -> None:
    """dateutil 1351: stepping through the night in which New York's clocks go back, the second one o'clock never came."""
    quarter = Layer(people=("ana", "bo"), start=datetime(2024, 11, 3, 0), turn=(1, "hours"))
    found = laid("America/New_York", quarter, "2024-11-03T04:00", "2024-11-03T08:00")
    assert [(one.person, one.start) for one in found] == [
        ("ana", utc("2024-11-03T04:00")), ("bo", utc("2024-11-03T05:00")), ("ana", utc("2024-11-03T06:00")),
        ("bo", utc("2024-11-03T07:00")),
    ]  # fmt: skip
