"""The demo's desk: the real engine over the story. What is done there holds, helps, and is gone with its directory."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cockpit.core.actions import (
    Ack,
    Action,
    AddNote,
    ChangeIncident,
    Disarm,
    MakeOverride,
    MakeSilence,
    Run,
    RunState,
    Start,
)
from cockpit.core.alerts import AlertState, Ref
from cockpit.core.covers import Cover
from cockpit.core.incidents import Change, Status
from cockpit.core.report_trend import Verdict
from cockpit.core.responses import Escalate, Resolve, Snooze
from cockpit.core.sources import Health
from cockpit.core.traps import TrapState
from cockpit.core.view import View
from cockpit.demo.stage import Stage, night_before
from cockpit.demo.story.beats import LENGTH
from support.real import wait_until

NOW = datetime(2026, 11, 25, 14, 0, tzinfo=UTC)
ERRORS, CHECKOUT, DISK = Ref("am-prod", "HighErrorRate/web-3"), Ref("pd", "P4711"), Ref("local", "db-disk")


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], Stage]]:
    """Makes a stage that stands at a second of the night, once everything has been seen there."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made: list[Stage] = []

    def stage(second: float) -> Stage:
        made.append(Stage(NOW, "night-shift", at=second, stands=True))
        seen(made[-1])
        return made[-1]

    yield stage
    for each in made:
        assert each.close()
    assert list(tmp_path.iterdir()) == []


def seen(stage: Stage) -> View:
    """The view, once every source has answered or failed and every trap was looked at."""
    wait_until(
        lambda: (
            all(each.health is not Health.STARTING for each in stage.view.sources)
            and len(stage.view.traps) == 12
            and all(each.watch.checked_at is not None for each in stage.view.traps)
        ),
        30.0,
        "everything to be looked at",
    )
    return stage.view


def done(stage: Stage, action: Action) -> Run:
    """Have it done, and wait for what becomes of it."""
    wait_until(lambda: stage.why_not(action) is None, 10.0, f"{action} to be possible, and not: {stage.why_not(action)}")
    run_id = stage.ask(action)

    def settled() -> list[Run]:
        return [run for run in stage.view.runs if run.id == run_id and run.state.settled]

    wait_until(settled, 30.0, f"{action} to be settled")
    return settled()[0]


def state(stage: Stage, ref: Ref) -> AlertState | None:
    row = stage.view.alert(ref)
    return row.alert.state if row is not None else None


def trap(stage: Stage, name: str) -> TrapState:
    return next(each.state for each in stage.view.traps if each.trap.name == name)


def test_the_night_is_the_last_one_before_now() -> None:
    assert night_before(NOW) == datetime(2026, 11, 25, 3, 6, tzinfo=UTC)
    assert night_before(NOW.replace(hour=2)) == datetime(2026, 11, 24, 3, 6, tzinfo=UTC)


