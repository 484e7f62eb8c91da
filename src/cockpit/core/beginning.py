"""A run that begins in the middle of its runbook: what is left out, and what then cannot be done."""

from __future__ import annotations

import msgspec

from .plans import Plan


def begun_at(plan: Plan, first: int) -> Plan:
    """The plan with the steps before number ``first`` (from 1) left out, which ``warning`` says; refused where there is no such
    step, or one that is done needs what one of those gives."""
    if first == 1 or plan.refused:
        return plan
    if not 1 < first <= len(plan.steps):
        return _refused(plan, f"there is no step {first} to begin with: it has {len(plan.steps)}")
    steps = tuple(msgspec.structs.replace(each, skipped=True, left=True) if each.number < first else each for each in plan.steps)
    gives: dict[str, int] = {}
    for each in plan.steps:
        if each.number >= first:
            lacks = [name for name in sorted(each.step.names(gives)) if gives.get(name, first) < first]
            if lacks:
                what = f"{' and '.join(lacks)}, which step {gives[lacks[0]]} gives, and that would be left out"
                return _refused(plan, f"it cannot begin with step {first}: step {each.number} needs {what}")
        gives |= dict.fromkeys(each.step.gives(), each.number)
    left = "step 1 is" if first == 2 else f"steps 1 to {first - 1} are"
    warning = f"It begins with step {first}: {left} left out."
    return msgspec.structs.replace(plan, steps=steps, warning=" ".join(filter(None, (warning, plan.warning))))


def _refused(plan: Plan, why: str) -> Plan:
    return msgspec.structs.replace(plan, steps=(), refused=why)
