"""A person's shell, recorded: it has their own terminal, as any program that is started from a prompt has.

Nothing stands between the shell and the terminal: job control, programs on the full screen, tmux and the size of the window are as
always, and there is nothing that could be left half-way. Only what the terminal is set to is put back at the end.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from ..core.typed import Typed, aliases, typed
from .shell_hooks import Hooked, hooked

_PLAIN_AGAIN = "\x1b[?1049l\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?2004l\x1b[m\r\n"
"""For a terminal on which a program was killed: the first screen, the cursor, no mouse, no bracketed paste, no colour."""
_SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)


class Recorded(msgspec.Struct, frozen=True):
    """What came of it: the commands, the shell's aliases, its language as a fenced block names it, and the signal that asked us to
    end (0: none did)."""

    commands: tuple[Typed, ...]
    aliases: dict[str, str]
    language: str
    signal: int = 0


def record(shell: str, state: Path, name: str) -> Recorded:
    """Start ``shell`` on this process's terminal and wait for its end. ``state`` is where its private folder is made, and taken
    away again. Raises `shell_hooks.NotRecorded`, and ``OSError`` where it cannot be started."""
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="recording-", dir=state))
    try:
        shell_hooked = hooked(shell, folder, {**os.environ, "COCKPIT_RECORDING": name})
        with _terminal_kept() as asked:
            killed = _waited(shell_hooked, asked)
            if killed and sys.stdout.isatty():
                with suppress(OSError):  # the terminal may be gone
                    os.write(sys.stdout.fileno(), _PLAIN_AGAIN.encode())
        told = shell_hooked.log.with_name("typed.aliases")
        known = aliases(told.read_bytes()) if told.exists() else {}
        return Recorded(typed(shell_hooked.log.read_bytes()), known, shell_hooked.language, asked[0] if asked else 0)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _waited(shell: Hooked, asked: list[int]) -> bool:
    """Whether it was ended by a signal. Asked to end, we hang up on it, as a terminal that closes does, and wait all the same."""
    child = subprocess.Popen(shell.argv, env=shell.env)
    hung_up = False
    while True:
        try:
            status = child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            if asked and not hung_up:
                hung_up = True
                child.send_signal(signal.SIGHUP)
            continue
        return status < 0


@contextmanager
def _terminal_kept() -> Iterator[list[int]]:
    """The terminal as it was, and ours, whatever happens in between. Gives the signals that asked us to end as they come; ctrl+c is
    the shell's."""
    asked: list[int] = []
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)

    def told(number: int, _frame: object) -> None:
        if number in (signal.SIGTERM, signal.SIGHUP):
            asked.append(number)

    handlers = {number: signal.signal(number, told) for number in _SIGNALS}
    try:
        yield asked
    finally:
        stopped = signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # we may be in the background of our own terminal
        with suppress(OSError, termios.error):  # it is gone
            os.tcsetpgrp(fd, os.getpgrp())
            termios.tcsetattr(fd, termios.TCSADRAIN, before)
        signal.signal(signal.SIGTTOU, stopped)
        for number, handler in handlers.items():
            signal.signal(number, handler)
