"""Two Alertmanagers that are one cluster, on the screen: one dies, both die, they come back; and where they do not agree."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.alertmanagers import Server, amtool, cluster
from support.home import COCKPIT, Home
from support.real import need, wait_until
from support.stories import press_until, wait_shown
from support.tmux import tmux

pytestmark = pytest.mark.real

HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "service": "shop"}
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "service": "db"}
ONE_SIDED = {"alertname": "Lonely", "severity": "warning", "instance": "db-2", "service": "db"}

CONFIG = """
me = ["Ana"]

[sources.am]
provider = "alertmanager"
urls = ["{one}", "{two}"]
every = "1s"
"""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    need("prometheus-alertmanager", "amtool")
    with cluster(tmp_path / "cluster") as servers:
        yield servers


def acknowledged(server: Server) -> list[str]:
    """Which alerts amtool says are hushed at this member, and by what that calls itself an acknowledgement."""
    acks = {each["id"] for each in amtool(server, "silence", "query") if each["comment"].startswith("ACK! Ana")}
    told = amtool(server, "alert", "query", "--silenced")
    return sorted(each["labels"]["alertname"] for each in told if acks & set(each["status"]["silencedBy"]))


def lines_of(text: str, *names: str) -> list[str]:
    return [line for line in text.splitlines() for name in names if name in line]


# safety 16
def test_a_member_dies_then_the_other_and_nothing_is_lost_or_called_well(
    home: Home, tmp_path: Path, pair: tuple[Server, Server]
) -> None:
    one, two = pair
    began = datetime.now(UTC) - timedelta(minutes=2)
    for server in pair:
        server.fire(HIGH, DISK, started=began)
    home.config(CONFIG.format(one=one.url, two=two.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen, contextlib.ExitStack() as revived:
        wait_shown(screen, "2 firing", "HighErrorRate", "● am")
        press_until((screen,), "a", lambda: "1 acked" in screen.text, "the acknowledgement")
        for server in pair:
            wait_until(lambda server=server: acknowledged(server) == ["HighErrorRate"], 10, "amtool to see it")  # type: ignore[misc]

        one.stop()
        half = wait_shown(
            screen, "◑ am incomplete", f"1 of 2 members: {one.name}: cannot be reached: connection refused", "1 acked"
        )
        assert len(lines_of(half, "▲ CRIT", "◆ WARN")) >= 2
        press_until((screen,), "u", lambda: "2 firing" in screen.text, "the acknowledgement to be taken back at the other")
        wait_until(lambda: acknowledged(two) == [], 10, "amtool to see that nobody has it")
        press_until((screen,), "a", lambda: "1 acked" in screen.text, "the acknowledgement at the other")
        wait_until(lambda: acknowledged(two) == ["HighErrorRate"], 10, "amtool to see it at the other")
        listed = home.run("alerts")
        assert (listed.returncode, "1 of 2 members" in listed.stdout) == (1, True), listed.stdout

        two.stop()
        dark = wait_shown(screen, "◌ am blind", f"none of 2 members answers: {one.name}, {two.name}: cannot be reached")
        wait_shown(screen, "s old")
        assert lines_of(dark, "HighErrorRate")
        assert lines_of(dark, "DiskFull")

        for server in pair:
            revived.enter_context(server.again())
        # they have forgotten what fired, and nobody has said so again: that is not good news
        anew = wait_shown(screen, "◑ am incomplete", "it began anew at", "HighErrorRate · web-1 and 1 more shown as last told")
        assert lines_of(anew, "▲ CRIT")
        assert lines_of(anew, "◆ WARN")
        for server in pair:
            server.fire(HIGH, DISK, started=began)
        wait_shown(screen, "● am", "2 firing", "DiskFull")
        for server in pair:
            server.resolve(HIGH, DISK)
        screen.wait("All clear")
        screen.wait("am")


# safety 16
def test_where_the_members_do_not_agree_it_is_said_and_what_one_knows_counts(
    home: Home, tmp_path: Path, pair: tuple[Server, Server]
) -> None:
    one, two = pair
    one.fire(HIGH)
    two.fire(HIGH, ONE_SIDED)
    home.config(CONFIG.format(one=one.url, two=two.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        wait_shown(screen, "2 firing", "Lonely", f"{one.name} does not know Lonely · db-2, which others have")
        one.fire(ONE_SIDED)
        screen.wait_gone("does not know")
        wait_shown(screen, "2 firing", "● am")
