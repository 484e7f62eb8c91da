"""``/metrics`` of a watch, as promtool checks it and a real Prometheus scrapes it."""

from __future__ import annotations

import subprocess
import urllib.request
from pathlib import Path

import pytest

from support.home import COCKPIT
from support.prometheuses import Server, prometheus
from support.real import free_port, listening, need, running, wait_until
from support.watched import Watched

pytestmark = pytest.mark.real

MORE = """
[sources.gone]
provider = "alertmanager"
url = "http://127.0.0.1:9"
every = "1s"

[channels.works]
kind = "command"
run = ["true"]

[channels.breaks]
kind = "command"
run = ["false"]

[escalations.all]
steps = [{ notify = ["person:ana"], via = ["works", "breaks"] }]
"""


def value(server: Server, query: str) -> float | None:
    """What the query finds, of one series."""
    found = server.call("/query", query=query)["result"]
    return float(found[0]["value"][1]) if found else None


def until(server: Server, query: str, wanted: float) -> None:
    wait_until(lambda: value(server, query) == wanted, 40, f"{query} is {wanted}, not {value(server, query)}")


def test_a_real_prometheus_reads_what_the_watch_does(tmp_path: Path) -> None:
    (promtool,) = need("promtool")
    home, port = Watched(tmp_path, MORE), free_port()
    with running((*COCKPIT, "watch", "--metrics", str(port)), ready=lambda: listening(port), env=home.env, cwd=tmp_path):
        with prometheus(tmp_path / "prometheus", scrapes=(port,)) as server:
            until(server, 'up{job="others"}', 1)
            until(server, 'cockpit_source_up{source="local"}', 1)
            until(server, 'cockpit_source_health{source="gone",state="blind"}', 1)
            until(server, 'cockpit_traps{state="armed"}', 2)
            until(server, "cockpit_lease_held", 1)
            until(server, "cockpit_journal_writable", 1)
            wait_until(lambda: (value(server, 'cockpit_source_poll_failures_total{source="gone"}') or 0) >= 2, 40, "failures")
            assert (value(server, "cockpit_journal_size_bytes") or 0) > 0
            home.empty()
            until(server, 'cockpit_alerts{source="local",state="firing",severity="critical"}', 1)
            until(server, 'cockpit_traps{state="tripped"}', 1)
            wait_until(lambda: (value(server, 'cockpit_pages_sent_total{channel="works"}') or 0) >= 1, 40, "a page")
            wait_until(lambda: (value(server, 'cockpit_pages_failed_total{channel="breaks"}') or 0) >= 1, 40, "a failure")
            assert value(server, 'cockpit_pages_failed_total{channel="works"}') == 0
        page = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20).read()
    checked = subprocess.run((promtool, "check", "metrics"), input=page, capture_output=True, timeout=60, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, b"")


def test_an_address_that_others_reach_is_warned_of(tmp_path: Path) -> None:
    home, port = Watched(tmp_path), free_port()
    log = tmp_path / "log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            (*COCKPIT, "watch", "--metrics", f"0.0.0.0:{port}"), env={**home.env, "PATH": "/usr/bin:/bin"}, cwd=tmp_path, stdout=out
        ) as watch,
    ):
        try:
            wait_until(lambda: "open to whoever reaches 0.0.0.0" in log.read_text(), 30, "the warning")
        finally:
            watch.kill()


def test_a_place_that_is_none_ends_the_command(tmp_path: Path) -> None:
    done = Watched(tmp_path).run("watch", "--metrics", "nowhere")
    assert done.returncode == 2
    assert "ADDR:PORT" in done.stderr
