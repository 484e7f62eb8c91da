"""What was run before, once more, from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.watched import CONFIG, Watched


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    made = Watched(tmp_path)
    made.run("beat", "nightly")
    return made


def test_it_is_run_again_with_the_same_values_for_the_same_alert(watched: Watched) -> None:
    watched.empty()
    assert watched.run("run", "make", "--alert", "backup", "file=other", "--yes").returncode == 0
    (first,) = watched.json("runs")
    gone = watched.run("run", "--again", first["id"], "--yes")
    assert (gone.returncode, "is not an alert any more" in gone.stderr) == (1, True), gone
    assert "Without it: cockpit run make file=other" in gone.stderr
    watched.empty()
    asked = watched.run("run", "--again", first["id"])
    assert (asked.returncode, "add --yes" in asked.stderr) == (2, True), "it is confirmed as ever"
    done = watched.run("run", "--again", first["id"], "--yes")
    assert done.returncode == 0, done
    assert [each["runbook"] for each in watched.json("runs", "--alert", "backup")] == ["make", "make"]
    assert watched.backup.read_text() == "made\n"


def test_the_end_of_an_id_is_enough_and_where_it_may_be_several_they_are_named(watched: Watched) -> None:
    for word in ("one", "two"):
        assert watched.run("run", "look", f"what={word}").returncode == 0
    two, one = (each["id"] for each in watched.json("runs"))
    told = watched.run("runs", "--output", one[-6:])
    assert (told.returncode, told.stdout) == (0, watched.run("runs", "--output", one).stdout), told
    assert "one" in told.stdout
    assert "one" in watched.run("run", "--again", one[-6:]).stdout
    unclear = watched.run("runs", "--output", one[:4])
    assert unclear.returncode == 2
    assert all(each in unclear.stderr for each in (one, two)), "the candidates"
    assert "write more of the id" in unclear.stderr
    assert "there is no run nope" in watched.run("runs", "--output", "nope").stderr


def test_where_the_runbook_changed_it_says_what_differs_and_does_nothing(watched: Watched) -> None:
    watched.run("run", "wipe", "host=web-1", "--confirm", "web-1")
    (first,) = watched.json("runs")
    watched.config(CONFIG.format(home=watched.path).replace('["echo", "wiped", "{host}"]', '["echo", "burnt", "{host}"]'))
    rehearsed = watched.run("run", "--again", first["id"], "--dry-run")
    assert rehearsed.returncode == 0
    refused = watched.run("run", "--again", first["id"], "--confirm", "web-1")
    assert refused.returncode == 1
    for done in (rehearsed, refused):
        assert "  1. then: echo wiped web-1" in done.stdout, done
        assert "  1. now : echo burnt web-1" in done.stdout, done
    assert "As it would be now: cockpit run wipe host=web-1" in refused.stderr
    assert len(watched.json("runs")) == 1
    other = watched.run("run", "--again", first["id"], "host=web-2", "--confirm", "web-2")
    assert "burnt web-2" in other.stdout.splitlines(), "another value is meant to be another run"


def test_the_same_steps_for_another_target_are_not_the_same(watched: Watched) -> None:
    watched.run("run", "wipe", "host=web-1", "--confirm", "web-1")
    (first,) = watched.json("runs")
    watched.config(CONFIG.format(home=watched.path).replace('target = "{host}"', 'target = "all like {host}"'))
    refused = watched.run("run", "--again", first["id"], "--confirm", "all like web-1")
    assert refused.returncode == 1
    assert "  on then: web-1" in refused.stdout
    assert "  on now : 'all like web-1'" in refused.stdout
    assert "that is not what was run then: nothing was executed" in refused.stderr
    assert len(watched.json("runs")) == 1


def test_what_cannot_be_run_again_says_why(watched: Watched) -> None:
    watched.empty()
    watched.run("ack", "backup")
    (acked,) = watched.json("runs")
    for words, said in (
        (("--again", "nope"), "there is no run nope"),
        (("--again", acked["id"]), "was no runbook"),
        (("--again", acked["id"], "--alert", "backup"), "leave --alert out"),
        (("--again", "nope", "x"), "there is no run nope"),
    ):
        done = watched.run("run", *words)
        assert done.returncode != 0
        assert said in done.stderr, (words, done)
