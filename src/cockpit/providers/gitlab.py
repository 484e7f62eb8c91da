"""``gitlab``: pipelines of a project, and the manual jobs of its newest one, as runbooks (written from the documentation of
GitLab's REST API v4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import ClassVar, TypeVar
from urllib.parse import urlencode

import msgspec

from ..core.addresses import address_problem
from ..core.alerts import Ref
from ..core.jobs import Execution, ExecutionState, Job, Option, OptionKind, Progress
from ..core.text import clean
from ..provider import (
    Answer,
    Conflict,
    Forbidden,
    Host,
    HttpAuth,
    HttpSettings,
    Malformed,
    NotFound,
    Order,
    Reply,
    Secret,
)
from .gl_progress import lines, place, places, unsuccessful
from .gl_takes import Takes, takes
from .gl_wire import WireJob, WirePipeline, WireProject, WireVariable, state_of
from .known import Known
from .records import UNREADABLE, one, split, when
from .wire import part, read, since

T = TypeVar("T")

LASTS = 300.0
"""Seconds for which ``.gitlab-ci.yml`` is believed."""
KEY = "COCKPIT_RUN"
"""The variable that gets the id of the cockpit's run."""
PAGES = 5
PIPELINE = "pipeline"
"""The job that is a new pipeline; the others are manual jobs, by their numbers."""
_SLACK = timedelta(seconds=2)


class GitLabConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``project`` is the project's path (``ops/infra``) or number, ``token`` an access token with the scope ``api``. ``url`` is
    GitLab's address. ``ref`` is the branch or tag (default: the project's default branch).

    ``pipeline`` offers a new pipeline on it, with the inputs and described variables of ``.gitlab-ci.yml``; ``manual_jobs`` offers
    the manual jobs of the newest pipeline there. ``trigger`` is a pipeline trigger token: where it is given, pipelines are begun
    with it. ``correlate``: each pipeline gets the variable ``COCKPIT_RUN`` with the id of the cockpit's run, by which it is found
    for certain when GitLab's answer is lost; turn it off where the project lets nobody set variables.
    """

    project: str
    token: Secret
    url: str = "https://gitlab.com"
    ref: str = ""
    pipeline: bool = True
    manual_jobs: bool = True
    trigger: Secret | None = None
    correlate: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if problem := address_problem(self.url):
            raise ValueError(problem)
        if not (self.pipeline or self.manual_jobs):
            raise ValueError("pipeline and manual_jobs are both off: nothing would be offered")


class GitLab:
    """Everything is asked for on condition that it has changed, where GitLab gives a tag for it."""

    Config: ClassVar[type[msgspec.Struct]] = GitLabConfig

    def __init__(self, name: str, config: GitLabConfig, host: Host) -> None:
        self._name, self._config, self._clock = name, config, host.clock
        self._http = host.http(config.url, msgspec.structs.replace(config, auth=HttpAuth(bearer=config.token)), "GitLab's API")
        self._project = f"/api/v4/projects/{part(config.project)}"
        self._known = Known(self._http, host.clock)
        self._ref = config.ref
        self._takes: Takes | None = None

    async def jobs(self) -> Answer[Job]:
        """A new pipeline, and the jobs that wait for a hand ("List pipeline jobs", scope ``manual``)."""
        ref = await self._branch()
        found = [await self._pipeline(ref)] if self._config.pipeline else []
        bad = 0
        if self._config.manual_jobs:
            manual, bad = await self._manual(ref)
            found += manual
        elif not self._config.trigger:
            await self._known.get(self._project)  # is it there, and does it know us?
        return Answer(tuple(found), bad, remarks=(f"{bad} jobs could not be read",) if bad else ())

    async def run_job(self, order: Order) -> Execution:
        """ "Create a new pipeline" or "Trigger a pipeline with a token"; "Run a job"."""
        values = order.revealed
        if order.job != PIPELINE:
            body = {"job_variables_attributes": [{"key": key, "value": value} for key, value in values.items()]}
            reply = await self._http.send("POST", f"{self._project}/jobs/{part(order.job)}/play", msgspec.json.encode(body))
            played = read(reply, WireJob)
            return Execution(f"job:{played.id}", clean(played.web_url))
        ref = await self._branch()
        inputs_there = (self._takes or await self._read_file(ref)).inputs
        names = {each.name: each for each in inputs_there}
        inputs = {name: _typed(value, names[name]) for name, value in values.items() if name in names}
        variables = {name: value for name, value in values.items() if name not in names}
        variables |= {KEY: order.key} if self._config.correlate else {}
        made = read(await self._begun(ref, inputs, variables), WirePipeline)
        return Execution(f"pipeline:{made.id}", clean(made.web_url))

    async def find_run(self, order: Order) -> Execution | None:
        """A manual job has been played if it waits no more, and began since. A pipeline is found by its variable ``COCKPIT_RUN``
        among the newest ("List project pipelines", "Get variables for a pipeline"); without that, nobody can tell."""
        if order.job != PIPELINE:
            reply = await self._http.get(f"{self._project}/jobs/{part(order.job)}")
            job, begun = read(reply, WireJob), order.at + self._ahead(reply) - _SLACK
            at = when(job.started_at)
            waits = job.status == "manual" or (at is not None and at < begun)
            return (
                None if waits else Execution(f"job:{job.id}", clean(job.web_url), f"it waits for a hand no more {since(order.at)}")
            )
        if not self._config.correlate:
            raise Conflict("without correlate nothing distinguishes its pipelines: nobody can tell whether one was begun")
        reply = await self._http.get(f"{self._project}/pipelines", [("ref", await self._branch()), ("per_page", "20")])
        begun = order.at + self._ahead(reply) - _SLACK
        for each in _each(reply.body, WirePipeline):
            at = when(each.created_at)
            if at is None or at < begun:
                continue
            variables = _each((await self._http.get(f"{self._project}/pipelines/{each.id}/variables")).body, WireVariable)
            if any(one.key == KEY and one.value == order.key for one in variables):
                return Execution(f"pipeline:{each.id}", clean(each.web_url), f"its variable {KEY} is the id of this run")
        return None

    async def follow_run(self, execution: str, at: str) -> Progress:
        """ "Get a single pipeline" and "List pipeline jobs", or "Get a single job"; "Get a log file" of each."""
        kind, _, number = execution.partition(":")
        told = places(at)
        if kind == "job":
            job = read(await self._known.get(f"{self._project}/jobs/{part(number)}"), WireJob)
            jobs: Sequence[WireJob] = [job]
            state = state_of(job.status)
        else:
            path = f"{self._project}/pipelines/{part(number)}"
            pipeline = read(await self._known.get(path), WirePipeline)
            jobs, state = await self._jobs_of(f"{path}/jobs"), state_of(pipeline.status)
        found, whole = await lines(jobs, told, self._trace)
        over = state.ended and whole
        reason = ""
        if state is ExecutionState.WAITING:
            waiting = [each.name for each in jobs if each.status == "manual"]
            reason = f"it waits for a hand at GitLab: {', '.join(waiting[:5])}" if waiting else "it waits for its turn"
        elif state is ExecutionState.FAILED:
            reason = unsuccessful(jobs)
        wait = 0.5 if not whole else 3.0
        return Progress(state=state, lines=tuple(found), at=place(told), over=over, reason=clean(reason, 300), wait=wait)

    async def cancel_run(self, execution: str, who: str) -> None:  # noqa: ARG002  # the token's user is who does it
        """ "Cancel all jobs for a pipeline", or "Cancel a job"."""
        kind, _, number = execution.partition(":")
        where = "jobs" if kind == "job" else "pipelines"
        reply = await self._http.send("POST", f"{self._project}/{where}/{part(number)}/cancel")
        status = read(reply, WirePipeline).status
        if status in ("success", "failed", "skipped"):
            raise Conflict(f"GitLab did not end it: it had ended already ({status})")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    async def _begun(self, ref: str, inputs: dict[str, object], variables: dict[str, str]) -> Reply:
        if self._config.trigger is None:
            body: dict[str, object] = {"ref": ref, "variables": [{"key": key, "value": each} for key, each in variables.items()]}
            body |= {"inputs": inputs} if inputs else {}
            return await self._http.send("POST", f"{self._project}/pipeline", msgspec.json.encode(body))
        form = [("token", self._config.trigger.reveal()), ("ref", ref)]
        form += [(f"variables[{key}]", each) for key, each in variables.items()]
        form += [(f"inputs[{key}]", _written(each)) for key, each in inputs.items()]
        kind = "application/x-www-form-urlencoded"
        return await self._http.send("POST", f"{self._project}/trigger/pipeline", urlencode(form).encode(), content_type=kind)

    async def _pipeline(self, ref: str) -> Job:
        """A new pipeline as a job; where its file cannot be read (it is kept elsewhere, say), it takes nothing that is known."""
        help = ""
        try:
            known = self._takes = await self._read_file(ref)
        except (NotFound, Forbidden, Malformed) as error:
            known, help = Takes(), f".gitlab-ci.yml cannot be read, so nothing is known of what it takes: {error}"
        where = "pipeline" if self._config.trigger is None else "trigger/pipeline"
        return Job(
            ref=Ref(self._name, PIPELINE),
            name=PIPELINE,
            title=f"New pipeline on {clean(ref, 100)}",
            help=help,
            request=f"POST {self._http.address}{self._project}/{where} on {clean(ref, 100)}",
            adds=f"{KEY}: the id of this run" if self._config.correlate else "",
            options=known.options,
        )

    async def _read_file(self, ref: str) -> Takes:
        path = f"{self._project}/repository/files/.gitlab-ci.yml/raw"
        return takes((await self._known.get(path, [("ref", ref)], fields={"Accept": "text/plain"}, lasts=LASTS)).body)

    async def _manual(self, ref: str) -> tuple[list[Job], int]:
        try:
            newest = read(await self._known.get(f"{self._project}/pipelines/latest", [("ref", ref)]), WirePipeline)
        except (NotFound, Forbidden):  # as it says where there is none
            await self._known.get(self._project)
            return [], 0
        body = (await self._known.get(f"{self._project}/pipelines/{newest.id}/jobs", _MANUAL)).body
        raws = list(split(body))
        found = [
            Job(
                ref=Ref(self._name, str(job.id)),
                name=clean(job.name, 200),
                title=clean(f"{job.name} ({job.stage})" if job.stage else job.name, 200),
                help=f"A manual job of pipeline {newest.id}.",
                request=f"POST {self._http.address}{self._project}/jobs/{job.id}/play in pipeline {newest.id}",
                url=clean(job.web_url),
            )
            for job in _each(body, WireJob)
            if job.status == "manual" and job.name != PIPELINE
        ]
        names = [each.name for each in found]
        unique = [each for number, each in enumerate(found) if each.name not in names[:number]]
        return unique, len(raws) - len(list(_each(body, WireJob)))

    async def _jobs_of(self, path: str) -> Sequence[WireJob]:
        found: list[WireJob] = []
        for page in range(1, PAGES + 1):
            reply = await self._known.get(path, [("per_page", "100"), ("page", str(page))])
            found += _each(reply.body, WireJob)
            if not reply.headers.get("x-next-page"):
                break
        return found

    async def _trace(self, job: int) -> bytes | None:
        try:
            return (await self._known.get(f"{self._project}/jobs/{job}/trace", fields={"Accept": "text/plain"})).body
        except NotFound:
            return None

    async def _branch(self) -> str:
        if not self._ref:
            self._ref = read(await self._http.get(self._project), WireProject).default_branch or "main"
        return self._ref

    def _ahead(self, reply: Reply) -> timedelta:
        return reply.date - self._clock.now() if reply.date is not None else timedelta()


_MANUAL = (("scope[]", "manual"), ("per_page", "100"))


def _each(body: bytes, kind: type[T]) -> list[T]:
    """The records of a list that can be read."""
    good = []
    for raw in split(body):
        try:
            good.append(one(raw, kind))
        except UNREADABLE:
            continue  # counted where it matters
    return good


def _typed(value: str, option: Option) -> object:
    """An input as its type has it: GitLab takes no text for a number or a truth."""
    if option.kind is OptionKind.TEXT:
        return value
    try:
        typed: object = msgspec.json.decode(value.encode())
    except UNREADABLE:
        return value
    return typed if isinstance(typed, (bool, int, float)) else value


def _written(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
