"""How far a run at GitHub is, told in lines: its jobs and steps as they begin and end, and each job's log once it has ended (GitHub
gives no log before). What has been told is in the place for the next question: ``JOB:STEPS:BYTES`` for each job.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec

from ..core.jobs import ExecutionState
from .gh_wire import WireJob, state_of
from .wire import rest, tail

READY = -1
"""In place of bytes: the log has been told to its end."""


class Told(msgspec.Struct):
    """Of one job: how many of its steps' ends have been told, and bytes of its log."""

    steps: int = 0
    log: int = 0


def places(at: str) -> dict[int, Told]:
    """What has been told, by job."""
    found = {}
    for each in filter(None, at.split(",")):
        job, steps, log = map(int, each.split(":"))
        found[job] = Told(steps, log)
    return found


def place(told: dict[int, Told]) -> str:
    """The same, as the place for the next question."""
    return ",".join(f"{job}:{each.steps}:{each.log}" for job, each in told.items())


async def lines(
    jobs: Sequence[WireJob], told: dict[int, Told], log_of: Callable[[int], Awaitable[bytes | None]]
) -> tuple[list[str], bool]:
    """(what is new, whether all that there is has been told). ``told`` is brought up to date. ``log_of`` gives
    a job's log, ``None`` where there is none."""
    found: list[str] = []
    whole = True
    for job in jobs:
        if job.id not in told and job.status == "queued":
            continue
        if job.id not in told:
            told[job.id] = Told()
            found.append(f"{job.name}: begun")
        mine = told[job.id]
        ended = [step for step in job.steps if step.status == "completed"]
        found += [f"{job.name}: {step.name}: {step.conclusion or 'ended'}" for step in ended[mine.steps :]]
        mine.steps = max(mine.steps, len(ended))
        if job.status != "completed" or mine.log == READY:
            continue
        if mine.log == 0:
            found.append(f"{job.name}: {state_of(job.status, job.conclusion).value}")
        fresh, mine.log = await _log(job, mine.log, log_of)
        found += fresh
        whole = whole and mine.log == READY
        if not whole:
            break
    return found, whole


async def _log(job: WireJob, told: int, log_of: Callable[[int], Awaitable[bytes | None]]) -> tuple[list[str], int]:
    if job.conclusion == "skipped":
        return [], READY
    log = await log_of(job.id)
    if log is None:
        return [f"{job.name}: GitHub gives no log"], READY
    fresh, upto = tail(log, told)
    if log.find(b"\n", upto) >= 0:
        return list(fresh), upto
    return [*fresh, *rest(log, upto)], READY


def unsuccessful(jobs: Sequence[WireJob]) -> str:
    """Which jobs and steps did not succeed; "" if all did."""
    said = []
    for job in jobs:
        if state_of(job.status, job.conclusion) in (ExecutionState.FAILED, ExecutionState.TIMED_OUT):
            steps = [step.name for step in job.steps if step.conclusion in ("failure", "timed_out")]
            said.append(f"{job.name}{': ' if steps else ''}{', '.join(steps)} {job.conclusion}")
    return "; ".join(said[:5])
