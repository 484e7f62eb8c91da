"""A million hostile labels: each is refused, or is that exact argument, and nothing else happens (safety 6 to 9)."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from cockpit.core.actions import RunState
from cockpit.core.plans import Plan, plan
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.steps.http import HttpStep
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.script import ScriptStep
from cockpit.core.steps.ssh import SshStep
from cockpit.core.steps.step import Step
from cockpit.core.units import Seconds
from cockpit.engine.clock import SystemClock
from cockpit.engine.runner import Runner
from support import scene
from support.hostile_values import hostile_values
from support.real import need
from support.sshds import sshd

MILLION = 1_000_000
AT_ONCE = 2_000  # labels of one plan
EXECUTED = 20_000  # of them, by real programs
DUMP = "import os, sys; open(sys.argv[1], 'ab').write(b''.join(os.fsencode(each) + b'\\0' for each in sys.argv[2:]))"
NAMES = [f"l{number}" for number in range(AT_ONCE)]
ANY = Param(allow_dash=True, allow_control=True)


def free_book(step: RunStep | SshStep) -> Runbook:
    """A runbook that takes each of the labels as one argument, whatever is in it."""
    params = {name: msgspec.structs.replace(ANY, source=f"label:{name}") for name in NAMES}
    return Runbook(name="free", title="", steps=(Step(step),), params=params, timeout=Seconds(120.0))


def labelled(values: list[str]) -> dict[str, str]:
    return dict(zip(NAMES, values, strict=True))


def batches(many: int, canary: str) -> Iterator[list[str]]:
    values = (value or "empty" for value in hostile_values(many, canary))
    while batch := list(itertools.islice(values, AT_ONCE)):
        yield batch


def planned(book: Runbook, values: list[str]) -> Plan:
    alert = msgspec.structs.replace(scene.scene().alerts[0].alert, labels=labelled(values))
    return plan(book, alert, {})


def argv(made: Plan) -> tuple[str, ...]:
    do = made.steps[0].do
    assert isinstance(do, RunStep | SshStep)
    return do.argv if isinstance(do, RunStep) else do.run


def test_a_million_labels_are_planned_each_as_that_exact_argument() -> None:  # safety 6, 9
    free = free_book(RunStep(("prog", *(f"{{{name}}}" for name in NAMES), "end")))
    seen = 0
    for values in batches(MILLION, "/canary"):
        made = planned(free, values)
        assert not made.refused, made.refused
        assert argv(made) == ("prog", *values, "end")
        assert made.deeds == (("prog", *values, "end"),)
        seen += len(values)
    assert seen == MILLION


def test_what_no_parameter_allows_is_refused_with_the_reason_and_executes_nothing() -> None:  # safety 7
    alone = Runbook(name="strict", title="", steps=(Step(RunStep(("prog", "{it}"))),), params={"it": Param(source="label:it")})
    refused = taken = 0
    for value in hostile_values(10_000, "/canary"):
        alert = msgspec.structs.replace(scene.scene().alerts[0].alert, labels={"it": value})
        made = plan(alone, alert, {})
        odd = (
            not value
            or value.startswith("-")
            or any(ord(char) < 32 or 127 <= ord(char) < 160 or char == "\u2028" for char in value)
        )
        assert bool(made.refused) is odd, (value, made.refused)
        assert bool(made.steps) is not odd
        refused, taken = refused + odd, taken + (not odd)
    assert min(refused, taken) > 1000


def test_neither_scripts_nor_requests_take_a_label_as_text() -> None:  # safety 6, 9
    script = ScriptStep('echo "$it"')
    request = HttpStep("https://a.example/{it}", "POST", json={"it": "{it}"})
    params = {"it": msgspec.structs.replace(ANY, source="label:it")}
    book = Runbook(name="m", title="", steps=(Step(script), Step(request)), params=params, changes="x")
    for value in hostile_values(10_000, "/canary"):
        made = plan(book, msgspec.structs.replace(scene.scene().alerts[0].alert, labels={"it": value}), {})
        if made.refused:
            continue
        first, second = (step.do for step in made.steps)
        assert isinstance(first, ScriptStep)
        assert isinstance(second, HttpStep)
        assert (first.text, first.env) == (script.text, {"it": value})
        assert second.url.startswith("https://a.example/")
        assert second.url.removeprefix("https://a.example/").isascii()
        assert msgspec.json.decode(second.body) == {"it": value}


def executed(state: Path, made: Plan, number: int) -> None:
    async def work() -> None:
        runner = Runner(state, SystemClock())
        outcome = await runner.execute(f"20261123-031244-{os.getpid()}.{number}", made)
        assert outcome.state is RunState.CONFIRMED, outcome

    asyncio.run(work())


def test_thousands_arrive_at_real_programs_byte_for_byte(tmp_path: Path) -> None:  # safety 6
    canary, dump = tmp_path / "canary", tmp_path / "dump"
    free = free_book(RunStep((sys.executable, "-c", DUMP, str(dump), *(f"{{{name}}}" for name in NAMES))))
    wanted = b""
    for number, values in enumerate(batches(EXECUTED, str(canary))):
        executed(tmp_path / "state", planned(free, values), number)
        wanted += b"".join(os.fsencode(value) + b"\0" for value in values)
    assert dump.read_bytes() == wanted
    assert not canary.exists()


@pytest.mark.real
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_thousands_arrive_through_a_real_sshd_byte_for_byte(tmp_path: Path, shell: str) -> None:  # safety 8
    need(shell)
    canary, dump = tmp_path / "canary", tmp_path / "dump"
    wanted = b""
    with sshd(tmp_path / "sshd", shell=shell) as far:
        items = (sys.executable, "-c", DUMP, str(dump), *(f"{{{name}}}" for name in NAMES))
        free = free_book(SshStep("web-3", run=items, config=str(far.config)))
        for number, values in enumerate(batches(EXECUTED // 2, str(canary))):
            executed(tmp_path / "state", planned(free, values), number)
            wanted += b"".join(os.fsencode(value) + b"\0" for value in values)
    assert dump.read_bytes() == wanted
    assert not canary.exists()
