"""Action items: owned, dated, done by hand or by their trap's drill; on the clock of whoever owns them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.action_items import (
    Item,
    ItemState,
    days_left,
    due_of,
    gone,
    in_order,
    is_overdue,
    next_id,
    number_of,
    owed,
    soon,
    standing,
    told,
)
from cockpit.core.incident_refusals import refusal
from cockpit.core.incidents import ITEM, Change, Incident, Step, fold
from cockpit.core.roster import Person

T0 = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)
PEOPLE = (
    Person(id="ana", name="Ana", timezone="Pacific/Auckland", also=("ana@example.com",)),
    Person(id="bo", name="Bo", timezone="America/Sao_Paulo"),
)


def item(id: str = "a1", owner: str = "bo", due: date | None = date(2026, 11, 26), **more: object) -> Item:
    facts: dict[str, object] = {"incident": "i1", "text": "buy a disk", "made_at": T0, "made_by": "ana"}
    return Item(id=id, owner=owner, due=due, **(facts | more))  # type: ignore[arg-type]


def step(number: int, change: Change, incident: str = "i1", who: str = "ana", **data: object) -> Step:
    return Step(number=number, at=T0 + timedelta(minutes=number), who=who, incident=incident, change=change, data=data)


def added(number: int, id: str, incident: str = "i1", trap: str = "") -> Step:
    return step(number, Change.ITEM_ADDED, incident, item=id, text=f"do {id}", owner="bo", due="2026-12-04", trap=trap)


OPENED = [step(1, Change.OPENED, "i1", title="shop"), step(2, Change.OPENED, "i2", title="search")]


def now(*steps: Step, incident: str = "i1") -> Incident:
    return fold([*OPENED, *steps])[incident]


def test_what_is_said_of_an_item_is_what_it_is() -> None:
    here = now(
        added(3, "a1", trap="flag"),
        added(4, "a2"),
        step(5, Change.ITEM_EDITED, item="a1", owner="Cy", due="", trap=""),
        step(6, Change.ITEM_DONE, item="a1", how="by hand", who="Cy"),
        step(7, Change.ITEM_DROPPED, item="a2", how="not wanted"),
        step(8, Change.ITEM_REOPENED, item="a2"),
    )
    one, two = here.items
    assert (one.text, one.owner, one.due, one.trap, one.state) == ("do a1", "Cy", None, "", ItemState.DONE)
    assert (one.ended_by, one.how, one.ended_at) == ("Cy", "by hand", T0 + timedelta(minutes=6))
    assert (two.open, two.due, two.ended_at, two.how) == (True, date(2026, 12, 4), None, "")


def test_items_go_along_where_incidents_are_merged_and_their_numbers_are_used_once() -> None:
    steps = (added(3, "a1"), added(4, "a2", "i2"), step(5, Change.MERGED, "i2", other="i1"))
    here = now(*steps, incident="i2")
    assert [(each.id, each.incident) for each in here.items] == [("a2", "i2"), ("a1", "i2")]
    assert now(*steps).items == ()
    assert next_id(here.items) == "a3"


def test_a_step_that_nobody_understands_changes_nothing() -> None:
    odd = [
        step(5, Change.ITEM_ADDED, item="a9", text="x", owner="bo", due="someday"),
        step(6, Change.ITEM_ADDED, text="no id"),
        step(7, Change.ITEM_DONE, item="a7"),
        step(8, Change.ITEM_EDITED, item="a1", due=["2026"]),
    ]
    assert now(added(3, "a1"), *odd).items == now(added(3, "a1")).items


def test_what_cannot_be_says_why_and_a_closed_incident_keeps_its_items() -> None:
    known = fold([*OPENED, added(3, "a1", trap="flag"), added(4, "a2"), step(5, Change.CLOSED)])
    assert refusal(known, "i1", Change.ITEM_ADDED) == ""
    assert refusal(known, "i1", Change.ITEM_DONE, data={"item": "a2"}) == ""
    assert "a1 is done when its trap flag has been drilled" in refusal(known, "i1", Change.ITEM_DONE, data={"item": "a1"})
    assert "no action item a9" in refusal(known, "i1", Change.ITEM_DONE, data={"item": "a9"})
    assert "a2 is open" in refusal(known, "i1", Change.ITEM_REOPENED, data={"item": "a2"})
    known = fold([*OPENED, added(3, "a1"), step(4, Change.ITEM_DONE, item="a1")])
    assert "a1 is done already" in refusal(known, "i1", Change.ITEM_DROPPED, data={"item": "a1"})


def test_a_day_is_over_when_it_is_over_for_its_owner() -> None:
    assert days_left(item(owner="ana@example.com"), PEOPLE, T0) == -1, "it is Friday in Auckland"
    assert days_left(item(owner="BO"), PEOPLE, T0) == 0, "and Thursday in São Paulo, to the last minute"
    assert is_overdue(item(owner="ana"), PEOPLE, T0)
    assert not is_overdue(item(owner="bo"), PEOPLE, T0)
    assert not is_overdue(item(owner="bo"), PEOPLE, T0 + timedelta(hours=3, minutes=29))
    assert is_overdue(item(owner="bo"), PEOPLE, T0 + timedelta(hours=3, minutes=30))
    assert days_left(item(owner="bo", due=None), PEOPLE, T0) is None
    assert not is_overdue(item(owner="ana", state=ItemState.DONE, ended_at=T0), PEOPLE, T0)


def test_a_day_is_read_as_people_write_it() -> None:
    today = date(2026, 11, 26)
    assert due_of("2026-12-04", today) == date(2026, 12, 4)
    assert due_of(" 14d", today) == due_of("2 weeks", today) == date(2026, 12, 10)
    assert due_of("2026-11-26", today) == today
    for text in ("2026-11-25", "someday", "", "2026-13-01", "9999-01-01", "-"):
        with pytest.raises(ValueError, match=r"over|no day|month|three years"):
            due_of(text, today)


def test_who_owes_what_is_counted_by_person_and_those_first_who_are_late() -> None:
    items = (
        item("a1", "Bo", date(2026, 12, 1)),
        item("a2", "ana", date(2026, 11, 20)),
        item("a3", "bo", date(2026, 11, 1)),
        item("a4", "ana@example.com", None),
        item("a5", "web team", date(2026, 12, 1), state=ItemState.DONE, ended_at=T0),
        item("a6", "web team", date(2026, 12, 1), state=ItemState.DONE, ended_at=T0 + timedelta(hours=1)),
        item("a7", "nobody", state=ItemState.DROPPED, ended_at=T0),
        item("a8", "Ana", date(2026, 11, 2)),
    )
    found = owed(items, PEOPLE, T0)
    said = [(each.owner, *([i.id for i in some] for some in (each.open, each.overdue, each.done))) for each in found]
    assert said == [("Ana", ["a4"], ["a8", "a2"], []), ("Bo", ["a1"], ["a3"], []), ("web team", [], [], ["a6", "a5"])]
    assert [each.id for each in soon(items, PEOPLE, T0)] == ["a3", "a8", "a2", "a1"]
    assert [each.id for each in in_order(items)][:2] == ["a3", "a8"]


def test_an_item_whose_trap_is_gone_stays_open_and_says_so() -> None:
    waits = item(trap="flag", due=date(2026, 12, 4))
    assert not gone(waits, ["flag"])
    assert not gone(waits, None)
    assert standing(waits, PEOPLE, T0, ["flag"]) == "Bo, due Fri 2026-12-04, done when flag has been drilled"
    assert gone(waits, ["flags"])
    assert "there is no trap flag (any more): `cockpit action edit a1 --trap NAME`" in standing(waits, PEOPLE, T0, ["flags"])
    done = item(trap="flag", state=ItemState.DONE, ended_at=T0, ended_by="Ana", how="its trap flag was drilled")
    assert not gone(done, [])
    assert standing(done, PEOPLE, T0, []) == "Bo, done 2026-11-26 by Ana: its trap flag was drilled"


def test_a_timeline_tells_what_happened_to_an_item() -> None:
    data = {"item": "a1", "text": "buy a disk", "owner": "Bo", "due": "2026-12-04", "trap": ""}
    assert told("item_added", data) == "action item a1 added: buy a disk (owner Bo, due 2026-12-04)"
    assert told("item_edited", {"item": "a1", "trap": ""}) == "action item a1 edited (trap none)"
    assert told("item_done", {"item": "a1", "how": "its trap flag has really tripped"}) == (
        "action item a1 done: its trap flag has really tripped"
    )


@given(st.text(max_size=12))
def test_any_words_for_a_number_are_understood_or_left(text: str) -> None:
    found = number_of(text)
    assert number_of(found) == found


STEPS = [
    added(3, "a1", trap="flag"),
    step(4, Change.ITEM_EDITED, item="a1", owner="Cy"),
    added(5, "a2", "i2"),
    step(6, Change.MERGED, other="i2"),
    step(7, Change.ITEM_DONE, item="a2"),
    step(8, Change.ITEM_DONE, item="a1", how="its trap"),
    step(9, Change.ITEM_REOPENED, item="a2"),
]


@given(st.permutations(STEPS))
def test_the_order_in_which_entries_are_read_changes_nothing(steps: list[Step]) -> None:
    assert now(*steps) == now(*STEPS)
    assert {each.change for each in STEPS} & ITEM
