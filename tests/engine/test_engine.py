"""The whole engine on its thread: real journal, real processes, providers that a test holds in its hand."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import (
    Ack,
    Action,
    AddNote,
    Cancel,
    Disarm,
    EndOverride,
    EndSilence,
    MakeOverride,
    MakeSilence,
    Run,
    RunState,
    Start,
    Unack,
)
from cockpit.core.alerts import AlertState, Ref, Severity
from cockpit.core.covers import Cover
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.sources import Health
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.traps import Trap, TrapState, Watch
from cockpit.core.units import Seconds, bound
from cockpit.engine import parts
from cockpit.engine.desk import Desk, Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Journal, JournalError, open_journal
from cockpit.provider import Conflict, Forbidden, Unreachable
from cockpit.testing import FakeClock, FakeProvider, as_class
from cockpit.testing.clock import START
from support.known import put_watch
from support.waiting import until, wait

BOOKS = {
    "look": Runbook(name="look", title="Look at {host}", steps=(Step(RunStep(("echo", "looking at {host}"))),)),
    "mend": Runbook(
        name="mend",
        title="Mend {host}",
        match="alertname=HighErrorRate",
        steps=(Step(RunStep(("sh", "-c", 'echo "mending $HOST"', "--"), env={"HOST": "{host}"})),),
        changes="restarts things",
        target="{host}",
        params={"host": Param(source="label:host")},
    ),
    "slow": Runbook(name="slow", title="Slow", steps=(Step(RunStep(("sleep", "300"))),), changes="waits"),
    "fails": Runbook(name="fails", title="Fails", steps=(Step(RunStep(("sh", "-c", "exit 3"))),), changes="nothing"),
}


class Rig:
    """An engine over two fake sources and this machine, with its clock in the test's hand."""

    def __init__(self, folder: Path, start: datetime = START, **config: Any) -> None:
        self.folder = folder
        self.clock = FakeClock(start)
        self.am, self.pd = FakeProvider("am"), FakeProvider("pd")
        self.am.fire("HighErrorRate", where="web-3", labels={"alertname": "HighErrorRate", "host": "web-3"})
        self.pd.fire("PostgresDown", Severity.ERROR, labels={"alertname": "PostgresDown", "host": "db-1"})
        sources = {name: SourceConfig(name=name, provider=name) for name in ("am", "pd")}
        self.config = Config(**{"me": ("ana",), "sources": sources, "runbooks": BOOKS} | config)
        self.journal: Journal = open_journal(folder, self.clock)
        self.engine = self.another()

    def another(self, config: Config | None = None, journal: Journal | None = None) -> Engine:
        return Engine(
            config or self.config,
            journal or self.journal,
            self.clock,
            load_provider=self._provider,
            load_probe=partial(plugins.load, plugins.PROBES),
            state_dir=self.folder,
        )

    def _provider(self, name: str) -> type:
        held: dict[str, FakeProvider] = {"am": self.am, "pd": self.pd}
        return as_class(held[name]) if name in held else plugins.load(plugins.PROVIDERS, name)

    def begun(self) -> Rig:
        self.engine.start()
        self.sees(lambda view: len(view.alerts) >= 2 and all(health.health is Health.LIVE for health in view.sources))
        return self

    def sees(self, condition: Any, what: str = "that view") -> None:
        wait(lambda: condition(self.engine.view), what)

    def turned(self, condition: Any) -> None:
        """Turn the clock until the view is as wanted."""
        self.clock.advance_until(lambda: condition(self.engine.view))

    def run(self, run_id: str) -> Run:
        """As it stands in the next view that has it, or in the journal."""
        found = list[Run]()

        def there() -> bool:
            found.extend(run for run in (*self.engine.view.runs, *self.journal.runs()) if run.id == run_id)
            return bool(found)

        wait(there, "the run")
        return found[0]

    def settled(self, run_id: str) -> Run:
        """Once it is, and that is written down."""
        wait(lambda: self.run(run_id).state.settled, "the run's end")
        written = threading.Event()
        self.engine._dispatch.logbook.aside.put(written.set)
        assert written.wait(10)
        return self.run(run_id)

    def asked(self, action: Action) -> Run:
        return self.settled(self.engine.ask(action))

    def state(self, name: str) -> AlertState:
        return next(row.alert.state for row in self.engine.view.alerts if row.alert.name == name)

    def entries(self, kind: str) -> list[Any]:
        return list(reversed(self.journal.entries(kind=kind)))


Rigs = Callable[..., Rig]


