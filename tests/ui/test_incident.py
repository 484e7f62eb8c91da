"""``i``: an incident is opened with what is selected, found again from it, followed live, and changed while one follows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from cockpit.core.action_items import ItemState
from cockpit.core.actions import ChangeIncident, DrillTrap
from cockpit.core.alerts import Ref
from cockpit.core.incidents import Change, Incident, Status
from cockpit.core.why import READ_ONLY
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.drill import Drilled
from cockpit.ui.flows.incident import moment_of
from cockpit.ui.incident import Following, Timeline
from cockpit.ui.palette import Picker
from cockpit.ui.times import zone as at_zone
from support.boards import Sitting, run, shows, sitting
from support.scene import NOW, scene

HIGH = Ref("am-prod", "HighErrorRate/web-3")
DISK = Ref("local", "root-disk")
SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24)])


pytestmark = pytest.mark.usefixtures("no_quiet_time")


async def at(person: Sitting, ref: Ref) -> None:
    assert person.board.alerts.seek(ref)
    await person.follow()


async def opened(person: Sitting, ref: Ref = HIGH) -> None:
    """An incident with that alert, followed."""
    await at(person, ref)
    await person.press("i")
    await shows(person, Ask)
    await person.press("enter", "enter")
    await shows(person, Following)
    await person.sees("opened: ")


def now(person: Sitting, id: str = "i1") -> Incident:
    return person.desk.incidents()[id]


def timeline(person: Sitting) -> Timeline:
    return person.app.screen.query_one(Timeline)


@SIZES
def test_a_form_opens_one_with_the_alert_which_is_followed_then_and_told_of_by_the_alert(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await at(person, HIGH)
            await person.press("i")
            await shows(person, Ask)
            assert "HighErrorRate web-3" in person.text
            await person.press("enter", "enter")
            await shows(person, Following)
            await person.sees("nobody leads")
            (action,) = person.desk.asked
            assert isinstance(action, ChangeIncident)
            assert (action.change, action.incident) == ("incident.opened", "")
            here = now(person)
            assert (here.title, here.holds(*_parts(HIGH))) == ("HighErrorRate web-3", True)
            assert "i1 HighErrorRate web-3" in person.text
            assert "Ana: opened: HighErrorRate web-3" in person.text
            assert "not said yet: u says it" in person.text
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")
            await person.press("i")
            await shows(person, Following)
            assert len(person.desk.asked) == 1, "the one that it is in is followed: no other is opened"

    run(body)


def _parts(ref: Ref) -> tuple[str, str]:
    return ref.source, ref.id


def test_the_detail_of_an_alert_says_which_incident_it_is_in() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("escape")
            await at(person, DISK)
            assert "i1 HighErrorRate" not in person.text
            await at(person, HIGH)
            await person.sees("i1 HighErrorRate web-3: i follows")

    run(body)


def test_when_it_began_and_when_somebody_opened_it_are_both_said_where_they_differ() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            fired = {
                "source": HIGH.source,
                "alert": HIGH.id,
                "name": "A",
                "since": f"{NOW - timedelta(minutes=30):%Y-%m-%dT%H:%M:%SZ}",
            }
            person.desk.happens(
                Change.OPENED,
                "",
                {"title": "t", "severity": "critical", "alerts": [fired]},
                who="Bo",
                at=NOW - timedelta(minutes=20),
            )
            await at(person, HIGH)
            await person.press("i")
            await shows(person, Following)
            await person.sees("since   Tue 23:42 São Paulo; opened 23:52 by Bo")

    run(body)


def test_where_no_command_reads_this_journal_none_is_named() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("c")
            await shows(person, Confirm)
            assert "`cockpit postmortem i1`" in person.text
            await person.press("n", "escape")
            person.board.reel = SimpleNamespace(moved=False, redraw=lambda: None)  # type: ignore[assignment]  # as a demo's board has
            await person.press("i")
            await shows(person, Following)
            await person.press("c")
            await shows(person, Confirm)
            assert "postmortem" not in person.text

    run(body)


def test_marks_go_in_together_and_what_is_marked_besides_may_go_in_later() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("escape")
            person.board.alerts.marks |= {HIGH, DISK}
            await person.follow()
            await person.press("i")
            await shows(person, Confirm)
            assert "Add 1 alert to i1?" in person.text
            assert "root-disk" in person.text
            await person.press("y")
            await shows(person, Following)
            assert {each.ref for each in now(person).members} == {HIGH, DISK}

    run(body)


@SIZES
def test_it_grows_while_one_reads_and_the_cursor_keeps_its_place(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await opened(person)
            for number in range(40):
                person.desk.happens(Change.NOTED, "i1", {"text": f"remark number {number}"}, who="Bo")
            person.desk.change(me=person.desk.view.me)
            await person.until(lambda: timeline(person).count() > 40, "the remarks")
            await person.press("g", *"jjjjj")
            key = timeline(person).row_key(timeline(person).cursor)
            before = timeline(person).count()
            person.desk.happens(Change.NOTED, "i1", {"text": "the very last"}, who="Bo")
            person.desk.change(me=person.desk.view.me)
            await person.until(lambda: timeline(person).count() > before, "the last one")
            assert timeline(person).row_key(timeline(person).cursor) == key
            await person.press("G")
            await person.sees("Bo: the very last")

    run(body)


def test_keys_take_the_lead_say_where_it_stands_leave_a_note_and_close_it_after_asking() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            me = person.desk.view.me[0]
            await opened(person)
            await person.press("l")
            await person.sees(f"{me} leads")
            await person.press("s")
            await shows(person, Picker)
            await person.type("identified")
            await person.press("enter")
            await person.until(lambda: now(person).status is Status.IDENTIFIED, "its status")
            await shows(person, Following)
            await person.press("n")
            await shows(person, Ask)
            await person.type("rolled back")
            await person.press("enter")
            await person.sees("Ana: rolled back")
            await person.press("c")
            await shows(person, Confirm)
            await person.press("enter")
            assert now(person).status is Status.IDENTIFIED, "enter does not close it"
            await person.press("y")
            await person.sees("closed")
            await person.until(lambda: now(person).status is Status.CLOSED, "that it is closed")
            await person.until(lambda: person.app.screen.incident == now(person), "that it is seen")  # type: ignore[attr-defined]
            await person.press("s")
            assert "i1 is closed" in person.text
            assert isinstance(person.app.screen, Following)

    run(body)


def test_the_lead_is_taken_from_another_only_after_a_question() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            person.desk.happens(Change.ROLE, "i1", {"role": "lead", "person": "Bo"})
            person.desk.change(me=person.desk.view.me)
            await person.sees("Bo leads")
            await person.press("l")
            await shows(person, Confirm)
            await person.press("escape")
            assert now(person).lead == "Bo"

    run(body)


def test_users_are_said_to_be_hurt_from_a_time_on_this_clock() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("u")
            await shows(person, Ask)
            await person.type("soon")
            await person.press("enter")
            assert "'soon' is no time" in person.text
            await person.press(*["backspace"] * 4)
            await person.type("now")
            await person.press("enter", "enter")
            await person.type("no checkout")
            await person.press("enter")
            await person.sees("until now: no checkout")
            assert now(person).impact_start == NOW.replace(microsecond=0)
            assert now(person).impact_end is None
            here = NOW.astimezone(at_zone(person.board.zone))
            assert here.utcoffset() != timedelta(0), "else this proves nothing"
            await person.sees(f"users hurt from {here:%Y-%m-%d %H:%M}: no checkout")

    run(body)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("now", datetime(2026, 11, 24, 14, 0, tzinfo=UTC)),
        ("9:05", datetime(2026, 11, 24, 12, 5, tzinfo=UTC)),
        ("23:30", datetime(2026, 11, 24, 2, 30, tzinfo=UTC)),
        ("2026-11-20T10:00", datetime(2026, 11, 20, 13, 0, tzinfo=UTC)),
        ("2026-11-20T10:00+00:00", datetime(2026, 11, 20, 10, 0, tzinfo=UTC)),
        (" ", None),
    ],
)
def test_a_time_is_on_the_clock_of_whoever_types_it(text: str, then: datetime | None) -> None:
    assert moment_of(text, datetime(2026, 11, 24, 14, 0, tzinfo=UTC), "America/Sao_Paulo") == then


@pytest.mark.parametrize("text", ["later", "25:00", "2027-01-01", "1999-01-01", "1:2:3"])
def test_what_is_no_time_that_has_been_is_told(text: str) -> None:
    with pytest.raises(ValueError, match=r"time|ahead|year"):
        moment_of(text, datetime(2026, 11, 24, 14, 0, tzinfo=UTC), "UTC")


@SIZES
def test_action_items_are_added_ticked_and_opened_again_where_one_follows(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await opened(person)
            await person.press("a")
            await shows(person, Ask)
            await person.type("Buy a disk")
            await person.press("enter", "enter")
            await person.press(*["backspace"] * 10)
            await person.type("2020-01-01")
            await person.press("enter")
            assert "2020-01-01 is over" in person.text
            await person.press(*["backspace"] * 10)
            await person.type("3d")
            await person.press("enter")
            await person.type("no-such")
            await person.press("enter")
            assert "there is no trap no-such here" in person.text
            await person.press(*["backspace"] * 7)
            await person.press("enter")
            await person.sees("a1 Buy a disk")
            (item,) = now(person).items
            assert (item.owner, item.due, item.trap) == ("ana", NOW.date() + timedelta(days=3), "")
            await person.press("a")
            await shows(person, Picker)
            assert "[ ] a1 Buy a disk" in person.text
            await person.press("enter")
            await person.until(lambda: now(person).items[0].state is ItemState.DONE, "that it is done")
            await person.sees("1 done")
            await person.press("a")
            await shows(person, Picker)
            assert "[x] a1 Buy a disk" in person.text
            await person.press("enter")
            await person.until(lambda: now(person).items[0].open, "that it is open")

    run(body)


def test_one_with_a_trap_is_done_by_its_drill_alone_and_an_overdue_one_stands_first() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            for number, day in enumerate(("2026-12-09", "2026-12-08", "2026-12-07", "2026-11-20"), 1):
                data = {
                    "item": f"a{number}",
                    "text": f"item {number}",
                    "owner": "Bo",
                    "due": day,
                    "trap": "root-disk" * (number == 4),
                }
                person.desk.happens(Change.ITEM_ADDED, "i1", data)
            person.desk.change(me=person.desk.view.me)
            await person.sees("a4 item 4  Bo, overdue by 5 d, done when root-disk has been drilled")
            assert "1 more open" in person.text
            await person.press("a")
            await shows(person, Picker)
            await person.press("enter")
            await person.sees("Drill root-disk: how far?")
            await person.press("enter")
            await shows(person, Confirm)
            await person.press("y")
            await shows(person, Drilled)
            assert person.desk.asked[-1] == DrillTrap(DISK)
            await person.press("escape")
            await shows(person, Following)
            assert now(person).items[3].open, "it is the drill's end that does it"


def test_one_whose_trap_is_gone_says_what_can_be_done() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            data = {"item": "a1", "text": "x", "owner": "Bo", "due": "2026-12-09", "trap": "gone"}
            person.desk.happens(Change.ITEM_ADDED, "i1", data)
            person.desk.change(me=person.desk.view.me)
            await person.sees("there is no trap gone (any more)")
            await person.press("a")
            await shows(person, Picker)
            await person.press("enter")
            await person.sees("a1 is done when its trap gone has been drilled")
            assert now(person).items[0].open

    run(body)


def test_a_trap_that_was_armed_after_it_is_proposed_for_an_item_once() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            person.desk.happens(Change.ARMED, "i1", {"trap": "root-disk", "look": "disk path=/"})
            person.desk.change(me=person.desk.view.me)
            await person.sees("trap root-disk armed after it")
            await person.press("a")
            await shows(person, Ask)
            assert "Rehearse the trap root-disk" in person.text
            await person.press("enter", "enter", "enter", "enter")
            await person.until(lambda: [each.trap for each in now(person).items] == ["root-disk"], "the item")
            await person.sees("a1 Rehearse the trap root-disk")
            await person.press("a")
            await shows(person, Picker)
            await person.press("up", "down", "enter")
            await shows(person, Ask)
            assert "Rehearse" not in person.text.split("Add an action item")[1]

    run(body)


def test_read_only_opens_none_and_follows_all_the_same() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("escape")
            person.desk.change(read_only=True)
            await at(person, DISK)
            await person.press("i")
            await person.sees(READ_ONLY)
            await at(person, HIGH)
            await person.press("i")
            await shows(person, Following)
            await person.sees("opened: HighErrorRate")
            for key in "lsnuact":
                await person.press(key)
                assert isinstance(person.app.screen, Following), key
                assert READ_ONLY in person.text, key
            assert len(person.desk.asked) == 1

    run(body)


def test_the_command_line_follows_one_by_its_id_and_picks_where_there_are_several() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            for title in ("Checkout fails", "Search is slow"):
                person.desk.happens(Change.OPENED, "", {"title": title, "severity": "warning"})
            await person.press("colon")
            await person.type("incident 2")
            await person.press("enter")
            await shows(person, Following)
            await person.sees("i2 Search is slow")
            await person.press("escape", "colon")
            await person.type("incident")
            await person.press("enter")
            await shows(person, Picker)
            assert "i1 Checkout fails" in person.text
            await person.press("escape", "colon")
            await person.type("incident i9")
            await person.press("enter")
            await person.sees("there is no incident i9")

    run(body)
