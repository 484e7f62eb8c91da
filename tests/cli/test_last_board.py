"""The next start shows the last known board at once, marked old, and gives the terminal back whatever ends it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cockpit.ui import picture
from support.demo_pty import TESTS, visible
from support.home import COCKPIT, Home
from support.pty import CTRL_C, Pty

OLD = "LAST KNOWN BOARD"
CONFIG = """
[traps.backup]
probe = "file"
path = "/nonexistent/backup"
trip = "age_seconds > 26h"
"""
STUCK = """
import pathlib, signal
import cockpit.cli.run

def stuck(options):
    pathlib.Path("stuck").touch()
    signal.pause()

cockpit.cli.run._command = lambda name: stuck
raise SystemExit(cockpit.cli.main([]))
"""
OFTEN = """
import cockpit.ui.terminal
cockpit.ui.terminal.BOARD_EVERY = 0.0
import cockpit.cli
raise SystemExit(cockpit.cli.main([]))
"""
BROKEN = """
import cockpit.cli
from cockpit.app import Cockpit

def broken(app, mouse):
    raise RuntimeError("it cannot begin")

Cockpit.run = broken
raise SystemExit(cockpit.cli.main([]))
"""
BOARD = (sys.executable, "-m", "support.demo_board", "--still", "--rows", "60")


def opened(home: Home, *words: str, **changes: int) -> Pty:
    return Pty([*COCKPIT, *words], env={**home.env, "COCKPIT_CONFIG": None}, cwd=home.path, **changes)  # type: ignore[arg-type]


def live(t: Pty) -> None:
    """Wait for the board of now."""
    t.wait_until(lambda: "UTC" in t.display[0] and t.row_of("backup") >= 0, what="a live board")


def once(home: Home, *words: str) -> None:
    """Open the board and leave it."""
    home.config(CONFIG)
    with opened(home, *words) as t:
        live(t)
        t.send("q")
        assert t.wait_exit() == 0


def given_back(t: Pty) -> None:
    assert t.modes == set()
    assert t.termios_now == t.termios_before


def test_it_hangs_before_anything_that_takes_time_is_imported() -> None:
    code = (
        "import sys; before = set(sys.modules); import cockpit.cli, cockpit.ui.curtain; print(*sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"cockpit", "cockpit.cli", "cockpit.ui", "cockpit.ui.curtain", "cockpit.ui.picture"}
    assert set(done.stdout.split()) <= ours | {"__future__", "gc"}


def test_the_last_board_is_there_at_once_in_one_grey_and_the_live_one_takes_its_place(home: Home) -> None:
    once(home)
    with opened(home) as t:
        t.wait_for(OLD)
        hung = t.raw.partition(b"\x1b[?25l\x1b[?1004h")[0]
        assert b"backup" in hung
        assert len(set(re.findall(rb"\x1b\[([0-9;]+)m", hung))) == 2, "one look for what it shows, and one for its mark"
        live(t)
        assert t.row_of(OLD) < 0
        assert t.raw.count(b"\x1b[?1049h") == 1
        assert b"\x1b[2J" not in t.raw.replace(hung, b""), "nothing is wiped between the two"
        t.send("q")
        assert t.wait_exit() == 0
        given_back(t)


def test_the_first_start_of_all_shows_no_board_before_its_own(home: Home) -> None:
    home.config(CONFIG)
    with opened(home) as t:
        live(t)
        assert OLD.encode() not in t.raw


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda home: (home.state / picture.NAME).chmod(0o644), id="others may read it"),
        pytest.param(lambda home: (home.state / picture.NAME).write_text("\x1b[2J\x1b]0;owned\a"), id="planted"),
        pytest.param(lambda home: (home.state / picture.NAME).unlink(), id="gone"),
    ],
)
def test_without_a_picture_that_may_be_shown_the_start_is_as_ever(home: Home, change: Callable[[Home], object]) -> None:
    # safety 1, safety 21
    once(home)
    change(home)
    with opened(home) as t:
        live(t)
        assert OLD.encode() not in t.raw
        assert t.titles == []


def test_on_a_terminal_of_another_size_or_with_other_words_it_is_not_shown(home: Home) -> None:
    once(home)
    with opened(home, columns=100) as t:
        live(t)
        assert OLD.encode() not in t.raw
    with opened(home, "--read-only") as t:
        live(t)
        assert OLD.encode() not in t.raw


def test_what_is_wrong_with_the_config_is_told_on_the_terminals_own_screen(home: Home) -> None:
    once(home)
    home.config("traps = 7")
    with opened(home) as t:
        assert t.wait_exit() == 1
        assert OLD.encode() in t.raw
        given_back(t)
        assert OLD not in t.text
        assert "config.toml" in t.text


@pytest.mark.parametrize(
    ("end", "status"),
    [(signal.SIGTERM, 128 + signal.SIGTERM), (signal.SIGQUIT, 128 + signal.SIGQUIT), (CTRL_C, 130)],
    ids=["TERM", "QUIT", "ctrl+c"],
)
def test_whatever_ends_it_while_it_hangs_gives_the_terminal_back(home: Home, end: signal.Signals | str, status: int) -> None:
    # safety 26
    once(home)
    with Pty([sys.executable, "-c", STUCK], env={**home.env, "COCKPIT_CONFIG": None}, cwd=home.path) as t:
        t.wait_for(OLD)
        t.wait_until((home.path / "stuck").exists, what="the start to get stuck")
        if isinstance(end, str):
            t.send(end)
        else:
            t.signal(end)
        assert t.wait_exit() == status
        given_back(t)


def test_an_app_that_cannot_begin_gives_the_terminal_back_once_and_says_why(home: Home) -> None:  # safety 26
    once(home)
    with Pty([sys.executable, "-c", BROKEN], env={**home.env, "COCKPIT_CONFIG": None}, cwd=home.path) as t:
        assert t.wait_exit() == 1
        assert OLD.encode() in t.raw
        given_back(t)
        assert t.raw.count(b"\x1b[?1049l") == 1, "a second one would bring the cursor back over the reason"
        assert "it cannot begin" in t.text


def test_what_is_typed_while_it_hangs_is_not_echoed_and_reaches_the_board(tmp_path: Path) -> None:
    shown = [*BOARD, "--picture", str(tmp_path)]
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for("firing")
        t.send("q")
        assert t.wait_exit() == 0
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for(OLD)
        t.send("zzz?")
        t.wait_until(lambda: t.row_of("Previous pane") >= 0, what="the page that ? opens")
        assert b"zzz" not in t.raw


def test_after_it_the_board_looks_as_it_would_without(tmp_path: Path) -> None:
    shown = [*BOARD, "--picture", str(tmp_path)]
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for("firing")
        t.wait_quiet()
        alone = visible(t)
        t.send("jj")
        t.wait_until(lambda: visible(t) != alone, what="the cursor's move")
        t.send("q")
        assert t.wait_exit() == 0
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for(OLD)
        t.wait_until(lambda: visible(t) == alone, what="the same picture")
        t.wait_quiet()
        assert visible(t) == alone


def test_a_key_for_what_the_old_board_showed_does_nothing_to_what_the_new_one_shows(tmp_path: Path) -> None:
    shown = [*BOARD, "--picture", str(tmp_path)]
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for("firing")
        t.send("j")
        t.wait_quiet()
        t.send("q")
        assert t.wait_exit() == 0
    with Pty(shown, cwd=TESTS) as t:
        t.wait_for(OLD)
        t.send("a")
        t.wait_for("nothing was done")


def test_it_is_kept_now_and_then_while_the_board_stays_open(home: Home) -> None:
    home.config(CONFIG)
    with Pty([sys.executable, "-c", OFTEN], env={**home.env, "COCKPIT_CONFIG": None}, cwd=home.path) as t:
        live(t)
        kept = home.state / picture.NAME
        t.wait_until(kept.exists, what="the picture of a board that is still open")
        t.send("j")
        live(t)
        kept.unlink()
        t.wait_until(kept.exists, what="the next one")
        t.send("q")
        assert t.wait_exit() == 0
    with opened(home) as t:
        t.wait_until(lambda: OLD in t.text or "UTC" in t.display[0], what="a start that can read it")
        live(t)
        t.send("q")
        assert t.wait_exit() == 0
