"""Scripts as real processes: under the same deadlines and the same wall as any program."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from cockpit.engine.steps.doing import Outcome
from support.courses import RUN


def planned(text: str, interpreter: str = "sh", timeout: float = 60.0, **values: str) -> Plan:
    params = dict.fromkeys(values, Param(allow_dash=True, allow_control=True))
    book = Runbook(name="mend", title="", steps=(Step(ScriptStep(text, interpreter)),), params=params, timeout=Seconds(timeout))
    return plan(book, None, values)


def executed(folder: Path, wanted: Plan, *, dry_run: bool = False) -> tuple[Outcome, list[str]]:
    async def work() -> tuple[Outcome, list[str]]:
        runner = Runner(folder, SystemClock(), grace=0.2)
        outcome = await runner.execute(RUN, wanted, dry_run=dry_run)
        return outcome, list(runner.output(RUN).lines)

    return asyncio.run(work())


@pytest.mark.parametrize("interpreter", ["sh", "bash"])
def test_a_hostile_value_is_only_a_value(tmp_path: Path, interpreter: str) -> None:  # safety 6
    canary = tmp_path / "canary"
    value = f"$(touch {canary}); `touch {canary}`\n touch {canary}"
    outcome, lines = executed(tmp_path, planned('printf "%s\\n" "$it"\n', interpreter, it=value))
    assert outcome.state is RunState.CONFIRMED
    assert "\n".join(lines).endswith(value)
    assert not canary.exists()


def test_a_shell_ends_at_the_first_command_that_fails_and_at_a_variable_that_is_not_set(tmp_path: Path) -> None:
    for text in ("false\necho went on", 'echo "$nobody_set_this"\necho went on'):
        outcome, lines = executed(tmp_path / str(len(text)), planned(text))
        assert outcome.state is RunState.FAILED
        assert "went on" not in [line.removeprefix("| ") for line in lines if not line.startswith("| ")]


def test_it_is_ended_at_its_deadline_with_all_that_came_of_it(tmp_path: Path) -> None:  # safety 11
    outcome, _ = executed(tmp_path, planned("sleep 300 & sleep 300", timeout=0.5))
    assert outcome.state is RunState.TIMED_OUT
    assert "still there" not in outcome.reason


def test_a_dry_run_shows_its_text_and_executes_nothing(tmp_path: Path) -> None:
    outcome, lines = executed(tmp_path, planned(f"touch {tmp_path}/canary\necho $it", it="a b"), dry_run=True)
    assert (outcome.state, lines) == (RunState.CONFIRMED, ["it='a b' sh -eu -c", f"| touch {tmp_path}/canary", "| echo $it"])
    assert not (tmp_path / "canary").exists()
