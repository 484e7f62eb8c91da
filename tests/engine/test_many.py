"""Something that is for very many alerts is told in parts: how far it is, what was refused, and what has resolved meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Ack, Run, RunState, Unack, progress
from cockpit.core.alerts import AlertState, Ref
from cockpit.engine.engine import Engine
from cockpit.engine.journal import open_journal
from cockpit.engine.telling import AT_ONCE
from cockpit.provider import Conflict, Forbidden, NotFound, Partly, Unreachable
from cockpit.testing import FakeClock, FakeProvider, as_class
from support.waiting import wait

MANY = 2 * AT_ONCE + 100


class Storm(FakeProvider):
    """Very many alerts. ``fails`` says what is raised when the part with that number (from 1) comes; the second waits for the
    ``gate``, where there is one."""

    def __init__(self) -> None:
        super().__init__("am")
        self.parts: list[tuple[str, ...]] = []
        self.fails: dict[int, Exception] = {}
        self.gate: threading.Event | None = None
        for number in range(MANY):
            self.fire(f"{number:04}", labels={"alertname": f"Down{number % 3}"})

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        self.parts.append(tuple(ids))
        if self.gate is not None and len(self.parts) == 2:
            assert self.gate.wait(10)
        if (error := self.fails.get(len(self.parts))) is not None:
            if isinstance(error, (Conflict, Partly)):
                await super().ack(ids if isinstance(error, Partly) else ids[1:], who, note)
            raise error
        await super().ack(ids, who, note)


class Rig:
    def __init__(self, folder: Path) -> None:
        self.am, self.clock = Storm(), FakeClock()
        self.journal = open_journal(folder, self.clock)
        config = Config(me=("ana",), sources={"am": SourceConfig(name="am", provider="am")})
        self.engine = Engine(
            config, self.journal, self.clock, load_probe=partial(plugins.load, plugins.PROBES), state_dir=folder,
            load_provider=lambda name: as_class(self.am) if name == "am" else plugins.load(plugins.PROVIDERS, name),
        )  # fmt: skip
        self.engine.start()
        wait(lambda: len(self.engine.view.alerts) == MANY, "the storm")

    @property
    def refs(self) -> tuple[Ref, ...]:
        return tuple(row.alert.ref for row in self.engine.view.alerts)

    def run(self, run_id: str) -> Run:
        wait(lambda: any(run.id == run_id for run in self.engine.view.runs), "the run")
        return next(run for run in self.engine.view.runs if run.id == run_id)

    def settled(self, run_id: str) -> Run:
        wait(lambda: self.run(run_id).state.settled, "the run's end")
        return self.run(run_id)

    def states(self) -> dict[AlertState, int]:
        return {state: count for state in AlertState if (count := self.engine.view.alerts.count_in(state))}


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    assert made.engine.stop()
    made.journal.close()


def test_it_is_told_in_few_parts_with_what_is_alike_together(rig: Rig) -> None:
    assert rig.settled(rig.engine.ask(Ack(rig.refs))).state is RunState.CONFIRMED
    assert [len(part) for part in rig.am.parts] == [AT_ONCE, AT_ONCE, MANY - 2 * AT_ONCE]
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: MANY}, "all of them")
    assert len({each for part in rig.am.parts for each in part}) == MANY
    assert [each for part in rig.am.parts for each in part] == sorted(f"{number:04}" for number in range(MANY)), "by their names"


def test_how_far_it_is_can_be_seen_meanwhile(rig: Rig) -> None:
    rig.am.gate = threading.Event()
    run_id = rig.engine.ask(Ack(rig.refs))
    wait(lambda: rig.run(run_id).done == AT_ONCE, "the first part")
    assert progress(rig.run(run_id)) == f"ack {AT_ONCE} of {MANY}…"
    assert rig.run(run_id).state is RunState.PENDING
    rig.am.gate.set()
    assert rig.settled(run_id).state is RunState.CONFIRMED


def test_what_was_done_before_it_failed_is_said_and_stays(rig: Rig) -> None:
    rig.am.fails[2] = Forbidden("you may not")
    run = rig.settled(rig.engine.ask(Ack(rig.refs)))
    assert (run.state, run.reason) == (RunState.FAILED, f"{AT_ONCE} of {MANY} done, then: you may not")
    assert len(rig.am.parts) == 2, "the rest is not tried"
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: AT_ONCE, AlertState.FIRING: MANY - AT_ONCE}, "what is so")


def test_a_lost_answer_is_uncertain_and_read_back(rig: Rig) -> None:  # safety 17
    rig.am.fails[3] = Unreachable("the connection was lost")
    run_id = rig.engine.ask(Ack(rig.refs))
    wait(lambda: rig.run(run_id).state is RunState.UNCERTAIN, "the doubt")
    assert f"{2 * AT_ONCE} of {MANY} done, then: nobody knows" in rig.run(run_id).reason
    rig.clock.advance_until(lambda: rig.run(run_id).state is RunState.FAILED)
    assert rig.run(run_id).reason.endswith(f"{2 * AT_ONCE} are done, the others are not")


def test_that_somebody_has_one_stops_nothing(rig: Rig) -> None:  # safety 25
    rig.am.fails[1] = Conflict("bo has 0000 already")
    run = rig.settled(rig.engine.ask(Ack(rig.refs)))
    assert (run.state, run.reason) == (RunState.FAILED, "bo has 0000 already (the others are done)")
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: MANY - 1, AlertState.FIRING: 1}, "all others")


def test_what_did_not_go_with_it_is_told_and_the_rest_is_done_all_the_same(rig: Rig) -> None:
    rig.am.fails[1] = Partly("the note was not left on 1 of 300: 403")
    run = rig.settled(rig.engine.ask(Ack(rig.refs, "on it")))
    assert (run.state, run.reason) == (RunState.CONFIRMED, "it was done, but the note was not left on 1 of 300: 403")
    assert len(rig.am.parts) == 3
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: MANY}, "all of them")


def test_what_has_resolved_meanwhile_keeps_nobody_from_acknowledging_the_rest(rig: Rig) -> None:
    refs = rig.refs
    for number in (3, 4, MANY - 1):
        rig.am.end(f"{number:04}")
    run = rig.settled(rig.engine.ask(Ack(refs)))
    assert run.state is RunState.CONFIRMED
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: MANY - 3}, "the rest")


def test_where_all_have_resolved_nothing_is_sent(rig: Rig) -> None:
    few = tuple(sorted(rig.refs)[:5])
    for ref in few:
        rig.am.end(ref.id)
    run = rig.settled(rig.engine.ask(Ack(few)))
    assert (run.state, run.reason) == (RunState.FAILED, "all of them have resolved meanwhile: nothing was sent")


def test_one_that_is_not_there_for_other_reasons_is_refused_as_ever(rig: Rig) -> None:
    rig.am.fails[1] = NotFound("no such thing")
    run = rig.settled(rig.engine.ask(Ack(rig.refs[:10])))
    assert (run.state, run.reason) == (RunState.FAILED, "no such thing")


def test_all_of_it_can_be_taken_back(rig: Rig) -> None:
    rig.settled(rig.engine.ask(Ack(rig.refs)))
    wait(lambda: rig.states() == {AlertState.ACKNOWLEDGED: MANY}, "all of them")
    assert rig.settled(rig.engine.ask(Unack(rig.refs))).state is RunState.CONFIRMED
    wait(lambda: rig.states() == {AlertState.FIRING: MANY}, "none of them")
