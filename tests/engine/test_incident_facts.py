"""An incident's facts, out of a journal that has far more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.actions import Ack, Run, RunState
from cockpit.core.alerts import Ref
from cockpit.core.incidents import Change, Incident
from cockpit.core.traps import Reading, TrapState, Watch
from cockpit.engine import incident_facts
from cockpit.engine.incident_signs import numbers, signs
from cockpit.engine.journal import Journal, open_journal
from cockpit.testing.clock import FakeClock
from support.known import put_watch

NOW = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(open_journal(tmp_path / "state", FakeClock())) as journal:
        yield journal


def acked(at: datetime) -> Run:
    return Run(
        id=str(at), at=at, who="ana", action=Ack((Ref("prom", "disk"),)), what="ack", target="disk", state=RunState.CONFIRMED
    )


def marked(journal: Journal, at: datetime, text: str) -> None:
    journal.record("mark", at=at, who="ana", data={"text": text})


def test_signs_are_those_of_the_traps_that_are_laid(journal: Journal) -> None:
    """What was proposed before there was a config, and what the config no longer has, is over."""
    for name in ("disk", "load"):
        for n in range(600):
            at = NOW - n * MINUTE
            watch = Watch(state=TrapState.ARMED, since=at, checked_at=at, good_at=at, reason="", reading=Reading({"used": 1.0}, ""))
            put_watch(journal, name, watch, {"used": 50.0 if n > 30 else 90.0})
    here = Incident(id="i1", title="Shop is down", opened_at=NOW, opened_by="ana")
    assert numbers(journal, {"disk"}) == [("disk", "used")]
    assert [each.trap for each in signs(journal, here, {}, {"disk"}).moved] == ["disk"]
    assert signs(journal, here, {}, ()).moved == ()


def test_what_came_after_an_incident_never_pushes_its_own_timeline_out(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_facts, "_MOST", 5)
    journal.change_incident("", Change.OPENED, who="ana", at=NOW, data={"title": "slow"})
    marked(journal, NOW + MINUTE, "deployed")
    member = {"name": "disk", "alert": "disk", "source": "prom", "severity": "critical"}
    journal.change_incident("i1", Change.ADDED, who="ana", at=NOW + MINUTE, data={"alerts": [member]})
    journal.put_run(acked(NOW + 1.5 * MINUTE))
    closed = journal.change_incident("i1", Change.CLOSED, who="ana", at=NOW + 2 * MINUTE)
    for n in range(10):
        marked(journal, NOW + timedelta(days=1, minutes=n), "later")
        journal.put_run(acked(NOW + timedelta(days=1, minutes=n)))
    lines = incident_facts.lines_of(journal, closed)
    assert sorted(line.what for line in lines) == ["incident", "incident", "incident", "mark", "run"], lines


def test_runs_that_are_too_many_are_said_to_be(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_facts, "_MOST", 3)
    here = journal.change_incident("", Change.OPENED, who="ana", at=NOW, data={"title": "slow"})
    for n in range(3):
        journal.put_run(acked(NOW - timedelta(days=1) + n * MINUTE))
    assert not [line for line in incident_facts.lines_of(journal, here) if "only the newest" in line.text], "they are older than it"
    for n in range(4):
        journal.put_run(acked(NOW + n * MINUTE))
    (said,) = [line for line in incident_facts.lines_of(journal, here) if "only the newest" in line.text]
    assert (said.at, said.text) == (NOW + MINUTE, "only the newest 3 runs were read: earlier ones are not in this timeline")


def test_a_timeline_that_is_not_whole_says_so(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incident_facts, "_MOST", 5)
    here = journal.change_incident("", Change.OPENED, who="ana", at=NOW, data={"title": "slow"})
    for n in range(6):
        marked(journal, NOW + n * MINUTE, str(n))
    lines = incident_facts.lines_of(journal, here)
    assert [line.text for line in lines if line.what == "mark"] == ["1", "2", "3", "4", "5"]
    (said,) = [line for line in lines if line.what == "note"]
    assert said.at == NOW + MINUTE
    assert "only the newest 5 entries of kind mark" in said.text
