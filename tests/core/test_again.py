"""What is run again: the same values, and what differs from then."""

from __future__ import annotations

import msgspec

from cockpit.core.actions import Start
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


def test_secrets_are_not_among_the_values_and_all_else_is() -> None:
    action = Start("mend", {"host": "web-1", "token": SECRET, "pin": "h1"}, secrets={"pin": "h1"})
    assert values_again(action) == {"host": "web-1"}


def test_the_same_has_no_difference_and_each_part_that_changed_is_named() -> None:
    now = plan(BOOK, None, values_again(THEN))
    assert differences(THEN, now) == ()
    steps = (BOOK.steps[0], Step(RunStep(("look", "--hard"))), Step(RunStep(("tell",))))
    changed = plan(msgspec.structs.replace(BOOK, steps=steps), None, values_again(THEN))
    (second, third) = differences(THEN, changed)
    assert (second.number, third.number) == (2, 3)
    assert "--hard" in second.now
    assert "--hard" not in second.then
    assert third == Difference(3, (), third.now)
    shorter = plan(msgspec.structs.replace(BOOK, steps=BOOK.steps[:1]), None, values_again(THEN))
    assert [(each.number, each.now) for each in differences(THEN, shorter)] == [(2, ())]
    assert differences(Start("mend"), now) == (), "nothing is known of what was shown then"
