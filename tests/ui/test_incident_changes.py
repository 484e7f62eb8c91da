"""What is done to an incident on its screen: its words, roles, merge, split, opened again; and the list of all."""

from __future__ import annotations

import msgspec
import pytest

from cockpit.core.alerts import Ref, Severity
from cockpit.core.incidents import Change, Status
from cockpit.core.roster import Contact, Person
from cockpit.core.why import READ_ONLY
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm
from cockpit.ui.incident import Following
from cockpit.ui.palette import Picker
from cockpit.ui.ticks import Ticks
from support.boards import Sitting, run, shows, sitting
from support.scene import scene
from ui.test_incident import DISK, HIGH, SIZES, at, now, opened

pytestmark = pytest.mark.usefixtures("no_quiet_time")


def of(*refs: Ref) -> dict[str, object]:
    alerts = [{"source": ref.source, "alert": ref.id, "name": ref.id} for ref in refs]
    return {"title": "the other", "severity": "warning", "alerts": alerts}


async def both(person: Sitting) -> None:
    """An incident of two alerts, followed, and another of one."""
    person.desk.happens(Change.OPENED, "", of(HIGH, DISK), who="Bo")
    person.desk.happens(Change.OPENED, "", of(Ref("am-prod", "else")), who="Bo")
    await at(person, HIGH)
    await person.press("i")
    await shows(person, Following)
    await person.sees("opened: the other")


def test_its_title_and_severity_are_edited_in_one_form() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("e")
            await shows(person, Ask)
            await person.press("ctrl+u")
            await person.type("The shop")
            await person.press("enter", "ctrl+u")
            await person.type("awful")
            await person.press("enter")
            assert "one of unknown" in person.text
            await person.press("ctrl+u")
            await person.type("info")
            await person.press("enter")
            await person.until(lambda: now(person).severity is Severity.INFO, "its severity")
            assert now(person).title == "The shop"
            await person.sees("i1 The shop")

    run(body)


def test_a_role_is_given_to_whoever_is_on_call_to_anybody_and_to_nobody() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("r")
            await shows(person, Picker)
            await person.type("comm")
            await person.press("enter")
            await person.sees("Who has communications?")
            assert "on call: primary" in person.text or "you" in person.text
            await person.type("somebody else")
            await person.press("enter")
            await shows(person, Ask)
            await person.type("Dora")
            await person.press("enter")
            await person.until(lambda: now(person).roles == {"communications": "Dora"}, "Dora")
            await person.sees("communications: Dora")
            await person.press("r")
            await shows(person, Picker)
            await person.type("comm")
            await person.press("enter")
            await person.sees("Now Dora")
            await person.type("nobody")
            await person.press("enter")
            await shows(person, Confirm)
            assert "Dora → nobody" in person.text
            await person.press("y")
            await person.until(lambda: now(person).roles == {}, "that nobody has it")

    run(body)


SAMS = (Person(id="ana", name="Sam"), Person(id="sam2", name="Sam"), Person(id="cy", name="Cy"))


