"""The rules of rosters, one by one. `test_rotation` holds all of them against a second reckoning."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
import pytest

from cockpit.core.roster import Contact, Layer, Override, Person, Roster, Shift, display, known_as, turn, zone
from cockpit.core.rotation import alone, on_call, shifts
from cockpit.core.turns import instant, turn_begins

ANA = Person(id="ana", name="Ana", timezone="America/Sao_Paulo")
BO = Person(id="bo", name="Bo", timezone="Europe/Berlin")
CY = Person(id="cy", name="Cy")
PEOPLE = (ANA, BO, CY)


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
    monkeypatch.setattr("cockpit.core.rotation.turn_begins", counted)
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


def test_a_name_is_more_than_an_address_and_an_address_that_two_have_names_neither() -> None:
    ana = msgspec.structs.replace(ANA, contacts=(Contact(via="ntfy", to="Bo"), Contact(via="email", to="team@example.com")))
    bo = msgspec.structs.replace(BO, contacts=(Contact(via="email", to="Team@example.com"), Contact(via="ntfy", to="bob")))
    assert known_as((ana, bo), "bo") is bo
    assert known_as((ana, bo), "BOB") is bo
    assert known_as((ana, bo), "team@example.com") is None
    called = display((ana, bo))
    assert [called(word) for word in ("bo", "bob", "team@example.com")] == ["Bo", "Bo", "team@example.com"]


def test_the_first_word_counts_before_a_second_that_is_the_id_of_somebody_else() -> None:
    smith, jones = Person(id="alex", name="Alex Smith"), Person(id="alexj", name="Alex", also=("PJ",))
    assert known_as((smith, jones), "alexj", "Alex") is jones
    assert known_as((smith, jones), "PJ", "Alex") is jones
    assert known_as((smith, jones), "P?", "Alex") is smith, "by the second, where nobody goes by the first"


def test_a_name_that_two_have_names_neither_and_another_word_may() -> None:
    one, two = Person(id="alex1", name="Alex"), Person(id="alex2", name="alex", contacts=(Contact(via="email", to="a@x.org"),))
    assert known_as((one, two), "Alex") is None
    assert known_as((one, two), "P1", "Alex") is None
    assert known_as((one, two), "Alex", "a@x.org") is two
    assert known_as((one, two), "ALEX1", "Alex") is one


def test_people_are_called_by_their_names_whatever_word_they_go_by() -> None:
    ana = Person(id="ana", name="Ana", also=("ana@example.com", "PANA"), contacts=(Contact(via="sms", to="+55 11"),))
    called = display([ana, Person(id="bo", name="Bo"), Person(id="ana2", name="Another", also=("PANA",))])
    assert [called(word) for word in ("ana", "Ana", "ANA@example.com", "+55 11", "bo", "Bo")] == ["Ana"] * 4 + ["Bo"] * 2
    assert called("PANA") == "PANA", "two are called so: neither, as known_as has it"
    assert [called(word) for word in ("cy", "")] == ["cy", ""]
