"""The question before leaving while a runbook is going on."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.actions import RunState, Start, StartMany
from ..core.view import View
from ..engine.desk import Desk
from .confirm import Confirm
from .page import Page

EVERY = 0.25


def going(view: View) -> list[str]:
    """The names of the runbooks that are going on, but of those elsewhere, which leaving does not end."""
    states = (RunState.RUNNING, RunState.AWAITING)
    on = [run for run in view.runs if isinstance(run.action, (Start, StartMany)) and not run.part_of and run.state in states]
    return [run.what for run in on if run.far is None]


class Leave(Confirm):
    """Says what leaving would end, and goes by itself once nothing is going on any more: there is nothing left to ask."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._said = going(desk.view)
        super().__init__("Leave the cockpit?", _lines(self._said), yes="leave")

    def on_mount(self) -> None:
        super().on_mount()
        self.set_interval(EVERY, self._look)

    def _look(self) -> None:
        now = going(self._desk.view)
        if not now:
            self.action_leave()
        elif now != self._said:
            self._said = now
            self.query_one(Page).show(_lines(now))


def _lines(names: Sequence[str]) -> list[str]:
    return [*(f"{name} is going on." for name in names), "Leaving ends it: its steps are stopped, and the journal says so."]
