"""``rundeck``: the jobs of one project of a Rundeck as runbooks (written from its API documentation, versions 44 and later)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar

import msgspec

from ..core.addresses import address_problem
from ..core.jobs import Execution, ExecutionState, Job, Progress
from ..core.text import clean
from ..provider import Answer, Conflict, Forbidden, Host, HttpSettings, Malformed, NotFound, Order, Reply, Secret
from .rd_wire import (
    STATES,
    WireAborted,
    WireDefinition,
    WireExecution,
    WireListed,
    WireOutput,
    job_of,
)
from .records import UNREADABLE, Records, members, one, split
from .wire import part, read, since

LASTS = 300.0
"""Seconds for which the definitions of jobs are believed while the list of them is the same."""
AT_ONCE = 1000
"""Lines of output that are asked for at once."""
_SLACK = timedelta(seconds=2)  # Rundeck's times and its Date header tell whole seconds


class RundeckConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``url`` is Rundeck's address, ``project`` the project, ``token`` an API token of a user who may read and run its jobs.
    ``group`` offers the jobs of one group alone, with those below it. ``api`` is the version of the API that is spoken: 44 is
    Rundeck 4.11, the first that tells definitions as JSON."""

    url: str
    project: str
    token: Secret
    group: str = ""
    api: int = 44

    def __post_init__(self) -> None:
        super().__post_init__()
        if problem := address_problem(self.url):
            raise ValueError(problem)
        if self.api < 44:
            raise ValueError("api must be at least 44: before, Rundeck told no definitions as JSON")
        if not self.project:
            raise ValueError("project must name a project")