@pytest.mark.parametrize("day", range(7))
def test_on_every_day_of_the_week_ana_is_on_call_and_divya_comes(day: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stage = Stage(NOW + timedelta(days=day), "night-shift", stands=True)
    try:
        wait_until(lambda: len(stage.view.rosters) == 2, 20.0, "the rosters")
        first, second = stage.view.rosters
        assert first.now is not None
        assert first.next is not None
        assert second.now is not None
        assert (first.now.name, first.next.name, second.now.name) == ("Ana", "Divya", "Bo")
        assert first.now.end == stage.scene.moment(1440.0)
    finally:
        stage.close()


def test_this_machine_is_the_one_of_the_story(at: Callable[[float], Stage]) -> None:
    stage = at(600.0)
    here = {row.alert.labels["host"] for row in stage.view.alerts if row.alert.ref.source == "local"}
    assert here == {stage.here.host} == {"db-1"}


def test_what_is_acknowledged_silenced_noted_and_snoozed_is_so(at: Callable[[float], Stage]) -> None:
    stage = at(200.0)
    assert done(stage, Ack((ERRORS,))).state is RunState.CONFIRMED
    assert state(stage, ERRORS) is AlertState.ACKNOWLEDGED
    until = stage.clock.now() + timedelta(hours=1)
    assert done(stage, MakeSilence("am-prod", "alertname=LatencyP99", until, "known")).state is RunState.CONFIRMED
    assert state(stage, Ref("am-prod", "LatencyP99/shop-eu")) is AlertState.SUPPRESSED
    done(stage, AddNote(CHECKOUT, "on it"))
    wait_until(lambda: (row := stage.view.alert(CHECKOUT)) is not None and row.alert.notes != (), 20.0, "the note")
    done(stage, Snooze((CHECKOUT,), until))
    assert state(stage, CHECKOUT) is AlertState.SUPPRESSED
    done(stage, Escalate((CHECKOUT,), 2))
    done(stage, Resolve((CHECKOUT,)))
    wait_until(lambda: stage.view.alert(CHECKOUT) is None, 20.0, "the alert to be over")


def test_a_runbook_pretends_and_helps(at: Callable[[float], Stage]) -> None:
    stage = at(600.0)
    wait_until(lambda: trap(stage, "db-disk") is TrapState.TRIPPED, 20.0, "the trap to have tripped")
    plan = stage.plan("free-disk", DISK, {})
    assert plan.refused == ""
    run = done(stage, Start("free-disk", plan.values, DISK, plan.exact))
    assert (run.state, run.exit_code) == (RunState.CONFIRMED, 0)
    assert "1,204 files deleted" in stage.output(run.id).lines
    wait_until(lambda: trap(stage, "db-disk") is not TrapState.TRIPPED, 20.0, "the trap to be content")
    wait_until(lambda: stage.view.alert(DISK) is None, 20.0, "the alert to be over")


def test_the_trap_that_trips_pages_whoever_is_on_call_and_nobody_really(at: Callable[[float], Stage]) -> None:
    stage = at(600.0)
    stage.clock.play(True)
    wait_until(
        lambda: (row := stage.view.alert(DISK)) is not None and any(each.who == "Ana" for each in row.alert.pages),
        20.0, "Ana to be paged",
    )  # fmt: skip
    sent = [entry for entry in stage.journal.entries(kind="page.sent") if entry.at > stage.scene.base]
    assert "pretended" in str(sent[0].data)


def test_an_early_sign_comes_before_the_bound(at: Callable[[float], Stage]) -> None:
    stage = at(270.0)
    warned = next(each for each in stage.view.traps if each.trap.name == "db-disk")
    assert warned.state is TrapState.WARNING
    assert warned.watch.reading is not None
    assert warned.watch.reading.values["used_percent"] < 85.0
    assert warned.watch.trips_in is not None


def test_a_source_that_is_blind_keeps_its_rows_and_comes_back(at: Callable[[float], Stage]) -> None:
    stage = at(290.0)
    stage.clock.jump(330.0)
    stage.refresh()
    wait_until(lambda: "prom-eu" in {each.source for each in stage.view.blind}, 20.0, "it to be blind")
    wait_until(lambda: [row.stale for row in stage.view.alerts if row.alert.ref.source == "prom-eu"] == [True], 20.0, "its row")
    stage.clock.jump(700.0)
    stage.refresh()
    wait_until(lambda: "prom-eu" not in {each.source for each in stage.view.blind}, 20.0, "it to see again")


def test_the_incident_is_opened_led_and_closed_by_others(at: Callable[[float], Stage]) -> None:
    stage = at(700.0)
    (found,) = stage.incidents().values()
    assert (found.lead, found.status) == ("Bo", Status.IDENTIFIED)
    told = stage.follow_incident(found.id)
    assert told is not None
    assert any("deployed shop 1.4" in line.text for line in told.lines)
    stage.go_to(LENGTH)
    (found,) = stage.incidents().values()
    assert found.status is Status.CLOSED
    assert found.impact_end is not None


def test_an_incident_that_somebody_opened_here_before_is_the_nights(at: Callable[[float], Stage]) -> None:
    stage = at(200.0)
    row = stage.view.alert(ERRORS)
    assert row is not None
    alerts = [{"source": ERRORS.source, "alert": ERRORS.id, "name": "HighErrorRate", "where": "web-3"}]
    done(stage, ChangeIncident(Change.OPENED.value, "", {"title": "Mine", "severity": "critical", "alerts": alerts}))
    stage.go_to(700.0)
    (found,) = stage.incidents().values()
    assert (found.title, found.lead, found.status) == ("Mine", "Bo", Status.IDENTIFIED)


def test_what_was_done_holds_on_the_way_ahead_and_is_forgotten_on_the_way_back(at: Callable[[float], Stage]) -> None:
    stage = at(200.0)
    done(stage, Ack((ERRORS,)))
    stage.go_to(400.0)
    seen(stage)
    wait_until(lambda: state(stage, ERRORS) is AlertState.ACKNOWLEDGED, 20.0, "the acknowledgement")
    assert any(isinstance(run.action, Ack) for run in stage.view.runs)
    stage.go_to(180.0)
    seen(stage)
    wait_until(lambda: state(stage, ERRORS) is AlertState.FIRING, 20.0, "the alert")
    assert stage.view.runs == () or not any(isinstance(run.action, Ack) for run in stage.view.runs)


def test_traps_rest_and_rosters_are_overridden_in_the_demos_own_files(at: Callable[[float], Stage]) -> None:
    stage = at(200.0)
    until = stage.clock.now() + timedelta(hours=1)
    done(stage, Disarm(Ref("local", "load"), until, "we know"))
    wait_until(lambda: trap(stage, "load") is TrapState.DISARMED, 20.0, "the trap to rest")
    cover = Cover(person="bo", start=stage.clock.now(), end=until)
    done(stage, MakeOverride(Ref("local", "primary"), (cover,), "lunch"))
    wait_until(lambda: stage.view.overrides != (), 20.0, "the override")
    assert (stage.folder / "conf.d" / "50-cockpit-overrides.toml").is_file()


def test_a_trap_is_armed_after_the_fire_and_would_have_caught_it(at: Callable[[float], Stage]) -> None:
    stage = at(600.0)
    wait_until(lambda: stage.view.alert(DISK) is not None, 20.0, "the alert")
    proposed = stage.propose_traps(DISK)
    assert proposed.standing == "", "its own trap is known to be able to do better, and others are about something else"
    values, _ = proposed.drafts[0]
    tried = stage.try_trap({**values, "name": "db-disk-early"}, DISK)
    assert tried.problem == ""
    assert re.fullmatch(r"would have tripped [3-6] m( \d+ s)? before; no false alarm in (3 d 23 h|4 d.*) of readings", tried.would)
    assert float(values["trip"].removeprefix("used_percent >= ")) > 73.0, "as full as that it is every evening"
    stage.lay_trap("db-disk-early", tried.text, DISK)
    wait_until(lambda: any(each.trap.name == "db-disk-early" for each in stage.view.traps), 20.0, "the trap")


def test_the_report_and_the_shift_brief_have_something_to_tell(at: Callable[[float], Stage]) -> None:
    stage = at(600.0)
    now = stage.clock.now()
    made = stage.report(now - timedelta(weeks=7), now, "UTC")
    assert made.fires.trend.verdict is Verdict.EASIER
    assert made.toil
    wait_until(lambda: stage.laid_out(now - timedelta(days=9), now + timedelta(days=9)) is not None, 20.0, "the rosters")


def test_nothing_is_written_but_in_its_own_directory(at: Callable[[float], Stage]) -> None:
    stage = at(200.0)
    assert stage.folder.parent == Path(tempfile.gettempdir())
    assert os.stat(stage.folder).st_mode & 0o777 == 0o700
    done(stage, Ack((ERRORS,)))
    assert {each.name for each in Path(tempfile.gettempdir()).iterdir()} == {stage.folder.name}


def test_who_comes_to_it_while_it_is_blind_sees_its_last_rows(at: Callable[[float], Stage]) -> None:
    stage = at(500.0)
    wait_until(lambda: [row.stale for row in stage.view.alerts if row.alert.ref.source == "prom-eu"] == [True], 20.0, "its row")
    assert "prom-eu" in {each.source for each in stage.view.blind}
