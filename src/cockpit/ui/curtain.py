"""What a person sees while everything else is imported: the last board, if there is one for this start; see `picture`.

The terminal is taken for it as little as can be: the other screen, a hidden cursor, no echo. Whatever ends the start before the app
has the terminal gives it back.
"""

from __future__ import annotations

import os
import sys
import time

from . import picture

TYPE_CHECKING = False  # see `picture`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

ENTER = "\x1b[?1049h"
_ENTER = f"{ENTER}\x1b[?25l\x1b[?7l"
_LEAVE = "\x18\x1b[m\x1b[?7h\x1b[?1049l\x1b[?25h"
_PATIENCE = 0.2  # seconds that the terminal has to take it
_NO_SCREEN = ("", "dumb", "unknown")


class Curtain:
    """The last board, on the terminal. It hangs until it is lifted, or until the app has taken over (`handed_over`)."""

    def __init__(self, shown: picture.Picture) -> None:
        self.picture = shown
        self.at = picture.now()
        self.whole = False
        """Whether the terminal has taken all of it."""
        self.settings: list[int | list[bytes | int]] | None = None
        """The terminal's line settings as they were found; ``None``: they are still that."""
        self._fd = os.open(os.ttyname(1), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        self.hangs = True
        """Whether it is still this that has the terminal."""
        self._signals: list[int] = []

    def draw(self) -> None:
        """Put it up. A terminal that does not take it soon keeps nobody from starting."""
        encoding = sys.stdout.encoding or "ascii"
        drawn = _ENTER + picture.drawn(self.picture, self.at)
        try:
            data = drawn.encode(encoding)
        except UnicodeEncodeError:
            from .nearest import NEAREST  # which most terminals do without

            data = drawn.encode(encoding, NEAREST)
        self._hush()  # first: what is typed at once must not be echoed into it
        self.whole = self._send(data)
        import signal  # now that it hangs: the import takes longer than all the rest

        # SIGINT raises an exception, and so lifts the curtain
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, self._ended)
                self._signals.append(number)

    @property
    def lines(self) -> list[str]:
        """What the terminal shows."""
        return picture.marked(self.picture, self.at)

    def app_takes_signals(self) -> None:
        """Signals end the app from now on, which restores the terminal."""
        import signal

        for number in self._signals:
            signal.signal(number, signal.SIG_DFL)
        self._signals = []

    def line_settings_back(self) -> None:
        """The line settings as they were. What was typed waits for whoever reads next."""
        if self.settings is None:
            return
        import termios

        try:  # noqa: SIM105  # contextlib takes as long to import as a fourth of all this
            termios.tcsetattr(0, termios.TCSANOW, self.settings)
        except termios.error:
            pass  # the terminal is gone

    def handed_over(self) -> None:
        """The app has the terminal: it is the app that gives it back."""
        self.hangs = False
        self.app_takes_signals()
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def lift(self) -> None:
        """Give the terminal back as it was, unless the app has it."""
        if self.hangs:
            self._send(_LEAVE.encode())
            self.line_settings_back()
            self.handed_over()

    def _hush(self) -> None:
        """No echo: what is typed must not be written over the picture. And no stop key: a shell would be left on this screen."""
        import termios

        try:
            found, quiet = termios.tcgetattr(0), termios.tcgetattr(0)
            quiet[3] &= ~(termios.ECHO | termios.ECHONL)
            quiet[6][termios.VSUSP] = b"\0"
            termios.tcsetattr(0, termios.TCSANOW, quiet)
        except termios.error:
            return  # the terminal is gone
        self.settings = found

    def _send(self, data: bytes) -> bool:
        end = time.monotonic() + _PATIENCE
        try:
            while data:
                try:
                    data = data[os.write(self._fd, data) :]
                except BlockingIOError:
                    import select

                    if not select.select((), (self._fd,), (), max(0.0, end - time.monotonic()))[1]:
                        return False
        except OSError:
            return False  # hung up
        return True

    def _ended(self, number: int, _: FrameType | None) -> None:
        self.lift()
        os._exit(128 + number)


hung: Curtain | None = None
"""The one that this process has put up."""


def hang(folder: str, words: Sequence[str]) -> Curtain | None:
    """Show the last board that was kept in this state directory, if a start with these words shows a board, and it is one for this
    terminal. ``None``, and nothing has been done, if not."""
    global hung
    try:
        if os.environ.get("TERM", "") in _NO_SCREEN or not (os.isatty(0) and os.isatty(1)) or os.tcgetpgrp(0) != os.getpgrp():
            return None
        width, height = os.get_terminal_size(1)
        kept = picture.read(f"{folder}/{picture.NAME}", width, height, picture.key_for(words, sys.stdout.encoding or "ascii"))
        if kept is None:
            return None
        curtain = Curtain(kept)
    except OSError:
        return None
    curtain.draw()
    hung = curtain
    return curtain
