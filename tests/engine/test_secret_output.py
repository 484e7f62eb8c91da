"""Secrets that the config refers to are in no output of a run: while the cockpit is there, and after it was killed."""

from __future__ import annotations

import base64
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from support.home import COCKPIT, Home
from support.pty import Pty
from support.real import wait_until

CANARY = "hunter2-canary/&x"
CONFIG = """
[sources.am]
provider = "alertmanager"
url = "http://127.0.0.1:1"
auth.bearer = "env:AM_TOKEN"

[sources.pd]
provider = "alertmanager"
url = "http://127.0.0.1:1"
auth.bearer = "file:{here}/token"

[runbooks.tell]
steps = [{{ run = ["sh", "-c", '''cat {here}/token {here}/env {here}/token''', "{{what}}"] }}]
params.what = {{ default = "x" }}

[runbooks.fix]
changes = "repairs"
steps = [{{ run = ["sh", "-c", '''echo $$ > {here}/pid; while [ ! -e {here}/go ]; do sleep 0.02; done
  cat {here}/token; head -c 8 {here}/env; sleep 0.1; tail -c +9 {here}/env; echo; echo the end; touch {here}/done'''] }}]
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    home.config(CONFIG.format(here=tmp_path))
    (tmp_path / "token").write_text("file-canary-4711\n")
    (tmp_path / "token").chmod(0o600)
    (tmp_path / "env").write_text(CANARY + "\n")
    home.env |= {"AM_TOKEN": CANARY, "COCKPIT_TEST_PLACE": str(tmp_path)}
    return home


GOES_ON = """
[sources.am]
provider = "alertmanager"
url = "http://127.0.0.1:1"
auth.bearer = "env:AM_TOKEN"

[runbooks.serve]
changes = "serves"
steps = [
  {{ run = ["sh", "{here}/serving"], background = true, keep = true }},
  {{ ask = "Which password?", into = "password", kind = "secret" }},
  {{ script = 'printf "%s" "$password" > {here}/said; until [ -s {here}/first ]; do sleep 0.02; done' }},
]
"""
SERVING = """cd {here}; echo before; echo > first; until [ -e go ]; do sleep 0.02; done
head -c 8 env; sleep 0.1; tail -c +9 env; cat said; echo; printf ana: | cat - said | base64; base64 env
echo the end; touch done
"""


def end_all(home: Home) -> None:
    """Whatever the test began."""
    for one in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if one.environ().get("COCKPIT_TEST_PLACE") == str(home.path):
                one.kill()


def kept(home: Home) -> str:
    return "".join(file.read_text() for file in (home.state / "runs").glob("*.log"))


def test_no_secret_of_the_config_is_printed_or_kept(home: Home) -> None:  # safety 22
    done = home.run("run", "tell")
    assert done.returncode == 0, done
    assert done.stdout.count("***") >= 3
    assert "canary" not in done.stdout + done.stderr + kept(home)


def test_what_goes_on_after_its_run_goes_on_in_the_file_without_secrets(home: Home) -> None:  # safety 22
    """Also without the one that a person said when the program had long begun."""
    home.config(GOES_ON.format(here=home.path))
    (home.path / "serving").write_text(SERVING.format(here=home.path))
    try:
        with Pty([*COCKPIT, "run", "serve", "--yes"], env=home.env) as terminal:
            terminal.wait_for("Which password?", 30)
            terminal.send("said-by-canary\r")
            assert terminal.wait_exit(30) == 0
        assert "before" in kept(home)
        assert "the end" not in kept(home)
        (home.path / "go").touch()
        wait_until((home.path / "done").exists, 30, "its end")
        wait_until(lambda: "the end" in kept(home), 30, "what it printed")
        after = kept(home).partition("the run has ended here")[2]
        assert after.count("***") == 4, after
        assert "canary" not in kept(home)
        assert "said" not in after
        assert base64.b64encode(b"canary")[:8].decode() not in after
    finally:
        end_all(home)


def test_nor_what_is_printed_after_the_cockpit_was_killed(home: Home) -> None:  # safety 22
    command = subprocess.Popen(
        (*COCKPIT, "run", "fix", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: (home.path / "pid").exists() and kept(home), 30, "the run to begin")
        command.kill()
        command.wait()
        (home.path / "go").touch()
        wait_until((home.path / "done").exists, 30, "its end")
        wait_until(lambda: "the end" in kept(home).partition("was killed here")[2], 30, "what it printed")
        after = kept(home).partition("was killed here")[2]
        assert after.count("***") == 2, after
        assert "canary" not in kept(home)
    finally:
        end_all(home)


def test_a_secret_is_in_no_process_list_on_its_way_to_the_listener(home: Home) -> None:  # safety 22
    command = subprocess.Popen(
        (*COCKPIT, "run", "fix", "--yes"), env={**os.environ, **home.env},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_until(lambda: (home.path / "pid").exists(), 30, "the run to begin")
        for one in psutil.process_iter():
            with suppress(psutil.Error):
                assert not any("canary" in word for word in one.cmdline())
        listener = next(each for each in psutil.Process(command.pid).children() if "listener.py" in " ".join(each.cmdline()))
        assert "canary" not in str(listener.environ())
    finally:
        (home.path / "go").touch()
        command.wait(30)


def test_what_runs_printed_can_be_searched(home: Home) -> None:
    home.run("run", "tell")
    found = home.run("runs", "--grep", "$ SH -c")
    assert found.returncode == 0
    assert "tell on no target: done" in found.stdout
    assert "      1  $ sh -c" in found.stdout
    (record,) = home.json("runs", "--grep", "sh -c")
    assert record["lines"][0]["line"] == 1
    assert record["lines"][0]["text"].startswith("$ sh -c")
    nothing = home.run("runs", "--grep", "no such thing")
    assert nothing.returncode == 1
    assert "No run that is kept has printed that." in nothing.stdout
