"""GitLab's REST API v4 as it comes over the wire. Source: GitLab's documentation, "Pipelines API", "Jobs API", "Pipeline trigger
tokens API"."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from ..core.jobs import ExecutionState


class WireProject(msgspec.Struct, frozen=True):
    """A project, as far as its default branch."""

    default_branch: str = ""


class WirePipeline(msgspec.Struct, frozen=True):
    """A pipeline."""

    id: int
    status: str = ""
    created_at: str = ""
    web_url: str = ""


class WireJob(msgspec.Struct, frozen=True):
    """A job of a pipeline. ``allow_failure``: its failing fails nothing."""

    id: int
    name: str = ""
    stage: str = ""
    status: str = ""
    started_at: str = ""
    web_url: str = ""
    allow_failure: bool = False
    failure_reason: str = ""


class WireVariable(msgspec.Struct, frozen=True):
    """A variable of a pipeline."""

    key: str
    value: str = ""


STATES: Mapping[str, ExecutionState] = {
    "created": ExecutionState.QUEUED,
    "waiting_for_resource": ExecutionState.WAITING,
    "preparing": ExecutionState.QUEUED,
    "pending": ExecutionState.QUEUED,
    "scheduled": ExecutionState.QUEUED,
    "manual": ExecutionState.WAITING,
    "running": ExecutionState.RUNNING,
    "canceling": ExecutionState.RUNNING,
    "success": ExecutionState.SUCCEEDED,
    "skipped": ExecutionState.SUCCEEDED,
    "failed": ExecutionState.FAILED,
    "canceled": ExecutionState.CANCELLED,
}


def state_of(status: str) -> ExecutionState:
    """How far a pipeline or a job is; one that nobody knows is taken to go on."""
    return STATES.get(status, ExecutionState.RUNNING)
