"""Runbooks from the command line: shown, confirmed, executed, looked back at."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import COCKPIT
from support.pty import Pty
from support.real import wait_until
from support.watched import Watched


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    (tmp_path / "home").mkdir()
    return Watched(tmp_path / "home")


def test_a_dry_run_shows_exactly_what_would_be_executed_and_executes_nothing(watched: Watched) -> None:
    watched.backup.write_text("")
    done = watched.run("run", "make", "--dry-run")
    assert done.returncode == 0
    assert """sh -c 'echo made > backup && echo "did $0"' it   (in """ in done.stdout
    assert "changes: writes a file" in done.stdout
    assert "nothing was executed" in done.stdout
    assert watched.backup.read_text() == ""
    assert watched.json("runs") == []


def test_what_changes_the_world_wants_yes(watched: Watched) -> None:
    watched.run("beat", "nightly")
    watched.empty()
    refused = watched.run("run", "make", "--alert", "backup")
    assert refused.returncode == 2
    assert "add --yes" in refused.stderr
    assert watched.run("run", "make", "--alert", "backup", "--confirm", "backup").returncode == 2
    assert watched.backup.read_text() == ""
    done = watched.run("run", "make", "--alert", "backup", "--yes")
    assert (done.returncode, "did it" in done.stdout.splitlines()) == (0, True), done
    assert watched.backup.read_text() == "made\n"
    assert watched.run("alerts").stdout == "All clear.\n", "the trap was looked at again, after the run"


BARE = """
[runbooks.bare]
changes = "writes {what}"
steps = [{ run = ["true", "{what}"] }]
[runbooks.bare-danger]
changes = "deletes"
confirm = "type"
steps = [{ run = ["true"] }]
"""


def test_what_it_changes_is_shown_filled_and_no_target_is_said_as_nothing(tmp_path: Path) -> None:
    watched = Watched(tmp_path, BARE)
    shown = watched.run("run", "bare", "what=x/filler", "--dry-run").stdout.splitlines()
    assert shown[:2] == ["bare", "changes: writes x/filler"]
    done = watched.run("run", "bare", "what=x", "--yes")
    assert done.stdout.splitlines()[-1] == "bare: done"
    (run,) = watched.json("runs")
    assert (run["target"], run["state"]) == ("", "confirmed")
    assert " done " in watched.run("runs").stdout
    refused = watched.run("run", "bare-danger", "--confirm", "")
    assert refused.returncode == 2
    assert "add --confirm bare-danger (it has no target: this is its own name)" in refused.stderr
    assert watched.run("run", "bare-danger", "--confirm", "bare-danger").returncode == 0


def test_a_run_for_an_alert_of_a_trap_without_a_place_is_on_that_trap(tmp_path: Path) -> None:
    check = '[traps.raid]\nprobe = "command"\nrun = ["/bin/sh", "-c", "echo down; exit 2"]\n'
    watched = Watched(tmp_path, check + BARE)
    wait_until(lambda: watched.stands("raid") == "tripped", what="the tripped trap")
    shown = watched.run("run", "bare", "what=x", "--alert", "raid", "--dry-run").stdout
    assert shown.splitlines()[0] == "bare on raid"


def test_what_is_dangerous_wants_its_target_named(watched: Watched) -> None:
    for words in ((), ("--yes",), ("--confirm", "web-2"), ("--yes", "--confirm", "")):
        refused = watched.run("run", "wipe", "host=web-1", *words)
        assert refused.returncode == 2, words
        assert "add --confirm web-1" in refused.stderr
    assert watched.json("runs") == []
    done = watched.run("run", "wipe", "host=web-1", "--confirm", "web-1")
    assert (done.returncode, "wiped web-1" in done.stdout.splitlines()) == (0, True)


FACTS = """
[runbooks.host]
params.place = { from = "label:place" }
params.size = { ask = { kind = "choice", choices = ["small", "large"] } }
steps = [{ run = ["true", "{place}", "{size}"] }]
"""


def test_what_is_missing_is_said_with_the_words_to_add(tmp_path: Path) -> None:
    watched = Watched(tmp_path, FACTS)
    watched.run("beat", "nightly")
    watched.empty()
    alone, there = watched.run("run", "host"), watched.run("run", "host", "--alert", "backup")
    assert "; add place=… (or --alert ID, whose label:place it is), size=… (small or large)\n" in alone.stderr
    assert "; add place=… (the alert has no label:place), size=… (small or large)\n" in there.stderr
    assert (alone.returncode, there.returncode) == (2, 2)


REFUSED: tuple[tuple[tuple[str, ...], int, str], ...] = (
    (("wips",), 2, "did you mean 'wipe'?"),
    (("look",), 2, "needs a value for what"),
    (("look", "x"), 2, "'x' is not KEY=VALUE"),
    (("look", "=x"), 2, "'=x' is not KEY=VALUE"),
    (("look", "what=x", "waht=y"), 1, "did you mean what?"),
    (("look", "what=-rf"), 1, "begins with -"),
    (("look", "what=a\nb"), 1, "line break"),
    (("wipe", "host=UP"), 1, "does not match"),
    (("look", "what=x", "--alert", "nope"), 1, "nope is not an alert now"),
    (("look", "what=x", "--dry"), 2, "--dry"),
)


def test_what_cannot_run_says_why(watched: Watched) -> None:  # safety 7
    for words, status, said in REFUSED:
        done = watched.run("run", *words)
        assert done.returncode == status, (words, done)
        assert said in done.stderr, (words, done)
        assert "Traceback" not in done.stderr
    assert watched.json("runs") == []


@pytest.mark.parametrize("value", ["$(touch canary); touch canary `touch canary`", "a b  'c\" d {what}", "\u202eevil 日本"])
def test_a_value_is_one_argument_whatever_is_in_it(watched: Watched, value: str) -> None:  # safety 6, 9
    done = watched.run("run", "look", f"what={value}")
    assert done.returncode == 0, done
    assert not (watched.path / "canary").exists()
    assert "\u202e" not in done.stdout
    run = watched.json("runs")[0]
    printed = Path(run["output_path"]).read_text("utf-8").splitlines()[-1]
    assert printed == f"looked at {value}".replace("\u202e", "⟨U+202E⟩")


def test_bytes_that_are_no_text_are_refused(watched: Watched) -> None:
    done = watched.run("run", "look", "what=\udcff")
    assert done.returncode == 2
    assert "not UTF-8" in done.stderr


def test_a_failure_is_told_with_its_status_and_its_output_is_kept(watched: Watched) -> None:
    done = watched.run("run", "fails")
    assert done.returncode == 1
    assert "exit status 7" in done.stdout
    assert "red" in done.stdout.splitlines(), "no colours into a pipe"
    assert "\x1b" not in done.stdout
    (run,) = watched.json("runs")
    wanted = ["id", "at", "who", "what", "target", "state", "exit_code", "seconds", "output_path", "reason", "url"]
    wanted += ["part_of", "targets", "step", "waits_for"]
    assert list(run) == wanted
    assert [run[key] for key in ("who", "what", "state", "exit_code")] == ["ana", "fails", "failed", 7]
    assert run["at"].endswith("+00:00")
    assert run["seconds"] > 0
    kept = watched.run("runs", "--output", run["id"])
    assert kept.returncode == 0
    assert "red" in kept.stdout.splitlines()
    assert watched.run("runs", "--output", "nope").returncode == 2


def test_colours_of_a_run_reach_a_terminal_unless_not_wanted(watched: Watched) -> None:
    for words, env, coloured in (((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False)):
        with Pty([*COCKPIT, "run", "fails", *words], env={**watched.env, **env}, cwd=watched.path) as terminal:
            assert terminal.wait_exit() == 1
            assert (b"\x1b[31m" in terminal.raw) is coloured, (words, env)


def test_runs_are_listed_newest_first_up_to_a_limit_without_any_config(watched: Watched) -> None:
    for value in "abc":
        watched.run("run", "look", f"what={value}")
    watched.config("broken = [")
    assert len(watched.json("runs")) == 3
    ids = [run["id"] for run in watched.json("runs")]
    assert [run["id"] for run in watched.json("runs", "--limit", "2")] == ids[:2]
    for value, run_id in zip("abc", reversed(ids), strict=True):
        assert f"looked at {value}" in watched.run("runs", "--output", run_id).stdout
    for wrong in ("0", "-1", "x", "10001", "9" * 5000):
        assert watched.run("runs", "--limit", wrong).returncode == 2


FOR_SOME = """
[people.bo]
name = "Bo"
[rosters.primary]
timezone = "UTC"
layers = [{ people = ["bo"], start = 2026-01-01T00:00:00, turn = "1 week" }]
[runbooks.theirs]
changes = "says so"
steps = [{ run = ["echo", "theirs"] }]
allow = ["roster:primary"]
[runbooks.mine]
steps = [{ run = ["echo", "mine"] }]
allow = ["ana"]
"""


def test_who_may_not_run_it_is_told_who_may_and_nothing_is_executed(tmp_path: Path) -> None:
    watched = Watched(tmp_path, FOR_SOME)
    for more in ((), ("--yes",)):
        refused = watched.run("run", "theirs", *more)
        assert refused.returncode == 1
        assert "theirs is not for you: whoever is on call at primary (Bo) may run it; nothing was executed" in refused.stderr
    assert watched.json("runs") == []
    assert watched.run("run", "theirs", "--dry-run").returncode == 0
    assert watched.run("run", "mine").stdout.splitlines()[-1] == "mine: done"
    (book,) = (each for each in watched.json("runbooks") if each["name"] == "theirs")
    assert (book["allow"], book["deny"]) == (["roster:primary"], [])


def test_how_a_run_failed_is_said_once(watched: Watched) -> None:
    said = watched.run("run", "fails").stdout
    assert said.count("step 1 of 1 ended with status 7") == 1, said
    assert said.splitlines()[-1] == "fails: failed (exit status 7)"
