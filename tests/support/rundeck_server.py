"""A stand-in for a Rundeck, written from its documentation: "API Reference", sections "Listing Jobs", "Exporting Jobs", "Running a
Job", "Getting Executions for a Job", "Execution Info", "Execution Output", "Aborting Executions"; and "Job JSON v44", "Options".

It has never been held against a real Rundeck: none could be had.
"""

from __future__ import annotations

import re
import time
from typing import Any

from .small_http import Asked, Said, SmallHttp

TOKEN = "canary-rundeck-8c1f"
RESTART = "7400ff98-31c4-4834-ba3d-aee9646e867f"
DUMP = "0b6b7c1e-9a6f-4c5b-8a59-9b1f6b1f0b11"
JOBS: list[dict[str, Any]] = [
    {
        "id": RESTART, "name": "Restart", "group": "web", "project": "ops", "description": "Restarts nginx\n\nin turn",
        "href": "", "permalink": "https://rundeck.example/project/ops/job/show/" + RESTART,
        "scheduled": False, "scheduleEnabled": True, "enabled": True,
    },
    {
        "id": DUMP, "name": "Heap dump", "group": None, "project": "ops", "description": "", "href": "", "permalink": "",
        "scheduled": False, "scheduleEnabled": True, "enabled": False,
    },
]  # fmt: skip
DEFINITIONS: list[dict[str, Any]] = [
    {
        "id": RESTART, "uuid": RESTART, "name": "Restart", "group": "web", "loglevel": "INFO",
        "options": [
            {"name": "node", "required": True, "regex": "[a-z]+-\\d+", "description": "the **node**"},
            {"name": "how", "value": "gently", "values": ["gently", "at once"], "enforced": True},
            {"name": "password", "secure": True, "valueExposed": True},
        ],
        "sequence": {"commands": [{"exec": "systemctl restart nginx"}]},
    },
    {"id": DUMP, "uuid": DUMP, "name": "Heap dump"},
]  # fmt: skip


class RundeckServer(SmallHttp):
    """``lines`` are what each execution prints, one more at each look; ``ends`` is how it ends. ``lose`` breaks the answer to the
    next run of a job. ``user`` is the token's."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs, self.definitions = [dict(each) for each in JOBS], [dict(each) for each in DEFINITIONS]
        self.lines = ["restarting nginx", "it is up"]
        self.ends, self.lose, self.user = "succeeded", False, "ana"
        self.executions: list[dict[str, Any]] = []
        self.looks: dict[int, int] = {}

    def answer(self, asked: Asked) -> Said:
        if asked.fields.get("x-rundeck-auth-token") != TOKEN:
            return Said(403, {"error": True, "errorCode": "unauthorized", "message": "(Token:****) is not authorized"})
        path = asked.path.removeprefix("/api/44")
        if asked.method == "GET" and path == "/project/ops/jobs":
            return Said(body=self.jobs)
        if asked.method == "GET" and path == "/project/ops/jobs/export" and asked.get("format") == "json":
            return Said(body=self.definitions)
        if asked.method == "GET" and path == "/user/info":
            return Said(body={"login": self.user})
        if found := re.fullmatch(r"/job/([^/]+)/(run|executions)", path):
            return self._of_job(asked, found[1], found[2])
        if found := re.fullmatch(r"/execution/(\d+)(/output|/abort|)", path):
            return self._of_execution(asked, int(found[1]), found[2])
        return Said(404, {"error": True, "errorCode": "api.error.item.doesnotexist", "message": f"{path} does not exist"})

    def begin(self, job: str, options: dict[str, str], user: str | None = None, at: float | None = None) -> dict[str, Any]:
        """An execution, as of somebody who runs the job."""
        shown = {name: value for name, value in options.items() if name != "password"}
        number = 387 + len(self.executions)
        execution = {
            "id": number, "href": "", "permalink": f"https://rundeck.example/execution/show/{number}", "status": "running",
            "project": "ops", "user": user or self.user, "date-started": {"unixtime": int((at or time.time()) * 1000)},
            "job": {"id": job, "name": "Restart", "group": "web", "options": shown}, "argstring": "",
        }  # fmt: skip
        self.executions.append(execution)
        return execution

    def _of_job(self, asked: Asked, job: str, what: str) -> Said:
        if job not in (each["id"] for each in self.jobs):
            return Said(
                404, {"error": True, "errorCode": "api.error.item.doesnotexist", "message": f"Job ID does not exist: {job}"}
            )
        if what == "executions":
            found = [each for each in reversed(self.executions) if each["job"]["id"] == job]
            return Said(body={"paging": {"count": len(found), "total": len(found), "offset": 0, "max": 20}, "executions": found})
        missing = "node" not in asked.json["options"]
        if missing:
            message = "Job options were not valid: Option 'node' is required."
            return Said(400, {"error": True, "errorCode": "api.error.job.options-invalid", "message": message})
        execution, lost, self.lose = self.begin(job, asked.json["options"]), self.lose, False
        return Said(body=execution, lost=lost)

    def _of_execution(self, asked: Asked, number: int, what: str) -> Said:
        execution = next((each for each in self.executions if each["id"] == number), None)
        if execution is None:
            return Said(404, {"error": True, "errorCode": "api.error.item.doesnotexist", "message": f"no execution {number}"})
        if what == "/abort":
            if execution["status"] != "running":
                return Said(body={"abort": {"status": "failed", "reason": "Job is not running"}, "execution": {"id": number}})
            execution["status"] = "aborted"
            return Said(body={"abort": {"status": "pending"}, "execution": {"id": number, "status": "running"}})
        if what == "":
            failed = ["web-3"] if execution["status"] == "failed" else []
            return Said(body={**execution, "failedNodes": failed})
        return Said(body=self._output(asked, execution))

    def _output(self, asked: Asked, execution: dict[str, Any]) -> dict[str, Any]:
        number, offset = execution["id"], int(asked.get("offset", "0"))
        if execution["status"] == "running":
            self.looks[number] = self.looks.get(number, 0) + 1
            if self.looks[number] > len(self.lines):
                execution["status"] = self.ends
        there = self.lines[: self.looks.get(number, 0)]
        entries = [
            {"time": "17:00:00", "level": "NORMAL", "log": line, "node": "web-3", "stepctx": "1"} for line in there[offset // 100 :]
        ]
        over = execution["status"] != "running"
        return {
            "id": str(number), "offset": str(len(there) * 100), "completed": True, "execCompleted": over, "hasFailedNodes": False,
            "execState": execution["status"], "lastModified": str(1_700_000_000_000 + len(there)), "entries": entries,
            **({} if entries or over else {"unmodified": True}),
        }  # fmt: skip
