"""What takes an ended run back: as a plan for whoever asks later, and as it is kept in the journal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec

from ..core.plans import Plan
from ..core.steps.step import Do, ResolvedStep
from ..core.ways_back import WayBack, plan_back, undo_of
from .steps.doing import Going


def taking_back(
    plan: Plan,
    going: Going,
    steps: Sequence[ResolvedStep],
    doubts: Sequence[str],
    known: Mapping[str, str],
    unfit: Callable[[ResolvedStep, Do], str],
    named: Callable[[ResolvedStep], str],
) -> tuple[Plan, WayBack] | None:
    """What takes ``steps`` of ``plan`` back, in that order, with the values that are ``known`` by now. ``doubts`` are
    sentences on what may be half done, or half undone, ``unfit`` says why one cannot be, ``named`` which it is, for people. None
    where nothing can be; refused, with the reason, where there were secrets: those are kept by nobody."""
    found: list[ResolvedStep] = []
    numbers: list[int] = []
    lost: list[str] = []
    for step in steps:
        undo, do = step.step.undo, step.step.resolved(known, {}, step.number).undo
        if undo is None or do is None:
            continue
        if why := "needs secrets, which are kept nowhere" if going.confided else unfit(step, do):
            planned = plan.steps[step.number - 1].undo or do  # without what was said in confidence
            lost.append(f"{named(step)} cannot be undone from here: its undo {why}. It is: {' '.join(planned.said())}")
            continue
        found.append(undo_of(step.step, step.number, do, len(found) + 1))
        numbers.append(step.number)
    if not found and not lost:
        return None
    said = going.told("; ".join(lost))
    doubt = going.told("; ".join(doubts))
    half = f"{doubt[0].upper()}{doubt[1:]}: look before you take it back." if doubt else ""
    way = WayBack(
        target=plan.target, changes=plan.changes, warning=" ".join(filter(None, (half, said))), lost="" if found else said
    )
    back = plan_back(plan.runbook, found, way)
    return back, _kept(plan, way, numbers, known, back) if found else way


def _kept(plan: Plan, way: WayBack, numbers: Sequence[int], known: Mapping[str, str], back: Plan) -> WayBack:
    """What is kept of it: of the values those alone that its steps name. None is a secret: those are never in a plan, what was said
    in confidence is lost before, and what steps give is taken from what may be shown."""
    undos = (plan.runbook.steps[number - 1].undo for number in numbers)
    names = frozenset().union(*(undo.names(known) for undo in undos if undo is not None))
    values = {name: known[name] for name in names & known.keys()}
    return msgspec.structs.replace(way, numbers=tuple(numbers), values=values, exact=back.exact)
