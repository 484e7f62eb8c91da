"""What is to be done after an incident is done by what proves its trap: in the transaction that writes the proof down."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.action_items import Item, ItemState
from cockpit.core.incidents import Change
from cockpit.core.traps import Watch
from cockpit.engine import incidents_table
from cockpit.engine.journal import Happened, Journal, JournalError, Kept, open_journal
from cockpit.testing import FakeClock

T0 = datetime(2026, 11, 26, 3, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    kept = open_journal(tmp_path, FakeClock(T0))
    kept.change_incident("", Change.OPENED, who="ana", at=T0, data={"title": "shop"})
    yield kept
    kept.close()


def add(journal: Journal, trap: str = "flag", incident: str = "i1", at: datetime = T0) -> None:
    data = {"text": "rehearse it", "owner": "bo", "due": "2026-12-04", "trap": trap}
    journal.change_incident(incident, Change.ITEM_ADDED, who="ana", at=at, data=data)


def acked(journal: Journal, *, proven: bool, trap: str = "flag", at: datetime = T0 + MINUTE) -> None:
    happened = Happened(at=at, kind="trap.drill_acked", who="bo", source="local", subject=trap, data={"proven": proven})
    journal.change_watch(trap, lambda watch: watch, happened)


def looked(journal: Journal, kind: str, subject: str = "flag", at: datetime = T0 + MINUTE) -> None:
    data: Mapping[str, object] = {"text": "it is gone"}
    journal.keep(
        [Kept(trap="flag", watch=Watch(checked_at=at), happened=(Happened(at=at, kind=kind, subject=subject, data=data),))]
    )


def items(journal: Journal, incident: str = "i1") -> dict[str, Item]:
    return {each.id: each for each in journal.incidents()[incident].items}


def test_a_drill_up_to_the_acknowledgement_does_it_and_says_how(journal: Journal) -> None:
    add(journal)
    add(journal, trap="other")
    acked(journal, proven=False)
    assert items(journal)["a1"].open, "a quiet drill, or one that paged nobody, proves nothing"
    acked(journal, proven=True)
    done, other = items(journal)["a1"], items(journal)["a2"]
    assert (done.state, done.ended_by, done.ended_at) == (ItemState.DONE, "bo", T0 + MINUTE)
    assert done.how == "its trap flag was drilled up to the acknowledgement"
    assert other.open
    acked(journal, proven=True, at=T0 + 2 * MINUTE)
    entries = journal.entries(kind=Change.ITEM_DONE.value)
    assert len(entries) == 1, "what is done is done once"


def test_a_real_trip_does_it_and_neither_a_sign_nor_its_blindness_does(journal: Journal) -> None:
    add(journal)
    looked(journal, "trap.warning")
    looked(journal, "alert.fired", "flag:blind")
    assert items(journal)["a1"].open
    looked(journal, "alert.fired")
    assert items(journal)["a1"].how == "its trap flag has really tripped"


def test_what_proved_it_before_the_item_was_made_does_not_count(journal: Journal) -> None:
    acked(journal, proven=True)
    add(journal, at=T0 + 2 * MINUTE)
    acked(journal, proven=True, at=T0 + MINUTE)
    assert items(journal)["a1"].open
    acked(journal, proven=True, at=T0 + 3 * MINUTE)
    assert not items(journal)["a1"].open


def test_an_item_of_an_incident_that_went_on_as_another_is_done_there(journal: Journal) -> None:
    add(journal)
    journal.change_incident("", Change.OPENED, who="ana", at=T0, data={"title": "search"})
    journal.change_incident("i2", Change.MERGED, who="ana", at=T0, data={"other": "i1"})
    acked(journal, proven=True)
    assert not items(journal, "i2")["a1"].open
    add(journal, incident="i2")
    assert set(items(journal, "i2")) == {"a1", "a2"}, "no number is given twice"


def test_where_it_cannot_be_written_the_proof_is_not_written_either(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    add(journal)

    def broken(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(incidents_table, "proven", broken)
        with pytest.raises(JournalError):
            acked(journal, proven=True)
        with pytest.raises(JournalError):
            looked(journal, "alert.fired")
    assert journal.entries(kind="trap.") == ()
    assert journal.entries(kind="alert.") == ()
    assert items(journal)["a1"].open
    acked(journal, proven=True)
    assert not items(journal)["a1"].open


def test_traps_that_trip_at_once_do_each_what_waited_for_them(journal: Journal) -> None:
    for trap in ("flag", "disk", "load", "flag"):
        add(journal, trap=trap)
    fired = [Happened(at=T0 + MINUTE, kind="alert.fired", subject=trap, data={}) for trap in ("flag", "disk")]
    journal.keep([Kept(trap=each.subject, watch=Watch(checked_at=each.at), happened=(each,)) for each in fired])
    assert {each.id: each.how for each in items(journal).values()} == {
        "a1": "its trap flag has really tripped", "a2": "its trap disk has really tripped", "a3": "",
        "a4": "its trap flag has really tripped",
    }  # fmt: skip


def test_items_outlast_the_retention_as_their_incident_does(journal: Journal) -> None:
    add(journal)
    acked(journal, proven=True)
    years = T0 + timedelta(days=3 * 365)
    while journal.thin(years):
        pass
    assert not items(journal)["a1"].open
    assert not journal.entries(kind="trap.")


def test_incidents_that_were_read_are_read_again_when_another_process_has_written(journal: Journal, tmp_path: Path) -> None:
    add(journal)
    before = journal.incidents()
    before.clear()
    assert set(items(journal)) == {"a1"}, "what was given away is nobody else's"
    other = open_journal(tmp_path, FakeClock(T0))
    add(other, trap="disk")
    assert set(items(journal)) == {"a1", "a2"}
    acked(other, proven=True, trap="disk")
    other.close()
    assert not items(journal)["a2"].open


def test_an_item_whose_trap_was_changed_waits_for_the_new_one(journal: Journal) -> None:
    add(journal)
    journal.change_incident("i1", Change.ITEM_EDITED, who="ana", at=T0, data={"item": "a1", "trap": 'odd " name'})
    acked(journal, proven=True)
    assert items(journal)["a1"].open
    acked(journal, proven=True, trap='odd " name')
    assert not items(journal)["a1"].open


def test_an_entry_that_nobody_can_read_holds_up_no_proof(journal: Journal, tmp_path: Path) -> None:
    add(journal)
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as db:
        row = (T0.timestamp(), Change.ITEM_ADDED.value, "ana", "", "i1", "{no json")
        db.execute("INSERT INTO entry (at, kind, who, source, subject, data) VALUES (?, ?, ?, ?, ?, ?)", row)
        db.commit()
    acked(journal, proven=True)
    assert not items(journal)["a1"].open
