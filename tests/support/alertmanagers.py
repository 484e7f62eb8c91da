"""Real Alertmanagers on free ports of the loopback: one, or a cluster; the one on PATH, and those that CI unpacked beside it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from support.real import free_port, http_ready, listening, need, running

__all__ = ["CONFIG", "Server", "alertmanager", "amtool", "binary_of", "cluster", "installed", "versions"]

MATRIX = "COCKPIT_ALERTMANAGERS"
"""Paths of further alertmanager binaries, separated by colons."""

CONFIG = """
route:
  receiver: team
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes:
  - receiver: weekend
    matchers: [muted="yes"]
    mute_time_intervals: [always]
receivers: [{name: team}, {name: weekend}]
time_intervals:
- name: always
  time_intervals: [{}]
inhibit_rules:
- source_matchers: [severity="critical"]
  target_matchers: [severity="warning"]
  equal: [service]
"""


@cache
def installed() -> Mapping[str, str]:
    """The binaries that are here, by version. Raises `RuntimeError` where the matrix names one that is none."""
    paths = [shutil.which("prometheus-alertmanager"), shutil.which("alertmanager"), *os.environ.get(MATRIX, "").split(":")]
    found = {}
    for path in filter(None, paths):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
        version = re.search(r"version (\d+\.\d+)", said.stdout + said.stderr)
        if version is None:
            raise RuntimeError(f"{path} does not say which Alertmanager it is: {said.stdout + said.stderr}")
        found[version[1]] = path
    return found


def versions() -> list[str]:
    """Those that are here, and one that is always asked for, so that what is missing is said."""
    return sorted({*installed(), "0.25"})


def binary_of(version: str) -> str:
    """Where that version is; that on PATH stands in for the one that is always asked for."""
    return installed().get(version) or need("prometheus-alertmanager")[0]


class Server:
    """One that runs: its address, and what a Prometheus or a person with curl would do to it. ``argv`` started it."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], argv: Sequence[str] = ()) -> None:
        self.url, self.process, self.argv = url, process, argv

    @property
    def name(self) -> str:
        """What a source calls it as a member of a cluster."""
        return self.url.removeprefix("http://")

    def call(self, method: str, path: str, body: object = None) -> Any:
        """A request to the API; gives what came back, as JSON if it is some."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text.strip() else None

    def fire(self, *labels: Mapping[str, str], minutes: float = 30, started: datetime | None = None, **annotations: str) -> None:
        """Alerts with these labels fire, as a Prometheus says it."""
        ends = datetime.now(UTC) + timedelta(minutes=minutes)
        more = {"startsAt": started.isoformat()} if started is not None else {}
        body = [{"labels": dict(each), "annotations": annotations, "endsAt": ends.isoformat(), **more} for each in labels]
        self.call("POST", "/api/v2/alerts", body)

    def resolve(self, *labels: Mapping[str, str]) -> None:
        """They do not fire any more."""
        body = [{"labels": dict(each), "endsAt": (datetime.now(UTC) - timedelta(seconds=1)).isoformat()} for each in labels]
        self.call("POST", "/api/v2/alerts", body)

    def silence(self, comment: str, who: str = "karma", minutes: float = 15, starts: float = 0, **matchers: str) -> str:
        """Somebody else silences what has these labels. Gives the id."""
        now = datetime.now(UTC)
        body = {
            "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True} for name, value in matchers.items()],
            "startsAt": (now + timedelta(minutes=starts)).isoformat(),
            "endsAt": (now + timedelta(minutes=minutes)).isoformat(),
            "createdBy": who,
            "comment": comment,
        }
        made: str = self.call("POST", "/api/v2/silences", body)["silenceID"]
        return made

    def silences(self, state: str = "active") -> list[Any]:
        """Its silences in this state."""
        return [each for each in self.call("GET", "/api/v2/silences") if each["status"]["state"] == state]

    def shorten(self, minutes: float = 4) -> None:
        """Let every active silence end so soon, as it is otherwise."""
        for each in self.silences():
            kept = {key: each[key] for key in ("id", "matchers", "startsAt", "createdBy", "comment")}
            ends = datetime.now(UTC) + timedelta(minutes=minutes)
            self.call("POST", "/api/v2/silences", {**kept, "endsAt": ends.isoformat()})

    def minutes_left(self) -> list[int]:
        """What each active silence has left."""
        ends = [datetime.fromisoformat(each["endsAt"]) for each in self.silences()]
        return [round((end - datetime.now(UTC)).total_seconds() / 60) for end in ends]

    def stop(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()

    @contextlib.contextmanager
    def again(self) -> Iterator[None]:
        """Start it again, as it was, where it was."""
        with running(self.argv, ready=lambda: _ready(self.url)) as self.process:
            yield


def _ready(url: str) -> bool:
    if url.startswith("https:"):
        return listening(int(url.split(":")[2].partition("/")[0]))  # it may talk to nobody without a certificate
    return http_ready(url)


@contextlib.contextmanager
def alertmanager(
    directory: Path,
    binary: str = "",
    *,
    options: Sequence[str] = ("--cluster.listen-address=",),
    prefix: str = "",
    port: int = 0,
    config: str = CONFIG,
    scheme: str = "http",
) -> Iterator[Server]:
    """One Alertmanager with this configuration, at this path of its address. ``scheme`` is https where ``options`` make it so."""
    binary = binary or need("prometheus-alertmanager")[0]
    port = port or free_port()
    directory.mkdir(exist_ok=True, parents=True)
    file = directory / "alertmanager.yml"
    file.write_text(config)
    url = f"{scheme}://127.0.0.1:{port}{prefix}"
    argv = [
        binary,
        f"--config.file={file}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        *options,
    ]
    if prefix:
        argv += [f"--web.external-url={url}", f"--web.route-prefix={prefix}"]
    with running(argv, ready=lambda: _ready(url)) as process:
        yield Server(url, process, argv)


@contextlib.contextmanager
def cluster(directory: Path, binary: str = "") -> Iterator[tuple[Server, Server]]:
    """Two that are one cluster."""
    one, two = free_port(), free_port()
    first = (f"--cluster.listen-address=127.0.0.1:{one}", f"--cluster.advertise-address=127.0.0.1:{one}")
    second = (
        f"--cluster.listen-address=127.0.0.1:{two}",
        f"--cluster.advertise-address=127.0.0.1:{two}",
        f"--cluster.peer=127.0.0.1:{one}",
    )
    quick = ("--cluster.gossip-interval=50ms", "--cluster.pushpull-interval=1s", "--cluster.settle-timeout=1s")
    with (
        alertmanager(directory / "one", binary, options=(*first, *quick)) as a,
        alertmanager(directory / "two", binary, options=(*second, *quick)) as b,
    ):
        yield a, b


def amtool(server: Server, *words: str) -> Any:
    """What amtool says, as JSON."""
    (program,) = need("amtool")
    argv = [program, f"--alertmanager.url={server.url}", "--output=json", *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, check=True)
    return json.loads(done.stdout)
