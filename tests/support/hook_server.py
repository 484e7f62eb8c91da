"""A small server that really runs things when it is called, as somebody might write one: each run is a thread that prints lines,
and what it does is written into a file, so that one sees what was done and how often."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import Any

from .small_http import Asked, Said, SmallHttp

TOKEN = "canary-hook-5d21"


class HookServer(SmallHttp):
    """``done`` is the file. ``step`` lets the runs go on by one line each time it is called; ``ends`` is how they end."""

    def __init__(self, done: Path, lines: tuple[str, ...] = ("stopping", "starting", "it is up")) -> None:
        super().__init__()
        self.done, self.lines, self.ends = done, lines, "succeeded"
        self.runs: dict[str, dict[str, Any]] = {}
        self.lose = self.refuse = False
        self.slow = False

    def answer(self, asked: Asked) -> Said:
        if asked.fields.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, {"error": "who are you?"})
        if asked.path == "/health":
            return Said(body={"ok": True})
        if asked.method == "POST" and asked.path == "/hooks/restart":
            return self._begin(asked.json)
        if asked.path == "/runs" and asked.get("key"):
            name = next((name for name, run in self.runs.items() if run["key"] == asked.get("key")), None)
            return self._status(name) if name else Said(404, {"error": "no such run"})
        if found := re.fullmatch(r"/runs/([^/]+)(/log|/cancel|)", asked.path):
            return self._of_run(asked, found[1], found[2])
        return Said(404, {"error": "no such path"})

    def _begin(self, body: dict[str, Any]) -> Said:
        if self.refuse:
            return Said(422, {"error": "not now: a deploy is going on"})
        name = f"r{len(self.runs) + 1}"
        self.runs[name] = {"key": body["run"], "state": "running", "log": b"", "at": 0, "stop": threading.Event()}
        with self.done.open("a") as file:
            file.write(f"{body['options'].get('service')} by {body['by']}\n")
        if not self.slow:
            threading.Thread(target=self._work, args=(self.runs[name],), daemon=True).start()
        lost, self.lose = self.lose, False
        return Said(202, {"id": name, "url": f"https://hooks.example/runs/{name}"}, lost=lost)

    def _work(self, run: dict[str, Any]) -> None:
        for line in self.lines:
            if run["stop"].wait(0.02):
                run["state"] = "canceled"
                return
            run["log"] += line.encode() + b"\n"
        run["state"] = self.ends

    def _of_run(self, asked: Asked, name: str, what: str) -> Said:
        run = self.runs.get(name)
        if run is None:
            return Said(404, {"error": "no such run"})
        if what == "/log":
            return Said(body=run["log"][int(asked.get("from", "0")) :])
        if what == "/cancel":
            if run["state"] not in ("running", "queued"):
                return Said(409, {"error": f"it has {run['state']}"})
            run["stop"].set()
            run["state"] = "canceled" if self.slow else run["state"]
            return Said(202, {})
        return self._status(name)

    def _status(self, name: str) -> Said:
        reason = "the service did not come up" if self.runs[name]["state"] == "failed" else ""
        return Said(body={"id": name, "state": self.runs[name]["state"], "reason": reason})
