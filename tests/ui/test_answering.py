"""What a run waits for, asked on the screen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import Reply, Run, RunState, Start
from cockpit.core.asking import Answers, Want
from cockpit.core.plans import Plan
from cockpit.core.steps.ask import AskStep
from cockpit.core.steps.interactive import InteractiveStep
from cockpit.core.steps.manual import ManualStep
from cockpit.core.steps.pick import PickStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.engine.desk import Session
from cockpit.ui import confirm
from cockpit.ui.ask import Ask
from cockpit.ui.confirm import Confirm, YesNo
from cockpit.ui.palette import Picker
from cockpit.ui.run_list import RunList
from cockpit.ui.runs import RunOutput
from support.boards import sitting
from support.boxes import opened, until
from support.desk import FakeDesk
from support.scene import NOW, scene


def waiting(want: Want | None) -> Run:
    action = Start("free-disk")
    return Run(id="r9", at=NOW, who="Ana", action=action, what="free-disk", target="/", state=RunState.RUNNING, wants=want)


def numbered(want: Want, number: int = 1) -> Want:
    return msgspec.structs.replace(want, number=number, place="step 2 of 5")


def desk(want: Want | None) -> FakeDesk:
    return FakeDesk(msgspec.structs.replace(scene(), runs=(waiting(want),)))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_a_question_opens_by_itself_and_what_is_wrong_stands_under_it(size: tuple[int, int]) -> None:
    async def go() -> None:
        on_desk = desk(numbered(AskStep("How many?", "count", Answers.NUMBER, 1, 5).want("")))
        async with opened(RunOutput(on_desk, "r9"), size) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Ask), "the question")
            assert "step 2 of 5" in on.text
            assert "at least 1, at most 5" in on.text
            await on.press("9")
            await on.press("enter")
            assert "count is 9, and 5 is the most" in on.text
            assert on_desk.asked == []
            await on.press("ctrl+u", "3", "enter")
            await until(on.pilot, lambda: bool(on_desk.asked), "the answer")
            assert on_desk.asked == [Reply("r9", 1, "3")]

    asyncio.run(go())


def test_left_alone_it_can_be_opened_again_and_does_not_open_twice_by_itself() -> None:
    async def go() -> None:
        on_desk = desk(numbered(AskStep("What?", "it").want("")))
        async with opened(RunOutput(on_desk, "r9")) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Ask), "the question")
            await on.press("escape")
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, RunOutput), "the output")
            on_desk.show(msgspec.structs.replace(on_desk.view, now=NOW))
            assert "waits for you" in on.text
            assert isinstance(on.pilot.app.screen, RunOutput)
            await on.press("a")
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Ask), "the question once more")

    asyncio.run(go())


def test_a_question_that_is_over_goes_away() -> None:
    async def go() -> None:
        on_desk = desk(numbered(ManualStep("tell Bo").want("")))
        async with opened(RunOutput(on_desk, "r9")) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Confirm), "the tick")
            on_desk.show(msgspec.structs.replace(on_desk.view, runs=(waiting(None),)))
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, RunOutput), "the output")

    asyncio.run(go())


def test_a_choice_is_picked_and_undoing_is_not_one_slip_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def go() -> None:
        on_desk = desk(numbered(PickStep("Which?", "it", ("red", "green")).want("")))
        async with opened(RunOutput(on_desk, "r9")) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Picker), "the choice")
            await on.press(*"gre", "enter")
            await until(on.pilot, lambda: on_desk.asked == [Reply("r9", 1, "green")], "the answer")
            monkeypatch.setattr(confirm, "QUIET", 3600.0)  # whatever comes, comes in a stream of keys
            undo = numbered(AskStep("Undo step 1?", "undo", Answers.YES_NO).want(""), 2)
            on_desk.show(msgspec.structs.replace(on_desk.view, runs=(waiting(undo),)))
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, YesNo), "the next question")
            assert "Undo step 1?" in on.text
            await on.press("down", "enter", "y")
            await on.press("escape")
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, RunOutput), "the output")
            assert on_desk.asked[1:] == [], "left alone it is not answered"
            monkeypatch.setattr(confirm, "QUIET", 0.0)
            for number, (key, word) in enumerate((("n", "no"), ("y", "yes")), 1):
                await on.press("a")
                await until(on.pilot, lambda: isinstance(on.pilot.app.screen, YesNo), "the question once more")
                await on.press(key)
                await until(on.pilot, lambda: len(on_desk.asked) == number + 1, "the answer")  # noqa: B023 - at once
                assert on_desk.asked[-1] == Reply("r9", 2, word)

    asyncio.run(go())


def test_a_secret_is_not_shown_as_it_is_typed() -> None:  # safety 22
    async def go() -> None:
        on_desk = desk(numbered(AskStep("Password?", "pw", Answers.SECRET).want("")))
        async with opened(RunOutput(on_desk, "r9")) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Ask), "the question")
            await on.press(*"sesame")
            assert "sesame" not in on.text
            await on.press("enter")
            await until(on.pilot, lambda: on_desk.asked == [Reply("r9", 1, "sesame")], "the answer")
            assert "sesame" not in repr(on_desk.asked)

    asyncio.run(go())


def test_what_has_ended_is_undone_after_it_was_shown_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)

    async def go() -> None:
        on_desk = desk(None)
        ended = msgspec.structs.replace(waiting(None), state=RunState.CONFIRMED, exit_code=0, seconds=2.0)
        on_desk.change(runs=(ended,))
        undo = Step(RunStep(("systemctl", "start", "web")), name="undo of step 1")
        book = next(each for each in on_desk.view.runbooks if each.changes is not None)
        on_desk.ways_back["r9"] = Plan(book, {}, (undo.resolved({}),), "web-3", changes="restarts", warning="It may be half done.")
        async with opened(RunOutput(on_desk, "r9")) as on:
            assert "undo" in on.text
            await on.press("u")
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Confirm), "the box")
            assert "systemctl start web" in on.text
            assert "It may be half done." in on.text
            await on.press("y")
            await until(on.pilot, lambda: bool(on_desk.asked), "the undoing")
            (start,) = on_desk.asked
            assert isinstance(start, Start)
            assert (start.undoes, start.preview) == ("r9", (("systemctl", "start", "web"), ("", "changes", "restarts")))

    asyncio.run(go())


def test_the_list_undoes_what_is_under_the_cursor_or_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confirm, "QUIET", 0.0)

    async def go() -> None:
        on_desk = desk(None)
        ended = msgspec.structs.replace(waiting(None), state=RunState.CONFIRMED, exit_code=0, seconds=2.0)
        going = msgspec.structs.replace(ended, id="r8", state=RunState.RUNNING, at=ended.at - timedelta(minutes=1))
        on_desk.change(runs=(ended, going))
        undo = Step(RunStep(("systemctl", "start", "web")), name="undo of step 1")
        book = next(each for each in on_desk.view.runbooks if each.changes is not None)
        on_desk.ways_back["r9"] = Plan(book, {}, (undo.resolved({}),), "web-3", changes="restarts")
        async with opened(RunList(on_desk)) as on:
            await on.press("j", "u")
            await until(on.pilot, lambda: "it goes on: it can be undone once it has ended" in on.text, "the reason")
            await on.press("k", "u")
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Confirm), "the box")
            assert "systemctl start web" in on.text
            await on.press("n")
            assert on_desk.asked == []
            del on_desk.ways_back["r9"]
            await on.press("u")
            await until(on.pilot, lambda: "there is nothing to undo" in on.text, "the reason")

    asyncio.run(go())


def test_a_program_that_wants_the_terminal_is_shown_exactly_first() -> None:
    async def go() -> None:
        on_desk = desk(numbered(InteractiveStep(("vi", "a b")).want("")))
        on_desk.sessions["r9"] = Session(("vi", "a b"), {}, "/srv")
        async with opened(RunOutput(on_desk, "r9")) as on:
            await until(on.pilot, lambda: isinstance(on.pilot.app.screen, Confirm), "the question")
            assert "vi 'a b'" in on.text
            assert "in /srv" in on.text
            await on.press("n")
            assert on_desk.asked == []

    asyncio.run(go())


def test_that_a_run_waits_is_not_said_any_more_once_it_has_ended() -> None:
    async def go() -> None:
        async with sitting() as person:
            waits = numbered(ManualStep("tell Bo").want(""))
            person.desk.change(runs=(waiting(waits),))
            await person.sees("waits for you, step 2 of 5")
            person.desk.change(runs=(msgspec.structs.replace(waiting(None), state=RunState.CONFIRMED),))
            await person.until(lambda: "waits for you" not in person.text, "the keys again")

    asyncio.run(go())
