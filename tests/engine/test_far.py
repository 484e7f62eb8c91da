"""Runs at other engines: ordered once, journalled first, followed to their end, found again, picked up by the next cockpit."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from cockpit import plugins
from cockpit.config.model import Config, SourceConfig
from cockpit.core.actions import Cancel, Reply, Run, RunState, Start
from cockpit.core.alerts import Ref
from cockpit.core.jobs import Execution, ExecutionState, Far, Job, Option, Progress
from cockpit.core.offering import Rule
from cockpit.core.units import Seconds
from cockpit.engine.desk import Refused
from cockpit.engine.engine import Engine
from cockpit.engine.journal import Journal, open_journal
from cockpit.provider import Answer, Conflict, Forbidden, NotFound, NotReached, Order, RateLimited, Unreachable
from cockpit.testing import FakeClock, as_class
from support.waiting import wait

RESTART = Job(
    ref=Ref("rd", "7400"),
    name="web/Restart",
    title="Restart",
    request="POST https://rd/run",
    options=(Option(name="node", required=True), Option(name="pin", secret=True)),
)

ANY_JOB = Rule()


class FakeRd:
    """An engine whose executions go on as far as a test lets them."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.asked: list[tuple[str, str]] = []
        self.found: list[str] = []
        self.cancelled: list[str] = []
        self.refuse: Exception | None = None
        self.lose = self.silent = self.deaf = False
        self.unfollowable: list[Exception] = []
        self.lines: list[str] = []
        self.state = ExecutionState.RUNNING
        self.there: dict[str, str] = {}  # executions by the key of their order
        self.looks = 0  # at which an execution is found at the earliest
        self.twice = False
        self.offered = RESTART

    async def jobs(self) -> Answer[Job]:
        return Answer((self.offered,))

    async def run_job(self, order: Order) -> Execution | None:
        self.orders.append(order)
        if self.refuse is not None:
            raise self.refuse
        self.there[order.key] = f"e{len(self.orders)}"
        if self.lose:
            raise Unreachable("the connection broke")
        return None if self.silent else Execution(self.there[order.key], "https://rd/e1")

    async def find_run(self, order: Order) -> Execution | None:
        self.found.append(order.key)
        if self.twice:
            raise Conflict("2 executions could be it")
        there = self.there.get(order.key) if len(self.found) > self.looks else None
        return Execution(there, "https://rd/e1", "its title has the key") if there else None

    async def follow_run(self, execution: str, at: str) -> Progress:
        self.asked.append((execution, at))
        if self.unfollowable:
            raise self.unfollowable.pop(0)
        start = int(at or "0")
        fresh = tuple(self.lines[start:])
        over = self.state.ended
        return Progress(state=self.state, lines=fresh, at=str(start + len(fresh)), over=over, reason="on web-3" if over else "")

    async def cancel_run(self, execution: str, who: str) -> None:
        self.cancelled.append(execution)
        if self.refuse is not None:
            raise self.refuse
        if not self.deaf:
            self.state = ExecutionState.CANCELLED


class Rig:
    """An engine over one such source, its clock in the test's hand."""

    def __init__(self, folder: Path, rd: FakeRd, rule: Rule = ANY_JOB) -> None:
        self.clock, self.rd, self.folder = FakeClock(), rd, folder
        config = Config(me=("ana",), sources={"rd": SourceConfig(name="rd", provider="rd", runbooks=(rule,))})
        self.journal: Journal = open_journal(folder, self.clock)
        self.engine = Engine(
            config,
            self.journal,
            self.clock,
            load_provider=lambda name: as_class(rd) if name == "rd" else plugins.load(plugins.PROVIDERS, name),
            load_probe=partial(plugins.load, plugins.PROBES),
            state_dir=folder,
        )

    def begun(self) -> Rig:
        self.engine.start()
        wait(lambda: any(book.name == "rd/web/Restart" for book in self.engine.view.runbooks), "the job")
        return self

    def start(self, **given: str) -> str:
        given = given or {"node": "web-3"}
        plan = self.engine.plan("rd/web/Restart", None, given)
        assert not plan.refused
        return self.engine.ask(Start("rd/web/Restart", given, None, plan.exact))

    def run(self, run_id: str) -> Run:
        return next(run for run in self.engine.view.runs if run.id == run_id)

    def until(self, condition: Any) -> None:
        self.clock.advance_until(condition)

    def settled(self, run_id: str) -> Run:
        self.until(lambda: any(run.id == run_id and run.state.settled for run in self.engine.view.runs))
        return self.run(run_id)

    def printed(self, run_id: str) -> list[str]:
        return list(self.engine.output(run_id).lines)

    def close(self) -> None:
        self.engine.stop()
        self.journal.close()


