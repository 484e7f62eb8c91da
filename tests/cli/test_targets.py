"""A runbook for several alerts at once, from the command line."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from support.home import COCKPIT
from support.real import wait_until
from support.watched import Watched

TRAP = """
[traps.{name}]
probe = "command"
run = ["/bin/sh", "-c", "echo down; exit 2"]
"""
BOOK = """
[runbooks.mend]
match = "trap=~web-.*"
changes = "mends {{it}}"
target = "{{it}}"
{more}
steps = [{{ run = ["/bin/sh", "{script}", "{{it}}"], cwd = "{home}" }}]
params.it = {{ from = "alert:name" }}
"""
SCRIPT = """
echo "mending $1"
echo "$1" >> done
test ! -e "slow-$1" || exec sleep 300
test ! -e "broken-$1"
"""
WEBS = ("web-1", "web-2", "web-3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mend.sh").write_text(SCRIPT)
    return tmp_path


def street(folder: Path, more: str = "") -> Watched:
    """Three alerts that the runbook is for, and one that it is not."""
    traps = "".join(TRAP.format(name=name) for name in (*WEBS, "db-1"))
    made = Watched(folder, traps + BOOK.format(more=more, script=folder / "mend.sh", home=folder))
    wait_until(lambda: all(made.stands(name) == "tripped" for name in (*WEBS, "db-1")), what="the tripped traps")
    return made


def done(folder: Path) -> list[str]:
    place = folder / "done"
    return place.read_text().split() if place.exists() else []


def every(*names: str) -> list[str]:
    return [word for name in names for word in ("--alert", name)]


def table(text: str) -> dict[str, str]:
    """The rest of the line of each target in the table of results, which the sentence on all of it follows."""
    rows = text[text.rindex("Target") :].splitlines()[1:-1]
    return {row.split()[0]: " ".join(row.split()[1:]) for row in rows}


def test_every_target_is_shown_exactly_and_what_is_left_out_is_named(folder: Path) -> None:
    watched = street(folder)
    shown = watched.run("run", "mend", *every("web-1", "web-2", "db-1", "web-1"), "--dry-run")
    assert shown.returncode == 0
    for name in ("web-1", "web-2"):
        assert f"mend on {name}\nchanges: mends {name}\n  /bin/sh {folder}/mend.sh {name}" in shown.stdout
    assert "left out: db-1" in shown.stdout
    assert "mend is not for it" in shown.stdout
    assert "2 targets: one after the other; stops at the first that fails" in shown.stdout
    refused = watched.run("run", "mend", "--match", "trap=~web-.*")
    assert (refused.returncode, done(folder), watched.json("runs")) == (2, [], [])
    assert "add --yes" in refused.stderr


def test_all_that_a_filter_matches_are_done_each_as_a_run_of_its_own(folder: Path) -> None:
    watched = street(folder, "parallel = 3")
    came = watched.run("run", "mend", "--match", "trap=~web-.*", "--yes")
    assert came.returncode == 0, came
    assert sorted(done(folder)) == sorted(WEBS)
    assert {name: said.split()[0] for name, said in table(came.stdout).items()} == dict.fromkeys(WEBS, "done")
    assert "web-2 | mending web-2" in came.stdout
    assert sorted((run["target"], run["state"]) for run in watched.json("runs") if run["part_of"]) == [
        (name, "confirmed") for name in WEBS
    ]


def test_the_first_is_the_canary_and_the_others_wait_for_it(folder: Path) -> None:
    watched = street(folder, "parallel = 3\ncanary = true")
    (folder / "broken-web-2").touch()
    came = watched.run("run", "mend", *every("web-2", "web-1", "web-3"), "--yes")
    assert (came.returncode, done(folder)) == (1, ["web-2"])
    rows = table(came.stdout)
    assert rows["web-2"].startswith("failed ")
    assert rows["web-1"] == rows["web-3"] == "not begun"
    assert "2 not begun (web-2 did not succeed)" in came.stdout
    (folder / "broken-web-2").unlink()
    assert watched.run("run", "mend", *every("web-2", "web-1", "web-3"), "--yes").returncode == 0


@pytest.mark.parametrize(("more", "wanted"), [("", ["web-1", "web-2"]), ('on_failure = "continue"', list(WEBS))])
def test_a_failure_ends_it_or_not_as_the_runbook_says(folder: Path, more: str, wanted: list[str]) -> None:
    watched = street(folder, more)
    (folder / "broken-web-2").touch()
    came = watched.run("run", "mend", *every(*WEBS), "--yes")
    assert (came.returncode, done(folder)) == (1, wanted)


def test_what_is_dangerous_wants_the_number_of_targets(folder: Path) -> None:
    watched = street(folder, 'confirm = "type"')
    refused = watched.run("run", "mend", *every("web-1", "web-2"), "--confirm", "web-1")
    assert (refused.returncode, done(folder)) == (2, [])
    assert "--confirm '2 targets'" in refused.stderr
    assert watched.run("run", "mend", *every("web-1", "web-2"), "--confirm", "2 targets").returncode == 0


def test_without_a_terminal_nothing_is_begun_where_a_step_waits_for_a_person(folder: Path) -> None:
    watched = street(folder)
    config = watched.path / ".config" / "cockpit" / "config.toml"
    config.write_text(
        config.read_text().replace('''steps = [{ run = ["/bin/sh"''', '''steps = [{ manual = "look" }, { run = ["/bin/sh"''')
    )
    refused = watched.run("run", "mend", *every("web-1", "web-2"), "--yes")
    assert (refused.returncode, done(folder), watched.json("runs")) == (1, [], []), refused
    assert "step 1 of 2 waits for a person, and there is nobody to ask: nothing was executed" in refused.stderr


def test_who_may_not_run_it_runs_it_for_none(folder: Path) -> None:
    watched = street(folder, 'allow = ["bo"]')
    refused = watched.run("run", "mend", *every("web-1", "web-2"), "--yes")
    assert (refused.returncode, done(folder), "bo may run it" in refused.stderr) == (1, [], True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_ended_in_the_middle_no_target_is_begun_any_more_and_none_twice(folder: Path, number: signal.Signals) -> None:
    watched = street(folder)  # safety 11, 25
    (folder / "slow-web-2").touch()
    child = subprocess.Popen(
        [*COCKPIT, "run", "mend", *every(*WEBS), "--yes"], env={**os.environ, **watched.env}, cwd=folder, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_until(lambda: done(folder) == ["web-1", "web-2"], what="the second target")
    child.send_signal(number)
    child.communicate(timeout=60)
    states = {run["target"]: run["state"] for run in watched.json("runs") if run["part_of"]}
    ended = "cancelled" if number == signal.SIGINT else "outcome unknown"
    assert states == {"web-1": "confirmed", "web-2": ended}
    assert done(folder) == ["web-1", "web-2"]
    for left in (
        run for run in watched.json("runs") if run["state"] == "outcome unknown" and run["part_of"]
    ):  # what goes on is ours to end
        again = watched.run("run", "mend", "--alert", left["target"], "--yes")
        found = re.search(r"kill -- -(\d+)", again.stderr)
        assert found is not None, "it is not begun beside what still runs"
        os.killpg(int(found[1]), signal.SIGKILL)


def test_one_entry_opens_into_its_targets(folder: Path) -> None:
    watched = street(folder, "parallel = 2")
    (folder / "broken-web-2").touch()
    came = watched.run("run", "mend", *every("web-2", "web-1", "web-3"), "--parallel", "1", "--yes")
    assert came.returncode == 1
    listed = watched.run("runs").stdout.splitlines()
    assert len(listed) == 2, "a head, and one entry"
    assert "3 targets: web-2, web-1, web-3" in listed[1]
    whole = next(run for run in watched.json("runs") if run["targets"])
    assert (whole["targets"], whole["state"]) == (["web-2", "web-1", "web-3"], "failed")
    assert whole["reason"] == "0 of 3 targets done; 1 failed; 2 not begun (web-2 did not succeed)"
    opened = watched.run("runs", "--targets", whole["id"])
    rows = {row.split()[0]: row.split()[1:] for row in opened.stdout.splitlines()[2:-1]}
    assert (rows["web-2"][0], rows["web-1"], rows["web-3"]) == ("failed", ["not", "begun"], ["not", "begun"])
    printed = watched.run("runs", "--output", f"{whole['id']}.1")
    assert "mending web-2" in printed.stdout
    assert watched.run("runs", "--targets", f"{whole['id']}.1").returncode == 2


def test_what_the_runbook_says_of_their_order_is_said_otherwise_for_once(folder: Path) -> None:
    watched = street(folder, "parallel = 3")
    shown = watched.run("run", "mend", *every(*WEBS), "--dry-run", "--canary", "--parallel", "2", "--on-failure", "continue")
    assert "the first alone, the others only if it succeeds; 2 at a time; goes on whatever fails" in shown.stdout
    (folder / "broken-web-1").touch()
    came = watched.run("run", "mend", *every(*WEBS), "--yes", "--canary")
    assert (came.returncode, done(folder)) == (1, ["web-1"])
    (folder / "done").unlink()
    (folder / "broken-web-1").unlink()
    came = watched.run("run", "mend", *every(*WEBS), "--yes", "--canary", "ask")
    assert (came.returncode, done(folder)) == (1, []), "nobody can be asked whether to go on: the first is not begun either"
    assert "there is nobody to ask: nothing was executed" in came.stderr
    assert watched.run("run", "mend", "--alert", "web-1", "--yes").returncode == 0


def test_a_secret_is_said_once_for_all_targets_and_kept_nowhere(folder: Path) -> None:
    watched = street(folder, 'params.word = { ask = { kind = "secret" } }')
    config = watched.config_dir / "config.toml"
    text = config.read_text()
    config.write_text(text.replace('cwd = "', 'env = { WORD = "{word}" }, cwd = "'))
    (folder / "mend.sh").write_text('test "$WORD" = s3cret-canary && echo "$1 knows $WORD" && echo "$1" >> done\n')
    watched.env["THE_WORD"] = "s3cret-canary"
    came = watched.run("run", "mend", *every(*WEBS), "word=@env:THE_WORD", "--parallel", "2", "--yes")
    assert came.returncode == 0, came
    assert sorted(done(folder)) == sorted(WEBS)
    assert "s3cret-canary" not in came.stdout + came.stderr
    kept = [path for path in folder.rglob("*") if path.is_file() and b"s3cret-canary" in path.read_bytes()]
    assert kept == [folder / "mend.sh"]
