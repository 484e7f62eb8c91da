"""A storm at a real Alertmanager, on the screen: told in groups, acknowledged with one key, opened, and over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.alertmanagers import Server, alertmanager, amtool
from support.home import COCKPIT, Home
from support.real import need, wait_until
from support.stories import press_until
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["Ana"]

[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
"""
OLD = [
    {"alertname": "DiskFull", "severity": "critical", "instance": "db-1", "service": "db"},
    {"alertname": "CertExpires", "severity": "warning", "instance": "shop", "service": "web"},
]
MANY = 640


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need("amtool")
    with alertmanager(tmp_path / "am") as running:
        running.fire(*OLD, started=datetime.now(UTC) - timedelta(hours=2))
        yield running


def nodes(first: int, last: int) -> list[dict[str, str]]:
    """Nodes that are down, in four racks."""
    return [
        {"alertname": "NodeDown", "severity": "warning", "instance": f"node-{n}:9100", "rack": f"r{n % 4}", "service": "nodes"}
        for n in range(first, last)
    ]


def storm(server: Server, *labels: dict[str, str]) -> None:
    """These begin to fire now."""
    server.fire(*labels, started=datetime.now(UTC) - timedelta(seconds=2))


def acked(server: Server) -> set[str]:
    """The instances that amtool says are hushed by Ana's acknowledgements."""
    acks = {each["id"] for each in acks_of(server)}
    told = amtool(server, "alert", "query", "--silenced")
    return {each["labels"]["instance"] for each in told if acks & set(each["status"]["silencedBy"])}


def acks_of(server: Server) -> list[Any]:
    return [each for each in amtool(server, "silence", "query") if each["comment"].startswith("ACK! Ana")]


def test_one_key_acknowledges_hundreds_exactly_in_few_silences(home: Home, tmp_path: Path, server: Server) -> None:
    home.config(CONFIG.format(url=server.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("2 firing")
        storm(server, *nodes(0, 300))
        screen.wait("≡ 300× NodeDown")
        shown = screen.text
        assert "storm: 300 in 1 group" in shown
        assert all(name in shown for name in ("DiskFull", "CertExpires")), "what is not of it stays visible as itself"
        storm(
            server,
            *nodes(300, MANY),
            {"alertname": "EtcdNoLeader", "severity": "critical", "instance": "etcd-1", "service": "etcd"},
        )
        screen.wait(f"≡ {MANY}× NodeDown")
        screen.wait("EtcdNoLeader")
        assert "service=nodes" in screen.text

        def on_the_group() -> bool:
            return any("▌" in line and "NodeDown" in line for line in screen.text.splitlines())

        press_until((screen,), "j", on_the_group, "the cursor on the group")
        press_until((screen,), "a", lambda: f"{MANY} acked" in screen.text, "the acknowledgement of all of it")
        everyone = {labels["instance"] for labels in nodes(0, MANY)}
        wait_until(lambda: acked(server) == everyone, 20, "amtool to see exactly them acknowledged")
        assert len(acks_of(server)) <= MANY // 50, "in few silences"
        screen.wait("3 firing")

        storm(server, *nodes(MANY, MANY + 5))
        screen.wait(f"5 firing, {MANY} acked")
        screen.keys("Enter")
        screen.wait(f"Alerts → NodeDown ── 5 firing · {MANY} acked")
        screen.keys("Escape")
        screen.wait("storm:")
        press_until((screen,), "u", lambda: acked(server) == set(), "it to be taken back")
        screen.wait(f"{MANY + 8} firing")

        server.resolve(*nodes(0, MANY + 5))
        screen.wait("The group is over", 60)
        assert "storm:" not in screen.text
        screen.keys("k", "k", "k")
        screen.wait_gone("NodeDown")


def test_the_command_line_tells_them_in_groups_too(home: Home, server: Server) -> None:
    home.config(CONFIG.format(url=server.url))
    storm(server, *nodes(0, 40))
    rows = home.json("alerts", "--by", "alertname,rack")
    counts = {(each["by"]["alertname"], each["by"]["rack"]): each["alerts"] for each in rows}
    assert counts == {
        ("NodeDown", "r0"): 10, ("NodeDown", "r1"): 10, ("NodeDown", "r2"): 10, ("NodeDown", "r3"): 10,
        ("DiskFull", ""): 1, ("CertExpires", ""): 1,
    }  # fmt: skip
    assert rows[0]["severity"] == "critical"
    text = home.run("alerts", "--by", "@group").stdout
    assert "team: alertname=NodeDown" in text
    wrong = home.run("alerts", "--by", "@gruop")
    assert (wrong.returncode, "did you mean @group?" in wrong.stderr) == (2, True)
