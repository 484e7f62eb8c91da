"""What PagerDuty itself can run on an incident: workflows that people may start, and automation actions.

Response plays, which came before workflows, are not in the API any more. An account that has neither offers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..core.responses import Play
from ..core.text import clean
from ..provider import Forbidden, NotFound
from .pd_account import Account, Query, part
from .pd_wire import NOBODY, WireIncident, WireRef, page, read

WORKFLOW, ACTION = "workflow:", "action:"


class WireWorkflow(msgspec.Struct, frozen=True):
    """``IncidentWorkflow``, as a trigger refers to it."""

    id: str | None = None
    name: str | None = None
    description: str | None = None


class WireTrigger(msgspec.Struct, frozen=True):
    """``IncidentWorkflowTrigger``."""

    trigger_type: str | None = None
    workflow: WireWorkflow | None = None
    workflow_name: str | None = None


class WirePrivileges(msgspec.Struct, frozen=True):
    """What this token may do with an action."""

    permissions: list[str] | None = None


class WireAction(msgspec.Struct, frozen=True):
    """An automation action."""

    id: str
    name: str | None = None
    description: str | None = None
    privileges: WirePrivileges | None = None
    allow_invocation_manually: bool | None = None


class Plays:
    """A play's id says of which kind it is."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def of(self, incident: WireIncident) -> Sequence[Play]:
        """Those that can be started by hand on this incident."""
        query = [("incident_id", incident.id), ("trigger_type", "manual"), ("limit", "100")]
        triggers = read(await self._some("/incident_workflows/triggers", "triggers", query), WireTrigger).records
        service: WireRef = incident.service or NOBODY
        query = [("limit", "100"), *([("service_id", service.id)] if service.id else [])]
        actions = read(await self._some("/automation_actions/actions", "actions", query), WireAction).records
        found = [_workflow(each) for each in triggers if each.workflow is not None and each.workflow.id]
        found += [
            Play(ACTION + clean(each.id, 100), clean(each.name or each.id, 200), clean(each.description or "", 500))
            for each in actions
            if _may_run(each)
        ]
        return tuple({each.id: each for each in found}.values())

    async def run(self, incident: str, play: str) -> None:
        """Start one. Raises `NotFound`."""
        if play.startswith(WORKFLOW):
            started = {"incident": {"id": incident, "type": "incident_reference"}}
            path = f"/incident_workflows/{part(play.removeprefix(WORKFLOW))}/instances"
            await self._account.write("POST", path, {"incident_workflow_instance": started})
        elif play.startswith(ACTION):
            path = f"/automation_actions/actions/{part(play.removeprefix(ACTION))}/invocations"
            await self._account.write("POST", path, {"invocation": {"metadata": {"incident_id": incident}}})
        else:
            raise NotFound(f"there is no play {clean(play, 100)}")

    async def _some(self, path: str, key: str, query: Query) -> Sequence[msgspec.Raw]:
        """A list that an account may not have."""
        try:
            return page((await self._account.get(path, query)).body, key).records
        except (Forbidden, NotFound):
            return ()


def _workflow(trigger: WireTrigger) -> Play:
    workflow = trigger.workflow or WireWorkflow()
    name = workflow.name or trigger.workflow_name or workflow.id or ""
    return Play(WORKFLOW + clean(workflow.id or "", 100), clean(name, 200), clean(workflow.description or "", 500))


def _may_run(action: WireAction) -> bool:
    allowed = action.privileges.permissions if action.privileges is not None else None
    return action.allow_invocation_manually is not False and (allowed is None or "invoke" in allowed)