@pytest.fixture
def rigs(tmp_path: Path) -> Iterator[Rigs]:
    """Makes rigs, and ends them however the test ends."""
    made: list[Rig] = []

    def make(**config: Any) -> Rig:
        made.append(Rig(tmp_path, **config))
        return made[-1]

    yield make
    for each in made:
        each.am.stalled = each.pd.stalled = False
        assert each.engine.stop()
        each.journal.close()


@pytest.fixture
def rig(rigs: Rigs) -> Rig:
    return rigs()


HIGH, POSTGRES = Ref("am", "HighErrorRate"), Ref("pd", "PostgresDown")


def test_it_is_what_a_screen_talks_to(rig: Rig) -> None:
    desk: Desk = rig.engine
    assert desk.why_not(Ack) == "no source here can acknowledge"


class TestSeeing:
    def test_it_shows_what_every_source_says_and_this_machine_beside_them(self, rig: Rig) -> None:
        rig.begun()
        view = rig.engine.view
        assert [row.alert.name for row in view.alerts] == ["HighErrorRate", "PostgresDown"]
        assert {health.source for health in view.sources} == {"local", "am", "pd"}
        assert view.me == ("ana",)
        assert view.journal.writes
        assert [roster.roster for roster in view.rosters]

    def test_it_tells_once_until_the_view_is_fetched(self, rig: Rig) -> None:
        rig.begun()
        told = list[str]()
        rig.engine.on_change(lambda: told.append(threading.current_thread().name))
        _ = rig.engine.view
        for n in range(3):
            rig.am.fire(f"more{n}")
            rig.engine.refresh()
            wait(partial(lambda n: len([call for call in rig.am.calls if call[0] == "alerts"]) > n + 1, n), "the polls")
        wait(lambda: told, "being told")
        rig.sees(lambda view: len(view.alerts) == 5)
        assert set(told) == {"cockpit engine"}
        assert len(told) <= 3

    def test_a_source_that_blocks_stops_neither_the_others_nor_the_end(self, rig: Rig) -> None:  # safety 18
        gate = threading.Event()

        async def blocking() -> Any:
            gate.wait(30)

        rig.am.alerts = blocking  # type: ignore[method-assign]  # the worst that a provider can do
        rig.engine.start()
        rig.sees(lambda view: any(row.alert.name == "PostgresDown" for row in view.alerts))
        rig.turned(lambda view: any(health.source == "am" and "it blocks" in health.reason for health in view.sources))
        assert [health.health for health in rig.engine.view.sources if health.source == "pd"] == [Health.LIVE]
        gate.set()

    def test_a_poll_happens_at_its_interval_while_nobody_fetches_a_view(self, rig: Rig) -> None:  # safety 27
        rig.begun()
        before = len(rig.am.calls)
        rig.clock.advance_until(lambda: len(rig.am.calls) >= before + 40, step=5)

    def test_a_source_that_never_answers_again_goes_blind_by_time_alone(self, rig: Rig) -> None:
        rig.begun()
        rig.am.stalled = True
        rig.turned(lambda view: view.alert(HIGH).stale)
        assert [health.source for health in rig.engine.view.blind] == ["am"]
        rig.am.stalled = False

    def test_refresh_asks_every_source_now(self, rig: Rig) -> None:
        rig.begun()
        before = len(rig.pd.calls)
        rig.engine.refresh()
        wait(lambda: len(rig.pd.calls) > before, "the question")

    def test_another_config_can_be_taken_over_while_it_runs(self, rig: Rig) -> None:
        rig.begun()
        sources = {"pd": rig.config.sources["pd"]}
        rig.engine.adopt(
            msgspec.structs.replace(rig.config, runbooks={"look": BOOKS["look"]}, sources=sources, remarks=("proposed",))
        )
        rig.sees(lambda view: [book.name for book in view.runbooks] == ["look"])
        rig.sees(lambda view: [row.alert.name for row in view.alerts] == ["PostgresDown"])
        assert "proposed" in rig.engine.view.remarks
        assert rig.am.closed


