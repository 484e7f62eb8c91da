"""Who is on call: checked against a second reckoning that steps through UTC hour by hour and knows no arithmetic of ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core.roster import Contact, Layer, Override, Person, Roster, Shift, alone, known_as, on_call, shifts, turn, zone
from cockpit.core.turns import instant, turn_at, turn_begins

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "UTC", "Asia/Kathmandu")
ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo")
BO = Person(id="bo", name="Bo", timezone="Europe/Berlin")
CY = Person(id="cy", name="Cy")
PEOPLE = (ANA, BO, CY)
MINUTE = timedelta(minutes=1)


def roster(*layers: Layer, overrides: tuple[Override, ...] = (), timezone: str = "Europe/Berlin") -> Roster:
    return Roster(name="primary", timezone=timezone, layers=layers, overrides=overrides)


def weekly(start: str = "2026-11-02T09:00", people: tuple[str, ...] = ("ana", "bo", "cy"), end: str = "") -> Layer:
    return Layer(
        people=people, start=datetime.fromisoformat(start), turn=(1, "weeks"), end=datetime.fromisoformat(end) if end else None
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(found: tuple[Shift, ...], clock: str = "Europe/Berlin") -> list[tuple[str, str]]:
    """Who begins when, on a wall clock."""
    return [(one.person, f"{one.start.astimezone(ZoneInfo(clock)):%Y-%m-%d %H:%M}" if one.start else "") for one in found]


# --- the second reckoning ---


def wall_of(moment: datetime, clock: ZoneInfo) -> datetime:
    return moment.astimezone(clock).replace(tzinfo=None)


@cache
def stepped(wall: datetime, clock: ZoneInfo) -> datetime:
    """The first UTC minute at which the wall clock shows ``wall`` or more, found by walking there: by hours, then by minutes."""
    moment = wall.replace(tzinfo=UTC) - timedelta(hours=28)
    while wall_of(moment, clock) < wall:
        moment += timedelta(hours=1)
    moment -= timedelta(hours=4)
    while wall_of(moment, clock) < wall:
        moment += MINUTE
    return moment


@cache
def walked_begin(layer: Layer, number: int, clock: ZoneInfo) -> datetime:
    count, unit = layer.turn
    if unit == "hours":
        return stepped(layer.start, clock) + timedelta(hours=count * number)
    wall = layer.start
    if unit == "months":
        year, month = wall.year, wall.month
        for _ in range(number * count):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        day = wall.day
        while True:
            try:
                return stepped(wall.replace(year=year, month=month, day=day), clock)
            except ValueError:
                day -= 1
    days = count * (7 if unit == "weeks" else 1)
    for _ in range(number):
        wall += timedelta(days=days)
    return stepped(wall, clock)


def walked_person(layer: Layer, at: datetime, clock: ZoneInfo) -> str:
    if at < stepped(layer.start, clock) or (layer.end is not None and at >= stepped(layer.end, clock)):
        return ""
    number = 0
    while walked_begin(layer, number + 1, clock) <= at:
        number += 1
    return layer.people[number % len(layer.people)]


TURNS = st.one_of(
    st.tuples(st.sampled_from((5, 12, 24, 36, 168)), st.just("hours")),
    st.tuples(st.integers(1, 5), st.just("days")),
    st.tuples(st.integers(1, 2), st.just("weeks")),
    st.tuples(st.integers(1, 2), st.just("months")),
)
WALLS = st.builds(
    lambda year, day, minutes: datetime(year, 1, 1) + timedelta(days=day, minutes=minutes),
    st.sampled_from((2011, 2018, 2024, 2026)),  # Apia's missing day, Brazil's last summer time, a leap year, this one
    st.one_of(st.integers(0, 364), st.sampled_from((30, 59, 87, 297, 303, 306, 362, 363))),
    st.sampled_from((0, 15, 90, 120, 135, 150, 180, 540, 1439)),
)
TEAMS = st.sampled_from((("ana",), ("ana", "bo"), ("ana", "bo", "cy"), ("ana", "ana", "bo"), ("dee", "bo")))


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    start = draw(WALLS)
    end = draw(st.one_of(st.none(), st.integers(1, 60 * 24 * 60).map(lambda minutes: start + timedelta(minutes=minutes))))
    return Layer(people=draw(TEAMS), start=start, turn=draw(TURNS), end=end)


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(ZONES), layers(), st.integers(0, 9))
def test_a_turn_begins_when_the_wall_clock_first_shows_its_hour(name: str, layer: Layer, number: int) -> None:  # safety 19
    clock = ZoneInfo(name)
    begins = turn_begins(layer.start, layer.turn, number, clock)
    assert begins == walked_begin(layer, number, clock)
    assert begins is not None
    now = turn_at(layer.start, layer.turn, begins, clock)
    assert now >= number  # turns that a missing day swallowed are over as they begin
    assert turn_begins(layer.start, layer.turn, now, clock) == begins


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_every_minute_has_whom_the_slow_reckoning_has(data: st.DataObject) -> None:  # safety 19
    name = data.draw(st.sampled_from(ZONES))
    clock = ZoneInfo(name)
    base = data.draw(WALLS)
    near = st.integers(-20 * 1440, 20 * 1440).map(lambda minutes: base + timedelta(minutes=minutes))
    stack = tuple(
        Layer(people=data.draw(TEAMS), start=start, turn=data.draw(TURNS), end=data.draw(st.one_of(st.none(), near)))
        for start in data.draw(st.lists(near, max_size=3))
    )
    spans = data.draw(st.lists(st.tuples(st.sampled_from(("ana", "bo", "eve")), near, near), max_size=3))
    held = tuple(Override(person=person, start=start, end=end) for person, start, end in spans)
    made = roster(*stack, overrides=held, timezone=name)
    begin = stepped(base, clock) - timedelta(days=3)
    found = shifts(made, PEOPLE, begin, begin + timedelta(days=6))

    for one, after in pairwise(found):
        assert one.end is not None
        assert after.start is not None
        assert one.end <= after.start, "no overlap"
        assert one.end < after.start or one.person != after.person, "one person without a break is one shift"
    bounds = [(stepped(span.start, clock), stepped(span.end, clock)) for span in held]
    for minutes in range(0, 6 * 1440, data.draw(st.sampled_from((97, 181, 360)))):
        at = begin + timedelta(minutes=minutes)
        expected = ""
        for layer in stack:
            if layer.end is None or layer.start < layer.end:
                expected = walked_person(layer, at, clock) or expected
        for span, (start, end) in zip(held, bounds, strict=True):
            expected = span.person if start <= at < end else expected
        there = [one for one in found if (one.start is None or one.start <= at) and (one.end is None or at < one.end)]
        assert [one.person for one in there] == ([expected] if expected else [])
    moment = begin + timedelta(days=2)
    answer = on_call(made, PEOPLE, moment)
    assert [answer.now] if answer.now else not [s for s in found if (s.start or moment) <= moment < (s.end or moment + MINUTE)]
    if answer.now is not None:
        assert answer.now in found
    if answer.next is not None:
        assert answer.next.start is not None
        assert answer.next.start > moment
        assert answer.next in found or answer.next.start >= begin + timedelta(days=6)


# --- the rules, one by one ---


def test_a_week_that_begins_at_nine_begins_at_nine_in_summer_and_in_winter() -> None:  # safety 19
    found = shifts(roster(weekly("2026-10-12T09:00")), PEOPLE, utc("2026-10-12T08:00"), utc("2026-11-03T00:00"))
    assert told(found) == [
        ("ana", "2026-10-12 09:00"), ("bo", "2026-10-19 09:00"), ("cy", "2026-10-26 09:00"), ("ana", "2026-11-02 09:00"),
    ]  # fmt: skip
    assert found[1].end == utc("2026-10-26T08:00")
    assert found[1].start == utc("2026-10-19T07:00")


@pytest.mark.parametrize(
    ("clock", "wall", "at"),
    [
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00"),  # does not exist: at the gap's end, 03:00 CEST
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # exists twice: the first, in CEST
        ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30"),  # a gap of half an hour
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),  # half an hour twice
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00"),  # the day that was left out at the date line
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00"),  # a midnight that does not exist
    ],
)
def test_hand_overs_in_hours_that_are_missing_or_double(clock: str, wall: str, at: str) -> None:  # safety 19
    assert instant(datetime.fromisoformat(wall), ZoneInfo(clock)) == utc(at)


def test_hours_are_counted_exactly_across_the_clock_change() -> None:
    layer = Layer(people=("ana", "bo"), start=datetime(2026, 10, 24, 12), turn=(12, "hours"))
    found = shifts(roster(layer), PEOPLE, utc("2026-10-24T10:00"), utc("2026-10-25T12:00"))
    assert told(found) == [("ana", "2026-10-24 12:00"), ("bo", "2026-10-25 00:00"), ("ana", "2026-10-25 11:00")]


def test_months_from_the_31st_end_on_the_last_day_and_come_back_to_the_31st() -> None:  # safety 19
    layer = Layer(people=("ana", "bo"), start=datetime(2027, 12, 31, 9), turn=(1, "months"))
    found = shifts(roster(layer), PEOPLE, utc("2028-01-01T00:00"), utc("2028-05-01T00:00"))
    assert [at for _, at in told(found)] == [
        "2027-12-31 09:00", "2028-01-31 09:00", "2028-02-29 09:00", "2028-03-31 09:00", "2028-04-30 09:00",
    ]  # fmt: skip


def test_an_override_beats_the_layers_and_next_knows_it() -> None:  # safety 19
    held = Override(person="cy", start=datetime(2026, 11, 4, 20), end=datetime(2026, 11, 5, 8), why="dentist")
    made = roster(weekly(), overrides=(held,))
    before = on_call(made, PEOPLE, utc("2026-11-04T12:00"))
    assert before.now is not None
    assert before.next is not None
    assert (before.now.name, before.now.end) == ("Ana", utc("2026-11-04T19:00"))
    assert (before.next.name, before.next.start, before.next.override) == ("Cy", utc("2026-11-04T19:00"), True)
    during = on_call(made, PEOPLE, utc("2026-11-04T22:00"))
    assert during.now is not None
    assert during.next is not None
    assert (during.now.person, during.now.override, during.next.person) == ("cy", True, "ana")
    assert not during.next.override


def test_of_two_overrides_the_later_in_the_list_wins() -> None:
    held = tuple(Override(person=who, start=utc("2026-11-04T10:00"), end=utc("2026-11-04T12:00")) for who in ("bo", "cy"))
    answer = on_call(roster(weekly(), overrides=held), PEOPLE, utc("2026-11-04T11:00"))
    assert answer.now is not None
    assert answer.now.person == "cy"


def test_an_override_for_whoever_is_on_anyway_makes_no_hand_over() -> None:
    held = Override(person="ana", start=datetime(2026, 11, 4), end=datetime(2026, 11, 5))
    found = shifts(roster(weekly(), overrides=(held,)), PEOPLE, utc("2026-11-03T00:00"), utc("2026-11-08T00:00"))
    assert told(found) == [("ana", "2026-11-02 09:00")]
    assert found[0].end == utc("2026-11-09T08:00")


def test_a_later_layer_wins_while_it_lasts() -> None:
    nights = weekly("2026-11-04T22:00", ("bo",), end="2026-11-05T06:00")
    found = shifts(roster(weekly(), nights), PEOPLE, utc("2026-11-04T00:00"), utc("2026-11-06T00:00"))
    assert told(found) == [("ana", "2026-11-02 09:00"), ("bo", "2026-11-04 22:00"), ("ana", "2026-11-05 06:00")]
    assert found[2].end == utc("2026-11-09T08:00")


def test_a_gap_is_a_gap_and_says_who_comes_after_it() -> None:
    first, second = weekly(people=("ana",), end="2026-11-04T09:00"), weekly("2026-11-06T09:00", ("bo",))
    answer = on_call(roster(first, second), PEOPLE, utc("2026-11-05T00:00"))
    assert answer.now is None
    assert answer.next is not None
    assert (answer.next.person, answer.next.start, answer.next.end) == ("bo", utc("2026-11-06T08:00"), None)
    assert on_call(roster(first), PEOPLE, utc("2026-11-05T00:00")).next is None
    assert on_call(roster(), PEOPLE, utc("2026-11-05T00:00")).now is None


def test_one_person_alone_in_a_layer_has_it_without_end() -> None:
    answer = on_call(roster(weekly(people=("ana",))), PEOPLE, utc("2030-01-01T00:00"))
    assert answer.now is not None
    assert (answer.now.start, answer.now.end, answer.next) == (utc("2026-11-02T08:00"), None, None)


def test_two_turns_of_one_person_in_a_row_are_one_shift() -> None:
    found = shifts(roster(weekly(people=("ana", "ana", "bo"))), PEOPLE, utc("2026-11-12T00:00"), utc("2026-11-20T00:00"))
    assert [(one.person, one.start, one.end) for one in found] == [
        ("ana", utc("2026-11-02T08:00"), utc("2026-11-16T08:00")), ("bo", utc("2026-11-16T08:00"), utc("2026-11-23T08:00")),
    ]  # fmt: skip


@pytest.mark.parametrize("unit", ["hours", "days", "weeks", "months"])
def test_a_layer_that_began_long_ago_takes_few_steps(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def counted(start: datetime, turn: tuple[int, str], number: int, zone: ZoneInfo) -> datetime | None:
        asked.append(number)
        return turn_begins(start, turn, number, zone)

    monkeypatch.setattr("cockpit.core.turns.turn_begins", counted)
    monkeypatch.setattr("cockpit.core.roster.turn_begins", counted)
    layer = Layer(people=("ana", "bo"), start=datetime(1990, 3, 4, 9), turn=(1, unit))
    assert on_call(roster(layer), PEOPLE, utc("2026-11-23T00:00")).now is not None
    assert 0 < len(asked) < 100


def test_the_end_of_the_calendar_is_no_crash() -> None:
    answer = on_call(
        roster(weekly(), Layer(people=("bo", "cy"), start=datetime(9999, 6, 1), turn=(9, "months"))), PEOPLE, utc("9999-08-01")
    )
    assert answer.now is not None
    assert (answer.now.person, answer.now.end) == ("bo", None)


def test_someone_unknown_is_named_by_their_id_and_remarked() -> None:
    answer = on_call(roster(weekly(people=("zoe", "ana"))), PEOPLE, utc("2026-11-03T00:00"))
    assert answer.now is not None
    assert (answer.now.name, answer.now.timezone) == ("zoe", "Europe/Berlin")
    assert answer.remark == "zoe is not among [people]"


def test_with_no_roster_the_person_at_the_keyboard_is_alone() -> None:
    answer = alone(ANA)
    assert answer.now is not None
    assert (answer.now.name, answer.now.start, answer.now.end, answer.next) == ("Ana", None, None, None)
    assert "[rosters]" in answer.remark


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1 week", (1, "weeks")), ("12 hours", (12, "hours")), (" 2 Days ", (2, "days")), ("1month", (1, "months")),
     ("week", (1, "weeks")), ("12h", (12, "hours")), ("3d", (3, "days"))],
)  # fmt: skip
def test_turns_as_people_write_them(text: str, expected: tuple[int, str]) -> None:
    assert turn(text) == expected


@pytest.mark.parametrize(
    "text", ["", "weekly", "0 days", "1m", "-1 week", "1.5 days", "2000 hours", "1 fortnight", "²days", "5 minutes"]
)
def test_a_turn_that_cannot_be_read_says_what_can(text: str) -> None:
    with pytest.raises(ValueError, match="write 12 hours, 2 days, 1 week or 1 month"):
        turn(text)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("Europe/Berln", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("Europe", ""), ("../etc/passwd", ""), ("", ""), ("\0", ""),
     ("America/Sao Paulo", "America/Sao_Paulo"), ("Marsé\ud800", "")],
)  # fmt: skip
def test_a_zone_that_is_not_there_is_a_value_error_with_the_one_that_was_meant(name: str, hint: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone") as caught:
        zone(name)
    assert hint in str(caught.value)
    with pytest.raises(ValueError, match="there is no time zone"):
        on_call(roster(timezone=name), PEOPLE, utc("2026-11-03T00:00"))


def test_a_person_is_known_by_every_name_that_sources_have_for_them() -> None:
    ana = msgspec.structs.replace(ANA, also=("ana.souza", "UANA01"), contacts=(Contact(via="email", to="ana@example.com"),))
    for name in ("ana", "Ana", "ANA.Souza", "uana01", "Ana@Example.com"):
        assert known_as((BO, ana), "nobody", name) is ana
    assert known_as((BO, ana), "", "zoe") is None
