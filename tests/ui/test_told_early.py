"""What becomes of a refusal may be known before the box that says it is there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
import pytest

from cockpit.core.actions import ChangeIncident, Run, RunState
from cockpit.core.alerts import Ref
from cockpit.core.incidents import Change
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from cockpit.ui.handover import HandoverBrief
from cockpit.ui.incident import Following
from cockpit.ui.reader import Reader
from cockpit.ui.week import Week
from support.boards import Sitting, sitting
from support.scene import NOW

NO = "web is in i4 already"


def _following(person: Sitting) -> Following:
    person.desk.happens(Change.OPENED, "", {"title": "Checkout fails", "severity": "warning"})
    return Following(person.desk, person.board.alerts.look, person.clock, "i1", "UTC")


def _reader(person: Sitting) -> Reader:
    def nothing(*_: object) -> None:
        """No key is pressed."""

    look = person.board.alerts.look
    return Reader(
        person.desk, look, "gone", None, zone="UTC", on_run=nothing, on_digit=nothing, on_link=nothing, on_copy=nothing
    )  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        _following,
        _reader,
        lambda person: HandoverBrief(person.desk),
        lambda person: Week(person.desk, person.clock, "UTC"),
    ],
    ids=["an incident", "a runbook", "the brief", "the week"],
)
def test_a_box_may_be_told_something_before_it_is_composed(
    make: Callable[[Sitting], Following | Reader | HandoverBrief | Week],
) -> None:
    async def body() -> None:
        async with sitting() as person:
            box = make(person)
            box.say(NO)
            person.app.push_screen(box)
            box.say(NO)
            await person.until(lambda: person.app.screen is box and box.is_mounted, "the box")

    asyncio.run(body())


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_who_opens_an_incident_at_the_same_time_as_another_follows_that_and_is_told(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)

    async def body() -> None:
        async with sitting(size=size) as person:
            alert = Ref("am-prod", "HighErrorRate/web-3")

            def ask(action: ChangeIncident) -> str:
                person.desk.happens(Change.OPENED, "", action.data)
                no = Run(id="r1", at=NOW, who="Ana", action=action, what="opened incident", target="", state=RunState.FAILED)
                person.desk.change(runs=(msgspec.structs.replace(no, reason=NO),))
                return "r1"

            monkeypatch.setattr(person.desk, "ask", ask)
            assert person.board.alerts.seek(alert)
            await person.follow()
            await person.press("i")
            await person.until(lambda: isinstance(person.app.screen, Ask), "the form")
            await person.press("enter", "enter")
            await person.until(lambda: isinstance(person.app.screen, Following), "what the other has opened")
            await person.sees(f"somebody was first: {NO}")
            assert "opened incident :" not in person.text

    asyncio.run(body())
