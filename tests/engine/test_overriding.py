"""Overrides of this machine's rosters: asked for at one cockpit, in force there at once, and soon at every other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.overriding import add
from cockpit.config.reread import Reread
from cockpit.core.actions import EndOverride, MakeOverride, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.covers import Cover
from cockpit.core.view import View
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeClock
from support.configs import loaded, write
from support.waiting import wait

TEAM = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[rosters.primary]
timezone = "UTC"
[[rosters.primary.layers]]
people = ["ana"]
start = 2026-01-01T00:00:00
turn = "1 week"
[[rosters.primary.overrides]]
person = "bo"
start = 2030-01-01T00:00:00
end = 2030-01-02T00:00:00
"""
PRIMARY = Ref("local", "primary")


class Cockpits:
    """One or more engines over the same files and the same journal directory."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.main = write(folder / "config.toml", TEAM)
        self.journal = open_journal(folder / "state", self.clock)
        self.engines: list[Engine] = []

    def begun(self) -> Engine:
        files = Reread(self.main, lambda _: loaded(self.main))
        made = Engine(
            files.read(), self.journal, self.clock,
            load_provider=partial(plugins.load, plugins.PROVIDERS), load_probe=partial(plugins.load, plugins.PROBES),
            state_dir=self.folder, files=files,
        )  # fmt: skip
        self.engines.append(made)
        made.start()
        self.clock.advance_until(lambda: bool(made.view.rosters))
        return made

    def turned(self, engine: Engine, condition: object) -> None:
        self.clock.advance_until(lambda: condition(engine.view))  # type: ignore[operator]  # a lambda of the test


@pytest.fixture
def cockpits(tmp_path: Path) -> Iterator[Cockpits]:
    made = Cockpits(tmp_path)
    yield made
    for engine in made.engines:
        engine.stop()
    made.journal.close()


def on(view: View) -> str:
    return view.rosters[0].now.person if view.rosters and view.rosters[0].now is not None else ""


def covers(clock: FakeClock, person: str = "bo", hours: float = 8) -> tuple[Cover, ...]:
    now: datetime = clock.now()
    return (Cover(person, now, now + timedelta(hours=hours)),)


def state(engine: Engine, run_id: str) -> RunState | None:
    return next((run.state for run in engine.view.runs if run.id == run_id), None)


def test_an_override_holds_at_once_and_at_another_cockpit_soon_and_is_taken_back_there(cockpits: Cockpits) -> None:
    here, there = cockpits.begun(), cockpits.begun()
    run = here.ask(MakeOverride(PRIMARY, covers(cockpits.clock), "dentist"))
    wait(lambda: state(here, run) is RunState.CONFIRMED and on(here.view) == "bo", "the override here")
    cockpits.turned(there, lambda view: on(view) == "bo")
    ours = next(each for each in there.view.overrides if not each.undone)
    assert (ours.name, ours.who, ours.why) == ("Bo", "ana", "dentist")
    since, until = cockpits.clock.now() - timedelta(days=1), cockpits.clock.now() + timedelta(days=1)
    wait(lambda: there.laid_out(since, until) is not None, "the rosters over a time")
    laid = there.laid_out(since, until)
    assert laid is not None
    assert [shift.person for shift in laid.shifts] == ["ana", "bo", "ana"]
    assert [each.ref for each in laid.overrides] == [ours.ref]
    back = there.ask(EndOverride(ours.ref))
    wait(lambda: state(there, back) is RunState.CONFIRMED and on(there.view) == "ana", "its end there")
    cockpits.turned(here, lambda view: on(view) == "ana")
    kinds = [entry.kind for entry in cockpits.journal.entries(kind="override.")]
    assert kinds == ["override.ended", "override.made"]
    paged = here.here.plan().on_call(cockpits.clock.now())[0].now
    assert paged is not None
    assert paged.person == "ana", "who is paged follows"


def test_what_stands_by_hand_is_not_ended_and_says_where_it_is(cockpits: Cockpits) -> None:
    here = cockpits.begun()
    cockpits.turned(here, lambda view: bool(view.overrides))
    (by_hand,) = here.view.overrides
    with pytest.raises(Refused, match="it stands in the config by hand: take it out there"):
        here.ask(EndOverride(by_hand.ref))


@pytest.mark.parametrize(
    ("roster", "person", "says"),
    [("primry", "bo", "there is no [rosters.primry]"), ("primary", "zoe", "zoe is nobody in [people]")],
)
def test_who_or_what_is_not_in_the_config_is_refused(cockpits: Cockpits, roster: str, person: str, says: str) -> None:
    here = cockpits.begun()
    run_id = here.ask(MakeOverride(Ref("local", roster), covers(cockpits.clock, person)))
    wait(lambda: state(here, run_id) is RunState.FAILED, "a no")
    assert says in next(run.reason for run in here.view.runs if run.id == run_id)
    assert not (cockpits.folder / "conf.d/50-cockpit-overrides.toml").exists()


def test_one_whose_times_were_written_by_hand_says_where_and_stays(cockpits: Cockpits) -> None:
    cockpit = cockpits.begun()
    run = cockpit.ask(MakeOverride(PRIMARY, covers(cockpits.clock), "dentist"))
    cockpits.turned(cockpit, lambda view: on(view) == "bo")
    (made,) = [each for each in cockpit.view.overrides if each.ref.id.startswith("o-")]
    cockpits.turned(cockpit, lambda _: state(cockpit, run) is RunState.CONFIRMED)
    file = cockpits.main.parent / "conf.d/50-cockpit-overrides.toml"
    file.write_text(file.read_text().replace("+00:00", "").replace("Z\n", "\n"))
    undo = cockpit.ask(EndOverride(made.ref))
    cockpits.turned(cockpit, lambda _: state(cockpit, undo) not in (None, RunState.PENDING))
    (told,) = [run for run in cockpit.view.runs if run.id == undo]
    assert told.state is RunState.FAILED
    assert "rosters.primary.overrides[0].start has no offset" in told.reason
    assert made.ref.id in file.read_text()


def test_a_config_with_a_fault_refuses_and_nothing_is_written(cockpits: Cockpits) -> None:
    here = cockpits.begun()
    write(cockpits.main, TEAM + "[trps.x]\n")
    run_id = here.ask(MakeOverride(PRIMARY, covers(cockpits.clock)))
    wait(lambda: state(here, run_id) is RunState.FAILED, "a no")
    reason = next(run.reason for run in here.view.runs if run.id == run_id)
    assert "nothing was written, for the config has a fault: " in reason
    assert "trps" in reason
    assert on(here.view) == "ana"
    assert not (cockpits.folder / "conf.d/50-cockpit-overrides.toml").exists()


def test_a_fault_in_the_config_leaves_what_was_and_once_it_is_mended_the_override_holds(cockpits: Cockpits) -> None:
    there = cockpits.begun()
    write(cockpits.main, TEAM + "[trps.x]\n")
    add(cockpits.main, "primary", covers(cockpits.clock), "Ana", "", cockpits.clock.now())  # as another cockpit would
    cockpits.turned(there, lambda view: any("going on with the config as it was: " in remark for remark in view.remarks))
    assert on(there.view) == "ana"
    write(cockpits.main, TEAM)
    cockpits.turned(there, lambda view: on(view) == "bo" and not any("as it was" in remark for remark in view.remarks))


def test_a_cockpit_that_was_put_together_without_files_says_so(tmp_path: Path) -> None:
    clock = FakeClock()
    main = write(tmp_path / "config.toml", TEAM)
    journal = open_journal(tmp_path / "state", clock)
    engine = Engine(
        loaded(main), journal, clock, load_provider=partial(plugins.load, plugins.PROVIDERS),
        load_probe=partial(plugins.load, plugins.PROBES), state_dir=tmp_path,
    )  # fmt: skip
    engine.start()
    clock.advance_until(lambda: bool(engine.view.rosters))
    run_id = engine.ask(MakeOverride(PRIMARY, covers(clock)))
    wait(lambda: state(engine, run_id) is RunState.FAILED, "a no")
    engine.stop()
    journal.close()


SIX = """
[runbooks.six]
changes = "marks"
[[runbooks.six.steps]]
run = ["true"]
undo = { run = ["echo", "back"] }
"""


def test_what_people_write_into_the_config_is_said_until_it_holds(cockpits: Cockpits) -> None:
    here = cockpits.begun()
    (cockpits.folder / "conf.d").mkdir(exist_ok=True)
    write(cockpits.folder / "conf.d/70-mine.toml", "")
    write(cockpits.main, TEAM + "# a comment\n")
    cockpits.turned(here, lambda view: view.remarks)
    (said,) = here.view.remarks
    assert said.startswith("config.toml and 1 more changed since "), said
    assert said.endswith(": open the cockpit anew to use it"), said
    run = here.ask(MakeOverride(PRIMARY, covers(cockpits.clock), "dentist"))
    wait(lambda: state(here, run) is RunState.CONFIRMED, "what the cockpit writes itself to be read, and the rest with it")
    write(cockpits.main, TEAM)
    cockpits.turned(here, lambda view: view.remarks != (said,))
    (left,) = here.view.remarks
    assert left.startswith("conf.d/70-mine.toml changed since "), "keys and theme of it do not hold yet"
    (cockpits.folder / "conf.d/70-mine.toml").unlink()
    cockpits.turned(here, lambda view: not view.remarks)


def test_a_run_of_a_runbook_that_came_later_is_not_said_to_be_of_one_that_has_gone(cockpits: Cockpits) -> None:
    old = cockpits.begun()
    write(cockpits.main, TEAM + SIX)
    new = cockpits.begun()
    run = new.ask(Start("six", {}, None, new.plan("six", None, {}).exact))
    wait(lambda: state(new, run) is RunState.CONFIRMED, "its end")
    ended = next(each for each in new.view.runs if each.id == run)
    plan = old.find_way_back(ended)
    assert plan is not None
    assert plan.refused.startswith("this cockpit has no runbook six: it read its config at "), plan.refused
    assert f", and config.toml changed since: open it anew, or `cockpit run --undo {run}`. As it was then" in plan.refused
    here = new.find_way_back(ended)
    assert here is not None
    assert not here.refused
