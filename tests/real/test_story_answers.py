"""Text from outside changes no clipboard and no title, and makes no terminal answer: an answer would press keys (safety 2).

With the two terminals that do all they are asked to: tmux with ``set-clipboard on``, and an xterm that has everything allowed.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from support.demo_pty import TESTS
from support.home import COCKPIT, Home
from support.pty import Pty
from support.real import need, running, wait_until

pytestmark = pytest.mark.real

OWNED = base64.b64encode(b"owned").decode()
ASKS = (
    f"\x1b]52;c;{OWNED}\a\x1b]52;p;{OWNED}\x1b\\ \x1b]52;c;?\a \x1b[c\x1b[>c\x1b[=c\x1b[5n\x1b[6n\x1b[?6n \x1b]10;?\a\x1b]11;?\a"
    "\x1b]4;1;?\a \x1b]0;owned\a\x1b]2;owned\x1b\\ \x1b[21t\x1b[18t\x1b[14t \x1bP$qm\x1b\\\x1bP+q544e\x1b\\"
    " \x05 \x1b[>q\x1b[?2026$p\x1bPtmux;\x1b\x1b]52;c;b3duZWQ=\a\x1b\\"
)
"""All that is known to make a terminal answer, or to change what belongs to the person."""

ANSWERS = re.compile(rb"\x1b\[\?2026;[0-4]\$y|\x1b\[[IO]")
"""What a terminal may say without a key pressed: its answer to our one question, and where the focus is."""

CONFIG = """
[traps.hostile]
probe = "command"
run = ["{python}", "-c", "import sys; print('begin', sys.argv[1].encode().decode('unicode_escape'), 'END'); sys.exit(2)", {said}]
every = "2s"
severity = "critical"
"""


class Stage:
    """A home whose one alert says `ASKS`, and what the terminal said to the cockpit that shows it."""

    def __init__(self, here: Path) -> None:
        self.home = Home(here)
        said = '"' + ASKS.encode("unicode_escape").decode().replace("\\", "\\\\") + '"'
        self.home.config(CONFIG.format(python=sys.executable, said=said))
        for name in ("heard", "shown"):
            (here / name).touch()

    def command(self, *argv: str) -> list[str]:
        """A program within the terminal, its answers written down."""
        return [sys.executable, "-m", "support.relay", str(self.home.path), *argv]

    @property
    def heard(self) -> bytes:
        """What it said, answers that may be apart."""
        return ANSWERS.sub(b"", (self.home.path / "heard").read_bytes())

    @property
    def shown(self) -> bytes:
        """What the program in it wrote."""
        return (self.home.path / "shown").read_bytes()


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


# ── tmux ──────────────────────────────────────────────────────────────────────────────────────────────────────────


TMUX = """
set -g set-clipboard on
set -g terminal-overrides ',*:Ms=\\E]52;%p1%s;%p2%s\\007'
set -gq allow-passthrough on
set -g allow-rename on
set -g set-titles on
set -g status off
set -g remain-on-exit on
"""


@contextlib.contextmanager
def in_tmux(stage: Stage, *argv: str) -> Iterator[Pty]:
    """A tmux client on our own terminal, with everything allowed, in whose pane this program runs."""
    (tmux,) = need("tmux")
    socket = str(stage.home.path / "tmux")
    conf = stage.home.path / "tmux.conf"
    conf.write_text(
        "set -g set-clipboard on\nset -g status off\nset -g allow-rename on\nset -g set-titles on\nset -g remain-on-exit on\n"
    )
    with conf.open("a") as file:
        file.write("set -gq allow-passthrough on\nset -g terminal-overrides ',*:Ms=\\E]52;%p1%s;%p2%s\\007'\n")
    env = {**stage.home.env, "PYTHONPATH": str(TESTS)}
    with Pty([tmux, "-S", socket, "-f", str(conf), "new-session", *stage.command(*argv)], env=env, cwd=stage.home.path) as t:
        try:
            yield t
        finally:
            subprocess.run([tmux, "-S", socket, "kill-server"], check=False, capture_output=True)


def buffers(stage: Stage) -> str:
    """What tmux has taken for its own clipboard."""
    asked = ["tmux", "-S", str(stage.home.path / "tmux"), "list-buffers", "-F", "#{buffer_sample}"]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout


def test_in_tmux_that_does_all_it_is_asked_text_from_outside_does_nothing(stage: Stage) -> None:  # safety 2
    with in_tmux(stage, *COCKPIT) as t:
        t.wait_for("END", 60)
        t.send("j")
        t.wait_until(lambda: stage.heard == b"j", what="the key")
        t.wait_quiet(1.0)
        assert stage.heard == b"j", "no answer came where keys come"
        assert buffers(stage) == ""
        assert t.clipboard == []
        assert not any("owned" in title for title in t.titles)


def test_the_same_text_as_it_is_does_it_all_in_that_tmux(stage: Stage) -> None:
    with in_tmux(stage, "sh", "-c", f"printf '%b' '{_octal(ASKS)}'; read line") as t:
        t.wait_until(lambda: bool(stage.shown), what="the text")
        t.wait_until(lambda: "owned" in buffers(stage), what="tmux to take it")
        t.wait_until(lambda: "owned" in t.clipboard, what="the terminal around it to take it")
        wait_until(lambda: b"\x1b[?" in stage.heard, what="an answer")


def _octal(text: str) -> str:
    return "".join(f"\\0{byte:03o}" for byte in text.encode())


# ── xterm ─────────────────────────────────────────────────────────────────────────────────────────────────────────

ALLOWED = ("allowWindowOps:true", "allowColorOps:true", "allowTitleOps:true", "allowTcapOps:true", "disallowedWindowOps:")


@contextlib.contextmanager
def display() -> Iterator[Mapping[str, str]]:
    """An X server without a screen; gives the environment for its clients."""
    (server,) = need("Xvfb")
    number = next(n for n in range(90, 200) if not Path(f"/tmp/.X11-unix/X{n}").exists() and not Path(f"/tmp/.X{n}-lock").exists())
    door = Path(f"/tmp/.X11-unix/X{number}")
    with running([server, f":{number}", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"], ready=door.exists):
        yield {**os.environ, "DISPLAY": f":{number}", "LANG": "C.UTF-8"}


@contextlib.contextmanager
def in_xterm(stage: Stage, env: Mapping[str, str], *argv: str) -> Iterator[None]:
    """An xterm with everything allowed, in which this program runs."""
    (xterm,) = need("xterm")
    options = [word for each in ALLOWED for word in ("-xrm", f"XTerm*{each}")]
    command = [xterm, "-T", "before", "-geometry", "120x40", *options, "-e", *stage.command(*argv)]
    inner = {**env, **stage.home.env, "PYTHONPATH": str(TESTS)}
    with running(command, env=inner, cwd=stage.home.path):
        yield


def clipboard(env: Mapping[str, str], selection: str) -> str:
    return subprocess.run(["xclip", "-o", "-selection", selection], env=env, capture_output=True, text=True, timeout=10).stdout


def windows(env: Mapping[str, str]) -> str:
    """All windows, with their titles."""
    return subprocess.run(["xwininfo", "-root", "-tree"], env=env, capture_output=True, text=True, check=True).stdout


def remember(env: Mapping[str, str], text: str) -> None:
    """The person has copied something."""
    for selection in ("clipboard", "primary"):
        subprocess.run(["xclip", "-selection", selection], input=text.encode(), env=env, check=True, stdout=subprocess.DEVNULL)


def test_in_an_xterm_that_does_all_it_is_asked_text_from_outside_does_nothing(stage: Stage) -> None:  # safety 2
    need("xclip", "xwininfo")
    with display() as env:
        remember(env, "mine")
        with in_xterm(stage, env, *COCKPIT):
            wait_until(lambda: b"hostile" in stage.shown and b"begin" in stage.shown, 60, "the alert on the screen")
            wait_until(lambda: (stage.home.path / "heard").read_bytes(), what="the answer to our own question")
            told = len(stage.shown)
            wait_until(lambda: len(stage.shown) > told, what="another second")
            assert stage.heard == b"", "no other answer came where keys come"
            assert [clipboard(env, each) for each in ("clipboard", "primary")] == ["mine", "mine"]
            assert "owned" not in windows(env)


def test_the_same_text_as_it_is_does_it_all_in_that_xterm(stage: Stage) -> None:
    need("xclip", "xwininfo")
    with display() as env:
        remember(env, "mine")
        with in_xterm(stage, env, "sh", "-c", f"printf '%b' '{_octal(ASKS)}'; read line"):
            wait_until(lambda: clipboard(env, "clipboard") == "owned", what="the clipboard to be taken")
            wait_until(lambda: "owned" in windows(env), what="the title to be taken")
            wait_until(lambda: b"\x1b[?" in stage.heard, what="an answer")
