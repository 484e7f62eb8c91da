"""The engine wakes people: a real trap that trips, the journal, and a channel that the test holds in its hand."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.actions import Ack, Action, MakeSilence, PagePeople, RunState
from cockpit.core.alerts import Alert, AlertState, Ref
from cockpit.core.paged import PageState
from cockpit.core.pages import Attempt
from cockpit.core.paging import Page, PageKind
from cockpit.core.traps import Trap
from cockpit.core.units import Seconds
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.escalator import Escalator
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.journal_file import JournalFile
from cockpit.testing import FakeClock
from support.pager import Pager, channel, people, policy


class Rig:
    """An engine with one trap, ``flag``, that trips while a file is missing."""

    def __init__(self, folder: Path, **config: Any) -> None:
        self.folder, self.flag = folder, folder / "flag"
        self.flag.touch()
        self.clock, self.pager = FakeClock(), Pager()
        trap = Trap(name="flag", probe="file", params={"path": str(self.flag), "must_exist": True}, every=Seconds(2.0))
        given = {
            "me": ("ana",),
            "people": people("ana", "bo"),
            "channels": channel(),
            "escalations": policy(("ana", 0), ("bo", 600)),
            "traps": {"flag": trap},
        }
        self.config = Config(**{**given, **config})
        self.journal = open_journal(folder / "state", self.clock)
        self.engine = self.another(self.journal)

    def another(self, journal: Journal, pager: Pager | None = None) -> Engine:
        return Engine(
            self.config,
            journal,
            self.clock,
            load_provider=partial(plugins.load, plugins.PROVIDERS),
            load_probe=partial(plugins.load, plugins.PROBES),
            load_channel=(pager or self.pager).load,
            state_dir=self.folder / "state",
        )

    def begun(self) -> Rig:
        self.engine.start()
        self.clock.advance_until(lambda: self.engine.view.traps and self.engine.view.traps[0].watch.checked_at is not None)
        return self

    def turned(self, condition: Callable[[], object], **limits: float) -> None:
        self.clock.advance_until(condition, **limits)

    def alert(self, name: str = "flag") -> Alert | None:
        row = self.engine.view.alert(Ref("local", name))
        return row.alert if row is not None and row.alert.state is not AlertState.RESOLVED else None

    def trips(self) -> None:
        self.flag.unlink()
        self.turned(lambda: self.alert() is not None)

    def mends(self) -> None:
        """The file is there again, dated by the test's clock."""
        self.flag.touch()
        os.utime(self.flag, (self.clock.now().timestamp(), self.clock.now().timestamp()))

    def asks(self, action: Action) -> str:
        """Once this machine answers: a clock that is turned faster than threads work makes it late."""
        self.turned(lambda: self.engine.why_not(action) is None)
        return self.engine.ask(action)

    def run(self, run_id: str) -> RunState:
        return next((run.state for run in self.engine.view.runs if run.id == run_id), RunState.PENDING)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.engine.stop()
    rig.journal.close()


def test_a_trap_that_trips_tells_the_first_at_once_the_second_in_time_and_an_ack_stops_it(rig: Rig) -> None:
    rig.begun().trips()
    rig.turned(lambda: rig.pager.kinds)
    began = rig.clock.now()
    (page, to) = rig.pager.told[0]
    assert (to.person, to.name, to.address) == ("ana", "Ana", "+ana")
    assert page.summary.startswith("flag: ")
    assert "cockpit ack flag" in page.details
    rig.turned(lambda: len(rig.pager.told) == 2, step=5)
    assert 590 <= (rig.clock.now() - began).total_seconds() <= 700, (
        "in time, or a little later: the clock does not wait for threads"
    )
    assert rig.pager.told[1][1].person == "bo"
    assert rig.pager.told[1][0].key == page.key, "one trouble, one key"
    run = rig.asks(Ack((Ref("local", "flag"),)))
    rig.turned(lambda: rig.run(run).settled)
    for _ in range(40):
        rig.clock.advance(60)
    rig.turned(lambda: True)
    assert len(rig.pager.told) == 2


