"""Somebody types a command and at once what is to be done in the screen that it opens: a slow line brings it in one piece."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
"""


def at_once(screen: Tmux, command: str, *keys: str) -> None:
    """All of it in one write to the terminal."""
    screen.call("send-keys", "-t", "0", *(":", *command, "Enter"), *keys)


def test_keys_typed_behind_a_command_reach_what_it_opens_and_close_nothing_unseen(home: Home, tmp_path: Path) -> None:
    home.config(CONFIG)
    for title in ("web is down", "db is full", "mail is late"):
        assert home.run("incident", "open", title).returncode == 0
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("Nothing firing")
        at_once(screen, "incidents", "m", "a", "i", "l", "Down", "Up")
        screen.wait("i3 mail is late")
        screen.wait_gone("i1 web is down")
        screen.keys("Escape")
        screen.wait_gone("Incidents")
        at_once(screen, "help", "j", "j", "j")
        screen.wait("First row")
        screen.wait_gone("Next row")
        screen.keys("Escape")
        screen.wait_gone("First row")
        at_once(screen, "incident i1", "k", "c", "j")
        screen.wait("not taken, typed before this could be seen: c and 1 more")
        assert "Close i1?" not in screen.text
        screen.keys("c")
        screen.wait("Close i1?")
        assert home.json("incident", "list")[0]["status"] == "open"
