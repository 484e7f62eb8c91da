"""Why an action cannot be done: one answer for every place that asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.actions import (
    WRITES,
    Ack,
    Action,
    AddNote,
    Arm,
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
from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.covers import Cover, Standing
from cockpit.core.rows import Outlook
from cockpit.core.runbooks import Runbook
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.traps import Trap, Watch, view_of
from cockpit.core.view import JournalHealth, Ranking, Row, View
from cockpit.core.why import narrowed, why_not

T0 = datetime(2026, 11, 23, 3, 12, 44, tzinfo=UTC)
LATER = T0 + timedelta(hours=1)
FIRING, HELD = Ref("am", "firing"), Ref("am", "held")
ALL = frozenset(
    (source, cap) for source in ("am",) for cap in ("Acks", "Unacks", "Silences", "Notes", "Overrides", "Traps", "Rests")
)


def row(ref: Ref, state: AlertState, by: str = "", pending: str = "") -> Row:
    return Row(Alert(ref=ref, name=ref.id, severity=Severity.ERROR, state=state, acknowledged_by=by), Outlook(pending))


VIEW = View(
    now=T0,
    alerts=Ranking((row(FIRING, AlertState.FIRING), row(HELD, AlertState.ACKNOWLEDGED, "Bo"))),
    traps=(view_of("am", Trap(name="t", probe="disk"), Watch(checked_at=T0), T0),),
    overrides=(
        Standing(ref=Ref("am", "o1"), roster="primary", person="bo", name="Bo", start=T0, end=LATER),
        Standing(ref=Ref("am", "o2"), roster="primary", person="bo", name="Bo", start=T0, end=LATER, undone="it is in config.toml"),
    ),
    runbooks=(Runbook(name="fix", title="Fix", steps=(Step(RunStep(("true",))),), changes="restarts"),),
    sources=(SourceHealth(source="am", provider="alertmanager", health=Health.LIVE),),
)


def but(**changes: object) -> View:
    return msgspec.structs.replace(VIEW, **changes)


def test_what_can_be_done_has_no_reason_against_it() -> None:
    actions: tuple[Action, ...] = (
        Ack((FIRING,)),
        Unack((HELD,)),
        AddNote(FIRING, "hm"),
        MakeSilence("am", "a=b", LATER, "why"),
        Disarm(Ref("am", "t"), LATER, "why"),
        MakeOverride(Ref("am", "primary"), (Cover("bo", T0, LATER),)),
        EndOverride(Ref("am", "o1")),
        Start("fix"),
    )
    for action in actions:
        assert why_not(action, VIEW, ALL) is None, action


@pytest.mark.parametrize("kind", [kind for kind in WRITES if kind is not Cancel])
def test_read_only_removes_every_verb_but_that_which_ends_what_one_began(kind: type) -> None:
    # safety 12
    assert "read-only" in (why_not(kind, but(read_only=True), ALL) or "")


def test_every_refusal_names_the_thing_and_the_reason() -> None:
    blind = but(sources=(SourceHealth(source="am", provider="alertmanager", health=Health.BLIND, reason="refused"),))
    cases: list[tuple[Action, View, str]] = [
        (Ack(()), VIEW, "no alert"),
        (Ack((Ref("am", "gone"),)), VIEW, "gone is not an alert"),
        (Ack((HELD,)), VIEW, "acknowledged by Bo already"),
        (Unack((FIRING,)), VIEW, "is not acknowledged"),
        (Ack((FIRING,)), blind, "am is blind: refused"),
        (Ack((FIRING,)), but(alerts=(row(FIRING, AlertState.FIRING, pending="ack…"),)), "under way"),
        (AddNote(FIRING, " "), VIEW, "empty"),
        (MakeSilence("am", "a=b", LATER, ""), VIEW, "why"),
        (MakeSilence("am", "a=b", T0, "why"), VIEW, "past"),
        (MakeSilence("nowhere", "a=b", LATER, "why"), VIEW, "no source nowhere"),
        (EndSilence(Ref("am", "s")), VIEW, "no silence s"),
        (Disarm(Ref("am", "x"), LATER, "why"), VIEW, "no trap x"),
        (Disarm(Ref("am", "t"), LATER, ""), VIEW, "why"),
        (Arm(Ref("am", "t")), VIEW, "not disarmed"),
        (MakeOverride(Ref("am", "primary"), ()), VIEW, "who is to be on call"),
        (MakeOverride(Ref("am", "primary"), (Cover("", T0, LATER),)), VIEW, "who is to be on call"),
        (MakeOverride(Ref("am", "primary"), (Cover("bo", LATER, T0),)), VIEW, "later than its beginning"),
        (MakeOverride(Ref("am", "primary"), (Cover("bo", T0 - timedelta(hours=1), T0),)), VIEW, "is over"),
        (MakeOverride(Ref("nowhere", "primary"), (Cover("bo", T0, LATER),)), VIEW, "no source nowhere"),
        (EndOverride(Ref("am", "o2")), VIEW, "it is in config.toml"),
        (EndOverride(Ref("am", "o9")), VIEW, "no override o9"),
        (Start("nope"), VIEW, "no runbook nope"),
        (Start("fix", alert=Ref("am", "gone")), VIEW, "gone"),
        (Start("fix"), but(journal=JournalHealth("disk full")), "disk full"),
        (Cancel("r"), VIEW, "not going on"),
    ]
    for action, view, word in cases:
        assert word in (why_not(action, view, ALL) or "nothing"), action


def test_a_source_that_cannot_is_named() -> None:
    assert "am cannot" in (why_not(Ack((FIRING,)), VIEW, frozenset()) or "")
    assert "no source here can acknowledge" in (why_not(Ack, VIEW, frozenset()) or "")
    only_told = frozenset({("am", "Traps")})
    assert why_not(Disarm(Ref("am", "t"), LATER, "why"), VIEW, only_told) == (
        "am cannot do that: alertmanager has no way to rest a trap"
    )


def test_a_dry_run_is_allowed_while_nothing_is_journalled() -> None:
    # safety 24
    assert why_not(Start("fix", dry_run=True), but(journal=JournalHealth("disk full")), ALL) is None


def test_the_same_runbook_on_the_same_thing_runs_once() -> None:
    # safety 10
    going = Run(id="r", at=T0, who="Ana", action=Start("fix"), what="fix", target="", state=RunState.RUNNING)
    reason = why_not(Start("fix"), but(runs=(going,)), ALL) or ""
    assert "under way already: Ana began it" in reason
    assert why_not(Cancel("r"), but(runs=(going,)), ALL) is None


def test_an_ack_of_several_goes_to_those_that_can_be() -> None:
    action = Ack((FIRING, HELD))
    assert why_not(action, VIEW, ALL) is None
    assert narrowed(action, VIEW, ALL) == Ack((FIRING,))
