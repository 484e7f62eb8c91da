"""Where it is not known which secrets an output holds, it is withheld, and that is said; it is never shown as it is (safety 22)."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan
from cockpit.core.runbooks import Runbook
from cockpit.core.steps.capture import Capture
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.steps.wait import WaitStep
from cockpit.core.units import Seconds
from cockpit.engine import runner
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from cockpit.engine.spool import Spool
from cockpit.engine.steps.doing import Going, Outcome
from cockpit.engine.steps.world import World
from cockpit.provider import ProviderError, Secret
from support.waiting import until

SECRET = "hunter2-sesame"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Whether what keeps the secrets answers."""
    monkeypatch.setattr(runner, "DISK", 0.2)
    monkeypatch.setattr(runner, "ASKING", 0.2)
    event = threading.Event()
    yield event
    event.set()


def plan(*steps: Step) -> Plan:
    book = Runbook(name="say", title="", steps=steps, timeout=Seconds(60))
    return Plan(book, {}, tuple(step.resolved({}, {}, number) for number, step in enumerate(steps, 1)), "")


def say(script: str, **more: str) -> Step:
    return Step(RunStep(("sh", "-c", script), more))


def test_what_is_printed_while_a_disk_with_secrets_does_not_answer_is_not_shown(tmp_path: Path, answers: threading.Event) -> None:
    def secrets() -> tuple[str, ...]:
        answers.wait(20)
        return (SECRET,)

    async def body() -> tuple[Outcome, str]:
        made = Runner(tmp_path, SystemClock())
        made.secrets = secrets
        script = f'echo "is {SECRET}"; touch {tmp_path}/said; until [ -e {tmp_path}/go ]; do sleep 0.02; done; echo "now {SECRET}"'
        running = asyncio.ensure_future(made.execute("a-run", plan(say(script), say("echo the end"))))
        await until((tmp_path / "said").exists, "the first words")
        await until(lambda: any("until then no output is shown" in line for line in made.output("a-run").lines), "the reason")
        going = made._going["a-run"]
        await until(lambda: going.withheld > 0, "what is withheld")
        assert going.heir.file == -1, "nor is it kept where the cockpit is killed now"
        answers.set()
        await until(lambda: not going.blind, "the disk")
        (tmp_path / "go").touch()
        return await running, made.path("a-run").read_text()

    outcome, kept = asyncio.run(body())
    assert outcome.state is RunState.CONFIRMED
    assert outcome.reason == "18 bytes of its output were withheld: its secrets were not known"
    assert "now ***" in kept
    assert "the end" in kept
    assert f"is {SECRET}\n" not in kept.replace("echo", "")


def test_nothing_is_taken_from_what_is_withheld(tmp_path: Path, answers: threading.Event) -> None:
    made = Runner(tmp_path, SystemClock())
    made.secrets = lambda: (answers.wait(20), ())[1]
    taken = Capture(regex="is (.*)", pattern=".*", default="nothing")
    step = Step(RunStep(("echo", "is it")), capture={"it": taken})
    outcome = asyncio.run(made.execute("a-run", plan(step, say("echo {it}"))))
    assert outcome.state is RunState.FAILED
    assert "printed what had to be withheld" in outcome.reason


def test_where_they_cannot_be_found_out_at_all_nothing_is_shown(tmp_path: Path) -> None:
    def broken() -> tuple[str, ...]:
        raise OSError("input/output error")

    made = Runner(tmp_path, SystemClock())
    made.secrets = broken
    outcome = asyncio.run(made.execute("a-run", plan(say("echo it is $((6 * 7))"))))
    assert "bytes of its output were withheld" in outcome.reason
    assert "it is 42" not in made.path("a-run").read_text()


SENT: dict[str, WaitStep | HttpStep] = {
    "wait": WaitStep("holds", until="value < 5", query="up", url="http://127.0.0.1:1", bearer="command:pass show prom"),
    "http": HttpStep("http://127.0.0.1:1/", bearer="command:pass show prom"),
}


@pytest.mark.parametrize("kind", SENT)
def test_what_a_later_step_sends_is_hidden_before_it_is_fetched_for_it(kind: str, tmp_path: Path) -> None:
    asked: list[str] = []

    def secret(reference: str) -> Secret:
        asked.append(reference)
        return Secret(SECRET)

    made = Runner(tmp_path, SystemClock())
    made.world = World(secret=secret)
    later = Step(SENT[kind], timeout=Seconds(1))
    asyncio.run(made.execute("a-run", plan(say('echo "it is $IT"', IT=SECRET), later)))
    assert asked[0] == "command:pass show prom"
    assert "it is ***" in made.path("a-run").read_text()
    assert SECRET not in made.path("a-run").read_text()


def test_a_dry_run_asks_nobody_for_a_secret(tmp_path: Path) -> None:
    asked: list[str] = []

    def secret(reference: str) -> Secret:
        asked.append(reference)
        return Secret(SECRET)

    made = Runner(tmp_path, SystemClock())
    made.world = World(secret=secret)
    asyncio.run(made.execute("a-run", plan(Step(SENT["http"])), dry_run=True))
    assert asked == []


def test_a_secret_that_cannot_be_had_hides_no_output(tmp_path: Path) -> None:
    def none(reference: str) -> Secret:
        raise ProviderError(f"{reference} is empty")

    made = Runner(tmp_path, SystemClock())
    made.world = World(secret=none)
    asyncio.run(made.execute("a-run", plan(say("echo it is there"), Step(SENT["http"]))))
    assert "it is there" in made.path("a-run").read_text().splitlines()


def test_what_has_just_been_fetched_for_something_else_is_hidden_from_then_on(tmp_path: Path) -> None:
    async def body() -> bytes:
        fetched: set[str] = set()
        going = Going("a-run", fetched=lambda: fetched)
        going.spool = Spool(tmp_path / "runs" / "a-run.log")
        await going.feed(b"first\n")
        fetched.add(SECRET)
        try:
            return await going.feed(f"it is {SECRET}\n".encode())
        finally:
            going.close(going.spool)

    assert asyncio.run(body()) == b"it is ***\n"
