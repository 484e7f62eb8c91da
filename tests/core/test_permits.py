"""Who may run a runbook."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.actions import Start
from cockpit.core.permits import barred, malformed, names_of
from cockpit.core.roster import OnCall, Person, Shift
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.view import View
from cockpit.core.why import why_not

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
BOOK = Runbook(name="fix", title="Fix", steps=(Step(RunStep(("true",))),))


def on(roster: str, level: int, person: str, name: str) -> OnCall:
    end = T0 + timedelta(hours=4)
    shift = Shift(
        roster=roster, level=level, person=person, name=name, timezone="UTC", start=T0, end=end, source="local"
    )  # fmt: skip
    return OnCall(roster=roster, level=level, source="local", now=shift, next=None)


EMPTY = OnCall(roster="empty", level=3, source="local", now=None, next=None)
ON = (on("primary", 1, "ana", "Ana Lima"), on("secondary", 2, "bo", "Bo Berg"), EMPTY)


def book(*allow: str, deny: tuple[str, ...] = ()) -> Runbook:
    return msgspec.structs.replace(BOOK, allow=allow, deny=deny)


@pytest.mark.parametrize("word", ["oncall", "roster:primary", "level:1", "ana", "person:ana", "ANA", "Ana Lima"])
def test_whoever_is_meant_may(word: str) -> None:
    assert barred(book(word), ("ana", "Ana Lima"), ON) == ""
    assert barred(book(word), ("cy",), ON).startswith("fix is not for you: ")


def test_without_a_word_everybody_may() -> None:
    assert barred(BOOK, ("cy",), ()) == ""


def test_one_who_is_on_call_elsewhere_is_on_call_and_not_at_this_roster() -> None:
    assert barred(book("oncall"), ("bo",), ON) == ""
    assert barred(book("roster:primary"), ("bo",), ON) == (
        "fix is not for you: whoever is on call at primary (Ana Lima) may run it"
    )  # fmt: skip


def test_a_person_who_is_called_like_a_roster_is_not_on_call_at_it() -> None:
    assert barred(book("roster:primary"), ("primary",), ON)
    assert barred(book("oncall"), ("oncall",), ON)


def test_deny_counts_before_allow_and_says_who_may() -> None:
    denied = barred(book("oncall", deny=("ana",)), ("ana",), ON)
    assert denied == "fix is not for ana: whoever is on call (Ana Lima, Bo Berg) may run it"
    assert barred(book(deny=("level:2",)), ("bo",), ON) == "fix is not for whoever is on call at level 2"
    assert barred(book(deny=("level:2",)), ("ana",), ON) == ""


def test_where_nobody_is_on_call_or_the_roster_is_unknown_nobody_may_and_it_is_said() -> None:
    assert "(nobody) may run it" in barred(book("roster:empty"), ("ana",), ON)
    assert "(there is no such roster now)" in barred(book("roster:gone"), ("ana",), ON)
    assert barred(book("oncall"), ("",), (on("r", 1, "", ""),))


@pytest.mark.parametrize("word", ["", " ", "roster:", "roster: ", "group:ops", "level:one"])
def test_what_names_nobody_is_malformed(word: str) -> None:
    assert malformed(word)


@pytest.mark.parametrize("word", ["oncall", "roster:primary", "level:2", "ana", "person:ana"])
def test_what_can_stand_there(word: str) -> None:
    assert malformed(word) == ""


def test_all_names_of_a_person_are_theirs() -> None:
    people = [Person(id="ana", name="Ana Lima", also=("ana@pd",)), Person(id="bo", name="Bo Berg")]
    assert names_of(people, "Ana Lima") == ("Ana Lima", "ana", "ana@pd")
    assert names_of(people, "stranger") == ("stranger",)


def test_the_reason_is_given_before_anything_is_begun_but_for_a_dry_run() -> None:
    view = View(now=T0, runbooks=(book("oncall"),), rosters=ON, me=("cy",))
    assert why_not(Start("fix"), view, frozenset()) == (
        "fix is not for you: whoever is on call (Ana Lima, Bo Berg) may run it"
    )  # fmt: skip
    assert why_not(Start("fix", dry_run=True), view, frozenset()) is None
    assert why_not(Start("fix"), msgspec.structs.replace(view, me=("bo",)), frozenset()) is None
