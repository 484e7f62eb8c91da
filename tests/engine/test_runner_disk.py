"""A disk that does not answer holds up the run that writes there, and nothing else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.engine import runner, spool
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from cockpit.engine.steps import doing
from support.waiting import until

BOOK = Runbook(name="say", title="", steps=(Step(RunStep(("true",))),), timeout=Seconds(60))
PLAN = Plan(BOOK, {}, (Step(RunStep(("echo", "said"))).resolved({}),), "")


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Whether the disk answers, once it has been cleared."""
    for module in (runner, doing):
        monkeypatch.setattr(module, "DISK", 0.2)
    event = threading.Event()
    event.set()
    yield event
    event.set()


def test_a_disk_that_hangs_while_output_is_written_stops_neither_the_loop_nor_the_run(
    tmp_path: Path, answers: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    flush = spool.Spool._flush

    def hangs(self: spool.Spool) -> None:
        answers.wait(20)
        flush(self)

    monkeypatch.setattr(spool.Spool, "_flush", hangs)
    answers.clear()

    async def body() -> None:
        made = Runner(tmp_path, SystemClock())
        running = asyncio.ensure_future(made.execute("a-run", PLAN))
        beats = 0
        while not running.done():
            await asyncio.sleep(0.01)
            beats += 1
        outcome = await running
        assert beats > 20, "the loop went on"
        assert (outcome.state, outcome.exit_code) == (RunState.CONFIRMED, 0)
        assert "does not answer" in outcome.reason
        answers.set()
        await until(lambda: made.path("a-run").read_text().endswith("said\n"), "what was printed, once the disk answers")

    asyncio.run(body())


def test_where_no_output_can_be_kept_because_the_disk_hangs_nothing_is_started(
    tmp_path: Path, answers: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = spool._opened
    monkeypatch.setattr(spool, "_opened", lambda path: (answers.wait(20), opened(path))[1])
    answers.clear()
    outcome = asyncio.run(Runner(tmp_path, SystemClock()).execute("a-run", PLAN))
    assert outcome.state is RunState.FAILED
    assert outcome.reason.startswith("nothing was started: the disk of")
