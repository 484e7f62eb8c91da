"""The journal: what people and traps leave behind is there for every process, and for the next one after a crash."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.traps import Reading, TrapState, Watch
from cockpit.engine import journal_file
from cockpit.engine.alive import boot, lives, owner
from cockpit.engine.journal import Happened, Journal, JournalError, Kept, open_journal
from cockpit.provider import Conflict, NotFound
from support.known import put_watch
from support.turned import TurnedClock

T0 = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def journal(state: Path) -> Iterator[Journal]:
    with closing(open_journal(state, TurnedClock())) as opened:
        yield opened


def a_run(number: int = 1, state: RunState = RunState.PENDING) -> Run:
    start = Start("free-disk", {"path": "/"})
    return Run(
        id=f"r{number}", at=T0 + timedelta(seconds=number), who="ana", action=start, what="free-disk", target="/", state=state
    )


def looked(at: datetime, **values: float) -> Watch:
    return Watch(state=TrapState.ARMED, since=at, checked_at=at, good_at=at, reading=Reading(values, "fine"), reason="")


def happened(number: int, kind: str = "alert.fired", subject: str = "root-disk") -> Happened:
    return Happened(at=T0 + timedelta(seconds=number), kind=kind, source="local", subject=subject, data={"n": number})


# -- what is written down


def test_entries_come_newest_first_and_by_subject_kind_and_time(journal: Journal) -> None:
    journal.record_many([happened(1), happened(2, "alert.resolved"), happened(3, "alerting"), happened(4, subject="other")])
    assert [each.data["n"] for each in journal.entries()] == [4, 3, 2, 1]
    assert [each.data["n"] for each in journal.entries(kind="alert.")] == [4, 2, 1]
    assert [each.data["n"] for each in journal.entries(subject="root-disk", limit=2)] == [3, 2]
    assert [each.data["n"] for each in journal.entries(since=T0 + timedelta(seconds=3))] == [4, 3]
    newest = journal.entries(limit=1)[0]
    assert (newest.at, newest.source, newest.subject) == (T0 + timedelta(seconds=4), "local", "other")


def test_times_come_back_to_the_microsecond(journal: Journal) -> None:
    at = datetime(2026, 11, 23, 3, 12, 44, 123457, tzinfo=UTC)
    journal.record("beat", at=at)
    assert journal.entries()[0].at == at


def test_many_entries_are_written_together_or_not_at_all(journal: Journal) -> None:
    def broken() -> Iterator[Happened]:
        yield happened(1)
        raise ValueError("the second one never came")

    with pytest.raises(ValueError, match="never came"):
        journal.record_many(broken())
    assert journal.entries() == ()


def test_a_watch_comes_back_as_it_was_and_another_journal_sees_it(journal: Journal, state: Path) -> None:
    watch = Watch(state=TrapState.TRIPPED, checked_at=T0, reading=Reading({"used_percent": 93.0}, "93 %"), tripped_at=T0, firing=2)
    put_watch(journal, "root-disk", watch, {"used_percent": 93.0})
    with closing(open_journal(state, TurnedClock())) as other:
        assert other.watches() == {"root-disk": watch}
        assert other.readings("root-disk", "used_percent", T0) == ((T0.timestamp(), 93.0),)
        assert other.readings("root-disk", "unknown", T0) == ()
        assert other.readings("unknown", "used_percent", T0) == ()


def test_a_watch_that_cannot_be_read_is_not_known_which_is_blind(journal: Journal, state: Path) -> None:
    put_watch(journal, "good", looked(T0))
    put_watch(journal, "odd", looked(T0))
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw, raw:
        raw.execute("""UPDATE watch SET body = '{"state": "dreaming"}' WHERE trap = 'odd'""")
    assert set(journal.watches()) == {"good"}


def test_old_readings_become_five_minute_medians(journal: Journal) -> None:
    now = T0 + timedelta(days=20)
    begin = datetime.fromtimestamp(int((now - timedelta(hours=60)).timestamp()) // 300 * 300, UTC)
    for i in range(30):  # three buckets of ten looks, with one wild value in each
        numbers = {"used": 999.0 if i % 10 == 4 else float(i // 10), "b": 1.0}
        put_watch(journal, "disk", looked(begin + timedelta(seconds=30 * i)), numbers)
    recent = now - timedelta(hours=1)
    put_watch(journal, "disk", looked(recent), {"used": 50.0, "b": 1.0})
    while journal.thin(now, rows=7):
        pass
    middle = begin.timestamp() + 150
    assert journal.readings("disk", "used", T0 - timedelta(days=1)) == (
        (middle, 0.0),
        (middle + 300, 1.0),
        (middle + 600, 2.0),
        (recent.timestamp(), 50.0),
    )


def test_a_look_that_names_its_numbers_anew_each_time_does_not_fill_the_file(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cockpit.engine.traps_table.MOST_LAYOUTS", 3)
    for i in range(6):
        at = T0 + timedelta(seconds=i)
        put_watch(journal, "odd", looked(at), {f"number-{i}": 1.0})
    assert [len(journal.readings("odd", f"number-{i}", T0)) for i in range(6)] == [1, 1, 1, 0, 0, 0]
    assert journal.watches()["odd"].checked_at == T0 + timedelta(seconds=5)


def test_the_last_heartbeat_told_counts_even_after_the_clock_was_set_back(journal: Journal) -> None:
    assert journal.last_beat("backup") is None
    journal.beat("backup", T0 + timedelta(hours=1))
    journal.beat("backup", T0)  # safety 20
    assert journal.last_beat("backup") == T0
    assert [each.kind for each in journal.entries(subject="backup")] == ["beat", "beat"]


# -- what people mark


def test_an_ack_belongs_to_one_person_and_one_firing(journal: Journal) -> None:
    journal.ack("root-disk", 1, "ana", "on it", T0)
    with pytest.raises(Conflict, match="ana has had root-disk since 03:12 UTC"):  # safety 25
        journal.ack("root-disk", 1, "bo", "", T0)
    journal.ack("root-disk", 1, "ana", "still on it", T0)
    assert journal.marks(T0).acks["root-disk"].note == "still on it"
    journal.ack("root-disk", 2, "bo", "", T0)  # it fired again: nobody has that one yet (safety 17)
    mark = journal.marks(T0).acks["root-disk"]
    assert (mark.who, mark.firing) == ("bo", 2)
    assert [each.who for each in journal.entries(kind="alert.acked")] == ["bo", "ana", "ana"]


def test_an_ack_can_be_taken_back_once(journal: Journal) -> None:
    journal.ack("root-disk", 1, "ana", "", T0)
    journal.unack("root-disk", "ana", T0)
    assert journal.marks(T0).acks == {}
    with pytest.raises(NotFound, match="nobody has acknowledged root-disk"):
        journal.unack("root-disk", "ana", T0)
    assert [each.kind for each in journal.entries()] == ["alert.unacked", "alert.acked"]


def test_silences_are_shown_until_they_end_by_time_or_by_hand(journal: Journal) -> None:
    hour = timedelta(hours=1)
    running = journal.silence("alertname=a", T0, T0 + hour, "ana", "deploy")
    coming = journal.silence("alertname=b", T0 + hour, T0 + 2 * hour, "bo", "")
    assert {each.ref.id for each in journal.marks(T0).silences} == {running, coming}
    assert {each.ref.id for each in journal.marks(T0 + hour).silences} == {coming}
    journal.unsilence(coming, "ana", T0)
    assert {each.ref.id for each in journal.marks(T0).silences} == {running}
    for gone in (coming, "s-unknown"):
        with pytest.raises(NotFound, match=gone):
            journal.unsilence(gone, "ana", T0)
    assert sorted(each.kind for each in journal.entries()) == ["silence.ended", "silence.made", "silence.made"]
    soon = T0 + hour + timedelta(minutes=59)
    assert {each.ref.id for each in journal.marks(soon).ended} == {running}
    assert journal.marks(soon + timedelta(minutes=2)).ended == ()


def test_a_silence_is_changed_where_it_stands_and_not_where_it_has_ended(journal: Journal) -> None:
    hour = timedelta(hours=1)
    made = journal.silence("alertname=a", T0, T0 + hour, "ana", "deploy")
    journal.change_silence(made, "alertname=b", T0 + 2 * hour, "bo", "longer", True, T0)
    (silence,) = journal.marks(T0).silences
    assert (silence.match, silence.ends_at, silence.who) == ("alertname=b", T0 + 2 * hour, "bo")
    assert (silence.comment, silence.until_resolved) == ("longer", True)
    for gone, at in ((made, T0 + 2 * hour), ("s-unknown", T0)):
        with pytest.raises(NotFound, match=gone):
            journal.change_silence(gone, "alertname=c", at + hour, "bo", "", False, at)
    (changed, _) = journal.entries()
    assert (changed.kind, changed.who, changed.data["until"]) == ("silence.changed", "bo", "resolved")


def test_the_latest_twenty_notes_of_the_last_thirty_days_are_shown_oldest_first(journal: Journal) -> None:
    journal.note("root-disk", "ana", "ancient", T0 - timedelta(days=31))
    for i in range(25):
        journal.note("root-disk", "ana", f"note {i}", T0 + timedelta(seconds=i))
    journal.note("other", "bo", "mine", T0)
    notes = journal.marks(T0 + timedelta(minutes=1)).notes
    assert [each.text for each in notes["root-disk"]] == [f"note {i}" for i in range(5, 25)]
    assert [each.who for each in notes["other"]] == ["bo"]
    assert len(journal.entries(kind="alert.noted")) == 27


def test_a_rest_that_someone_wrote_meanwhile_outlives_the_looks_of_the_keeper(journal: Journal) -> None:
    until = T0 + timedelta(hours=1)
    resting = Watch(rest_until=until, rest_by="ana", rest_why="deploy")
    journal.change_watch("disk", lambda _: resting, Happened(at=T0, kind="trap.disarmed", subject="disk", who="ana"))
    kept = journal.keep([Kept(trap="disk", watch=looked(T0, used=1.0), values={"used": 1.0})])
    assert (kept["disk"].rest_until, kept["disk"].rest_by, kept["disk"].state) == (until, "ana", TrapState.ARMED)
    assert journal.watches() == kept
    after = journal.keep([Kept(trap="disk", watch=looked(until), happened=(happened(5),))])
    assert after["disk"].rest_until is None
    assert [each.kind for each in journal.entries(subject="disk")] == ["trap.armed", "trap.disarmed"]


# -- runs


def test_a_run_is_kept_and_updated(journal: Journal) -> None:
    journal.put_run(a_run(1))
    journal.put_run(a_run(2, RunState.RUNNING))
    journal.put_run(a_run(1, RunState.CONFIRMED))
    assert [(run.id, run.state) for run in journal.runs()] == [("r2", RunState.RUNNING), ("r1", RunState.CONFIRMED)]
    assert journal.runs(limit=1)[0].action == Start("free-disk", {"path": "/"})


def test_one_process_does_not_begin_the_same_thing_twice(journal: Journal) -> None:
    assert journal.begin_run(a_run(1), "free-disk /") is None
    other = journal.begin_run(a_run(2), "free-disk /")
    assert other is not None
    assert other.id == "r1"
    assert journal.begin_run(a_run(3), "free-disk /var") is None
    assert journal.begin_run(a_run(4)) is None
    assert journal.begin_run(a_run(5)) is None  # no key, no exclusion
    journal.put_run(a_run(1, RunState.CONFIRMED))
    assert journal.begin_run(a_run(6), "free-disk /") is None
    assert {run.id for run in journal.runs()} == {"r1", "r3", "r4", "r5", "r6"}


def test_a_run_that_another_version_wrote_is_left_out_but_never_done_twice(journal: Journal, state: Path) -> None:
    journal.begin_run(a_run(1), "free-disk /")
    journal.put_run(a_run(2))
    with closing(sqlite3.connect(state / "journal.sqlite")) as raw, raw:
        raw.execute("""UPDATE run SET body = '{"action": {"type": "teleport"}}' WHERE id = 'r1'""")
    assert [run.id for run in journal.runs()] == ["r2"]
    with pytest.raises(JournalError, match="another version of the cockpit, does the same now"):
        journal.begin_run(a_run(3), "free-disk /")
    assert journal.problem == ""


def test_a_reused_process_number_or_another_boot_is_another_process() -> None:
    me = owner(os.getpid())
    assert lives(me)
    assert not lives(type(me)(me.pid, me.started + 1, me.boot))
    assert not lives(type(me)(me.pid, me.started, boot() + "x"))
    dead = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    them = owner(dead.pid)
    assert lives(them)
    dead.kill()
    os.waitid(os.P_PID, dead.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(them)  # dead, though nobody has collected it yet
    dead.communicate()
    assert not lives(them)


# -- the lease


def test_a_lease_is_renewed_by_its_holder_and_refused_to_others_while_fresh(state: Path) -> None:
    clock = TurnedClock()
    with (
        closing(open_journal(state, clock)) as journal,
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other,
    ):
        assert journal.take_lease(other.pid, clock.now(), 15)
        assert not journal.take_lease(os.getpid(), clock.now(), 15)
        clock.skip(14)
        assert journal.take_lease(other.pid, clock.now(), 15)
        clock.skip(14)
        assert not journal.take_lease(os.getpid(), clock.now(), 15)
        clock.step_wall(3600)  # safety 20: a wall clock that steps makes no second keeper
        assert not journal.take_lease(os.getpid(), clock.now(), 15)
        clock.skip(2)
        assert journal.take_lease(os.getpid(), clock.now(), 15)
        lease = journal.lease()
        assert lease is not None
        assert (lease.pid, lease.renewed_at) == (os.getpid(), clock.now())
        journal.drop_lease(other.pid)  # not its own any more
        assert journal.lease() is not None
        assert not journal.take_lease(other.pid, clock.now(), 15)
        journal.drop_lease(os.getpid())
        assert journal.lease() is None
        assert journal.take_lease(other.pid, clock.now(), 15)
        other.kill()
        other.wait()
        assert journal.take_lease(os.getpid(), clock.now(), 15)  # its holder is gone: no need to wait


# -- several at once, and crashes

_CHILD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from cockpit.core.actions import Run, RunState, Start
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
journal = open_journal(Path(sys.argv[1]), SystemClock())
tell = lambda *words: print(*words, flush=True)
"""


