"""Where values come from, which are taken, and that a secret is in no plan."""

from __future__ import annotations

import msgspec
import pytest

from cockpit.core.asking import Answers, Asked
from cockpit.core.plans import plan, secrets_of
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Step
from cockpit.core.values import SECRET, unfit_for

CANARY = "hunter2-sesame"  # a canary
PW = Param(ask=Asked(kind=Answers.SECRET))


def book(*does: RunStep | ScriptStep, **params: Param) -> Runbook:
    return Runbook(name="mend", title="Mend", steps=tuple(map(Step, does)), params=params, changes="mends")


@pytest.mark.parametrize(
    ("source", "value"), [("roster:primary", "ana"), ("roster:primary.email", "ana@example.com"), ("roster:second", None)]
)
def test_who_is_on_call_is_a_value(source: str, value: str | None) -> None:
    rosters = {"primary": "ana", "primary.email": "ana@example.com"}
    got = plan(book(RunStep(("echo", "{who}")), who=Param(source=source)), None, {}, None, rosters)
    assert got.values.get("who") == value
    assert got.missing == (() if value else ("who",))


def test_what_is_asked_is_missing_until_somebody_says_it_and_its_default_is_only_proposed() -> None:
    made = book(RunStep(("echo", "{n}")), n=Param(ask=Asked(kind=Answers.NUMBER, min=1, max=5), default="3"))
    assert plan(made, None, {}).missing == ("n",)
    assert plan(made, None, {"n": "4"}).deeds == (("echo", "4"),)
    assert plan(made, None, {"n": "6"}).refused == "n is 6, and 5 is the most"


def test_a_source_that_has_it_spares_the_question() -> None:
    made = book(RunStep(("echo", "{who}")), who=Param(source="roster:primary", ask=Asked()))
    assert plan(made, None, {}, None, {"primary": "ana"}).missing == ()
    assert plan(made, None, {}).missing == ("who",)


@pytest.mark.parametrize(
    ("asked", "good", "bad"),
    [
        (Asked(kind=Answers.CHOICE, choices=("a", "b")), ["a"], ["c", ""]),
        (Asked(kind=Answers.YES_NO), ["yes", "no"], ["y"]),
        (Asked(kind=Answers.CHOICE, choices_from=("ls",)), ["anything"], ["-rf"]),
    ],
)
def test_which_values_are_taken(asked: Asked, good: list[str], bad: list[str]) -> None:  # safety 7
    made = book(RunStep(("echo", "{it}")), it=Param(ask=asked))
    assert [each for each in good if plan(made, None, {"it": each}).refused] == []
    assert [each for each in bad if not plan(made, None, {"it": each}).refused] == []


def test_of_a_command_only_what_it_says_is_taken_where_that_is_known() -> None:
    param = Param(ask=Asked(kind=Answers.CHOICE, choices_from=("ls",)))
    assert unfit_for("it", param, "a", ("a", "b")) == ""
    assert "there are only a, b" in unfit_for("it", param, "c", ("a", "b"))


def test_a_secret_is_in_no_part_of_a_plan_whatever_is_given_for_it() -> None:  # safety 22
    made = book(RunStep(("true",), env={"X": "{pw}"}), ScriptStep('echo "$pw" "$host"'), pw=PW, host=Param())
    got = plan(made, None, {"pw": CANARY, "host": "web-3"})
    assert not got.refused
    assert CANARY not in repr(got) + repr(got.exact)
    assert got.values["pw"] == SECRET
    assert [step.later for step in got.steps] == [("pw",), ("pw",)]
    assert secrets_of(made) == ("pw",)
    assert plan(made, None, {"host": "web-3"}).missing == ("pw",)


def test_why_a_secret_will_not_do_is_said_without_it() -> None:
    for value in (f"-{CANARY}", f"{CANARY}\n", "abc", f"{CANARY} "):
        why = unfit_for("pw", msgspec.structs.replace(PW, pattern="[a-z0-9-]+"), value)
        assert why
        assert value.strip() not in why.replace("that", "")
    assert unfit_for("pw", PW, CANARY) == ""
