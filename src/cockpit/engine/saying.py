"""What the output of a run says of its steps in our own words, beside what they print."""

from __future__ import annotations

from ..core.steps.ask import AskStep
from ..core.steps.manual import ManualStep
from ..core.steps.pick import PickStep
from ..core.steps.step import Do, ResolvedStep


def said(step: ResolvedStep, prompt: str = "") -> tuple[str, ...]:
    """What the output says of a step before it begins, or in its place at a dry run."""
    if step.skipped:
        return (f"step {step.number} is {step.why_skipped}",)
    undo = lines(step.undo, "  undo: ") if step.undo is not None and not prompt else ()
    only = (f"  only when {step.step.when}",) if step.open else ()
    return (*lines(step.do, prompt), *only, *undo)


def lines(do: Do, prompt: str) -> tuple[str, ...]:
    """What is done, a line for each part of it; ``prompt`` stands before what is executed."""
    first, *more = do.said()
    return (first if isinstance(do, AskStep | PickStep | ManualStep) else f"{prompt}{first}", *more)
