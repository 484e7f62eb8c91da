"""What a shift's brief is gathered from: what has an entry of its own is not told a second time as the run that wrote it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.core.actions import ChangeIncident, EndOverride, MakeOverride, Run, RunState, called
from cockpit.core.alerts import Ref
from cockpit.core.incidents import Change
from cockpit.engine.handover_facts import shown
from cockpit.engine.journal import Journal, open_journal
from cockpit.testing.clock import FakeClock

NOW = datetime(2026, 11, 26, 3, 12, tzinfo=UTC)


def run(id: str, action: ChangeIncident | MakeOverride | EndOverride, state: RunState = RunState.CONFIRMED) -> Run:
    return Run(id=id, at=NOW, who="ana", action=action, what="old_word incident", target="i1 web", state=state, reason="")


def told(journal: Journal) -> list[tuple[str, str]]:
    return [(line.what, line.text) for line in shown(journal, NOW - timedelta(hours=1), NOW + timedelta(hours=1)).lines]


def test_a_change_of_an_incident_is_told_by_its_entry_and_one_that_failed_by_its_run(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "state", FakeClock())
    journal.change_incident("", Change.OPENED, who="ana", at=NOW, data={"title": "web"})
    journal.put_run(run("r1", ChangeIncident(Change.OPENED.value)))
    assert told(journal) == [("incident", "i1 opened: web")]
    journal.put_run(run("r2", ChangeIncident(Change.ITEM_ADDED.value, "i1"), RunState.FAILED))
    assert sorted(told(journal)) == [("incident", "i1 opened: web"), ("run", "action item added on i1 web: failed")]
    journal.close()


def test_an_override_of_this_machine_is_told_by_its_entry_and_one_elsewhere_by_its_run(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "state", FakeClock())
    here, there = EndOverride(Ref("local", "o1")), EndOverride(Ref("pd", "o1"))
    journal.put_runs([run("r1", here), run("r2", there)])
    assert len(told(journal)) == 1
    journal.close()


def test_what_was_done_to_an_incident_is_said_in_the_words_of_people_also_of_a_run_of_before() -> None:
    words = [called(run("r", ChangeIncident(each.value))) for each in Change]
    assert not any("_" in each or each.endswith(" incident") for each in words), words
    assert {"incident opened", "incident role", "users hurt", "action item done"} <= set(words)
