"""Markdown runbooks on the command line: listed, checked, read, run."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.bookcase import BROKEN, ERRORS, URL, lay
from support.watched import Watched

RUNS = """---
title: Say {word}
match: trap=backup
params:
  word: {default: hello}
---
# Say it

```sh
echo "said $word"
```
"""


TWO = """---
title: Two
---
```sh
echo "the first"
```
```sh
echo "the second"
```
"""


@pytest.fixture
def home(tmp_path: Path) -> Watched:
    (tmp_path / "home").mkdir(mode=0o755)
    made = Watched(tmp_path / "home", f'\n[repositories.ops]\npath = "ops"\nurl = "{URL}"\n')
    ops = made.config_dir / "ops"
    lay(ops)
    (ops / "say.md").write_text(RUNS, "utf-8")
    return made


def test_they_stand_beside_the_others(home: Watched) -> None:
    listed = {book["name"]: book for book in home.json("runbooks")}
    assert {"make", "5xx", "db/failover", "say", "broken"} <= set(listed)
    assert listed["say"]["file"] == str(home.config_dir / "ops" / "say.md")
    assert listed["make"]["file"] is None
    text = home.run("runbooks").stdout
    assert "(only to be read)" in next(line for line in text.splitlines() if line.startswith("db/failover"))
    assert "cannot be run" in next(line for line in text.splitlines() if line.startswith("broken"))


def test_a_trap_names_one_and_the_alert_has_it(home: Watched) -> None:
    home.empty()
    offered = [book["name"] for book in home.json("runbooks", "--alert", "backup")]
    assert "say" in offered


def test_one_is_printed_for_reading(home: Watched) -> None:
    shown = home.run("runbooks", "--show", "5xx")
    assert shown.returncode == 0, shown
    assert "Too many 5xx\n" in shown.stdout
    assert "▶ look  sh" in shown.stdout
    assert "\x1b" not in shown.stdout
    (record,) = home.json("runbooks", "--show", "broken")
    assert (record["title"], record["url"]) == ("Broken", f"{URL}broken.md")
    wrong = home.run("runbooks", "--show", "db/failovr")
    assert wrong.returncode == 2
    assert "did you mean 'db/failover'?" in wrong.stderr


def test_check_lists_every_fault_with_its_line(home: Watched) -> None:
    checked = home.run("check")
    assert checked.returncode == 1
    assert f"{home.config_dir}/ops/broken.md:2: titel: unknown key 'titel' (did you mean title?)" in checked.stdout
    (fault,) = home.json("check")
    assert (fault["line"], fault["key"]) == (2, "titel")
    (home.config_dir / "ops" / "broken.md").unlink()
    fine = home.run("check")
    assert fine.returncode == 0
    own, books = len(home.json("runbooks")) - 4, 4
    assert f"{own + books} runbooks" in fine.stdout, "Markdown runbooks are counted, too"


def test_doctor_looks_at_them(home: Watched) -> None:
    found = {each["check"]: each for each in home.json("doctor")}
    assert found["repository ops"]["ok"] is False
    assert "did you mean title?" in found["repository ops"]["detail"]
    (home.config_dir / "ops" / "broken.md").unlink()
    found = {each["check"]: each for each in home.json("doctor")}
    assert found["repository ops"]["detail"].startswith("4 runbooks in ")


def test_one_is_run_and_what_cannot_be_says_why(home: Watched) -> None:
    done = home.run("run", "say", "word=moin")
    assert done.returncode == 0, done
    assert "said moin" in done.stdout
    assert "titel" in home.run("run", "broken").stderr
    only = home.run("run", "db/failover")
    assert only.returncode == 1
    assert "can only be read" in only.stderr
    asked = home.run("run", "5xx", "host=web-3")
    assert asked.returncode == 2
    assert "nothing was executed" in asked.stderr


def test_one_begins_with_the_step_that_is_said(home: Watched) -> None:
    (home.config_dir / "ops" / "two.md").write_text(TWO, "utf-8")
    shown = home.run("run", "two", "--from", "2", "--dry-run")
    assert "It begins with step 2: step 1 is left out." in shown.stdout
    assert "left out: the run begins behind it" in shown.stdout
    done = home.run("run", "two", "--from", "2")
    assert done.returncode == 0, done
    lines = done.stdout.splitlines()
    assert "the second" in lines
    assert "the first" not in lines
    assert "step 1 of 2 is left out: the run begins behind it" in lines
    again = home.run("run", "--again", home.json("runs")[0]["id"])
    assert again.returncode == 0, again
    assert "the first" not in again.stdout.splitlines()
    wrong = home.run("run", "two", "--from", "3")
    assert wrong.returncode == 1
    assert "there is no step 3 to begin with: it has 2" in wrong.stderr


def test_what_anyone_may_write_is_not_run(home: Watched) -> None:  # safety 21
    (home.config_dir / "ops" / "say.md").chmod(0o666)
    refused = home.run("run", "say")
    assert refused.returncode == 2
    assert "there is no runbook 'say'" in refused.stderr
    assert "can be changed by anyone" in home.run("check").stdout


def test_those_beside_the_config_are_read_without_being_named(home: Watched) -> None:
    (home.config_dir / "runbooks").mkdir(mode=0o755)
    (home.config_dir / "runbooks" / "own.md").write_text(ERRORS, "utf-8")
    assert "own" in [book["name"] for book in home.json("runbooks")]
    assert BROKEN in (home.config_dir / "ops" / "broken.md").read_text("utf-8")
