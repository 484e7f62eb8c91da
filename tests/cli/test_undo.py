"""A run is taken back from another cockpit than ran it: as it would have been then, once, and under the same checks."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import Home

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
    home.config(BOOK.replace("HERE", str(tmp_path)))
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
    assert "undo mark on web, run by" in shown.stdout
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
        assert ("mark has changed since" if changed else "there is no runbook mark any more") in refused.stderr
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
