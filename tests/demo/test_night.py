"""The night of the demo, as pure data: whole at every moment, harmless, the same for everybody, and changed by what is done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from cockpit.core.alerts import Alert
from cockpit.core.filters import parse
from cockpit.core.incidents import Change
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.stormrule import StormRule
from cockpit.core.storms import Storms
from cockpit.core.text import clean
from cockpit.core.traps import Reading
from cockpit.core.view import View, project
from cockpit.demo.story import curves
from cockpit.demo.story.beats import BEGINS, LENGTH, Cures, told
from cockpit.demo.story.chronicle import caption, chronicle, due
from cockpit.demo.story.night import BLIND, FREE_DISK, NIGHT, OTHERS, ROLL_BACK, cured
from cockpit.demo.story.prints import printed
from cockpit.demo.story.weeks import weeks
from cockpit.ui import theme as themes
from cockpit.ui.look import look
from cockpit.ui.status import Banner

BASE = datetime(2026, 11, 25, 3, 6, tzinfo=UTC)
SOURCES = ("am-prod", "prom-eu", "pd")
MOMENTS = tuple(float(at) for at in range(int(BEGINS), int(LENGTH) + 1, 20))
NOTHING: Cures = {}


def view(at: float, by_hand: Cures = NOTHING) -> View:
    """What a screen would show of the other sources at that second."""
    now = BASE + timedelta(seconds=at)
    facts = {
        name: Snapshot(source=name, asked_at=now, asked_mono=at, alerts=told(NIGHT, name, at, cured(at, by_hand), BASE))
        for name in SOURCES
    }
    sees = [SourceHealth(source=name, provider=name, health=Health.LIVE, age=timedelta(seconds=1)) for name in SOURCES]
    return project(facts, (), sees, now=now, me=("ana",))


def texts(alert: Alert) -> list[str]:
    pairs = (*alert.labels.items(), *alert.annotations.items())
    return [alert.name, alert.where, alert.summary, alert.ref.id, alert.acknowledged_by, *(text for pair in pairs for text in pair)]


def firing(at: float, by_hand: Cures = NOTHING) -> set[str]:
    return {row.alert.name for row in view(at, by_hand).alerts}


@pytest.mark.parametrize("at", MOMENTS)
def test_every_moment_is_a_whole_view_of_which_nothing_harms_a_terminal(at: float) -> None:
    shown = view(at)
    now = BASE + timedelta(seconds=at)
    refs = [row.alert.ref for row in shown.alerts]
    assert len(set(refs)) == len(refs)
    for row in shown.alerts:
        assert all(clean(text) == text for text in texts(row.alert))
        assert row.alert.started_at is not None
        assert timedelta(0) <= now - row.alert.started_at < timedelta(hours=4)
        assert row.alert.acknowledged_at is None or row.alert.started_at <= row.alert.acknowledged_at <= now
    assert 0.0 <= curves.disk(at, cured(at, {})) <= 100.0
    assert clean(caption(at)) == caption(at)
    assert len(caption(at)) <= 70  # one line of 80 columns, with what puts it away
    banner = Banner(look(themes.find("night-shift")))
    banner.show([caption(at), "and another"])
    assert caption(at) in "".join(text for text, _ in banner.spans(80)), "nor is it cut when something else is said, too"


def test_what_stands_in_its_labels_is_shown_and_means_nothing() -> None:
    (odd,) = [row.alert for row in view(250.0).alerts if row.alert.name == "ProbeFailed"]
    assert "\x1b" not in odd.summary
    assert "␛]0;owned" in odd.summary
    assert "$(reboot)" in odd.summary
    assert odd.where == "web-2; reboot"


def test_it_is_a_good_night_to_look_at_within_a_minute_and_a_calm_one_at_its_end() -> None:
    assert firing(BEGINS + 60.0) >= {"HighErrorRate", "CheckoutFails", "LatencyP99"}
    assert not firing(LENGTH) & {"HighErrorRate", "CheckoutFails", "LatencyP99", "QueueBacklog", "PostgresDown"}
    assert len(view(LENGTH).alerts) == 3


def test_a_rack_that_falls_silent_is_a_storm_and_it_passes() -> None:
    storms = Storms(StormRule())
    storms.take(view(500.0).alerts, BASE + timedelta(seconds=500))
    assert len(storms.storms) == 1
    assert len(storms.storms[0].refs) > 30
    assert len(view(900.0).alerts) < 15


def test_the_disk_fills_early_in_the_trend_and_late_in_the_fire() -> None:
    used = [curves.disk(at, {}) for at in (100.0, 300.0, 560.0, 800.0)]
    assert used == sorted(used)
    assert used[0] < 70.0 < 92.0 < used[2]
    assert "PostgresDown" in firing(800.0)


def test_a_runbook_that_is_run_early_spares_what_would_have_come() -> None:
    by_hand = {FREE_DISK: 300.0, ROLL_BACK: 320.0}
    assert {"HighErrorRate", "PostgresDown"} <= firing(900.0)
    assert not {"HighErrorRate", "PostgresDown", "QueueBacklog"} & firing(900.0, by_hand)
    assert curves.disk(900.0, cured(900.0, by_hand)) < 70.0


def test_space_that_is_freed_while_the_release_runs_on_fills_again() -> None:
    freed = {FREE_DISK: 300.0}
    assert curves.disk(301.0, cured(301.0, freed)) < 62.0
    assert curves.disk(900.0, cured(900.0, freed)) > 90.0


def test_where_nobody_at_the_screen_does_anything_others_do() -> None:
    assert cured(OTHERS[FREE_DISK] + 1.0, {}) == OTHERS
    assert ROLL_BACK not in cured(OTHERS[ROLL_BACK] - 1.0, {})
    assert cured(LENGTH, {ROLL_BACK: 200.0})[ROLL_BACK] == 200.0


def test_what_is_pointless_is_not_written_down() -> None:
    everything = due(BASE, -1000.0, LENGTH, {})
    assert everything == chronicle(BASE)
    fewer = due(BASE, -1000.0, LENGTH, {ROLL_BACK: 200.0})
    assert {each.unless for each in everything} - {each.unless for each in fewer} == {ROLL_BACK}
    assert [each.at for each in everything] == sorted(each.at for each in everything)
    assert [each.change for each in everything if each.change is not None][-1] is Change.CLOSED


def test_a_source_is_blind_for_minutes_and_the_backup_for_longer() -> None:
    _, since, until, why = BLIND
    assert 240.0 < until - since < 600.0
    assert why
    assert isinstance(curves.reading(curves.BACKUP, 600.0, {}), str)
    assert isinstance(curves.reading(curves.BACKUP, 600.0, {curves.MOUNT: 590.0}), Reading)
    assert isinstance(curves.reading(curves.BACKUP, LENGTH, {}), Reading)


def test_what_a_runbook_prints_is_harmless_and_what_frees_space_brings_that_about() -> None:
    said = printed(("find", "/var/lib/postgresql/log", "-delete"), 400.0, {})
    assert said.cures == FREE_DISK
    assert all(clean(line) == line for line in said.lines)
    after = printed(("df", "-h", "/var/lib/postgresql"), 401.0, {FREE_DISK: 400.0})
    assert "61%" in after.lines[-1]


def test_the_weeks_before_are_the_same_for_everybody_and_none_of_them_is_of_tonight() -> None:
    entries, runs = weeks()
    assert (entries, runs) == weeks()
    assert all(each.at < -86400.0 for each in entries)
    assert runs


def test_what_the_captions_tell_to_press_can_be_found() -> None:
    shown, rule = view(800.0), parse("team=db")
    assert any(rule.matches(row.alert, shown.now, ()) for row in shown.alerts)
