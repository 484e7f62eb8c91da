"""The course of one run: its steps in their order, each under its deadline, with what one takes from another; and what is undone
where it does not reach its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from ..core.actions import RunState
from ..core.asking import Answers, Asked, Want
from ..core.jobs import Far
from ..core.plans import Plan, captured
from ..core.steps.step import Do, ResolvedStep, needed
from ..core.units import say_seconds
from ..provider import Clock
from .capturing import NotCaptured, capture_all
from .far import Engines
from .saying import lines, said
from .steps.deeds import deed
from .steps.doing import Deed, Doing, Ended, Going, Outcome, Unattended
from .steps.world import NOWHERE, World

if TYPE_CHECKING:
    from ..core.ways_back import WayBack

_LAST_WORDS = 2.0  # real seconds in which a step that was ended has to come to its end


class _Beside(msgspec.Struct, frozen=True):
    """A step in the background."""

    step: ResolvedStep
    place: str
    work: Deed
    done: asyncio.Task[Outcome]


_BROKEN_OFF = (RunState.CANCELLED, RunState.TIMED_OUT, RunState.UNCERTAIN)


class Course:
    """Belongs to the engine's loop; `run` it once. ``hidden``, ``grace``, ``engines``, ``far`` and ``world`` as in `Doing`;
    ``secrets`` are values that the plan does not have; ``make`` gives the doing of a step."""

    def __init__(
        self,
        plan: Plan,
        going: Going,
        clock: Clock,
        hidden: Collection[str],
        grace: float,
        engines: Engines | None = None,
        far: Far | None = None,
        world: World = NOWHERE,
        secrets: Mapping[str, str] = {},
        make: Callable[[Do, Doing], Deed] = deed,
    ) -> None:
        self._world, self._deed = world, make
        self._plan, self._going, self._clock, self._hidden, self._grace = plan, going, clock, hidden, grace
        self._engines, self._far = engines, far
        self._deadline = 0.0
        self._given: dict[str, str] = dict(secrets)
        self._beside: list[_Beside] = []
        self._done: list[ResolvedStep] = []
        self._taken_back: set[int] = set()
        self._tried: list[str] = []
        self._at_work = False
        self._interrupted: ResolvedStep | None = None

    async def run(self, begun: float) -> Outcome:
        """Execute the steps; ``begun`` is when (monotonic) the run was. A step that fails ends the run, unless it says
        ``continue_on_error``; then what can be undone is, if a person says so."""
        self._deadline = begun + self._plan.runbook.timeout
        outcome = await self._steps()
        if outcome.state is not RunState.CONFIRMED:
            self._going.failing()  # now: whoever is asked whether to undo it may take as long as they like
        await self._end_background()
        if outcome.state is RunState.CONFIRMED:
            return outcome
        undone = await self._undo(outcome)
        return msgspec.structs.replace(outcome, reason="; ".join(filter(None, (outcome.reason, undone))))

    async def _steps(self) -> Outcome:
        failed: Outcome | None = None
        last = Outcome(RunState.CONFIRMED, None, 0.0)
        for planned in self._plan.steps:
            place = self._place(planned)
            if len(self._plan.steps) > 1:
                self._going.reached(place)
            step, self._at_work = self._now(planned), False
            if step.skipped:
                await self._going.say(f"{place} is {step.why_skipped}")
                continue
            for line in said(step, "$ "):
                await self._going.say(line, unrecorded=True)
            lacks = self._lacks(planned.step.do, planned.later)
            problem = lacks or (step.problem() if planned.later else "")  # what another step gave stands in it now
            if problem:
                last = Outcome(RunState.FAILED, None, 0.0, f"was not started: it {problem}")
            else:
                await self._about_to(step, place)
                last = await self._step(step, place)
            if last.state is RunState.CONFIRMED:
                self._done.append(step)
                continue
            if self._at_work and last.state in _BROKEN_OFF:
                self._interrupted = step
            last = msgspec.structs.replace(last, reason=f"{place} {last.reason}")
            await self._going.say(last.reason)
            if last.state is not RunState.FAILED or not step.step.continue_on_error:
                return last
            failed = failed or last
        if failed is None:
            return Outcome(RunState.CONFIRMED, last.exit_code, 0.0)
        # it went on past a failure because it was told to; how the last step ended is how the run ended
        return Outcome(last.state, last.exit_code, 0.0, f"{failed.reason}, and went on as it should")

    def _place(self, step: ResolvedStep) -> str:
        return f"step {step.number} of {len(self._plan.steps)}" + (f" ({step.step.name})" if step.step.name else "")

    def _now(self, planned: ResolvedStep) -> ResolvedStep:
        """The step with what earlier ones gave in its place, made anew from the runbook: nothing is filled in twice."""
        if planned.left or (not planned.later and not planned.open):
            return planned
        return planned.step.resolved({**self._plan.values, **self._given}, {}, planned.number)

    def _lacks(self, do: Do, later: Collection[str]) -> str:
        """Why it cannot be done as configured: an earlier step, which was skipped or failed, has not given what it needs."""
        names = sorted(needed(do, later) - self._given.keys())
        if not names:
            return ""
        number = captured(self._plan.runbook).get(names[0])
        return f"needs {' and '.join(names)}, which step {number} did not give" if number else f"needs {' and '.join(names)}"

    async def _step(self, step: ResolvedStep, place: str) -> Outcome:
        if step.step.background:
            return await self._begin_beside(step, place)
        for attempt in range(step.step.retries + 1):
            heard, withheld = bytearray() if step.step.capture else None, self._going.withheld
            outcome = await self._once(step.do, step.step.timeout, self._doing(place, heard))
            if outcome.state is RunState.CONFIRMED and heard is not None and self._going.withheld > withheld:
                why = "printed what had to be withheld: nothing can be taken from that"
                outcome = Outcome(RunState.FAILED, outcome.exit_code, 0.0, why)
            elif outcome.state is RunState.CONFIRMED and heard is not None:
                outcome = await self._captured(step, bytes(heard), outcome)
            self._given |= outcome.given
            if outcome.state is not RunState.FAILED or attempt == step.step.retries:
                break
            after = say_seconds(step.step.retry_after)
            await self._going.say(f"{place} {outcome.reason}; again in {after} ({attempt + 1} of {step.step.retries})")
            if not await self._rest(step.step.retry_after):
                break
        return outcome

    async def _captured(self, step: ResolvedStep, heard: bytes, outcome: Outcome) -> Outcome:
        try:
            found = await capture_all(step.step.capture, heard)
        except NotCaptured as problem:
            return Outcome(RunState.FAILED, outcome.exit_code, 0.0, str(problem))
        return msgspec.structs.replace(outcome, given={**outcome.given, **found})

    def _doing(self, place: str, heard: bytearray | None = None, mark: str = "") -> Doing:
        left = max(0.0, self._deadline - self._clock.mono())
        name, engines, far = self._plan.runbook.name, self._engines, self._far
        return Doing(self._going, name, self._hidden, self._grace, left, place, mark, heard, engines, far, self._world)

    async def _rest(self, seconds: float) -> bool:
        """Wait before another attempt; False where the run is to end meanwhile."""
        timer = asyncio.ensure_future(self._clock.sleep(seconds))
        ending = asyncio.ensure_future(self._going.ending.wait())
        ends: set[asyncio.Future[Any]] = {timer, ending}
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        await _cancelled(timer, ending)
        return not self._going.ending.is_set()

    async def _once(self, do: Do, own: float | None, doing: Doing) -> Outcome:
        left = self._deadline - self._clock.mono()
        bound, whose = left, f"the whole run may take {say_seconds(self._plan.runbook.timeout)}"
        if own is not None and own < left:
            bound, whose = own, f"it may take {say_seconds(own)}"
        if self._going.ending.is_set():
            return Outcome(RunState.CANCELLED, None, 0.0, f"was not started: {self._going.why}")
        if bound <= 0:
            return Outcome(RunState.TIMED_OUT, None, 0.0, f"was not started: {whose}")
        self._at_work = True
        work = self._deed(do, msgspec.structs.replace(doing, seconds=bound))
        done = asyncio.ensure_future(work.done())
        timer = asyncio.ensure_future(self._clock.sleep(bound))
        ending = asyncio.ensure_future(self._going.ending.wait())
        ends: set[asyncio.Future[Any]] = {done, timer, ending}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            timed_out = not self._going.ending.is_set()
            still = await work.end()
            if work.outlives:
                return await _left(done, self._going, still)
            left_over = f"; {still}" if still else ""
            if timed_out:
                return Outcome(RunState.TIMED_OUT, None, 0.0, f"did not end in time ({whose}) and was ended{left_over}")
            return Outcome(RunState.CANCELLED, None, 0.0, f"was ended: {self._going.why}{left_over}")
        finally:
            await asyncio.wait({done}, timeout=_LAST_WORDS)
            await _cancelled(done, timer, ending)
            await self._going.flush()

    # ── beside the run ────────────────────────────────────────────────────────────────────────────────────────────────

    async def _begin_beside(self, step: ResolvedStep, place: str) -> Outcome:
        if self._going.ending.is_set():
            return Outcome(RunState.CANCELLED, None, 0.0, f"was not started: {self._going.why}")
        mark = f"{self._going.run_id}+{step.number}" if step.step.keep else ""
        work = self._deed(step.do, self._doing(place, mark=mark))
        done = asyncio.ensure_future(work.done())
        await work.begun()
        await asyncio.wait({done}, timeout=0)
        if done.done() and done.result().state is not RunState.CONFIRMED:
            return done.result()
        self._beside.append(_Beside(step, place, work, done))
        return Outcome(RunState.CONFIRMED, None, 0.0)

    async def _end_background(self) -> None:
        for each in reversed(self._beside):
            if each.done.done():
                outcome = each.done.result()
                how = outcome.reason or f"ended with status {outcome.exit_code}"
                await self._going.say(f"{each.place}, in the background, {how}, before the end of the run")
            elif each.step.step.keep:
                each.work.leave()
                await self._going.say(f"{each.place} goes on in the background")
            else:
                still = await each.work.end()
                await asyncio.wait({each.done}, timeout=_LAST_WORDS)
                await self._going.say(f"{each.place}, in the background, was ended with the run" + (f"; {still}" if still else ""))
            await _cancelled(each.done)

    # ── taken back ────────────────────────────────────────────────────────────────────────────────────────────────────

    def way_back(self) -> tuple[Plan, WayBack] | None:
        """What takes back what was done and has not been taken back yet, the last first, for somebody who asks for it later: as a
        plan, and as it is kept. None where nothing can be; refused, with the reason, where there were secrets: those are kept by
        nobody."""
        steps, doubts = self._backwards(), list(self._tried)
        if self._interrupted is not None and self._interrupted in steps:
            doubts.insert(0, f"step {self._interrupted.number} was interrupted, and may be half done")
        return self._taking_back(steps, doubts)

    def _taking_back(self, steps: list[ResolvedStep], doubts: list[str]) -> tuple[Plan, WayBack] | None:
        from .taking_back import taking_back  # deferred: no screen that opens needs it

        known = {**self._plan.values, **self._given}
        return taking_back(self._plan, self._going, steps, doubts, known, self._unfit, self._named)

    async def _about_to(self, step: ResolvedStep, what: str) -> None:
        """Have kept what takes back what is done by now, and this step, before it is begun: should the cockpit be killed from here
        on, others have that, with the word that nobody knows of this step, nor of what comes after it. ``what`` is to be done."""
        steps = self._backwards(step)
        if not steps:
            return
        doubt = f"its cockpit was killed: nobody knows whether {what} was done, or half done, nor anything after it"
        found = self._taking_back(steps, [*self._tried, doubt])
        if found is not None:
            way = found[1]
            lost = self._going.told(f"{doubt}; {way.lost}") if way.lost else ""
            await self._going.keep(msgspec.structs.replace(way, lost=lost))

    def _backwards(self, begins: ResolvedStep | None = None) -> list[ResolvedStep]:
        """The steps that have a way back and have not been taken back, each once, the last first; also one that was interrupted,
        and one that ``begins`` now: its undo may be what begins."""
        begun = {each.number: each for each in (*self._done, self._interrupted, begins) if each is not None}
        steps = reversed(begun.values())
        return [each for each in steps if each.step.undo is not None and each.number not in self._taken_back]

    def _named(self, step: ResolvedStep) -> str:
        return f"step {step.number}" + (" (interrupted: it may be half done)" if step is self._interrupted else "")

    def _way_back(self, step: ResolvedStep) -> Do | None:
        """What takes a step back, with what it and others gave in its place."""
        return step.step.resolved({**self._plan.values, **self._given}, {}, step.number).undo

    def _unfit(self, step: ResolvedStep, do: Do) -> str:
        """Why a step cannot be taken back by ``do``: it is looked at again, for what it or another gave stands in it now."""
        undo = step.step.undo
        return (self._lacks(undo.do, captured(self._plan.runbook)) if undo is not None else "") or do.problem()

    async def _undo(self, outcome: Outcome) -> str:
        """Offer to take back what can be, the last first; what became of that, for the person."""
        steps = self._backwards()
        if not steps:
            return ""
        names = ", ".join(map(self._named, steps))
        if self._going.shut:
            return f"{names} can be undone, and was not: {self._going.why}"
        self._going.reopen()
        self._deadline = self._clock.mono() + self._plan.runbook.timeout
        try:
            asked = Asked(text=f"{self._going.told(outcome.reason)}. Undo {names}?", kind=Answers.YES_NO)
            answer, who = await self._going.ask(Want(number=0, place=names, name="undo", asked=asked))
        except (Ended, Unattended):
            return f"{names} can be undone, and was not: nobody said so"
        await self._going.say(f"{who}: {'undo' if answer == 'yes' else 'do not undo'} {names}")
        if answer != "yes":
            return f"{who} left {names} as it is"
        told = []
        for step in steps:
            do, timeout = self._way_back(step), step.step.undo.timeout if step.step.undo is not None else None
            if do is None:
                continue
            if problem := self._unfit(step, do):
                told.append(f"undo of step {step.number} was not started: it {problem}")
                await self._going.say(told[-1])
                continue
            for line in lines(do, "$ "):
                await self._going.say(line, unrecorded=True)
            self._at_work = False
            await self._about_to(step, f"the undo of step {step.number}")
            back = await self._once(do, timeout, self._doing(f"undo of step {step.number}"))
            if back.state is RunState.CONFIRMED:
                self._taken_back.add(step.number)
                told.append(f"step {step.number} is undone")
                continue
            told.append(f"undo of step {step.number} {back.reason}")
            if self._at_work:
                self._tried.append(told[-1])
        return "; ".join(told)


async def _left(done: asyncio.Future[Outcome], going: Going, still: str) -> Outcome:
    """What became of a step that goes on without us: its own word, where it has one by now."""
    if going.shut and not done.done():
        done.cancel()
        return Outcome(RunState.RUNNING, None, 0.0, f"goes on without this cockpit ({going.why}): the next one follows it")
    await asyncio.wait({done}, timeout=_LAST_WORDS)
    if done.done():
        return done.result()
    return Outcome(RunState.UNCERTAIN, None, 0.0, f"was to end ({going.why or 'its time is over'}); {still}")


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
