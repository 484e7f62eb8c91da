"""The demo in a real terminal, under strace: it opens no socket to anywhere, starts nothing, and writes in its own directory."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

from support.home import Home
from support.real import need, wait_until
from support.stories import press_until
from support.tmux import Tmux, tmux

CHANGES = (
    "creat", "unlink", "unlinkat", "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "symlink",
    "symlinkat", "truncate", "chmod", "fchmodat", "chown",
)  # fmt: skip
WATCHED = ",".join(("socket", "connect", "bind", "execve", "fork", "vfork", "clone", "clone3", "open", "openat", *CHANGES))
WRITES = re.compile(rf"O_WRONLY|O_RDWR|O_CREAT|\b(?:{'|'.join(CHANGES)})\(")
"""What changes a file, in a line of strace."""


def played(person: Tmux) -> None:
    """What a newcomer may do in the first minutes."""
    person.wait("DEMO")
    person.wait("HighErrorRate")
    person.keys("g", "a")
    person.wait("acked")
    person.keys("i")
    person.wait("Open an incident")
    person.keys("Enter", "Enter")
    person.wait("nobody leads")
    person.keys("Escape")
    person.wait_gone("nobody leads")
    person.keys("1")
    person.wait("run exactly this")
    press_until((person,), "y", lambda: "run exactly this" not in person.text, "the box to take the y")
    person.wait("rolled back")
    person.wait("exit 0")
    person.keys("Escape")
    person.wait_gone("exit 0")


def told(person: Tmux, words: str) -> None:
    """Say something on the command line."""
    person.keys(":")
    person.wait("tab lists every command")
    person.type(words)
    person.keys("Enter")


def driven(person: Tmux) -> None:
    """What one may do with time itself."""
    person.keys("p")
    person.wait("paused, at")
    person.keys("r")
    person.wait("this is a demo")
    person.keys(".")
    person.keys(">")
    told(person, "seek 03:18")
    person.wait("03:18:00")
    person.wait("storm: 42")
    person.keys("]", "p")
    person.wait("  at 2×")
    told(person, "seek end")
    person.wait("that was the night")
    person.keys("p")
    person.wait("a made-up night")


def everything(home: Path) -> set[str]:
    return {str(each) for each in home.rglob("*")}


def strange(log: Path, own: Path) -> list[str]:
    """The lines of strace that no demo may cause: beside what leads to the terminal and to its own directory."""
    found = []
    for line in log.read_text("utf-8", "replace").splitlines():
        call = line.split(maxsplit=1)[-1]
        if re.match(r"(socket|connect|bind)\(", call) and "AF_UNIX" not in call:
            found.append(line)
        if re.match(r"(fork|vfork)\(", call) or (call.startswith(("clone", "clone3")) and "CLONE_THREAD" not in call):
            found.append(line)
        paths = re.findall(r'"(/[^"]*)"', call)
        ours = all(path.startswith((str(own), "/dev/")) for path in paths)
        if WRITES.search(call) and paths and not ours and "O_RDONLY" not in call:
            found.append(line)
    return found


@pytest.mark.parametrize(("columns", "rows"), [(120, 40), (80, 24)])
def test_whatever_is_pressed_nothing_leaves_it(tmp_path: Path, columns: int, rows: int) -> None:
    need("strace")
    folder, own, log = tmp_path / "home", tmp_path / "own", tmp_path / "strace.log"
    folder.mkdir()
    own.mkdir()
    home = Home(folder)
    home.config('me = ["Zoe"]\n[sources.am]\nprovider = "alertmanager"\nurl = "http://127.0.0.1:9"\n')
    before = everything(folder)
    argv = ("strace", "-f", "-e", f"trace={WATCHED}", "-o", str(log), sys.executable, "-B", "-m", "cockpit", "--demo")
    with tmux(argv, {**home.env, "TMPDIR": str(own)}, tmp_path, columns, rows) as person:
        played(person)
        driven(person)
        assert len(os.listdir(own)) == 1
        person.keys("q")
        wait_until(lambda: person.ended, 30.0, "the demo to end")
    lines = log.read_text("utf-8", "replace")
    assert lines.count("execve(") == 1
    assert "AF_INET" not in lines
    assert strange(log, own) == []
    assert os.listdir(own) == []
    assert everything(folder) == before
