"""Executes runbook steps: argv only, never a shell, each in a session of its own, under deadlines, with its output kept.

A run goes on when the terminal stalls, because the engine has a thread of its own. See `process` for what is ended when, and
`spool` for what is kept of the output.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ..core.actions import RunState
from ..core.runbooks import Plan, ResolvedStep
from ..core.text import clean
from ..core.units import say_seconds
from ..provider import Clock
from .aside import Aside
from .desk import Output
from .process import Child, started
from .spool import CAP, LINE_CAP, Spool, kept

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""Exit statuses for what could not be started, as shells have them."""
_DRAIN = 0.5  # real seconds for the last words of a program that has ended; what it left behind may hold its output open
_DISK = 2.0  # real seconds that what we write ourselves waits for the disk
_REMEMBERED = 8  # so many ended runs keep their lines in memory; of the others the file is read
_ASKERS = ("SSH_ASKPASS", "SUDO_ASKPASS", "GIT_ASKPASS", "SSH_ASKPASS_REQUIRE")
T = TypeVar("T")
_SECRET_NAME = re.compile(r"TOKEN|SECRET|PASS|KEY|CREDENTIAL|AUTH", re.I)


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended. ``exit_code`` is that of the step that failed, or of the last; ``None`` where none ended by itself."""

    state: RunState
    exit_code: int | None
    seconds: float
    reason: str = ""


class _Going:
    """A run under way: what ends it, and why."""

    spool: Spool
    given_up = False

    def __init__(self, run_id: str) -> None:
        self._aside = Aside(f"output of {run_id}")
        self.ending = asyncio.Event()
        self.why = ""

    async def write(self, work: Callable[[], T], patience: float | None = None) -> T:
        """Have something done to the file, in turn: a disk that does not answer holds up this run alone. `TimeoutError` after
        ``patience`` seconds; it is done all the same once the disk answers."""
        async with asyncio.timeout(patience):
            return await self._aside.do(work)

    async def say(self, line: str) -> None:
        with contextlib.suppress(TimeoutError):  # it will stand there once the disk answers
            await self.write(partial(self.spool.say, line), _DISK)

    def close(self, spool: Spool | None) -> None:
        if spool is not None:
            self._aside.put(spool.close)  # however it ended; a second time it does nothing
        self._aside.close()

    def end(self, why: str) -> None:
        self.why = self.why or why
        self.ending.set()


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
        self._going: dict[str, _Going] = {}
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
        going = self._going[run_id] = _Going(run_id)
        if unwanted := self._shut or self._unwanted.pop(run_id, ""):
            going.end(unwanted)
        self._idle.clear()
        lost = ""
        try:
            try:
                going.spool = await going.write(partial(self._opened, run_id, going), _DISK)
            except TimeoutError:
                going.given_up = True
                reason = f"nothing was started: the disk of {clean(str(self.folder))} does not answer"
                return Outcome(RunState.FAILED, None, self._clock.mono() - begun, reason)
            self._remember(run_id, going.spool)
            if dry_run:
                await going.write(partial(self._rehearse, going.spool, plan))
                outcome = Outcome(RunState.CONFIRMED, None, 0.0, "dry run: nothing was executed")
            else:
                outcome = await self._steps(run_id, plan, going, begun)
            try:
                await going.write(going.spool.close, _DISK)
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

    def _opened(self, run_id: str, going: _Going) -> Spool:
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
            spool.say(spelt(step))

    async def _steps(self, run_id: str, plan: Plan, going: _Going, begun: float) -> Outcome:
        deadline = begun + plan.runbook.timeout
        failed: Outcome | None = None
        code: int | None = None
        for number, step in enumerate(plan.steps, 1):
            place = f"step {number} of {len(plan.steps)}" + (f" ({step.name})" if step.name else "")
            await going.say(f"$ {spelt(step)}")
            outcome = await self._step(run_id, step, plan, going, deadline)
            code = outcome.exit_code
            if outcome.state is RunState.CONFIRMED:
                continue
            outcome = msgspec.structs.replace(outcome, reason=f"{place} {outcome.reason}")
            await going.say(outcome.reason)
            if outcome.state is not RunState.FAILED or not step.continue_on_error:
                return outcome
            failed = failed or outcome
        if failed is None:
            return Outcome(RunState.CONFIRMED, code, 0.0)
        # it went on past a failure because it was told to; how the last step ended is how the run ended
        state = RunState.CONFIRMED if code == 0 else RunState.FAILED
        return Outcome(state, code, 0.0, f"{failed.reason}, and went on as it should")

    async def _step(self, run_id: str, step: ResolvedStep, plan: Plan, going: _Going, deadline: float) -> Outcome:
        left = deadline - self._clock.mono()
        bound, whose = (left, f"the whole run may take {say_seconds(plan.runbook.timeout)}")
        if step.timeout is not None and step.timeout < left:
            bound, whose = step.timeout, f"it may take {say_seconds(step.timeout)}"
        if going.ending.is_set():
            return Outcome(RunState.CANCELLED, None, 0.0, f"was not started: {going.why}")
        if bound <= 0:
            return Outcome(RunState.TIMED_OUT, None, 0.0, f"was not started: {whose}")
        try:
            child = await started(run_id, step.argv, self._environment(step, plan), step.cwd, going.spool.handle)
        except (OSError, ValueError) as error:
            return _not_started(step, error)
        listening = asyncio.ensure_future(_listen(child, going))
        timer = asyncio.ensure_future(self._clock.sleep(bound))
        ending = asyncio.ensure_future(going.ending.wait())
        ends: set[asyncio.Future[Any]] = {child.ended, timer, ending}
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            if child.ended.done():
                return _ended(child.ended.result())
            timed_out = not going.ending.is_set()
            await child.end(self._grace)
            left_over = f"; still there: {', '.join(child.left_over)}, which is not ours to end" if child.left_over else ""
            if timed_out:
                return Outcome(RunState.TIMED_OUT, None, 0.0, f"did not end in time ({whose}) and was ended{left_over}")
            return Outcome(RunState.CANCELLED, None, 0.0, f"was ended: {going.why}{left_over}")
        finally:
            await asyncio.wait({listening}, timeout=_DRAIN)
            for task in (listening, timer, ending):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
            child.close()

    def _environment(self, step: ResolvedStep, plan: Plan) -> Mapping[str, str]:
        """The cockpit's own, without the secrets its config refers to, and without what would ask for a password in a window."""
        inherited = {name: value for name, value in os.environ.items() if name not in self.hidden and name not in _ASKERS}
        return {**inherited, **step.env, "COCKPIT_RUNBOOK": plan.runbook.name}


