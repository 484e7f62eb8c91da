"""The cockpit is killed in the middle of a run: nobody may think it ended well, nobody may begin it again, the traps go on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.real import wait_until
from support.stories import CONFIRMS, confirm, entries, holder, runs_of, trap
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
[traps.queue]
probe = "file"
path = "{here}/queue"
min_bytes = 1
every = "1s"
severity = "error"
runbooks = ["refill"]

[runbooks.refill]
title = "Refill the queue"
changes = "writes to the queue"
timeout = "10m"
steps = [{{ run = ["sh", "{here}/refill.sh"] }}]
"""

REFILL = """
echo $$ >> {here}/started
echo the first half is done
exec sleep 600
"""


@pytest.fixture
def here(home: Home, tmp_path: Path) -> Iterator[Path]:
    """A place with a trap that has tripped, and a runbook that says who it is and never ends."""
    (tmp_path / "queue").touch()
    (tmp_path / "refill.sh").write_text(REFILL.format(here=tmp_path))
    home.config(CONFIG.format(here=tmp_path))
    try:
        yield tmp_path
    finally:
        for pid in started(tmp_path):
            with contextlib.suppress(ProcessLookupError):  # it has ended
                os.kill(pid, signal.SIGKILL)


def started(here: Path) -> list[int]:
    """The process of each time that the runbook was begun."""
    told = here / "started"
    return [int(pid) for pid in told.read_text().split()] if told.exists() else []


def unknown_and_not_repeated(home: Home, here: Path) -> None:
    """What everyone must see afterwards, on the command line and on a new screen."""
    (run,) = runs_of(home, "refill")
    assert (run["state"], run["exit_code"]) == ("outcome unknown", None)
    assert "the first half is done" in Path(run["output_path"]).read_text(), "what it had printed is kept"
    with tmux(COCKPIT, home.env, here) as screen:
        screen.wait("queue")
        screen.wait("1 tripped")
        wait_until(lambda: holder(home) == screen.pid, 20, "the new cockpit to look at the traps")
        screen.keys("R")
        screen.wait("Runs, times in UTC")
        screen.wait("outcome unknown")
        screen.keys("Enter")
        screen.wait("look before you do it again")
        assert len(started(here)) == 1, "nothing is run again by itself"
    assert len(entries(home, "run.uncertain")) == 1, "and it is written down once"
    assert len(started(here)) == 1


# safety 11, 25
def test_a_screen_killed_in_mid_run_leaves_an_unknown_outcome_and_its_traps_to_the_next(home: Home, here: Path) -> None:
    with tmux(COCKPIT, home.env, here) as screen:
        screen.wait("1 tripped")
        screen.keys("g", "1")
        screen.wait(CONFIRMS)
        confirm(screen)
        wait_until(lambda: started(here), 30, "the runbook to begin")
        screen.wait("the first half is done")
        (run,) = runs_of(home, "refill")
        assert run["state"] == "running", "while its cockpit lives, nobody else calls it lost"
        assert holder(home) == screen.pid
        os.kill(screen.pid, signal.SIGKILL)
        wait_until(lambda: screen.ended, 30, "the cockpit's end")
    unknown_and_not_repeated(home, here)


# safety 11, 25
def test_a_command_killed_in_mid_run_leaves_an_unknown_outcome(home: Home, here: Path) -> None:
    assert trap(home, "queue")["state"] == "tripped"
    command = subprocess.Popen(
        (*COCKPIT, "run", "refill", "--alert", "queue", "--yes"),
        env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: started(here), 30, "the runbook to begin")
        wait_until(lambda: runs_of(home, "refill")[0]["state"] == "running", 30, "the run in the list")
        second = home.run("run", "refill", "--alert", "queue", "--yes")
        assert second.returncode == 1
        assert "already" in second.stderr
    finally:
        command.kill()
        command.wait()
    unknown_and_not_repeated(home, here)
    (pid,) = started(here)
    os.kill(pid, signal.SIGKILL)
    again = subprocess.Popen(
        (*COCKPIT, "run", "refill", "--alert", "queue", "--yes"),
        env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: len(started(here)) == 2, 30, "a person may begin it again")
    finally:
        again.send_signal(signal.SIGINT)
        again.wait(30)
    assert [run["state"] for run in runs_of(home, "refill")] == ["cancelled", "outcome unknown"]
