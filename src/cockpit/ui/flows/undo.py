"""Taking a run back: what was kept of it is looked for, shown exactly, and done after a ``y``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from textual.app import App

from ...core.actions import Run, Start, StartMany
from ...core.plans import needs_typing
from ...engine.desk import Desk, Refused
from ..confirm import Confirm
from ..undone import not_undone
from .run import preview_lines


async def undo(app: App[Any], desk: Desk, run: Run, say: Callable[[str], None], begun: Callable[[str], None]) -> None:
    """Show what would take back what a run did, whichever cockpit ran it, and do that after a ``y``. ``say`` gets why it cannot be,
    ``begun`` the id of the run that does it."""
    if isinstance(run.action, StartMany):
        say("each of its targets is undone by itself: enter shows them")
        return
    if not isinstance(run.action, Start):
        say(f"{run.what} was no runbook: there is nothing to undo here")
        return
    if not run.state.settled:
        say("it goes on: it can be undone once it has ended")
        return
    try:
        plan = await asyncio.to_thread(desk.find_way_back, run)
    except Refused as no:
        say(str(no))
        return
    if plan is None or plan.refused:
        say(plan.refused if plan is not None else not_undone(run, desk.view.runs))
        return
    start = Start(run.action.runbook, {}, run.action.alert, plan.exact, undoes=run.id)
    if reason := desk.why_not(start):
        say(reason)
        return
    word = plan.word if needs_typing(plan) else ""
    box = Confirm(plan.runbook.title, preview_lines(plan, None, desk.view), word, yes="undo exactly this")

    def answered(yes: bool | None) -> None:
        if yes:
            try:
                begun(desk.ask(start))
            except Refused as no:
                say(str(no))

    app.push_screen(box, answered)