def child(state: Path, work: str, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", _CHILD + work, str(state), *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_nothing_that_was_acknowledged_is_lost_when_the_writer_is_killed(state: Path) -> None:
    # safety 25
    work = """
number = int(sys.argv[2])
while True:
    at = datetime.now(UTC)
    journal.ack(f"alert-{number}", 1, "ana", "", at)
    tell("ack", number)
    run = Run(id=f"r{number}", at=at, who="ana", action=Start("b"), what="b", target="", state=RunState.RUNNING)
    journal.begin_run(run, f"key-{number}")
    tell("run", number)
    number += 1
"""
    told: list[tuple[str, int]] = []
    for round_ in range(5):
        with child(state, work, str(round_ * 10_000)) as writer:
            assert writer.stdout is not None
            for line in writer.stdout:
                kind, number = line.split()
                told.append((kind, int(number)))
                if len(told) % 23 == 0:
                    writer.send_signal(signal.SIGKILL)
                    break
            told += [(kind, int(number)) for kind, number in (line.split() for line in writer.stdout)]
    with closing(open_journal(state, TurnedClock())) as journal:
        acks = journal.marks(T0).acks
        assert [number for kind, number in told if kind == "ack" and f"alert-{number}" not in acks] == []
        runs = {run.id: run.state for run in journal.runs(limit=10_000)}
        assert {runs.get(f"r{number}") for kind, number in told if kind == "run"} == {RunState.UNCERTAIN}
        assert journal.remarks == ()
        written = {each.data["run"] for each in journal.entries(kind="run.uncertain", limit=10_000)}
        assert written == set(runs)
        assert {run.state for run in journal.runs(limit=10_000)} == {RunState.UNCERTAIN}
        assert len(journal.entries(kind="run.uncertain", limit=10_000)) == len(runs)  # written down once


def test_of_two_processes_that_begin_the_same_thing_one_wins_and_the_other_is_told(state: Path, journal: Journal) -> None:
    # safety 25
    work = """
for number in range(30):
    sys.stdin.readline()
    at = datetime.now(UTC)
    run = Run(id=f"{sys.argv[2]}-{number}", at=at, who=sys.argv[2], action=Start("b"), what="b", target="", state=RunState.RUNNING)
    other = journal.begin_run(run, f"key-{number}")
    tell(other.id if other is not None else "mine")
sys.stdin.readline()
"""
    with child(state, work, "ana") as ana, child(state, work, "bo") as bo:
        for number in range(30):
            for each in (ana, bo):
                assert each.stdin is not None
                each.stdin.write("go\n")
                each.stdin.flush()
            assert ana.stdout is not None
            assert bo.stdout is not None
            said = (ana.stdout.readline().strip(), bo.stdout.readline().strip())
            assert said in {("mine", f"ana-{number}"), (f"bo-{number}", "mine")}
        assert len(journal.runs()) == 30
        ana.kill()
        bo.kill()
        ana.wait()
        bo.wait()
        assert journal.begin_run(a_run(1), "key-3") is None  # whoever had it is gone, and its run written off
        assert len([run for run in journal.runs() if run.state is RunState.UNCERTAIN]) == 30


def test_processes_and_threads_that_write_at_once_wait_for_each_other(state: Path, journal: Journal) -> None:
    work = """
for number in range(60):
    journal.record("alert.fired", at=datetime.now(UTC), subject=sys.argv[2])
"""
    writers = [child(state, work, f"p{i}") for i in range(3)]

    def write(name: str) -> None:
        for _ in range(30):
            journal.record("alert.fired", at=T0, subject=name)

    threads = [threading.Thread(target=write, args=(f"t{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.communicate()
        assert writer.returncode == 0
    counts = {name: len(journal.entries(subject=name)) for name in ("p0", "p1", "p2", "t0", "t1", "t2", "t3")}
    assert counts == {"p0": 60, "p1": 60, "p2": 60, "t0": 30, "t1": 30, "t2": 30, "t3": 30}


def test_a_journal_that_stays_busy_says_so_and_recovers(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # safety 24
    monkeypatch.setattr(journal_file, "BUSY_SECONDS", 0.05)
    with closing(open_journal(state, TurnedClock())) as journal, closing(sqlite3.connect(state / "journal.sqlite")) as hog:
        journal.record("beat", at=T0)
        hog.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="busy"):
            journal.record("beat", at=T0)
        assert "busy" in journal.problem
        assert len(journal.entries()) == 1
        hog.rollback()
        journal.record("beat", at=T0)
        assert journal.problem == ""


def test_opening_the_journal_imports_no_event_loop_no_screen_and_no_psutil(state: Path) -> None:
    heavy = "{'asyncio', 'textual', 'httpx', 'psutil', 'keyring'}"
    with child(state, f"tell(*sorted({heavy} & set(sys.modules)), 'ok')") as process:
        assert process.communicate()[0].split() == ["ok"]
