"""Two steps that do different things are never taken for each other, and what one sends is in its preview (safety 10)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.core.actions import Start
from cockpit.core.asking import Answers
from cockpit.core.plans import plan
from cockpit.core.runbooks import Approval, Confirm, Runbook
from cockpit.core.steps.ask import AskStep
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.job import JobStep
from cockpit.core.steps.pick import PickStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Do, Step
from cockpit.core.steps.verb import VerbStep
from cockpit.core.steps.wait import WaitStep
from cockpit.core.units import Seconds
from cockpit.engine.planning import difference

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


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (HttpStep("https://h/", query={"a": "1=b=2"}), HttpStep("https://h/", query={"a=1": "b=2"})),
        (HttpStep("https://h/", query={"a": "1"}), HttpStep("https://h/", headers={"a": "1"})),
        (HttpStep("https://h/", query={"a": "1", "": ""}), HttpStep("https://h/", query={"a": "1"}, headers={"": ""})),
        (HttpStep("https://h/", query={"a": "", "b": ""}), HttpStep("https://h/", query={"a": ""}, headers={"b": ""})),
        (HttpStep("https://h/", "POST", json=""), HttpStep("https://h/", "POST")),
        (VerbStep("silence", match={"a": "1", "b": "2"}), VerbStep("silence", match={"a": '1" b="2'})),
        (VerbStep("page", to=("a", "b")), VerbStep("page", to=("a,b",))),
        (VerbStep("page", to=("a",), via=("b",)), VerbStep("page", to=("a", "b"))),
        (JobStep("s", "j", "n", "r", sent={"a": "1=2"}), JobStep("s", "j", "n", "r", sent={"a=1": "2"})),
        (JobStep("s", "j", "n", "r", sent={"a": "env:B"}), JobStep("s", "j", "n", "r", secrets={"a": "env:B"})),
        (JobStep("s", "j", "n", "r", adds="x"), JobStep("s", "j", "n", "r")),
    ],
    ids=str,
)  # fmt: skip
def test_a_value_is_never_taken_for_a_name_or_for_another_value(one: Do, other: Do) -> None:  # safety 10
    assert one.exact() != other.exact()


@given(st.dictionaries(st.text("a=&:, 1", max_size=4), st.text("a=&:, 1", max_size=4), max_size=3), st.data())
def test_no_two_requests_are_spelt_alike(query: dict[str, str], data: st.DataObject) -> None:  # safety 10
    tables = st.dictionaries(st.text("a=&:, 1", max_size=4), st.text("a=&:, 1", max_size=4), max_size=3)
    one = HttpStep("https://h/", query=query, headers=data.draw(tables), secret_headers=data.draw(tables))
    other = HttpStep("https://h/", query=data.draw(tables), headers=data.draw(tables), secret_headers=data.draw(tables))
    assert (one.exact() == other.exact()) is (one == other)


def test_a_program_that_could_be_taken_for_a_variable_is_refused() -> None:  # safety 10
    one, other = RunStep(("prog",), {"A": "1", "B": "2"}), RunStep(("B=2", "prog"), {"A": "1"})
    assert one.exact() == other.exact()
    assert not one.problem()
    assert "could be taken for a variable" in other.problem()


BOOK = Runbook(name="fix", title="Fix", steps=(RUN,), changes="mends")


@pytest.mark.parametrize(
    "more",
    [
        {"timeout": Seconds(5)},
        {"changes": None},
        {"changes": "breaks"},
        {"confirm": Confirm.TYPE},
        {"approve": Approval.OTHER},
        {"steps": (msgspec.structs.replace(RUN, timeout=Seconds(5)),)},
    ],
    ids=str,
)
def test_the_terms_of_a_run_are_part_of_what_was_shown(more: dict[str, object]) -> None:  # safety 10
    seen, now = plan(BOOK, None, {}), plan(msgspec.structs.replace(BOOK, **more), None, {})
    assert not now.refused
    assert "look again" in difference(Start("fix", {}, None, seen.exact), now)
    assert not difference(Start("fix", {}, None, now.exact), now)


def test_how_long_a_way_back_may_take_is_seen_and_part_of_what_was_shown() -> None:  # safety 10
    back = Step(RunStep(("rm", "it")))
    one, other = (
        msgspec.structs.replace(RUN, undo=each).resolved({}) for each in (back, msgspec.structs.replace(back, timeout=Seconds(5)))
    )
    assert one.exact() != other.exact()
    assert [each.words for each in other.shown() if each not in one.shown()] == [("at most 5 s",)]


def test_what_a_person_may_answer_is_seen() -> None:
    (_, line) = ASK.shown()
    assert line.words == ("for many, a number from 1 to 10, which must match \\d+",)
    (*_, line) = msgspec.structs.replace(PICK, pattern="[ab]", allow_dash=True).shown()
    assert line.words == ("for it, which must match [ab] (it may begin with -)",)
