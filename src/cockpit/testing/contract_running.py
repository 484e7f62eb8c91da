"""The part of the contract that is about running jobs elsewhere: what is offered can be started, followed line by line, found again
by its order, and ended."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from ..core.jobs import Execution, Job, Option, OptionKind, Progress
from ..core.text import clean
from ..provider import Conflict, Order, ProviderError, Secret
from .contract_sources import Sources
from .must import have, must

LOOKS = 200
"""So often is an execution asked how it goes, at most: a recorded one must come to its end."""
_WAIT = 0.02  # real seconds between looks
CANARY = "canary-5e1d-option"


class RunningContract(Sources):
    """See `contract.ProviderContract`, which has these tests among its own."""

    def test_jobs_say_whole_what_they_take(self) -> None:
        async def told(provider: Any) -> None:
            jobs = (await provider.jobs()).records
            must(jobs, "the recorded answers offer no job")
            names = [job.name for job in jobs]
            must(len(set(names)) == len(names), f"two jobs have one name: {', '.join(sorted(names))}")
            for job in jobs:
                must(job.request, f"{job.name} does not say what is sent to start it")
                for option in job.options:
                    _judge(job, option)

        self._if_it_can("Runbooks", told)

    def test_a_job_runs_to_its_end_and_tells_each_line_once(self) -> None:
        async def followed(provider: Any) -> None:
            order = await _order(provider, self.now)
            execution = await _run(provider, order)
            must(execution.id and clean(execution.id) == execution.id, f"an execution's id is {execution.id!r}")
            lines, last = await _to_the_end(provider, execution.id)
            must(last.state.ended, f"it is over, and its state is {last.state.value}")
            must(lines, "the recorded execution printed nothing: following cannot be tried")
            again = await provider.follow_run(execution.id, last.at)
            must(not again.lines, f"from where it ended it tells {again.lines[:2]} once more")
            whole, _ = await _to_the_end(provider, execution.id)
            must(whole == lines, f"followed from the beginning once more it tells {whole}, and before it told {lines}")

        self._if_it_can("Runbooks", followed)

    def test_an_execution_is_found_by_its_order_and_no_other_is_taken_for_it(self) -> None:
        async def found(provider: Any) -> None:
            order = await _order(provider, self.now)
            must(await _found(provider, order) is None, "an execution was found of an order that was never given")
            execution = await _run(provider, order)
            again = await _found(provider, order)
            must(again is None or again.id == execution.id, f"its order led to {again}, and it is {execution}")
            must(again is None or again.how, "an execution that was looked for does not say by what it was found (how)")

        self._if_it_can("Runbooks", found)

    def test_an_execution_can_be_ended(self) -> None:
        async def ended(provider: Any) -> None:
            execution = await _run(provider, await _order(provider, self.now))
            await provider.cancel_run(execution.id, "ana")
            _, last = await _to_the_end(provider, execution.id)
            must(last.state.ended, f"after cancel_run it is {last.state.value}")

        self._if_it_can("Runbooks", ended)

    def test_a_secret_option_is_told_in_nothing_that_is_shown(self) -> None:
        async def told(provider: Any) -> None:
            order = await _order(provider, self.now)
            execution = await _run(provider, order)
            progress = await provider.follow_run(execution.id, "")
            for text in (
                repr(order),
                repr(execution),
                repr(vars(provider)),
                progress.reason,
                repr((await provider.jobs()).records),
            ):
                must(CANARY not in text, f"the value of a secret option is told: {text[:200]}")

        self._if_it_can("Runbooks", told)


def unknown(at: datetime) -> Order:
    """An order for a job that no engine has."""
    return Order(job="no-such-job", key="20261125-000000-contract", who="ana", at=at)


def _judge(job: Job, option: Option) -> None:
    where = f"{job.name}, option {option.name}"
    must(option.name, f"{job.name} has an option without a name")
    must(not option.secret or option.default is None, f"{where}: a secret has a default, which would be shown")
    listed = option.choices and not option.open
    must(not listed or option.default is None or option.default in option.choices, f"{where}: its default is none of its choices")


async def _order(provider: Any, at: datetime) -> Order:
    """An order for the first job that can be run, with a value for each option that must have one."""
    jobs = (await provider.jobs()).records
    job: Job = have(next((each for each in jobs if not each.refused), None), "the recorded answers offer no job that can be run")
    values = {each.name: _value(each) for each in job.options if not each.secret and (each.required or each.default is not None)}
    secrets = {each.name: Secret(CANARY) for each in job.options if each.secret}
    key = f"20261125-000000-{id(provider):x}"
    return Order(job=job.ref.id, values=values, secrets=secrets, key=key, who="ana", at=at)


def _value(option: Option) -> str:
    if option.default is not None:
        return option.default
    if option.choices:
        return option.choices[0]
    return {OptionKind.NUMBER: "3", OptionKind.YES_NO: "true"}.get(option.kind, "web-3")


async def _run(provider: Any, order: Order) -> Execution:
    execution = await provider.run_job(order)
    for _ in range(LOOKS):
        if execution is not None:
            break
        await asyncio.sleep(_WAIT)
        execution = await provider.find_run(order)
    must(type(execution) is Execution, f"run_job, and find_run after it, gave {execution!r}, and no cockpit.provider.Execution")
    found: Execution = execution
    return found


async def _found(provider: Any, order: Order) -> Execution | None:
    """What it finds; ``None`` as well where it says that nobody can tell."""
    try:
        found: Execution | None = await provider.find_run(order)
    except Conflict:
        return None
    except ProviderError as error:
        raise AssertionError(f"find_run raised {error!r}: it may raise Conflict where nobody can tell") from error
    return found


async def _to_the_end(provider: Any, execution: str) -> tuple[list[str], Progress]:
    lines: list[str] = []
    at = ""
    for _ in range(LOOKS):
        progress = await provider.follow_run(execution, at)
        must(type(progress) is Progress, f"follow_run gave {type(progress).__name__}, not a cockpit.provider.Progress")
        lines += progress.lines
        if progress.over:
            return lines, progress
        at = progress.at
        await asyncio.sleep(_WAIT)
    raise AssertionError(f"after {LOOKS} looks it is {progress.state.value}, and not over")
