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


def last_undo(run: Run, runs: Iterable[Run]) -> Run | None:
    """Of the known ``runs`` that were to take that one back, the one that says how it stands: which did, or does so now, or else
    was begun last. ``None`` where there is none."""
    found = [each for each in runs if isinstance(each.action, Start) and each.action.undoes == run.id and not each.action.dry_run]
    return max(found, key=lambda each: (each.state is RunState.CONFIRMED, not each.state.settled, each.at), default=None)


def undo_again(run: Run) -> str:
    """Why a run that was to take another back is not run again like any other, and what to do instead; its name stands before."""
    undone = run.action.undoes if isinstance(run.action, Start) else ""
    if run.state is RunState.CONFIRMED:
        return f"took {undone} back, which can be done once: it cannot be run again"
    return f"was to take {undone} back: where it did not, undo {undone} again (u, or `cockpit run --undo {undone}`)"


def not_undone(run: Run, runs: Iterable[Run]) -> str:
    """Why nothing of a run that has ended can be undone, where nothing was kept of that, and what a person can do; ``runs`` are
    those that are known."""
    if isinstance(run.action, Start) and run.action.dry_run:
        return "there is nothing to undo: it was a dry run"
    ways = ways_shown(run)
    if not ways:
        return "there is nothing to undo: no step of it has an undo"
    from ..core.ways_back import undoing_by  # deferred: no screen that opens needs it

    before = last_undo(run, runs)
    tried = undoing_by(before) if before is not None else None
    if tried is not None and tried.final:
        return tried.says
    spelt = "; ".join(spell_argv(words[1:] if words[:1] == ("",) else words) for words in reversed(ways))
    why = "none of its steps that have an undo was done, or what they did could not be kept"
    if run.state is RunState.UNCERTAIN:
        why = "its cockpit was killed, and nothing was kept of a step that has an undo: look whether one was begun"
    if tried is not None:
        why = tried.says
    return f"{why}; as its preview had it, undo is: {spelt}"
