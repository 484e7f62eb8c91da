"""What the output of a run says of its steps in our own words, beside what they print."""

from __future__ import annotations

import shlex

from ..core.steps.ask import AskStep
from ..core.steps.manual import ManualStep
from ..core.steps.pick import PickStep
from ..core.steps.step import Do, ResolvedStep


def said(step: ResolvedStep, prompt: str = "") -> tuple[str, ...]:
    """What the output says of a step before it begins, or in its place at a dry run."""
    if step.skipped:
        return (f"step {step.number} is {step.why_skipped}",)
    undo = (*lines(step.undo, "  undo: "), *_place(step.undo, "    ")) if step.undo is not None and not prompt else ()
    only = (f"  only when {step.step.when}",) if step.open else ()
    place = () if prompt else _place(step.do, "  ")
    return (*lines(step.do, prompt), *place, *only, *undo)


def _place(do: Do, indent: str) -> tuple[str, ...]:
    """Where a program would run, as its preview has it."""
    return tuple(f"{indent}in {shlex.join(each.words)}" for each in do.shown() if each.beside and each.label == "in")


def lines(do: Do, prompt: str) -> tuple[str, ...]:
    """What is done, a line for each part of it; ``prompt`` stands before what is executed."""
    first, *more = do.said()
    return (first if isinstance(do, AskStep | PickStep | ManualStep) else f"{prompt}{first}", *more)
