"""What is run again: the same values, and what differs from then."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.again import Difference, differences, values_again
from cockpit.core.plans import plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.values import SECRET

BOOK = Runbook(
    name="mend", title="Mend", params={"host": Param()}, steps=(Step(RunStep(("restart", "{host}"))), Step(RunStep(("look",))))
)
THEN = Start("mend", {"host": "web-1"}, None, plan(BOOK, None, {"host": "web-1"}).exact)
DONE = Run(
    id="r1", at=datetime(2026, 11, 2, tzinfo=UTC), who="ana", action=THEN, what="mend", target="web-1", state=RunState.CONFIRMED
)


def test_secrets_are_not_among_the_values_and_all_else_is() -> None:
    action = Start("mend", {"host": "web-1", "token": SECRET, "pin": "h1"}, secrets={"pin": "h1"})
    assert values_again(action) == {"host": "web-1"}


def test_the_same_has_no_difference_and_each_part_that_changed_is_named() -> None:
    now = plan(BOOK, None, values_again(THEN))
    assert differences(DONE, now) == ()
    steps = (BOOK.steps[0], Step(RunStep(("look", "--hard"))), Step(RunStep(("tell",))))
    changed = plan(msgspec.structs.replace(BOOK, steps=steps), None, values_again(THEN))
    (second, third) = differences(DONE, changed)
    assert (second.number, third.number) == (2, 3)
    assert "--hard" in second.now
    assert "--hard" not in second.then
    assert third == Difference(3, (), third.now)
    shorter = plan(msgspec.structs.replace(BOOK, steps=BOOK.steps[:1]), None, values_again(THEN))
    assert [(each.number, each.now) for each in differences(DONE, shorter)] == [(2, ())]
    assert differences(msgspec.structs.replace(DONE, action=Start("mend")), now) == (), "nothing is known of what was shown then"


def test_the_same_steps_done_to_another_target_are_not_the_same() -> None:
    aimed = msgspec.structs.replace(BOOK, target="{host}")
    assert differences(DONE, plan(aimed, None, values_again(THEN))) == ()
    other = plan(msgspec.structs.replace(BOOK, target="all of {host}"), None, values_again(THEN))
    assert differences(DONE, other) == (Difference(0, ("", "web-1"), ("", "all of web-1")),)
