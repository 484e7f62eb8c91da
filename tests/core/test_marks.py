"""The alerts that this machine's traps raise, and what people put on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from cockpit.core.alerts import Alert, AlertState, Ref, Remark, Severity, Silence
from cockpit.core.marks import AckMark, Marks, firing_of, local_alerts, trap_of
from cockpit.core.traps import Reading, Trap, TrapState, Watch

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
TRAP = Trap(
    name="root-disk",
    probe="disk",
    params={"path": "/", "password": "env:NOPE"},
    severity=Severity.CRITICAL,
    runbooks=("free-disk", "df"),
    owner="ana",
    went_wrong="it filled",
    labels={"team": "web"},
)
TRIPPED = Watch(
    state=TrapState.TRIPPED, checked_at=T0, tripped_at=T0 - timedelta(minutes=9), reading=Reading({}, "93 % used"), firing=3
)
NONE = Marks({}, (), {})


def alerts(watch: Watch, marks: Marks = NONE, now: datetime = T0) -> tuple[Alert, ...]:
    return tuple(alert for alert, _ in local_alerts("local", "web-3", [TRAP], {"root-disk": watch}, marks, now))


def test_a_tripped_trap_is_an_alert_with_its_facts() -> None:
    (alert,) = alerts(TRIPPED)
    assert (alert.ref, alert.state, alert.severity) == (Ref("local", "root-disk"), AlertState.FIRING, Severity.CRITICAL)
    assert (alert.summary, alert.where) == ("93 % used", "/")
    assert alert.labels["path"] == "/"
    assert alert.labels["team"] == "web"
    assert alert.labels["owner"] == "ana"
    assert alert.annotations["runbooks"] == "free-disk,df"
    assert "env:NOPE" not in str(alert.labels)


def test_an_armed_one_and_a_resting_one_are_none() -> None:
    assert alerts(Watch(state=TrapState.ARMED, checked_at=T0)) == ()
    assert alerts(msgspec.structs.replace(TRIPPED, rest_until=T0 + timedelta(hours=1))) == ()


def test_an_acknowledgement_covers_its_own_firing_alone() -> None:
    # safety 17
    ack = AckMark("root-disk", 3, "Ana", T0, "on it")
    (held,) = alerts(TRIPPED, Marks({"root-disk": ack}, (), {}))
    assert (held.state, held.acknowledged_by) == (AlertState.ACKNOWLEDGED, "Ana")
    (again,) = alerts(msgspec.structs.replace(TRIPPED, firing=4), Marks({"root-disk": ack}, (), {}))
    assert again.state is AlertState.FIRING


def test_a_silence_hushes_what_it_matches_from_its_start_to_its_end() -> None:
    silence = Silence(
        ref=Ref("local", "s1"), match="trap=root-disk", starts_at=T0, ends_at=T0 + timedelta(hours=1), who="Bo", comment="moving"
    )
    marks = Marks({}, (silence,), {})
    (hushed,) = alerts(TRIPPED, marks)
    assert hushed.state is AlertState.SUPPRESSED
    assert hushed.suppressed_by == "silenced by Bo: moving"
    assert hushed.suppressed_until == T0 + timedelta(hours=1)  # a moment, which each screen tells in its own zone
    longer = msgspec.structs.replace(silence, ref=Ref("local", "s2"), ends_at=T0 + timedelta(hours=2), who="Cy", comment="")
    (still,) = alerts(TRIPPED, Marks({}, (silence, longer), {}))
    assert (still.suppressed_by, still.suppressed_until) == ("silenced by Cy", longer.ends_at), "the last to end says until when"
    resolved = msgspec.structs.replace(silence, until_resolved=True)
    (lasting,) = alerts(TRIPPED, Marks({}, (longer, resolved), {}))
    assert (lasting.suppressed_by, lasting.suppressed_until) == ("silenced by Bo until it has resolved: moving", None)
    watch = msgspec.structs.replace(TRIPPED, checked_at=T0 + timedelta(hours=1))
    assert alerts(watch, marks, T0 + timedelta(hours=1))[0].state is AlertState.FIRING
    other = msgspec.structs.replace(silence, match="trap=other")
    assert alerts(TRIPPED, Marks({}, (other,), {}))[0].state is AlertState.FIRING


def test_being_blind_for_too_long_is_an_alert_of_its_own_and_the_fire_stays() -> None:
    blind = msgspec.structs.replace(TRIPPED, state=TrapState.BLIND, reason="hangs", blind_since=T0 - timedelta(minutes=11))
    fire, eyes = alerts(blind)
    assert "now blind: hangs" in fire.summary
    assert (eyes.ref.id, eyes.summary, eyes.severity) == ("root-disk:blind", "hangs", Severity.ERROR)
    assert trap_of(eyes.ref.id) == "root-disk"
    assert firing_of(eyes.ref.id, blind) != firing_of(fire.ref.id, blind)
    recent = msgspec.structs.replace(blind, blind_since=T0 - timedelta(seconds=TRAP.blind_after - 1))
    assert [alert.ref.id for alert in alerts(recent)] == ["root-disk"]


def test_a_trap_nobody_looks_at_raises_the_blind_alert_by_the_passing_of_time() -> None:
    armed = Watch(state=TrapState.ARMED, checked_at=T0 - timedelta(seconds=TRAP.blind_after + 1))
    assert [alert.ref.id for alert in alerts(armed)] == ["root-disk:blind"]


def test_a_clock_that_stepped_back_postpones_no_blind_alert() -> None:
    # safety 20
    blind = Watch(state=TrapState.BLIND, blind_since=T0 + timedelta(hours=1), checked_at=T0, reason="hangs")
    (alert,) = alerts(blind)
    assert (alert.ref.id, alert.started_at) == ("root-disk:blind", T0)


def test_notes_come_with_the_alert() -> None:
    remark = Remark(T0, "Ana", "looking")
    (alert,) = alerts(TRIPPED, Marks({}, (), {"root-disk": (remark,)}))
    assert alert.notes == (remark,)
