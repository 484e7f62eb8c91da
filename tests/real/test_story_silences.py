"""Silences at a real Alertmanager, from the screen: made of a filter, changed, extended, ended; amtool is the witness."""

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
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["Ana"]

[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
longest_silence = "2d"
"""
WEB = [{"alertname": "HighErrorRate", "severity": "critical", "instance": f"web-{n}", "service": "shop"} for n in range(3)]
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "service": "db"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need("amtool")
    with alertmanager(tmp_path / "am") as running:
        running.fire(*WEB, DISK, started=datetime.now(UTC) - timedelta(minutes=3))
        yield running


def hushed(server: Server) -> list[str]:
    """The instances of which amtool says that they are silenced."""
    told = amtool(server, "alert", "query", "--silenced", "--inhibited")
    return sorted(each["labels"]["instance"] for each in told if each["status"]["silencedBy"])


def the_silence(server: Server) -> Any:
    (silence,) = amtool(server, "silence", "query")
    return silence


def left(server: Server) -> timedelta:
    """How long the one silence lasts from now on."""
    return datetime.fromisoformat(the_silence(server)["endsAt"]) - datetime.now(UTC)


def typed(screen: Tmux, text: str, *then: str) -> None:
    """Type into the field of a box, and press keys after it, at a person's pace."""
    screen.type(text)
    screen.wait(f" {text} ")
    for key in then:
        before = screen.text
        screen.keys(key)
        wait_until(lambda before=before: screen.text != before, 10, f"what {key} does")  # type: ignore[misc]  # bound


def test_a_filter_becomes_a_silence_that_is_changed_extended_and_ended(home: Home, tmp_path: Path, server: Server) -> None:
    home.config(CONFIG.format(url=server.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("4 firing")
        screen.keys("/")
        screen.type("instance=~web-[01]")
        screen.wait("/ instance=~web-[01]")
        screen.keys("Enter")
        screen.wait("2 of 4 firing shown")
        screen.keys("F")
        preview = screen.wait("hushes 2 of 4 alerts at am now")
        assert preview.count("CRITICAL HighErrorRate · web-") == 2
        typed(screen, "deploy 47", "Enter")
        screen.wait("Make this silence?")
        assert amtool(server, "silence", "query") == []
        press_until((screen,), "y", lambda: "Make this" not in screen.text, "the box to take the y")
        wait_until(lambda: hushed(server) == ["web-0", "web-1"], 10, "amtool to see what the preview showed")
        assert (the_silence(server)["createdBy"], the_silence(server)["comment"]) == ("Ana", "deploy 47")

        screen.keys("S")
        screen.wait("● active   ◆ ")
        screen.wait("1 active, 1 ends within the hour")
        screen.wait("Hushes 2 alerts now")
        screen.keys("s")
        screen.wait("Change the silence at am")
        screen.type("90d")
        screen.wait("a silence lasts 2 d at most here")
        screen.keys("C-u")
        typed(screen, "3h", "Enter", "Enter")
        screen.wait("Change this silence?")
        first = the_silence(server)["id"]
        press_until((screen,), "y", lambda: "Change this" not in screen.text, "the box to take the y")
        wait_until(lambda: left(server) > timedelta(hours=2, minutes=55), 10, "the later end")
        assert the_silence(server)["id"] == first, "an end that moves makes no other silence"
        screen.wait_gone("within the hour")

        screen.keys("+")
        screen.wait("Let it last longer")
        screen.keys("Enter")
        screen.wait("Extend this silence?")
        press_until((screen,), "y", lambda: "Extend this" not in screen.text, "the box to take the y")
        wait_until(lambda: left(server) > timedelta(hours=3, minutes=55), 10, "the end that was put off")

        screen.keys("u")
        screen.wait("2 alerts can ring again at once:")
        press_until((screen,), "y", lambda: "End this" not in screen.text, "the box to take the y")
        wait_until(lambda: hushed(server) == [], 10, "amtool to see that it has ended")
        screen.wait("· expired")
        screen.keys("Escape")
        screen.wait("2 of 4 firing shown")


def test_one_that_somebody_ends_meanwhile_is_said_and_what_was_typed_is_not_lost(
    home: Home, tmp_path: Path, server: Server
) -> None:
    made = server.silence("planned", who="Bo", minutes=50, instance="db-1")
    home.config(CONFIG.format(url=server.url))
    with tmux(COCKPIT, home.env, tmp_path, 80, 24) as screen:
        screen.wait("3 firing")
        screen.keys("S")
        screen.wait("● active   ◆ ")
        screen.keys("s")
        screen.wait("Change the silence at am")
        typed(screen, "2h", "Enter", "Enter")
        screen.wait("Change this silence?")
        server.call("DELETE", f"/api/v2/silence/{made}")
        wait_until(lambda: hushed(server) == [], 10, "the end of Bo's silence")
        screen.wait("· expired")
        press_until((screen,), "y", lambda: "It has ended meanwhile" in screen.text, "the box that says so")
        assert "Make this silence?" in screen.text
        assert hushed(server) == []
        press_until((screen,), "y", lambda: "Make this" not in screen.text, "the box to take the y")
        wait_until(lambda: hushed(server) == ["db-1"], 10, "the silence that was made anew")
        assert (the_silence(server)["createdBy"], the_silence(server)["comment"]) == ("Ana", "planned")
        assert left(server) > timedelta(hours=1, minutes=55)


def test_one_until_resolved_ends_when_what_it_hushes_has_resolved(home: Home, tmp_path: Path, server: Server) -> None:
    home.config(CONFIG.format(url=server.url))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("4 firing")
        screen.keys("G")
        screen.wait("DiskFull · db-1")
        screen.keys("s")
        screen.wait("Silence at am")
        typed(screen, "new disk")
        screen.keys("Up", "C-u")
        typed(screen, "resolved", "Enter", "Enter")
        screen.wait("what it hushes has resolved")
        press_until((screen,), "y", lambda: "Make this" not in screen.text, "the box to take the y")
        wait_until(lambda: hushed(server) == ["db-1"], 10, "amtool to see it")
        screen.keys("S")
        screen.wait("resolved")
        server.resolve(DISK)
        wait_until(lambda: amtool(server, "silence", "query") == [], 20, "the end of the silence")
