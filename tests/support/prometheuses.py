"""Real Prometheuses on free ports of the loopback, each scraping a Pushgateway of its own where a test wants one; the one on PATH,
and those that CI unpacked beside it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from support.real import free_port, http_ready, need, running, wait_until

__all__ = ["Gateway", "Server", "installed", "newest", "prometheus", "pushgateway"]

MATRIX = "COCKPIT_PROMETHEUSES"
"""Paths of further prometheus binaries, separated by colons."""


@cache
def installed() -> Mapping[str, str]:
    """The binaries that are here, by version."""
    found = {}
    for path in filter(None, (shutil.which("prometheus"), *os.environ.get(MATRIX, "").split(":"))):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)
        version = re.search(r"version (\d+\.\d+)", said.stdout + said.stderr)
        if version is not None:
            found[version[1]] = path
    return found


def newest(least: str = "0.0") -> str:
    """The path of the newest one; a test that needs a newer one than there is, is skipped."""
    need("prometheus")
    versions = sorted(installed(), key=_number)
    if _number(versions[-1]) < _number(least):
        pytest.skip(f"needs a Prometheus of {least} or later: name its path in {MATRIX}")
    return installed()[versions[-1]]


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


class Gateway:
    """A Pushgateway that runs: metrics are put into it by hand."""

    def __init__(self, port: int) -> None:
        self.port, self.url = port, f"http://127.0.0.1:{port}"

    def push(self, job: str, **values: float) -> None:
        """These metrics have these values from now on."""
        self.put(job, "".join(f"{name} {value}\n" for name, value in values.items()))

    def put(self, job: str, text: str) -> None:
        """The same, in the words of the exposition format."""
        request = urllib.request.Request(f"{self.url}/metrics/job/{job}", text.encode(), method="PUT")
        urllib.request.urlopen(request, timeout=10).close()

    def drop(self, job: str) -> None:
        """They are gone."""
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/metrics/job/{job}", method="DELETE"), timeout=10).close()


@contextlib.contextmanager
def pushgateway() -> Iterator[Gateway]:
    """One on a port of its own."""
    (program,) = need("prometheus-pushgateway")
    port = free_port()
    argv = [program, f"--web.listen-address=127.0.0.1:{port}", "--persistence.file="]  # Debian's would remember other tests'
    with running(argv, ready=lambda: http_ready(f"http://127.0.0.1:{port}")):
        yield Gateway(port)


class Server:
    """A Prometheus that runs: its address and its process."""

    def __init__(self, url: str, process: subprocess.Popen[bytes], rules: Path) -> None:
        self.url, self.process, self._rules = url, process, rules

    def call(self, path: str, **query: str) -> Any:
        """What the API answers, from within its envelope."""
        with urllib.request.urlopen(f"{self.url}/api/v1{path}?{urllib.parse.urlencode(query)}", timeout=10) as answer:
            return json.loads(answer.read())["data"]

    def rule(self, name: str) -> Mapping[str, Any]:
        """One of its rules, as it tells it now."""
        every = [rule for group in self.call("/rules")["groups"] for rule in group["rules"]]
        return next((rule for rule in every if rule["name"] == name), {})

    def until(self, name: str, **wanted: str) -> None:
        """Wait until the rule tells this of itself: ``state="firing"``, ``health="ok"``."""
        told = ", ".join(f"{key} {value}" for key, value in wanted.items())
        wait_until(lambda: all(self.rule(name).get(key) == value for key, value in wanted.items()), 30, f"{name}: {told}")

    def until_seen(self, query: str) -> None:
        """Wait until the query finds something."""
        wait_until(lambda: self.call("/query", query=query)["result"], 30, f"something for {query}")

    def rules(self, text: str) -> None:
        """Go on with other rules."""
        self._rules.write_text(text)
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/-/reload", b"", method="POST"), timeout=10).close()


@contextlib.contextmanager
def prometheus(
    directory: Path,
    binary: str = "",
    *,
    rules: str = "groups: []",
    scrapes: Sequence[int] = (),
    alertmanager: int = 0,
    options: Sequence[str] = (),
    prefix: str = "",
    port: int = 0,
) -> Iterator[Server]:
    """One that evaluates these rules and scrapes these ports each second, with whatever labels they give, and itself; and tells an
    Alertmanager at that port."""
    binary = binary or need("prometheus")[0]
    port = port or free_port()
    directory.mkdir(exist_ok=True, parents=True)
    url = f"http://127.0.0.1:{port}{prefix}"
    (directory / "rules.yml").write_text(rules)
    (directory / "prometheus.yml").write_text(_config((port, *scrapes), alertmanager, prefix))
    argv = [
        binary,
        f"--config.file={directory / 'prometheus.yml'}",
        f"--storage.tsdb.path={directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        *options,
    ]
    if prefix:
        argv += [f"--web.external-url={url}", f"--web.route-prefix={prefix}"]
    with running(argv, ready=lambda: http_ready(url)) as process:
        yield Server(url, process, directory / "rules.yml")


def _config(ports: Sequence[int], alertmanager: int, prefix: str) -> str:
    targets = ", ".join(f"'127.0.0.1:{port}'" for port in ports[1:])
    told = (
        f"alerting: {{alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{alertmanager}']}}]}}]}}\n" if alertmanager else ""
    )
    return f"""
global: {{scrape_interval: 1s, evaluation_interval: 1s}}
rule_files: [rules.yml]
{told}
scrape_configs:
- job_name: itself
  metrics_path: {prefix}/metrics
  static_configs: [{{targets: ['127.0.0.1:{ports[0]}']}}]
- job_name: others
  honor_labels: true
  static_configs: [{{targets: [{targets}]}}]
"""
