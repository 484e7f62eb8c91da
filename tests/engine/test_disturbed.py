"""Whom the journal says that something called: a drill, which somebody wanted, disturbs nobody and is no toil."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.loads import Disturbance
from cockpit.core.margins import occasion
from cockpit.engine.disturbed import disturbances
from cockpit.engine.journal import Happened, Journal, open_journal
from cockpit.testing import FakeClock

DAY = timedelta(days=1)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def journal(tmp_path: Path, clock: FakeClock) -> Iterator[Journal]:
    journal = open_journal(tmp_path / "state", clock)
    yield journal
    journal.close()


def paged(at: datetime, alert: str, kind: str = "trigger", source: str = "local") -> tuple[Happened, ...]:
    """Somebody was paged for it, and acknowledged it ten minutes later."""
    return (
        Happened(at=at, kind="page.sent", who="ana", source=source, subject=alert, data={"kind": kind}),
        Happened(at=at + timedelta(minutes=10), kind="alert.acked", who="ana", source=source, subject=alert),
    )


def test_neither_the_pages_nor_the_acknowledgement_of_a_drill_disturb_anybody(journal: Journal, clock: FakeClock) -> None:
    now = clock.now()
    journal.record_many([*paged(now, "root-disk:drill"), *paged(now + timedelta(hours=1), "root-disk")])
    real = [now + timedelta(minutes=minutes) for minutes in (60, 70)]
    assert sorted(disturbances(journal, now - DAY), key=lambda each: each.at) == [Disturbance(at, "ana") for at in real]


def test_a_channel_that_is_called_like_a_drill_is_none(journal: Journal, clock: FakeClock) -> None:
    journal.record_many(paged(clock.now(), "channel:mail:drill"))
    assert len(disturbances(journal, clock.now() - DAY)) == 2


def test_an_acknowledgement_at_another_source_calls_and_one_here_is_told_by_its_own_entry(
    journal: Journal, clock: FakeClock
) -> None:
    def begun(source: str) -> Happened:
        return Happened(at=clock.now(), kind="run.started", who="ana", source=source, subject="x", data={"what": "ack"})

    journal.record_many([begun("local"), begun("am")])
    assert disturbances(journal, clock.now() - DAY) == (Disturbance(clock.now(), "ana"),)


def test_an_acknowledgement_of_a_drill_that_another_source_tells_us_of_calls_nobody(journal: Journal, clock: FakeClock) -> None:
    def begun(**more: str) -> Happened:
        return Happened(at=clock.now(), kind="run.started", who="ana", source="am", subject="x", data={"what": "ack", **more})

    journal.record_many([begun(drill="true"), begun()])
    assert disturbances(journal, clock.now() - DAY) == (Disturbance(clock.now(), "ana"),)
    facts = journal.fire_facts(clock.now() - DAY, clock.now() + DAY, list)
    assert [kind for _, kind, _, _ in facts] == ["run.started"]


def test_what_was_done_for_a_drill_of_another_source_is_no_toil(journal: Journal, clock: FakeClock) -> None:
    now = clock.now()
    for number, drill in (("r1", False), ("r2", True)):
        action = Start("mend", {}, Ref("am", "1"), (("true",),))
        journal.put_run(
            Run(
                id=number,
                at=now,
                who="ana",
                action=action,
                what="mend",
                target="x",
                state=RunState.CONFIRMED,
                seconds=9,
                drill=drill,
            )
        )
        journal.record_many([
            Happened(at=now, kind="hand.step", who="ana", data={"what": number, "step": "Up?", "run": number}),
            Happened(at=now, kind="hand.command", who="ana", data={"command": f"tool-{number}", "alert": "am/1", "drill": drill}),
            Happened(at=now, kind="reader.ticked", who="ana", subject="am/1", data={"book": number, "box": "Told", "drill": drill}),
        ])  # fmt: skip
    found = journal.labours(now - DAY, now + DAY, list)
    assert sorted(each.what for each in found) == ["mend", "r1: Told", "r1: Up?", "tool-r1"]


def put_run(journal: Journal, at: datetime, number: str, alert: str) -> None:
    action = Start("mend", {"host": "web:drill"}, Ref("local", alert), (("true",),))
    journal.put_run(Run(id=number, at=at, who="ana", action=action, what="mend", target="x", state=RunState.CONFIRMED, seconds=9))


def test_what_was_done_for_a_drill_is_no_toil(journal: Journal, clock: FakeClock) -> None:
    now = clock.now()
    for number, alert in (("r1", "root-disk"), ("r2", "root-disk:drill")):
        put_run(journal, now, number, alert)
        ticked = occasion(Ref("local", alert), None) + f" {now.isoformat()}"
        journal.record_many([
            Happened(at=now, kind="hand.step", who="ana", data={"what": number, "step": "Up?", "run": number}),
            Happened(at=now, kind="hand.command", who="ana", data={"command": f"tool-{number}", "alert": f"local/{alert}"}),
            Happened(at=now, kind="reader.ticked", who="ana", subject=ticked, data={"book": number, "box": "Told"}),
        ])  # fmt: skip
    journal.record("hand.step", at=now, who="ana", data={"what": "older", "step": "Up?"})
    found = journal.labours(now - DAY, now + DAY, list)
    assert sorted(each.what for each in found) == ["mend", "older: Up?", "r1: Told", "r1: Up?", "tool-r1"]