@pytest.fixture
def rd() -> FakeRd:
    return FakeRd()


@pytest.fixture
def rig(tmp_path: Path, rd: FakeRd) -> Iterator[Rig]:
    made = Rig(tmp_path, rd)
    try:
        yield made
    finally:
        made.close()


class TestARun:
    def test_it_is_ordered_once_with_what_was_shown_and_followed_to_its_end(self, rig: Rig, rd: FakeRd) -> None:
        rd.lines = ["stopping", "starting"]
        run_id = rig.begun().start()
        rig.until(lambda: "starting" in rig.printed(run_id))
        rd.lines.append("it is up")
        rd.state = ExecutionState.SUCCEEDED
        run = rig.settled(run_id)
        (order,) = rd.orders
        assert (order.job, order.values, order.key, order.who) == ("7400", {"node": "web-3"}, run_id, "ana")
        assert (run.state, run.reason) == (RunState.CONFIRMED, "")
        assert rig.printed(run_id) == [
            "$ POST https://rd/run", "  node=web-3", "https://rd/e1", "stopping", "starting", "it is up", "on web-3",
        ]  # fmt: skip
        assert run.far is not None
        assert (run.far.execution, run.far.url) == ("e1", "https://rd/e1")

    @pytest.mark.parametrize(
        ("ends", "state", "reason"),
        [
            (ExecutionState.FAILED, RunState.FAILED, "step 1 of 1 failed at rd: on web-3"),
            (ExecutionState.CANCELLED, RunState.CANCELLED, "step 1 of 1 was cancelled at rd: on web-3"),
            (ExecutionState.TIMED_OUT, RunState.TIMED_OUT, "step 1 of 1 ran out of its time there at rd: on web-3"),
        ],
    )
    def test_how_it_ends_there_is_how_it_ended(
        self, rig: Rig, rd: FakeRd, ends: ExecutionState, state: RunState, reason: str
    ) -> None:
        rd.state = ends
        run = rig.settled(rig.begun().start())
        assert (run.state, run.reason) == (state, reason)

    def test_a_refusal_is_a_failure_and_nothing_is_looked_for(self, rig: Rig, rd: FakeRd) -> None:
        rd.refuse = Forbidden("it does not allow that")
        run = rig.settled(rig.begun().start())
        assert (run.state, run.reason) == (RunState.FAILED, "step 1 of 1 was refused: it does not allow that")
        assert rd.found == []

    def test_one_that_was_not_reached_was_not_sent(self, rig: Rig, rd: FakeRd) -> None:
        rd.refuse = NotReached("no route")
        run = rig.settled(rig.begun().start())
        assert (run.state, rd.found) == (RunState.FAILED, [])
        assert "rd was not reached, nothing was sent: no route" in run.reason

    def test_the_same_is_not_begun_twice(self, rig: Rig, rd: FakeRd) -> None:  # safety 25
        rig.begun().start()
        wait(lambda: len(rd.orders) == 1, "the order")
        with pytest.raises(Refused, match="under way already"):
            rig.start()
        rd.state = ExecutionState.SUCCEEDED

    def test_a_job_that_changed_since_it_was_shown_is_not_begun(self, rig: Rig) -> None:  # safety 10
        shown = rig.begun().engine.plan("rd/web/Restart", None, {"node": "web-3"}).exact
        with pytest.raises(Refused, match="look again"):
            rig.engine.ask(Start("rd/web/Restart", {"node": "web-4"}, None, shown))

    def test_read_only_begins_none(self, rig: Rig, rd: FakeRd) -> None:  # safety 12
        rig.begun().engine.set_read_only(True)
        with pytest.raises(Refused, match="read-only"):
            rig.start()
        assert rd.orders == []

    def test_what_it_prints_is_harmless(self, rig: Rig, rd: FakeRd) -> None:  # safety 5
        rd.lines = ["\x1b]52;c;aGk=\x07\x1b[2Jevil"]
        run_id = rig.begun().start()
        rig.until(lambda: any("evil" in line for line in rig.printed(run_id)))
        assert "\x1b" not in "".join(rig.printed(run_id))


