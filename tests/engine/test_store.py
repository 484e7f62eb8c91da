"""The store: facts and runs in, one conflated view out."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from cockpit.core.actions import Ack, Run, RunState
from cockpit.core.alerts import Alert, AlertState, Ref, Severity, Silence, SilenceState
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.traps import Trap, TrapState, TrapView, Watch
from cockpit.core.units import Seconds
from cockpit.engine import store as store_module
from cockpit.engine.store import RUNS_KEPT, Store, Surroundings
from cockpit.testing.clock import START

LIVE = SourceHealth(source="am", provider="fake", health=Health.LIVE, age=timedelta(seconds=1))


def alert(name: str = "HighErrorRate") -> Alert:
    return Alert(ref=Ref("am", name), name=name, severity=Severity.CRITICAL, state=AlertState.FIRING, started_at=START)


def snapshot(*alerts: Alert, mono: float = 1.0, **more: object) -> Snapshot:
    return Snapshot(source="am", asked_at=START, asked_mono=mono, alerts=alerts, **more)  # type: ignore[arg-type]  # test's own words


def around(*health: SourceHealth) -> Surroundings:
    return Surroundings(health=health or (LIVE,))


def trap_state(store: Store) -> TrapState:
    return store.view.traps[0].state


def silences(store: Store) -> tuple[Silence, ...]:
    return store.view.silences


def run(n: int, state: RunState = RunState.CONFIRMED) -> Run:
    at = START + timedelta(seconds=n)
    return Run(id=f"r{n:04}", at=at, who="ana", action=Ack((Ref("am", "x"),)), what="ack", target="x", state=state)


class TestListening:
    def test_a_listener_is_called_once_until_somebody_fetches_the_view(self) -> None:
        store, called = Store(START), list[int]()
        store.on_change(lambda: called.append(1))
        for n in range(3):
            store.observe(snapshot(*(alert(f"a{k}") for k in range(n + 1))))
            assert store.publish(START, around())
        assert called == [1]
        assert len(store.view.alerts) == 3
        store.observe(snapshot())
        store.publish(START, around())
        assert called == [1, 1]

    def test_a_listener_that_has_been_taken_back_is_not_called(self) -> None:
        store, called = Store(START), list[int]()
        forget = store.on_change(lambda: called.append(1))
        forget()
        store.observe(snapshot(alert()))
        store.publish(START, around())
        assert called == []

    def test_a_listener_that_fails_stops_nothing_and_is_told_of(self) -> None:
        store, called = Store(START), list[int]()
        store.on_change(lambda: 1 / 0)  # type: ignore[arg-type]  # what it gives back does not matter
        store.on_change(lambda: called.append(1))
        store.observe(snapshot(alert()))
        assert store.publish(START, around())
        assert called == [1]
        assert "ZeroDivisionError" in store.trouble


class TestPublishing:
    def test_time_alone_makes_no_new_view(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        store.publish(START, around())
        before = store.view
        older = msgspec.structs.replace(LIVE, age=timedelta(seconds=9))
        assert not store.publish(START + timedelta(seconds=8), around(older))
        assert store.view is before

    def test_an_answer_that_brought_nothing_new_renews_the_ages_and_touches_nothing_else(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        store.publish(START, around())
        before = store.view
        store.observe(snapshot(alert(), mono=16.0))
        assert store.publish(START + timedelta(seconds=15), around(), fresh=True)
        assert store.view.now == START + timedelta(seconds=15)
        assert store.view.alerts is before.alerts

    def test_the_same_facts_keep_the_same_objects(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        first = store.snapshot("am")
        store.observe(snapshot(alert(), mono=2.0))
        second = store.snapshot("am")
        assert first is not None
        assert second is not None
        assert second.alerts is first.alerts
        assert second.asked_mono == 2.0

    def test_a_source_that_goes_blind_is_a_new_view_with_stale_rows(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        store.publish(START, around())
        assert store.publish(START, around(msgspec.structs.replace(LIVE, health=Health.BLIND)))
        assert store.view.alerts[0].stale

    def test_a_trap_nobody_looks_at_goes_blind_by_time_alone(self) -> None:
        trap = Trap(name="root-disk", probe="disk", every=Seconds(30))
        watch = Watch(state=TrapState.ARMED, checked_at=START, good_at=START)
        store = Store(START)
        store.observe(snapshot(traps=(TrapView(source="am", trap=trap, watch=watch, state=TrapState.ARMED, says=""),)))
        store.publish(START, around())
        assert trap_state(store) is TrapState.ARMED
        assert not store.publish(START + timedelta(seconds=50), around())
        assert store.publish(START + timedelta(seconds=71), around())
        assert trap_state(store) is TrapState.BLIND

    def test_a_silence_is_over_in_the_view_when_it_ends(self) -> None:
        ends = START + timedelta(minutes=5)
        rule = Silence(ref=Ref("am", "s1"), match="alertname=x", starts_at=START, ends_at=ends, who="ana", comment="c")
        store = Store(START)
        store.observe(snapshot(silences=(rule,)))
        store.publish(START, around())
        assert silences(store) == (rule,)
        assert not store.publish(ends - timedelta(seconds=1), around())
        assert store.publish(ends, around())
        assert [each.state for each in silences(store)] == [SilenceState.EXPIRED]

    def test_a_view_that_cannot_be_made_leaves_the_last_one_and_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        store.publish(START, around())

        def broken(*_: object, **__: object) -> None:
            raise RuntimeError("what now")

        monkeypatch.setattr(store_module, "project", broken)
        store.observe(snapshot(alert("another")))
        assert store.publish(START, around())
        assert [row.alert.name for row in store.view.alerts] == ["HighErrorRate"]
        assert "a bug in the cockpit" in store.view.remarks[-1]

    def test_a_source_that_is_forgotten_takes_its_facts_along(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        store.publish(START, around())
        store.forget("am")
        store.publish(START, around())
        assert store.view.alerts == ()


class TestRuns:
    def test_the_newest_runs_stay_and_so_do_all_that_are_under_way(self) -> None:
        store = Store(START)
        store.put_run(run(0, RunState.RUNNING))
        store.put_runs(run(n) for n in range(1, RUNS_KEPT + 50))
        kept = [each.id for each in store.runs]
        assert len(kept) == RUNS_KEPT
        assert kept[0] == f"r{RUNS_KEPT + 49:04}"
        assert kept[-1] == "r0000"

    def test_a_pending_acknowledgement_is_in_the_next_view(self) -> None:
        store = Store(START)
        store.observe(snapshot(alert()))
        mine = msgspec.structs.replace(run(1, RunState.PENDING), action=Ack((Ref("am", "HighErrorRate"),)))
        store.put_run(mine)
        store.publish(START, around())
        assert store.view.alerts[0].alert.state is AlertState.ACKNOWLEDGED
        assert store.view.alerts[0].pending == "ack…"
