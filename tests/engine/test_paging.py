"""Whom a page is for, by rosters that others lay out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.config.model import Config
from cockpit.core.roster import Contact, OnCall, Person, Shift
from cockpit.engine.paging import Plan
from cockpit.provider import NotFound
from support.pager import channel, people

NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def shift(person: str, start: datetime, end: datetime | None) -> Shift:
    return Shift(roster="web", level=1, person=person, name=person.title(), timezone="UTC", start=start, end=end, source="pd")


TOLD = OnCall(
    roster="web", level=1, source="pd",
    now=shift("ana", NINE - 8 * HOUR, NINE), next=shift("bo", NINE, NINE + 8 * HOUR),
)  # fmt: skip


@pytest.mark.parametrize(
    ("at", "person"),
    [(NINE - HOUR, "ana"), (NINE, "bo"), (NINE + 7 * HOUR, "bo"), (NINE + 8 * HOUR, "bo")],
    ids=["during it", "at the hand-over", "after it", "when nothing is known any more"],
)
def test_a_source_that_is_blind_since_a_hand_over_has_told_who_comes_next(at: datetime, person: str) -> None:
    plan = Plan(Config(people=people("ana", "bo"), channels=channel()), ("ana",), lambda: (TOLD,))
    told, gaps = plan.by_hand(("roster:web",), (), at)
    assert [each.person for each in told] == [person]
    assert gaps == ()


def test_a_gap_that_has_ended_since_it_was_told_is_none() -> None:
    gap = OnCall(roster="web", level=1, source="pd", now=None, next=shift("bo", NINE, None))
    plan = Plan(Config(people=people("ana", "bo"), channels=channel()), ("ana",), lambda: (gap,))
    assert [each.person for each in plan.by_hand(("roster:web",), (), NINE + HOUR)[0]] == ["bo"]
    assert plan.by_hand(("roster:web",), (), NINE - HOUR)[1] == ("nobody is on call: roster:web has a gap",)


def test_who_is_on_call_by_an_address_is_the_person_who_has_it() -> None:
    """As wherever else their source's word for somebody is read."""
    told = OnCall(roster="web", level=1, source="pd", now=shift("+ana", NINE, None), next=None)
    plan = Plan(Config(people=people("ana", "bo"), channels=channel()), ("ana",), lambda: (told,))
    people_told, gaps = plan.by_hand(("roster:web",), (), NINE + HOUR)
    assert ([each.person for each in people_told], gaps) == (["ana"], ())


def having(who: dict[str, Person], id: str, to: str) -> dict[str, Person]:
    """These, of whom one has one more contact."""
    return {**who, id: msgspec.structs.replace(who[id], contacts=(*who[id].contacts, Contact(via="notify", to=to)))}


def plan_of(who: dict[str, Person]) -> Plan:
    return Plan(Config(people=who, channels=channel()), ("ana",), lambda: (TOLD,))


@pytest.mark.parametrize(
    ("word", "person"),
    [("web", "bo"), ("bo", "bo"), ("Bo", "bo"), ("ANA", "ana"), ("on-duty", "ana"), ("+ana", "ana"), ("roster:web", "bo")],
)
def test_who_is_paged_by_hand_is_meant_by_an_address_last(word: str, person: str) -> None:
    who = people("ana", "bo")
    for address in ("web", "bo", "on-duty"):
        who = having(who, "ana", address)
    assert [each.person for each in plan_of(who).by_hand((word,), (), NINE)[0]] == [person]


def test_a_roster_is_meant_before_what_somebody_is_called() -> None:
    who = people("ana", "bo")
    who["ana"] = msgspec.structs.replace(who["ana"], name="web")
    assert [each.person for each in plan_of(who).by_hand(("web",), (), NINE)[0]] == ["bo"]
    assert [each.person for each in plan_of(who).by_hand(("ana",), (), NINE)[0]] == ["ana"]


def test_a_word_that_two_have_is_refused_and_both_are_named() -> None:
    shared = plan_of(having(having(people("ana", "bo"), "ana", "team@example.com"), "bo", "Team@example.com"))
    with pytest.raises(NotFound, match=r"'team@example.com' may be Ana \(ana\) and Bo \(bo\): say which, by the id"):
        shared.by_hand(("team@example.com",), (), NINE)
    who = {id: msgspec.structs.replace(each, name="Sam") for id, each in people("ana", "bo").items()}
    with pytest.raises(NotFound, match=r"'sam' may be Sam \(ana\) and Sam \(bo\)"):
        plan_of(who).by_hand(("sam",), (), NINE)


def test_who_is_on_call_by_an_address_that_two_have_is_nobody_and_both_are_named() -> None:
    who = having(having(people("ana", "bo"), "ana", "team@example.com"), "bo", "team@example.com")
    told = OnCall(roster="web", level=1, source="pd", now=shift("team@example.com", NINE, None), next=None)
    plan = Plan(Config(people=who, channels=channel()), ("ana",), lambda: (told,))
    assert plan.by_hand(("roster:web",), (), NINE + HOUR) == (
        (), ("Team@Example.Com of roster:web is an address of Ana (ana) and Bo (bo)",),
    )  # fmt: skip


def called_alex(*named: tuple[str, str]) -> dict[str, Person]:
    return {id: msgspec.structs.replace(each, name=dict(named)[id]) for id, each in people(*dict(named)).items()}


def on_duty(person: str) -> tuple[OnCall, ...]:
    now = msgspec.structs.replace(shift(person, NINE, None), name="Alex")
    return (OnCall(roster="web", level=1, source="pd", now=now, next=None),)


@pytest.mark.parametrize("other", [("alex", "Alex Smith"), ("alex1", "Alex")], ids=["has the name as id", "has the same name"])
def test_whose_shift_it_is_is_paged_and_nobody_who_has_their_name_as_id_or_as_name(other: tuple[str, str]) -> None:
    plan = Plan(Config(people=called_alex(other, ("alexj", "Alex")), channels=channel()), ("ana",), lambda: on_duty("alexj"))
    assert [each.person for each in plan.by_hand(("roster:web",), (), NINE + HOUR)[0]] == ["alexj"]


def test_of_two_of_one_name_neither_is_paged_for_a_shift_whose_id_is_unknown_and_it_is_said() -> None:
    who = called_alex(("alex1", "Alex"), ("alex2", "Alex"))
    plan = Plan(Config(people=who, channels=channel()), ("ana",), lambda: on_duty("PX1"))
    assert plan.by_hand(("roster:web",), (), NINE + HOUR) == (
        (), ("Alex of roster:web may be Alex (alex1) and Alex (alex2): put the id that pd has for them, PX1, into also of one",),
    )  # fmt: skip
