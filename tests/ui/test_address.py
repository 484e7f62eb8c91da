"""A source wants to know who writes: the person is asked once, and nothing that they were at is covered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import msgspec

from cockpit.core.actions import Ack, AddressWanted, Run, RunState
from cockpit.core.alerts import Ref
from cockpit.ui.ask import Ask
from support.boards import Sitting, sitting
from support.scene import NOW, scene

REFUSED = Run(
    id="r1",
    at=NOW,
    who="ana",
    action=Ack((Ref("pd", "P1"),)),
    what="ack",
    target="Shop API",
    state=RunState.FAILED,
    reason="nothing was sent: PagerDuty wants to know who does that",
    address_wanted=AddressWanted("pd", "the e-mail address that you log in to PagerDuty with"),
)


def played(test: Callable[[], Coroutine[None, None, None]]) -> Callable[[], None]:
    """The test, run."""
    return lambda: asyncio.run(test())


async def refused(person: Sitting, run: Run = REFUSED) -> None:
    view = person.desk.view
    person.desk.change(runs=(run, *view.runs), me=("ana",))
    await person.until(lambda: person.board.view.runs[:1] == (run,), "the refusal on the board")


@played
async def test_it_is_asked_and_kept_and_nothing_is_sent_by_itself() -> None:
    async with sitting(scene()) as person:
        await refused(person)
        await person.until(lambda: "pd wants to know who does that" in person.text, "the question")
        assert "the e-mail address that you log in to PagerDuty with" in person.text
        await person.press("enter")
        assert isinstance(person.app.screen, Ask), "nothing was typed"
        await person.type("ana@example.com")
        await person.press("enter")
        await person.until(lambda: person.desk.addresses == {"pd": "ana@example.com"}, "the address")
        await person.until(lambda: "press the key again" in person.text, "what to do now")
        assert person.desk.asked == []


@played
async def test_the_same_refusal_asks_once_and_another_person_is_not_asked_for() -> None:
    async with sitting(scene()) as person:
        await refused(person, msgspec.structs.replace(REFUSED, id="r0", who="bo"))
        assert person.app.screen is person.board
        await refused(person)
        await person.until(lambda: isinstance(person.app.screen, Ask), "the question")
        await person.press("escape")
        await person.until(lambda: person.app.screen is person.board, "the board")
        person.desk.change(read_only=False)
        await person.follow()
        assert person.app.screen is person.board
        assert person.desk.addresses == {}


@played
async def test_a_box_that_is_open_is_not_covered() -> None:
    async with sitting(scene()) as person:
        await person.press("question_mark")
        open_box = person.app.screen
        assert open_box is not person.board
        person.desk.change(runs=(REFUSED, *person.desk.view.runs), me=("ana",))
        await person.pilot.pause()
        assert person.app.screen is open_box
