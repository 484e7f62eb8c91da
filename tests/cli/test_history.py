"""What was run for an alert before, from the command line."""

from __future__ import annotations

from pathlib import Path

from support.watched import Watched

PATIENT = """
[runbooks.shrug]
match = "trap=backup"
helps_within = "1ms"
changes = "shrugs"
steps = [{ run = ["true"] }]
[runbooks.see]
match = "trap=backup"
steps = [{ run = ["true"] }]
"""


def test_it_says_who_ran_what_for_an_alert_and_whether_that_helped(tmp_path: Path) -> None:
    watched = Watched(tmp_path, PATIENT)
    watched.run("beat", "nightly")
    watched.empty()
    assert watched.run("runs", "--alert", "backup").stdout == "Nothing was ever run for backup.\n"
    assert watched.run("run", "shrug", "--alert", "backup", "--yes").returncode == 0
    assert watched.run("run", "see", "--alert", "backup").returncode == 0
    assert watched.run("run", "make", "--alert", "backup", "--yes").returncode == 0
    watched.run("run", "look", "what=x")  # for no alert
    assert watched.run("alerts").stdout == "All clear.\n"
    toil = {each["what"]: each for each in watched.json("report")["toil"]}
    watched.config("broken = [")  # nor is a config needed
    mended, saw, shrugged = watched.json("runs", "--alert", "backup")
    assert [mended[key] for key in ("runbook", "who", "state", "alert", "helped")] == [
        "make",
        "ana",
        "confirmed",
        "backup",
        "helped",
    ]
    assert mended["over_at"] is not None
    assert [shrugged[key] for key in ("runbook", "helped")] == ["shrug", "not helped"]
    assert (saw["runbook"], saw["helped"]) == ("see", None), "what changes nothing cannot have helped"
    assert [toil["see"][key] for key in ("times", "helped", "not_helped", "unknown")] == [1, 0, 0, 0]
    lines = watched.run("runs", "--alert", "local/backup").stdout.splitlines()
    assert lines[0].split() == ["Id", "At", "(local)", "Who", "What", "For", "State", "Took", "Helped"]
    assert "helped" in lines[1]
    assert lines[2].endswith("it only reads")
    assert lines[3].endswith("did not help")
    assert watched.json("runs", "--alert", "backup", "--limit", "1") == [mended]


def test_a_dry_run_is_no_run_for_it(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    watched.empty()
    watched.run("run", "make", "--alert", "backup", "--dry-run")
    assert watched.json("runs", "--alert", "backup") == []
