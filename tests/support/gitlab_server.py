"""A stand-in for GitLab's REST API v4, written from its documentation: "Pipelines API" (list, get, latest, variables, create,
cancel), "Jobs API" (list pipeline jobs, get, log, run, cancel), "Pipeline trigger tokens API", "Repository files API" (raw).

It has never been held against a real GitLab: none could be had.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from .small_http import Asked, Said, SmallHttp

TOKEN, TRIGGER = "canary-gitlab-77aa", "canary-trigger-01bc"
PROJECT = "/api/v4/projects/ops/infra"
CI = b"""\
spec:
  inputs:
    level: {type: number, default: 3, description: how loud}
    target: {options: [web, db], regex: "^[a-z]+$"}
    gently: {type: boolean, default: false}
---
variables:
  PLAIN: not shown
  DEPLOY_ENV: {value: staging, options: [staging, production], description: where to}
restart:
  script: [!reference [.base, script]]
"""


class GitLabServer(SmallHttp):
    """``manual`` are the names of the manual jobs of the newest pipeline; ``trace`` is what a job prints, in pieces, one more at
    each look; ``ends`` is how it ends. ``lose`` breaks the answer to the next write."""

    def __init__(self) -> None:
        super().__init__()
        self.file: bytes | None = CI
        self.manual = ["restart-web"]
        self.trace = [b"section_start:1560896352:run\r\x1b[0KRestarting\r\n", b"it is up"]
        self.ends, self.lose = "success", False
        self.jobs: dict[int, dict[str, Any]] = {
            10 + number: _job(10 + number, name, "manual")
            for number, name in enumerate(["restart-web", "drop-cache", "restart-web"])
        }
        self.pipelines: list[dict[str, Any]] = [_pipeline(46, "success", "2026-11-01T00:00:00.000Z")]
        self.variables: dict[int, list[dict[str, str]]] = {46: []}
        self.looks: dict[int, int] = {}

    def answer(self, asked: Asked) -> Said:
        path = asked.path.removeprefix(PROJECT)
        if asked.method == "POST" and path == "/trigger/pipeline":
            form = dict(parse_qsl(asked.body.decode()))
            if form.get("token") != TRIGGER:
                return _missing()
            named = {key[10:-1]: value for key, value in form.items() if key.startswith("variables[")}
            return self._write(self.begin(form["ref"], named))
        if asked.fields.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, {"message": "401 Unauthorized"})
        if asked.method == "POST":
            return self._post(asked, path)
        if path == "":
            return Said(body={"id": 1, "default_branch": "main"})
        if path == "/repository/files/.gitlab-ci.yml/raw":
            return Said(body=self.file) if self.file is not None else _missing()
        if path == "/pipelines":
            return Said(body=self.pipelines)
        if path == "/pipelines/latest":
            return Said(body=self.pipelines[-1]) if self.pipelines else Said(403, {"message": "403 Forbidden"})
        if found := re.fullmatch(r"/pipelines/(\d+)(/jobs|/variables|)", path):
            return self._pipeline(asked, int(found[1]), found[2])
        if found := re.fullmatch(r"/jobs/(\d+)(/trace|)", path):
            return self._job(int(found[1]), found[2])
        return _missing()

    def begin(self, ref: str, variables: dict[str, str], at: str = "") -> dict[str, Any]:
        """A pipeline, as of somebody who begins one."""
        number = 47 + len(self.pipelines)
        pipeline = _pipeline(number, "created", at or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}", ref)
        self.pipelines.insert(0, pipeline)
        self.variables[number] = [{"variable_type": "env_var", "key": key, "value": value} for key, value in variables.items()]
        self.jobs[number * 10] = {**_job(number * 10, "restart", "created"), "pipeline": number}
        return pipeline

    def _post(self, asked: Asked, path: str) -> Said:
        if path == "/pipeline":
            body = asked.json
            if body.get("inputs", {}).get("level") == "loud":
                return Said(400, {"message": {"base": ["`level` input: provided value is not a number"]}})
            return self._write(self.begin(body["ref"], {each["key"]: each["value"] for each in body["variables"]}))
        if found := re.fullmatch(r"/jobs/(\d+)/play", path):
            job = self.jobs.get(int(found[1]))
            if job is None:
                return _missing()
            if job["status"] != "manual":
                return Said(400, {"message": "400 Bad request - Unplayable Job"})
            job["status"], job["started_at"] = "pending", None
            return self._write(job)
        if found := re.fullmatch(r"/(jobs|pipelines)/(\d+)/cancel", path):
            number = int(found[2])
            job = self.jobs.get(number if found[1] == "jobs" else number * 10)
            if job is None:
                return _missing()
            if job["status"] not in ("success", "failed"):
                job["status"] = "canceled"
            return Said(201, self._whole(number) if found[1] == "pipelines" else job)
        return _missing()

    def _write(self, made: dict[str, Any]) -> Said:
        lost, self.lose = self.lose, False
        return Said(201, made, lost=lost)

    def _pipeline(self, asked: Asked, number: int, what: str) -> Said:
        if not any(each["id"] == number for each in self.pipelines):
            return _missing()
        if what == "/variables":
            return Said(body=self.variables[number])
        if what == "":
            return Said(body=self._whole(number))
        if asked.get("scope[]") == "manual":
            return Said(body=[each for each in self.jobs.values() if each["status"] == "manual" and each["name"] in self.manual])
        return Said(body=[self.jobs[number * 10]] if number * 10 in self.jobs else [])

    def _whole(self, number: int) -> dict[str, Any]:
        job = self.jobs.get(number * 10)
        pipeline = next(each for each in self.pipelines if each["id"] == number)
        if job is not None:
            self._go_on(job)
            pipeline["status"] = job["status"]
        return pipeline

    def _job(self, number: int, what: str) -> Said:
        job = self.jobs.get(number)
        if job is None:
            return _missing()
        if what == "/trace":
            return Said(body=b"".join(self.trace[: max(0, self.looks.get(number, 0) - 1)]))
        if job["status"] != "manual":
            self._go_on(job)
        return Said(body=job)

    def _go_on(self, job: dict[str, Any]) -> None:
        self.looks[job["id"]] = look = self.looks.get(job["id"], 0) + 1
        if job["status"] in ("success", "failed", "canceled"):
            return
        job["started_at"] = job["started_at"] or f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
        job["status"] = "running" if look <= len(self.trace) else self.ends
        job["failure_reason"] = "script_failure" if job["status"] == "failed" else None


def _pipeline(number: int, status: str, at: str, ref: str = "main") -> dict[str, Any]:
    url = f"https://gitlab.example/ops/infra/-/pipelines/{number}"
    return {"id": number, "iid": 1, "status": status, "source": "api", "ref": ref, "created_at": at, "web_url": url}


def _job(number: int, name: str, status: str) -> dict[str, Any]:
    url = f"https://gitlab.example/ops/infra/-/jobs/{number}"
    return {
        "id": number,
        "name": name,
        "stage": "ops",
        "status": status,
        "started_at": None,
        "web_url": url,
        "allow_failure": False,
    }


def _missing() -> Said:
    return Said(404, {"message": "404 Not found"})
