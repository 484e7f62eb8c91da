"""A cockpit is killed in the middle of a run: another one offers the way back of what is known to have been done, with the word
that nobody knows of the step that was under way."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.home import COCKPIT, Home
from support.real import wait_until
from support.tmux import tmux

BOOK = """
[runbooks.move]
changes = "moves"
params.what.default = "x"
{more}
[[runbooks.move.steps]]
run = ["sh", "-c", 'echo "did $0" >> log; echo "slot 7"', "{{what}}"]
cwd = "{here}"
capture = {{ slot = {{ regex = "slot (.)", pattern = "[0-9]" }} }}
undo = {{ run = ["sh", "-c", 'echo "back $0 $1" >> log', "{{what}}", "{{slot}}"], cwd = "{here}" }}
[[runbooks.move.steps]]
run = ["sh", "-c", "echo switched >> log"]
cwd = "{here}"
undo = {{ run = ["sh", "-c", "echo unswitched >> log"], cwd = "{here}" }}
[[runbooks.move.steps]]
name = "slowly"
run = ["sh", "-c", "echo began >> log; while [ ! -e go ]; do sleep 0.02; done; {last}"]
cwd = "{here}"
{undo}
"""
UNDO = """undo = {{ run = ["sh", "-c", "echo unbegan >> log"], cwd = "{here}" }}"""


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    home.env["COCKPIT_TEST_PLACE"] = str(tmp_path)
    try:
        yield home
    finally:
        for one in psutil.process_iter():
            with suppress(psutil.Error, ProcessLookupError):
                if one.environ().get("COCKPIT_TEST_PLACE") == str(tmp_path):
                    one.kill()


def written(home: Home, *, undo: str = "", last: str = "true", more: str = "") -> None:
    """The runbook of the test; its last step lasts until it may go on."""
    home.config(BOOK.format(here=home.path, undo=undo.format(here=home.path), last=last, more=more))


def log(home: Home) -> list[str]:
    """What was done, in order."""
    return (home.path / "log").read_text().splitlines() if (home.path / "log").exists() else []


def killed(home: Home) -> str:
    """The id of a run whose cockpit is killed in its last step, which is over since."""
    command = subprocess.Popen(
        (*COCKPIT, "run", "move", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_until(lambda: "began" in log(home), 30, "its last step")
    command.send_signal(signal.SIGKILL)
    command.wait()
    (run,) = home.json("runs")
    assert run["state"] == "outcome unknown"
    told: str = run["id"]
    at_work = home.run("run", "--undo", told, "--yes")
    assert at_work.returncode == 1, "its program goes on"
    assert "move is still running since" in at_work.stderr
    (home.path / "go").touch()
    wait_until(lambda: "still running" not in home.run("run", "--undo", told).stderr, 30, "the end of its program")
    return told


def test_what_was_done_before_is_taken_back_and_of_the_last_step_nobody_knows(home: Home) -> None:  # safety 11, 25
    written(home)
    run = killed(home)
    shown = home.run("run", "--undo", run)
    assert "add --yes" in shown.stderr
    said = " ".join(shown.stdout.split())
    assert "Its cockpit was killed: nobody knows whether step 3 of 3 (slowly) was done, or half done, nor anything after it" in said
    assert "look before you take it back" in said
    assert log(home) == ["did x", "switched", "began"], "it was only shown"
    assert home.run("run", "--undo", run, "--yes").returncode == 0
    assert log(home)[3:] == ["unswitched", "back x 7"]
    again = home.run("run", "--undo", run, "--yes")
    assert again.returncode == 1
    assert "it was undone already" in again.stderr
    assert len(log(home)) == 5


def test_the_last_step_is_taken_back_too_where_it_has_a_way_back(home: Home) -> None:
    written(home, undo=UNDO)
    run = killed(home)
    assert home.run("run", "--undo", run, "--yes").returncode == 0
    assert log(home)[3:] == ["unbegan", "unswitched", "back x 7"]


def test_a_runbook_that_says_otherwise_by_now_undoes_nothing(home: Home) -> None:
    written(home)
    run = killed(home)
    config = home.config_dir / "config.toml"
    config.write_text(config.read_text().replace("echo unswitched", "echo otherwise"))
    refused = home.run("run", "--undo", run, "--yes")
    assert refused.returncode == 1
    assert "move has changed since" in refused.stderr
    assert len(log(home)) == 3


def test_what_needed_a_secret_is_said_to_be_lost_and_the_secret_is_kept_nowhere(home: Home) -> None:  # safety 22
    written(home, more='params.key.ask = { kind = "secret", text = "Which key?" }\n')
    config = home.config_dir / "config.toml"
    config.write_text(config.read_text().replace('"echo switched >> log"]', '"echo switched >> log"]\nenv = { KEY = "{key}" }'))
    with tmux((*COCKPIT, "run", "move", "--yes"), home.env, home.path) as screen:
        screen.wait("Which key?")
        screen.type("hunter2-hunter2")
        screen.keys("Enter")
        wait_until(lambda: "began" in log(home), 30, "its last step")
        os.kill(screen.pid, signal.SIGKILL)
    (home.path / "go").touch()
    (run,) = home.json("runs")
    wait_until(lambda: "still running" not in home.run("run", "--undo", run["id"]).stderr, 30, "the end of its program")
    refused = home.run("run", "--undo", run["id"], "--yes")
    assert refused.returncode == 1
    said = " ".join(refused.stderr.split())
    assert "its cockpit was killed: nobody knows whether step 3 of 3 (slowly) was done" in said
    assert "needs secrets, which are kept nowhere" in said
    assert not [file for file in home.state.rglob("*") if file.is_file() and b"hunter2" in file.read_bytes()]


def test_one_killed_while_it_takes_things_back_by_itself_says_that(home: Home) -> None:
    written(home, last="exit 3")
    config = home.config_dir / "config.toml"
    slow = "echo unswitching >> log; while [ ! -e on ]; do sleep 0.02; done; echo unswitched >> log"
    config.write_text(config.read_text().replace("echo unswitched >> log", slow))
    with tmux((*COCKPIT, "run", "move", "--yes"), home.env, home.path) as screen:
        wait_until(lambda: "began" in log(home), 30, "its last step")
        (home.path / "go").touch()
        screen.wait("Undo ", 30)
        screen.type("y")
        screen.keys("Enter")
        wait_until(lambda: "unswitching" in log(home), 30, "its first undo")
        os.kill(screen.pid, signal.SIGKILL)
    (home.path / "on").touch()
    (run,) = home.json("runs")
    wait_until(lambda: "still running" not in home.run("run", "--undo", run["id"]).stderr, 30, "the end of its program")
    shown = " ".join(home.run("run", "--undo", run["id"]).stdout.split())
    assert "nobody knows whether the undo of step 2 was done, or half done, nor anything after it" in shown
    assert "back" in shown


def test_an_interrupted_step_whose_undo_was_under_way_is_taken_back_once_more_and_not_twice(home: Home) -> None:  # safety 11, 25
    slow = "echo unbeginning >> log; while [ ! -e on ]; do sleep 0.02; done; echo unbegan >> log"
    written(home, undo=f'timeout = "1s"\n{UNDO.replace("echo unbegan >> log", slow)}')
    with tmux((*COCKPIT, "run", "move", "--yes"), home.env, home.path) as screen:
        screen.wait("Undo step 3 (interrupted: it may be half done), step 2, step 1?", 30)
        screen.type("y")
        screen.keys("Enter")
        wait_until(lambda: "unbeginning" in log(home), 30, "its first undo")
        os.kill(screen.pid, signal.SIGKILL)
    (home.path / "on").touch()
    (run,) = home.json("runs")
    wait_until(lambda: "still running" not in home.run("run", "--undo", run["id"]).stderr, 30, "the end of its program")
    before = log(home)
    assert home.run("run", "--undo", run["id"]).stdout.count("echo unbegan") == 1, "it is shown once"
    assert home.run("run", "--undo", run["id"], "--yes").returncode == 0
    assert log(home)[len(before) :] == ["unbeginning", "unbegan", "unswitched", "back x 7"]


def test_a_run_that_took_all_back_by_itself_has_no_way_back(home: Home) -> None:
    written(home, last="exit 3")
    (home.path / "go").touch()
    with tmux((*COCKPIT, "run", "move", "--yes"), home.env, home.path) as screen:
        screen.wait("Undo ", 30)
        screen.type("y")
        screen.keys("Enter")
        wait_until(lambda: log(home)[-1:] == ["back x 7"], 30, "all to be taken back")
        wait_until(lambda: home.json("runs")[0]["state"] == "failed", 30, "its end")
    (run,) = home.json("runs")
    refused = home.run("run", "--undo", run["id"], "--yes")
    assert refused.returncode == 1
    assert "killed" not in refused.stderr
    assert len(log(home)) == 5
