"""Windows that come again, as people write them; and holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from cockpit.core.holidays import Holidays, holidays, together
from cockpit.core.roster import Absence, Away, Layer, Override, Person, Roster
from cockpit.core.rotation import on_call, shifts
from cockpit.core.windows import EVERY_DAY, Window, always, open_at, window

BERLIN = ZoneInfo("Europe/Berlin")
NONE = Holidays()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon-fri 09:00-17:00", Window((0, 1, 2, 3, 4), time(9), time(17), 0)),
        ("22:00-06:00", Window(EVERY_DAY, time(22), time(6), 1)),
        ("Sat, Sun", Window((5, 6))),
        ("saturday - monday 8:00 - 24:00", Window((0, 5, 6), time(8), time(0), 1)),
        ("fri 18:00 - mon 09:00", Window((4,), time(18), time(9), 3)),
        ("mon 09:00-mon 09:00", Window((0,), time(9), time(9), 7)),
        ("mon 09:00 - mon 17:00", Window((0,), time(9), time(17), 0)),
        ("00:00-24:00", Window(EVERY_DAY, time(0), time(0), 1)),
        ("holidays", Window(holidays=True)),
        ("holidays 09:00-17:00", Window(EVERY_DAY, time(9), time(17), 0, holidays=True)),
    ],
)
def test_windows_as_people_write_them(text: str, expected: Window) -> None:
    assert window(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is no restriction: write"),
        ("09:00", "is no restriction: write"),
        ("funday 09:00-17:00", "'funday' is no day of the week"),
        ("mo 09:00-17:00", "'mo' is no day of the week"),
        ("25:00-26:00", "25:00 is no time of day"),
        ("mon 9-17", "is no restriction: write"),
        ("holidays,mon", "'holidays' is no day of the week"),
    ],
)
def test_what_is_no_window_says_what_would_have_been(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        window(text)


def test_windows_that_leave_no_minute_open_restrict_nothing() -> None:
    assert always(())
    assert always((window("mon-fri"), window("sat,sun")))
    assert always((window("08:00-20:00"), window("20:00-08:00")))
    assert always((window("wed 12:00 - wed 12:00"),))
    assert not always((window("mon-fri"), window("sat")))
    assert not always((window("08:00-20:00"), window("20:01-08:00")))
    assert not always((window("holidays"),))


def test_a_window_within_the_hour_that_is_left_out_is_empty_that_night() -> None:  # safety 19
    missing = window("02:15-02:45")
    before, after = utc("2026-03-28T01:20"), utc("2026-03-30T00:20")
    assert open_at(missing, before, BERLIN, NONE)[0]
    is_open, since, until = open_at(missing, utc("2026-03-29T01:00"), BERLIN, NONE)
    assert (is_open, since, until) == (False, utc("2026-03-28T01:45"), utc("2026-03-30T00:15"))
    assert open_at(missing, after, BERLIN, NONE)[0]


def test_a_window_around_the_hour_that_comes_twice_is_an_hour_longer() -> None:  # safety 19
    night = window("22:00-06:00")
    assert open_at(night, utc("2026-10-25T01:00"), BERLIN, NONE) == (True, utc("2026-10-24T20:00"), utc("2026-10-25T05:00"))


def test_holidays_have_names_and_come_every_year_or_once() -> None:
    book = holidays({"2026-12-24": "Heiligabend", "12-25": "Weihnachten", "02-29": "Schalttag"})
    assert book.name(date(2026, 12, 24)) == "Heiligabend"
    assert book.name(date(2031, 12, 25)) == "Weihnachten"
    assert not book.has(date(2027, 12, 24))
    days = book.since(date(2026, 12, 1))
    assert [next(days) for _ in range(4)] == [date(2026, 12, 24), date(2026, 12, 25), date(2027, 12, 25), date(2028, 2, 29)]
    back = book.before(date(2026, 12, 25))
    assert [next(back) for _ in range(2)] == [date(2026, 12, 24), date(2025, 12, 25)]
    assert list(NONE.since(date(2026, 1, 1))) == []
    both = together((book, holidays({"2026-12-24": "Christmas Eve", "01-01": "New Year"})))
    assert (both.name(date(2026, 12, 24)), both.name(date(2030, 1, 1))) == ("Christmas Eve", "New Year")


@pytest.mark.parametrize("key", ["2026-13-01", "soon", "02-30", "2026-12", ""])
def test_what_is_no_day_is_named(key: str) -> None:
    with pytest.raises(ValueError, match="is no day: write 2026-12-25, or 12-25 for every year"):
        holidays({key: "never"})


ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo")
BO = Person(id="bo", name="Bo", timezone="Europe/Berlin")
CY = Person(id="cy", name="Cy")


def told(roster: Roster, people: tuple[Person, ...], since: str, until: str) -> list[tuple[str, str]]:
    return [(one.person, f"{one.start:%d %H:%M}" if one.start else "") for one in shifts(roster, people, utc(since), utc(until))]


def test_restrictions_do_not_advance_the_turn() -> None:  # safety 19
    work = Layer(people=("ana", "bo", "cy"), start=datetime(2026, 11, 2), turn=(1, "days"), only=(window("mon-fri 09:00-17:00"),))
    found = told(Roster(name="p", timezone="UTC", layers=(work,)), (ANA, BO, CY), "2026-11-04T00:00", "2026-11-11T00:00")
    assert [person for person, _ in found] == ["cy", "ana", "bo", "bo", "cy"], (
        "Saturday was Cy's turn, Sunday Ana's: nobody's window"
    )


def test_the_sun_is_followed_by_layers_with_clocks_of_their_own() -> None:
    def office(person: str, zone: str) -> Layer:
        return Layer(people=(person,), start=datetime(2026, 1, 1), turn=(1, "days"), timezone=zone, only=(window("08:00-16:00"),))

    sun = Roster(
        name="sun", timezone="UTC",
        layers=(office("ana", "America/Los_Angeles"), office("bo", "Europe/Berlin"), office("cy", "Asia/Singapore")),
    )  # fmt: skip
    found = told(sun, (ANA, BO, CY), "2026-11-03T00:00", "2026-11-04T00:00")
    assert found == [("cy", "03 00:00"), ("bo", "03 08:00"), ("ana", "03 16:00")], "the later layer has the hour of both"
    summer = told(sun, (ANA, BO, CY), "2026-07-01T00:00", "2026-07-02T00:00")
    assert summer == [("cy", "01 00:00"), ("bo", "01 08:00"), ("ana", "01 15:00")]
    gap = on_call(sun, (ANA, BO, CY), utc("2026-11-03T09:00")).gap
    assert gap is not None
    assert (gap.start, gap.end) == (utc("2026-11-03T15:00"), utc("2026-11-03T16:00"))


def test_a_holiday_layer_lies_above_the_others() -> None:
    always_bo = Layer(people=("bo",), start=datetime(2026, 1, 1), turn=(1, "weeks"))
    festive = Layer(people=("ana", "cy"), start=datetime(2026, 12, 25), turn=(1, "days"), only=(window("holidays"),))
    roster = Roster(name="p", timezone="UTC", layers=(always_bo, festive), holidays=holidays({"12-25": "a", "12-26": "b"}))
    assert told(roster, (ANA, BO, CY), "2026-12-24T00:00", "2026-12-28T00:00") == [
        ("bo", "01 00:00"), ("ana", "25 00:00"), ("cy", "26 00:00"), ("bo", "27 00:00"),
    ]  # fmt: skip


AWAY = Person(
    id="bo", name="Bo", timezone="Europe/Berlin",
    away=(Absence(start=datetime(2026, 11, 10, 12), end=datetime(2026, 11, 12, 12), why="wedding"),),
)  # fmt: skip
WEEKLY = Layer(people=("ana", "bo", "cy"), start=datetime(2026, 11, 2, 9), turn=(1, "weeks"))


def test_who_is_away_is_skipped_for_that_time_and_the_turns_stay() -> None:
    roster = Roster(name="p", timezone="UTC", layers=(WEEKLY,), away=Away.SKIP)
    assert told(roster, (ANA, AWAY, CY), "2026-11-08T00:00", "2026-11-20T00:00") == [
        ("ana", "02 09:00"), ("bo", "09 09:00"), ("cy", "10 11:00"), ("bo", "12 11:00"), ("cy", "16 09:00"),
    ]  # fmt: skip


def test_who_is_away_has_it_all_the_same_where_the_roster_only_shows_it() -> None:
    roster = Roster(name="p", timezone="UTC", layers=(WEEKLY,))
    answer = on_call(roster, (ANA, AWAY, CY), utc("2026-11-11T00:00"))
    assert answer.now is not None
    assert answer.now.person == "bo"
    assert answer.remark == "Bo is on call and away: wedding"
    assert on_call(roster, (ANA, AWAY, CY), utc("2026-11-13T00:00")).remark == ""


def test_where_all_are_away_there_is_a_gap_and_no_endless_search() -> None:
    ever = tuple(
        Person(id=each, name=each, away=(Absence(start=datetime(2026, 11, 1), end=datetime(2190, 1, 1)),))
        for each in ("ana", "bo", "cy")
    )
    work = Layer(people=("ana", "bo", "cy"), start=datetime(2026, 1, 1), turn=(1, "hours"), only=(window("mon-fri 09:00-17:00"),))
    answer = on_call(Roster(name="p", timezone="UTC", layers=(work,), away=Away.SKIP), ever, utc("2026-11-11T00:00"))
    assert answer.now is None
    assert answer.gap is not None
    assert (answer.gap.start, answer.gap.end) == (utc("2026-10-30T17:00"), utc("2190-01-01T09:00"))


def test_an_override_for_someone_who_is_away_stands_and_is_remarked() -> None:
    held = Override(person="bo", start=datetime(2026, 11, 11), end=datetime(2026, 11, 12))
    answer = on_call(
        Roster(name="p", timezone="UTC", layers=(WEEKLY,), overrides=(held,), away=Away.SKIP),
        (ANA, AWAY, CY),
        utc("2026-11-11T06:00"),
    )
    assert answer.now is not None
    assert (answer.now.person, answer.now.override) == ("bo", True)
    assert "away: wedding" in answer.remark


def test_the_next_gap_is_told_two_weeks_ahead_and_not_where_none_can_be() -> None:
    work = Layer(people=("ana", "bo"), start=datetime(2026, 11, 2), turn=(1, "days"), only=(window("mon-fri 09:00-17:00"),))
    answer = on_call(Roster(name="p", timezone="UTC", layers=(work,)), (ANA, BO), utc("2026-11-04T12:00"))
    assert answer.gap is not None
    assert (answer.gap.start, answer.gap.end) == (utc("2026-11-04T17:00"), utc("2026-11-05T09:00"))
    assert on_call(Roster(name="p", timezone="UTC", layers=(WEEKLY, work)), (ANA, BO), utc("2026-11-04T12:00")).gap is None
    ending = Layer(people=("ana",), start=datetime(2026, 1, 1), turn=(1, "days"), end=datetime(2026, 12, 1))
    assert on_call(Roster(name="p", timezone="UTC", layers=(ending,)), (ANA,), utc("2026-11-04T12:00")).gap is None
    soon = on_call(Roster(name="p", timezone="UTC", layers=(ending,)), (ANA,), utc("2026-11-20T12:00")).gap
    assert soon is not None
    assert (soon.start, soon.end) == (utc("2026-12-01T00:00"), None)
