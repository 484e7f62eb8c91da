"""Whom a page is for, by rosters that others lay out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.config.model import Config
from cockpit.core.roster import OnCall, Shift
from cockpit.engine.paging import Plan
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
