"""Runs for an alert of the scene, as they went before."""

from __future__ import annotations

from datetime import timedelta

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.aftermath import Aftermath, Past
from cockpit.core.alerts import Alert

from .scene import ago, scene


def past(
    what: str = "restart",
    age: float = 3 * 86400.0,
    helped: bool | None = True,
    state: RunState = RunState.CONFIRMED,
    who: str = "Ana",
    alert: Alert | None = None,
    *,
    writes: bool = True,
) -> Past:
    """Somebody's run for an alert (the scene's first, where none is given), ``age`` seconds ago, and whether it helped (``None``:
    nobody saw); ``writes``: it changes something."""
    alert = alert if alert is not None else scene().alerts[0].alert
    began = ago(age)
    shown = (("true",), ("", "changes", "restarts")) if writes else (("true",),)
    run = Run(
        id=f"r{age}", at=began, who=who, action=Start(what, alert=alert.ref, preview=shown), what=what, target=alert.where,
        state=state, exit_code=0, seconds=42.0,
    )  # fmt: skip
    ended = began + timedelta(seconds=42)
    over = ended + timedelta(minutes=2) if helped else None
    there = ended + timedelta(minutes=30) if helped is False else None
    after = Aftermath(
        run=run.id, source=alert.ref.source, alert=alert.ref.id, name=alert.name, place=alert.where, began=began, within=600.0,
        ended=ended, gone=over, there=there,
    )  # fmt: skip
    return Past(run, after)
