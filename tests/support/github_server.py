"""A stand-in for GitHub's REST API, written from its documentation: "REST API endpoints for workflows" (list, dispatch),
"… for workflow runs" (list, get, cancel), "… for workflow jobs" (list, download logs), "… for repository contents", "Rate limits
for the REST API", "Best practices for using the REST API" (conditional requests).

It has never been held against GitHub.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime
from typing import Any

from .small_http import Asked, Said, SmallHttp

TOKEN = "canary-github-31f0"
REPOSITORY = "/repos/acme/infra"
RESTART = b"""\
name: Restart a service
run-name: Restart ${{ inputs.service }} ${{ inputs.cockpit }}
on:
  workflow_dispatch:
    inputs:
      service: {description: which one, required: true, type: choice, options: [web, db]}
      gently: {type: boolean, default: true}
      after: {type: number}
      note: {type: string}
      cockpit: {type: string}
jobs: {}
"""
PUSHED = b"name: CI\non: [push]\njobs: {}\n"
WORKFLOWS: list[dict[str, Any]] = [
    {"id": 161335, "name": "Restart a service", "path": ".github/workflows/restart.yml", "state": "active",
     "html_url": "https://github.example/acme/infra/blob/main/.github/workflows/restart.yml"},
    {"id": 269289, "name": "CI", "path": ".github/workflows/ci.yml", "state": "active", "html_url": ""},
    {"id": 269290, "name": "Old", "path": ".github/workflows/old.yml", "state": "disabled_manually", "html_url": ""},
    {"id": 269291, "name": "Dependabot", "path": "dynamic/dependabot/dependabot-updates", "state": "active", "html_url": ""},
]  # fmt: skip


class GitHubServer(SmallHttp):
    """``details``: it knows ``return_run_details``; otherwise it refuses that word, as an older Enterprise Server does. ``lose``
    breaks the answer to the next dispatch. ``refuse`` is what everything answers while it is set. ``store`` is where logs are kept,
    another server; ``ends`` is how a run's job ends."""

    def __init__(self, *, details: bool = True) -> None:
        super().__init__()
        self.details, self.lose = details, False
        self.refuse: Said | None = None
        self.files = {"restart.yml": RESTART, "ci.yml": PUSHED, "old.yml": b"on: workflow_dispatch\n"}
        self.workflows = [dict(each) for each in WORKFLOWS]
        self.runs: list[dict[str, Any]] = []
        self.looks: dict[int, int] = {}
        self.ends, self.login, self.counted = "success", "ana", 0
        self.store = LogStore()

    def close(self) -> None:
        self.store.close()
        super().close()

    def answer(self, asked: Asked) -> Said:
        if self.refuse is not None:
            return self.refuse
        if asked.fields.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, {"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest"})
        said = self._answer(asked)
        if asked.method != "GET" or said.status != 200:
            return said
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()}"'
        if asked.fields.get("if-none-match") == tag:
            return Said(304, None, {"ETag": tag})
        self.counted += 1
        return Said(200, said.body, {"ETag": tag})

    def begin(self, workflow: int, title: str, at: str = "") -> dict[str, Any]:
        """A run, as of somebody who dispatches the workflow."""
        number = 30433642 + len(self.runs)
        created = at or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        run = {
            "id": number, "name": "Restart a service", "display_title": title, "status": "queued", "conclusion": None,
            "workflow_id": workflow, "created_at": created, "event": "workflow_dispatch", "head_branch": "main",
            "html_url": f"https://github.example/acme/infra/actions/runs/{number}",
        }  # fmt: skip
        self.runs.insert(0, run)
        return run

    def _answer(self, asked: Asked) -> Said:
        path = asked.path
        if path == REPOSITORY:
            return Said(body={"default_branch": "main"})
        if path == "/user":
            return Said(body={"login": self.login}) if self.login else Said(403, {"message": "Resource not accessible"})
        if path == f"{REPOSITORY}/actions/workflows":
            return Said(body={"total_count": len(self.workflows), "workflows": self.workflows})
        if found := re.fullmatch(rf"{REPOSITORY}/contents/\.github/workflows/([\w.-]+)", path):
            file = self.files.get(found[1])
            return Said(body=file) if file is not None and asked.get("ref") == "main" else _missing()
        if found := re.fullmatch(rf"{REPOSITORY}/actions/workflows/(\d+)/(dispatches|runs)", path):
            return self._of_workflow(asked, int(found[1]), found[2])
        if found := re.fullmatch(rf"{REPOSITORY}/actions/runs/(\d+)(/jobs|/cancel|)", path):
            return self._of_run(int(found[1]), found[2])
        if found := re.fullmatch(rf"{REPOSITORY}/actions/jobs/(\d+)/logs", path):
            return Said(302, None, {"Location": f"{self.store.url}/logs/{found[1]}.txt?sig=a%2Bb&se=2026"})
        return _missing()

    def _of_workflow(self, asked: Asked, workflow: int, what: str) -> Said:
        if workflow not in (each["id"] for each in self.workflows):
            return _missing()
        if what == "runs":
            found = [each for each in self.runs if each["workflow_id"] == workflow and each["head_branch"] == asked.get("branch")]
            return Said(body={"total_count": len(found), "workflow_runs": found})
        body = asked.json
        if "return_run_details" in body and not self.details:
            return Said(400, {"message": 'Invalid request.\n\n"return_run_details" is not a permitted key.'})
        if body["inputs"].get("service", "web") not in ("web", "db"):
            return Said(422, {"message": "Provided value 'x' for input 'service' not in the list of allowed values"})
        run, lost, self.lose = self.begin(workflow, f"Restart {' '.join(body['inputs'].values())}"), self.lose, False
        if not self.details:
            return Said(204, lost=lost)
        return Said(body={"workflow_run_id": run["id"], "run_url": "", "html_url": run["html_url"]}, lost=lost)

    def _of_run(self, number: int, what: str) -> Said:
        run = next((each for each in self.runs if each["id"] == number), None)
        if run is None:
            return _missing()
        if what == "/cancel":
            if run["status"] == "completed":
                return Said(409, {"message": "Cannot cancel a workflow run that is completed."})
            run["status"], run["conclusion"] = "completed", "cancelled"
            return Said(202, {})
        if what == "":
            self._go_on(run)
            return Said(body=run)
        return Said(body=self._jobs(run))

    def _go_on(self, run: dict[str, Any]) -> None:
        self.looks[run["id"]] = look = self.looks.get(run["id"], 0) + 1
        if run["status"] != "completed":
            run["status"] = ("queued", "in_progress", "in_progress")[look - 1] if look < 4 else "completed"
            run["conclusion"] = self.ends if run["status"] == "completed" else None

    def _jobs(self, run: dict[str, Any]) -> dict[str, Any]:
        look, over = self.looks.get(run["id"], 0), run["status"] == "completed"
        ends = run["conclusion"] if over else None
        steps = [
            {
                "name": "Set up job",
                "status": "completed" if look > 2 or over else "in_progress",
                "conclusion": "success",
                "number": 1,
            },
            {"name": "Restart", "status": "completed" if over else "queued", "conclusion": ends, "number": 2},
        ]
        job = {"id": run["id"] * 10, "name": "restart", "status": run["status"], "conclusion": ends, "steps": steps}
        return {"total_count": 1, "jobs": [job] if look > 1 or over else []}


class LogStore(SmallHttp):
    """Where GitHub keeps logs: another origin, by addresses that need no token; whoever brings one is refused."""

    log = "\ufeff2026-11-26T03:12:44.1234567Z ##[group]Run systemctl restart nginx\n2026-11-26T03:12:45.1234567Z it is up".encode()

    def answer(self, asked: Asked) -> Said:
        if "authorization" in asked.fields or asked.get("sig") != "a+b":
            return Said(400, b"AuthenticationFailed")
        return Said(body=self.log)


def _missing() -> Said:
    return Said(404, {"message": "Not Found", "documentation_url": "https://docs.github.com/rest"})
