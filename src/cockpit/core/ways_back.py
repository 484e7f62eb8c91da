"""What takes a run back: as it is kept beside the run, and as a plan to be shown and executed."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

import msgspec

from .actions import Run, RunState
from .plans import Plan
from .runbooks import Runbook
from .steps.step import Do, ResolvedStep, Step
from .text import clean

Exact = tuple[tuple[str, ...], ...]


class WayBack(msgspec.Struct, frozen=True):
    """What takes back what one run did, kept for whoever asks later, perhaps from another cockpit.

    ``numbers`` (from 1) are the steps whose ``undo`` is done, in that order; ``values`` is what stands in it, what steps gave
    included, and ``exact`` all that would be done (`Plan.exact`), by which is seen whether the runbook still says the same.
    ``target`` and ``changes`` are as the run had them; ``warning`` must be known before; ``lost`` says why nothing can be taken
    back that has a way back, and then the others are empty. All of it is empty where nothing is to be taken back any more. It is
    kept before a step is begun, for the case that the cockpit is killed, and anew at the end. There is never a secret in it.
    """

    numbers: tuple[int, ...] = ()
    values: dict[str, str] = {}
    exact: Exact = ()
    target: str = ""
    changes: str = ""
    warning: str = ""
    lost: str = ""


class Undoing(msgspec.Struct, frozen=True):
    """Somebody has begun to take it back: by which ``run`` ("": that was not written down), who, and when (``HH:MM:SS``, a date
    before it, UTC). ``state`` and ``reason`` are those of that run; `RunState.UNCERTAIN`, too, where nothing is kept of it."""

    run: str
    who: str
    at: str
    state: RunState
    reason: str = ""

    @property
    def final(self) -> bool:
        """Whether none may be begun after it: it went well, or it goes on."""
        return self.state is RunState.CONFIRMED or not self.state.settled

    @property
    def says(self) -> str:
        """What became of it, and what to do, for a person who wants to take it back."""
        if self.state is RunState.CONFIRMED:
            return f"it was undone already: {self.who} did at {self.at} UTC"
        if not self.state.settled:
            return f"{self.who} has been undoing it since {self.at} UTC, as {self.run}: wait for that"
        why = "" if self.state is RunState.UNCERTAIN else self.reason  # of that its words say no more than these
        more = ", ".join(filter(None, (why, f"as {self.run}" if self.run else "")))
        became = _BECAME.get(self.state, "has an outcome that nobody knows") + (f" ({more})" if more else "")
        return f"{self.who}'s undo of {self.at} UTC {became}: look before you take it back"


_BECAME = {RunState.FAILED: "failed", RunState.CANCELLED: "was cancelled", RunState.TIMED_OUT: "did not end in time"}


def after(plan: Plan, undoing: Undoing) -> Plan:
    """The plan, with the word of an earlier ``undoing`` in its warning."""
    warning = " ".join(filter(None, (f"{undoing.says}.", plan.warning)))
    return msgspec.structs.replace(plan, warning=warning, after=undoing.run)


def undoing_by(run: Run) -> Undoing:
    """What is to be said of a run that was to take another back."""
    return Undoing(run.id, run.who, f"{run.at:%Y-%m-%d %H:%M:%S}", run.state, run.reason)


def undo_of(step: Step, number: int, do: Do, place: int) -> ResolvedStep:
    """What takes the step of that ``number`` back, with every value in place (``do``), as the step of a plan at ``place``."""
    undo = step.undo or Step(do)
    name = undo.name or f"undo of step {number}" + (f" ({step.name})" if step.name else "")
    return ResolvedStep(do, Step(undo.do, name=name, timeout=undo.timeout), place)


def plan_back(book: Runbook, steps: Sequence[ResolvedStep], way: WayBack) -> Plan:
    """The plan of the ``steps`` that take a run of ``book`` back."""
    titled = msgspec.structs.replace(book, title=f"Undo {book.name}", params={})
    return Plan(titled, {}, tuple(steps), way.target, way.lost, changes=way.changes, warning=way.warning)


def again(book: Runbook | None, way: WayBack, name: str, as_read: str = "") -> Plan:
    """The plan, made anew of the runbook ``name`` as it is now: refused where that would do anything else than then. ``as_read`` is
    what is to be said where there is none: when what is known was read."""
    if book is None:
        gone = Runbook(name=name, title=name, steps=())
        return plan_back(gone, (), msgspec.structs.replace(way, lost=f"this cockpit has no runbook {name}{as_read}{_was(way)}"))
    if way.lost:
        return plan_back(book, (), way)
    found: list[ResolvedStep] = []
    for number in way.numbers:
        step = book.steps[number - 1] if 0 < number <= len(book.steps) else None
        try:
            do = step.resolved(way.values, {}, number).undo if step is not None else None
        except (KeyError, ValueError):  # it wants a value that it did not want then
            do = None
        if step is None or do is None:
            break
        found.append(undo_of(step, number, do, len(found) + 1))
    plan = plan_back(book, found, way)
    if len(found) == len(way.numbers) and plan.exact == way.exact:
        return plan
    lost = f"{name} has changed since: it cannot be undone from here as it is now{_was(way)}"
    return plan_back(book, (), msgspec.structs.replace(way, lost=lost))


def _was(way: WayBack) -> str:
    """What would have been done then, for a person who does it by hand."""
    deeds = "; ".join(shlex.join(words[1:] if words[:1] == ("",) else words) for words in way.exact if words[1:2] != ("changes",))
    return f". As it was then, undo is: {clean(deeds, 500)}" if deeds else ""
