"""An engine is recorded while it lives: what it sees, what is done and printed, what the journal gets; and nothing secret."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Ack, RunState, Start
from cockpit.core.alerts import AlertState, Ref
from cockpit.core.incidents import Change
from cockpit.core.recorded_entries import KEPT
from cockpit.core.recordings import ENDED, STARTED
from cockpit.core.roster import Contact, Person
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.traps import Trap
from cockpit.core.units import Seconds, bound
from cockpit.core.watchrule import WatchRule
from cockpit.core.ways_back import WayBack
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Happened, open_journal
from cockpit.engine.recording import Recorder
from cockpit.engine.recording_file import checksum
from cockpit.engine.recording_in import NotReplayed, opened, was_ended
from cockpit.engine.recording_out import NotRecorded
from cockpit.engine.recordings import recordings
from cockpit.testing import FakeClock, FakeProvider, as_class
from support.recordings import replayed, unpacked
from support.waiting import wait

SECRET = "hunter2-sesame/street"
ANA = Person(id="ana", name="Ana", contacts=(Contact(via="phone", to="+55 11 5555 0100"),))
BOOKS = {
    "tells": Runbook(
        name="tells", title="Tells", steps=(Step(RunStep(("sh", "-c", 'echo "token $0"', SECRET))), Step(RunStep(("echo", "done"))))
    ),
}


class Rig:
    """An engine over one fake source and this machine, recorded."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.clock, self.am = FakeClock(), FakeProvider("am")
        self.am.fire("HighErrorRate", where="web-3", annotations={"curl": f"-H 'Token: {SECRET}'"})
        source = SourceConfig(name="am", provider="am", every=Seconds(15.0))
        given: dict[str, Any] = {
            "me": ("ana",), "people": {"ana": ANA}, "sources": {"am": source}, "runbooks": BOOKS,
            "watch": WatchRule(beat="env:BEAT_OUTSIDE"),
        }  # fmt: skip
        self.config = Config(**given | config)
        self.journal = open_journal(folder / "state", self.clock)
        self.engine = Engine(
            self.config, self.journal, self.clock, load_provider=self._provider,
            load_probe=partial(plugins.load, plugins.PROBES), state_dir=folder / "state",
        )  # fmt: skip
        self.path, self.place = folder / "a.rec", folder / "replay"
        self.recorder: Recorder | None = None

    def _provider(self, name: str) -> type:
        return as_class(self.am) if name == "am" else plugins.load(plugins.PROVIDERS, name)

    def begun(self) -> Rig:
        self.engine.start()
        wait(lambda: len(self.engine.view.alerts) == 1, "the alert")
        self.recorder = Recorder(self.path, self.config, self.clock)
        self.recorder.follow(self.engine)
        return self

    def has(self, condition: Callable[[bytes], object], what: str) -> None:
        """Wait until what is in the file is so."""
        wait(lambda: condition(unpacked(self.path)), what)

    def end(self) -> None:
        if self.recorder is not None:
            self.recorder.stop()
        self.engine.stop()
        self.journal.close()


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("BEAT_OUTSIDE", SECRET)
    made = Rig(tmp_path)
    yield made
    made.end()


def test_what_was_seen_done_and_printed_is_replayed_and_no_secret_is_in_it(rig: Rig) -> None:  # safety 22
    rig.begun()
    rig.has(lambda data: b"web-3" in data, "the alert in the file")
    ref = next(iter(rig.engine.view.alerts)).alert.ref
    rig.clock.advance(5.0)
    rig.engine.ask(Ack((ref,)))
    wait(lambda: any(run.state is RunState.ACCEPTED or run.state.settled for run in rig.engine.view.runs), "the ack")
    rig.clock.advance(5.0)
    run = rig.engine.ask(Start("tells"))
    wait(lambda: rig.engine.output(run).lines[-1:] and rig.engine.view.runs[0].state.settled, "the run's end")
    rig.has(lambda data: b"token ***" in data and b"done" in data, "its output in the file")
    rig.end()
    assert rig.recorder is not None
    assert rig.recorder.problem == ""
    data = unpacked(rig.path)
    for hidden in (SECRET.encode(), b"BEAT_OUTSIDE", b"5555 0100"):
        assert hidden not in data
    with replayed(rig.path, rig.place) as (replay, desk):
        (row,) = desk.view.alerts
        assert (row.alert.where, row.alert.state, row.alert.annotations["curl"]) == ("web-3", AlertState.FIRING, "-H 'Token: ***'")
        replay.seek(10.0)
        wait(lambda: len(desk.view.runs) == 2, "both runs")
        assert any("token ***" in line for line in desk.output(run).lines)
        assert replay.header.me == ("ana",)
        assert was_ended(replay.recording)


