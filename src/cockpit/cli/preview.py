"""What a runbook would do, exactly, as lines of a command."""

from __future__ import annotations

from ..core.plans import Plan
from ..core.steps.step import ResolvedStep
from ..core.units import say_seconds
from ..ui.exact import spell_shown
from .listing import say, unicode_out


def show_plan(plan: Plan, head: str) -> None:
    """Say what would be done, below ``head``."""
    say(head)
    if plan.changes:
        say(f"changes: {plan.changes}")
    if plan.warning:
        say(plan.warning)
    escape = not unicode_out()
    for step in plan.steps:
        _show_step(step, escape)
    if plan.steps:
        say(f"  at most {say_seconds(plan.runbook.timeout)} in all")


def _show_step(step: ResolvedStep, escape: bool) -> None:
    first, *more = step.shown()
    env = "".join(f"{spell_shown(each, ascii=escape)} " for each in more if each.beside and each.label == "with")
    around = (f"{each.label} {spell_shown(each, ascii=escape)}" for each in more if each.beside and each.label not in ("", "with"))
    place = "".join(f"   ({each})" for each in around)
    label = "" if first.label in ("runs", "script") else f"{first.label}: "
    say(f"  {label}{env}{spell_shown(first, ascii=escape)}{place}")
    for each in more:
        if not each.beside or not each.label:
            label = f"{each.label}: " if each.label else ""
            say(f"    {label}{spell_shown(each, ascii=escape)}")
    if step.step.timeout is not None and not step.skipped:
        say(f"    at most {say_seconds(step.step.timeout)}")
