"""``t``: a trap is armed after an alert, by a form that says what it would have done, and only as it was shown."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from cockpit.core.alerts import Ref
from cockpit.core.causes import origin_of
from cockpit.core.incidents import Change
from cockpit.ui import facts
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.incident import Following
from cockpit.ui.palette import Picker
from support.boards import Sitting, sitting
from support.scene import NOW, scene

DISK = Ref("local", "root-disk")
DRAFTS = (
    (
        {"name": "root-disk-early", "look": "disk path=/", "trip": "used_percent >= 85", "went_wrong": "full"},
        "the look of root-disk",
    ),
    ({"name": "root-disk-early", "look": "tcp host=db-1 port=5432", "trip": "", "went_wrong": "full"}, "its label instance"),
)
WOULD = "would have tripped 2 h 5 m before; 1 false alarm in 14 d of readings"


pytestmark = pytest.mark.usefixtures("no_quiet_time")


async def sees(person: Sitting, kind: type) -> None:
    await person.until(lambda: isinstance(person.app.screen, kind), kind.__name__)
    await person.pilot.pause()


async def began(person: Sitting) -> None:
    person.desk.trap_drafts, person.desk.would = DRAFTS, WOULD
    assert person.board.alerts.seek(DISK)
    await person.pilot.pause()
    await person.press("t")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_the_look_is_picked_the_form_tells_and_the_file_is_written_as_shown(size: tuple[int, int]) -> None:
    async def go() -> None:
        async with sitting(scene(), size) as person:
            await began(person)
            await sees(person, Picker)
            assert "disk path=/" in person.text
            await person.press("enter")
            await sees(person, Ask)
            assert "would have tripped 2 h 5 m before" in person.text
            assert "used_percent >= 85" in person.text
            await person.press(*["enter"] * 11)
            await sees(person, Confirm)
            assert "trip = used_percent >= 85" in person.text
            assert person.desk.laid == {}
            await person.press("enter")
            assert isinstance(person.app.screen, Confirm), "enter does not confirm"
            await person.press("y")
            await person.until(lambda: bool(person.desk.laid), "the file")
            assert list(person.desk.laid) == ["root-disk-early"]
            assert "trip = used_percent >= 85" in person.desk.laid["root-disk-early"]
            await person.until(lambda: "root-disk-early is armed" in person.text, "that it is armed")

    asyncio.run(go())


def test_what_cannot_be_is_said_and_not_written() -> None:
    async def go() -> None:
        async with sitting(scene()) as person:
            await began(person)
            await sees(person, Picker)
            await person.press("down", "down", "enter")
            await sees(person, Ask)
            assert "say how to look" in person.text
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")
            assert person.desk.laid == {}

    asyncio.run(go())


STANDS = "trap root-disk looks there already; nothing earlier is known of that"


def test_where_nothing_is_proposed_the_form_says_why_and_has_not_failed_yet() -> None:
    async def go() -> None:
        async with sitting(scene()) as person:
            person.desk.trap_blank, person.desk.trap_standing = {"name": "root-disk-early", "went_wrong": "full"}, STANDS
            assert person.board.alerts.seek(DISK)
            await person.pilot.pause()
            await person.press("t")
            await sees(person, Ask)
            assert "root-disk-early" in person.text
            assert "trap root-disk looks there already" in person.text
            assert "next" in person.text
            assert "used_percent" not in person.text, "the form does not know yet what it will look at"
            await person.press("escape")

    asyncio.run(go())


def test_the_hints_are_of_the_look() -> None:
    async def go() -> None:
        async with sitting(scene()) as person:
            web = {"name": "shop-early", "look": "http url=https://shop.example/"}
            person.desk.trap_drafts, person.desk.trap_standing = ((web, "its label url is an address"),), STANDS
            assert person.board.alerts.seek(DISK)
            await person.pilot.pause()
            await person.press("t")
            await sees(person, Picker)
            assert "root-disk looks there already" in person.text
            await person.press("enter")
            await sees(person, Ask)
            assert "seconds > 10" in person.text
            assert "used_percent" not in person.text

    asyncio.run(go())


def test_read_only_and_nothing_under_the_cursor_say_why() -> None:
    async def go() -> None:
        async with sitting(scene()) as person:
            person.desk.change(read_only=True)
            await person.follow()
            await began(person)
            assert person.app.screen is person.board
            assert "read-only is on" in person.text

    asyncio.run(go())


async def follows(person: Sitting) -> None:
    """An incident, followed."""
    person.desk.trap_drafts, person.desk.would = DRAFTS, WOULD
    person.desk.happens(Change.OPENED, "", {"title": "Shop is down", "severity": "critical"})
    await person.press("colon")
    await person.type("incident 1")
    await person.press("enter")
    await sees(person, Following)
    await person.sees("opened: Shop is down")


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_in_an_incident_it_is_armed_after_that_which_names_it_from_then_on(size: tuple[int, int]) -> None:
    async def go() -> None:
        async with sitting(scene(), size) as person:
            await follows(person)
            assert "t trap…" in person.text
            await person.press("t")
            await sees(person, Picker)
            assert "after i1?" in person.text
            assert "used_percent >= 85" in person.text
            await person.press("enter")
            await sees(person, Ask)
            await person.press(*["enter"] * 11)
            await sees(person, Confirm)
            assert "i1 Shop is down" in person.text
            await person.press("y")
            await sees(person, Following)
            await person.until(lambda: bool(person.desk.laid), "the file")
            await person.sees("trap root-disk-early armed after it")

    asyncio.run(go())


def test_in_an_incident_read_only_and_a_merged_one_say_why() -> None:
    async def go() -> None:
        async with sitting(scene()) as person:
            await follows(person)
            person.desk.change(read_only=True)
            await person.press("t")
            await person.sees("read-only is on")
            person.desk.change(read_only=False)
            person.desk.happens(Change.OPENED, "", {"title": "Search is slow", "severity": "critical"})
            person.desk.happens(Change.MERGED, "i2", {"other": "i1"})
            person.desk.change(me=person.desk.view.me)
            await person.sees("merged into i2")
            await person.press("t")
            await person.sees("i1 was merged into i2: say it of that one")
            assert isinstance(person.app.screen, Following)
            assert person.desk.laid == {}

    asyncio.run(go())


def test_alert_and_trap_name_each_other() -> None:
    view = scene()
    row = next(each for each in view.alerts if each.alert.ref == DISK)
    guard = msgspec.structs.replace(view.traps[0].trap, name="root-disk-early", origin=origin_of(row.alert))
    trap = msgspec.structs.replace(view.traps[0], trap=guard)
    view = msgspec.structs.replace(view, traps=(*view.traps, trap))
    told = [(each.label, each.text) for each in facts.of_alert(row, view, NOW, "UTC")]
    assert ("guarded by", f"root-disk-early: {trap.says}") in told
    assert (" armed after", str(guard.origin)) in [(each.label, each.text) for each in facts.of_trap(trap, NOW, "UTC")]