def test_what_a_trap_read_before_and_since_is_drawn(rig: Rig, tmp_path: Path) -> None:
    file, since = tmp_path / "grows", rig.clock.now().timestamp()
    file.write_bytes(b"x")
    os.utime(file, (since, since))
    trap = Trap(name="grows", probe="file", params={"path": str(file)}, trip=bound("size_bytes >= 5"), every=Seconds(30.0))
    rig.end()
    again = Rig(tmp_path / "other", traps={"grows": trap})
    (tmp_path / "other").mkdir(exist_ok=True)
    try:
        again.begun()
        again.has(lambda data: b"size_bytes" in data, "the readings in the file")
        file.write_bytes(b"xxxxxxx")
        os.utime(file, (since, since))
        began = again.clock.now()
        again.clock.advance_until(lambda: len(again.engine.view.alerts) == 2)
        again.has(lambda data: data.count(b"size_bytes") >= 2, "more readings")
        again.end()
        with replayed(again.path, again.place) as (replay, desk):
            replay.seek(replay.recording.length)
            wait(lambda: len(desk.view.alerts) == 2, "the trap's alert")
            points = desk.readings("grows", "size_bytes", began - timedelta(hours=1))
            assert [value for _, value in points][-1] == 7.0
    finally:
        again.end()


def test_the_journal_says_where_and_from_when_to_when(rig: Rig) -> None:
    rig.begun()
    rig.clock.advance(60.0)
    rig.end()
    journal = open_journal(rig.path.parent / "state", rig.clock)
    ended, started = journal.entries(kind="recording.")
    journal.close()
    assert (started.kind, ended.kind, started.subject, ended.subject) == (STARTED, ENDED, str(rig.path), str(rig.path))
    assert (ended.data["began"], ended.data["why"]) == (started.at.isoformat(), "")


def test_what_the_journal_gets_is_in_it_with_what_it_had_of_incidents(rig: Rig) -> None:
    rig.journal.record("incident.opened", at=rig.clock.now() - timedelta(days=9), subject="i1", data={"title": "Old one"})
    rig.begun()
    rig.has(lambda data: b"Old one" in data, "what was there before")
    rig.clock.advance(5.0)
    rig.journal.record("mark", at=rig.clock.now(), who="ana", data={"text": f"deployed with {SECRET}"})
    rig.has(lambda data: b"deployed with ***" in data, "what came since")
    rig.end()
    with replayed(rig.path, rig.place) as (replay, desk):
        assert list(desk.incidents()) == ["i1"]
        assert 5.0 in replay.recording.events
        assert SECRET.encode() not in unpacked(rig.path)


def test_of_the_journal_nothing_is_in_it_that_says_how_a_thing_is_done_or_where_it_goes(rig: Rig) -> None:  # safety 22
    now, journal = rig.clock.now(), rig.journal
    way = WayBack(
        values={"token": "canary-value"}, exact=(("POST", "https://10.9.8.7/canary-url", "canary-header", "canary-body"),)
    )
    journal.keep_way_back("r1", way, who="ana", at=now)
    journal.take_back("r1", by="u1", after="", who="ana", at=now)
    incident = journal.change_incident("", Change.OPENED, who="ana", at=now, data={"title": "Shop is down", "alerts": []}).id
    guard = {"trap": "shop", "look": "http url=https://10.9.8.7/canary-look", "trip": "seconds > 2", "would": "told of it"}
    journal.change_incident(incident, Change.ARMED, who="ana", at=now, data=guard)
    about: dict[str, dict[str, object]] = {
        "hand.command": {"command": "mysql -pcanary-typed"},
        "hand.step": {"run": "r1", "step": "canary-step"},
        "run.answered": {"run": "r1", "question": "canary-question", "answer": "canary-answer"},
        "run.ended": {"run": "r1", "what": "Restart", "state": "confirmed", "reason": "", "login": "canary-login"},
        "reader.ticked": {"book": "restart", "box": "canary-box"},
        "trap.laid": {"file": "/home/canary-file", "incident": incident, "lead": 60.0},
        "trap.tripped": {"text": "92 % used", "values": {"used_percent": 92.0}, "later": "canary-later"},
        "of.a.later.version": {"text": "canary-kind"},
    }
    for kind, data in about.items():
        journal.record(kind, at=now, who="ana", subject="shop", data=data)
    journal.record("address.told", at=now, who="ana", source="am", subject="canary-mail@example.com")
    rig.begun()
    rig.has(lambda data: b"92 % used" in data, "what the journal had")
    rig.end()
    assert sorted(set(re.findall(rb"canary-\w+|10\.9\.8\.7", unpacked(rig.path)))) == []
    with replayed(rig.path, rig.place) as (_, desk):
        wait(lambda: desk.incidents(), "the incident")
        followed = desk.follow_incident(incident)
        assert followed is not None
        assert [each.does for each in followed.incident.guards] == ["trips at seconds > 2"]
        assert any("trap shop armed after it: trips at seconds > 2; told of it" in line.text for line in followed.lines)


