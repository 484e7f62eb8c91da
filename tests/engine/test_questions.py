"""A run that waits for a person: asked, chosen, ticked; secrets seen by nobody."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cockpit.core.actions import RunState
from cockpit.core.asking import Answers, Want
from cockpit.core.steps.ask import AskStep
from cockpit.core.steps.interactive import InteractiveStep
from cockpit.core.steps.manual import ManualStep
from cockpit.core.steps.pick import PickStep
from cockpit.core.steps.run import RunStep
from cockpit.engine.runner import Runner
from cockpit.engine.steps.doing import Going
from support.courses import ANYTHING, RUN, book, ran, sh, step

SECRET = "hunter2-sesame"  # a canary


def test_what_is_said_is_a_value_of_later_steps_and_who_said_it_is_kept(tmp_path: Path) -> None:
    steps = (step(AskStep("How many on {host}?", "count", Answers.NUMBER)), step(RunStep(("echo", "n={count}"))))
    got = ran(tmp_path, book(*steps, host=ANYTHING), {"host": "web-3"}, lambda *_: "3")
    assert got.asked[0].asked.text == "How many on web-3?"
    assert "ana: 3" in got.lines
    assert "n=3" in got.lines


def test_a_choice_comes_from_the_lines_of_a_command_without_what_its_pattern_refuses(tmp_path: Path) -> None:
    pick = PickStep("Which?", "it", choices_from=("printf", "%s\\n", "a", "b c", "-rf", "d"), pattern="[a-z]")
    got = ran(tmp_path, book(step(pick), step(RunStep(("echo", "={it}")))), answers=lambda want, _: want.choices[-1])
    assert got.asked[0].choices == ("a", "d")
    assert "=d" in got.lines


def test_a_command_that_gives_nothing_to_choose_or_fails_is_a_step_that_failed(tmp_path: Path) -> None:
    got = ran(tmp_path, book(step(PickStep("Which?", "it", choices_from=("true",)))), answers=lambda *_: "x")
    assert "printed nothing that can be chosen" in got.outcome.reason
    got = ran(tmp_path / "b", book(step(PickStep("Which?", "it", choices_from=("false",)))), answers=lambda *_: "x")
    assert "ended with status 1" in got.outcome.reason
    assert got.asked == []


def test_a_tick_lets_it_go_on(tmp_path: Path) -> None:
    got = ran(
        tmp_path,
        book(step(ManualStep("tell {whom}\nthat it is slow")), sh("echo on"), whom=ANYTHING),
        {"whom": "Bo"},
        lambda *_: "done",
    )
    assert [line for line in got.lines if line] == [
        "[ ] tell Bo",
        "    that it is slow",
        "[x] by ana",
        "$ sh -eu -c",
        "| echo on",
        "on",
    ]


def test_a_secret_is_in_no_line_no_file_and_no_argv(tmp_path: Path) -> None:  # safety 22
    steps = (
        step(AskStep("Password?", "pw", Answers.SECRET)),
        sh('echo "pw is $pw"; tr "\\0" "\\n" < /proc/$$/cmdline; env | grep -c "$pw"'),
        sh('printf %s "${pw%?????}"; sleep 0.1; printf "%s\\n" "${pw#?????????}"'),
        step(RunStep(("sh", "-c", 'echo "$X"'), env={"X": "{pw}"})),
    )
    got = ran(tmp_path, book(*steps), answers=lambda *_: SECRET)
    assert got.outcome.state is RunState.CONFIRMED
    assert "pw is ***" in got.lines
    assert "1" in got.lines, "it did get there"
    assert SECRET not in "".join(got.lines)
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    "do",
    [AskStep("What?", "it"), PickStep("Which?", "it", ("a", "b")), ManualStep("look"), InteractiveStep(("true",))],
    ids=lambda do: type(do).__name__,
)
def test_where_nobody_is_there_it_fails_at_once(tmp_path: Path, do: AskStep | PickStep | ManualStep | InteractiveStep) -> None:
    got = ran(tmp_path, book(step(do)))
    assert got.outcome.state is RunState.FAILED
    assert "waits for a person, and there is nobody to ask" in got.outcome.reason


@pytest.mark.parametrize(
    "do",
    [AskStep("What?", "it"), PickStep("Which?", "it", ("a", "b")), ManualStep("look"), InteractiveStep(("true",))],
    ids=lambda do: type(do).__name__,
)
def test_it_waits_as_long_as_the_run_may_take_and_no_longer(
    tmp_path: Path, do: AskStep | PickStep | ManualStep | InteractiveStep
) -> None:
    got = ran(tmp_path, book(step(do), timeout=0.3), answers=lambda *_: None)
    assert got.outcome.state is RunState.TIMED_OUT
    assert len(got.asked) == 1


def test_a_run_that_waits_can_be_cancelled(tmp_path: Path) -> None:
    def answers(want: Want, runner: Runner) -> None:
        asyncio.get_running_loop().call_soon(runner.cancel, RUN, "cancelled by ana")

    got = ran(tmp_path, book(step(ManualStep("look"))), answers=answers)
    assert got.outcome.state is RunState.CANCELLED
    assert "cancelled by ana" in got.outcome.reason


def test_an_answer_to_another_question_is_not_taken_for_this_one() -> None:
    async def go() -> None:
        told: list[Want | None] = []
        going = Going(RUN, lambda _id, want: told.append(want))
        asking = asyncio.ensure_future(going.ask(ManualStep("look").want("step 1")))
        await asyncio.sleep(0)
        going.answer(7, "done", "bo")
        await asyncio.sleep(0)
        assert not asking.done()
        going.answer(1, "done", "ana")
        going.answer(1, "done", "bo")  # two at once: the first counts
        assert await asking == ("done", "ana")
        assert told[-1] is None

    asyncio.run(go())


def test_a_program_at_the_terminal_is_known_while_it_is_waited_for_and_its_status_is_the_steps(tmp_path: Path) -> None:
    seen: list[object] = []

    def answers(want: Want, runner: Runner) -> str:
        seen.append(runner.session(RUN))
        return "4"

    got = ran(tmp_path, book(step(InteractiveStep(("vi", "{it}"), {"X": "y"}, "/srv")), it=ANYTHING), {"it": "a b"}, answers)
    (session,) = seen
    assert session is not None
    assert (session.argv, session.cwd, session.env["X"]) == (("vi", "a b"), "/srv", "y")  # type: ignore[attr-defined]  # it is a Session
    assert (got.outcome.state, got.outcome.exit_code) == (RunState.FAILED, 4)


@pytest.mark.parametrize(
    ("want", "good", "bad"),
    [
        (
            AskStep("?", "n", Answers.NUMBER, min=1, max=5).want(""),
            ["1", "5", "2.5"],
            ["0", "6", "x", "nan", "1_0", " 1", "inf", ""],
        ),
        (AskStep("?", "it", pattern="[a-z]+").want(""), ["abc"], ["", "A", "a b", "a\n"]),
        (AskStep("?", "it").want(""), ["a b"], ["-x", "a\nb", "\0"]),
        (AskStep("?", "it", Answers.YES_NO).want(""), ["yes", "no"], ["y", "", "Yes"]),
        (PickStep("?", "it", ("a", "b")).want(""), ["a"], ["c", ""]),
        (AskStep("?", "it", Answers.SECRET).want(""), ["long enough"], ["abc", "-option", "a\nbcd"]),
    ],
    ids=["number", "pattern", "text", "yes/no", "choice", "secret"],
)
def test_which_answers_are_taken(want: Want, good: list[str], bad: list[str]) -> None:  # safety 7
    assert [each for each in good if want.unfit(each)] == []
    assert [each for each in bad if not want.unfit(each)] == []
    if want.asked.kind is Answers.SECRET:
        assert not [each for each in bad if each in want.unfit(each)]