class TestSecrets:
    def test_one_is_read_at_the_last_moment_and_stands_nowhere(self, tmp_path: Path, rd: FakeRd) -> None:  # safety 22
        kept = tmp_path / "pin"
        kept.write_text("canary-pin-77\n")
        kept.chmod(0o600)
        rig = Rig(tmp_path / "state", rd, Rule(secrets={"pin": f"file:{kept}"})).begun()
        rd.lines, rd.state = ["done"], ExecutionState.SUCCEEDED
        run_id = rig.start()
        run = rig.settled(run_id)
        assert rd.orders[0].revealed == {"node": "web-3", "pin": "canary-pin-77"}
        rig.close()
        everything = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
        assert b"canary-pin-77" not in everything
        assert run.far is not None
        assert run.far.secrets == ("pin",)

    def test_one_that_is_kept_nowhere_is_asked_of_the_person_and_stands_nowhere(self, tmp_path: Path, rd: FakeRd) -> None:
        # safety 22
        rd.offered = msgspec.structs.replace(RESTART, options=(Option(name="pin", secret=True, required=True),))
        rig = Rig(tmp_path / "state", rd).begun()
        shown = rig.engine.plan("rd/web/Restart", None, {}).exact
        run_id = rig.engine.ask(Start("rd/web/Restart", {}, None, shown))
        rig.until(lambda: any(run.wants is not None for run in rig.engine.view.runs))
        want = rig.run(run_id).wants
        assert want is not None
        assert want.asked.text == "pin, for web/Restart at rd"
        assert rd.orders == []
        rd.lines, rd.state = ["it said canary-pin-78"], ExecutionState.SUCCEEDED
        rig.engine.ask(Reply(run_id, want.number, "canary-pin-78"))
        assert rig.settled(run_id).state is RunState.CONFIRMED
        assert rd.orders[0].revealed == {"pin": "canary-pin-78"}
        assert "canary-pin-78" not in "\n".join(rig.printed(run_id))
        rig.close()
        everything = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
        assert b"canary-pin-78" not in everything

    def test_ended_while_it_waits_for_that_nothing_is_sent(self, rig: Rig, rd: FakeRd) -> None:
        rd.offered = msgspec.structs.replace(RESTART, options=(Option(name="pin", secret=True, required=True),))
        run_id = rig.begun().engine.ask(Start("rd/web/Restart", {}, None, rig.engine.plan("rd/web/Restart", None, {}).exact))
        rig.until(lambda: any(run.wants is not None for run in rig.engine.view.runs))
        rig.engine.ask(Cancel(run_id))
        run = rig.settled(run_id)
        assert (run.state, rd.orders) == (RunState.CANCELLED, [])


