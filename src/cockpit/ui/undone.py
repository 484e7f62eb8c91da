"""Why a run cannot be taken back."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.actions import Run, RunState, Start
from .exact import spell_argv


def ways_shown(run: Run) -> list[tuple[str, ...]]:
    """What would undo each step of a run that has an undo, as its preview had it; nothing of a dry run."""
    action = run.action
    if not isinstance(action, Start) or action.dry_run:
        return []
    return [words[3:] for words in action.preview if words[:2] == ("", "undo")]


def not_undone(run: Run, runs: Iterable[Run]) -> str:
    """Why nothing of a run that has ended can be undone, where nothing was kept of that, and what a person can do; ``runs`` are
    those that are known."""
    if isinstance(run.action, Start) and run.action.dry_run:
        return "there is nothing to undo: it was a dry run"
    ways = ways_shown(run)
    if not ways:
        return "there is nothing to undo: no step of it has an undo"
    back = next((each for each in runs if isinstance(each.action, Start) and each.action.undoes == run.id), None)
    if back is not None:
        return f"it was undone already: {back.who} did at {back.at:%Y-%m-%d %H:%M:%S} UTC"
    spelt = "; ".join(spell_argv(words[1:] if words[:1] == ("",) else words) for words in reversed(ways))
    why = "none of its steps that have an undo was done, or what they did could not be kept"
    if run.state is RunState.UNCERTAIN:
        why = "its cockpit was killed before it could keep what was done, and with which values"
    return f"{why}; as its preview had it, undo is: {spelt}"