class TestVerbs:
    def test_an_acknowledgement_is_pending_then_confirmed_by_a_later_answer(self, rig: Rig) -> None:
        rig.begun()
        rig.am.stalled = True
        run_id = rig.engine.ask(Ack((HIGH,), "on it"))
        rig.sees(lambda view: view.alert(HIGH).pending == "ack…")
        assert rig.state("HighErrorRate") is AlertState.ACKNOWLEDGED  # expected, not yet seen
        rig.am.stalled = False
        run = rig.settled(run_id)
        assert run.state is RunState.CONFIRMED
        assert (run.who, run.what, run.target) == ("ana", "ack", "HighErrorRate · web-3")
        rig.sees(lambda view: view.alert(HIGH).pending == "" and view.alert(HIGH).alert.acknowledged_by == "ana")

    def test_the_intent_is_journalled_before_anything_is_sent(self, rig: Rig) -> None:
        rig.begun()
        seen = list[RunState]()
        ack = rig.am.ack

        async def looking(*what: Any) -> None:
            seen.extend(run.state for run in rig.journal.runs())
            await ack(*what)

        rig.am.ack = looking  # type: ignore[assignment,method-assign]  # to look into the journal at the moment of sending
        rig.asked(Ack((HIGH,)))
        assert seen == [RunState.PENDING]
        started, ended = rig.entries("run.")
        assert (started.kind, ended.kind) == ("run.started", "run.ended")
        assert started.who == "ana"
        assert started.data["os_user"]
        assert ended.data["state"] == "confirmed"

    def test_an_action_on_alerts_of_two_sources_is_a_run_for_each(self, rig: Rig) -> None:
        rig.begun()
        first = rig.engine.ask(Ack((HIGH, POSTGRES)))
        assert rig.settled(first).target == "HighErrorRate · web-3"
        assert rig.settled(f"{first}.2").target == "PostgresDown"
        assert ("ack", ("HighErrorRate",)) in rig.am.calls
        assert ("ack", ("PostgresDown",)) in rig.pd.calls

    def test_a_refusal_of_the_provider_fails_the_run_and_leaves_the_facts(self, rig: Rig) -> None:
        rig.begun()
        for error in (Forbidden("403: you may not acknowledge"), Conflict("bo has it already")):
            rig.am.failure = error
            run_id = rig.engine.ask(Ack((HIGH,)))
            assert rig.settled(run_id).state is RunState.FAILED
            assert rig.run(run_id).reason == str(error)
            rig.am.failure = None
            rig.engine.refresh()
            rig.sees(lambda view: view.alert(HIGH).alert.state is AlertState.FIRING and not view.alert(HIGH).pending)
            rig.sees(lambda view: all(health.health is Health.LIVE for health in view.sources))

    def test_a_write_whose_answer_was_lost_is_uncertain_until_it_is_read_back(self, rig: Rig) -> None:  # safety 17
        rig.begun()
        rig.am.answer_lost = True
        run_id = rig.engine.ask(Ack((HIGH,)))
        wait(lambda: rig.run(run_id).state is RunState.CONFIRMED, "the reading back")
        assert rig.run(run_id).reason == "no answer came, but reading it back showed that it was done"
        assert len([call for call in rig.am.calls if call[0] == "ack"]) == 1

    def test_a_lost_write_that_is_never_seen_is_told_as_not_done(self, rig: Rig) -> None:  # safety 17
        rig.begun()
        rig.am.answer_lost = rig.am.deaf = True
        run_id = rig.engine.ask(Ack((HIGH,)))
        rig.sees(lambda view: view.alert(HIGH).pending == "ack: outcome unknown")
        assert rig.state("HighErrorRate") is AlertState.FIRING
        rig.turned(lambda view: rig.run(run_id).state is RunState.FAILED)
        assert "it was not done" in rig.run(run_id).reason

    def test_what_is_accepted_but_never_shows_becomes_uncertain(self, rig: Rig) -> None:
        rig.begun()
        rig.am.deaf = True
        run_id = rig.engine.ask(Ack((HIGH,)))
        rig.turned(lambda view: rig.run(run_id).state is RunState.UNCERTAIN)
        assert rig.run(run_id).reason == "am said yes, but 3 answers later it does not show: look there"

    def test_an_answer_asked_before_the_write_confirms_nothing(self, rig: Rig) -> None:
        rig.begun()
        rig.am.stalled = True
        before = len(rig.am.calls)
        rig.engine.refresh()
        wait(lambda: len(rig.am.calls) > before, "the question")  # asked, not yet answered
        run_id = rig.engine.ask(Ack((HIGH,)))
        wait(lambda: any(call[0] == "ack" for call in rig.am.calls), "the write")
        rig.am.stalled = False
        assert rig.settled(run_id).state is RunState.CONFIRMED
        asked = [n for n, call in enumerate(rig.am.calls) if call[0] == "alerts"]
        assert asked[-1] > next(n for n, call in enumerate(rig.am.calls) if call[0] == "ack")

    def test_it_can_be_undone_noted_silenced_and_unsilenced(self, rig: Rig) -> None:
        rig.begun()
        assert rig.asked(Ack((HIGH,))).state is RunState.CONFIRMED
        rig.sees(lambda view: view.alert(HIGH).alert.acknowledged_by)
        assert rig.asked(Unack((HIGH,))).state is RunState.CONFIRMED
        assert rig.asked(AddNote(HIGH, "looked at the logs")).state is RunState.CONFIRMED
        ends_at = rig.clock.now() + timedelta(hours=2)
        assert rig.engine.hits("am", "alertname=HighErrorRate") == (HIGH,)
        assert rig.asked(MakeSilence("am", "alertname=HighErrorRate", ends_at, "known")).state is RunState.CONFIRMED
        rig.sees(lambda view: view.silences)
        (silence,) = rig.engine.view.silences
        assert rig.asked(EndSilence(silence.ref)).state is RunState.CONFIRMED
        rig.sees(lambda view: not view.silences)
        assert sorted(run.what for run in rig.journal.runs()) == ["ack", "note", "silence", "unack", "unsilence"]

    def test_a_roster_can_be_overridden_and_given_back(self, rig: Rig) -> None:
        rig.begun()
        now = rig.clock.now()
        covers = (
            Cover("bo", now, now + timedelta(hours=8)),
            Cover("ana", now + timedelta(days=7), now + timedelta(days=7, hours=8)),
        )
        swap = rig.asked(MakeOverride(Ref("pd", "primary"), covers, "dentist"))
        assert (swap.state, swap.what, swap.target) == (RunState.CONFIRMED, "override", "primary: bo, ana")
        rig.sees(lambda view: len(view.overrides) == 2)
        first, second = rig.engine.view.overrides
        assert (first.person, first.who, first.why, first.together) == ("bo", "ana", "dentist", second.together)
        ended = rig.asked(EndOverride(first.ref))
        assert (ended.state, ended.target) == (RunState.CONFIRMED, "primary: bo")
        rig.sees(lambda view: view.overrides == (second,))
        with pytest.raises(Refused, match="no override"):
            rig.engine.ask(EndOverride(first.ref))

    def test_an_override_whose_answer_was_lost_is_read_back(self, rig: Rig) -> None:  # safety 17
        rig.begun()
        rig.pd.answer_lost = True
        now = rig.clock.now()
        run_id = rig.engine.ask(MakeOverride(Ref("pd", "primary"), (Cover("bo", now, now + timedelta(hours=8)),)))
        rig.turned(lambda view: any(each.id == run_id and each.state is RunState.CONFIRMED for each in view.runs))
        assert "reading it back" in rig.run(run_id).reason
        assert len(rig.engine.view.overrides) == 1

    def test_the_same_key_twice_is_one_acknowledgement(self, rig: Rig) -> None:  # safety 10
        rig.begun()
        rig.am.stalled = True
        run_id = rig.engine.ask(Ack((HIGH,)))
        with pytest.raises(Refused, match="under way"):
            rig.engine.ask(Ack((HIGH,)))
        rig.am.stalled = False
        rig.settled(run_id)
        assert len([call for call in rig.am.calls if call[0] == "ack"]) == 1

    def test_two_cockpits_that_acknowledge_the_same_are_told(self, rig: Rig) -> None:  # safety 25
        rig.begun()
        other_journal = open_journal(rig.folder, rig.clock)
        other = rig.another(msgspec.structs.replace(rig.config, me=("bo",)), other_journal)
        other.start()
        wait(lambda: other.view.alert(HIGH) is not None, "the other's view")
        rig.am.stalled = True
        rig.engine.ask(Ack((HIGH,)))
        wait(lambda: rig.journal.runs(), "the intent, written down")
        run_id = other.ask(Ack((HIGH,)))
        wait(lambda: any(run.id == run_id and run.state.settled for run in other.view.runs), "being told")
        told = next(run for run in other.view.runs if run.id == run_id)
        rig.am.stalled = False
        assert other.stop()
        assert (told.state, told.who) == (RunState.FAILED, "bo")
        assert "under way already: ana began it at 03:12:4" in told.reason
        assert not [call for call in rig.am.calls if call[0] == "ack" and "bo" in call]
        other_journal.close()

    def test_read_only_refuses_every_verb_and_journals_nothing(self, rig: Rig) -> None:  # safety 12
        rig.begun()
        assert rig.engine.set_read_only(True) is None
        for action in (Ack((HIGH,)), Start("look"), AddNote(HIGH, "x"), MakeSilence("am", "x", rig.clock.now(), "c")):
            with pytest.raises(Refused, match="read-only"):
                rig.engine.ask(action)
        assert rig.journal.runs() == ()
        assert not [call for call in rig.am.calls if call[0] in ("ack", "note", "silence")]
        rig.sees(lambda view: view.read_only)
        assert rig.engine.set_read_only(False) is None

    def test_read_only_of_the_config_is_not_lifted_unless_it_allows(self, rigs: Rigs) -> None:  # safety 12
        locked = rigs(read_only=True, unlock=False)
        assert locked.engine.set_read_only(False) == "read_only is set and may not be lifted here (unlock = false)"
        asked = rigs(read_only=True, unlock=False, locked="it was started with --read-only")
        assert asked.engine.set_read_only(False) == "it was started with --read-only"

    def test_what_was_asked_for_right_before_it_closes_is_still_done(self, rigs: Rigs) -> None:
        # safety 25
        rig = rigs().begun()
        run_id = rig.engine.ask(Ack((HIGH,)))
        assert rig.engine.stop()
        (run,) = rig.journal.runs()
        assert (run.id, run.state) == (run_id, RunState.ACCEPTED)
        assert [call[0] for call in rig.am.calls if call[0] == "ack"] == ["ack"]

    def test_what_is_being_sent_when_it_closes_is_uncertain(self, rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(parts, "SENDING", 0.2)
        rig = rigs().begun()
        rig.am.stalled = True
        run_id = rig.engine.ask(Ack((HIGH,)))
        wait(lambda: any(call[0] == "ack" for call in rig.am.calls), "the write")
        assert rig.engine.stop()
        (run,) = rig.journal.runs()
        assert (run.id, run.state) == (run_id, RunState.UNCERTAIN)
        assert "while am was being told" in run.reason
        with pytest.raises(Refused, match="closing"):
            rig.engine.ask(Ack((POSTGRES,)))


class TestRunbooks:
    def test_a_run_does_what_was_shown_and_is_journalled(self, rig: Rig) -> None:
        rig.begun()
        plan = rig.engine.plan("mend", HIGH, {})
        assert plan.deeds == (("env", "HOST=web-3", "sh", "-c", 'echo "mending $HOST"', "--"),)
        run = rig.asked(Start("mend", {}, HIGH, plan.exact))
        assert (run.state, run.exit_code, run.target) == (RunState.CONFIRMED, 0, "web-3")
        assert rig.engine.output(run.id).lines[-1] == "mending web-3"
        assert Path(run.output_path).read_text().splitlines()[-1] == "mending web-3"
        assert [entry.data["state"] for entry in rig.entries("run.")] == ["pending", "confirmed"]

    def test_an_alert_that_changed_since_the_preview_is_refused(self, rig: Rig) -> None:  # safety 10
        rig.begun()
        shown = rig.engine.plan("mend", HIGH, {}).exact
        rig.am.fire("HighErrorRate", labels={"alertname": "HighErrorRate", "host": "web-4"})
        rig.engine.refresh()
        rig.sees(lambda view: view.alert(HIGH).alert.labels["host"] == "web-4")
        with pytest.raises(
            Refused, match="the alert changed since you looked: it would now be 'HOST=web-4' instead of 'HOST=web-3'"
        ):
            rig.engine.ask(Start("mend", {}, HIGH, shown))
        assert rig.journal.runs() == ()

    def test_an_alert_that_is_gone_is_refused(self, rig: Rig) -> None:  # safety 10
        rig.begun()
        shown = rig.engine.plan("mend", HIGH, {}).exact
        rig.am.end("HighErrorRate")
        rig.engine.refresh()
        rig.sees(lambda view: view.alert(HIGH) is None)
        with pytest.raises(Refused, match="not an alert"):
            rig.engine.ask(Start("mend", {}, HIGH, shown))
        assert rig.engine.plan("mend", HIGH, {}).refused == "HighErrorRate is not an alert any more"

    def test_what_changes_between_the_intent_and_the_start_fails_the_run(self, rig: Rig) -> None:  # safety 10
        rig.begun()
        shown = rig.engine.plan("mend", HIGH, {}).exact
        begin = rig.journal.begin_run

        def slowly(run: Run, exclusive: str = "") -> Run | None:
            found = begin(run, exclusive)
            rig.am.fire("HighErrorRate", labels={"alertname": "HighErrorRate", "host": "web-5"})
            rig.engine.refresh()
            rig.sees(lambda view: view.alert(HIGH).alert.labels["host"] == "web-5")
            return found

        rig.journal.begin_run = slowly  # type: ignore[method-assign]  # the alert changes while the intent is written
        run = rig.asked(Start("mend", {}, HIGH, shown))
        assert run.state is RunState.FAILED
        assert run.reason.startswith("the alert changed since you looked")
        assert rig.engine.output(run.id).lines == ()

    def test_who_may_run_it_is_asked_again_at_the_start(self, rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
        only = msgspec.structs.replace(BOOKS["mend"], allow=("person:ana",))
        rig = rigs(runbooks={"mend": only}).begun()
        begin = rig.journal.begin_run

        def slowly(run: Run, exclusive: str = "") -> Run | None:
            found = begin(run, exclusive)
            rig.engine.adopt(msgspec.structs.replace(rig.config, me=("cy",)))
            rig.sees(lambda view: view.me == ("cy",))
            return found

        monkeypatch.setattr(rig.journal, "begin_run", slowly)  # the person changes while the intent is written
        run = rig.asked(Start("mend", {}, HIGH, rig.engine.plan("mend", HIGH, {}).exact))
        assert (run.state, run.reason) == (RunState.FAILED, "mend is not for you: ana may run it")
        assert rig.engine.output(run.id).lines == ()
        with pytest.raises(Refused, match="mend is not for you: ana may run it"):
            rig.engine.ask(Start("mend", {}, HIGH))
        assert len(rig.journal.runs()) == 1

    def test_a_runbook_that_fails_says_with_what(self, rig: Rig) -> None:
        rig.begun()
        run = rig.asked(Start("fails"))
        assert (run.state, run.exit_code) == (RunState.FAILED, 3)

    def test_a_run_can_be_cancelled(self, rig: Rig) -> None:
        rig.begun()
        run_id = rig.engine.ask(Start("slow"))
        rig.sees(lambda view: any(run.state is RunState.RUNNING for run in view.runs))
        wait(lambda: rig.engine.output(run_id).lines, "the start")
        assert rig.engine.ask(Cancel(run_id)) == run_id
        run = rig.settled(run_id)
        assert run.state is RunState.CANCELLED
        assert run.reason.endswith("cancelled by ana")
        with pytest.raises(Refused):
            rig.engine.ask(Cancel(run_id))
        assert "run.cancelled" in [entry.kind for entry in rig.entries("run.")]

    def test_a_key_pressed_twice_is_one_run(self, rig: Rig) -> None:  # safety 10, 25
        rig.begun()
        run_id = rig.engine.ask(Start("slow"))
        with pytest.raises(Refused):
            rig.engine.ask(Start("slow"))
        rig.sees(lambda view: any(run.state is RunState.RUNNING for run in view.runs))
        rig.engine.ask(Cancel(run_id))
        rig.settled(run_id)
        assert len(rig.journal.runs()) == 1

    def test_closing_ends_what_runs_and_says_so(self, rigs: Rigs) -> None:
        rig = rigs().begun()
        run_id = rig.engine.ask(Start("slow"))
        wait(lambda: rig.engine.output(run_id).lines, "the start")
        assert rig.engine.stop()
        (run,) = rig.journal.runs()
        assert (run.id, run.state) == (run_id, RunState.CANCELLED)
        assert run.reason.endswith("the cockpit was closed")

    def test_an_unknown_runbook_is_refused_in_words(self, rig: Rig) -> None:
        rig.begun()
        assert rig.engine.plan("no-such", None, {}).refused == "there is no runbook no-such"
        with pytest.raises(Refused, match="no-such"):
            rig.engine.ask(Start("no-such"))

    def test_a_dry_run_lists_and_executes_nothing(self, rig: Rig) -> None:
        rig.begun()
        run = rig.asked(Start("slow", dry_run=True))
        assert run.state is RunState.CONFIRMED
        assert rig.engine.output(run.id).lines == ("sleep 300",)

    def test_a_run_of_another_cockpit_appears_here(self, rig: Rig) -> None:
        rig.begun()
        other = open_journal(rig.folder, rig.clock)
        theirs = Run(
            id="20261123-000000-beef",
            at=rig.clock.now(),
            who="bo",
            action=Start("look"),
            what="look",
            target="",
            state=RunState.CONFIRMED,
        )
        other.put_run(theirs)
        other.close()
        rig.turned(lambda view: any(run.id == theirs.id for run in view.runs))


class Unwritable:
    """A journal whose disk is full."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.full = False

    @property
    def problem(self) -> str:
        return "the disk is full" if self.full else self._journal.problem

    def __getattr__(self, name: str) -> Any:
        def write(*what: Any, **more: Any) -> Any:
            if self.full:
                raise JournalError("the disk is full")
            return getattr(self._journal, name)(*what, **more)

        writes = name in ("begin_run", "put_run", "record", "ack", "unack", "silence", "note", "change_watch", "keep")
        return write if writes else getattr(self._journal, name)


class TestWithoutAJournal:
    @pytest.fixture
    def full(self, rigs: Rigs) -> Rig:
        made = rigs()
        journal: Any = Unwritable(made.journal)
        made.engine = made.another(journal=journal)
        made.begun()
        journal.full = True
        return made

    def test_what_changes_the_world_is_blocked_and_what_only_looks_is_not(self, full: Rig) -> None:  # safety 24
        with pytest.raises(Refused, match="the disk is full"):
            full.engine.ask(Start("mend", {}, HIGH))
        run_id = full.engine.ask(Start("look", {}, HIGH))
        wait(lambda: any(run.id == run_id and run.state is RunState.CONFIRMED for run in full.engine.view.runs), "the look")
        full.sees(lambda view: not view.journal.writes and view.journal.problem == "the disk is full")

    def test_alerts_stay_live_and_another_system_can_still_be_told(self, full: Rig) -> None:  # safety 24
        full.am.fire("another")
        full.engine.refresh()
        full.sees(lambda view: len(view.alerts) == 3)
        full.engine.ask(Ack((HIGH,)))
        full.sees(lambda view: view.alert(HIGH).alert.acknowledged_by == "ana")

    def test_what_only_the_journal_could_keep_is_refused_with_the_reason(self, full: Rig) -> None:  # safety 24
        run_id = full.engine.ask(MakeSilence("local", "alertname=x", full.clock.now() + timedelta(hours=1), "why"))
        full.sees(lambda view: any(run.id == run_id and run.state is RunState.FAILED for run in view.runs))
        (run,) = (run for run in full.engine.view.runs if run.id == run_id)
        assert "the disk is full" in run.reason
        assert full.engine.view.silences == ()


class TestABusyJournal:
    def test_a_key_returns_at_once_and_nothing_is_sent_before_the_intent_is_written(self, rig: Rig) -> None:  # safety 24
        rig.begun()
        with closing(sqlite3.connect(rig.folder / "journal.sqlite", isolation_level=None)) as hog:
            hog.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            run_id = rig.engine.ask(Ack((HIGH,)))
            rig.engine.readings("disk", "used", rig.clock.now())
            assert time.monotonic() - began < 1
            rig.sees(lambda view: view.alert(HIGH).pending == "ack…", "the key's effect")
            assert not [call for call in rig.am.calls if call[0] == "ack"]
            hog.execute("ROLLBACK")
        assert rig.settled(run_id).state is RunState.CONFIRMED
        assert [entry.data["run"] for entry in rig.entries("run.started")] == [run_id]

    def test_readings_are_those_of_last_time_while_it_is_locked(self, rig: Rig) -> None:
        since = rig.clock.now() - timedelta(hours=1)
        put_watch(rig.journal, "disk", Watch(checked_at=rig.clock.now()), {"used": 7.0})
        wait(lambda: rig.engine.readings("disk", "used", since), "the readings")
        with closing(sqlite3.connect(rig.folder / "journal.sqlite", isolation_level=None)) as hog:
            hog.execute("BEGIN EXCLUSIVE")
            began = time.monotonic()
            for _ in range(10):
                assert [value for _, value in rig.engine.readings("disk", "used", since)] == [7.0]
            assert time.monotonic() - began < 1
            hog.execute("ROLLBACK")


def full_disk(folder: Path) -> Trap:
    return Trap(
        name="backups",
        probe="file",
        params={"path": str(folder / "backup")},
        trip=bound("size_bytes < 1"),
        every=Seconds(30),
        severity=Severity.ERROR,
        runbooks=("back-up",),
    )


class TestThisMachine:
    def test_a_trap_trips_is_acknowledged_mended_by_its_runbook_and_armed_again(self, tmp_path: Path, rigs: Rigs) -> None:
        (tmp_path / "backup").touch()
        book = Runbook(
            name="back-up",
            title="Back up",
            steps=(Step(RunStep(("sh", "-c", "echo data > $1", "sh", "{path}"))),),
            changes="writes",
        )
        rig = rigs(start=datetime.now(UTC), traps={"backups": full_disk(tmp_path)}, runbooks={"back-up": book})
        rig.engine.start()
        ref = Ref("local", "backups")
        rig.turned(lambda view: view.alert(ref) is not None)
        assert rig.asked(Ack((ref,))).state is RunState.CONFIRMED
        plan = rig.engine.plan("back-up", ref, {})
        assert plan.refused == ""
        run = rig.asked(Start("back-up", {}, ref, plan.exact))
        assert run.state is RunState.CONFIRMED
        rig.sees(lambda view: view.alert(ref) is None, "the alert's end, with the clock standing still")
        rig.sees(lambda view: view.traps[0].state is TrapState.ARMED)
        happened = {"trap.tripped", "alert.fired", "run.started", "run.ended", "trap.armed", "alert.resolved"}
        wait(lambda: happened <= {entry.kind for entry in rig.journal.entries()}, "all of it in the journal")

    def test_a_trap_can_rest(self, tmp_path: Path, rigs: Rigs) -> None:
        (tmp_path / "backup").write_text("data")
        rig = rigs(start=datetime.now(UTC), traps={"backups": full_disk(tmp_path)})
        rig.engine.start()
        rig.turned(lambda view: view.traps and view.traps[0].state is TrapState.ARMED)
        end = rig.clock.now() + timedelta(minutes=10)
        assert rig.asked(Disarm(Ref("local", "backups"), end, "being moved")).state is RunState.CONFIRMED
        rig.sees(lambda view: view.traps[0].state is TrapState.DISARMED)
        rig.clock.advance_until(lambda: rig.engine.view.traps[0].state is TrapState.ARMED, step=10)
        assert rig.clock.now() >= end


class TestOneCommand:
    """The engine without its thread, as the command line uses it."""

    def test_it_looks_once_and_does_one_thing(self, rigs: Rigs) -> None:
        rig = rigs()

        async def work() -> tuple[Run, ...]:
            async with rig.engine.session():
                view = await rig.engine.once()
                assert len(view.alerts) == 2
                assert all(health.health is Health.LIVE for health in view.sources)
                assert ("am", "Acks") in rig.engine.can
                return await rig.engine.do(Ack((HIGH, POSTGRES), "on it"))

        runs = asyncio.run(work())
        assert [(run.target, run.state) for run in runs] == [
            ("HighErrorRate · web-3", RunState.CONFIRMED),
            ("PostgresDown", RunState.CONFIRMED),
        ]
        assert not [thread for thread in threading.enumerate() if thread.name.startswith("source ")]

    def test_it_follows_a_run_to_its_end(self, rigs: Rigs) -> None:
        rig = rigs()
        seen = set[str]()

        async def work() -> tuple[Run, ...]:
            async with rig.engine.session():
                await rig.engine.once(look=False)
                return await rig.engine.do(Start("look", {}, HIGH), seen.add)

        (run,) = asyncio.run(work())
        assert run.state is RunState.CONFIRMED
        assert seen == {run.id}
        assert rig.engine.output(run.id).lines[-1] == "looking at web-3"

    def test_a_write_that_is_lost_is_read_back_before_it_says_anything(self, rigs: Rigs) -> None:  # safety 17
        rig = rigs()
        rig.am.answer_lost = True

        async def work() -> tuple[Run, ...]:
            async with rig.engine.session():
                await rig.engine.once()
                return await rig.engine.do(Ack((HIGH,)))

        (run,) = asyncio.run(work())
        assert run.state is RunState.CONFIRMED

    def test_a_source_that_cannot_be_reached_is_told_and_the_others_answer(self, rigs: Rigs) -> None:
        rig = rigs()
        rig.am.failure = Unreachable("connection refused")

        async def work() -> None:
            async with rig.engine.session():
                view = await rig.engine.once()
                assert [row.alert.name for row in view.alerts] == ["PostgresDown"]
                assert [(health.source, health.reason) for health in view.blind] == [("am", "connection refused")]
                shifts, silent = await rig.engine.on_call(rig.clock.now())
                assert [shift.source for shift in shifts] == ["local"]
                assert silent == ("am: connection refused",)

        asyncio.run(work())

    def test_an_interrupt_ends_the_run_with_everything_in_it(self, rigs: Rigs) -> None:  # safety 11
        rig = rigs()

        async def work() -> None:
            async with rig.engine.session():
                await rig.engine.once(look=False)
                doing = asyncio.ensure_future(rig.engine.do(Start("slow")))
                await until(lambda: any(run.state is RunState.RUNNING for run in rig.journal.runs()), "the run")
                doing.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await doing

        asyncio.run(work())
        (run,) = rig.journal.runs()
        assert run.state is RunState.CANCELLED
        assert run.reason.endswith("the cockpit was interrupted")


def test_sudo_does_not_hide_who_it_was(rigs: Rigs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "somebody-else")
    rig = rigs(me=()).begun()
    run = rig.asked(Ack((HIGH,)))
    assert run.who == "somebody-else"
    (entry, *_) = rig.journal.entries(kind="run.started")
    assert entry.data["sudo_user"] == "somebody-else"
    assert entry.data["os_user"] != ""


def test_nothing_of_it_is_left_when_it_has_stopped(tmp_path: Path, rigs: Rigs) -> None:
    rig = rigs().begun()
    assert rig.engine.stop()
    names = {thread.name for thread in threading.enumerate()}
    assert not [name for name in names if name.startswith(("source", "cockpit engine"))]
    assert rig.am.closed
    rig.journal.close()
    assert os.listdir(tmp_path)
