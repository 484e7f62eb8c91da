"""The engine opens incidents by rule: a real trap that trips, the journal, and processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from cockpit.core.actions import Ack, MakeSilence
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.drills import drill_of
from cockpit.core.incident_by_rule import Fire
from cockpit.core.incidentrule import IncidentRule
from cockpit.core.incidents import Change, Incident, Member
from cockpit.core.policies import Aim, Target
from cockpit.core.roster import Layer, Roster
from cockpit.core.traps import as_laid
from cockpit.core.units import Seconds
from cockpit.engine.incident_facts import lines_of
from cockpit.engine.journal import Happened, open_journal
from cockpit.testing import FakeClock
from engine.test_escalator import Rig
from support.pager import people, policy

RULE = IncidentRule(name="flags", match="trap=flag", after=Seconds(60.0), roles={"lead": Target(Aim.PERSON, "bo")})
FLAG = Ref("local", "flag")


def rules(rule: IncidentRule = RULE) -> dict[str, IncidentRule]:
    return {rule.name: rule}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path, incidents=rules(), escalations={})
    yield rig
    rig.engine.stop()
    rig.journal.close()


def incidents(rig: Rig) -> list[Incident]:
    return list(rig.journal.incidents().values())


def waits(rig: Rig, seconds: float) -> None:
    """Time passes, and the engine has its turns in it."""
    until = rig.clock.now().timestamp() + seconds
    rig.turned(lambda: rig.clock.now().timestamp() >= until, limit=seconds + 60)


def test_an_alert_that_fires_long_enough_opens_one_with_whoever_leads(rig: Rig) -> None:
    rig.begun().trips()
    began = rig.alert().started_at  # type: ignore[union-attr]  # it has tripped
    assert began is not None
    rig.turned(lambda: incidents(rig))
    (here,) = incidents(rig)
    assert (here.title, here.rule, here.lead, here.opened_by) == (f"flag {rig.flag}", "flags", "Bo", "rule flags")
    assert (here.opened_at - began).total_seconds() >= 60
    assert here.holds("local", "flag")
    rig.turned(lambda: rig.engine.incident_of(FLAG) == f"i1 {here.title}")
    rig.journal.change_incident("i1", Change.CLOSED, who="ana", at=rig.clock.now())
    waits(rig, 30)
    assert len(incidents(rig)) == 1, "it burns on, and somebody has closed it"
    rig.mends()
    rig.turned(lambda: rig.alert() is None)
    rig.flag.unlink()
    rig.turned(lambda: len(incidents(rig)) == 2)
    assert incidents(rig)[1].title == here.title, "a new fire"


@pytest.mark.parametrize("jump", [3600, -3600])
@pytest.mark.parametrize("when", ["while it fires", "before it fires"])
def test_a_clock_that_is_set_makes_no_alert_older_or_younger(rig: Rig, jump: float, when: str) -> None:
    rig.begun()
    waits(rig, 10)
    if when == "before it fires":
        rig.clock.step_wall(jump)
    rig.trips()
    waits(rig, 10)
    if when == "while it fires":
        rig.clock.step_wall(jump)
    waits(rig, 30)
    assert incidents(rig) == [], "it has been firing for less than its rule says"
    waits(rig, 60)
    assert len(incidents(rig)) == 1


def test_a_new_fire_after_the_end_opens_one_though_the_clock_was_set_back(rig: Rig) -> None:
    rig.begun().trips()
    rig.turned(lambda: incidents(rig))
    rig.journal.change_incident("i1", Change.CLOSED, who="ana", at=rig.clock.now())
    rig.mends()
    rig.turned(lambda: rig.alert() is None)
    waits(rig, 10)
    rig.clock.step_wall(-1800)
    rig.trips()
    rig.turned(lambda: len(incidents(rig)) == 2)


def test_what_somebody_has_or_hushed_opens_none_until_it_is_let_go(rig: Rig) -> None:
    rig.begun().trips()
    run = rig.asks(Ack((FLAG,)))
    rig.turned(lambda: rig.run(run).settled)
    waits(rig, 90)
    assert incidents(rig) == []
    ends = rig.clock.now().replace(day=rig.clock.now().day + 1)
    hush = rig.asks(MakeSilence("local", "trap=flag", ends, "known"))
    rig.turned(lambda: rig.run(hush).settled)
    rig.journal.unack("flag", "ana", rig.clock.now())
    rig.engine.refresh()
    rig.turned(lambda: rig.alert() is not None and rig.alert().state is AlertState.SUPPRESSED)  # type: ignore[union-attr]  # as said
    waits(rig, 30)
    assert incidents(rig) == []
    silence = next(each for each in rig.engine.view.silences if each.who)
    rig.journal.unsilence(silence.ref.id, "ana", rig.clock.now())
    rig.engine.refresh()
    rig.turned(lambda: incidents(rig))


def test_unless_the_rule_says_that_those_count_too(tmp_path: Path) -> None:
    even = msgspec.structs.replace(RULE, even=(AlertState.ACKNOWLEDGED,), severity=Severity.WARNING)
    rig = Rig(tmp_path, incidents=rules(even), escalations={}).begun()
    try:
        rig.trips()
        run = rig.asks(Ack((FLAG,)))
        rig.turned(lambda: rig.run(run).settled)
        rig.turned(lambda: incidents(rig))
        assert incidents(rig)[0].severity is Severity.WARNING
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_a_drill_opens_none(tmp_path: Path) -> None:
    rig = Rig(tmp_path, incidents=rules(IncidentRule(name="all", match="@severity>=unknown")), escalations={}).begun()
    try:
        now, trap = rig.clock.now(), rig.config.traps["flag"]
        drill, told = drill_of("ana", now, quiet=True), Happened(at=now, kind="trap.drilled", subject="flag")
        rig.journal.change_watch("flag", lambda watch: msgspec.structs.replace(as_laid(trap, watch), drill=drill), told)
        rig.turned(lambda: rig.alert("flag:drill") is not None)
        waits(rig, 30)
        assert incidents(rig) == []
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_two_cockpits_on_one_state_directory_open_one(rig: Rig) -> None:
    other_journal = open_journal(rig.folder / "state", rig.clock)
    other = rig.another(other_journal)
    rig.begun()
    other.start()
    try:
        rig.trips()
        rig.turned(lambda: incidents(rig))
        waits(rig, 30)
        assert len(incidents(rig)) == 1
    finally:
        other.stop()
        other_journal.close()


def test_a_rule_for_pages_waits_until_somebody_was_told(tmp_path: Path) -> None:
    late = policy(("ana", 120))
    rig = Rig(tmp_path, incidents=rules(IncidentRule(name="paged", match="trap=flag", paged=True)), escalations=late).begun()
    try:
        rig.trips()
        waits(rig, 60)
        assert incidents(rig) == []
        rig.turned(lambda: incidents(rig))
        assert rig.pager.kinds == [("ana", "trigger")]
        lines = lines_of(rig.journal, incidents(rig)[0])
        assert any(line.what == "page" and line.text.startswith("ana paged about flag by pager: sent") for line in lines), lines
    finally:
        rig.engine.stop()
        rig.journal.close()


def test_a_rule_that_comes_with_a_new_config_holds_at_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, escalations={}).begun()
    try:
        rig.trips()
        waits(rig, 20)
        assert incidents(rig) == []
        rig.engine.adopt(msgspec.structs.replace(rig.config, incidents=rules(IncidentRule(name="new", match="trap=flag"))))
        rig.turned(lambda: incidents(rig))
        assert incidents(rig)[0].rule == "new"
    finally:
        rig.engine.stop()
        rig.journal.close()


def fire(name: str) -> Fire:
    return Fire(rule="r", group="", member=Member(source="am", alert=name, name=name), since=None, title=name, roles={"lead": "Bo"})


def test_who_does_not_hold_the_lease_writes_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = open_journal(tmp_path / "state", clock)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        try:
            assert journal.take_lease(other.pid, clock.now(), 60)
            assert journal.open_by_rule([fire("disk")], 1, clock.now()) is None
            assert journal.incidents() == {}
            opened = journal.open_by_rule([fire("disk")], other.pid, clock.now())
            assert [each.id for each in opened or ()] == ["i1"]
            assert journal.open_by_rule([fire("disk")], other.pid, clock.now()) == ()
        finally:
            other.kill()
            journal.close()


@pytest.mark.parametrize("how", ["by rule", "by hand"])
@pytest.mark.parametrize("write", range(1, 12))
def test_killed_at_any_write_it_is_whole_or_not_there_and_the_next_one_goes_on(tmp_path: Path, write: int, how: str) -> None:
    """A process of its own opens an incident for three alerts and is killed at its n-th statement."""
    script = tmp_path / "killed.py"
    script.write_text(_KILLED.format(tests=str(Path(__file__).parents[1]), folder=str(tmp_path), write=write, how=how), "utf-8")
    child = subprocess.run([sys.executable, str(script)], capture_output=True, timeout=60, check=False)
    assert child.returncode in (-signal.SIGKILL, 0), child.stderr.decode()
    assert child.returncode == 0 or write < 11, "all its statements have been tried"
    clock = FakeClock()
    journal = open_journal(tmp_path / "state", clock)
    try:
        assert not journal.problem
        for here in journal.incidents().values():
            assert (here.lead, len(here.members)) == ("Bo", 3), "never half of one"
        assert journal.take_lease(os.getpid(), clock.now(), 0.0)
        journal.open_by_rule([fire("a"), fire("b"), fire("c")], os.getpid(), clock.now())
        assert [(each.id, each.lead, len(each.members)) for each in journal.incidents().values()] == [("i1", "Bo", 3)]
    finally:
        journal.close()


def test_whoever_comes_on_call_while_one_is_open_stands_in_its_timeline_and_no_turn_of_before(tmp_path: Path) -> None:
    layer = Layer(people=("ana", "bo", "cy"), start=datetime(2026, 11, 2, 9), turn=(1, "hours"))
    roster = Roster(name="primary", timezone="UTC", layers=(layer,))
    rig = Rig(tmp_path, incidents={}, escalations={}, rosters={"primary": roster}, people=people("ana", "bo", "cy")).begun()
    try:
        until = rig.clock.now() + timedelta(minutes=70)
        rig.turned(lambda: rig.clock.now() >= until, step=60, limit=5000)
        rig.journal.change_incident("", Change.OPENED, who="ana", at=rig.clock.now(), data={"title": "slow"})
        rig.turned(lambda: rig.journal.entries(kind="roster."), step=20, limit=7200)
        (passed,) = rig.journal.entries(kind="roster.")
        assert {passed.data["person"], passed.data["before"]} < {"Ana", "Bo", "Cy"}
        told = [line.text for line in lines_of(rig.journal, incidents(rig)[0]) if line.what == "roster"]
        assert told == [f"{passed.data['person']} is on call (primary), after {passed.data['before']}"]
    finally:
        rig.engine.stop()
        rig.journal.close()


_KILLED = """
import os, signal, sqlite3, sys
sys.path.insert(0, {tests!r})
from pathlib import Path
import msgspec
from cockpit.core.incidents import Change
from cockpit.engine import incidents_table
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeClock
from engine.test_incident_opener import fire

clock = FakeClock()
journal = open_journal(Path({folder!r}) / "state", clock)
assert journal.take_lease(os.getpid(), clock.now(), 60)
left = {write}

def count(text):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)

journal._file._db.set_trace_callback(count)
fires = [fire("a"), fire("b"), fire("c")]
if {how!r} == "by rule":
    journal.open_by_rule(fires, os.getpid(), clock.now())
else:
    alerts = msgspec.to_builtins([each.member for each in fires])
    data = {{"title": "a", "alerts": alerts, "lead": "Bo"}}
    journal.change_incident("", Change.OPENED, who="ana", at=clock.now(), data=data)
"""