@SIZES
def test_of_two_who_are_called_alike_each_can_be_given_a_role(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            person.desk.people = SAMS
            await opened(person)
            for id in ("sam2", "ana"):
                await person.press("r")
                await shows(person, Picker)
                await person.type("comm")
                await person.press("enter")
                await person.sees("Who has communications?")
                assert f"Sam ({id})" in person.text
                assert "Cy (cy)" not in person.text, "of whom there is one"
                await person.type(id)
                await person.press("enter")
                if id == "ana":
                    await shows(person, Confirm)
                    assert "Sam → Sam (ana)" in person.text
                    await person.press("y")
                await person.until(lambda id=id: now(person).roles == {"communications": id}, id)  # type: ignore[misc]  # bound here
                await shows(person, Following)

    run(body)


def test_a_typed_name_that_two_have_is_refused_and_both_are_named() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            person.desk.people = SAMS
            await opened(person)
            await person.press("r")
            await shows(person, Picker)
            await person.press("enter")
            await person.sees("Who has lead?")
            await person.type("somebody else")
            await person.press("enter")
            await shows(person, Ask)
            await person.type("sam")
            await person.press("enter")
            await person.sees("may be Sam (ana) and Sam (sam2): say which, by the id")
            await person.type("2")
            await person.press("enter")
            await person.until(lambda: now(person).lead == "sam2", "the second of them")

    run(body)


def test_the_lead_that_one_takes_is_kept_by_the_id_and_known_as_ones_own() -> None:
    async def body() -> None:
        view = msgspec.structs.replace(scene(), me=("ana@example.com",))
        async with sitting(view) as person:
            person.desk.people = (Person(id="ana", name="Ana", contacts=(Contact(via="email", to="ana@example.com"),)),)
            await opened(person)
            await person.press("l")
            await person.until(lambda: now(person).lead == "ana", "the id")
            await person.sees("Ana leads")
            await person.press("l")
            await person.sees("you lead already")

    run(body)


@pytest.mark.parametrize("other", [Person(id="alex", name="Alex Smith"), Person(id="alex1", name="Alex")])
@pytest.mark.parametrize("me", [("alex2", "Alex"), ("a.jones", "alex2", "Alex")])
def test_a_lead_who_has_my_name_as_id_or_as_name_is_not_me(other: Person, me: tuple[str, ...]) -> None:
    async def body() -> None:
        async with sitting(msgspec.structs.replace(scene(), me=me)) as person:
            person.desk.people = (other, Person(id="alex2", name="Alex"))
            await opened(person)
            person.desk.happens(Change.ROLE, "i1", {"role": "lead", "person": other.id})
            await person.sees(f"{other.name} leads")
            await person.press("l")
            await shows(person, Confirm)
            assert f"Take the lead from {other.name}?" in person.text
            await person.press("y")
            await person.until(lambda: now(person).lead == "alex2", "the lead")
            await shows(person, Following)
            await person.press("l")
            await person.sees("you lead already")

    run(body)


def test_the_lead_is_handed_over_and_of_somebody_else_it_is_asked_first() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("l")
            await person.until(lambda: now(person).lead, "the lead")
            for sure in ("", "escape", "y"):
                await person.press("r")
                await shows(person, Picker)
                await person.press("enter")
                await person.sees("Who has lead?")
                await person.type("somebody else")
                await person.press("enter")
                await shows(person, Ask)
                await person.type("Bo" if not sure else "Cy")
                await person.press("enter")
                if sure:
                    await shows(person, Confirm)
                    await person.press(sure)
                wanted = "Cy" if sure == "y" else "Bo"
                await person.until(lambda wanted=wanted: now(person).lead == wanted, wanted)  # type: ignore[misc]  # bound here
                await shows(person, Following)

    run(body)


@SIZES
def test_another_is_merged_into_it_after_it_was_shown(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await both(person)
            await person.press("m")
            await shows(person, Picker)
            assert "i2 the other" in person.text
            await person.press("enter")
            await shows(person, Confirm)
            assert "Merge i2 into i1?" in person.text
            assert "goes on as i1" in person.text
            await person.press("enter")
            assert now(person, "i2").status is Status.OPEN, "enter does nothing"
            await person.press("y")
            await person.until(lambda: now(person, "i2").status is Status.MERGED, "the merge")
            assert len(now(person).members) == 3
            await shows(person, Following)
            await person.press("m")
            await person.sees("there is no other incident to put into i1")

    run(body)


@SIZES
def test_one_that_was_merged_is_taken_out_again_after_it_was_shown(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await both(person)
            person.desk.happens(Change.ROLE, "i1", {"role": "lead", "person": "Ana"})
            person.desk.happens(Change.MERGED, "i2", {"other": "i1"}, who="Bo")
            person.desk.change(me=person.desk.view.me)
            await person.sees("o take out…")
            assert "m merge…" not in person.text
            await person.press("n")
            await person.sees("i1 was merged into i2: say it of that one, or take it out again with o")
            await person.press("o")
            await shows(person, Confirm)
            assert "Take i1 out of i2 again?" in person.text
            said = [line.strip("│ ") for line in person.text[person.text.index("Take i1 out") :].splitlines()]
            out_of = next(n for n, line in enumerate(said) if line.startswith("out of "))
            roles = [(n < out_of, " ".join(line.split()[1:])) for n, line in enumerate(said) if line.startswith("roles ")]
            assert roles == [(True, "lead: Ana"), (False, "nobody has one")], "each stands with the incident that it is of"
            assert "1 alert stays" in person.text
            await person.press("enter")
            assert now(person).status is Status.MERGED, "enter does nothing"
            await person.press("y")
            await person.until(lambda: now(person).status is Status.OPEN, "that it is out")
            assert [len(now(person, each).members) for each in ("i1", "i2")] == [2, 1]

    run(body)


@SIZES
def test_what_cannot_be_taken_out_says_what_has_to_go_first(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await both(person)
            person.desk.happens(Change.OPENED, "", {"title": "a third", "severity": "error"}, who="Bo")
            for other in ("i1", "i3"):
                person.desk.happens(Change.MERGED, "i2", {"other": other}, who="Bo")
            await person.sees("o take out…")
            await person.press("o")
            await person.sees("i3 went into i2 after i1: `cockpit incident unmerge i3` takes that out")
            assert isinstance(person.app.screen, Following)

    run(body)


@SIZES
def test_a_merge_shows_who_leads_then_and_when_users_were_hurt(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await both(person)
            person.desk.happens(Change.ROLE, "i2", {"role": "lead", "person": "Bo"})
            person.desk.happens(Change.IMPACT, "i2", {"impact_start": "2026-11-24T10:00:00Z", "text": "no orders"})
            await person.press("m")
            await shows(person, Picker)
            await person.press("enter")
            await shows(person, Confirm)
            assert "lead" in person.text[person.text.index("Merge i2") :]
            assert "until now: no orders" in person.text
            await person.press("y")
            await person.until(lambda: now(person).lead == "Bo", "whoever led the other")
            await person.sees("Bo leads")
            await person.sees("until now: no orders")

    run(body)


def test_one_that_is_over_whose_alert_burns_in_a_third_is_not_put_into_it() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            person.desk.happens(Change.OPENED, "", of(DISK), who="Bo")
            person.desk.happens(Change.CLOSED, "i1", {})
            person.desk.happens(Change.OPENED, "", of(DISK), who="Bo")
            person.desk.happens(Change.OPENED, "", of(HIGH), who="Bo")
            await at(person, HIGH)
            await person.press("i")
            await shows(person, Following)
            await person.press("m")
            await shows(person, Picker)
            await person.type("i1")
            await person.press("enter")
            await person.sees("already: merge that one into i3 first")
            assert isinstance(person.app.screen, Following)

    run(body)


@pytest.mark.parametrize("key", ["r", "l"])
def test_a_role_that_somebody_took_meanwhile_is_not_taken_from_them_unasked(key: str) -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            if key == "l":
                person.desk.happens(Change.ROLE, "i1", {"role": "lead", "person": "Bo"})
                person.desk.change(me=person.desk.view.me)
                await person.sees("Bo leads")
            await person.press(key)
            await shows(person, Confirm if key == "l" else Picker)
            if key == "r":
                await person.press("enter")
                await person.sees("Who has lead?")
            person.desk.happens(Change.ROLE, "i1", {"role": "lead", "person": "Cy"}, who="Cy")
            await person.press("y" if key == "l" else "enter")
            await shows(person, Following)
            await person.sees("lead of i1 is Cy by now")
            assert now(person).lead == "Cy"

    run(body)


@SIZES
def test_the_alerts_that_are_ticked_leave_it(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await both(person)
            await person.press("x")
            await shows(person, Ticks)
            await person.press("enter")
            assert "nothing is ticked" in person.text
            await person.press("j", "space")
            assert "[x] " in person.text
            gone = now(person).members[1]
            await person.press("enter")
            await shows(person, Ask)
            await person.press("ctrl+u")
            await person.type("apart")
            await person.press("enter")
            await shows(person, Confirm)
            assert gone.name in person.text
            await person.press("y")
            await person.until(lambda: len(now(person).members) == 1, "the split")
            assert (now(person, "i3").title, now(person, "i3").members) == ("apart", (gone,))
            await shows(person, Following)
            await person.press("x")
            await person.sees("has no two alerts that could part")

    run(body)


def test_a_closed_one_is_opened_again_and_its_foot_has_the_key_for_that() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await opened(person)
            await person.press("o")
            await person.sees("i1 is not closed")
            await person.press("g")
            assert "reopen" not in person.text
            person.desk.happens(Change.CLOSED, "i1", {})
            person.desk.happens(Change.OPENED, "", of(HIGH), who="Bo")
            person.desk.change(me=person.desk.view.me)
            await person.sees("o reopen…")
            assert "m merge…" not in person.text
            await person.press("o")
            await person.sees("is in i2 the other already: merge i1 into that one")
            assert isinstance(person.app.screen, Following), "nothing is asked that cannot be"
            person.desk.happens(Change.CLOSED, "i2", {})
            await person.press("o")
            await shows(person, Confirm)
            await person.press("y")
            await person.until(lambda: now(person).status is Status.OPEN, "that it is open")
            await person.sees("m merge…")

    run(body)


@SIZES
def test_every_key_stands_at_the_foot_unparted(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await opened(person)
            hints = "l lead,s status…,n note,u hurt…,a actions…,t trap…,e edit…,r roles…,m merge…,x split…,c close…,esc back"
            for hint in hints.split(","):
                assert hint in person.text, hint

    run(body)


def test_read_only_changes_nothing() -> None:
    async def body() -> None:
        async with sitting(scene()) as person:
            await both(person)
            person.desk.change(read_only=True)
            for key in "ermxo":
                await person.press(key)
                assert isinstance(person.app.screen, Following), key
                assert READ_ONLY in person.text, key

    run(body)


@SIZES
def test_all_incidents_are_listed_narrowed_and_followed(size: tuple[int, int]) -> None:
    async def body() -> None:
        async with sitting(scene(), size) as person:
            await person.press("colon")
            await person.type("incidents")
            await person.press("enter")
            await person.sees("there is no incident yet")
            for title in ("first", "second", "third"):
                person.desk.happens(Change.OPENED, "", {"title": title, "severity": "error"})
            person.desk.happens(Change.CLOSED, "i3", {})
            await person.press("colon")
            await person.type("incidents")
            await person.press("enter")
            await shows(person, Picker)
            assert person.line_of("i2 second") < person.line_of("i1 first") < person.line_of("i3 third"), "the open ones first"
            assert "error · closed · nobody led" in person.text
            await person.type("third")
            assert "i1 first" not in person.text
            await person.press("enter")
            await shows(person, Following)
            await person.sees("opened: third")
            await person.press("escape")
            await shows(person, Picker)
            await person.press("escape")
            await person.until(lambda: person.app.screen is person.board, "the board")

    run(body)
