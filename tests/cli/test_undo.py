"""A run is taken back from another cockpit than ran it: as it would have been then, once, and under the same checks."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.real import wait_until

BOOK = """
[runbooks.mark]
changes = "marks {it}"
target = "{it}"
params.it = { pattern = "[a-z]+" }

[[runbooks.mark.steps]]
run = ["sh", "-c", 'echo "$0" >> marks; echo "number $(wc -l < marks)"; test "$0" != bad', "{it}"]
cwd = "HERE"
capture.number = { regex = "number +([0-9]+)", pattern = "[0-9]+" }
continue_on_error = true
[runbooks.mark.steps.undo]
run = ["sh", "-c", 'echo "gone $0 $1" >> marks', "{it}", "{number}"]
cwd = "HERE"
"""


@pytest.fixture
def here(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.config('me = ["ana"]\npeople.ana.name = "Ana"\n' + BOOK.replace("HERE", str(tmp_path)))
    done = home.run("run", "mark", "it=web", "--yes")
    assert done.returncode == 0, done
    return home


def marks(home: Home) -> list[str]:
    return (home.path / "marks").read_text().splitlines()


def ran(home: Home) -> str:
    return str(home.json("runs")[-1]["id"])


def test_it_is_shown_and_wants_a_yes_and_is_done_once(here: Home) -> None:
    shown = here.run("run", "--undo", ran(here))
    assert (shown.returncode, marks(here)) == (2, ["web"])
    assert "undo mark on web, run by Ana as" in shown.stdout
    assert """sh -c 'echo "gone $0 $1" >> marks' web 1""" in shown.stdout, "what the step gave stands in it"
    assert "add --yes" in shown.stderr
    assert here.run("run", "--undo", ran(here), "--dry-run").returncode == 0
    done = here.run("run", "--undo", ran(here)[-6:], "--yes")
    assert (done.returncode, marks(here)) == (0, ["web", "gone web 1"]), done
    assert [each["what"] for each in here.json("runs")] == ["undo mark", "mark"]
    again = here.run("run", "--undo", ran(here), "--yes")
    assert again.returncode == 1
    assert "nothing was executed: it was undone already: " in again.stderr
    assert marks(here) == ["web", "gone web 1"]


def test_a_runbook_that_says_otherwise_by_now_undoes_nothing(here: Home) -> None:
    text = BOOK.replace("HERE", str(here.path))
    for changed in (text.replace("gone $0", "gone for good $0"), text.replace('changes = "marks {it}"', 'timeout = "5m"'), ""):
        here.config(changed)
        refused = here.run("run", "--undo", ran(here), "--yes")
        assert refused.returncode == 1, refused
        assert (
            "mark has changed since" if changed else "this cockpit has no runbook mark: it read its config at "
        ) in refused.stderr
        assert """sh -c 'echo "gone $0 $1" >> marks' web 1""" in refused.stderr, "what to do by hand"
    assert marks(here) == ["web"]


def test_read_only_stops_it_and_so_do_words_beside_it(here: Home) -> None:
    refused = here.run("run", "--undo", ran(here), "--yes", "--read-only")
    assert "read-only is on" in refused.stderr
    beside = here.run("run", "mark", "--undo", ran(here), "--yes")
    assert beside.returncode == 2
    assert "--undo is for what was run then" in beside.stderr
    assert marks(here) == ["web"]


def test_where_it_cannot_be_known_it_says_why(here: Home) -> None:
    here.run("run", "mark", "it=bad", "--yes")
    newest = here.json("runs")[0]["id"]
    refused = here.run("run", "--undo", newest, "--yes")
    assert refused.returncode == 1
    assert (
        "none of its steps that have an undo was done, or what they did could not be kept; as its preview had it" in refused.stderr
    )
    rehearsed = here.run("run", "mark", "it=web", "--dry-run")
    assert rehearsed.returncode == 0
    assert here.run("run", "--undo", "nothing").returncode == 2


SLOW = """
[runbooks.mark]
changes = "marks"

[[runbooks.mark.steps]]
run = ["true"]
undo = { run = ["sh", "-c", 'echo "$$" >> gone; test -e well || test ! -e slow || exec sleep 600; test -e well'], cwd = "HERE" }
"""
"""What takes it back goes wrong, or never ends where there is the file ``slow``, until there is the file ``well``."""


@pytest.fixture
def slow(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.config(SLOW.replace("HERE", str(tmp_path)))
    done = home.run("run", "mark", "--yes")
    assert done.returncode == 0, done
    return home


def begun(home: Home) -> list[int]:
    """The process of each time that it was begun to be taken back."""
    told = home.path / "gone"
    return [int(pid) for pid in told.read_text().split()] if told.exists() else []


def test_an_undo_that_failed_is_shown_as_that_and_can_be_begun_again(slow: Home) -> None:
    run = ran(slow)
    failed = slow.run("run", "--undo", run, "--yes")
    assert failed.returncode == 1
    undo = slow.json("runs")[0]
    assert (undo["what"], undo["state"]) == ("undo mark", "failed")
    shown = slow.run("run", "--undo", run)
    assert shown.returncode == 2, shown
    assert "'s undo of " in shown.stdout
    assert " UTC failed (step 1 of 1" in shown.stdout
    assert f"as {undo['id']}): look before you take it back." in shown.stdout
    again = slow.run("run", "--again", undo["id"], "--yes")
    assert again.returncode == 2
    assert f"where it did not, undo {run} again (u, or `cockpit run --undo {run}`)" in again.stderr
    (slow.path / "well").touch()
    assert slow.run("run", "--undo", run, "--yes").returncode == 0
    late = slow.run("run", "--undo", run, "--yes")
    assert late.returncode == 1
    assert "nothing was executed: it was undone already: " in late.stderr
    assert len(begun(slow)) == 2


def test_an_undo_whose_cockpit_was_killed_may_be_done_and_is_offered_with_that_word(slow: Home) -> None:  # safety 11, 25
    run = ran(slow)
    (slow.path / "slow").touch()
    command = subprocess.Popen(
        (*COCKPIT, "run", "--undo", run, "--yes"), env={**os.environ, **slow.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: begun(slow), 30, "the undo to begin")
        beside = slow.run("run", "--undo", run, "--yes")
        assert beside.returncode == 1
        assert "has been undoing it since " in beside.stderr
    finally:
        command.send_signal(signal.SIGKILL)
        command.wait()
    try:
        undo = slow.json("runs")[0]
        assert (undo["what"], undo["state"]) == ("undo mark", "outcome unknown")
        at_work = slow.run("run", "--undo", run, "--yes")
        assert at_work.returncode == 1
        assert "is still running since" in at_work.stderr, "its program outlived it"
    finally:
        for pid in begun(slow):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    shown = slow.run("run", "--undo", run)
    assert shown.returncode == 2, shown
    assert f"has an outcome that nobody knows (as {undo['id']}): look before you take it back." in shown.stdout
    assert len(begun(slow)) == 1, "nothing is done again by itself"
    (slow.path / "well").touch()
    assert slow.run("run", "--undo", run, "--yes").returncode == 0
    assert len(begun(slow)) == 2
    assert "it was undone already" in slow.run("run", "--undo", run, "--yes").stderr
