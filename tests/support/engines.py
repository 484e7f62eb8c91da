"""A provider that runs jobs and keeps the contract, and ones that break just one of its rules each."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from cockpit.core.alerts import Ref
from cockpit.provider import (
    Answer,
    Conflict,
    Execution,
    ExecutionState,
    Job,
    NotFound,
    Option,
    Order,
    Progress,
    Secret,
)

JOB = Job(
    ref=Ref("contract", "7400"),
    name="web/Restart",
    request="POST https://engine/run",
    options=(
        Option(name="node", required=True),
        Option(name="how", default="a", choices=("a", "b")),
        Option(name="pin", secret=True),
    ),
)


class RunsConfig(msgspec.Struct, frozen=True):
    """None."""


class Runs:
    """All in memory; an execution prints a line at each look."""

    Config = RunsConfig
    offered: tuple[Job, ...] = (JOB,)
    lines: tuple[str, ...] = ("stopping", "starting")

    def __init__(self) -> None:
        self.executions: dict[str, str] = {}  # key → id
        self.looks: dict[str, int] = {}
        self.cancelled: set[str] = set()

    async def jobs(self) -> Answer[Job]:
        return Answer(self.offered)

    async def run_job(self, order: Order) -> Execution | None:
        if order.job != "7400":
            raise NotFound("there is no such job")
        self.executions[order.key] = f"e{len(self.executions)}"
        return Execution(self.executions[order.key])

    async def find_run(self, order: Order) -> Execution | None:
        there = self.executions.get(order.key)
        return Execution(there, how="by its key") if there else None

    async def follow_run(self, execution: str, at: str) -> Progress:
        if execution not in self.executions.values():
            raise NotFound("there is no such execution")
        self.looks[execution] = look = self.looks.get(execution, 0) + 1
        there = self.lines[:look]
        over = execution in self.cancelled or look > len(self.lines)
        state = ExecutionState.CANCELLED if execution in self.cancelled else ExecutionState.SUCCEEDED
        fresh = there[int(at or "0") :]
        return Progress(state=state if over else ExecutionState.RUNNING, lines=fresh, at=str(len(there)), over=over)

    async def cancel_run(self, execution: str, who: str) -> None:
        if execution not in self.executions.values():
            raise NotFound("there is no such execution")
        self.cancelled.add(execution)


class NoJobs(Runs):
    offered = ()


class SaysNotWhat(Runs):
    offered = (msgspec.structs.replace(JOB, request=""),)


class ShowsASecret(Runs):
    offered = (msgspec.structs.replace(JOB, options=(Option(name="pin", secret=True, default="1234"),)),)


class OddDefault(Runs):
    offered = (msgspec.structs.replace(JOB, options=(Option(name="how", default="c", choices=("a", "b")),)),)


class NeverEnds(Runs):
    async def follow_run(self, execution: str, at: str) -> Progress:
        return Progress(state=ExecutionState.RUNNING, lines=("again",), at=at)


class TellsTwice(Runs):
    async def follow_run(self, execution: str, at: str) -> Progress:
        return await super().follow_run(execution, "")


class EndsRunning(Runs):
    async def follow_run(self, execution: str, at: str) -> Progress:
        return msgspec.structs.replace(await super().follow_run(execution, at), state=ExecutionState.RUNNING)


class PrintsNothing(Runs):
    lines = ()


class SaysNothing(Runs):
    async def run_job(self, order: Order) -> Execution | None:
        await super().run_job(order)
        return None

    async def find_run(self, order: Order) -> Execution | None:
        return None


class FindsAny(Runs):
    async def find_run(self, order: Order) -> Execution | None:
        return Execution("e0", how="it was there")


class FindsAnother(Runs):
    async def find_run(self, order: Order) -> Execution | None:
        return Execution("e9", how="it was there") if self.executions else None


class FindsSomehow(Runs):
    async def find_run(self, order: Order) -> Execution | None:
        found = await super().find_run(order)
        return None if found is None else Execution(found.id)


class CannotTellOddly(Runs):
    async def find_run(self, order: Order) -> Execution | None:
        raise NotFound("nothing here")


class CannotTell(Runs):
    """Which it may say."""

    async def find_run(self, order: Order) -> Execution | None:
        raise Conflict("nobody can tell")


class GoesOn(Runs):
    async def cancel_run(self, execution: str, who: str) -> None:
        self.lines = ("on",) * 1000


class Chatters(Runs):
    async def run_job(self, order: Order) -> Execution | None:
        self.last = {name: secret.reveal() for name, secret in order.secrets.items() if isinstance(secret, Secret)}
        return await super().run_job(order)


class RunsAnything(Runs):
    async def run_job(self, order: Order) -> Execution | None:
        if order.job != "7400":
            raise KeyError(order.job)
        return await super().run_job(order)


_ENDS = "test_a_job_runs_to_its_end_and_tells_each_line_once"
_FOUND = "test_an_execution_is_found_by_its_order_and_no_other_is_taken_for_it"
WRONG_RUNS: list[tuple[str, Callable[[], object], str]] = [
    ("test_jobs_say_whole_what_they_take", NoJobs, "offer no job"),
    ("test_jobs_say_whole_what_they_take", SaysNotWhat, "does not say what is sent"),
    ("test_jobs_say_whole_what_they_take", ShowsASecret, "a secret has a default"),
    ("test_jobs_say_whole_what_they_take", OddDefault, "its default is none of its choices"),
    (_ENDS, NoJobs, "no job that can be run"),
    (_ENDS, NeverEnds, "after 200 looks it is running, and not over"),
    (_ENDS, TellsTwice, "once more"),
    (_ENDS, EndsRunning, "it is over, and its state is running"),
    (_ENDS, PrintsNothing, "printed nothing"),
    (_ENDS, SaysNothing, "gave None, and no cockpit.provider.Execution"),
    (_FOUND, FindsAny, "of an order that was never given"),
    (_FOUND, FindsAnother, "its order led to"),
    (_FOUND, FindsSomehow, "does not say by what it was found"),
    (_FOUND, CannotTellOddly, "it may raise Conflict"),
    ("test_an_execution_can_be_ended", GoesOn, "and not over"),
    ("test_a_secret_option_is_told_in_nothing_that_is_shown", Chatters, "the value of a secret option is told"),
    ("test_what_is_not_there_is_refused_from_the_tree", RunsAnything, "run_job of what is not there raised KeyError"),
]
