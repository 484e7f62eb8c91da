"""How a run is put into words: its state, how it ended, and what is known of it."""

from __future__ import annotations

from textual.content import Content

from ..core.actions import Run, RunState, Start, StartMany, called
from ..core.roster import Naming
from ..core.units import say_seconds
from .page import Line
from .timeline import state_word
from .times import city
from .times import zone as at_zone

GLYPHS: dict[RunState, tuple[str, str]] = {
    RunState.PENDING: ("·", "$role-muted"),
    RunState.AWAITING: ("…", "$role-warning"),
    RunState.RUNNING: ("»", "$role-pending"),
    RunState.ACCEPTED: ("»", "$role-pending"),
    RunState.CONFIRMED: ("+", "$role-ok"),
    RunState.FAILED: ("x", "$role-refusal"),
    RunState.CANCELLED: ("-", "$role-warning"),
    RunState.TIMED_OUT: ("x", "$role-refusal"),
    RunState.UNCERTAIN: ("?", "$role-warning"),
}
"""A mark and a style for each state; the state's word always stands beside them."""


def said(run: Run) -> str:
    """How it stands, for people: "failed, exit 3, after 12 s"."""
    parts = ["waits for you" if run.wants is not None else state_word(run.state)]
    if run.exit_code is not None and (run.exit_code or isinstance(run.action, Start)):
        parts.append(f"exit {run.exit_code}")
    if run.seconds is not None and run.state.settled and isinstance(run.action, (Start, StartMany)):
        parts.append(f"after {say_seconds(run.seconds)}" if run.seconds >= 1 else "in under a second")
    return ", ".join(parts)


def facts(run: Run, zone: str, names: Naming = str) -> list[Line]:
    """What is known of a run besides its output: who, when (on the clock of ``zone``), on what, and why it ended so. ``names`` says
    how people are called."""
    when = f"{run.at.astimezone(at_zone(zone)):%Y-%m-%d %H:%M:%S} {city(zone)}"
    lines: list[Line] = [Content.styled(f"{called(run)} · {run.target or 'no target'} · {names(run.who)} · {when}", "$role-muted")]
    if isinstance(run.action, Start) and run.action.dry_run and not run.state.settled:  # at its end its reason says it
        lines.append(Content.styled("dry run: nothing is executed", "bold $role-pending"))
    if run.wants is not None:
        lines.append(Content.styled(f"{run.wants.where}: {run.wants.asked.text}", "bold $role-pending"))
    if run.approved_by:
        lines.append(Content.styled(f"approved by {names(run.approved_by)}", "$role-muted"))
    if run.reason:
        lines.append(Content.styled(run.reason, "$role-warning" if run.amiss else GLYPHS[run.state][1]))
    return lines
