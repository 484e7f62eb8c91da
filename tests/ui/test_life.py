"""The life of the process: whatever ends it, the terminal is given back, the rest is closed, and the exit status is true."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from textual.app import App

from cockpit.ui.life import terminal_problem
from cockpit.ui.terminal import TerminalEdge
from support.pty import PAGE_DOWN, PAGE_UP, Pty
from support.real import wait_until

TESTS = Path(__file__).parents[1]
DEMO = (sys.executable, "-m", "support.demo_screen", "--ansi")


def demo(*options: str, closed: Path | None = None, before: tuple[str, ...] = ()) -> Pty:
    argv = [*before, *DEMO, *options, *(("--closed", str(closed)) if closed else ())]
    return Pty(argv, columns=90, lines=24, cwd=TESTS)


def assert_given_back(t: Pty) -> None:
    assert t.modes == set()
    assert t.termios_now == t.termios_before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_a_signal_gives_the_terminal_back_closes_the_rest_and_shows_in_the_status(number: signal.Signals, tmp_path: Path) -> None:
    # safety 26
    closed = tmp_path / "closed"
    with demo(closed=closed) as t:
        t.wait_for("A0000005")
        t.signal(number)
        assert t.wait_exit() == 128 + number
        assert_given_back(t)
        assert closed.exists()
        assert "Traceback" not in t.text


def test_quitting_is_status_0(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    with demo(closed=closed) as t:
        t.wait_for("A0000005")
        t.send("q")
        assert t.wait_exit() == 0
        assert_given_back(t)
        assert closed.exists()


def test_a_crash_is_told_plainly_after_the_terminal_is_restored(tmp_path: Path) -> None:
    # safety 5, safety 22, safety 26
    closed = tmp_path / "closed"
    with demo(closed=closed) as t:
        t.wait_for("A0000005")
        t.send("e")
        assert t.wait_exit() == 1
        assert_given_back(t)
        assert closed.exists()
        told = t.raw.rpartition(b"\x1b[?1049l")[2].decode()
        assert "ValueError: boom ␛]0;owned␇" in told
        assert "action_crash" in told
        assert "hunter2" not in told.replace('secret_of_the_day = "hunter2"', "")
        assert t.titles == []


def test_an_end_during_a_crash_on_closing_is_told_too() -> None:
    # safety 26
    with demo("--bad-close") as t:
        t.wait_for("A0000005")
        t.send("q")
        assert t.wait_exit() == 1
        assert "OSError: the journal" in t.text
        assert_given_back(t)


@pytest.mark.parametrize("ignoring", [False, True], ids=["hup", "nohup"])
def test_a_terminal_that_goes_away_ends_it_within_two_seconds(ignoring: bool, tmp_path: Path) -> None:
    # safety 26
    closed = tmp_path / "closed"
    before = ("sh", "-c", "trap '' HUP; exec \"$@\"", "sh") if ignoring else ()
    with demo("--clock", closed=closed, before=before) as t:
        t.wait_for("A0000005")
        gone = time.monotonic()
        t.hang_up()
        assert t.process.wait(10) == 128 + signal.SIGHUP
        assert time.monotonic() - gone < 2.5  # 2 s are promised; the machine may be busy
        assert closed.exists()


def test_a_loop_that_hangs_does_not_keep_the_process(tmp_path: Path) -> None:
    # safety 26
    closed = tmp_path / "closed"
    with demo(closed=closed) as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        t.send("z")
        t.wait_quiet()
        t.signal(signal.SIGTERM)
        assert t.wait_exit() == 128 + signal.SIGTERM
        assert_given_back(t)
        assert closed.exists()


def test_a_journal_that_cannot_be_closed_does_not_keep_the_process() -> None:
    # safety 26
    with demo("--slow-close") as t:
        t.wait_for("A0000005")
        t.signal(signal.SIGTERM)
        assert t.wait_exit() == 128 + signal.SIGTERM
        assert_given_back(t)


def clog(t: Pty) -> None:
    """Be a terminal that has stopped reading, until the program has more to say than fits between us."""
    t.wait_quiet()
    for key in (PAGE_DOWN, PAGE_UP) * 40:
        os.write(t._master, key.encode())
        time.sleep(0.01)  # so that each is a frame of its own


def test_a_terminal_that_stops_reading_does_not_stop_the_loop(tmp_path: Path) -> None:
    # safety 27
    beat = tmp_path / "beat"
    with demo("--beat", str(beat)) as t:
        t.wait_for("A0000005")
        clog(t)
        here = beat.read_text()
        wait_until(lambda: beat.exists() and beat.read_text() not in ("", here), what="a beat of the app's own loop")
        os.write(t._master, b"c")
        os.write(t._master, (PAGE_DOWN * 9).encode())
        t.wait_for("03:00:02")
        t.wait_for("A0000199")  # the newest picture, not the queue of old ones
        assert t.bytes_out < 60_000


def test_a_signal_ends_it_while_the_terminal_does_not_read(tmp_path: Path) -> None:
    # safety 26, safety 27
    closed = tmp_path / "closed"
    with demo(closed=closed) as t:
        t.wait_for("A0000005")
        clog(t)
        t.signal(signal.SIGTERM)
        assert t.process.wait(10) == 128 + signal.SIGTERM
        assert closed.exists()
        assert t.termios_now == t.termios_before


def test_no_terminal_is_said_in_a_clear_word() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    closed = io.StringIO()
    closed.close()
    good = {"TERM": "xterm"}
    assert terminal_problem(Terminal(), Terminal(), good) is None
    assert "standard output is not one" in (terminal_problem(Terminal(), io.StringIO(), good) or "")
    assert "standard input is not one" in (terminal_problem(closed, Terminal(), good) or "")
    assert "standard input is not one" in (terminal_problem(None, Terminal(), good) or "")
    assert "TERM is dumb" in (terminal_problem(Terminal(), Terminal(), {"TERM": "dumb"}) or "")
    assert "TERM is not set" in (terminal_problem(Terminal(), Terminal(), {}) or "")


def test_asking_for_a_terminal_does_not_import_textual() -> None:
    code = "import sys, cockpit.ui.life; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_second_thread_can_end_the_app() -> None:

    class Small(TerminalEdge, App[int]):
        """Enough of an app."""

    async def end_it() -> int | None:
        app = Small()
        assert not app.leave(7)
        async with app.run_test() as pilot:
            await asyncio.to_thread(app.leave, 7)
            await pilot.pause()
        return app.return_code

    assert asyncio.run(end_it()) == 7
