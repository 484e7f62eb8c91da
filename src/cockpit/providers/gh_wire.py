"""GitHub's REST API for Actions as it comes over the wire. Source: GitHub's documentation, "REST API endpoints for workflows",
"… for workflow runs", "… for workflow jobs" (API version 2022-11-28)."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.jobs import ExecutionState


class WireWorkflow(msgspec.Struct, frozen=True):
    """A workflow. ``path`` is its file in the repository; ``state`` is ``active``, or says how it was disabled."""

    id: int
    name: str = ""
    path: str = ""
    state: str = ""
    html_url: str = ""


class WireRepository(msgspec.Struct, frozen=True):
    """A repository, as far as its default branch."""

    default_branch: str = ""


class WireUser(msgspec.Struct, frozen=True):
    """Whoever a token is of."""

    login: str = ""


class WireDispatched(msgspec.Struct, frozen=True):
    """What a dispatch answers where it was asked for ``return_run_details``."""

    workflow_run_id: int
    html_url: str = ""


class WireRun(msgspec.Struct, frozen=True):
    """A run. ``status`` says how far it is, ``conclusion`` how it ended; ``display_title`` is what ``run-name`` made."""

    id: int
    status: str = ""
    conclusion: str = ""
    name: str = ""
    display_title: str = ""
    created_at: str = ""
    html_url: str = ""


class WireRuns(msgspec.Struct, frozen=True):
    """A list of runs, newest first."""

    workflow_runs: list[WireRun] = []


class WireStep(msgspec.Struct, frozen=True):
    """A step of a job."""

    name: str = ""
    status: str = ""
    conclusion: str = ""
    number: int = 0


class WireJob(msgspec.Struct, frozen=True):
    """A job of a run."""

    id: int
    name: str = ""
    status: str = ""
    conclusion: str = ""
    steps: list[WireStep] = []


class WireJobs(msgspec.Struct, frozen=True):
    """The jobs of a run's last attempt."""

    jobs: list[WireJob] = []


_CONCLUDED: Mapping[str, ExecutionState] = {
    "success": ExecutionState.SUCCEEDED,
    "neutral": ExecutionState.SUCCEEDED,
    "skipped": ExecutionState.SUCCEEDED,
    "cancelled": ExecutionState.CANCELLED,
    "timed_out": ExecutionState.TIMED_OUT,
}
_GOING: Mapping[str, ExecutionState] = {
    "in_progress": ExecutionState.RUNNING,
    "waiting": ExecutionState.WAITING,
    "action_required": ExecutionState.WAITING,
}


def state_of(status: str, conclusion: str) -> ExecutionState:
    """How far a run or a job is."""
    if status == "completed":
        return _CONCLUDED.get(conclusion, ExecutionState.FAILED)
    return _GOING.get(status, ExecutionState.QUEUED)
