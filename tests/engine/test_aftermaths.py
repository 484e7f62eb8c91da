"""What becomes of an alert after a run for it, as the engine sees and remembers it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Start
from cockpit.core.aftermath import Past, Verdict
from cockpit.core.alerts import Ref
from cockpit.core.runbooks import Runbook
from cockpit.core.sources import Health
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeClock, FakeProvider, as_class
from support.waiting import wait

HIGH = Ref("am", "HighErrorRate")
MEND = Runbook(name="mend", title="Mend", steps=(Step(RunStep(("true",))),), helps_within=Seconds(300), changes="mends")


class Rig:
    """An engine over one source; `another` one may follow on the same journal."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.am = folder, FakeClock(), FakeProvider("am")
        self.am.fire("HighErrorRate", where="web-3")
        self.config = Config(me=("ana",), sources={"am": SourceConfig(name="am", provider="am")}, runbooks={"mend": MEND})
        self.journal = open_journal(folder, self.clock)
        self.engine = self.another()

    def another(self) -> Engine:
        def provider(name: str) -> type:
            return as_class(self.am) if name == "am" else plugins.load(plugins.PROVIDERS, name)

        probe = partial(plugins.load, plugins.PROBES)
        self.engine = Engine(self.config, self.journal, self.clock, load_provider=provider, load_probe=probe, state_dir=self.folder)
        self.engine.start()
        self.turned(lambda: all(each.health is Health.LIVE for each in self.engine.view.sources) and self.engine.view.alert(HIGH))
        return self.engine

    def turned(self, condition: Any) -> None:
        self.clock.advance_until(condition, step=5)

    def mended(self) -> str:
        """Run it for the alert, to its end."""
        run_id = self.engine.ask(Start("mend", alert=HIGH, preview=self.engine.plan("mend", HIGH, {}).exact))
        wait(lambda: any(run.id == run_id and run.state.settled for run in self.engine.view.runs), "the run's end")
        return run_id

    def passed(self, **time: float) -> None:
        """Let it pass, with all that happens in it: as fast as the source is asked, for what nobody saw is unknown."""
        until = self.clock.now() + timedelta(**time)
        while self.clock.now() < until:
            self.clock.advance(5)
            wait(lambda: all(each.health is Health.LIVE for each in self.engine.view.sources), "the source to be asked")

    def past(self) -> Past:
        return self.journal.past_named("HighErrorRate")[0]

    def verdict(self) -> Verdict | None:
        return self.past().verdict(self.clock.now())


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.engine.stop()
    made.journal.close()


def test_a_run_after_which_the_alert_is_over_in_time_helped(rig: Rig) -> None:
    run_id = rig.mended()
    rig.passed(minutes=1)
    rig.am.end("HighErrorRate")
    rig.turned(lambda: rig.engine.view.alert(HIGH) is None)
    wait(lambda: rig.verdict() is Verdict.HELPED, "the verdict")
    past = rig.past()
    assert (past.run.id, past.run.who, past.after.name, past.after.place) == (run_id, "ana", "HighErrorRate", "web-3")


def test_a_run_after_which_it_goes_on_did_not_help(rig: Rig) -> None:
    rig.mended()
    rig.passed(minutes=7)
    wait(lambda: rig.verdict() is Verdict.NOT, "the verdict")


def test_what_nobody_saw_is_unknown(rig: Rig) -> None:
    rig.mended()
    rig.engine.stop()
    rig.clock.advance(3600)
    assert rig.verdict() is Verdict.UNKNOWN
    rig.another()
    rig.turned(lambda: rig.verdict() is Verdict.NOT)  # a later cockpit finds it still there


def test_a_source_that_is_blind_in_between_leaves_it_unknown(rig: Rig) -> None:
    rig.mended()
    rig.passed(minutes=1)
    rig.am.stalled = True
    rig.passed(minutes=10)
    rig.am.end("HighErrorRate")
    rig.am.stalled = False
    rig.turned(lambda: rig.engine.view.alert(HIGH) is None)
    wait(lambda: rig.past().after.gone is not None, "the look")
    assert rig.verdict() is Verdict.UNKNOWN


def test_a_later_firing_remembers_what_was_run_before_whoever_ran_it(rig: Rig) -> None:
    rig.mended()
    rig.am.end("HighErrorRate")
    rig.turned(lambda: rig.engine.view.alert(HIGH) is None)
    wait(lambda: rig.verdict() is Verdict.HELPED, "the verdict")
    rig.engine.stop()
    rig.clock.advance(3 * 86400)
    rig.am.fire("HighErrorRate", where="web-3")
    engine = rig.another()
    row = engine.view.alert(HIGH)
    assert row is not None
    wait(lambda: [past.run.what for past in engine.past(row.alert)] == ["mend"], "the past")
    assert engine.past(row.alert)[0].verdict(rig.clock.now()) is Verdict.HELPED


def test_where_each_firing_has_an_id_of_its_own_name_and_place_tell_that_it_is_the_same(rig: Rig) -> None:
    rig.mended()
    rig.am.end("HighErrorRate")
    rig.am.fire("another id", name="HighErrorRate", where="web-3")
    rig.am.fire("elsewhere", name="HighErrorRate", where="web-4")
    rig.turned(lambda: rig.engine.view.alert(Ref("am", "elsewhere")))
    same, other = (rig.engine.view.alert(Ref("am", each)) for each in ("another id", "elsewhere"))
    assert same is not None
    assert other is not None
    wait(lambda: [past.run.what for past in rig.engine.past(same.alert)] == ["mend"], "the past")
    assert rig.journal.past(other.alert) == ()
