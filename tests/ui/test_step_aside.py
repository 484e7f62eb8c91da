"""The screen steps aside for a program that wants the terminal, and comes back as it was."""

from __future__ import annotations

import sys
from pathlib import Path

from support.home import Home
from support.pty import ENTER, Pty

CONFIG = """
[runbooks.look]
changes = "looks"
steps = [
  { interactive = ["bash", "--norc", "-i"] },
  { script = "echo went on" },
]
"""


def test_a_shell_has_the_terminal_keys_size_and_job_control_and_then_the_screen_is_back(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config(CONFIG)
    with Pty([sys.executable, "-m", "cockpit"], env={**home.env, "PS1": "prompt> "}, columns=100, lines=30) as t:
        t.wait_for("Nothing is watched", 30)
        before = t.termios_now
        t.send("x")
        t.wait_for("Run which runbook?")
        t.send("look" + ENTER)
        t.wait_for("run exactly this")
        t.wait_quiet(0.5)
        t.send("y")
        t.wait_for("let it have the terminal", 30)
        t.wait_quiet(0.5)
        t.send("y")
        t.wait_for("prompt>", 30)
        t.send("stty size; tput cols" + ENTER)
        t.wait_for("30 100")
        t.send("sleep 300" + ENTER)
        t.wait_quiet(0.5)
        t.send("\x1a")  # ctrl+z stops the program, and neither the shell nor the cockpit
        t.wait_for("Stopped")
        t.resize(90, 25)
        t.send("stty size" + ENTER)
        t.wait_for("25 90")
        t.send("fg" + ENTER)
        t.wait_quiet(0.5)
        t.send("\x03")  # ctrl+c is for the program alone, too
        t.wait_for("^C")
        t.send("exit 0" + ENTER)
        t.wait_for("went on", 30)
        t.wait_for("done, exit 0")
        assert t.termios_now == before, "raw keys, as the screen had them"
        t.send("\x1b")
        t.wait_for("Nothing is watched")
        t.send("q")
        assert t.wait_exit(30) == 0