async def _listen(child: Child, going: _Going) -> None:
    while data := await child.read():
        await going.write(partial(going.spool.feed, data))


def _ended(code: int) -> Outcome:
    if code == 0:
        return Outcome(RunState.CONFIRMED, 0, 0.0)
    if code > 0:
        return Outcome(RunState.FAILED, code, 0.0, f"ended with status {code}")
    return Outcome(RunState.FAILED, 128 - code, 0.0, f"was ended by signal {-code}")


def _not_started(step: ResolvedStep, error: OSError | ValueError) -> Outcome:
    program = clean(step.argv[0]) if step.argv else "nothing"
    match error:
        case OSError(filename=place) if step.cwd and place == step.cwd:
            code, why = NOT_EXECUTABLE, f"its directory {clean(step.cwd)}: {error.strerror}"
        case FileNotFoundError():
            code, why = NOT_FOUND, f"{program} is not on this machine (not found in PATH, or its interpreter is missing)"
        case PermissionError():
            code, why = NOT_EXECUTABLE, f"{program} may not be executed"
        case OSError():
            code, why = NOT_EXECUTABLE, f"{program}: {error.strerror}"
        case _:
            code, why = NOT_EXECUTABLE, f"{program}: {clean(str(error))}"
    return Outcome(RunState.FAILED, code, 0.0, f"could not start: {why}")


def spelt(step: ResolvedStep) -> str:
    """A step as a shell would have it written, for reading: environment first, then each argument quoted where it needs it. The
    values of variables whose name speaks of a secret are not shown."""
    env = [f"{name}={'***' if _SECRET_NAME.search(name) else shlex.quote(value)}" for name, value in step.env.items()]
    return " ".join((*env, shlex.join(step.argv)))
