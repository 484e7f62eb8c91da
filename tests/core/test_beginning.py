"""A run that begins in the middle: what is left out is said, and what then cannot be done is refused."""

from __future__ import annotations

import msgspec
import pytest

from cockpit.core.beginning import begun_at
from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.engine.twice import same_steps

FINDS = Step(RunStep(("find", "{host}")), capture={"pid": Capture(regex="([0-9]+)", pattern="[0-9]+")})


def made(*steps: Step) -> Plan:
    return plan(Runbook(name="mend", title="Mend", steps=steps, params={"host": Param()}), None, {"host": "web-1"})


def ends(*words: str, **more: object) -> Step:
    return Step(RunStep(words), **more)  # type: ignore[arg-type]  # fields of Step


def test_what_is_left_out_stands_in_the_preview_and_in_what_is_compared() -> None:
    whole = made(FINDS, ends("stop", "{host}"), ends("look"))
    part = begun_at(whole, 2)
    assert part.warning == "It begins with step 2: step 1 is left out."
    assert part.deeds == (("", "left out", "find", "web-1"), ("stop", "web-1"), ("look",))
    assert [each.skipped for each in part.steps] == [True, False, False]
    head, why = part.steps[0].shown()
    assert (head.label, head.words, why.words) == ("left out", ("find", "web-1"), ("left out: the run begins behind it",))
    assert begun_at(whole, 3).warning == "It begins with step 3: steps 1 to 2 are left out."
    assert begun_at(whole, 1) is whole


@pytest.mark.parametrize(
    "needs",
    [
        ends("kill", "{pid}"),
        ends("true", when='pid == "7"'),
        ends("true", undo=ends("kill", "{pid}")),
    ],
)
def test_what_a_step_that_is_left_out_gives_is_missed_where_it_is_needed(needs: Step) -> None:
    part = begun_at(made(FINDS, ends("look"), needs), 2)
    assert part.steps == ()
    wanted = "it cannot begin with step 2: step 3 needs pid, which step 1 gives, and that would be left out"
    assert part.refused == wanted


def test_what_is_given_anew_is_not_missed() -> None:
    assert begun_at(made(FINDS, FINDS, ends("kill", "{pid}")), 2).refused == ""


@pytest.mark.parametrize("first", [0, 4])
def test_a_step_that_is_not_there_is_no_beginning(first: int) -> None:
    assert begun_at(made(FINDS, ends("a"), ends("b")), first).refused == f"there is no step {first} to begin with: it has 3"


def test_what_begins_in_the_middle_is_not_done_beside_the_whole() -> None:
    whole = made(ends("a"), ends("b"))
    assert same_steps(begun_at(whole, 2)) == same_steps(whole)
    assert begun_at(msgspec.structs.replace(whole, refused="no"), 2).refused == "no"
