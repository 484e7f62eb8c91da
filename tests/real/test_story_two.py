"""Two cockpits on one machine: one looks, both see; both act, and one wins."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.real import wait_until
from support.stories import CONFIRMS, entries, holder, press_until, runs_of, settled, trap
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
[traps.backup]
probe = "file"
path = "{here}/backup"
every = "1s"
severity = "error"
runbooks = ["make-backup"]

[runbooks.make-backup]
title = "Make the backup now"
changes = "writes a backup"
steps = [
  {{ run = ["sh", "-c", "echo one >> {here}/count; while ! [ -e {here}/go ]; do sleep 0.1; done; touch {here}/backup"] }},
]
"""

TOLD = " already"
"""Is in every sentence that refuses what is under way."""

SECONDS = 15.0
"""What passes from one cockpit to the other must be there within this: seconds, on a loaded machine."""


def count(here: Path) -> int:
    told = here / "count"
    return len(told.read_text().splitlines()) if told.exists() else 0


def within(screen: Tmux, text: str, since: float) -> None:
    screen.wait(text)
    assert time.monotonic() - since < SECONDS, f"{text} came after {time.monotonic() - since:.0f} s"


# safety 25
def test_two_cockpits_share_traps_acks_and_runs_and_one_outlives_the_other(home: Home, tmp_path: Path) -> None:
    home.config(CONFIG.format(here=tmp_path))
    (tmp_path / "backup").touch()
    with tmux(COCKPIT, home.env, tmp_path) as one:
        one.wait("1 armed")
        with tmux(COCKPIT, home.env, tmp_path) as two:
            two.wait("1 armed")
            (tmp_path / "backup").unlink()
            since = time.monotonic()
            for screen in (one, two):
                within(screen, "1 tripped", since)
                within(screen, "ERR", since)
            assert len(entries(home, "trap.tripped")) == 1, "one of them looks, and writes it down once"

            two.keys("g", "a")
            since = time.monotonic()
            within(two, "1 acked", since)
            within(one, "1 acked", since)
            one.keys("g", "u")
            since = time.monotonic()
            within(one, "1 firing", since)
            within(two, "1 firing", since)

            both_confirm(one, two)
            wait_until(lambda: TOLD in one.text + two.text, 30, "the other to be told")
            wait_until(lambda: count(tmp_path), 30, "one of them to run it")
            winner = one if TOLD in two.text else two
            winner.wait("make-backup")
            (tmp_path / "go").touch()
            assert settled(home, "make-backup")["state"] == "confirmed"
            assert len(runs_of(home, "make-backup")) == 1
            assert count(tmp_path) == 1
            for screen in (one, two):
                screen.keys("Escape")
                screen.wait("All clear")

            keeper, other = (one, two) if one.pid == holder(home) else (two, one)
            assert holder(home) == keeper.pid
            os.kill(keeper.pid, signal.SIGKILL)
            wait_until(lambda: holder(home) == other.pid, 30, "the other to take over")
            (tmp_path / "backup").unlink()
            other.wait("1 tripped")
            assert trap(home, "backup")["state"] == "tripped"


def both_confirm(one: Tmux, two: Tmux) -> None:
    """The same key on the same alert, and ``y`` in both, as near to each other as two hands can."""
    both = (one, two)
    for screen in both:
        screen.keys("1")
    for screen in both:
        screen.wait(CONFIRMS)
    press_until(both, "y", lambda: all(CONFIRMS not in screen.text for screen in both), "both boxes to take the y")
