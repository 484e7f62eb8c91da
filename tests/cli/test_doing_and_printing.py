"""Who does something learns what became of it, whoever stops reading; and nothing typed can reach the terminal as a command."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from support.home import COCKPIT
from support.watched import Watched

MORE = """
[runbooks.fix]
changes = "repairs"
steps = [
  {{ run = ["seq", "3000"] }},
  {{ run = ["sh", "-c", "sleep 0.3; seq 3000; exec touch {home}/mended"] }},
]

[runbooks.breaks]
changes = "tries"
steps = [{{ run = ["sh", "-c", "seq 3000; sleep 0.3; seq 3000; touch {home}/mended; exit 7"] }}]
"""


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    home = tmp_path / "home"
    home.mkdir()
    return Watched(home, MORE.format(home=home))


def doing(home: Watched, *words: str, stdout: int) -> subprocess.Popen[str]:
    """A command with its standard output elsewhere."""
    return subprocess.Popen(
        (*COCKPIT, *words), env={**os.environ, **home.env}, cwd=home.path, stdin=subprocess.DEVNULL, stdout=stdout,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


@pytest.mark.parametrize(("book", "status", "state"), [("fix", 0, "confirmed"), ("breaks", 1, "failed")])
def test_a_run_is_done_to_its_end_though_nobody_reads_on(watched: Watched, book: str, status: int, state: str) -> None:  # safety 11
    with doing(watched, "run", book, "--yes", stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        assert command.stdout.readline() == f"{book}\n"
        command.stdout.close()  # as `head` does
        assert command.stderr is not None
        assert command.stderr.read() == ""
        assert command.wait(30) == status
    assert (watched.path / "mended").exists()
    assert [run["state"] for run in watched.json("runs")] == [state]


@pytest.mark.parametrize(("book", "status"), [("fix", 0), ("breaks", 1)])
def test_a_run_is_done_to_its_end_where_nothing_can_be_written(watched: Watched, book: str, status: int) -> None:  # safety 11
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with doing(watched, "run", book, "--yes", stdout=full) as command:
            assert command.stderr is not None
            assert command.stderr.read() == "cockpit: what was done could not be told: No space left on device\n"
            assert command.wait(30) == status
    finally:
        os.close(full)
    assert (watched.path / "mended").exists()


def test_a_failed_deed_is_no_success_because_nobody_reads(watched: Watched) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        for words, status in ((("run", "breaks"), 2), (("run", "breaks", "--yes"), 1), (("runs",), 0)):
            with doing(watched, *words, stdout=write_end) as command:
                command.communicate(timeout=30)
                assert command.returncode == status, words
    finally:
        os.close(write_end)


TITLE = "\x1b]52;c;aGk=\x07\x9b2J"


def test_nothing_typed_reaches_the_terminal_as_a_command(watched: Watched) -> None:  # safety 1
    for words in (
        ("silence", "alertname=x", "--source", TITLE), ("alerts", f"--{TITLE}"), ("runs", TITLE), (TITLE,),
        ("runs", "--limit", TITLE), ("run", TITLE), ("ack", TITLE), ("trap", "check", TITLE), ("beat", TITLE),
        ("alerts", f"a=~{TITLE}("), ("login", TITLE), ("oncall", "--at", TITLE), ("--config", TITLE, "check"),
    ):  # fmt: skip
        done = watched.run(*words)
        assert not {"\x1b", "\x07", "\x9b"} & set(done.stdout + done.stderr), words
        assert done.stdout + done.stderr


def test_an_environment_variable_has_a_name_that_one_can_have(watched: Watched) -> None:
    for name in ("A\\u001b]0;t\\u0007B", "A=B", "", "1A", "A B"):
        watched.config(f'[runbooks.x]\nsteps = [{{ run = ["true"], env = {{ "{name}" = "x" }} }}]\n')
        done = watched.run("check")
        assert done.returncode == 1
        assert "cannot be the name of an environment variable" in done.stdout
        assert "\x1b" not in done.stdout
        assert watched.run("run", "x").returncode == 1
    watched.config('[runbooks.x]\nsteps = [{ run = ["true"], env = { "_a1_B" = "x" } }]\n')
    assert watched.run("check").returncode == 0


def test_a_config_that_only_reads_takes_no_beat_and_a_broken_one_does(watched: Watched) -> None:
    watched.config("read_only = true\n")
    refused = watched.run("beat", "nightly")
    assert (refused.returncode, "read-only is on" in refused.stderr) == (1, True)
    assert not watched.state.exists() or b"nightly" not in (watched.state / "journal.sqlite").read_bytes()
    for broken in ("read_only = true\n[", "read_only = 'x'\n", "read_only = \udcff"):
        (watched.config_dir / "config.toml").write_bytes(os.fsencode(broken))
        assert watched.run("beat", "nightly").returncode == 0, broken
    assert watched.run("--config", str(watched.path), "beat", "nightly").returncode == 0, "a directory is no config"


@pytest.mark.parametrize("name", ["", "x" * 65, "a\x1b[2J", "a\u202eb", "a\nb"])
def test_a_beat_has_a_name_that_can_be_shown(watched: Watched, name: str) -> None:
    done = watched.run("beat", name)
    assert done.returncode == 2
    assert "cannot be a heartbeat's name" in done.stderr
    assert not {"\x1b", "\u202e"} & set(done.stderr)
    assert watched.run("beat", "x" * 64).returncode == 0
    watched.config(f'[traps.job]\nprobe = "heartbeat"\nname = {json.dumps(name)}\nwithin = "1h"\n')
    assert watched.run("check").returncode == 1, "a trap cannot wait for what cannot come"
