"""Runs of real steps, with a person who answers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from cockpit.core.asking import Want
from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Do, Step
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from cockpit.engine.steps.doing import Outcome

RUN = f"20261126-031244-{os.getpid():x}"
"""Its own in every process of the tests: what carries a run's mark is ended with it."""
ANYTHING = Param(allow_dash=True, allow_control=True)


class Ran(msgspec.Struct, frozen=True):
    """What became of a run, what it printed, what it asked, and what takes it back."""

    outcome: Outcome
    lines: list[str]
    asked: list[Want]
    back: Plan | None = None


def sh(code: str, **more: object) -> Step:
    """A step that is a line of shell."""
    return msgspec.structs.replace(Step(ScriptStep(code)), **more)


def step(do: Do, **more: object) -> Step:
    """A step of any kind."""
    return msgspec.structs.replace(Step(do), **more)


def book(*steps: Step, timeout: float = 30.0, **params: Param) -> Runbook:
    """A runbook of these."""
    return Runbook(name="mend", title="Mend", steps=steps, params=params, timeout=Seconds(timeout), changes="mends")


def ran(
    folder: Path,
    wanted: Runbook,
    given: Mapping[str, str] = {},
    answers: Callable[[Want, Runner], str | None] | None = None,
    *,
    dry_run: bool = False,
    meanwhile: Callable[[Runner], None] = lambda _runner: None,
) -> Ran:
    """Execute it to its end. ``answers`` says what a person answers, ``None`` for nothing; without it there is nobody.
    ``meanwhile`` is called again and again until the run has ended, or waits for a person."""

    async def work() -> Ran:
        runner = Runner(folder, SystemClock(), grace=0.2)
        runner.attended = answers is not None
        asked: list[Want] = []
        loop = asyncio.get_running_loop()

        def told(run_id: str, want: Want | None) -> None:
            if want is None or answers is None:
                return
            asked.append(want)
            said = answers(want, runner)
            if said is not None:
                loop.call_soon(runner.answer, run_id, want.number, said, "ana")

        runner.on_want = told
        made = plan(wanted, None, given)
        assert not made.refused, made.refused
        running = asyncio.ensure_future(runner.execute(RUN, made, dry_run=dry_run))
        while not running.done():
            await asyncio.wait({running}, timeout=0.02)
            if not asked:
                meanwhile(runner)
        return Ran(running.result(), list(runner.output(RUN).lines), asked, runner.ways_back(RUN))

    return asyncio.run(work())


FAILS = Step(RunStep(("sh", "-c", "exit 3")))
