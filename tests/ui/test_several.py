"""A runbook for several alerts on the screen: the box that shows every target, and the table of how each stands."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from cockpit.core.actions import Cancel, Reply, RunState, StartMany
from cockpit.core.aiming import Aimed, Target
from cockpit.core.alerts import Ref
from cockpit.core.asking import Answers, Asked, Want
from cockpit.core.plans import plan
from cockpit.core.runbooks import Confirm as Confirmed
from cockpit.core.runbooks import Runbook
from cockpit.core.several import Many
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.ui import confirm
from cockpit.ui.confirm import Confirm, YesNo
from cockpit.ui.confirm_many import ConfirmMany
from cockpit.ui.flows.several import aimed_lines
from cockpit.ui.runs import RunOutput
from cockpit.ui.targets import Targets
from support.boards import Sitting, sitting
from support.fleet import ROLL, WEBS, fleet, half_done

Body = Callable[[Sitting], Coroutine[Any, Any, None]]


pytestmark = pytest.mark.usefixtures("no_quiet_time")


def lived(body: Body, size: tuple[int, int] = (120, 40), **book: object) -> None:
    view = fleet()
    runbooks = (msgspec.structs.replace(ROLL, **book), *view.runbooks[1:])

    async def go() -> None:
        async with sitting(msgspec.structs.replace(view, runbooks=runbooks), size) as person:
            await body(person)

    asyncio.run(go())


async def marked(person: Sitting, others: int = 1) -> None:
    """Mark the four, and so many others."""
    refs = [row.alert.ref for row in person.desk.view.alerts if row.alert.ref not in WEBS][:others]
    person.board.alerts.marks |= {*WEBS, *refs}
    person.board.alerts.redraw()
    await person.follow()


async def asked(person: Sitting) -> ConfirmMany:
    await person.press("1")
    await person.until(lambda: isinstance(person.app.screen, ConfirmMany), "the box")
    box = person.app.screen
    assert isinstance(box, ConfirmMany)
    return box


async def scrolled(person: Sitting) -> str:
    """All that the box has, from its top to its end."""
    await person.press("home")
    seen = [person.text]
    for _ in range(40):
        await person.press("down")
        seen.append(person.text)
    return "\n".join(seen)


def test_with_marks_the_digit_shows_every_target_and_who_is_left_out_and_runs_exactly_that() -> None:
    async def body(person: Sitting) -> None:
        await marked(person)
        assert "for 4 of 5 marked" in person.text
        await asked(person)
        assert "roll-web is not for it" in person.text
        assert "systemctl restart nginx" in person.text
        for name in ("web-4", "web-5", "web-6"):
            assert f"{name}: as web-3, with " in person.text
        assert person.desk.asked == []
        await person.press("y")
        await person.until(lambda: person.desk.asked, "the run")
        (action,) = person.desk.asked
        assert isinstance(action, StartMany)
        assert [aim.alert for aim in action.aims] == list(WEBS)
        assert [aim.preview for aim in action.aims] == [person.desk.plan("roll-web", ref, {}).exact for ref in WEBS]
        assert action.rule == Many(2, canary=True, stop=True)
        assert person.board.alerts.marks == set(), "they have served"

    lived(body)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_what_is_told_in_short_stands_there_in_full_when_that_is_wanted(size: tuple[int, int]) -> None:
    async def body(person: Sitting) -> None:
        await marked(person)
        await asked(person)
        short = await scrolled(person)
        assert all(f"web-{number}: as web-3, with web-{number} for web-3" in short for number in (4, 5, 6))
        assert "ssh web-4 systemctl restart nginx" not in short
        await person.press("shift+tab", "right")
        full = await scrolled(person)
        assert all(f"ssh web-{number} systemctl restart nginx" in full for number in (3, 4, 5, 6))
        assert "as web-3" not in full

    lived(body, size)


def test_what_differs_within_a_word_too_is_said_in_full() -> None:
    def named(host: str) -> Target:
        do = RunStep(("wipe", host, "/srv/web-1/cache"))
        book = Runbook(name="wipe", title="", steps=(Step(do),), changes="wipes", target=host)
        return Target(host, Ref("am", host), plan(book, None, {}))

    first, other = named("web-1"), named("web-2")
    lines = [line if isinstance(line, str) else line.plain for line in aimed_lines(Aimed((first, other)), full=False)]
    assert any("wipe web-2 /srv/web-1/cache" in line for line in lines), lines
    assert not any("as web-1, with" in line for line in lines)


def test_how_it_is_done_is_changed_in_the_box() -> None:
    async def body(person: Sitting) -> None:
        await marked(person, 0)
        box = await asked(person)
        await person.press("right", "tab", "right", "right", "right", "right", "tab", "left")
        assert box.rule == Many(4, canary=True, stop=False, asks=True), "no more at once than there are targets"
        await person.press("y")
        await person.until(lambda: person.desk.asked, "the run")
        (action,) = person.desk.asked
        assert isinstance(action, StartMany)
        assert action.rule == box.rule

    lived(body)


def test_what_is_dangerous_wants_the_number_of_targets_typed() -> None:
    async def body(person: Sitting) -> None:
        await marked(person, 0)
        await asked(person)
        await person.press("y", "enter")
        await person.press("ctrl+u", "tab", "right", "left")
        await person.type("3 targets")
        await person.press("enter")
        assert person.desk.asked == []
        await person.press("ctrl+u")
        await person.type("4 targets")
        await person.press("enter")
        await person.until(lambda: person.desk.asked, "the run")

    lived(body, confirm=Confirmed.TYPE)


def test_a_word_typed_before_how_it_is_done_was_changed_confirms_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(person: Sitting) -> None:
        await marked(person, 0)
        box = await asked(person)
        await person.press("tab")
        await person.type("4 targets")
        await person.press("right", "enter")
        assert person.app.screen is box
        monkeypatch.setattr(confirm, "QUIET", 3600.0)
        await person.press("left")
        await person.type("4 targets")  # in one stream with the change
        await person.press("enter")
        assert person.desk.asked == []
        monkeypatch.setattr(confirm, "QUIET", 0.0)
        await person.type("4 targets")
        await person.press("enter")
        await person.until(lambda: person.desk.asked, "the run")

    lived(body, confirm=Confirmed.TYPE)


def test_what_changed_while_it_was_shown_is_shown_anew() -> None:  # safety 10
    async def body(person: Sitting) -> None:
        await marked(person, 0)
        await asked(person)
        rows = tuple(row for row in person.desk.view.alerts if row.alert.ref != WEBS[2])
        person.desk.change(alerts=rows)
        await person.press("y")
        await person.sees("This changed while it was shown")
        assert person.desk.asked == []
        assert "web-5" not in person.text.split("This changed")[1]
        await person.press("y")
        await person.until(lambda: person.desk.asked, "the run")

    lived(body)


async def opened(person: Sitting, *foreign: str) -> Targets:
    person.desk.foreign |= {*foreign}
    person.desk.change(runs=half_done())
    box = Targets(person.desk, "r9")
    await person.app.push_screen(box)
    await person.sees("waits its turn")
    return box


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_each_target_has_its_row_with_state_step_time_and_exit_status(size: tuple[int, int]) -> None:
    async def body(person: Sitting) -> None:
        box = await opened(person)
        assert "1 of 4 done" in person.text
        row = next(text for text in person.lines if "x failed" in text)
        assert [word in row for word in ("web-5", "1 of 3", "12 s", " 4 ")] == [True] * 4
        await person.press("j")
        runs = half_done()
        person.desk.change(runs=(*runs[:2], msgspec.structs.replace(runs[2], state=RunState.CONFIRMED, seconds=30.0), runs[3]))
        await person.sees("2 of 4 done")
        under = next(text for text in person.lines if "▌" in text)
        assert "web-4" in under, "the cursor stays on its target"
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, RunOutput), "its output")
        await person.press("escape")
        await person.until(lambda: person.app.screen is box, "the table")

    lived(body, size)


def test_one_is_cancelled_or_all_of_them() -> None:
    async def body(person: Sitting) -> None:
        await opened(person)
        await person.press("c")
        assert "it has ended already" in person.text
        for keys, wanted in ((("j", "c"), "r9.2"), (("C",), "r9")):
            await person.press(*keys)
            await person.until(lambda: isinstance(person.app.screen, Confirm), "the question")
            await person.press("y")
            await person.until(lambda: Cancel(wanted) in person.desk.asked, "the cancel")  # noqa: B023 - at once

    lived(body)


WANT = Want(number=1, place="after the first", name="go_on", asked=Asked(text="Go on?", kind=Answers.YES_NO))


@pytest.mark.parametrize("ours", [True, False])
def test_whether_to_go_on_opens_by_itself_where_it_was_begun_and_nowhere_else(ours: bool) -> None:
    async def body(person: Sitting) -> None:
        box = await opened(person, *(() if ours else ("r9",)))
        whole, *parts = half_done()
        person.desk.change(runs=(msgspec.structs.replace(whole, wants=WANT), *parts))
        await person.sees("waits for you")
        if not ours:
            assert person.app.screen is box
            await person.press("a")
            assert person.app.screen is box
            return
        await person.until(lambda: isinstance(person.app.screen, YesNo), "the question")
        await person.press("down", "enter")  # as one goes on through the rows, which had them a moment ago
        assert isinstance(person.app.screen, YesNo)
        assert person.desk.asked == []
        await person.press("y")
        await person.until(lambda: Reply("r9", 1, "yes") in person.desk.asked, "the answer")

    lived(body)


def test_a_question_of_another_cockpits_run_opens_no_box_here() -> None:
    async def body(person: Sitting) -> None:
        _, part, *_ = half_done()
        person.desk.foreign.add("r9.1")
        waits = msgspec.structs.replace(part, state=RunState.RUNNING, part_of="", wants=WANT)
        person.desk.change(runs=(waits,))
        box = RunOutput(person.desk, "r9.1")
        await person.app.push_screen(box)
        await person.sees("Go on?")
        assert person.app.screen is box
        await person.press("a")
        assert "another cockpit began that run: answer it there" in person.text

    lived(body)


def test_the_list_has_one_entry_that_opens_into_its_targets() -> None:
    async def body(person: Sitting) -> None:
        person.desk.change(runs=half_done())
        await person.press("R")
        await person.sees("4 targets: web-3")
        assert sum("roll-web" in text for text in person.lines) == 1
        await person.press("enter")
        await person.until(lambda: isinstance(person.app.screen, Targets), "the table")

    lived(body)