def test_the_alert_shows_who_was_told_and_who_comes_next(rig: Rig) -> None:
    rig.begun().trips()
    rig.turned(lambda: len(rig.alert().pages) == 2 and rig.alert().pages[0].state is PageState.SENT)  # type: ignore[union-attr]  # it trips
    alert = rig.alert()
    assert alert is not None
    told, planned = alert.pages
    assert (told.who, told.channel, told.state, told.why) == ("Ana", "pager", PageState.SENT, "beep")
    assert (planned.who, planned.channel, planned.state) == ("Bo", "pager", PageState.PLANNED)
    assert 590 <= (planned.at - told.at).total_seconds() <= 610


def test_a_silence_stops_it_too(rig: Rig) -> None:
    rig.begun().trips()
    rig.turned(lambda: rig.pager.kinds)
    ends = rig.clock.now().replace(year=2026, month=11, day=24)
    run = rig.asks(MakeSilence("local", "trap=flag", ends, "known"))
    rig.turned(lambda: rig.run(run).settled)
    for _ in range(30):
        rig.clock.advance(60)
    assert rig.pager.kinds == [("ana", "trigger")]


def test_a_channel_that_fails_is_an_alert_of_its_own_until_it_works(rig: Rig) -> None:
    rig.pager.refuse = "the tower is down"
    rig.begun().trips()
    rig.turned(lambda: rig.alert("channel:pager") is not None)
    failing = rig.alert("channel:pager")
    assert failing is not None
    assert failing.summary == "the tower is down"
    rig.turned(lambda: any(page.state is PageState.FAILED for page in rig.alert().pages))  # type: ignore[union-attr]  # it trips
    rig.pager.refuse = ""
    rig.turned(lambda: rig.pager.kinds, step=5)
    rig.turned(lambda: rig.alert("channel:pager") is None)
    assert rig.pager.kinds[0] == ("ana", "trigger")


def test_the_end_is_told_by_a_channel_that_wants_to_know(tmp_path: Path) -> None:
    rig = Rig(tmp_path, channels=channel(ends=True)).begun()
    try:
        rig.trips()
        rig.turned(lambda: rig.pager.kinds)
        rig.mends()
        rig.turned(lambda: len(rig.pager.told) == 2)
        assert rig.pager.kinds == [("ana", "trigger"), ("ana", "resolve")]
        assert rig.pager.told[0][0].key == rig.pager.told[1][0].key
        rig.turned(lambda: rig.journal.pages()[0] == (), step=5)
    finally:
        rig.engine.stop()
        rig.journal.close()


