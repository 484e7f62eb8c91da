"""One runbook for several targets: how many at once, one first, and what a failure means for the others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.several import Many
from cockpit.engine.desk import Refused
from cockpit.engine.targets import Aimed, Came, carry

NOW = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)
AIMS = [Aimed(name, Start("fix", {"to": name})) for name in "abcdef"]


class Doing:
    """Does what it is told, and remembers in which order and how many at once."""

    def __init__(self, **ends: RunState | Refused) -> None:
        self.ends, self.begun, self.most, self._now = ends, list[str](), 0, 0

    async def __call__(self, _number: int, aim: Aimed) -> Run:
        self.begun.append(aim.name)
        self._now += 1
        self.most = max(self.most, self._now)
        for _ in range(3):
            await asyncio.sleep(0)
        self._now -= 1
        end = self.ends.get(aim.name, RunState.CONFIRMED)
        if isinstance(end, Refused):
            raise end
        return Run(id=aim.name, at=NOW, who="ana", action=aim.start, what="fix", target=aim.name, state=end)


def done(rule: Many, doing: Doing) -> dict[str, Came]:
    came = asyncio.run(carry(AIMS, rule, doing))
    assert [each.name for each in came] == list("abcdef"), "every target is told of, in its order"
    return {each.name: each for each in came}


@pytest.mark.parametrize("parallel", [1, 2, 4, 6, 50])
def test_so_many_at_once_and_each_once(parallel: int) -> None:
    doing = Doing()
    assert all(came.well for came in done(Many(parallel), doing).values())
    assert (sorted(doing.begun), doing.most) == (list("abcdef"), min(parallel, 6))


def test_the_first_is_done_alone_and_the_others_only_if_it_succeeded() -> None:
    doing = Doing()
    done(Many(6, canary=True), doing)
    assert (doing.begun[0], doing.most) == ("a", 5)
    for stop in (True, False):
        doing = Doing(a=RunState.UNCERTAIN)
        came = done(Many(6, canary=True, stop=stop), doing)
        assert doing.begun == ["a"]
        assert {each.reason for each in came.values() if each.run is None} == {"not begun: a did not succeed"}


@pytest.mark.parametrize("end", [RunState.FAILED, RunState.TIMED_OUT, RunState.CANCELLED, RunState.UNCERTAIN, Refused("under way")])
def test_after_one_has_failed_none_is_begun_and_those_under_way_go_on(end: RunState | Refused) -> None:
    doing = Doing(b=end)
    came = done(Many(2), doing)
    assert doing.begun == ["a", "b", "c"] or doing.begun == ["a", "b"]
    assert (came["a"].well, came["b"].well) == (True, False)
    assert came["f"] == Came("f", None, "not begun: b did not succeed")


def test_or_all_are_done_whatever_fails() -> None:
    doing = Doing(a=RunState.FAILED, c=Refused("it is under way already"))
    came = done(Many(2, stop=False), doing)
    assert sorted(doing.begun) == list("abcdef")
    assert came["c"] == Came("c", None, "it is under way already")
    assert [name for name, each in came.items() if not each.well] == ["a", "c"]
