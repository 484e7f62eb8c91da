"""The window around the screen: resized, wiped, suspended and continued, and inside tmux."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from support.demo_pty import DEMO, HARD_TEXT, TESTS, demo, stopped, visible
from support.pty import ESC, PAGE_DOWN, SHIFT_TAB, TAB, Pty
from support.real import need, wait_until


def test_repaint_on_demand_heals_a_screen_that_something_wrote_over() -> None:
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        before = visible(t)
        t._stream.feed(b"\x1b[3;3Hwall: the disk is full\x1b[m")  # as `wall` or a kernel message would
        assert visible(t) != before
        t.send("\x0c")
        t.wait_until(lambda: visible(t) == before, what="the repaint")


def test_a_window_that_comes_back_to_its_size_is_drawn_again() -> None:
    # safety 28
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        before = visible(t)
        for columns, lines in ((20, 5), (1, 1), (200, 70), (90, 24), (45, 24), (90, 24)):
            t.resize(columns, lines)
        t.wait_until(lambda: visible(t) == before, what="the same picture")


def test_suspended_and_continued_it_draws_all_again() -> None:
    # safety 28
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        before = visible(t)
        for key in ("Z", "Z"):
            t.send(key)
            t.wait_until(lambda: stopped(t) and t.modes == set(), what="the stop")
            assert t.termios_now == t.termios_before
            t._stream.feed(b"\x1b[2Jshell$ ")
            t.signal(signal.SIGCONT)
            t.wait_until(lambda: visible(t) == before, what="the same picture")
            assert t.termios_now != t.termios_before
        t.send("q")
        assert t.wait_exit() == 0
        assert t.modes == set()
        assert t.termios_now == t.termios_before


def test_stopped_without_a_word_and_continued_it_takes_the_terminal_again() -> None:
    # safety 28
    with demo("--ansi") as t:
        t.wait_for("A0000005")
        t.wait_quiet()
        before = visible(t)
        t.signal(signal.SIGSTOP)
        t.wait_until(lambda: stopped(t), what="the stop")
        t._stream.feed(b"\x1b[2Jshell$ ")
        t.signal(signal.SIGCONT)
        t.wait_until(lambda: visible(t) == before, what="the same picture")
        t.send("j")
        t.wait_until(lambda: visible(t) != before, what="the key")
        t.send("q")
        assert t.wait_exit() == 0
        assert t.termios_now == t.termios_before


STEPS: tuple[str | tuple[int, int], ...] = (
    *("j", "jj", PAGE_DOWN, "G", "g", TAB, "j", TAB, SHIFT_TAB, "?", PAGE_DOWN, ESC, " ", "s", ESC, ESC),
    *((80, 24), "j", "?", (61, 17), ESC, (150, 45), "/", "w", "e", "b", ESC, ":", "the", (40, 10), ESC),
    *((39, 9), (120, 40), "T", "T", "R", ESC, "x", ESC, "a", "u"),
)
"""Keys, and sizes of the window."""


def test_the_board_is_at_every_step_what_it_would_be_on_a_wiped_terminal() -> None:
    with Pty([sys.executable, "-m", "support.demo_board", "--still", "--rows", "300"], cwd=TESTS) as t:
        t.wait_for("firing")
        for step in STEPS:
            if isinstance(step, tuple):
                t.resize(*step)
            else:
                t.send(step)
            t.wait_quiet(0.3)
            before, wiped = visible(t), t.raw.count(b"\x1b[2J")
            t.signal(signal.SIGUSR1)
            t.wait_until(lambda: t.raw.count(b"\x1b[2J") > wiped, what="the wipe")  # noqa: B023  # called here
            t.wait_quiet(0.2)
            assert visible(t) == before, f"after {step!r}\n{t.picture()}"


@pytest.mark.real
def test_tmux_shows_what_our_own_terminal_shows(tmp_path: Path) -> None:
    (tmux,) = need("tmux")
    text = tmp_path / "hard.txt"
    text.write_text(HARD_TEXT)
    socket, session = ("-S", str(tmp_path / "socket")), ("-t", "it")
    command = shlex.join([*DEMO, "--ansi", "--flat", "--text", str(text)])
    env = {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm-256color", "COLUMNS": "70"}

    def ask(*words: str) -> str:
        return subprocess.run([tmux, *socket, *words], env=env, cwd=TESTS, check=True, capture_output=True, text=True).stdout

    def pane() -> list[str]:
        return ask("capture-pane", "-p", *session).split("\n")[:24]

    ask("-f", "/dev/null", "new-session", "-d", "-s", "it", "-x", "90", "-y", "24", command)
    try:
        with demo("--ansi", "--flat", "--text", str(text)) as t:
            wait_until(lambda: any("A0000005" in line for line in pane()), what="the demo in tmux")
            for key, named in (("j", "j"), ("x", "x"), ("h", "h"), *(("j", "j"),) * 30, (PAGE_DOWN, "PageDown"), ("m", "m")):
                t.send(key)
                ask("send-keys", *session, named)
            t.wait_for("全角")
            t.wait_quiet()

            def alike() -> bool:
                return [line.rstrip() for line in pane()] == t.text.split("\n")

            wait_until(alike, what=f"the same picture: {pane()} and {t.picture()}")
    finally:
        ask("kill-server")