def test_every_change_of_an_incident_is_in_it() -> None:
    assert {each.value for each in Change} <= KEPT.keys()


def test_what_the_journal_gets_after_the_clock_stepped_back_is_in_it(rig: Rig) -> None:
    rig.begun()
    rig.journal.record("mark", at=rig.clock.now(), who="ana", data={"text": "before"})
    rig.has(lambda data: b"before" in data, "what was written by the clock that was ahead")
    rig.clock.step_wall(-3600)
    rig.journal.record("mark", at=rig.clock.now(), who="ana", data={"text": "since then"})
    rig.has(lambda data: b"since then" in data, "what was written by the clock that is right")


def test_a_journal_that_takes_the_place_of_another_is_followed(rig: Rig) -> None:
    rig.journal.record_many(Happened(at=rig.clock.now(), kind="mark", data={"text": f"old {number}"}) for number in range(50))
    rig.begun()
    rig.has(lambda data: b"old 49" in data, "the journal")
    for file in (rig.path.parent / "state").iterdir():
        file.rename(file.with_name(f"{file.name}.old"))
    rig.journal.record("mark", at=rig.clock.now(), who="ana", data={"text": "in a new file"})
    rig.has(lambda data: b"in a new file" in data, "what the new one has")


def test_all_that_was_written_into_an_incident_that_is_open_is_in_it_however_much_that_is(rig: Rig) -> None:
    at = rig.clock.now() - timedelta(days=9)
    opened = Happened(at=at, kind="incident.opened", subject="i1", data={"title": "Old one"})
    split = Happened(at=at, kind="incident.split", subject="i1", data={"title": "Out of it", "new": "i2", "alerts": ()})
    done = Happened(at=at, kind="incident.closed", subject="i1")
    noise = (Happened(at=at, kind="incident.noted", subject="i2", data={"text": f"note {number}"}) for number in range(2500))
    rig.journal.record_many((opened, split, done, *noise))
    long_ago = at - timedelta(days=90)
    rig.journal.record_many(
        (Happened(at=long_ago, kind="incident.opened", subject="i3", data={"title": "Forgotten"}),
         Happened(at=long_ago, kind="incident.closed", subject="i3"))
    )  # fmt: skip
    rig.begun()
    rig.has(lambda data: b"note 2499" in data, "what was there before")
    rig.end()
    with replayed(rig.path, rig.place) as (replay, desk):
        assert {each.id: each.title for each in desk.incidents().values()} == {"i1": "Old one", "i2": "Out of it"}
        assert len(replay.journal.entries(subject="i2", kind="incident.noted", limit=5000)) == 2500


def test_every_view_says_that_it_is_recorded_and_the_recording_does_not(rig: Rig) -> None:
    rig.begun()
    wait(lambda: f"recording to {rig.path}" in rig.engine.view.remarks, "the remark")
    rig.has(lambda data: b"web-3" in data, "the alert in the file")
    rig.end()
    assert b"recording to" not in unpacked(rig.path)


