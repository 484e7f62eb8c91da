"""One runbook for several targets, through the whole engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Reply, Run, RunState, StartMany
from cockpit.core.aiming import aimed
from cockpit.core.runbooks import Param, Runbook
from cockpit.core.several import Many
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.why import READ_ONLY
from cockpit.engine.clock import SystemClock
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.testing import FakeProvider, as_class
from support.waiting import wait

HOSTS = [f"web-{number}" for number in range(1, 13)]


class Fleet:
    """An engine over a source with an alert for each host, and a runbook whose second step fails on the first of them."""

    def __init__(self, folder: Path, *, begin: bool = True) -> None:
        am = FakeProvider("am")
        for host in HOSTS:
            am.fire(host, labels={"alertname": "Down", "instance": host})
        self.log = folder / "log"
        mend = folder / "mend"
        mend.write_text(f'#!/bin/sh\necho "$1" >>{self.log}\ntest "$1" != "$2" && sleep 0.3\n')
        mend.chmod(0o755)
        book = partial(
            Runbook, title="Mend", changes="mends", match="alertname=Down", target="{host}",
            params={"host": Param(source="label:instance")},
        )  # fmt: skip
        first = Step(RunStep(("true", "{host}")), undo=Step(RunStep(("true", "{host}"))))
        self.books = {
            "bad": book(name="bad", steps=(first, Step(RunStep((str(mend), "{host}", "web-1"))))),
            "good": book(name="good", steps=(first, Step(RunStep((str(mend), "{host}", "none"))))),
        }
        self.journal = open_journal(folder, SystemClock())
        config = Config(me=("ana",), sources={"am": SourceConfig(name="am", provider="am")}, runbooks=self.books)

        def provider(name: str) -> type:
            return as_class(am) if name == "am" else plugins.load(plugins.PROVIDERS, name)

        probe = partial(plugins.load, plugins.PROBES)
        self.engine = Engine(config, self.journal, SystemClock(), load_provider=provider, load_probe=probe, state_dir=folder)
        if not begin:
            return
        self.engine.start()
        wait(lambda: len(self.engine.view.alerts) == len(HOSTS), "the alerts")

    def begun(self, name: str, rule: Many) -> str:
        """Begin a runbook for all of them; the run's id."""
        return self.engine.ask(self.action(name, rule))

    def action(self, name: str, rule: Many) -> StartMany:
        """A runbook for all of them, in the order of their numbers."""
        by_number = sorted(self.engine.view.alerts, key=lambda row: int(row.alert.where.rpartition("-")[2] or 0))
        refs = [row.alert for row in by_number]
        known = aimed(self.books[name], refs, lambda ref: self.engine.plan(name, ref, {}), self.engine.view.now)
        return StartMany(name, known.aims, {}, rule)

    def part(self, run_id: str, host: str) -> Run | None:
        """The run for one of them."""
        return next((run for run in self.engine.view.runs if run.part_of == run_id and run.target == host), None)

    def state(self, run_id: str) -> RunState | None:
        """Of the whole; ``None`` while it is not shown yet."""
        return next((run.state for run in self.engine.view.runs if run.id == run_id), None)

    @property
    def mended(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    made = Fleet(tmp_path)
    yield made
    made.engine.stop()
    made.journal.close()


def test_none_is_begun_while_somebody_is_asked_whether_to_undo_the_one_that_failed(fleet: Fleet) -> None:
    run_id = fleet.begun("bad", Many(parallel=2))

    def asked() -> bool:
        part = fleet.part(run_id, "web-1")
        return part is not None and part.wants is not None

    wait(asked, "the question")
    wait(lambda: all(run.state.settled or run.wants for run in fleet.engine.view.runs if run.part_of == run_id), "the other")
    before = fleet.mended
    assert len(before) <= 2, "web-1, and the one that was under way beside it"
    failed = fleet.part(run_id, "web-1")
    assert failed is not None
    assert failed.wants is not None
    fleet.engine.ask(Reply(failed.id, failed.wants.number, "no"))
    wait(lambda: fleet.state(run_id) is RunState.FAILED, "the end")
    assert fleet.mended == before


def test_read_only_switched_on_in_the_middle_begins_no_target_any_more(fleet: Fleet) -> None:
    run_id = fleet.begun("good", Many(parallel=2))
    wait(lambda: bool(fleet.mended), "the first")
    assert fleet.engine.set_read_only(True) is None
    wait(lambda: fleet.state(run_id) is RunState.CANCELLED, "the end")
    parts = [run for run in fleet.engine.view.runs if run.part_of == run_id]
    assert 0 < len(parts) < len(HOSTS), "it is about those still to come"
    assert all(run.state is RunState.CONFIRMED for run in parts), "what is under way goes on to its end"
    assert sorted(fleet.mended) == sorted(run.target for run in parts)
    whole = next(run for run in fleet.engine.view.runs if run.id == run_id)
    left = len(HOSTS) - len(parts)
    assert whole.reason == f"{len(parts)} of 12 targets done; {left} not begun ({READ_ONLY})"


def test_read_only_ends_the_question_whether_to_go_on(fleet: Fleet) -> None:
    run_id = fleet.begun("good", Many(canary=True, asks=True))

    def whole() -> Run | None:
        return next((run for run in fleet.engine.view.runs if run.id == run_id), None)

    wait(lambda: (run := whole()) is not None and run.wants is not None, "the question")
    fleet.engine.set_read_only(True)
    wait(lambda: fleet.state(run_id) is RunState.CANCELLED, "the end")
    assert fleet.mended == ["web-1"]
    assert (run := whole()) is not None
    assert run.wants is None


def test_where_nobody_can_be_asked_whether_to_go_on_the_others_are_not_begun(tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, begin=False)

    async def story() -> None:
        async with fleet.engine.session() as engine:
            await engine.once(look=False)
            (whole,) = await engine.do(fleet.action("good", Many(canary=True, asks=True)))
            nobody = "whether to go on is to be asked, and there is nobody to ask"
            assert (whole.state, whole.reason) == (RunState.FAILED, f"1 of 12 targets done; 11 not begun ({nobody})")

    asyncio.run(story())
    fleet.journal.close()
    assert fleet.mended == ["web-1"]


def test_every_target_of_many_can_be_taken_back(fleet: Fleet) -> None:
    run_id = fleet.begun("good", Many(parallel=4))
    wait(lambda: fleet.state(run_id) is RunState.CONFIRMED, "the end")
    for host in HOSTS:
        part = fleet.part(run_id, host)
        assert part is not None
        way = fleet.engine.way_back(part.id)
        assert way is not None, host
        assert [step.do for step in way.steps] == [RunStep(("true", host))]
