"""A job that reports with ``cockpit beat``: its trap trips when it stays away, and is content after the next beat."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.real import wait_until
from support.stories import trap
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
[traps.nightly]
probe = "heartbeat"
name = "nightly"
within = "6s"
grace = "1s"
every = "1s"
severity = "error"
"""


def test_a_job_that_stays_away_trips_and_its_next_beat_arms_the_trap_again(home: Home, tmp_path: Path) -> None:
    home.config(CONFIG)
    never = trap(home, "nightly")
    assert never["state"] == "blind", "what has never beaten is not known to be well"
    assert "cockpit beat nightly" in never["text"], "it says what to do"
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("1 blind")
        beaten = home.run("beat", "nightly")
        assert (beaten.returncode, beaten.stdout, beaten.stderr) == (0, "", ""), "quiet: it stands in a crontab"
        screen.wait("1 armed")
        screen.wait("1 tripped")
        assert "expected every 6 s" in screen.wait("ERR")
        late = trap(home, "nightly")
        assert late["state"] == "tripped"
        assert late["reading"]["age_seconds"] > 7
        assert [alert["name"] for alert in home.json("alerts")] == ["nightly"]
        assert home.run("beat", "nightly").returncode == 0
        screen.wait("1 armed")
        screen.wait("All clear")
        wait_until(lambda: home.json("alerts") == [], 10, "no alert in the listing")


def test_a_beat_of_another_name_changes_nothing(home: Home) -> None:
    home.config(CONFIG)
    assert home.run("beat", "weekly").returncode == 0
    assert trap(home, "nightly")["state"] == "blind"
    assert home.run("--read-only", "beat", "nightly").returncode == 1
    assert trap(home, "nightly")["state"] == "blind", "read-only writes nothing, not even a beat"
