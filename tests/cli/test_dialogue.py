"""A run that waits for a person, at the terminal of a command; and what is left of it when the cockpit is killed there."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from support.home import Home
from support.pty import Pty
from support.real import wait_until

CANARY = "hunter2-sesame"  # a canary
CONFIG = """
[runbooks.fix]
changes = "repairs"
steps = [
  {{ {first} }},
  {{ script = 'echo "$it" > {here}/second' }},
]
params.it = {{ default = "x" }}

[people.ana]
name = "Ana"

[channels.siren]
kind = "command"
run = ["sh", "-c", "cat > /dev/null; echo paged >> {here}/paged; exec sleep 600"]
within = "10m"

[traps.up]
probe = "file"
path = "{here}/up"
must_exist = false
"""
KINDS = {
    "run": """run = ["sh", "-c", "echo up; sleep 600"]""",
    "script": """script = "echo up; sleep 600" """,
    "background": """run = ["sh", "-c", "echo up; sleep 600"], background = true }, { manual = "up" """,
    "http": """http = "http://127.0.0.1:PORT/up", method = "POST" """,
    "wait": """wait = "holds", trap = "up", until = "size_bytes > 0", timeout = "10m" """,
    "verb": """verb = "page", to = ["person:ana"], via = ["siren"], text = "up" """,
    "open": """open = "http://127.0.0.1/up" }, { manual = "look up" """,
    "retries": """run = ["sh", "-c", "echo up; exit 1"], idempotent = true, retries = 9, retry_after = "10m" """,
    "ask": """ask = "What is up?", into = "what" """,
    "pick": """pick = "What is up?", into = "what", choices = ["a", "b"] """,
    "manual": """manual = "look up" """,
    "interactive": """interactive = ["sh", "-c", "echo up; sleep 600"]""",
    "undo": """run = ["true"], undo = { run = ["touch", "HERE/undone"] } }, { run = ["sh", "-c", "echo up; false"] """,
}


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


@contextmanager
def command(home: Home, *words: str) -> Iterator[Pty]:
    with Pty((sys.executable, "-m", "cockpit", *words), env={**home.env, "PATH": os.environ["PATH"]}) as pty:
        yield pty


def everything(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file() and file.name != "config.toml")


def states(home: Home) -> list[str]:
    """Of all runs; that of a verb is one of its own."""
    return [run["state"] for run in home.json("runs")]


@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle_of_any_kind_of_step_it_is_unknown_and_nothing_is_done_again(
    home: Home, kind: str
) -> None:  # safety 11
    silent = socket.create_server(("127.0.0.1", 0))  # it takes the connection, and never answers
    first = KINDS[kind].replace("HERE", str(home.path)).replace("PORT", str(silent.getsockname()[1]))
    home.config(CONFIG.format(first=first, here=home.path))
    paged = home.path / "paged"
    with silent, command(home, "run", "fix", "--yes") as pty:
        pty.wait_for("up", 30)
        if kind == "verb":
            wait_until(paged.exists, 30, "the page to be under way")
        if kind == "undo":
            pty.wait_for("yes or no?", 30)
        wait_until(lambda: "running" in states(home), 30, "the run to be under way")
        pty.process.kill()
        for _ in range(2):
            assert set(states(home)) == {"outcome unknown"}
    assert not (home.path / "second").exists()
    assert not (home.path / "undone").exists()
    assert not paged.exists() or paged.read_text() == "paged\n", "what a verb sent is not sent again"


def test_questions_are_asked_and_answered_at_the_terminal(home: Home) -> None:
    first = (
        """ask = "How many?", into = "n", kind = "number", max = 5 }, { pick = "Which?", into = "w", choices = ["red", "green"] """
    )
    home.config(CONFIG.format(first=first, here=home.path).replace('"$it"', '"$n $w"'))
    with command(home, "run", "fix", "--yes") as pty:
        pty.wait_for("n: ", 30)
        pty.send("9\r")
        pty.wait_for("5 is the most")
        pty.send("4\r")
        pty.wait_for("or the words:")
        pty.send("2\r")
        assert pty.wait_exit(30) == 0
    assert (home.path / "second").read_text() == "4 green\n"
    entries = everything(home.state)
    assert b"How many?" in entries, "who answered what is journalled"


def test_a_secret_is_not_echoed_and_kept_nowhere(home: Home) -> None:  # safety 22
    first = """ask = "Password?", into = "pw", kind = "secret" """
    home.config(CONFIG.format(first=first, here=home.path).replace('echo "$it" >', 'echo "$pw"; echo ${{#pw}} >'.format()))
    with command(home, "run", "fix", "--yes") as pty:
        pty.wait_for("(not shown)", 30)
        pty.send(CANARY + "\r")
        assert pty.wait_exit(30) == 0
        assert CANARY.encode() not in pty.raw
    assert (home.path / "second").read_text() == f"{len(CANARY)}\n"
    assert CANARY.encode() not in everything(home.state)


def test_the_end_of_the_input_ends_the_run(home: Home) -> None:
    home.config(CONFIG.format(first=KINDS["manual"], here=home.path))
    with command(home, "run", "fix", "--yes") as pty:
        pty.wait_for("once it is done", 30)
        assert [run["waits_for"] for run in home.json("runs")] == ["look up"]
        pty.send("\x04")
        assert pty.wait_exit(30) == 1
    (run,) = home.json("runs")
    assert run["state"] == "cancelled"
    assert not (home.path / "second").exists()


def test_a_program_gets_the_terminal_and_the_run_its_status(home: Home) -> None:
    code = "read -p name? x; stty -echo; echo hello $x; exit 3"
    home.config(CONFIG.format(first=f"interactive = {json.dumps(['bash', '-c', code])}", here=home.path))
    with command(home, "run", "fix", "--yes") as pty:
        pty.wait_for("name?", 30)
        pty.send("Bo\r")
        pty.wait_for("hello Bo")
        assert pty.wait_exit(30) == 1
    (run,) = home.json("runs")
    assert (run["state"], run["exit_code"]) == ("failed", 3)


@pytest.mark.parametrize("kind", ["ask", "pick", "manual", "interactive"])
def test_without_a_terminal_it_says_so_before_anything_is_done(home: Home, kind: str) -> None:
    """Else the first step would be done, and the run would break off at the second."""
    first = f"""run = ["touch", "{home.path}/first"] }}, {{ {KINDS[kind]} """
    home.config(CONFIG.format(first=first, here=home.path))
    done = home.run("run", "fix", "--yes")
    assert done.returncode == 1
    assert "step 2 of 3 waits for a person, and there is nobody to ask: nothing was executed" in done.stderr
    assert not (home.path / "first").exists()
    assert home.json("runs") == []


def test_a_step_for_a_person_that_is_not_done_needs_none(home: Home) -> None:
    home.config(CONFIG.format(first=KINDS["manual"] + """, when = "it == 'y'" """, here=home.path))
    done = home.run("run", "fix", "--yes")
    assert (done.returncode, (home.path / "second").read_text()) == (0, "x\n"), done


ASKED = """
[runbooks.scale]
changes = "scales"
params.count = {{ ask = {{ text = "How many?", kind = "number", max = 5 }}, default = "3" }}
params.colour = {{ ask = {{ kind = "choice", choices_from = ["printf", "red\\\\ngreen\\\\n"] }} }}
params.pw = {{ ask = {{ kind = "secret" }} }}
steps = [{{ script = 'echo "$count $colour ${{#pw}}" > {here}/second; echo "$pw"' }}]
"""


def test_what_a_runbook_needs_is_asked_for_before_the_preview(home: Home) -> None:
    home.config(ASKED.format(here=home.path))
    with command(home, "run", "scale", "--yes") as pty:
        pty.wait_for("How many?", 30)
        pty.send("9\r")
        pty.wait_for("5 is the most")
        pty.send("\r")  # what is proposed
        pty.wait_for("1 to 2, or the words")
        pty.send("green\r")
        pty.wait_for("(not shown)")
        pty.send(CANARY + "\r")
        assert pty.wait_exit(30) == 0
        assert CANARY.encode() not in pty.raw
        assert "changes: scales" in pty.text
    assert (home.path / "second").read_text() == f"3 green {len(CANARY)}\n"
    assert CANARY.encode() not in everything(home.state)


def test_without_a_terminal_values_are_words_and_a_secret_is_read_or_named(home: Home) -> None:  # safety 22
    home.config(ASKED.format(here=home.path))
    needs = home.run("run", "scale", "--yes")
    how = "add count=…, colour=…, pw=@- (the secret, from standard input)"
    said = f"cockpit: scale cannot run: needs a value for count and colour and pw; {how}\n"
    assert (needs.returncode, needs.stderr) == (2, said)
    words = ("run", "scale", "--yes", "count=2", "colour=red")
    refused = home.run(*words, f"pw={CANARY}")
    assert refused.returncode == 2
    assert "pw=@- reads it from standard input" in refused.stderr
    assert CANARY not in refused.stderr
    assert not (home.path / "second").exists()
    read = home.run(*words, "pw=@-", stdin=CANARY + "\n")
    assert read.returncode == 0, read.stderr
    named = home.run(*words, "pw=@env:MY_PASSWORD", MY_PASSWORD=CANARY)
    assert named.returncode == 0, named.stderr
    assert CANARY not in read.stdout + named.stdout
    unset = home.run(*words, "pw=@env:NO_SUCH")
    assert (unset.returncode, "too short for a secret" in unset.stderr) == (2, True)
    assert CANARY.encode() not in everything(home.state)
