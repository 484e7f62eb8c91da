"""A storm that never was: what an Alertmanager answers with a hundred thousand alerts of twelve labels, 90 MB, made anew each time.

The order of the keys, the form of the times and the escapes are those that Alertmanager 0.25 to 0.33 write. As a program it is such
a server, in a process of its own (`serving`).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

RULES = ("HighErrorRate", "LatencyBudgetBurn", "PodCrashLooping", "NodeFilesystemFull", "QueueBacklog", "ReplicaLag")
NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)
EVALUATIONS = 40
"""Times at which each rule was evaluated: alerts of one evaluation start together."""
STATUS = {
    "uptime": "2026-11-20T00:00:00.000Z",
    "versionInfo": {"version": "0.28.0"},
    "config": {"original": "route: {receiver: team}"},
    "cluster": {"status": "disabled"},
}


def stamp(at: datetime) -> str:
    """A time as Go's strfmt writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Storm:
    """``count`` alerts, the same for the same ``seed``."""

    def __init__(self, count: int, seed: int = 1) -> None:
        self._random = random.Random(seed)
        made = (self._made(number) for number in range(count))
        self._records = sorted(made, key=lambda record: str(record["fingerprint"]))

    def body(self, poll: int = 0) -> bytes:
        """What ``/api/v2/alerts`` answers in this poll: ``endsAt`` and ``updatedAt`` of every alert move with it."""
        for number, record in enumerate(self._records):
            at = NOW + timedelta(seconds=15 * poll, milliseconds=number % 1500)
            record["endsAt"], record["updatedAt"] = stamp(at + timedelta(minutes=4)), stamp(at)
        text = json.dumps(self._records, separators=(",", ":"), ensure_ascii=False)
        return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e").encode() + b"\n"

    def change(self, share: float) -> None:
        """So much of it reads differently from now on: the value in the summary has moved."""
        for record in self._random.sample(self._records, round(len(self._records) * share)):
            annotations = record["annotations"]
            annotations["summary"] = annotations["summary"].rsplit(" ", 1)[0] + f" {self._random.random() * 100:.3f}"

    def _made(self, number: int) -> dict[str, Any]:
        pick = self._random.randrange
        rule, service, team = f"{RULES[number % 6]}{number % 300 // 6}", f"service-{number % 200}", f"team-{number % 20}"
        labels = {
            "alertname": rule,
            "cluster": f"prod-eu-{number % 8}",
            "container": f"app-{number % 40}",
            "env": "production",
            "instance": f"10.{number % 20}.{number % 250}.{number % 7}:9100",
            "job": f"kubernetes-pods-{number % 30}",
            "namespace": f"shop-{number % 50}",
            "pod": f"{service}-{pick(16**9):09x}-{pick(16**5):05x}",
            "prometheus": f"monitoring/k8s-{number % 8}",
            "service": service,
            "severity": ("critical", "warning", "warning", "info")[number % 4],
            "team": team,
        }
        expression = f"rate(http_requests_total{{service=%22{service}%22}}[5m])"
        return {
            "annotations": {
                "description": f"{service} is over its threshold: users see it.",
                "runbook_url": f"https://runbooks.example.com/{team}/{rule}",
                "summary": f"{rule} on {service} is at {pick(100000) / 1000:.3f}",
            },
            "endsAt": "",
            "fingerprint": hashlib.blake2b(repr(labels).encode(), digest_size=8).hexdigest(),
            "receivers": [{"name": f"{team}-pager"}],
            "startsAt": stamp(NOW - timedelta(minutes=pick(EVALUATIONS), seconds=number % 300 / 10)),
            "status": {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"},
            "updatedAt": "",
            "generatorURL": f"http://prometheus-{number % 8}.example.com/graph?g0.expr={expression}&g0.tab=1",
            "labels": labels,
        }


def bodies(alerts: int, polls: str, share: float = 0.01) -> list[bytes]:
    """What is answered in turn: for ``s`` the same as before to the byte, for ``t`` the same with other times, for ``c`` with so
    large a share of the alerts changed."""
    storm, found = Storm(alerts), list[bytes]()
    for number, kind in enumerate(polls):
        if kind == "c" and number:
            storm.change(share)
        found.append(found[-1] if kind == "s" and found else storm.body(number))
    return found


def serve(answers: list[bytes]) -> None:
    """Answer on a free port, which is printed, until killed."""
    turns, fixed = cycle(answers), {"/api/v2/status": json.dumps(STATUS).encode()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            body = next(turns) if path == "/api/v2/alerts" else fixed.get(path, b"[]")
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


@contextmanager
def serving(alerts: int, polls: str = "s") -> Iterator[str]:
    """Such a server in a process of its own; gives its address. It is the last to get a core, for a real one has its own."""
    argv = ["nice", "-n", "19", sys.executable, __file__, "--alerts", str(alerts), "--polls", polls]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--polls", default="s", help="what is answered in turn: s same, t other times, c changed")
    chosen = parser.parse_args()
    serve(bodies(chosen.alerts, chosen.polls))