@pytest.mark.parametrize("goes", ["renamed", "removed", "removed, then acknowledged"])
def test_the_end_is_told_though_its_policy_is_gone_from_the_config(tmp_path: Path, goes: str) -> None:
    rig = Rig(tmp_path, channels=channel(ends=True)).begun()
    try:
        rig.trips()
        rig.turned(lambda: rig.pager.kinds and rig.journal.pages()[0][0].state is PageState.SENT)
        left = policy(("bo", 6000), name="day") if goes == "renamed" else {}
        rig.engine.adopt(msgspec.structs.replace(rig.config, escalations=left))
        if goes == "removed, then acknowledged":
            run = rig.asks(Ack((Ref("local", "flag"),)))
            rig.turned(lambda: rig.run(run).settled)
            rig.turned(lambda: len(rig.pager.told) == 2, step=1)
        rig.mends()
        rig.turned(lambda: rig.pager.kinds[-1] == ("ana", "resolve"), step=2)
        acknowledged = [("ana", "acknowledge")] if goes == "removed, then acknowledged" else []
        assert [each for each in rig.pager.kinds if each[0] == "ana"] == [("ana", "trigger"), *acknowledged, ("ana", "resolve")]
        rig.turned(lambda: rig.journal.pages()[0] == (), step=5)
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_a_page_that_may_have_arrived_is_told_so_and_has_an_end(tmp_path: Path) -> None:
    rig = Rig(tmp_path, channels=channel(ends=True)).begun()
    try:
        rig.pager.lost = "no answer"
        rig.trips()
        rig.turned(lambda: rig.alert() is not None and rig.alert().pages and rig.alert().pages[0].state is PageState.FAILED)  # type: ignore[union-attr]  # it trips
        assert rig.alert().pages[0].why.startswith("no answer; it may have arrived all the same")  # type: ignore[union-attr]  # as above
        assert rig.alert().pages[0].maybe  # type: ignore[union-attr]  # as above
        run = rig.asks(PagePeople(("person:bo",), "come and look"))
        rig.turned(lambda: rig.run(run) in (RunState.UNCERTAIN, RunState.FAILED))
        assert rig.run(run) is RunState.UNCERTAIN, "nobody knows whether he was told"
        rig.mends()
        rig.turned(lambda: rig.alert() is None)
        rig.pager.lost = ""
        rig.turned(lambda: ("ana", "resolve") in rig.pager.kinds, step=2)
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_what_no_policy_is_for_wakes_nobody(tmp_path: Path) -> None:
    rig = Rig(tmp_path, escalations=policy(("ana", 0), match="alertname=other")).begun()
    try:
        rig.trips()
        for _ in range(20):
            rig.clock.advance(5)
        assert rig.pager.told == []
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_two_cockpits_on_one_state_directory_page_once(rig: Rig) -> None:
    other_journal = open_journal(rig.folder / "state", rig.clock)
    other = rig.another(other_journal)
    rig.begun()
    other.start()
    try:
        rig.trips()
        rig.turned(lambda: len(rig.pager.told) == 2, step=5)
        for _ in range(20):
            rig.clock.advance(5)
        assert rig.pager.kinds == [("ana", "trigger"), ("bo", "trigger")]
    finally:
        other.stop()
        other_journal.close()


def test_a_page_by_hand_tells_whom_it_names_and_says_what_came_of_it(rig: Rig) -> None:
    rig.begun()
    told, gaps = rig.engine.reached(["bo"])
    assert ([(each.who, each.channel, each.address) for each in told], gaps) == ([("Bo", "pager", "+bo")], ())
    run = rig.asks(PagePeople(("person:bo",), "come and look"))
    rig.turned(lambda: rig.run(run).settled)
    assert rig.run(run) is RunState.CONFIRMED
    ((page, to),) = rig.pager.told
    assert to.person == "bo"
    assert "come and look" in page.summary
    rig.pager.refuse = "busy"
    run = rig.asks(PagePeople(("person:bo",), "once more"))
    rig.turned(lambda: rig.run(run).settled)
    (failed,) = [each for each in rig.engine.view.runs if each.id == run]
    assert (failed.state, failed.reason) == (RunState.FAILED, "Bo by pager: busy")


