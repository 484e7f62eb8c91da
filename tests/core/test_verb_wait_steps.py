"""The cockpit's own verbs as steps, and waiting for what it sees."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from cockpit.core.actions import Ack, AddNote, MakeSilence, PagePeople, Unack
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.awaited import stands
from cockpit.core.filters import parse
from cockpit.core.plans import Plan, plan
from cockpit.core.rows import Row
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.sources import Health
from cockpit.core.steps.step import Step
from cockpit.core.steps.verb import VerbStep
from cockpit.core.steps.wait import WaitStep
from cockpit.core.traps import Reading, TrapState
from cockpit.core.units import Seconds
from support import scene
from support.hostile_values import hostile_values


def labelled(**labels: str) -> Alert:
    return msgspec.structs.replace(scene.alert("am-prod", 'Post"gres', "db-1", Severity.CRITICAL, 60, "x"), labels=labels)


ALERT = labelled(instance="db-1")


def planned(do: VerbStep | WaitStep, alert: Any = ALERT, **values: str) -> Plan:
    params = dict.fromkeys(values, Param(allow_dash=True, allow_control=True))
    return plan(Runbook(name="m", title="", steps=(Step(do),), params=params, changes="x"), alert, values)


def verb(made: Plan) -> VerbStep:
    assert not made.refused, made.refused
    assert isinstance(made.steps[0].do, VerbStep)
    return made.steps[0].do


class TestVerbs:
    def test_it_is_about_the_alert_of_the_run(self) -> None:
        now, ref = scene.NOW, ALERT.ref
        assert verb(planned(VerbStep("ack", "mine"))).action(now) == Ack((ref,), "mine")
        assert verb(planned(VerbStep("unack"))).action(now) == Unack((ref,))
        assert verb(planned(VerbStep("note", "on {alert_where}"))).action(now) == AddNote(ref, f"on {ALERT.where}")

    def test_without_an_alert_it_cannot_run(self) -> None:
        assert planned(VerbStep("ack"), None).missing == ("alert_source", "alert_id")
        assert not planned(VerbStep("page", "x", to=("person:ana",)), None).refused

    def test_a_silence_holds_for_its_time_and_matches_exactly_whatever_a_value_holds(self) -> None:  # safety 6
        do = VerbStep("silence", "repairing", Seconds(1800), {"alertname": "{x}", "instance": "{instance}"})
        made = verb(planned(do, x='a" @state=firing b="\\'))
        action = made.action(scene.NOW)
        assert isinstance(action, MakeSilence)
        assert action.ends_at == scene.NOW + timedelta(minutes=30)
        assert (action.source, action.comment) == (ALERT.ref.source, "repairing")
        for value in hostile_values(3000, "/canary"):
            if "\n" in value or any(ord(char) > 0xD7FF for char in value):
                continue
            rule = parse(verb(planned(do, x=value)).rule)
            there = labelled(alertname=value, instance="db-1")
            other = labelled(alertname=value + "x", instance="db-1")
            assert rule.matches(there, scene.NOW)
            assert not rule.matches(other, scene.NOW)

    def test_a_page_goes_to_whom_it_says(self) -> None:
        made = verb(planned(VerbStep("page", "{alert_name} is being repaired", to=("person:{who}",), via=("mail",)), who="ana"))
        assert made.action(scene.NOW) == PagePeople(("person:ana",), 'Post"gres is being repaired', via=("mail",))
        assert "nobody who could be told" in planned(VerbStep("page", "x", to=("{who}",)), who="ana,person:bo").refused

    @pytest.mark.parametrize(
        ("step", "words"),
        [
            (VerbStep("note"), "note needs text"),
            (VerbStep("silence", "x", Seconds(60)), "silence needs match"),
            (VerbStep("silence", "x", None, {"a": "b"}), "silence needs for"),
            (VerbStep("silence", "x", Seconds(0), {"a": "b"}), "more than 0"),
            (VerbStep("ack", lasts=Seconds(60)), "ack has no for"),
            (VerbStep("page", "x"), "page needs to"),
            (VerbStep("ack", to=("ana",)), "ack has no to"),
            (VerbStep("ack", match={"a": "b"}), "ack has no match"),
            (VerbStep("ack", via=("mail",)), "ack has no via"),
        ],
    )
    def test_what_cannot_be_is_said_in_the_config(self, step: VerbStep, words: str) -> None:
        assert words in " ".join(fault.what for fault in step.faults(()))


def wait(made: Plan) -> WaitStep:
    assert not made.refused, made.refused
    assert isinstance(made.steps[0].do, WaitStep)
    return made.steps[0].do


def seeing(**changes: Any) -> Any:
    return msgspec.structs.replace(scene.scene(), **changes)


class TestWaits:
    @pytest.mark.parametrize(("state", "there"), [(state, state is TrapState.ARMED) for state in TrapState])
    def test_until_a_trap_is_armed_again(self, state: TrapState, there: bool) -> None:
        do = wait(planned(WaitStep("armed", "root-disk")))
        view = seeing(traps=(scene.trap("root-disk", state, "as it is"),))
        assert stands(do, view).there is there
        assert state.value in stands(do, view).says

    def test_until_a_reading_is_below_a_bound_and_a_blind_trap_is_not_believed(self) -> None:
        do = wait(planned(WaitStep("holds", "root-disk", "used_percent < 80")))

        def view(value: float, state: TrapState) -> Any:
            trap = scene.trap("root-disk", state, "x")
            watch = msgspec.structs.replace(trap.watch, reading=Reading({"used_percent": value}, "x"))
            return seeing(traps=(msgspec.structs.replace(trap, watch=watch),))

        assert not stands(do, view(91, TrapState.TRIPPED)).there
        assert stands(do, view(91, TrapState.TRIPPED)).says == "used_percent is 91"
        assert stands(do, view(79, TrapState.WARNING)).there
        assert not stands(do, view(79, TrapState.BLIND)).there
        other = wait(planned(WaitStep("holds", "root-disk", "free < 5")))
        assert "has no reading free: used_percent" in stands(other, view(79, TrapState.ARMED)).says
        assert "there is no trap root-disk" in stands(do, seeing(traps=())).says

    def test_until_the_alert_is_gone_and_a_source_that_cannot_be_seen_is_not_believed(self) -> None:
        do = wait(planned(WaitStep("gone")))
        source = next(each for each in scene.scene().sources)
        live = msgspec.structs.replace(source, source=ALERT.ref.source, health=Health.LIVE)
        blind = msgspec.structs.replace(live, health=Health.BLIND)
        resolved = msgspec.structs.replace(ALERT, state=AlertState.RESOLVED)
        assert not stands(do, seeing(alerts=(Row(ALERT),), sources=(live,))).there
        assert stands(do, seeing(alerts=(Row(resolved),), sources=(live,))).there
        assert stands(do, seeing(alerts=(), sources=(live,))).there
        assert not stands(do, seeing(alerts=(), sources=(blind,))).there
        assert not stands(do, seeing(alerts=(), sources=())).there
        assert do.alert == ALERT.ref.id == Ref(do.source, do.alert).id

    @pytest.mark.parametrize(
        ("step", "words"),
        [
            (WaitStep("armed"), "armed needs trap"),
            (WaitStep("gone", "x"), "it has no trap"),
            (WaitStep("holds", "x"), "holds needs until"),
            (WaitStep("armed", "x", "a < 1"), "armed has no until"),
            (WaitStep("holds", "x", "nonsense"), "until:"),
            (WaitStep("armed", "x", every=Seconds(0.1)), "at least 1 s"),
            (WaitStep("armed", query="up", url="http://p"), "query goes with holds"),
            (WaitStep("holds", "x", "value < 1", query="up", url="http://p"), "without a trap"),
            (WaitStep("holds", until="value < 1", query="up"), "address of a Prometheus"),
            (WaitStep("holds", until="value < 1", query="up", url="http://p", bearer="hunter2"), "no reference"),
        ],
    )
    def test_what_cannot_be_is_said_in_the_config(self, step: WaitStep, words: str) -> None:
        assert words in " ".join(fault.what for fault in step.faults(()))


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://prometheus.example", "must begin with http"),
        ("https://ana:hunter2@prometheus.example", "must not hold a password"),
        ("https://ana@prometheus.example", "must not hold a password"),
        ("http://169.254.169.254", "keeps credentials"),
        ("http://[::ffff:169.254.169.254]:80/", "keeps credentials"),
        ("http://[64:ff9b::a9fe:a9fe]", "keeps credentials"),
        ("http://[fd00:EC2:0:0::254]", "keeps credentials"),
        ("https://prometheus.example/?x=1", "neither ? nor #"),
        ("https://", "must begin with http"),
    ],
)
def test_where_a_query_is_waited_for_is_judged_as_strictly_as_a_request(url: str, why: str) -> None:  # safety 13
    do = WaitStep("holds", until="value < 5", query="up", url=url)
    (fault,) = do.faults(())
    assert why in fault.what
    assert "hunter2" not in fault.what + do.problem()
    assert why in do.filled({}).problem()