def test_a_full_disk_ends_the_recording_and_nothing_else(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:  # safety 24
    rig.begun()
    rig.has(lambda data: b"web-3" in data, "the alert in the file")
    write, room = os.write, 20

    def full(end: int, data: bytes) -> int:
        nonlocal room
        if end != rig.recorder._out._end:  # type: ignore[union-attr]  # begun
            return write(end, data)
        if not room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken, room = data[:room], 0
        return write(end, taken)

    monkeypatch.setattr(os, "write", full)
    told: list[str] = []
    assert rig.recorder is not None
    rig.recorder.on_problem = told.append
    whole = rig.path.stat().st_size
    rig.am.fire("DiskFull", where="db-1")
    rig.clock.advance_until(lambda: len(rig.engine.view.alerts) == 2)
    wait(lambda: told, "the recording's end")
    assert "No space left on device" in told[0]
    wait(lambda: told[0] in rig.engine.view.remarks, "the remark")
    assert rig.path.stat().st_size == whole  # nothing of what did not go in is left
    rig.engine.ask(Ack((Ref("am", next(row.alert.ref.id for row in rig.engine.view.alerts)),)))
    stopped = rig.clock.now()
    rig.clock.advance(3600.0)
    rig.end()
    with closing(open_journal(rig.path.parent / "state", rig.clock)) as journal:
        (film,) = recordings(journal, stopped - timedelta(minutes=30), rig.clock.now())
    assert film.until <= stopped, "an hour of which nothing was recorded is not in it"
    with replayed(rig.path, rig.place) as (_, desk):
        assert len(desk.view.alerts) == 1


def test_a_file_that_is_there_is_not_recorded_to(rig: Rig) -> None:
    rig.path.write_text("mine")
    with pytest.raises(NotRecorded, match="is there already, and is left as it is"):
        Recorder(rig.path, rig.config, rig.clock)
    assert rig.path.read_text() == "mine"


@pytest.mark.parametrize("room", [0, 20])
def test_a_file_into_which_nothing_goes_is_not_left_in_the_way(rig: Rig, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    write, made, left = os.write, rig.path, room  # safety 24

    def full(end: int, data: bytes) -> int:
        nonlocal left
        if not made.exists() or not os.path.samestat(os.fstat(end), made.stat()):
            return write(end, data)
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken, left = data[:left], max(0, left - len(data))
        return write(end, taken)

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        with pytest.raises(NotRecorded, match="No space left on device"):
            Recorder(rig.path, rig.config, rig.clock)
    assert not rig.path.exists()
    rig.recorder = Recorder(rig.path, rig.config, rig.clock)


def test_one_that_was_never_begun_is_no_recording_yet(rig: Rig) -> None:
    Recorder(rig.path, rig.config, rig.clock).stop()
    with pytest.raises(NotReplayed, match="nothing more"):
        opened(rig.path)


def test_the_recordings_of_a_time_are_known_by_the_journal_and_by_their_files(rig: Rig) -> None:
    rig.begun()
    began = rig.clock.now()
    rig.has(lambda data: b"web-3" in data, "the alert in the file")
    rig.clock.advance(60.0)
    rig.end()
    journal = open_journal(rig.path.parent / "state", rig.clock)
    journal.record(STARTED, at=began, subject="/tmp/no-such.rec")
    (film, gone) = recordings(journal, began, began + timedelta(seconds=30))
    assert (film.path, film.since, film.until, film.there) == (str(rig.path), began, began + timedelta(seconds=60), True)
    assert (gone.path, gone.there) == ("/tmp/no-such.rec", False)
    later = recordings(journal, began + timedelta(hours=1), began + timedelta(hours=2))
    assert [each.path for each in later] == ["/tmp/no-such.rec"]
    journal.close()


def test_of_recordings_of_another_time_nothing_is_read_and_of_one_that_was_ended_its_beginning(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.begun()
    began = rig.clock.now()
    rig.has(lambda data: b"web-3" in data, "the alert in the file")
    rig.clock.advance(60.0)
    rig.end()
    killed = rig.path.with_name("killed.rec")
    killed.write_bytes(rig.path.read_bytes()[:-1])
    os.utime(killed, (began.timestamp() + 60, began.timestamp() + 60))
    journal = open_journal(rig.path.parent / "state", rig.clock)
    journal.record(STARTED, at=began, subject=str(killed))
    read: list[int] = []

    def counted(flags: int, position: int, packed: bytes, unpacked: int) -> int:
        read.append(len(packed))
        return checksum(flags, position, packed, unpacked)

    monkeypatch.setattr("cockpit.engine.recording_in.checksum", counted)
    assert recordings(journal, began + timedelta(hours=1), began + timedelta(hours=2)) == ()
    assert read == [], "they are of another time"
    films = recordings(journal, began, began + timedelta(seconds=30))
    assert {each.path: (each.since, each.until, each.there) for each in films}[str(rig.path)] == (
        began, began + timedelta(seconds=60), True)  # fmt: skip
    many = len(read)
    with opened(killed):
        assert many == 1 + len(read) - many, "of the one that was ended its header, of the one that was not all of it"
    journal.close()


class TestOneThatIsFull:
    """It goes on in another file, where it may."""

    def recorded(self, rig: Rig, files: int, largest: int = 20_000) -> Recorder:
        rig.engine.start()
        wait(lambda: len(rig.engine.view.alerts) == 1, "the alert")
        rig.recorder = Recorder(rig.path, rig.config, rig.clock, largest, files)
        rig.recorder.follow(rig.engine)
        return rig.recorder

    def filled_until(self, rig: Rig, condition: Callable[[], object], what: str) -> None:
        """What an alert says moves, poll after poll, until it is so."""

        had = [-1]

        def moved() -> object:
            size = sum(each.stat().st_size for each in rig.path.parent.glob("a.rec*"))
            if size != had[0]:
                had[0] = size
                rig.am.fire("Noise", where="web-9", annotations={"said": os.urandom(6000).hex()})
                rig.clock.advance(15.0)
            return condition()

        wait(moved, what, 30.0)

    def test_goes_on_in_the_next_with_all_that_is_known_and_the_journal_says_where(self, rig: Rig) -> None:
        recorder, second = self.recorded(rig, 3), rig.path.with_name("a.rec.2")
        began = rig.clock.now()
        self.filled_until(rig, second.exists, "the second file")
        wait(lambda: recorder.path == second, "that it goes on there")
        wait(lambda: b"web-3" in unpacked(second), "the alert in the second file")
        turned = rig.clock.now()
        rig.clock.advance(60.0)
        rig.end()
        assert recorder.problem == ""
        assert f"it goes on in {second}".encode() in unpacked(rig.path)
        for path in (rig.path, second):
            with replayed(path, rig.place) as (replay, desk):
                wait(lambda desk=desk: {row.alert.where for row in desk.view.alerts} >= {"web-3"}, "the alert")  # type: ignore[misc]
                assert was_ended(replay.recording)
            assert SECRET.encode() not in unpacked(path)
        with closing(open_journal(rig.path.parent / "state", rig.clock)) as journal:
            first, *more = recordings(journal, began, rig.clock.now())
            assert (first.path, more[0].path) == (str(rig.path), str(second))
            assert first.until <= turned
            assert {each.path for each in recordings(journal, turned + timedelta(seconds=30), rig.clock.now())} == {str(second)}

    def test_ends_after_the_last_file(self, rig: Rig) -> None:
        recorder = self.recorded(rig, 2)
        self.filled_until(rig, lambda: recorder.problem, "its end")
        assert re.fullmatch(r"recording stopped, full at 20\.0 kB; a\.rec to \.2 end at \d\d:\d\d:\d\d UTC", recorder.problem)
        assert len(recorder.problem) <= 68, "at 80 columns it is read whole, beside other notices too"
        assert recorder.path.name == "a.rec.2"
        assert not rig.path.with_name("a.rec.3").exists()
        wait(lambda: recorder.problem in rig.engine.view.remarks, "the word of it on the screen")

    def test_is_not_begun_where_one_that_may_follow_is_there_already(self, rig: Rig) -> None:
        third = rig.path.with_name("a.rec.3")
        third.symlink_to(rig.path.with_name("nowhere"))
        with pytest.raises(NotRecorded, match=r"a\.rec\.3 is there already, and is left as it is"):
            Recorder(rig.path, rig.config, rig.clock, 20_000, 3)
        assert not rig.path.exists(), "nothing was made that would be in the way of the next try"
        rig.recorder = Recorder(rig.path, rig.config, rig.clock, 20_000, 2)
        assert third.is_symlink()

    def test_ends_where_the_next_has_come_meanwhile_and_leaves_that_as_it_is(self, rig: Rig) -> None:
        recorder = self.recorded(rig, 2)
        rig.path.with_name("a.rec.2").write_text("mine")
        self.filled_until(rig, lambda: recorder.problem, "its end")
        assert "a.rec.2 is there already" in recorder.problem
        assert rig.path.with_name("a.rec.2").read_text() == "mine"
        with replayed(rig.path, rig.place) as (_, desk):
            assert desk.view.alerts

    def test_is_not_followed_by_another_where_not_even_what_is_known_goes_into_one(self, rig: Rig) -> None:
        recorder = self.recorded(rig, 9, 200)
        self.filled_until(rig, lambda: recorder.problem, "its end")
        assert len(list(rig.path.parent.glob("a.rec*"))) < 9
        assert recorder.problem.startswith("recording stopped, one moment fills 200 B; a.rec"), recorder.problem