class Rundeck:
    """The list of jobs is asked for at each poll, their definitions only when it has changed or after `LASTS` seconds."""

    Config: ClassVar[type[msgspec.Struct]] = RundeckConfig

    def __init__(self, name: str, config: RundeckConfig, host: Host) -> None:
        self._name, self._config, self._clock = name, config, host.clock
        settings = msgspec.structs.replace(config, secret_headers={**config.secret_headers, "X-Rundeck-Auth-Token": config.token})
        self._http = host.http(config.url, settings, "a Rundeck")
        self._api = f"/api/{config.api}"
        self._records = Records(WireListed)
        self._listed: tuple[WireListed, ...] = ()
        self._definitions: dict[str, WireDefinition] = {}
        self._asked_at: float | None = None
        self._user: str | None = None

    async def jobs(self) -> Answer[Job]:
        """ "Listing Jobs", and "Exporting Jobs" for what they take."""
        group = [("groupPath", self._config.group)] if self._config.group else []
        project = f"{self._api}/project/{part(self._config.project)}"
        found, bad = self._records.read((await self._http.get(f"{project}/jobs", group)).body)
        listed, now = tuple(found), self._clock.mono()
        if self._asked_at is None or listed != self._listed or now - self._asked_at >= LASTS:
            answer = await self._http.get(f"{project}/jobs/export", [("format", "json"), *group])
            self._definitions = _definitions(answer.body)
            self._listed, self._asked_at = listed, now
        jobs, unread = [], 0
        for each in listed:
            try:
                jobs.append(job_of(self._name, each, self._definitions.get(each.id), self._request(each.id)))
            except UNREADABLE:
                unread += 1
        remarks = (f"{bad + unread} jobs could not be read",) if bad + unread else ()
        return Answer(tuple(jobs), bad + unread, remarks=remarks)

    async def run_job(self, order: Order) -> Execution:
        """ "Running a Job"."""
        body = msgspec.json.encode({"options": order.revealed})
        reply = await self._http.send("POST", f"{self._api}/job/{part(order.job)}/run", body)
        return read(reply, WireExecution).told

    async def find_run(self, order: Order) -> Execution | None:
        """By "Getting Executions for a Job": the one that began after the order, by this token's user, with these options. Rundeck
        keeps nothing of the asker's with an execution, so two that are alike cannot be told apart."""
        path = f"{self._api}/job/{part(order.job)}/executions"
        reply = await self._http.get(path, [("max", "20")])
        ahead = reply.date - self._clock.now() if reply.date is not None else timedelta()
        begun, user = (order.at + ahead - _SLACK).timestamp() * 1000, await self._whose()
        alike = [each for each in _executions(reply) if _fits(each, order, begun, user)]
        if len(alike) > 1:
            raise Conflict(f"{len(alike)} executions with these options began since: nobody can tell which is this one")
        if not alike:
            return None
        by = f"by {clean(user, 60)} " if user else ""
        how = f"the only execution of this job with these options that was begun {by}{since(order.at)}"
        return msgspec.structs.replace(alike[0].told, how=how)

    async def follow_run(self, execution: str, at: str) -> Progress:
        """ "Execution Output", as "Tailing Output" says; "Execution Info" for why, once it has ended."""
        offset, _, modified = (at or "0:0").partition(":")
        path = f"{self._api}/execution/{part(execution)}"
        query = [("offset", offset), ("lastmod", modified), ("maxlines", str(AT_ONCE))]
        output = read(await self._http.get(f"{path}/output", query), WireOutput)
        state = STATES.get(output.exec_state, ExecutionState.RUNNING)
        over = output.exec_completed and output.completed
        reason = output.error
        if over:
            ended = read(await self._http.get(path), WireExecution)
            state, reason = _ended(ended, state)
        return Progress(
            state=state,
            lines=tuple(f"{each.node} | {each.log}" if each.node else each.log for each in output.entries),
            at=f"{output.offset}:{output.last_modified}",
            over=over,
            reason=clean(reason, 300),
            wait=5.0 if output.unmodified else 0.0 if not output.completed and output.entries else 2.0,
        )

    async def cancel_run(self, execution: str, who: str) -> None:  # noqa: ARG002  # the token's user is who does it
        """ "Aborting Executions", which is a GET that changes something: sent as writes are, once."""
        reply = await self._http.send("GET", f"{self._api}/execution/{part(execution)}/abort")
        abort = read(reply, WireAborted).abort
        if abort.status == "failed":
            raise Conflict(f"Rundeck did not end it: {clean(abort.reason or 'it does not say why', 200)}")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _request(self, job: str) -> str:
        return f"POST {self._http.address}{self._api}/job/{clean(part(job), 200)}/run"

    async def _whose(self) -> str:
        """The token's user; "" where that may not be asked."""
        if self._user is None:
            try:
                user = members((await self._http.get(f"{self._api}/user/info")).body)
                self._user = msgspec.json.decode(user.get("login", b'""'), type=str)
            except (Forbidden, NotFound, *UNREADABLE):
                self._user = ""
        return self._user


def _definitions(body: bytes) -> dict[str, WireDefinition]:
    found = {}
    for raw in split(body):
        try:
            each = one(raw, WireDefinition)
        except UNREADABLE:
            continue  # its job says that its definition cannot be read
        found[each.id or each.uuid] = each
    return found


def _executions(reply: Reply) -> Sequence[WireExecution]:
    there = members(reply.body)
    if "executions" not in there:
        raise Malformed("it answered no executions")
    found = []
    for raw in split(there["executions"]):
        try:
            found.append(one(raw, WireExecution))
        except UNREADABLE as error:
            raise Malformed("an execution of this job cannot be read") from error
    return found


def _fits(each: WireExecution, order: Order, begun: float, user: str) -> bool:
    """Whether it may be the order's: secret options are told masked, and are not compared."""
    told = {name: value for name, value in each.job.options.items() if name not in order.secrets}
    return each.started.unixtime >= begun and (not user or each.user == user) and told == dict(order.values)


def _ended(ended: WireExecution, state: ExecutionState) -> tuple[ExecutionState, str]:
    state = STATES.get(ended.status, state)
    if state is ExecutionState.SUCCEEDED:
        return state, ""
    nodes = f" on {', '.join(ended.failed[:5])}" + ("…" if len(ended.failed) > 5 else "") if ended.failed else ""
    return state, f"{ended.custom_status or ended.status or 'it failed'}{nodes}"
