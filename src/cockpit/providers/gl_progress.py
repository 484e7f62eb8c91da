"""How far jobs at GitLab are, told in lines: as they begin and end, and what they print. What has been told is in the place for the
next question: ``JOB:BYTES`` for each job, ``JOB:-1`` for one that has been told to its end.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from ..core.jobs import ExecutionState
from .gl_wire import WireJob, state_of
from .wire import rest, tail

WHOLE = -1
_SILENT = (ExecutionState.QUEUED, ExecutionState.WAITING)


def places(at: str) -> dict[int, int]:
    """What has been told, by job."""
    return {int(job): int(told) for job, _, told in (each.partition(":") for each in filter(None, at.split(",")))}


def place(told: dict[int, int]) -> str:
    """The same, as the place for the next question."""
    return ",".join(f"{job}:{each}" for job, each in told.items())


async def lines(
    jobs: Sequence[WireJob], told: dict[int, int], trace_of: Callable[[int], Awaitable[bytes | None]]
) -> tuple[list[str], bool]:
    """(what is new, whether all that there is has been told). ``told`` is brought up to date. ``trace_of`` gives a job's log,
    ``None`` where there is none."""
    found: list[str] = []
    for job in sorted(jobs, key=lambda each: each.id):
        state = state_of(job.status)
        if state in _SILENT or told.get(job.id) == WHOLE or job.status == "skipped":
            continue
        if job.id not in told:
            told[job.id] = 0
            found.append(f"{job.name} ({job.stage}): begun" if job.stage else f"{job.name}: begun")
        log = await trace_of(job.id) or b""
        fresh, upto = tail(log, told[job.id])
        found += fresh
        told[job.id] = upto
        if log.find(b"\n", upto) >= 0:
            return found, False
        if state.ended:
            told[job.id] = WHOLE
            found += [*rest(log, upto), f"{job.name}: {state.value}"]
    return found, True


def unsuccessful(jobs: Sequence[WireJob]) -> str:
    """Which jobs failed, and why; "" if none did."""
    failed = [each for each in jobs if each.status == "failed" and not each.allow_failure]
    return "; ".join(f"{each.name}: {each.failure_reason.replace('_', ' ') or 'failed'}" for each in failed[:5])
