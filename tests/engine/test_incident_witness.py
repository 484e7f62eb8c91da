"""What becomes of an incident's alerts at their source is written into its timeline by whoever keeps the traps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit.core.actions import Ack
from cockpit.core.incidents import Change, member
from engine.test_recorder import Rig
from support.waiting import wait


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    made.engine.start()
    wait(lambda: len(made.engine.view.alerts) == 1, "the alert")
    yield made
    made.end()


def opens(rig: Rig, title: str, ahead: timedelta = timedelta(0)) -> str:
    """An incident of the one alert, by a clock that is so far ahead."""
    (row,) = rig.engine.view.alerts
    data = {"title": title, "alerts": msgspec.to_builtins((member(row.alert),))}
    return rig.journal.change_incident("", Change.OPENED, who="ana", at=rig.clock.now() + ahead, data=data).id


def test_after_the_clock_stepped_back_a_new_incident_is_followed_as_any(rig: Rig) -> None:
    ahead = timedelta(hours=1)
    first = opens(rig, "by a clock that was ahead", ahead)
    rig.clock.advance_until(lambda: rig.journal.lease() is not None)
    (row,) = rig.engine.view.alerts
    rig.engine.ask(Ack((row.alert.ref,)))
    rig.clock.advance_until(lambda: rig.journal.entries(kind=Change.SEEN.value), limit=120)  # that one is followed
    rig.journal.change_incident(first, Change.CLOSED, who="ana", at=rig.clock.now() + ahead)
    until = rig.clock.mono() + 20
    rig.clock.advance_until(lambda: rig.clock.mono() >= until)
    second = opens(rig, "by one that is right")
    rig.am.end("HighErrorRate")
    rig.clock.advance_until(lambda: len(rig.journal.entries(kind=Change.SEEN.value)) == 2, limit=120)
    assert {each.subject: each.data["state"] for each in rig.journal.entries(kind=Change.SEEN.value)} == {
        first: "acknowledged", second: "resolved",
    }  # fmt: skip
