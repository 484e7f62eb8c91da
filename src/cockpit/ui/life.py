"""The life of the process: whatever ends it, the terminal is given back as it was, and the exit status tells the truth.

A thread of its own waits for signals and for the end of the terminal. It asks the app to leave; if the app cannot (a blocked write,
an endless loop), it restores the terminal itself and ends the process. Textual is not imported here.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import threading
import traceback
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Protocol, TextIO

from ..core.text import clean_block

ENDING = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT)
"""Signals that end the cockpit, with status 128 + number. One that was ignored when we were started (``nohup``) stays ignored."""

LineSettings = list[int | list[bytes | int]]
"""What `termios.tcgetattr` gives."""

CRASHED = 1
GONE = 128 + signal.SIGHUP
"""The exit status when the terminal went away, signal or not."""

TURN = 0.0005
"""Seconds that the engine's thread may go on while the screen's wants the interpreter: a key needs it several times over until it
is painted, and waits so long each time. Python's own is ten times that."""

_GRACE = 3.0  # seconds the app has to leave by itself, and then again to close what it holds
_GRACE_GONE = 0.9  # the same when nobody is looking any more

_RESTORE = (
    b"\x18\x1b[?2026l\x1b[r\x1b[m\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l\x1b[<u"
    b"\x1b[?1049l\x1b[?25h"
)


class Shown(Protocol):
    """What of the app is needed here: see ``TerminalEdge``."""

    crash: str
    on_gone: Callable[[], None]

    @property
    def drawing(self) -> bool: ...
    @property
    def return_code(self) -> int | None: ...
    def leave(self, status: int) -> bool: ...
    def wake(self) -> None: ...
    def run(self, *, mouse: bool) -> object: ...


def terminal_problem(stdin: TextIO | None, stdout: TextIO | None, env: Mapping[str, str]) -> str | None:
    """Why no screen can be shown here, as a sentence for the person; ``None`` if it can."""
    for name, stream in (("input", stdin), ("output", stdout)):
        try:
            terminal = stream is not None and stream.isatty()
        except ValueError:  # closed
            terminal = False
        if not terminal:
            return (
                f"The screen needs a terminal, and standard {name} is not one. "
                "Over ssh: ssh -t HOST cockpit. Without a terminal: cockpit alerts."
            )
    term = env.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        what = f"TERM is {term}" if term else "TERM is not set"
        return f"The screen needs a terminal that can place its cursor, and {what}. Without a screen: cockpit alerts."
    return None


def run_app(app: Shown, on_exit: Callable[[], None], mouse: bool = False, settings: LineSettings | None = None) -> int:
    """Run the app on this terminal until it ends, and give back the exit status of the process: the app's own, 1 after a crash
    (whose traceback has been printed), 128 + number after a signal, 129 when the terminal went away.

    ``on_exit`` closes what outlives the screen (engine, journal); it is called once, whatever happened. ``mouse``: clicks and
    wheel; off leaves the terminal its own selection. ``settings``: the terminal's line settings as they were found, if they have
    been changed since. To be called from the main thread.
    """
    sys.setswitchinterval(TURN)
    watch = _Watch(app, on_exit, settings)
    try:
        try:
            app.run(mouse=mouse)
        except Exception as error:  # noqa: BLE001  # a crash outside the app's own loop is a crash like any other
            app.crash = app.crash or clean_block("".join(traceback.format_exception(error)))
        finally:
            watch.left.set()
            watch.restore()
            watch.close_rest()
        if app.crash:
            watch.say(app.crash)
        return watch.status or (CRASHED if app.crash else app.return_code or 0)
    finally:
        watch.end()


class _Watch:
    """Waits for what ends the process from outside. Signals arrive through a pipe that the interpreter itself writes to: one that
    the kernel gave to another thread would leave the loop asleep, and its handler uncalled, until the next key."""

    def __init__(self, app: Shown, on_exit: Callable[[], None], settings: LineSettings | None) -> None:
        self._app, self._on_exit = app, on_exit
        self.status = 0
        """The exit status that a signal or the terminal's end has set, 0 so far."""
        self.left = threading.Event()
        self._closed = threading.Lock()
        self._done = threading.Event()
        self._before = settings or _line_settings()
        self._read, self._write = os.pipe()
        os.set_blocking(self._write, False)
        app.on_gone = self._terminal_gone
        self._handlers = {
            number: signal.signal(number, self._signalled) for number in ENDING if signal.getsignal(number) != signal.SIG_IGN
        }
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._thread = threading.Thread(target=self._wait, name="cockpit-watch", daemon=True)
        self._thread.start()

    def restore(self) -> None:
        """Give the terminal back as it was, as far as the app has not."""
        if self._before is not None:
            with contextlib.suppress(termios.error, OSError, ValueError):
                if termios.tcgetattr(0) != self._before:
                    termios.tcsetattr(0, termios.TCSANOW, self._before)
        if self._app.drawing:
            _write_now(_RESTORE)

    def close_rest(self) -> None:
        """Close what outlives the screen; the first call counts."""
        if self._closed.acquire(blocking=False):
            try:
                self._on_exit()
            except Exception as error:  # noqa: BLE001  # the terminal is restored: what went wrong is said, and the status tells
                self._app.crash = self._app.crash or clean_block("".join(traceback.format_exception(error)))

    def say(self, text: str) -> None:
        """Print for the person, if there still is one."""
        with contextlib.suppress(OSError, ValueError):
            print(text.rstrip(), file=sys.stderr, flush=True)  # noqa: T201  # the one place where a crash is told

    def end(self) -> None:
        """The app has left and all is closed: nothing to watch for."""
        self._done.set()
        self.left.set()
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.write(self._write, b"\0")
        self._thread.join(1)
        os.close(self._read)
        os.close(self._write)

    def _signalled(self, number: int, _frame: FrameType | None) -> None:
        self._tell(128 + number)

    def _terminal_gone(self) -> None:
        self._tell(GONE)

    def _tell(self, status: int) -> None:
        with contextlib.suppress(OSError):
            os.write(self._write, bytes([status]))

    def _wait(self) -> None:
        while (status := self._heard(os.read(self._read, 1)[0])) is None:
            self._app.wake()
        if self._done.is_set():
            return
        self.status = status
        grace = _GRACE_GONE if status == GONE else _GRACE
        asked = False
        for _ in range(int(grace / 0.05)):
            asked = asked or self._app.leave(status)
            if self.left.wait(0.05):
                break
        else:
            self._force(status)
        if not self._done.wait(grace):
            self._force(status)

    def _heard(self, byte: int) -> int | None:
        """The exit status that a byte from the pipe asks for: one of ours, or a signal's number; ``None`` for other signals."""
        if byte >= 128 or self._done.is_set():
            return byte
        return 128 + byte if byte in self._handlers else None

    def _force(self, status: int) -> None:
        """The app cannot leave by itself. Everything that must be done is done here, and the process ends."""
        self.restore()
        closing = threading.Thread(target=self.close_rest, daemon=True)
        closing.start()
        closing.join(_GRACE_GONE)
        os._exit(status)


def _line_settings() -> LineSettings | None:
    try:
        return termios.tcgetattr(0)
    except (termios.error, OSError):
        return None


def _write_now(data: bytes) -> None:
    """Write to the terminal what it takes at once. Its own opening, for the usual one may be blocked."""
    from .outlet import opened_again

    with contextlib.suppress(OSError):
        fd, own = opened_again(1)
        try:
            if select.select([], [fd], [], 0.2)[1]:
                os.write(fd, data)
        finally:
            if own:
                os.close(fd)
            else:
                os.set_blocking(fd, True)
