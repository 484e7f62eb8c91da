"""The whole chain with real processes: a metric is pushed, a Prometheus evaluates its rule, an Alertmanager is told, and the screen
shows it; it is acknowledged there, seen as such by amtool, and all of it ends when the metric falls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import pytest

from support.alertmanagers import Server as Alertmanager
from support.alertmanagers import alertmanager, amtool
from support.home import COCKPIT, Home
from support.prometheuses import Gateway, Server, prometheus, pushgateway
from support.real import need, wait_until
from support.stories import press_until, trap
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

EVERY = 3
"""Seconds between two polls."""
RULES = """
groups:
- name: disk
  interval: 1s
  rules:
  - alert: DiskFull
    expr: disk_used_ratio > 0.9
    for: 2s
    labels: {severity: critical, service: db}
    annotations: {summary: '{{ $value }} of the disk is used', runbook_url: https://runbooks.example/disk}
  - alert: QueueLong
    expr: jobs_waiting > 100
    labels: {severity: warning, service: shop}
  - alert: NeverSeen
    expr: rate(node_foo_total[5m]) > 3
"""
CONFIG = """
me = ["Ana"]

[sources.am]
provider = "alertmanager"
url = "{am}"
every = "{every}s"

[sources.prom]
provider = "prometheus"
url = "{prom}"
every = "{every}s"

[traps.queue]
probe = "promql"
url = "{prom}"
query = "jobs_waiting"
warn = "value > 50"
trip = "value > 100"
every = "1s"
"""


class Chain(msgspec.Struct):
    """The three of them."""

    gateway: Gateway
    prom: Server
    am: Alertmanager

    def used(self, *ratios: float) -> None:
        """So full are the disks of db-1, db-2, …"""
        lines = (f'disk_used_ratio{{instance="db-{n}"}} {ratio}\n' for n, ratio in enumerate(ratios, 1))
        self.gateway.put("disks", "".join(lines))

    def firing(self, *words: str) -> list[str]:
        """Of which instances amtool says that they fire."""
        return sorted(each["labels"].get("instance", "") for each in amtool(self.am, "alert", "query", *words))


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    need("prometheus", "prometheus-pushgateway", "prometheus-alertmanager", "amtool")
    with (
        pushgateway() as gateway,
        alertmanager(tmp_path / "am") as am,
        prometheus(tmp_path / "prom", rules=RULES, scrapes=(gateway.port,), alertmanager=urlsplit(am.url).port or 0) as prom,
    ):
        made = Chain(gateway, prom, am)
        made.used(0.2, 0.3)
        gateway.push("queue", jobs_waiting=3)
        prom.until_seen("disk_used_ratio")
        prom.until_seen("jobs_waiting")
        yield made


def opened(home: Home, chain: Chain) -> None:
    home.config(CONFIG.format(am=chain.am.url, prom=chain.prom.url, every=EVERY))


def to_traps(screen: Tmux) -> None:
    """Give the keys to the Traps pane."""

    def there() -> bool:
        return any("▌" in line and name in line for line in screen.text.splitlines() for name in ("queue", "NeverSeen"))

    press_until((screen,), "Tab", there, "the Traps pane")


def test_from_the_metric_to_the_screen_and_back(home: Home, tmp_path: Path, chain: Chain) -> None:
    opened(home, chain)
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("Nothing firing on what I can see (1 trap blind)")
        screen.wait("◌ NeverSeen")

        chain.used(0.97, 0.3)
        chain.prom.until("DiskFull", state="firing")
        wait_until(lambda: chain.firing() == ["db-1"], 20, "the Alertmanager to be told")
        shown = screen.wait("0.97 of the disk is used", EVERY + 5)
        assert "▲ CRIT" in shown
        assert "DiskFull" in shown
        screen.wait("✗ DiskFull")
        listed = trap(home, "DiskFull")
        assert (listed["source"], listed["state"], listed["reading"]["value"]) == ("prom", "tripped", 0.97)
        screen.wait(
            "> 0.9"
        )  # the picture beside it: the alert's own series, with the threshold, asked of the Prometheus that made it

        press_until((screen,), "a", lambda: "1 acked" in screen.text, "the acknowledgement")
        screen.wait("acknowledged by Ana")
        wait_until(lambda: chain.firing("--silenced") == ["db-1"], 10, "amtool to see it")
        (silence,) = amtool(chain.am, "silence", "query")
        assert silence["createdBy"] == "Ana"
        assert silence["comment"].startswith("ACK! Ana")

        chain.used(0.3, 0.3)
        chain.prom.until("DiskFull", state="inactive")
        screen.wait("0 firing", 30)
        wait_until(lambda: amtool(chain.am, "silence", "query") == [], 2 * EVERY + 20, "the acknowledgement to end with its alert")
        screen.wait_gone("✗ DiskFull")
        assert trap(home, "DiskFull")["state"] == "armed"


def test_the_preview_of_a_silence_is_what_amtool_says_that_it_matches(home: Home, tmp_path: Path, chain: Chain) -> None:
    opened(home, chain)
    chain.used(0.97, 0.95, 0.2)
    chain.gateway.push("queue", jobs_waiting=500)
    wait_until(lambda: len(chain.firing()) == 3, 30, "three alerts")
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("4 firing")  # and the trap of this machine's own, on the queue
        screen.keys("/")
        screen.type("alertname=DiskFull service=db")
        screen.wait("/ alertname=DiskFull service=db")
        screen.keys("Enter")
        screen.wait("2 of 4 firing shown")
        screen.keys("F")
        preview = screen.wait("hushes 2 of 3 alerts at am now")
        matched = chain.firing("alertname=DiskFull", "service=db")
        assert matched == ["db-1", "db-2"]
        assert sorted(each for each in ("db-1", "db-2", "db-3") if f"DiskFull · {each}" in preview) == matched
        screen.keys("Escape")
        screen.wait_gone("hushes 2")
        assert amtool(chain.am, "silence", "query") == []


def test_rules_stand_among_the_traps_and_say_what_they_look_at(home: Home, tmp_path: Path, chain: Chain) -> None:
    opened(home, chain)
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("NeverSeen")
        to_traps(screen)
        # the rules come with the second answer, and what is blind goes to the top while the cursor stays on its trap
        press_until((screen,), "g", lambda: "─ ◌ NeverSeen ─" in screen.text, "the first of the traps")
        screen.wait("cannot fire: no series for")
        screen.wait("rate(node_foo_total[5m])")
        screen.keys("d")
        screen.wait("prom cannot do that: prometheus has no way to rest a trap")
        chain.gateway.push("queue", jobs_waiting=80)
        screen.wait("◆ queue")
        chain.gateway.push("queue", jobs_waiting=500)
        screen.wait("✗ queue")
        screen.wait("✗ QueueLong")
        wait_until(lambda: trap(home, "queue")["state"] == "tripped", 30, "a look in time: a busy machine may be late with one")
        queue = trap(home, "queue")
        assert (queue["state"], queue["reading"]["value"], queue["text"]) == ("tripped", 500, "500, job=queue")
        alerts = {(each["source"], each["name"]) for each in home.json("alerts")}
        assert {("am", "QueueLong"), ("local", "queue")} <= alerts


# safety 14
def test_a_prometheus_that_dies_blinds_its_traps_and_a_later_one_mends_them(home: Home, tmp_path: Path, chain: Chain) -> None:
    opened(home, chain)
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("● prom")
        port = urlsplit(chain.prom.url).port or 0
        chain.prom.process.kill()
        chain.prom.process.wait()
        screen.wait("prom blind")
        screen.wait("◌ DiskFull")
        assert "All clear" not in screen.text
        with prometheus(tmp_path / "prom", rules=RULES, scrapes=(chain.gateway.port,), port=port):
            screen.wait("● prom", 60)
            screen.wait("· DiskFull")
