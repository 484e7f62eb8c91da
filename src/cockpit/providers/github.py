"""``github``: the workflows of a repository that can be dispatched, as runbooks (written from GitHub's REST API documentation)."""

from __future__ import annotations

import fnmatch
from datetime import timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlsplit

import msgspec

from ..core.addresses import address_problem
from ..core.alerts import Ref
from ..core.jobs import Execution, ExecutionState, Job, Progress
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
    ProviderError,
    Reply,
    Secret,
)
from .gh_inputs import inputs_of
from .gh_progress import lines, place, places, unsuccessful
from .gh_wire import WireDispatched, WireJobs, WireRepository, WireRun, WireRuns, WireUser, WireWorkflow, state_of
from .known import Known
from .records import UNREADABLE, Records, members, when
from .wire import part, read, since

LASTS = 300.0
"""Seconds for which a workflow's file is believed."""
_VERSION = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
_RAW = {**_VERSION, "Accept": "application/vnd.github.raw+json"}
_SLACK = timedelta(seconds=2)  # GitHub tells whole seconds


class GitHubConfig(HttpSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``repository`` is ``OWNER/NAME``, ``token`` may read its contents and read and write its actions. ``url`` is the address of
    the API, for an Enterprise Server ``https://HOST/api/v3``. ``ref`` is the branch or tag on which workflows are run (default: the
    repository's default branch), ``workflows`` which are offered, by file (``deploy-*.yml``; default: all that can be dispatched).

    ``correlate`` names an input that every workflow here has and puts into its ``run-name``: it is given the id of the cockpit's
    run, by which the run is found for certain when GitHub's answer is lost.
    """

    repository: str
    token: Secret
    url: str = "https://api.github.com"
    ref: str = ""
    workflows: tuple[str, ...] = ()
    correlate: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        if problem := address_problem(self.url):
            raise ValueError(problem)
        if self.repository.count("/") != 1 or not all(self.repository.split("/")):
            raise ValueError('repository must be "OWNER/NAME"')


class GitHub:
    """Lists are asked for on condition that they have changed, which costs nothing of the rate limit while they have not."""

    Config: ClassVar[type[msgspec.Struct]] = GitHubConfig

    def __init__(self, name: str, config: GitHubConfig, host: Host) -> None:
        self._name, self._config, self._host, self._clock = name, config, host, host.clock
        settings = msgspec.structs.replace(
            config, auth=HttpAuth(bearer=config.token), headers={"X-GitHub-Api-Version": "2022-11-28", **config.headers}
        )
        self._http = host.http(config.url, settings, "GitHub's API")
        self._repository = "/repos/" + "/".join(map(part, config.repository.split("/")))
        self._known = Known(self._http, host.clock)
        self._records = Records(WireWorkflow)
        self._ref = config.ref
        self._user: str | None = None

    async def jobs(self) -> Answer[Job]:
        """ "List repository workflows", and each one's file for what it takes."""
        reply = await self._known.get(f"{self._repository}/actions/workflows", [("per_page", "100")], fields=_VERSION)
        there = members(reply.body)
        if "workflows" not in there:
            raise Malformed("it answered no workflows")
        listed, bad = self._records.read(there["workflows"])
        jobs: list[Job] = []
        for each in listed:
            if each.path.startswith(".github/") and self._offered(each.path):
                job = await self._job(each)
                if job is not None:
                    jobs.append(job)
        more = 'rel="next"' in reply.headers.get("link", "")
        remarks = [f"{bad} workflows could not be read"] if bad else []
        remarks += ["it has more than 100 workflows: name those that are wanted with workflows"] if more else []
        return Answer(tuple(jobs), bad, complete=not more, remarks=tuple(remarks))

    async def run_job(self, order: Order) -> Execution | None:
        """ "Create a workflow dispatch event". It tells which run it became where it is asked for ``return_run_details`` (since
        2026-02); an Enterprise Server that does not know that refuses the question, and then it is put the old way."""
        ref = await self._branch()
        inputs = {**order.revealed, **({self._config.correlate: order.key} if self._config.correlate else {})}
        path = f"{self._repository}/actions/workflows/{part(order.job)}/dispatches"
        body = {"ref": ref, "inputs": inputs, "return_run_details": True}
        reply = await self._http.send("POST", path, msgspec.json.encode(body), accept=(400, 422))
        if reply.status in (400, 422):
            if b"return_run_details" not in reply.body:
                raise ProviderError(f"it refused ({reply.status}): {_problem(reply)}")
            del body["return_run_details"]  # refused for that word alone: nothing was dispatched
            reply = await self._http.send("POST", path, msgspec.json.encode(body))
        if reply.status == 204 or not reply.body.strip():
            return None
        made = read(reply, WireDispatched)
        return Execution(str(made.workflow_run_id), clean(made.html_url))

    async def find_run(self, order: Order) -> Execution | None:
        """By "List workflow runs for a workflow": the one whose title has the order's key; without ``correlate``, the only one that
        this token's user dispatched on this branch since."""
        ref, user = await self._branch(), await self._whose()
        path = f"{self._repository}/actions/workflows/{part(order.job)}/runs"
        query = [("event", "workflow_dispatch"), ("branch", ref), ("per_page", "30"), *([("actor", user)] if user else [])]
        reply = await self._http.get(path, query, fields=_VERSION)
        runs = read(reply, WireRuns).workflow_runs
        if self._config.correlate:
            named = [each for each in runs if order.key in each.display_title or order.key in each.name]
            return _execution(named[0], f"its title has the id of this run, {order.key}") if named else None
        ahead = reply.date - self._clock.now() if reply.date is not None else timedelta()
        begun = order.at + ahead - _SLACK
        fresh = [each for each in runs if (at := when(each.created_at)) is not None and at >= begun]
        if len(fresh) > 1:
            raise Conflict(f"{len(fresh)} runs of it were dispatched {since(order.at)}: nobody can tell which is this one")
        who = f"by {clean(user, 60)} " if user else ""
        how = f"the only run of it that was dispatched {who}on {clean(ref, 100)} {since(order.at)}"
        return _execution(fresh[0], how) if fresh else None

    async def follow_run(self, execution: str, at: str) -> Progress:
        """ "Get a workflow run" and "List jobs for a workflow run"; "Download job logs" of those that have ended."""
        path = f"{self._repository}/actions/runs/{part(execution)}"
        run = read(await self._known.get(path, fields=_VERSION), WireRun)
        query = [("filter", "latest"), ("per_page", "100")]
        jobs = read(await self._known.get(f"{path}/jobs", query, fields=_VERSION), WireJobs).jobs
        told, state = places(at), state_of(run.status, run.conclusion)
        found, whole = await lines(jobs, told, self._log)
        reason = "it waits for an approval at GitHub" if state is ExecutionState.WAITING else ""
        if state.ended and state is not ExecutionState.SUCCEEDED:
            reason = clean(unsuccessful(jobs) or run.conclusion, 300)
        over = state.ended and whole
        return Progress(state=state, lines=tuple(found), at=place(told), over=over, reason=reason, wait=0.5 if not whole else 5.0)

    async def cancel_run(self, execution: str, who: str) -> None:  # noqa: ARG002  # the token's user is who does it
        """ "Cancel a workflow run"."""
        await self._http.send("POST", f"{self._repository}/actions/runs/{part(execution)}/cancel")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.close()

    def _offered(self, path: str) -> bool:
        file = path.rpartition("/")[2]
        return not self._config.workflows or any(fnmatch.fnmatchcase(file, each) for each in self._config.workflows)

    async def _job(self, workflow: WireWorkflow) -> Job | None:
        """The workflow as a job; ``None`` where it cannot be dispatched."""
        file = workflow.path.rpartition("/")[2]
        refused = "" if workflow.state == "active" else f"it is {clean(workflow.state.replace('_', ' '), 60)} at GitHub"
        ref, options = await self._branch(), None
        where = "/".join(map(part, workflow.path.split("/")))
        try:
            got = await self._known.get(f"{self._repository}/contents/{where}", [("ref", ref)], fields=_RAW, lasts=LASTS)
            options = inputs_of(got.body, self._config.correlate)
            if options is None:
                return None
        except NotFound:
            return None  # not on this branch: it cannot be dispatched there
        except Malformed as error:
            refused = refused or f"{clean(file, 100)} cannot be read: {error}"
        adds = f"{self._config.correlate}: the id of this run" if self._config.correlate else ""
        return Job(
            ref=Ref(self._name, str(workflow.id)),
            name=clean(file, 200),
            title=clean(workflow.name or file, 200),
            request=f"POST {self._http.address}{self._repository}/actions/workflows/{workflow.id}/dispatches on {clean(ref, 100)}",
            adds=adds,
            options=options or (),
            refused=refused,
            url=clean(workflow.html_url),
        )

    async def _branch(self) -> str:
        if not self._ref:
            told = read(await self._http.get(self._repository, fields=_VERSION), WireRepository)
            self._ref = told.default_branch or "main"
        return self._ref

    async def _whose(self) -> str:
        """The token's user; "" where it is an app's."""
        if self._user is None:
            try:
                self._user = read(await self._http.get("/user", fields=_VERSION), WireUser).login
            except (Forbidden, NotFound):
                self._user = ""
        return self._user

    async def _log(self, job: int) -> bytes | None:
        """A job's log: GitHub sends us on for it to another origin, by an address that is good for a minute and needs no token."""
        path = f"{self._repository}/actions/jobs/{job}/logs"
        try:
            reply = await self._http.get(path, fields=_VERSION, accept=(301, 302, 307))
            if reply.status == 200:
                return reply.body
            target = urlsplit(reply.headers.get("location", ""))
            plain = HttpSettings(
                ca=self._config.ca, verify=self._config.verify, proxy=self._config.proxy, within=self._config.within
            )
            elsewhere = self._host.http(f"{target.scheme}://{target.netloc}", plain, "a log of GitHub's")
            try:
                return (await elsewhere.get(target.path, parse_qsl(target.query, keep_blank_values=True))).body
            finally:
                await elsewhere.close()
        except NotFound:  # 410 as well: it has been deleted
            return None


def _execution(run: WireRun, how: str) -> Execution:
    return Execution(str(run.id), clean(run.html_url), how)


def _problem(reply: Reply) -> str:
    try:
        return clean(msgspec.json.decode(members(reply.body).get("message", b'""'), type=str), 200)
    except UNREADABLE:
        return "it does not say why"