class TestALostAnswer:
    # safety 17
    @pytest.mark.parametrize("how", ["lose", "silent"])
    def test_its_execution_is_looked_for_and_followed_and_nothing_is_sent_again(self, rig: Rig, rd: FakeRd, how: str) -> None:
        setattr(rd, how, True)
        rd.looks = 2
        run_id = rig.begun().start()
        rig.until(lambda: rd.asked)
        rd.state = ExecutionState.SUCCEEDED
        assert rig.settled(run_id).state is RunState.CONFIRMED
        assert (len(rd.orders), len(rd.found)) == (1, 3)
        assert "found at rd: its title has the key" in rig.printed(run_id)

    def test_one_that_is_not_there_in_the_end_is_unknown_and_not_sent_again(self, rig: Rig, rd: FakeRd) -> None:
        rd.lose, rd.looks = True, 100
        run = rig.settled(rig.begun().start())
        assert run.state is RunState.UNCERTAIN
        assert "the connection broke" in run.reason
        assert "look at rd before you do it again" in run.reason
        assert len(rd.orders) == 1

    def test_where_two_could_be_it_the_person_is_told_at_once(self, rig: Rig, rd: FakeRd) -> None:
        rd.lose = rd.twice = True
        run = rig.settled(rig.begun().start())
        assert run.state is RunState.UNCERTAIN
        assert "2 executions could be it" in run.reason
        assert len(rd.found) == 1


class TestFollowing:
    def test_an_engine_that_does_not_answer_is_asked_again_slower_and_said_once(self, rig: Rig, rd: FakeRd) -> None:
        rd.unfollowable = [Unreachable("no answer")] * 4
        run_id = rig.begun().start()
        rig.until(lambda: len(rd.asked) > 5)
        rd.state = ExecutionState.SUCCEEDED
        assert rig.settled(run_id).state is RunState.CONFIRMED
        assert rig.printed(run_id).count("… no answer") == 1

    def test_a_limit_is_obeyed(self, rig: Rig, rd: FakeRd) -> None:
        rd.unfollowable = [RateLimited("too many questions", 240.0)]
        run_id = rig.begun().start()
        wait(lambda: len(rd.asked) == 1, "the first question")
        wait(lambda: any("too many questions" in line for line in rig.printed(run_id)), "that it was said")
        rig.clock.advance(200)
        assert len(rd.asked) == 1
        rd.state = ExecutionState.SUCCEEDED
        assert rig.settled(run_id).state is RunState.CONFIRMED

    def test_one_that_is_gone_there_has_an_unknown_end(self, rig: Rig, rd: FakeRd) -> None:
        rd.unfollowable = [NotFound("it knows no such thing")]
        run = rig.settled(rig.begun().start())
        assert run.state is RunState.UNCERTAIN
        assert "cannot be followed any more: it knows no such thing; look at rd" in run.reason


class TestEnding:
    def test_the_engine_is_asked_to_and_its_word_counts(self, rig: Rig, rd: FakeRd) -> None:
        run_id = rig.begun().start()
        rig.until(lambda: rd.asked)
        rig.engine.ask(Cancel(run_id))
        run = rig.settled(run_id)
        assert (rd.cancelled, run.state) == (["e1"], RunState.CANCELLED)

    def test_one_that_ended_well_before_it_heard_is_done(self, rig: Rig, rd: FakeRd) -> None:
        run_id = rig.begun().start()
        rig.until(lambda: rd.asked)
        rd.state, rd.deaf = ExecutionState.SUCCEEDED, True
        rig.engine.ask(Cancel(run_id))
        assert rig.settled(run_id).state is RunState.CONFIRMED

    def test_at_its_deadline_it_is_ended_there(self, tmp_path: Path, rd: FakeRd) -> None:
        rig = Rig(tmp_path, rd, Rule(timeout=Seconds(60.0))).begun()
        run_id = rig.start()
        with contextlib.closing(rig):
            rig.until(lambda: rd.cancelled)
            assert rig.settled(run_id).state is RunState.CANCELLED


