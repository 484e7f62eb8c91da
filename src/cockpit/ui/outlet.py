"""The one place where bytes leave for the terminal, without ever waiting for it.

The terminal is opened a second time, so that "do not wait" holds for us alone and not for the shell that shares the first opening.
What it does not take at once is kept until it does; whoever draws looks at `Outlet.busy` first and draws the newest picture later,
so no queue grows behind a terminal that has stopped reading.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import time
from collections.abc import Callable

_ABORT = b"\x18"  # CAN: a terminal forgets a sequence that was cut in the middle (ECMA-48 8.2.2 note; DEC VT510 4.3.1)


class Outlet:
    """Writes to the terminal behind ``fd``. Used by the thread of the event loop alone.

    ``on_gone`` is called, once, when the terminal turns out to be gone; ``on_idle`` each time all that was kept has left.
    """

    def __init__(self, fd: int, loop: asyncio.AbstractEventLoop, on_idle: Callable[[], None], on_gone: Callable[[], None]) -> None:
        self._fd, self._own = opened_again(fd)
        self._loop = loop
        self._on_idle, self._on_gone = on_idle, on_gone
        self._kept = bytearray()
        self._cut = False
        self._gone = False
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether the terminal has yet to take something."""
        return bool(self._kept)

    def send(self, data: bytes) -> None:
        """Write it after what was sent before. Lost if the terminal is gone."""
        if not data or self._gone or self._closed:
            return
        was_busy = self.busy
        self._kept += data
        if not was_busy:
            self._push()
            if self._kept and not self._gone:
                self._loop.add_writer(self._fd, self._resume)

    def abandon(self) -> None:
        """Forget what the terminal has not taken. A sequence that was cut is ended, so that the next is understood."""
        self._kept.clear()
        if self._cut:
            self._kept += _ABORT
            self._cut = False

    def close(self, patience: float) -> None:
        """Give the terminal ``patience`` seconds to take what is left, then close."""
        if self._closed:
            return
        self._closed = True
        self._loop.remove_writer(self._fd)
        end = time.monotonic() + patience
        waiting = select.poll()
        waiting.register(self._fd, select.POLLOUT)
        while self._kept and not self._gone and (left := end - time.monotonic()) > 0:
            if waiting.poll(left * 1000):
                self._push()
        if self._own:
            os.close(self._fd)
        else:
            os.set_blocking(self._fd, True)

    def _resume(self) -> None:
        self._push()
        if not self._kept or self._gone:
            self._loop.remove_writer(self._fd)
            if not self._gone:
                self._on_idle()

    def _push(self) -> None:
        try:
            while self._kept:
                del self._kept[: os.write(self._fd, self._kept)]
                self._cut = bool(self._kept)
        except BlockingIOError:
            pass
        except OSError:  # EIO, EPIPE, ENXIO: hung up
            self._gone = True
            self._kept.clear()
            self._on_gone()


def opened_again(fd: int) -> tuple[int, bool]:
    """A descriptor of the same terminal that does not block, and whether it is an opening of its own.

    After ``su`` the device belongs to someone else, but ``/dev/tty`` can still be opened; without either (no /dev/pts in a
    container, no controlling terminal) the shared opening must do, and is set back when we leave.
    """
    flags = os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
    for by_name in (True, False):
        with contextlib.suppress(OSError):
            return os.open(os.ttyname(fd) if by_name else "/dev/tty", flags), True
    os.set_blocking(fd, False)
    return fd, False
