"""A program that has the terminal for itself, and gives it back as it was."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

from .desk import Session
from .steps.program import NOT_EXECUTABLE, NOT_FOUND

LOOK = 0.05
"""Seconds between looks at whether it has ended."""
_GRACE = 5.0  # seconds between asking it to end and ending it


@contextlib.contextmanager
def at_terminal(session: Session) -> Iterator[Sitting]:
    """Execute it with this process's terminal in the foreground, and take the terminal back at the end. In the main thread, for
    what the keyboard sends us is held back meanwhile."""
    tty = sys.__stdin__.fileno() if sys.__stdin__ is not None else 0
    with _given_away(tty):
        yield Sitting(session, tty)


class Sitting:
    """A program that has the terminal, in a process group of its own. `look` again and again until it gives its exit status."""

    def __init__(self, session: Session, tty: int) -> None:
        self._status: int | None = None
        self._asked_at = 0.0
        try:
            with _terminal() as end:
                self._child = subprocess.Popen(
                    session.argv, env=dict(session.env), cwd=session.cwd or None, process_group=0, stdin=end, stdout=end, stderr=end
                )
        except FileNotFoundError:
            self._status = NOT_FOUND
        except (OSError, ValueError):
            self._status = NOT_EXECUTABLE
        else:
            with contextlib.suppress(OSError):  # no terminal: then it has what we have
                os.tcsetpgrp(tty, self._child.pid)
            self._signal(signal.SIGCONT)  # it may have read before the terminal was its own

    def look(self, *, over: bool = False) -> int | None:
        """Its exit status as a shell has it (128 + N for signal N), or ``None`` while it goes on. Where it is to be ``over``, TERM
        goes to its process group, and after a while KILL."""
        if self._status is not None:
            return self._status
        pid, status = os.waitpid(self._child.pid, os.WNOHANG | os.WUNTRACED)
        if pid and os.WIFSTOPPED(status):
            self._signal(signal.SIGCONT)  # there is no shell from which it could be continued
        elif pid:
            code = self._child.returncode = os.waitstatus_to_exitcode(status)
            self._status = code if code >= 0 else 128 - code
        elif over:
            asked = self._asked_at = self._asked_at or time.monotonic()
            self._signal(signal.SIGTERM if time.monotonic() - asked < _GRACE else signal.SIGKILL)
        return self._status

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(OSError):  # it has ended
            os.killpg(self._child.pid, number)


@contextlib.contextmanager
def _terminal() -> Iterator[int | None]:
    """The terminal itself, for all three streams of a program, wherever ours go; ``None`` where there is none."""
    try:
        handle = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield handle
    finally:
        os.close(handle)


@contextlib.contextmanager
def _given_away(tty: int) -> Iterator[None]:
    """While somebody else has the terminal, and back again: its settings, its foreground, and what its keys mean to us."""
    try:
        settings = termios.tcgetattr(tty)
    except termios.error:
        settings = None
    held = (signal.SIGINT, signal.SIGQUIT, signal.SIGTTOU)
    before = {number: signal.signal(number, lambda *_: None) for number in held}  # a handler is not handed down, unlike SIG_IGN
    signal.signal(signal.SIGTTOU, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)  # we are in the background, and take the terminal back
        with contextlib.suppress(OSError):
            os.tcsetpgrp(tty, os.getpgrp())
        if settings is not None:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(tty, termios.TCSADRAIN, settings)
        for number, handler in before.items():
            signal.signal(number, handler)