class TestTheNextCockpit:
    # safety 11
    def test_one_that_is_closed_leaves_the_run_to_the_next_which_follows_it_from_its_beginning(
        self, tmp_path: Path, rd: FakeRd
    ) -> None:
        rd.lines = ["stopping"]
        first = Rig(tmp_path, rd).begun()
        run_id = first.start()
        first.until(lambda: "stopping" in first.printed(run_id))
        orphan(first)
        rd.lines.append("starting")
        second = Rig(tmp_path, rd).begun()
        with contextlib.closing(second):
            second.until(lambda: "starting" in second.printed(run_id))
            assert second.run(run_id).state is RunState.RUNNING
            rd.state = ExecutionState.SUCCEEDED
            run = second.settled(run_id)
            assert second.printed(run_id)[-3:] == ["stopping", "starting", "on web-3"]
        assert (run.state, len(rd.orders), rd.cancelled) == (RunState.CONFIRMED, 1, [])

    def test_an_order_whose_answer_never_came_is_looked_for_and_not_sent_again(self, tmp_path: Path, rd: FakeRd) -> None:
        rd.lose, rd.looks = True, 100
        first = Rig(tmp_path, rd).begun()
        run_id = first.start()
        wait(lambda: bool(rd.orders), "the order")
        orphan(first)
        rd.looks, rd.state = 0, ExecutionState.SUCCEEDED
        second = Rig(tmp_path, rd).begun()
        with contextlib.closing(second):
            run = second.settled(run_id)
        assert (run.state, len(rd.orders)) == (RunState.CONFIRMED, 1)

    def test_one_whose_time_went_by_meanwhile_is_not_ended_by_who_comes_later(self, tmp_path: Path, rd: FakeRd) -> None:
        first = Rig(tmp_path, rd, Rule(timeout=Seconds(60.0))).begun()
        run_id = first.start()
        first.until(lambda: rd.asked)
        orphan(first)
        second = Rig(tmp_path, rd)
        second.clock.advance(3600)
        second.begun()
        with contextlib.closing(second):
            run = second.settled(run_id)
        assert (run.state, rd.cancelled) == (RunState.UNCERTAIN, [])
        assert "it goes on at rd: look there" in run.reason

    def test_a_listing_meanwhile_does_not_write_it_off(self, tmp_path: Path, rd: FakeRd) -> None:
        first = Rig(tmp_path, rd).begun()
        run_id = first.start()
        first.until(lambda: rd.asked)
        orphan(first)
        other = open_journal(tmp_path, FakeClock())
        (run,) = other.runs()
        assert (run.id, run.state) == (run_id, RunState.RUNNING)
        other.close()

    def test_of_two_that_come_one_follows_it(self, tmp_path: Path, rd: FakeRd) -> None:  # safety 25
        first = Rig(tmp_path, rd).begun()
        first.start()
        first.until(lambda: rd.asked)
        orphan(first)
        one, other = open_journal(tmp_path, FakeClock()), open_journal(tmp_path, FakeClock())
        assert [len(one.adopt_runs()), len(other.adopt_runs())] == [1, 0]
        one.close()
        other.close()

    def test_the_same_is_not_begun_beside_it(self, tmp_path: Path, rd: FakeRd) -> None:
        first = Rig(tmp_path, rd).begun()
        first.start()
        first.until(lambda: rd.asked)
        orphan(first)
        second = Rig(tmp_path, rd).begun()
        with contextlib.closing(second):
            second.until(lambda: any(run.state is RunState.RUNNING for run in second.engine.view.runs))
            with pytest.raises(Refused, match="under way already"):
                second.start()
        assert len(rd.orders) == 1


def orphan(rig: Rig) -> None:
    """Close it, and have the journal think that its process is gone."""
    rig.close()
    with contextlib.closing(sqlite3.connect(rig.folder / "journal.sqlite")) as db:
        db.execute("UPDATE run SET pid = 2147483646 WHERE NOT settled")
        db.commit()


def test_what_a_run_elsewhere_is_survives_the_journal(tmp_path: Path) -> None:
    clock = FakeClock()
    journal = open_journal(tmp_path, clock)
    now, name = clock.now(), "rd/web/Restart"
    far = Far(source="rd", job="7400", name="web/Restart", values={"node": "web-3"}, at=now, until=now, execution="e1")
    run = Run(id="r1", at=now, who="ana", action=Start(name), what=name, target="", state=RunState.RUNNING, far=far)
    journal.put_run(run)
    assert journal.runs() == (run,)
    journal.close()