def test_a_page_without_a_channel_or_a_word_is_refused(tmp_path: Path) -> None:
    rig = Rig(tmp_path, channels={}, escalations={}).begun()
    try:
        with pytest.raises(Refused, match="no channel is configured"):
            rig.engine.ask(PagePeople(("person:bo",), "x"))
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_a_journal_that_cannot_be_written_keeps_nobody_from_being_woken_once(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    # safety 24: a full disk is what people are paged for
    rig.begun()

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(JournalFile, "_transaction", full)
        rig.trips()
        rig.turned(lambda: rig.pager.kinds)
        run = rig.asks(PagePeople(("person:bo",), "the disk is full"))
        rig.turned(lambda: rig.run(run).settled)
        assert rig.run(run) is RunState.CONFIRMED, "help can be called for"
        for _ in range(30):
            rig.clock.advance(5)
        assert rig.pager.kinds == [("ana", "trigger"), ("bo", "trigger")]
        assert rig.journal.problem
    rig.turned(lambda: {each.state for each in rig.journal.pages()[0] if each.policy} == {PageState.SENT}, step=5)
    for _ in range(10):
        rig.clock.advance(5)
    assert len(rig.pager.told) <= 3, "bo's turn may have come"
    assert [each for each in rig.pager.kinds if each[0] == "ana"] == [("ana", "trigger")]


@pytest.mark.parametrize("moment", ["before sending", "after sending"])
def test_killed_between_two_steps_a_page_is_neither_lost_nor_sent_under_another_key(rig: Rig, moment: str) -> None:
    """A process of its own begins the page, and is killed where the channel is reached, or just after."""
    rig.flag.unlink()
    rig.journal.close()
    log = rig.folder / "sent"
    script = rig.folder / "killed.py"
    script.write_text(_KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(rig.folder), log=str(log), moment=moment))
    child = subprocess.run([sys.executable, str(script)], capture_output=True, timeout=60, check=False)
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    first = log.read_text().split()
    assert len(first) == (1 if moment == "after sending" else 0)
    journal = open_journal(rig.folder / "state", rig.clock)
    (attempt,), gone = journal.pages()
    assert attempt.state is PageState.BEGUN
    assert gone == {attempt.key}
    engine = rig.another(journal)
    engine.start()
    try:
        rig.turned(lambda: rig.pager.told)
        assert {page.key for page, _ in rig.pager.told} | set(first) == {rig.pager.told[0][0].key}
        for _ in range(10):
            rig.clock.advance(5)
        assert len(rig.pager.told) == 1
    finally:
        engine.stop()
        journal.close()


def test_a_page_by_hand_that_is_taken_up_stays_open_until_it_is_sent(rig: Rig) -> None:
    """Whoever took it up may be killed as well: the next one must find it."""
    page = Page(key="h/page/1", kind=PageKind.TRIGGER, summary="come", person="bo")
    lost = Attempt(
        key="by-hand/1/bo/pager",
        alert="page:1",
        firing=0,
        policy="",
        begun_at=rig.clock.now(),
        person="bo",
        channel="pager",
        page=page,
    )
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        rig.journal.begin_pages([lost], killed.pid, leading=False)
        killed.kill()
    rig.pager.held = threading.Event()
    rig.begun()
    try:
        rig.turned(rig.pager.reached.is_set)
        for _ in range(10):  # several looks of the escalator
            rig.clock.advance(1)
            (attempt,), gone = rig.journal.pages()
            assert (attempt.key, attempt.state, gone) == (lost.key, PageState.BEGUN, frozenset())
    finally:
        rig.pager.held.set()
    rig.turned(lambda: rig.journal.pages() == ((), frozenset()))
    assert rig.pager.kinds == [("bo", "trigger")]


def test_a_fault_of_ours_stops_neither_the_page_under_way_nor_the_next_one(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.pager.held, faults, due = threading.Event(), list[str](), Escalator._due
    rig.begun().trips()
    rig.turned(rig.pager.reached.is_set)

    def faulty(self: Escalator, *given: Any) -> Any:
        if len(faults) < 2:
            faults.append("once more")
            raise RuntimeError("a bug")
        return due(self, *given)

    monkeypatch.setattr(Escalator, "_due", faulty)
    try:
        rig.turned(lambda: len(faults) == 2)
    finally:
        rig.pager.held.set()
    rig.turned(lambda: rig.pager.kinds == [("ana", "trigger")])
    rig.turned(lambda: rig.pager.kinds == [("ana", "trigger"), ("bo", "trigger")], limit=1200)


_KILLED = """
import os, signal, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from engine.test_escalator import Rig

rig = Rig(Path({folder!r}))
rig.flag.unlink()
load = rig.pager.load

def deadly(kind):
    made = load(kind)
    class Deadly(made):
        async def page(self, page, to):
            if {moment!r} == "after sending":
                Path({log!r}).write_text(page.key)
            os.kill(os.getpid(), signal.SIGKILL)
    return Deadly

Path({log!r}).touch()
rig.pager.load = deadly
rig.engine = rig.another(rig.journal)
rig.engine.start()
rig.clock.advance_until(lambda: False, limit=600, patience=30)
"""
