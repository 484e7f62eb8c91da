"""What is made anew only where something changed is what the projection makes of everything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.core import rows as rows_module
from cockpit.core.actions import Ack, Action, AddNote, MakeSilence, Run, RunState, Start, Unack
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.view import View, project
from cockpit.engine.renewing import difference
from cockpit.engine.store import Store, Surroundings
from cockpit.testing.clock import START

SOURCES = ("am", "pd")
IDS = tuple("abcdefgh")
REFS = st.builds(Ref, st.sampled_from(SOURCES), st.sampled_from(IDS))


def made(source: str, id: str, severity: Severity, state: AlertState, age: int, who: str) -> Alert:
    return Alert(
        ref=Ref(source, id),
        name=id,
        severity=severity,
        state=state,
        started_at=START - timedelta(minutes=age),
        acknowledged_by=who,
        trap=id if id in "ab" else "",
    )


def alerts(source: str) -> st.SearchStrategy[tuple[Alert, ...]]:
    one = st.builds(
        made,
        st.just(source),
        st.sampled_from(IDS),
        st.sampled_from(Severity),
        st.sampled_from(AlertState),
        st.integers(0, 3),
        st.sampled_from(["", "ana"]),
    )
    return st.lists(one, max_size=8, unique_by=lambda alert: alert.ref.id).map(tuple)


ACTIONS: st.SearchStrategy[Action] = st.one_of(
    st.builds(Ack, st.lists(REFS, min_size=1, max_size=3, unique=True).map(tuple)),
    st.builds(Unack, st.lists(REFS, min_size=1, max_size=2, unique=True).map(tuple)),
    st.builds(AddNote, REFS, st.just("note")),
    st.builds(Start, st.just("fix"), alert=REFS),
    st.builds(
        MakeSilence,
        st.sampled_from(SOURCES),
        st.sampled_from(["alertname=~[a-d]", "@age>2m", "@mine", "", "alertname=("]),
        st.just(START + timedelta(hours=1)),
        st.just("why"),
    ),
)
RUNS = st.builds(
    lambda number, action, state, ago: Run(
        id=f"r{number}", at=START - timedelta(minutes=ago), who="ana", action=action, what="it", target="x", state=state
    ),
    st.integers(0, 5),
    ACTIONS,
    st.sampled_from(RunState),
    st.integers(0, 20),
)
HEALTH = st.builds(
    lambda health: tuple(SourceHealth(source=name, provider="fake", health=each) for name, each in health.items()),
    st.dictionaries(st.sampled_from(SOURCES), st.sampled_from([Health.LIVE, Health.BLIND, Health.PARKED, Health.LATE])),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("am"), alerts("am")),
        st.tuples(st.just("pd"), alerts("pd")),
        st.tuples(st.just("run"), RUNS),
        st.tuples(st.just("health"), HEALTH),
        st.tuples(st.just("time"), st.integers(1, 600)),
        st.tuples(st.just("me"), st.sampled_from([(), ("ana",)])),
        st.tuples(st.just("forget"), st.sampled_from(SOURCES)),
    ),
    max_size=14,
)


def like(one: View, other: View) -> bool:
    """Whether they say the same, in the same order."""
    return list(one.alerts) == list(other.alerts) and one == other


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_whatever_happens_the_store_shows_what_the_projection_says(steps: Sequence[tuple[str, object]]) -> None:
    store, now = Store(START), START
    around = Surroundings(health=tuple(SourceHealth(source=name, provider="fake", health=Health.LIVE) for name in SOURCES))
    facts: dict[str, Snapshot] = {}
    for what, value in steps:
        match what, value:
            case (("am" | "pd"), tuple()):
                snapshot = Snapshot(source=what, asked_at=now, asked_mono=1.0, alerts=value)
                facts[what] = snapshot
                store.observe(snapshot)
            case "run", Run():
                store.put_run(value)
            case "health", tuple():
                around = msgspec.structs.replace(around, health=value)
            case "me", tuple():
                around = msgspec.structs.replace(around, me=value)
            case "time", int():
                now += timedelta(seconds=value)
            case "forget", str():
                facts.pop(value, None)
                store.forget(value)
        store.publish(now, around)
        expected = project(facts, store.runs, around.health, now=store.view.now, me=around.me)
        assert like(store.view, expected), what


def test_blocks_of_few_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with orders that are cut, split and joined all the time."""
    monkeypatch.setattr(rows_module, "SIZE", 4)
    monkeypatch.setattr(rows_module, "_FEW", 8)
    test_whatever_happens_the_store_shows_what_the_projection_says()


def test_an_alert_that_did_not_change_keeps_its_row() -> None:
    store = Store(START)
    around = Surroundings(health=(SourceHealth(source="am", provider="fake", health=Health.LIVE),))
    first = tuple(made("am", id, Severity.ERROR, AlertState.FIRING, 1, "") for id in IDS)
    store.observe(Snapshot(source="am", asked_at=START, asked_mono=1.0, alerts=first))
    store.publish(START, around)
    before = store.view.alerts
    worse = msgspec.structs.replace(first[3], severity=Severity.CRITICAL)
    twin = msgspec.structs.replace(first[4])  # equal, and another object
    store.observe(Snapshot(source="am", asked_at=START, asked_mono=2.0, alerts=(*first[:3], worse, twin, *first[5:])))
    store.publish(START, around)
    change = store.view.alerts.since(before)
    assert change is not None
    assert [row.alert for row in change.gone] == [first[3]]
    assert [row.alert for row in change.come] == [worse]


def test_a_pending_acknowledgement_makes_one_row_anew_and_its_failure_brings_the_facts_back() -> None:
    store = Store(START)
    around = Surroundings(health=(SourceHealth(source="am", provider="fake", health=Health.LIVE),))
    facts = tuple(made("am", id, Severity.ERROR, AlertState.FIRING, 1, "") for id in IDS)
    store.observe(Snapshot(source="am", asked_at=START, asked_mono=1.0, alerts=facts))
    store.publish(START, around)
    before = store.view.alerts
    run = Run(id="r", at=START, who="ana", action=Ack((Ref("am", "c"),)), what="ack", target="c", state=RunState.PENDING)
    store.put_run(run)
    store.publish(START, around)
    change = store.view.alerts.since(before)
    assert change is not None
    assert [row.alert.state for row in change.come] == [AlertState.ACKNOWLEDGED]
    store.put_run(msgspec.structs.replace(run, state=RunState.FAILED))
    store.publish(START, around)
    assert store.view.alerts == before


def test_the_difference_is_what_is_not_the_same_object() -> None:
    a, b, c, d = (made("am", id, Severity.ERROR, AlertState.FIRING, 1, "") for id in "abcd")
    assert list(map(list, difference((a, b), (a, b)))) == [[], []]
    assert list(map(list, difference((), (a, b)))) == [[], [a, b]]
    assert difference((a, b, c), (b, c, d)) == ([a], [d])
    assert difference((a, b, c), (c, a)) == ([b], [])
    many = tuple(made("am", f"{n}", Severity.ERROR, AlertState.FIRING, 1, "") for n in range(30))
    assert difference(many, (*many[:7], a, *many[8:])) == ([many[7]], [a])
