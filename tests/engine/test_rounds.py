"""When this machine's own source is asked again."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any, cast

import pytest

from cockpit.core.sources import Snapshot
from cockpit.core.traps import Reading, Trap, TrapState, Watch, as_told
from cockpit.core.units import Seconds
from cockpit.engine.rounds import Rounds
from cockpit.engine.store import Store
from support.desk import StillClock
from support.scene import NOW


class Asked:
    """The sources, of which one is asked."""

    local = ("local",)

    def __init__(self) -> None:
        self.nudged: list[Collection[str]] = []

    def nudge(self, names: Collection[str]) -> None:
        self.nudged.append(names)


@pytest.mark.parametrize(("passed", "again"), [(5, False), (7, True)])
def test_before_a_trap_is_blind_for_want_of_looks_it_is_asked_for_those_that_others_made(passed: float, again: bool) -> None:
    trap, asked = Trap(name="dump", probe="file", every=Seconds(3.0)), Asked()
    watch = Watch(state=TrapState.ARMED, checked_at=NOW, good_at=NOW, reading=Reading({}, "fine"), reason="")
    at = NOW + timedelta(seconds=4)
    store, clock = Store(NOW), StillClock(NOW + timedelta(seconds=passed))
    told = (as_told("local", trap, watch, at),)
    store.observe(Snapshot(source="local", asked_at=at, asked_mono=4.0, alerts=(), traps=told))
    none = cast(Any, None)
    rounds = Rounds(
        cast(Any, clock), none, store, keeper=none, sources=cast(Any, asked), approving=none, bookcase=none, views=none, crew=none
    )
    rounds.catch_up()
    assert asked.nudged == [("local",)] * again
