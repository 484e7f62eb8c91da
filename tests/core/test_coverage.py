"""What follows from shifts, whoever laid them out: gaps, double bookings, clashes, who is next, and everyone's load."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.coverage import ClashKind, clashes, common, gaps, joined, next_of
from cockpit.core.holidays import holidays
from cockpit.core.loads import Disturbance, Load, loads
from cockpit.core.roster import Absence, Person, Shift
from cockpit.core.schedule import without_slivers
from support.reckoning import HOUR, MINUTE, first_moment
from support.rosters import EDGY

ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo", also=("UANA01",))
BO = Person(id="bo", name="Bo", timezone="Europe/Berlin")
NAMES = [("local", "primary", 1)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shift(person: str, start: str | datetime | None, end: str | datetime | None, roster: str = "primary", **more: Any) -> Shift:
    begins, ends = (utc(at) if isinstance(at, str) else at for at in (start, end))
    facts: dict[str, Any] = {"level": 1, "name": person.title(), "timezone": "UTC", "source": "local"} | more
    return Shift(roster=roster, person=person, start=begins, end=ends, **facts)


def test_gaps_are_what_no_shift_covers_cut_to_the_time_asked_for() -> None:
    laid = [shift("ana", "2026-11-02T09:00", "2026-11-03T09:00"), shift("bo", "2026-11-03T10:00", "2026-11-04T09:00")]
    found = gaps(laid, NAMES, utc("2026-11-02T00:00"), utc("2026-11-05T00:00"))
    assert [(gap.start, gap.end) for gap in found] == [
        (utc("2026-11-02T00:00"), utc("2026-11-02T09:00")),
        (utc("2026-11-03T09:00"), utc("2026-11-03T10:00")),
        (utc("2026-11-04T09:00"), utc("2026-11-05T00:00")),
    ]
    assert not gaps([shift("ana", None, None)], NAMES, utc("2026-11-02T00:00"), utc("2026-11-05T00:00"))


def test_a_roster_without_any_shift_is_one_gap() -> None:
    (gap,) = gaps([], [("pd", "db", 2)], utc("2026-11-02T00:00"), utc("2026-11-05T00:00"))
    assert (gap.source, gap.roster, gap.level, gap.start, gap.end) == (
        "pd",
        "db",
        2,
        utc("2026-11-02T00:00"),
        utc("2026-11-05T00:00"),
    )


def test_one_person_at_two_places_at_once_is_a_double_booking_by_whatever_name() -> None:
    laid = [
        shift("ana", "2026-11-02T09:00", "2026-11-09T09:00"),
        shift("bo", "2026-11-02T09:00", "2026-11-09T09:00", "secondary", level=2),
        shift("UANA01", "2026-11-05T00:00", "2026-11-12T00:00", "database", source="pd", name="Ana Souza"),
    ]
    (double,) = clashes(laid, (ANA, BO), utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))
    assert (double.kind, double.person, double.start, double.end) == (
        ClashKind.DOUBLE, "ana", utc("2026-11-05T00:00"), utc("2026-11-09T09:00"),
    )  # fmt: skip
    assert double.says == "Ana is on database and primary at once"
    assert not clashes(laid, (ANA, BO), utc("2026-11-10T00:00"), utc("2026-12-01T00:00"))
    assert not clashes(laid[:2], (ANA, BO), utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))


def test_who_is_away_while_on_call_clashes_for_the_time_they_share() -> None:
    away = msgspec.structs.replace(ANA, away=(Absence(start=datetime(2026, 11, 8), end=datetime(2026, 11, 20), why="Bahia"),))
    laid = [shift("ana", "2026-11-02T09:00", "2026-11-09T09:00"), shift("ana", "2026-11-23T09:00", "2026-11-30T09:00")]
    (clash,) = clashes(laid, (away, BO), utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))
    assert (clash.kind, clash.start, clash.end) == (ClashKind.AWAY, utc("2026-11-08T03:00"), utc("2026-11-09T09:00"))
    assert clash.says == "Ana is on primary and away: Bahia"


def test_my_next_shift_is_the_one_that_goes_on_or_comes_first() -> None:
    laid = [
        shift("bo", "2026-11-02T09:00", "2026-11-09T09:00"),
        shift("ana", "2026-11-16T09:00", "2026-11-23T09:00"),
        shift("ana", "2026-11-09T09:00", "2026-11-16T09:00", "secondary", level=2),
    ]
    assert next_of(laid, (ANA, BO), "ana", utc("2026-11-03T00:00")) == laid[2]
    assert next_of(laid, (ANA, BO), "ana", utc("2026-11-16T09:00")) == laid[1]
    assert next_of(laid, (ANA, BO), "bo", utc("2026-11-04T00:00")) == laid[0]
    assert next_of(laid, (ANA, BO), "bo", utc("2026-11-10T00:00")) is None


SPANS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 12)).map(lambda at: (at[0], at[0] + at[1])), max_size=8)


@given(SPANS, SPANS)
def test_times_are_joined_and_shared_as_sets_of_moments_are(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> None:
    zero = utc("2026-11-02T00:00")

    def spans(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return joined((zero + a * HOUR, zero + b * HOUR) for a, b in pairs)

    def hours(pairs: list[tuple[datetime, datetime]]) -> set[int]:
        return {hour for a, b in pairs for hour in range(int((a - zero) / HOUR), int((b - zero) / HOUR))}

    def plain(pairs: list[tuple[int, int]]) -> set[int]:
        return {hour for a, b in pairs for hour in range(a, b)}

    assert hours(spans(one)) == plain(one)
    assert all(a[1] < b[0] for a, b in zip(spans(one), spans(one)[1:], strict=False))
    assert hours(common(spans(one), spans(other))) == plain(one) & plain(other)


# --- loads ---


def load(found: tuple[Load, ...], person: str) -> Load:
    return next(each for each in found if each.person == person)


def test_a_week_on_call_in_numbers() -> None:
    person = msgspec.structs.replace(BO, holidays=holidays({"2026-11-05": "a day off"}))
    laid = [shift("bo", "2026-11-02T08:00", "2026-11-09T08:00")]
    (found,) = loads(laid, (ANA, person), utc("2026-11-01T00:00"), utc("2026-12-01T00:00"))
    assert (found.name, found.timezone) == ("Bo", "Europe/Berlin")
    assert (found.hours, found.nights, found.weekends, found.holidays) == (168.0, 63.0, 48.0, 24.0)


def test_hours_are_exact_in_the_nights_in_which_clocks_change() -> None:  # safety 19
    spring = [shift("bo", "2026-03-28T21:00", "2026-03-29T05:00")]  # 22:00 to 07:00 in Berlin, an hour short
    (short,) = loads(spring, (BO,), utc("2026-03-01T00:00"), utc("2026-04-01T00:00"))
    assert (short.hours, short.nights) == (8.0, 8.0)
    autumn = [shift("bo", "2026-10-24T20:00", "2026-10-25T06:00")]
    (long,) = loads(autumn, (BO,), utc("2026-10-01T00:00"), utc("2026-11-01T00:00"))
    assert (long.hours, long.nights, long.weekends) == (10.0, 10.0, 10.0)


def test_two_levels_at_once_count_once_and_nights_are_each_persons_own() -> None:
    laid = [
        shift("ana", "2026-11-02T00:00", "2026-11-02T12:00"),
        shift("ana", "2026-11-02T06:00", "2026-11-02T18:00", "secondary", level=2),
        shift("bo", "2026-11-02T00:00", "2026-11-02T12:00", "database"),
    ]  # fmt: skip
    found = loads(laid, (ANA, BO), utc("2026-11-02T00:00"), utc("2026-11-03T00:00"))
    assert (load(found, "ana").hours, load(found, "ana").nights) == (18.0, 9.0)  # 01:00 to 10:00 UTC is night in São Paulo
    assert (load(found, "bo").hours, load(found, "bo").nights) == (12.0, 6.0)
    sleeps_late = msgspec.structs.replace(BO, night=(time(2), time(10)))
    assert load(loads(laid, (ANA, sleeps_late), utc("2026-11-02T00:00"), utc("2026-11-03T00:00")), "bo").nights == 8.0


def test_who_is_not_among_people_is_counted_by_the_sources_word() -> None:
    laid = [shift("UX7", "2026-11-02T00:00", "2026-11-02T12:00", source="pd", name="Zoe", timezone="Asia/Tokyo")]
    (found,) = loads(laid, (ANA,), utc("2026-11-02T00:00"), utc("2026-11-03T00:00"))
    assert (found.person, found.name, found.timezone, found.nights) == ("UX7", "Zoe", "Asia/Tokyo", 0.0)


def test_what_disturbs_is_counted_once_for_whom_it_was_journalled_for() -> None:
    laid = [
        shift("ana", "2026-11-02T00:00", "2026-11-02T12:00"), shift("bo", "2026-11-02T12:00", "2026-11-03T00:00"),
        shift("bo", "2026-11-02T00:00", "2026-11-02T12:00", "secondary", level=2),
    ]  # fmt: skip
    at = utc("2026-11-02T03:00")
    found = loads(
        laid, (ANA, BO), utc("2026-11-02T00:00"), utc("2026-11-03T00:00"),
        [
            Disturbance(at, "ana"), Disturbance(at + 2 * MINUTE, "Ana"), Disturbance(at + 14 * MINUTE, "uana01"),  # one trouble
            Disturbance(at + 40 * MINUTE, "Ana"), Disturbance(at + 41 * MINUTE, "bo"),  # the second had to come, too
            Disturbance(at + 10 * HOUR, "bo"), Disturbance(at + 40 * HOUR, "ana"),  # that is after this time
        ],
    )  # fmt: skip
    assert (load(found, "ana").interruptions, load(found, "ana").at_night) == (2, 2)
    assert (load(found, "bo").interruptions, load(found, "bo").at_night) == (2, 1)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(EDGY), st.integers(0, 364), st.integers(1, 60 * 24 * 4), st.sampled_from((2023, 2026)))
def test_every_hour_is_what_a_walk_by_the_minute_finds(zone: str, day: int, minutes: int, year: int) -> None:  # safety 19
    person = Person(id="p", name="P", timezone=zone, holidays=holidays({"03-29": "x", "11-01": "y"}))
    start = first_moment(datetime(year, 1, 1) + timedelta(days=day), zone) - 7 * HOUR
    (found,) = loads([shift("p", start, start + minutes * MINUTE)], (person,), start - HOUR, start + timedelta(days=9))
    counted = {"nights": 0, "weekends": 0, "holidays": 0}
    for minute in range(minutes):
        wall = (start + minute * MINUTE).astimezone(ZoneInfo(zone))
        counted["nights"] += wall.hour >= 22 or wall.hour < 7
        counted["weekends"] += wall.weekday() >= 5
        counted["holidays"] += (wall.month, wall.day) in ((3, 29), (11, 1))
    assert found.hours == pytest.approx(minutes / 60)
    assert {name: getattr(found, name) * 60 for name in counted} == {name: pytest.approx(many) for name, many in counted.items()}


def test_what_an_override_leaves_that_is_ended_at_once_is_no_shift() -> None:
    noon = utc("2026-11-02T12:00")
    laid = (
        shift("bo", "2026-11-02T09:00", noon),
        shift("ana", noon, noon + timedelta(seconds=4), override=True),
        shift("bo", noon + timedelta(seconds=4), noon + timedelta(hours=2)),
        shift("cy", noon + timedelta(hours=2), noon + timedelta(hours=3), override=True),
    )
    shown = without_slivers(laid)
    assert [(each.person, each.start, each.end) for each in shown] == [
        ("bo", utc("2026-11-02T09:00"), noon + timedelta(hours=2)),
        ("cy", noon + timedelta(hours=2), noon + timedelta(hours=3)),
    ]
    short = (shift("ana", noon, noon + timedelta(seconds=30)),)
    assert without_slivers(short) == short, "no override made it"
