"""Rosters over a time, for a screen that may not wait."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.core.schedule import Schedule
from cockpit.engine.schedules import KEPT, OLD, Schedules

SINCE = datetime(2026, 11, 23, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=7)


class Rig:
    """Something to be laid out, a clock, and work that waits until the test has it done."""

    def __init__(self) -> None:
        self.asked: list[datetime] = []
        self.waiting: list[Callable[[], Awaitable[None]]] = []
        self.mono, self.mark = 0.0, "a"
        self.fails = False
        self.schedules = Schedules(self._ask, self.waiting.append, lambda: self.mono, lambda: self.mark)

    async def _ask(self, since: datetime, until: datetime) -> Schedule:
        self.asked.append(since)
        if self.fails:
            raise RuntimeError("a bug")
        return Schedule(since=since, until=until, silent=(f"answer {len(self.asked)}",))

    def get(self, since: datetime = SINCE) -> str:
        found = self.schedules.get(since, UNTIL)
        return found.silent[0] if found is not None else ""

    def work(self) -> None:
        waiting, self.waiting[:] = list(self.waiting), []
        for each in waiting:
            asyncio.run(_awaited(each))


async def _awaited(work: Callable[[], Awaitable[Any]]) -> None:
    await work()


def test_nothing_is_known_at_first_and_nothing_is_asked_twice_at_once() -> None:
    rig = Rig()
    assert (rig.get(), rig.get()) == ("", "")
    assert len(rig.waiting) == 1
    rig.work()
    assert rig.get() == "answer 1"
    assert rig.asked == [SINCE]
    assert rig.waiting == []


def test_what_is_old_or_certainly_not_true_any_more_is_shown_and_asked_for_anew() -> None:
    rig = Rig()
    rig.get()
    rig.work()
    rig.mono += OLD - 1
    assert (rig.get(), len(rig.waiting)) == ("answer 1", 0)
    rig.mono += 2
    assert (rig.get(), len(rig.waiting)) == ("answer 1", 1)
    rig.work()
    assert rig.get() == "answer 2"
    rig.mark = "an override was made"
    assert (rig.get(), len(rig.waiting)) == ("answer 2", 1)
    rig.work()
    assert (rig.get(), len(rig.waiting)) == ("answer 3", 0)


def test_a_fault_leaves_what_was_and_is_tried_again() -> None:
    rig = Rig()
    rig.get()
    rig.work()
    rig.mono, rig.fails = OLD + 1, True
    rig.get()
    try:
        rig.work()
    except RuntimeError:
        assert rig.get() == "answer 1"
        assert len(rig.waiting) == 1
    else:
        raise AssertionError("the crew is to hear of it")


def test_only_a_few_times_are_remembered() -> None:
    rig = Rig()
    for day in range(KEPT + 3):
        rig.mono += 1
        rig.get(SINCE - timedelta(days=day))
        rig.work()
    assert rig.get(SINCE - timedelta(days=KEPT + 2)) != ""
    assert rig.get() == ""
