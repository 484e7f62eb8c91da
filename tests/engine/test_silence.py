"""An engine that hangs or dies is known by its silence, and by how it ends."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config
from cockpit.core.actions import AddNote, MakeSilence, RunState
from cockpit.core.alerts import Ref
from cockpit.engine import desk, engine
from cockpit.engine.clock import SystemClock
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from support.waiting import wait


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr(desk, "SILENT", 0.5)
    monkeypatch.setattr(engine, "SILENT", 0.5)
    monkeypatch.setattr(engine, "TICK", 0.05)
    clock = SystemClock()
    journal = open_journal(tmp_path, clock)
    made = Engine(
        Config(me=("ana",)),
        journal,
        clock,
        load_provider=lambda name: plugins.load(plugins.PROVIDERS, name),
        load_probe=lambda name: plugins.load(plugins.PROBES, name),
        state_dir=tmp_path,
    )
    made.start()
    yield made
    made.stop()
    journal.close()


def test_a_hung_engine_is_silent_refuses_and_answers_again_when_it_goes_on(running: Engine) -> None:
    wait(lambda: running.silent_for() < 0.4, "a sign of life")
    going_on = threading.Event()
    running._on_loop(lambda: going_on.wait(20))
    try:
        wait(lambda: running.silent_for() > 0.6, "silence")
        began = time.monotonic()
        with pytest.raises(Refused, match=r"the engine has not answered for .*: nothing here is live"):
            running.ask(AddNote(Ref("local", "x"), "hello"))
        assert not running.stop()
        assert time.monotonic() - began < 5, "leaving does not wait long for an engine that is hung"
    finally:
        going_on.set()
    assert running.stop()
    assert running.failed == ""


def test_an_engine_that_died_says_so_when_it_is_stopped(running: Engine) -> None:
    def die() -> None:
        raise SystemExit("enough")

    running._on_loop(die)
    wait(lambda: running.silent_for() > 0.6, "silence")
    assert running.stop()
    assert running.failed == "the engine ended by itself: SystemExit: enough"


def test_this_machine_stays_live_while_another_process_holds_the_journal(running: Engine, tmp_path: Path) -> None:
    wait(lambda: all(source.health.sees for source in running.view.sources), "the first answers")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite", isolation_level=None)) as hog:
        hog.execute("BEGIN EXCLUSIVE")
        running.ask(MakeSilence("local", "alertname=x", running.view.now + timedelta(hours=1), "why"))
        running.refresh()
        wait(lambda: any("the journal is busy" in remark for remark in running.view.remarks), "the remark")
        wait(lambda: any(run.state is RunState.FAILED and "busy" in run.reason for run in running.view.runs), "the refusal")
        assert all(source.health.sees for source in running.view.sources)
        assert not [remark for remark in running.view.remarks if "bug" in remark]
        hog.execute("ROLLBACK")
    running.refresh()
    wait(lambda: not any("the journal is busy" in remark for remark in running.view.remarks), "the remark's end")
