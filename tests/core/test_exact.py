"""Two steps that do different things are never taken for each other, and what one sends is in its preview (safety 10)."""

from __future__ import annotations

import msgspec
import pytest

from cockpit.core.asking import Answers
from cockpit.core.steps.ask import AskStep
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.pick import PickStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.steps.wait import WaitStep

ASK = AskStep("How many?", "many", kind=Answers.NUMBER, min=1, max=10, pattern=r"\d+")
PICK = PickStep("Which?", "it", choices=("a", "b"))
TAKEN = Capture(regex=r"v(\S+)", pattern=r"\S+")
RUN = Step(RunStep(("true",)), capture={"it": TAKEN})


@pytest.mark.parametrize("more", [{"min": 0}, {"max": 100}, {"max": None}, {"allow_dash": True}, {"allow_control": True}], ids=str)
def test_what_a_person_may_answer_is_part_of_what_was_shown(more: dict[str, object]) -> None:  # safety 10
    assert msgspec.structs.replace(ASK, **more).exact() != ASK.exact()


def test_what_may_be_picked_is_part_of_what_was_shown() -> None:  # safety 10
    assert msgspec.structs.replace(PICK, allow_dash=True).exact() != PICK.exact()


@pytest.mark.parametrize("more", [{"allow_dash": True}, {"allow_control": True}, {"default": ""}], ids=str)
def test_what_may_be_taken_from_an_output_is_part_of_what_was_shown(more: dict[str, object]) -> None:  # safety 10
    other = msgspec.structs.replace(RUN, capture={"it": msgspec.structs.replace(TAKEN, **more)})
    assert other.resolved({}).exact() != RUN.resolved({}).exact()


def test_that_a_run_goes_on_past_a_failure_is_seen_and_part_of_what_was_shown() -> None:  # safety 10
    on = msgspec.structs.replace(RUN, continue_on_error=True)
    assert on.resolved({}).exact() != RUN.resolved({}).exact()
    assert [
        line.words for line in on.resolved({}).shown() if line.words not in [each.words for each in RUN.resolved({}).shown()]
    ] == [("where it fails, the run goes on all the same",)]


def test_a_query_that_is_waited_for_shows_which_secret_it_sends() -> None:
    step = WaitStep("holds", until="value < 5", query="up", url="https://prometheus.example", bearer="env:PROM")
    assert "Authorization: Bearer, the secret env:PROM" in [" ".join(line.words) for line in step.shown()]
