"""A journal that another process holds, or that somebody wrote nonsense into: what is known goes on being shown."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit.config.model import Config
from cockpit.core.traps import TrapState, Watch
from cockpit.engine.journal import Journal, JournalError, open_journal
from cockpit.engine.machine import Here
from cockpit.testing import FakeClock
from support.known import put_watch

CLOCK = FakeClock()
NOW = CLOCK.now()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(open_journal(tmp_path, CLOCK)) as opened:
        yield opened


@pytest.fixture
def hog(tmp_path: Path, journal: Journal) -> Iterator[sqlite3.Connection]:
    """Another connection to the journal's file."""
    with closing(sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)) as other:
        yield other


def test_who_reads_waits_neither_for_another_process_nor_for_a_write_that_waits(journal: Journal, hog: sqlite3.Connection) -> None:
    put_watch(journal, "disk", Watch(state=TrapState.ARMED, checked_at=NOW))
    hog.execute("BEGIN EXCLUSIVE")
    failed = list[JournalError]()

    def writes() -> None:
        try:
            journal.note("disk", "ana", "hello", NOW)
        except JournalError as error:
            failed.append(error)

    writer = threading.Thread(target=writes)
    writer.start()
    began = time.monotonic()
    with pytest.raises(JournalError, match="the journal is busy: what others did may be missing"):
        journal.watches()
    assert time.monotonic() - began < 2
    assert writer.is_alive(), "the write still waits"
    hog.execute("ROLLBACK")
    writer.join(10)
    assert not failed
    assert journal.watches()["disk"].state is TrapState.ARMED


def test_a_locked_journal_is_opened_soon_and_written_once_it_is_free(
    tmp_path: Path, journal: Journal, hog: sqlite3.Connection
) -> None:
    hog.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    with closing(open_journal(tmp_path, CLOCK)) as other:
        assert time.monotonic() - began < 2
        with pytest.raises(JournalError, match="busy"):
            other.watches()
        assert other.problem == "", "nobody has tried to write yet"
        hog.execute("ROLLBACK")
        other.note("disk", "ana", "hello", NOW)
        assert [note.text for note in other.marks(NOW).notes["disk"]] == ["hello"]


def test_this_machine_shows_what_it_read_last_and_says_that_it_did(journal: Journal, hog: sqlite3.Connection) -> None:
    here = Here(Config(), journal, CLOCK)
    put_watch(journal, "disk", Watch(state=TrapState.TRIPPED, checked_at=NOW, tripped_at=NOW))
    journal.ack("disk", 0, "ana", "mine", NOW)
    assert here.watches()["disk"].state is TrapState.TRIPPED
    assert here.marks().acks["disk"].who == "ana"
    assert here.remarks == ()
    hog.execute("BEGIN EXCLUSIVE")
    assert here.watches()["disk"].state is TrapState.TRIPPED
    assert here.marks().acks["disk"].who == "ana"
    remark = " | ".join(list(here.remarks))
    assert remark.endswith(": the journal is busy: what others did may be missing")
    hog.execute("ROLLBACK")
    here.watches(), here.marks()
    assert here.remarks == ()


@pytest.mark.parametrize("bad", [1e300, "no time at all", b"\xff"])
def test_an_acknowledgement_that_cannot_be_read_hides_no_other(journal: Journal, hog: sqlite3.Connection, bad: object) -> None:
    journal.ack("disk", 1, "ana", "mine", NOW)
    journal.ack("web", 1, "bea", "mine", NOW)
    journal.note("web", "bea", "hello", NOW)
    hog.execute("UPDATE ack SET at = ? WHERE alert = 'disk'", (bad,))
    marks = journal.marks(NOW)
    assert set(marks.acks) == {"web"}
    assert marks.notes["web"]
    assert [each.partition(": ")[2] for each in journal.remarks] == ["1 of its acknowledgements cannot be read and were left out"]
    hog.execute("DELETE FROM ack WHERE alert = 'disk'")
    journal.marks(NOW)
    assert journal.remarks == ()


def test_readings_and_layouts_that_cannot_be_read_are_left_out(journal: Journal, hog: sqlite3.Connection) -> None:
    for n, values in enumerate(({"used": 1.0}, {"used": 2.0}, {"used": 3.0, "free": 1.0})):
        at = NOW + timedelta(seconds=n)
        put_watch(journal, "disk", Watch(checked_at=at), values)
    hog.execute("UPDATE reading SET numbers = x'00' WHERE at = ?", (NOW.timestamp(),))
    hog.execute("UPDATE layout SET names = '[1' WHERE id = 2")
    assert [value for _, value in journal.readings("disk", "used", NOW - timedelta(hours=1))] == [2.0]
    assert len(journal.remarks) == 2


def test_a_watch_with_a_time_without_a_zone_is_left_out_and_texts_are_harmless(journal: Journal, hog: sqlite3.Connection) -> None:
    put_watch(journal, "good", Watch(reason="x\x9b31m\u202ered", rest_by="a\u202eb", checked_at=NOW))
    put_watch(journal, "bad", Watch(checked_at=NOW))
    hog.execute("UPDATE watch SET body = replace(body, 'Z\"', '\"') WHERE trap = 'bad'")
    watches = journal.watches()
    assert set(watches) == {"good"}
    assert not {"\x9b", "\u202e"} & set(watches["good"].reason + watches["good"].rest_by)
    assert any("1 of its watches" in remark for remark in journal.remarks)


def test_whatever_cannot_be_read_is_the_journals_error_and_no_bug(journal: Journal, hog: sqlite3.Connection) -> None:
    journal.beat("backup", NOW)
    hog.execute("UPDATE beat SET at = 1e300")
    with pytest.raises(JournalError, match="it holds what cannot be read"):
        journal.last_beat("backup")
