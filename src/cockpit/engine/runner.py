"""Executes the steps of runbooks, in their order and under deadlines, and keeps what they print. `steps` says how each is done.

A run goes on when the terminal stalls, because the engine has a thread of its own. See `spool` for what is kept of the output.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from ..core.actions import RunState
from ..core.plans import Plan
from ..core.steps.step import ResolvedStep
from ..core.text import clean
from ..core.units import say_seconds
from ..provider import Clock
from .desk import Output
from .spool import CAP, LINE_CAP, Spool, kept
from .steps.deeds import deed
from .steps.doing import DISK, Doing, Going, Outcome

_LAST_WORDS = 2.0  # real seconds in which a step that was ended has to come to its end
_REMEMBERED = 8  # so many ended runs keep their lines in memory; of the others the file is read


class Runner:
    """Executes plans; several at once. ``hidden`` names the environment variables that no program gets: the secrets that the config
    refers to. ``grace`` is how long (seconds) a program may take to end after TERM. Methods belong to the engine's loop, except
    `output`, which any thread may call."""

    def __init__(
        self,
        state_dir: Path,
        clock: Clock,
        *,
        hidden: Sequence[str] = (),
        grace: float = 5.0,
        cap: int = CAP,
        line_cap: int = LINE_CAP,
    ) -> None:
        self.folder = state_dir / "runs"
        self.hidden = frozenset(hidden)
        self._clock, self._grace, self._cap, self._line_cap = clock, grace, cap, line_cap
        self._going: dict[str, Going] = {}
        self._unwanted: dict[str, str] = {}
        self._shut = ""
        self._idle = asyncio.Event()
        self._idle.set()
        self._spools: dict[str, Spool] = {}

    def path(self, run_id: str) -> Path:
        """The file that keeps a run's output."""
        return self.folder / f"{run_id}.log"

    async def execute(self, run_id: str, plan: Plan, *, dry_run: bool = False) -> Outcome:
        """Execute the steps in order. A step that fails ends the run, unless it says ``continue_on_error``. Never raises for what a
        program does. Not to be cancelled as a task: `cancel` is how a run is ended, so that nothing of it is left behind."""
        begun = self._clock.mono()
        going = self._going[run_id] = Going(run_id)
        if unwanted := self._shut or self._unwanted.pop(run_id, ""):
            going.end(unwanted)
        self._idle.clear()
        lost = ""
        try:
            try:
                going.spool = await going.write(partial(self._opened, run_id, going), DISK)
            except TimeoutError:
                going.given_up = True
                reason = f"nothing was started: the disk of {clean(str(self.folder))} does not answer"
                return Outcome(RunState.FAILED, None, self._clock.mono() - begun, reason)
            self._remember(run_id, going.spool)
            if dry_run:
                await going.write(partial(self._rehearse, going.spool, plan))
                outcome = Outcome(RunState.CONFIRMED, None, 0.0, "dry run: nothing was executed")
            else:
                outcome = await self._steps(plan, going, begun)
            try:
                await going.write(going.spool.close, DISK)
            except TimeoutError:
                lost = f"its output is not kept: the disk of {clean(str(going.spool.path))} does not answer"
        finally:
            going.close(self._spools.get(run_id))
            del self._going[run_id]
            if not self._going:
                self._idle.set()
        if lost or going.spool.problem:
            outcome = msgspec.structs.replace(
                outcome, reason="; ".join(filter(None, (outcome.reason, lost or going.spool.problem)))
            )
        return msgspec.structs.replace(outcome, seconds=self._clock.mono() - begun)

    def cancel(self, run_id: str, why: str) -> None:
        """End a run, also one that has not begun yet; ``why`` goes into its reason."""
        going = self._going.get(run_id)
        if going is None:
            self._unwanted[run_id] = why
            return
        going.end(why)

    def shut(self, why: str) -> None:
        """End all runs, and begin none any more."""
        self._shut = why
        for going in self._going.values():
            going.end(why)

    async def idle(self) -> None:
        """Wait until no run is under way."""
        await self._idle.wait()

    def output(self, run_id: str, since: int = 0) -> Output:
        """What a run has printed from line ``since`` on, also one of an earlier cockpit."""
        spool = self._spools.get(run_id)
        if spool is not None:
            return spool.lines(since)
        if not re.fullmatch(r"[\w.-]+", run_id, re.ASCII):
            return Output(())
        return kept(self.path(run_id), since)

    def _opened(self, run_id: str, going: Going) -> Spool:
        spool = Spool(self.path(run_id), cap=self._cap, line_cap=self._line_cap)
        if going.given_up:
            spool.close()
        return spool

    def _remember(self, run_id: str, spool: Spool) -> None:
        self._spools[run_id] = spool
        for old in [each for each in self._spools if each not in self._going][:-_REMEMBERED]:
            del self._spools[old]

    def _rehearse(self, spool: Spool, plan: Plan) -> None:
        for step in plan.steps:
            for line in step.do.said():
                spool.say(line)

    async def _steps(self, plan: Plan, going: Going, begun: float) -> Outcome:
        deadline = begun + plan.runbook.timeout
        failed: Outcome | None = None
        code: int | None = None
        for number, step in enumerate(plan.steps, 1):
            place = f"step {number} of {len(plan.steps)}" + (f" ({step.step.name})" if step.step.name else "")
            first, *more = step.do.said()
            for line in (f"$ {first}", *more):
                await going.say(line)
            outcome = await self._step(step, plan, going, deadline)
            code = outcome.exit_code
            if outcome.state is RunState.CONFIRMED:
                continue
            outcome = msgspec.structs.replace(outcome, reason=f"{place} {outcome.reason}")
            await going.say(outcome.reason)
            if outcome.state is not RunState.FAILED or not step.step.continue_on_error:
                return outcome
            failed = failed or outcome
        if failed is None:
            return Outcome(RunState.CONFIRMED, code, 0.0)
        # it went on past a failure because it was told to; how the last step ended is how the run ended
        state = RunState.CONFIRMED if code == 0 else RunState.FAILED
        return Outcome(state, code, 0.0, f"{failed.reason}, and went on as it should")

    async def _step(self, step: ResolvedStep, plan: Plan, going: Going, deadline: float) -> Outcome:
        left = deadline - self._clock.mono()
        bound, whose = (left, f"the whole run may take {say_seconds(plan.runbook.timeout)}")
        own = step.step.timeout
        if own is not None and own < left:
            bound, whose = own, f"it may take {say_seconds(own)}"
        if going.ending.is_set():
            return Outcome(RunState.CANCELLED, None, 0.0, f"was not started: {going.why}")
        if bound <= 0:
            return Outcome(RunState.TIMED_OUT, None, 0.0, f"was not started: {whose}")
        work = deed(step.do, Doing(going, plan.runbook.name, self.hidden, self._grace, bound))
        done = asyncio.ensure_future(work.done())
        timer = asyncio.ensure_future(self._clock.sleep(bound))
        ending = asyncio.ensure_future(going.ending.wait())
        ends: set[asyncio.Future[Any]] = {done, timer, ending}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if done.done():
                return done.result()
            timed_out = not going.ending.is_set()
            still = await work.end()
            left_over = f"; {still}" if still else ""
            if timed_out:
                return Outcome(RunState.TIMED_OUT, None, 0.0, f"did not end in time ({whose}) and was ended{left_over}")
            return Outcome(RunState.CANCELLED, None, 0.0, f"was ended: {going.why}{left_over}")
        finally:
            await asyncio.wait({done}, timeout=_LAST_WORDS)
            for task in (done, timer, ending):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
