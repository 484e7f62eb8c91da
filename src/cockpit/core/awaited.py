"""How what a step waits for stands, by what the cockpit sees now."""

from __future__ import annotations

import msgspec

from .alerts import AlertState, Ref
from .sources import Health
from .steps.wait import WaitStep
from .traps import Failed, Looked, TrapState
from .units import bound
from .view import View


class Stands(msgspec.Struct, frozen=True):
    """How far what is waited for is: ``there``; ``says`` how it stands, for people; ``word`` is that without figures."""

    there: bool
    says: str
    word: str


def stands(step: WaitStep, view: View) -> Stands:
    """How it stands; ``step`` is filled."""
    return _alert(step, view) if step.wait == "gone" else _trap(step, view)


def by_look(step: WaitStep, seen: Looked | Failed) -> Stands:
    """How it stands by a look at its query, see `WaitStep.look`."""
    if isinstance(seen, Failed):
        return Stands(False, f"it cannot be seen: {seen.reason}", "unseen")
    wanted = bound(step.until)
    number = seen.reading.values.get(wanted.metric)
    if number is None:
        return Stands(False, f"it finds no {wanted.metric}: {seen.reading.text}", "unread")
    return Stands(wanted.holds(number), f"{wanted.metric} is {number:g}: {seen.reading.text}", "seen")


def _alert(step: WaitStep, view: View) -> Stands:
    health = next((each for each in view.sources if each.source == step.source), None)
    if health is None:
        return Stands(False, f"there is no source {step.source}", "gone")
    row = view.alert(Ref(step.source, step.alert))
    if row is not None and row.alert.state is not AlertState.RESOLVED:
        return Stands(False, f"{row.alert.name} is {row.alert.state.value}", row.alert.state.value)
    if health.health is not Health.LIVE:
        return Stands(False, f"{step.source} cannot be seen", "unseen")
    return Stands(True, "it is gone", "there")


def _trap(step: WaitStep, view: View) -> Stands:
    found = next((each for each in view.traps if (each.source, each.trap.name) == (step.source, step.trap)), None)
    if found is None:
        return Stands(False, f"there is no trap {step.trap} at {step.source}", "gone")
    says = f"{step.trap} is {found.state.value}: {found.says}"
    if step.wait == "armed" or found.state is TrapState.BLIND or found.watch.reading is None:
        return Stands(step.wait == "armed" and found.state is TrapState.ARMED, says, found.state.value)
    wanted = bound(step.until)
    number = found.watch.reading.values.get(wanted.metric)
    if number is None:
        known = ", ".join(found.watch.reading.values) or "none"
        return Stands(False, f"{step.trap} has no reading {wanted.metric}: {known}", "unread")
    return Stands(wanted.holds(number), f"{wanted.metric} is {number:g}", found.state.value)
