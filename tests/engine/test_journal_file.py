"""The journal's file on a bad day: in the way of others, damaged, full, read-only, gone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.engine.journal import Journal, JournalError, open_journal
from support.real import need
from support.turned import TurnedClock

T0 = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def opened(state: Path) -> closing[Journal]:
    return closing(open_journal(state, TurnedClock()))


def written(state: Path, subject: str = "root-disk") -> None:
    with opened(state) as journal:
        journal.record("alert.fired", at=T0, subject=subject)


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def modes(state: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in (state, *state.iterdir())}


@pytest.mark.parametrize("mask", [0o022, 0o000, 0o277])
def test_nobody_else_can_read_what_is_written_whatever_the_umask(state: Path, mask: int) -> None:
    # safety 21
    with umask(mask), opened(state) as journal:
        journal.record("alert.fired", at=T0)
        assert journal.remarks == ()
    assert modes(state) == {"state": 0o700, "journal.sqlite": 0o600, "journal.sqlite-journal": 0o600}


def test_looser_modes_are_remarked_on_with_the_way_to_mend_them(state: Path) -> None:
    # safety 21
    written(state)
    state.chmod(0o755)
    (state / "journal.sqlite").chmod(0o644)
    with opened(state) as journal:
        directory, file = journal.remarks
        assert directory.endswith(f"{state} (mode 0755): chmod 700 {state}")
        assert file.endswith(f"chmod 600 {state / 'journal.sqlite'}")
        journal.record("beat", at=T0)


@pytest.mark.parametrize("what", ["", "journal.sqlite"])
@pytest.mark.parametrize("loose", [0o720, 0o702])
def test_what_others_may_write_to_is_refused_until_that_is_mended(state: Path, what: str, loose: int) -> None:
    # safety 21
    written(state)
    (state / what).chmod(loose)
    with opened(state) as journal:
        assert f"refused, because others may write to {state / what} (mode {loose:04o}): chmod" in journal.problem
        with pytest.raises(JournalError, match="others may write"):
            journal.record("beat", at=T0)
        (state / what).chmod(0o600 if what else 0o700)
        journal.record("beat", at=T0)
        assert journal.problem == ""


def test_a_symbolic_link_in_the_way_is_refused(state: Path, tmp_path: Path) -> None:
    # safety 21
    victim = tmp_path / "victim"
    state.mkdir(mode=0o700)
    (state / "journal.sqlite").symlink_to(victim)
    with opened(state) as journal:
        assert "refused, because it is a symbolic link" in journal.problem
        with pytest.raises(JournalError, match="symbolic link"):
            journal.record("beat", at=T0)
        assert journal.entries() == ()
        assert not victim.exists()
        (state / "journal.sqlite").unlink()
        journal.record("beat", at=T0)
        assert journal.problem == ""


def test_a_state_directory_that_is_a_symbolic_link_is_refused(state: Path, tmp_path: Path) -> None:
    # safety 21
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    state.symlink_to(elsewhere)
    with opened(state) as journal:
        assert "symbolic link" in journal.problem
    assert list(elsewhere.iterdir()) == []


@pytest.mark.real
@pytest.mark.parametrize("what", ["state", "state/journal.sqlite"])
def test_what_belongs_to_somebody_else_is_refused(state: Path, tmp_path: Path, what: str) -> None:
    # safety 21
    _need_root()
    written(state)
    os.chown(tmp_path / what, 65534, 65534)
    with opened(state) as journal:
        assert "belongs to user id 65534" in journal.problem
        assert journal.entries() == ()
        with pytest.raises(JournalError, match="belongs to user id 65534"):
            journal.record("beat", at=T0)


def _not_a_database(file: Path) -> None:
    file.write_bytes(b"dear diary, " * 1000)


def _truncated(file: Path) -> None:
    os.truncate(file, file.stat().st_size // 2)


def _scribbled(file: Path) -> None:
    with file.open("r+b") as raw:
        raw.seek(100)
        raw.write(b"\xff" * 4000)


def _newer(file: Path) -> None:
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("PRAGMA user_version = 999")


def _another_program(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as raw:
        raw.execute("CREATE TABLE cookies (jar)")
    file.chmod(0o600)


def test_a_file_of_an_older_cockpit_is_brought_up_to_date_and_keeps_what_it_holds(state: Path) -> None:
    with opened(state) as journal:
        journal.silence("trap=x", T0, T0 + timedelta(hours=1), "ana", "deploy")
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw:
        raw.execute("ALTER TABLE silence DROP COLUMN until_resolved")
        raw.execute("DROP TABLE page")
        raw.execute("DROP TABLE aftermath")
        raw.execute("DROP TABLE reading_3h")
        raw.execute("DROP INDEX entry_kind")
        raw.execute("PRAGMA user_version = 1")
    with opened(state) as journal:
        assert journal.pages() == ((), frozenset())
        assert journal.aftermaths() == ()
        (silence,) = journal.marks(T0).silences
        assert (silence.match, silence.until_resolved, journal.problem) == ("trap=x", False, "")
        journal.silence("trap=y", T0, T0 + timedelta(hours=2), "ana", "deploy", True)
        assert [each.until_resolved for each in journal.marks(T0).silences] == [False, True]


@pytest.mark.parametrize("harm", [_not_a_database, _truncated, _scribbled, _newer, _another_program])
def test_a_file_that_cannot_be_used_is_set_aside_whole_and_said_where(state: Path, harm: object) -> None:
    # safety 24
    assert callable(harm)
    written(state)
    harm(state / "journal.sqlite")
    before = (state / "journal.sqlite").read_bytes()
    with opened(state) as journal:
        aside = [
            path
            for path in state.iterdir()
            if path.name.startswith("journal.sqlite.broken-") and not path.name.endswith("-journal")
        ]
        assert len(aside) == 1
        assert aside[0].read_bytes() == before
        assert str(aside[0]) in journal.remarks[-1]
        assert journal.problem == ""
        assert journal.entries() == ()
        journal.record("beat", at=T0)
        assert len(journal.entries()) == 1
    with opened(state) as again:
        assert again.remarks == ()


def test_damage_found_while_in_use_costs_no_write(state: Path) -> None:
    # safety 24
    with opened(state) as journal:
        for _ in range(50):
            journal.record("alert.fired", at=T0, data={"fill": "x" * 1000})
        with (state / "journal.sqlite").open("r+b") as raw:
            raw.truncate(4096 * 3)
        journal.record("alert.fired", at=T0, subject="after")
        assert [each.subject for each in journal.entries()] == ["after"]
        assert journal.remarks[0].startswith("acks, disarms, silences are gone; damaged journal: ")


def test_damage_that_two_processes_find_is_set_aside_once(state: Path) -> None:
    written(state)
    with opened(state) as one, opened(state) as two:
        _truncated(state / "journal.sqlite")
        one.record("beat", at=T0, subject="one")
        two.record("beat", at=T0, subject="two")
        assert {each.subject for each in one.entries()} == {"one", "two"}
    assert len([path for path in state.iterdir() if "broken" in path.name and not path.name.endswith("-journal")]) == 1


def test_a_second_damaged_file_in_the_same_second_overwrites_nothing(state: Path) -> None:
    clock = TurnedClock()
    for text in (b"first" * 300, b"second" * 300):
        state.mkdir(mode=0o700, exist_ok=True)
        (state / "journal.sqlite").write_bytes(text)
        open_journal(state, clock).close()
    kept = {path.read_bytes() for path in state.iterdir() if "broken" in path.name and not path.name.endswith("-journal")}
    assert kept == {b"first" * 300, b"second" * 300}


def test_a_state_directory_that_vanishes_while_in_use_is_made_anew(state: Path) -> None:
    with opened(state) as journal:
        journal.record("alert.fired", at=T0, subject="before")
        for path in state.iterdir():
            path.unlink()
        state.rmdir()
        journal.record("alert.fired", at=T0, subject="after")
        assert [each.subject for each in journal.entries()] == ["after"]
        assert "was removed or replaced while in use" in journal.remarks[0]
    with opened(state) as again:
        assert [each.subject for each in again.entries()] == ["after"]


def test_a_place_where_nothing_can_be_made_is_a_problem_until_it_can(tmp_path: Path) -> None:
    # safety 24
    blocked = tmp_path / "home"
    blocked.write_text("a file where a directory should be")
    with opened(blocked / "state") as journal:
        assert "cannot be made or opened (Not a directory)" in journal.problem
        assert (journal.entries(), journal.watches(), journal.runs(), journal.marks(T0).acks) == ((), {}, (), {})
        with pytest.raises(JournalError, match="nothing is written down until that is mended"):
            journal.record("beat", at=T0)
        blocked.unlink()
        journal.record("beat", at=T0)
        assert (journal.problem, len(journal.entries())) == ("", 1)


def test_a_closed_journal_says_so(state: Path) -> None:
    with opened(state) as journal:
        journal.close()
        assert journal.entries() == ()
        with pytest.raises(JournalError, match="is closed"):
            journal.record("beat", at=T0)


@pytest.mark.real
def test_a_full_disk_is_said_and_what_is_there_can_still_be_read(tmp_path: Path) -> None:
    # safety 24
    with _small_disk(tmp_path) as disk, opened(disk / "state") as journal:
        journal.record("alert.fired", at=T0, subject="before")
        ballast = disk / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(b"x" * 4_000_000)
        with pytest.raises(JournalError, match="the disk is full"):
            journal.record("alert.fired", at=T0, subject="full", data={"fill": "x" * 200_000})
        assert "the disk is full; nothing is written down until that is mended" in journal.problem
        assert journal.entries()[-1].subject == "before"
        ballast.unlink()
        journal.record("alert.fired", at=T0, subject="after")
        assert journal.problem == ""
        assert {each.subject for each in journal.entries()} == {"before", "after"}


@pytest.mark.real
def test_a_disk_with_no_room_even_to_begin_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    # safety 24
    with _small_disk(tmp_path) as disk:
        ballast = disk / "ballast"
        with pytest.raises(OSError, match="No space left"):
            ballast.write_bytes(b"x" * 4_000_000)
        with opened(disk / "state") as journal:
            assert journal.problem
            with pytest.raises(JournalError):
                journal.record("beat", at=T0)
            ballast.unlink()
            journal.record("beat", at=T0)
            assert (journal.problem, len(journal.entries())) == ("", 1)


@pytest.mark.real
def test_a_read_only_home_is_said_at_once_and_read_from(tmp_path: Path) -> None:
    # safety 24
    with _small_disk(tmp_path) as disk:
        written(disk / "state", "before")
        subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
        with opened(disk / "state") as journal:
            assert "read-only" in journal.problem
            assert [each.subject for each in journal.entries()] == ["before"]
            with pytest.raises(JournalError, match="read-only"):
                journal.record("beat", at=T0)
            subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
            journal.record("beat", at=T0)
            assert journal.problem == ""


@contextmanager
def _small_disk(tmp_path: Path) -> Iterator[Path]:
    _need_root()
    need("mount", "umount")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=300k,mode=700", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        _lacking(f"needs a mount of its own: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def _need_root() -> None:
    if os.geteuid() != 0:
        _lacking("needs to be root, to mount and to give files away")


def _lacking(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


_NO_DESCRIPTORS = """
import os, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import JournalError, open_journal
state, now = Path(sys.argv[1]), datetime.now(UTC)
journal = open_journal(state, SystemClock())
journal.record("beat", at=now)
journal.close()
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) - 1, hard))
journal = open_journal(state, SystemClock())
try:
    journal.record("beat", at=now)
except JournalError as error:
    print(error)
print(len(journal.entries()), bool(journal.problem))
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
journal.record("beat", at=now)
print(len(journal.entries()), bool(journal.problem), journal.remarks)
"""


def test_out_of_descriptors_is_said_and_mends_itself(state: Path) -> None:
    # safety 24
    ended = subprocess.run([sys.executable, "-c", _NO_DESCRIPTORS, str(state)], capture_output=True, text=True, check=True)
    said, during, after = ended.stdout.splitlines()
    assert "it cannot be opened (no right, no descriptors left" in said
    assert (during, after) == ("0 True", "2 False ()")
