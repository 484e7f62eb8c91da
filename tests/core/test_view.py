"""The projection: what sources say and what people did, in one view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cockpit.core.actions import Ack, Action, Disarm, MakeSilence, Run, RunState, Start, Unack
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.roster import OnCall, Person
from cockpit.core.rotation import alone
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.traps import Reading, Trap, TrapState, TrapView, Watch, view_of
from cockpit.core.view import View, project

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
HOUR = timedelta(hours=1)


def alert(name: str, source: str = "am", **more: object) -> Alert:
    fields: dict[str, object] = {"severity": Severity.WARNING, "state": AlertState.FIRING, "started_at": T0 - HOUR}
    return Alert(ref=Ref(source, name), name=name, **(fields | more))  # type: ignore[arg-type]  # test shorthand


def run(action: Action, state: RunState, ago: timedelta = timedelta(0), what: str = "ack") -> Run:
    return Run(id="r", at=T0 - ago, who="Ana", action=action, what=what, target="x", state=state)


def view(*alerts: Alert, runs: tuple[Run, ...] = (), health: Health = Health.LIVE, traps: tuple[TrapView, ...] = ()) -> View:
    said = Snapshot(source="am", asked_at=T0, asked_mono=1.0, alerts=alerts, traps=traps)
    return project({"am": said}, runs, [SourceHealth(source="am", provider="alertmanager", health=health)], now=T0)


def test_worst_and_newest_first_firing_before_held_and_unknown_above_mild() -> None:
    rows = view(
        alert("old-warning"),
        alert("info", severity=Severity.INFO),
        alert("unknown", severity=Severity.UNKNOWN),
        alert("held", severity=Severity.CRITICAL, state=AlertState.ACKNOWLEDGED),
        alert("critical", severity=Severity.CRITICAL),
        alert("new-warning", started_at=T0),
    ).alerts
    assert [row.alert.name for row in rows] == ["critical", "unknown", "new-warning", "old-warning", "info", "held"]


def test_a_pending_ack_is_shown_as_expected_and_a_failed_one_leaves_no_trace() -> None:
    ref = Ref("am", "a")
    (row,) = view(alert("a"), runs=(run(Ack((ref,)), RunState.PENDING),)).alerts
    assert (row.alert.state, row.alert.acknowledged_by, row.pending) == (AlertState.ACKNOWLEDGED, "Ana", "ack…")
    (row,) = view(alert("a"), runs=(run(Ack((ref,)), RunState.ACCEPTED),)).alerts
    assert row.alert.state is AlertState.ACKNOWLEDGED
    (row,) = view(alert("a"), runs=(run(Ack((ref,)), RunState.FAILED),)).alerts
    assert (row.alert.state, row.pending) == (AlertState.FIRING, "")
    (row,) = view(alert("a"), runs=(run(Ack((ref,)), RunState.CONFIRMED),)).alerts
    assert row.alert.state is AlertState.FIRING, "a confirmed run adds nothing to the facts"


def test_an_uncertain_one_shows_the_facts_and_the_word_for_a_while() -> None:
    # safety 17
    action = Ack((Ref("am", "a"),))
    (row,) = view(alert("a"), runs=(run(action, RunState.UNCERTAIN),)).alerts
    assert (row.alert.state, row.pending) == (AlertState.FIRING, "ack: outcome unknown")
    (row,) = view(alert("a"), runs=(run(action, RunState.UNCERTAIN, HOUR),)).alerts
    assert row.pending == ""


def test_the_latest_action_on_an_alert_is_the_one_shown() -> None:
    refs = (Ref("am", "a"),)
    runs = (run(Unack(refs), RunState.PENDING, what="unack"), run(Ack(refs), RunState.PENDING, timedelta(seconds=5)))
    held = alert("a", state=AlertState.ACKNOWLEDGED, acknowledged_by="Bo")
    (row,) = view(held, runs=runs).alerts
    assert (row.alert.state, row.pending) == (AlertState.FIRING, "unack…")


def test_a_pending_silence_hushes_what_it_matches_at_its_source() -> None:
    action = MakeSilence("am", "alertname=a", T0 + HOUR, "why")
    rows = view(alert("a"), alert("b"), runs=(run(action, RunState.PENDING, what="silence"),)).alerts
    assert {row.alert.name: row.alert.state for row in rows} == {"a": AlertState.SUPPRESSED, "b": AlertState.FIRING}


def test_a_runbook_under_way_is_written_on_its_alert() -> None:
    (row,) = view(alert("a"), runs=(run(Start("fix", alert=Ref("am", "a")), RunState.RUNNING, what="fix"),)).alerts
    assert (row.running, row.pending) == ("fix…", ""), "it hinders no acknowledgement"


def test_a_run_of_unknown_outcome_is_written_on_its_alert_until_the_next_one_ends() -> None:
    lost = run(Start("fix", alert=Ref("am", "a")), RunState.UNCERTAIN, timedelta(minutes=2), "fix")
    held = alert("a", state=AlertState.ACKNOWLEDGED, acknowledged_by="Ana")
    (row,) = view(held, runs=(lost,)).alerts
    assert (row.running, row.pending, row.alert.acknowledged_by) == ("fix: outcome unknown", "", "Ana")
    again = run(Start("fix", alert=Ref("am", "a")), RunState.CONFIRMED, timedelta(minutes=1), "fix")
    (row,) = view(held, runs=(again, lost)).alerts
    assert row.running == ""


def test_rows_of_a_blind_source_stay_and_are_marked() -> None:
    seen = view(alert("a"), health=Health.BLIND)
    assert [row.stale for row in seen.alerts] == [True]
    assert seen.cannot_see == ("am blind",)
    assert view().cannot_see == ()
    assert view(health=Health.STARTING).cannot_see == ("am starting",), "nothing heard yet is not all clear"


def told(health: Health, reason: str, *remarks: str, answers: bool = False) -> View:
    said = Snapshot(source="am", asked_at=T0, asked_mono=1.0, alerts=(alert("a"),), remarks=remarks)
    stands = SourceHealth(source="am", provider="alertmanager", health=health, reason=reason, answers=answers)
    return project({"am": said}, (), [stands], now=T0, remarks=("no config yet",))


def test_why_a_source_does_not_see_is_told_first_and_what_it_remarked_before_no_more() -> None:
    dark = told(Health.BLIND, "connection refused", "1 of 2 members")
    assert (dark.remarks, dark.alarms) == (("am: connection refused", "no config yet"), ())
    part = told(Health.INCOMPLETE, "1 of 2 members; another", "1 of 2 members", "another")
    assert part.remarks == ("no config yet", "am: 1 of 2 members", "am: another")
    assert told(Health.INCOMPLETE, "cannot be read", "1 of 2 members").remarks == ("no config yet", "am: cannot be read")


def test_a_source_that_answers_and_must_not_be_believed_is_an_alarm_and_what_it_says_is_not_old() -> None:
    # safety 16
    seen = told(Health.BLIND, "the watchdog is silent", "1 of 2 members", answers=True)
    assert seen.alarms == ("am: the watchdog is silent",)
    assert seen.remarks == ("no config yet", "am: 1 of 2 members")
    assert seen.cannot_see == ("am blind",)
    assert [row.stale for row in seen.alerts] == [False]


TRAP = Trap(name="t", probe="disk")


def trap_view(state: TrapState = TrapState.ARMED) -> TrapView:
    return view_of("am", TRAP, Watch(state=state, checked_at=T0, reading=Reading({}, "fine")), T0)


def test_traps_of_a_blind_source_are_blind_and_counted() -> None:
    seen = view(traps=(trap_view(),), health=Health.BLIND)
    assert seen.traps[0].state is TrapState.BLIND
    assert seen.cannot_see == ("am blind", "1 trap blind")
    assert view(traps=(trap_view(),)).cannot_see == ()


def test_a_trap_becomes_blind_in_the_view_when_its_looks_are_overdue() -> None:
    old = view_of("am", TRAP, Watch(state=TrapState.ARMED, checked_at=T0 - HOUR), T0 - HOUR)
    assert old.state is TrapState.ARMED
    assert view(traps=(old,)).traps[0].state is TrapState.BLIND


def test_a_trap_that_has_not_been_looked_at_yet_is_called_that() -> None:
    fresh = view_of("am", TRAP, Watch(), T0)
    assert view(traps=(fresh,)).cannot_see == ("1 trap not looked at yet",)
    assert view(traps=(fresh, view_of("am", TRAP, Watch(checked_at=T0 - HOUR), T0))).cannot_see == (
        "1 trap blind",
        "1 trap not looked at yet",
    )


def test_a_pending_disarm_is_shown_as_expected() -> None:
    action = Disarm(Ref("am", "t"), T0 + HOUR, "moving")
    assert view(traps=(trap_view(),), runs=(run(action, RunState.PENDING, what="disarm"),)).traps[0].state is TrapState.DISARMED


def test_equal_facts_give_equal_views() -> None:
    assert view(alert("a")) == view(alert("a"))


def test_who_stands_alone_is_on_call_only_while_no_source_lays_out_a_roster() -> None:
    ana = Person(id="ana", name="Ana")
    laid = OnCall(roster="primary", level=1, source="pd", now=None, next=None)
    local = Snapshot(source="local", asked_at=T0, asked_mono=1.0, rosters=(alone(ana),))
    pd = Snapshot(source="pd", asked_at=T0, asked_mono=1.0, rosters=(laid,))
    health = [SourceHealth(source=name, provider=name, health=Health.LIVE) for name in ("local", "pd")]
    assert project({"local": local}, (), health, now=T0).rosters == (alone(ana),)
    assert project({"local": local, "pd": pd}, (), health, now=T0).rosters == (laid,)
