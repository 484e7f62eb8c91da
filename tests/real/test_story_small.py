"""Small terminals, none at all, and how the screen leaves one: nothing is lost, the terminal is given back, the status is true."""

from __future__ import annotations

import os
import re
import signal
import time
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pty import ENTER, ESC, Pty
from support.real import wait_until
from support.stories import holder, press_until
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

NAMES = ("ants", "bees", "cats", "dogs", "eels", "fish")

SHELL = 'echo before the cockpit; stty -a > before; "$@"; echo "ended with $?"; stty -a > after; exec sleep 1000'


def config() -> str:
    """Traps that have tripped, each on a file of its own that is not there."""
    return "".join(f'[traps.{name}]\nprobe = "file"\npath = "/nowhere/{name}"\nevery = "30s"\n' for name in NAMES)


def lives(pid: int) -> bool:
    """Whether this process runs: one that only waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def selected(screen: Tmux) -> str:
    """The trap whose alert is under the cursor; "" where no such row can be seen."""
    rows = [line for line in screen.text.splitlines() if line.startswith("▌")]
    return next((name for name in NAMES if rows and name in rows[0]), "")


def resize(screen: Tmux, columns: int, lines: int) -> None:
    screen.call("resize-window", "-x", str(columns), "-y", str(lines))


# safety 28
def test_every_size_is_usable_or_says_so_and_none_loses_the_selection(home: Home, tmp_path: Path) -> None:
    home.config(config())
    with tmux(COCKPIT, home.env, tmp_path, columns=80, rows=24) as screen:
        shown = screen.wait("6 firing")
        assert all(name in shown for name in NAMES)
        for folded in ("Traps", "Runbooks", "On call"):
            assert folded in shown, "the panes without room are a line each"
        screen.keys("g")
        press_until((screen,), "j", lambda: selected(screen) == "dogs", "the cursor on dogs")

        resize(screen, 40, 10)
        wait_until(lambda: "Alerts 6" in screen.text and selected(screen) == "dogs", 20, "the list at 40×10")
        screen.keys("Tab")
        screen.wait("no file matches /nowhere/dogs")
        screen.keys("BTab")
        wait_until(lambda: selected(screen) == "dogs", 20, "the list again")

        resize(screen, 20, 5)
        wait_until(lambda: len(screen.text.split("\n")[0]) <= 20 and "needs 40×10" in screen.text, 20, "a word at 20×5")
        assert len(screen.text.strip().splitlines()) == 1, "one line says so"
        resize(screen, 120, 40)
        wait_until(lambda: selected(screen) == "dogs", 20, "the cursor where it was at 120×40")

        for size in ((1, 1), (200, 60), (3, 90), (79, 23), (400, 2), (40, 10), (39, 9), (104, 26), (103, 25), (2, 1)) * 5:
            resize(screen, *size)
        resize(screen, 80, 24)
        wait_until(lambda: selected(screen) == "dogs", 20, "the cursor where it was after a storm")
        assert not screen.ended
        press_until((screen,), "k", lambda: selected(screen) not in ("dogs", ""), "a key's effect")


def test_without_colour_nothing_but_weight_and_glyphs_tell_them_apart(home: Home, tmp_path: Path) -> None:
    home.config(config())
    with Pty(COCKPIT, columns=80, lines=24, env={**home.env, "NO_COLOR": "1"}, cwd=tmp_path) as t:
        t.wait_for("6 firing", 60)
        t.send("j")
        t.send(ENTER)
        t.wait_for("What went wrong?")
        t.send("q")
        assert t.wait_exit() == 0
        painted = [found for found in re.findall(rb"\x1b\[([0-9;]*)m", t.raw) if paints(found)]
        assert painted == []


def paints(sgr: bytes) -> bool:
    """Whether an SGR sequence sets a colour."""
    return any(30 <= int(code or 0) <= 38 or 40 <= int(code or 0) <= 48 or 90 <= int(code or 0) <= 107 for code in sgr.split(b";"))


def test_a_locale_without_unicode_gets_ascii_alone(home: Home, tmp_path: Path) -> None:
    home.config(config())
    env = {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with Pty(COCKPIT, columns=80, lines=24, env={**home.env, **env}, cwd=tmp_path) as t:
        t.wait_for("6 firing", 60)
        t.send("?")
        t.wait_for("Half a page down")
        t.send(ESC)
        t.wait_gone("Half a page down")
        t.send("q")
        assert t.wait_exit() == 0
        assert t.raw.isascii(), sorted(set(re.findall(r"[^\x00-\x7f]", t.raw.decode("utf-8", "replace"))))


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_terminal_that_cannot_is_told_so_with_status_2(home: Home, tmp_path: Path, term: str) -> None:
    with Pty(COCKPIT, env={**home.env, "TERM": term}, cwd=tmp_path) as t:
        assert t.wait_exit() == 2
        assert "cockpit alerts" in t.text, "it says what works instead"
        assert b"\x1b" not in t.raw


def test_no_terminal_is_told_with_status_2_and_the_commands_work_without(home: Home) -> None:
    done = home.run()
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr
    assert "cockpit alerts" in done.stderr
    assert done.stdout == ""
    home.config(config())
    listed = home.run("alerts", TERM="dumb")
    assert listed.returncode == 1
    assert all(name in listed.stdout for name in NAMES)
    assert "\x1b" not in listed.stdout


# safety 26
@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_ends_it_with_its_status_and_the_terminal_as_it_was(
    home: Home, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    home.config(config())
    with tmux(("sh", "-c", SHELL, "sh", *COCKPIT), home.env, tmp_path, columns=80, rows=24) as screen:
        screen.wait("6 firing")
        assert alternate(screen)
        (pid,) = Path(f"/proc/{screen.pid}/task/{screen.pid}/children").read_text().split()
        os.kill(int(pid), number)
        shown = screen.wait(f"ended with {status}")
        assert "before the cockpit" in shown, "the shell's own lines are back"
        assert "Traceback" not in shown
        assert not alternate(screen)
        wait_until(lambda: (tmp_path / "after").exists() and (tmp_path / "after").read_text(), 20, "stty")
        assert (tmp_path / "after").read_text() == (tmp_path / "before").read_text()
        assert screen.call("display-message", "-p", "-t", "0", "#{cursor_flag}").strip() == "1", "the cursor is seen again"


def alternate(screen: Tmux) -> bool:
    return screen.call("display-message", "-p", "-t", "0", "#{alternate_on}").strip() == "1"


# safety 26
@pytest.mark.parametrize("ignoring", [False, True], ids=["hup", "nohup"])
def test_a_terminal_that_is_gone_ends_it_within_seconds_and_gives_the_lease_back(
    home: Home, tmp_path: Path, ignoring: bool
) -> None:
    home.config(config())
    argv = ("sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *COCKPIT) if ignoring else COCKPIT
    with tmux(argv, home.env, tmp_path, columns=80, rows=24) as screen:
        screen.wait("6 firing")
        pid = screen.pid
        screen.call("kill-session")
        gone = time.monotonic()
        wait_until(lambda: not lives(pid), 10, "the process to end")
        assert time.monotonic() - gone < 5
    assert holder(home) == 0, "it left in good order: who comes next need not wait"
