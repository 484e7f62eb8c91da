"""What must not be executed twice at once, in one cockpit or in several, and beside what a killed one began."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import msgspec

from ..core.actions import Run, RunState
from ..core.plans import Plan
from .process import orphan


def same_steps(plan: Plan) -> str:
    """A key for what is executed, whichever alert (or none) somebody came by: the runbook and its steps, every value in place;
    those that are left out, too, for what begins in the middle is not done beside the whole."""
    whole = (msgspec.structs.replace(each, skipped=False, left=False) if each.left else each for each in plan.steps)
    deeds = tuple(words for step in whole for words in step.exact())
    return f"run:{plan.runbook.name}:{hashlib.sha256(repr(deeds).encode('utf-8', 'backslashreplace')).hexdigest()}"


def still_running(runs: Iterable[Run]) -> str:
    """Which of these runs, whose cockpit was killed, has a program that still runs; a sentence for the person, "" if none. Reads
    the process table, where there is such a run: tens of milliseconds."""
    for run in runs:
        program = orphan(run.id) if run.state is RunState.UNCERTAIN else None
        if program is not None:
            began = f"{run.who} began it in a cockpit that was killed"
            return (
                f"{run.what} is still running since {run.at:%H:%M:%S} UTC, process {program} ({began}): "
                f"wait for it, or end it with `kill -- -{program}`"
            )
    return ""
