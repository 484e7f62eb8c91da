"""Taking, covering, swapping: which covers that takes, what it changes, what speaks against it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.core.covers import Cover
from cockpit.core.roster import Absence, Layer, Override, Person, Roster, Shift
from cockpit.core.rotation import shifts
from cockpit.core.standings import BY_HAND, standings
from cockpit.core.swaps import Change, NoSwap, changes, covering, objections, of_roster, swapping
from cockpit.core.windows import window

ANA = Person(id="ana", name="Ana", also=("UANA01",))
BO = Person(id="bo", name="Bo", away=(Absence(start=datetime(2026, 11, 20), end=datetime(2026, 11, 21), why="wedding"),))
PEOPLE = (ANA, BO, Person(id="cy", name="Cy"))
PRIMARY, OFFICE = ("local", "primary", 1), ("local", "office", 2)
WEEKS = Roster(
    name="primary", timezone="UTC", layers=(Layer(people=("ana", "bo", "cy"), start=datetime(2026, 11, 2, 9), turn=(1, "weeks")),)
)
HOURS = Roster(
    name="office", timezone="UTC", level=2,
    layers=(Layer(people=("bo",), start=datetime(2026, 11, 2), turn=(1, "days"), only=(window("mon-fri 09:00-17:00"),)),),
)  # fmt: skip


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = utc("2026-11-04T12:00")
LAID = tuple(shift for roster in (WEEKS, HOURS) for shift in shifts(roster, PEOPLE, NOW, NOW + timedelta(days=60)))


def laid(name: tuple[str, str, int]) -> tuple[Shift, ...]:
    return of_roster(LAID, name)


def test_a_swap_is_two_covers_of_each_others_next_shift_and_of_a_running_one_the_rest() -> None:
    covers = swapping(laid(PRIMARY), PEOPLE, "ana", "bo", NOW)
    assert covers == (Cover("bo", NOW, utc("2026-11-09T09:00")), Cover("ana", utc("2026-11-09T09:00"), utc("2026-11-16T09:00")))
    assert changes(laid(PRIMARY), PEOPLE, covers) == (
        Change(NOW, utc("2026-11-09T09:00"), "Ana", "Bo"), Change(utc("2026-11-09T09:00"), utc("2026-11-16T09:00"), "Bo", "Ana"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "name", "says"),
    [
        ("ana", "ana", PRIMARY, "a swap takes two people"),
        ("ana", "bo", OFFICE, "Ana has no shift there to swap"),
        ("zoe", "bo", PRIMARY, "zoe has no shift there to swap"),
    ],
)
def test_what_cannot_be_swapped_says_why(one: str, other: str, name: tuple[str, str, int], says: str) -> None:
    with pytest.raises(NoSwap, match=says):
        swapping(laid(name), PEOPLE, one, other, NOW)


def test_covering_for_somebody_is_all_that_they_have_then_and_nothing_else() -> None:
    covers = covering(laid(OFFICE), PEOPLE, "bo", "ana", NOW, utc("2026-11-06T12:00"))
    assert covers == (
        Cover("ana", NOW, utc("2026-11-04T17:00")), Cover("ana", utc("2026-11-05T09:00"), utc("2026-11-05T17:00")),
        Cover("ana", utc("2026-11-06T09:00"), utc("2026-11-06T12:00")),
    )  # fmt: skip
    with pytest.raises(NoSwap, match="Cy is not on call there at that time"):
        covering(laid(OFFICE), PEOPLE, "cy", "ana", NOW, utc("2026-11-06T12:00"))
    with pytest.raises(NoSwap, match="Bo has it already"):
        covering(laid(OFFICE), PEOPLE, "bo", "bo", NOW, utc("2026-11-06T12:00"))


def test_what_changes_is_told_with_gaps_and_without_what_stays() -> None:
    cover = Cover("cy", utc("2026-11-05T16:00"), utc("2026-11-06T10:00"))
    assert changes(laid(OFFICE), PEOPLE, (cover,)) == (
        Change(utc("2026-11-05T16:00"), utc("2026-11-05T17:00"), "Bo", "Cy"),
        Change(utc("2026-11-05T17:00"), utc("2026-11-06T09:00"), "", "Cy"),
        Change(utc("2026-11-06T09:00"), utc("2026-11-06T10:00"), "Bo", "Cy"),
    )
    assert changes(laid(PRIMARY), PEOPLE, (Cover("ana", NOW, utc("2026-11-05T09:00")),)) == ()


def test_absences_and_double_bookings_that_there_would_be_are_told() -> None:
    cover = Cover("bo", utc("2026-11-19T00:00"), utc("2026-11-20T12:00"))
    assert objections(LAID, PEOPLE, PRIMARY, (cover,)) == (
        "Bo is on office and primary at once",
        "Bo is on primary and away: wedding",
    )
    assert objections(LAID, PEOPLE, PRIMARY, (Cover("ana", NOW, NOW + timedelta(hours=1)),)) == ()


def test_people_are_the_same_by_whatever_name_a_source_has_for_them() -> None:
    pd = [
        Shift(
            roster="db", level=1, person="UANA01", name="Ana S.", timezone="UTC", source="pd",
            start=utc("2026-11-04T00:00"), end=utc("2026-11-05T00:00"),
        )
    ]  # fmt: skip
    (cover,) = covering(pd, PEOPLE, "ana", "bo", NOW, utc("2026-12-01T00:00"))
    assert cover == Cover("bo", NOW, utc("2026-11-05T00:00"))
    assert changes(pd, PEOPLE, (Cover("ana", NOW, NOW + timedelta(hours=1)),)) == ()


def test_overrides_stand_until_they_are_over_and_say_whether_they_can_be_taken_back() -> None:
    held = (
        Override(person="bo", start=datetime(2026, 11, 1), end=datetime(2026, 11, 2)),
        Override(person="bo", start=datetime(2026, 11, 4), end=datetime(2026, 11, 5), why="by hand"),
        Override(person="zoe", start=NOW, end=NOW + timedelta(days=1), id="o-1", by="Ana", together="o-1"),
    )
    roster = Roster(name="primary", timezone="Europe/Berlin", overrides=held)
    by_hand, ours = standings(roster, PEOPLE, NOW, "here")
    assert (by_hand.ref.id, by_hand.start, by_hand.undone) == ("primary:2", utc("2026-11-03T23:00"), BY_HAND)
    assert (ours.ref.id, ours.name, ours.who, ours.undone, ours.together) == ("o-1", "zoe", "Ana", "", "o-1")
