"""Textual's driver with a wall around it: the only code that sends anything to the terminal.

Textual writes modes, queries, titles and frames through ``Driver.write``. Here ``write`` lets an exact list of sequences through
and nothing else; frames come from `Glass`, which builds them itself; the clipboard and the title have a method each. The keyboard
is read here too, so that a terminal that is gone is noticed, and bytes that are not UTF-8 do not end the program.

Private names of Textual 8.2.8 that this file stands on are listed in ``ui/terminal.py``.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import time
import tty
from codecs import getincrementaldecoder
from collections.abc import Callable
from functools import partial

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS
from rich.style import Style
from textual import constants
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual._parser import ParseError
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from ..core.text import clean, clean_block
from .cells import Characters
from .curtain import ENTER, Curtain
from .glass import Glass
from .nearest import NEAREST
from .outlet import Outlet
from .pen import Pen

CLIPBOARD_BYTES = 48 * 1024
"""The most that is copied: 64 KiB in base64, which every terminal with OSC 52 takes."""

SYNC_FROM = 256
"""Frames of so many bytes are wrapped in synchronized output (mode 2026), where there is that; shorter ones arrive whole anyway."""

_BELL = "\x07"
_PATIENCE = 1.0  # seconds for the terminal to take the last bytes
_QUERY_SYNC = "\x1b[?2026$p"
_KITTY = frozenset({"\x1b[>25u", "\x1b[<u"})
_MODES = frozenset(f"\x1b[?{mode}{to}" for mode in ("7", "25", "1000", "1004", "1006", "1015", "1049", "2004") for to in "hl")
_MODERN = frozenset({_QUERY_SYNC}) | _KITTY
_OLD_TERMS = ("dumb", "unknown", "linux", "vt", "ansi", "cons25", "sun")  # would print what they do not know, or know none of it


class _WakingEvent(threading.Event):
    """An event that also makes a descriptor readable, for a thread that waits in ``poll``."""

    def __init__(self) -> None:
        super().__init__()
        self.fd, self._into = os.pipe()

    def set(self) -> None:
        super().set()
        os.write(self._into, b"!")

    def clear(self) -> None:
        super().clear()
        os.read(self.fd, 64)


class EdgeDriver(LinuxDriver):
    """The terminal: what is shown (`show`), what is copied (`copy`), and the keys that come back."""

    def __init__(self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)  # an app with `on_gone` is told when the terminal is gone
        self.drawing = False
        """Whether the terminal is in our modes: alternate screen, raw keys."""
        self.refused = 0
        """So many writes were not on the list."""
        self._entered = False
        self.exit_event = self._told_to_stop = _WakingEvent()
        self._announce_size: Callable[[], object] = lambda: None
        self._outlet: Outlet | None = None
        self._titled = False
        system: ColorSystem | None = None if app.no_color else COLOR_SYSTEMS.get(app.console.color_system or "")
        self._encoding = (sys.__stdout__.encoding if sys.__stdout__ else None) or "utf-8"
        self._glass = Glass(0, 0, Pen(system), Characters(self._encoding))
        self._modern = not os.environ.get("TERM", "").startswith(_OLD_TERMS) and bool(os.environ.get("TERM"))

    # ── the wall ──────────────────────────────────────────────────────────────────────────────────────────────────

    def write(self, data: str) -> None:
        """Send a sequence that is on the list; drop any other, and count it."""
        if data == ENTER and self._entered:
            self.drawing, self._entered = True, False
        elif data in _MODES or (data in _MODERN and self._modern):
            self.drawing = self.drawing or data == "\x1b[?1049h"
            self._send(data)
        elif data == _BELL:
            if self._outlet and not self._outlet.busy:
                self._send(data)
        else:
            self.refused += 1

    def copy(self, text: str) -> bool:
        """Put text, cleaned, on the terminal's clipboard (OSC 52); at most `CLIPBOARD_BYTES`. False if it had to be cut, or there
        is no terminal. Whether the terminal took it is not to be known: it answers only to a query that we do not send."""
        from base64 import b64encode  # deferred: most starts copy nothing

        data = clean_block(text).encode("utf-8", "replace")
        cut = data[:CLIPBOARD_BYTES].decode("utf-8", "ignore").encode()
        self._send(f"\x1b]52;c;{b64encode(cut).decode()}\x07")
        return self._outlet is not None and len(cut) == len(data)

    def title(self, text: str) -> None:
        """Set the terminal's title; the old one comes back at the end, where the terminal can (XTWINOPS 22, 23)."""
        if self._modern:
            self._send(("" if self._titled else "\x1b[22;2t") + f"\x1b]2;{clean(text, 120)}\x07")
            self._titled = True

    def _send(self, data: str) -> None:
        if self._outlet is not None:
            self._outlet.send(data.encode(self._encoding, NEAREST))

    # ── the picture ───────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, update: LayoutUpdate | ChopsUpdate, cursor: tuple[int, int] | None, sync: bool) -> None:
        """Bring the terminal to what the compositor drew, now or as soon as it takes it."""
        self._glass.park(cursor)
        self._sync = sync
        paint = self._glass.paint
        if isinstance(update, LayoutUpdate):
            if update.region.size != (self._glass.width, self._glass.height):
                self._glass.resize(*update.region.size)
            for y, line in enumerate(update.strips, update.region.y):
                x = update.region.x
                for strip in line:
                    paint(x, y, strip, strip.cell_length)
                    x += strip.cell_length
        else:
            for y, first, last in update.spans:
                if not 0 <= y < len(update.chops):
                    continue
                for end, (x, chop) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
                    if chop is not None and x <= last and end > first:
                        part = chop if end <= last else chop.crop(0, last - x)
                        paint(x, y, part, part.cell_length)
        self.flush_frame()

    _sync = False

    def flush_frame(self) -> None:
        """Write what differs, unless the terminal has yet to take the last frame: then it will be written when it has."""
        if self._outlet is None or self._outlet.busy or not self.drawing:
            return
        frame = self._glass.difference()
        if len(frame) >= SYNC_FROM and self._sync:
            frame = f"\x1b[?2026h{frame}\x1b[?2026l"
        self._send(frame)

    def repaint(self) -> None:
        """Wipe the terminal and draw everything again."""
        self._glass.clear()
        self.flush_frame()

    def _window_changed(self) -> None:
        """Whatever the terminal shows now, all is drawn again, even where Textual takes no notice: the size may have come back to
        what it was. Most often the new layout is drawn before the time is up."""
        self._announce_size()
        self._glass.forget()
        self._loop.call_later(0.05, self.flush_frame)

    # ── start, stop, suspend ──────────────────────────────────────────────────────────────────────────────────────

    def start_application_mode(self) -> None:
        """Take the terminal. If it cannot be had (we were continued in the background), nothing happens until it can."""
        stdout = sys.__stdout__.fileno() if sys.__stdout__ else 1
        self._outlet = Outlet(stdout, self._loop, self.flush_frame, self._gone)
        curtain: Curtain | None = getattr(self._app, "curtain", None)
        if curtain is not None and curtain.hangs:
            self._entered = curtain.whole
        super().start_application_mode()  # type: ignore[no-untyped-call]  # untyped in Textual
        if not self.drawing:
            if curtain is not None and curtain.hangs:
                curtain.line_settings_back()
            self._close_outlet()
            return
        if curtain is not None and curtain.hangs and curtain.settings is not None:
            self.attrs_before = curtain.settings  # not those that keep what is typed from being echoed, which hold until here
        self._hear_of_the_window()
        self._no_post_processing()
        if curtain is None or not curtain.hangs or not self._take_over(curtain):
            self._glass.clear()
            self._loop.call_soon_threadsafe(self._first_frame)

    def _take_over(self, curtain: Curtain) -> bool:
        """What hangs there is what the terminal shows: the first frame is a difference to it. False if that is not sure."""
        curtain.handed_over()
        body, mark = (self._glass.pen.looked_up(look) for look in (curtain.picture.body, curtain.picture.mark))
        lines = curtain.lines
        return curtain.whole and self._glass.adopt(lines, [mark, *[body] * (len(lines) - 1)])

    def lines(self) -> list[str]:
        """The frame as text; see `Glass.lines`."""
        return self._glass.lines()

    def spelled(self, style: Style) -> str:
        """How this terminal is told of a style; see `Pen.spelled`."""
        return self._glass.pen.spelled(style)

    def _hear_of_the_window(self) -> None:
        """Textual reads the size inside its signal handler; of two in a row the inner one is done first, and the older size wins.
        So its handler is called in the loop, one after the other."""
        textuals = signal.getsignal(signal.SIGWINCH)
        if callable(textuals):
            self._announce_size = partial(textuals, signal.SIGWINCH, None)
        signal.signal(signal.SIGWINCH, self._window_signal)

    def _no_post_processing(self) -> None:
        """A line feed is to go down and nothing else: shorter moves. ``attrs_before`` comes back at the end."""
        settings = termios.tcgetattr(self.fileno)
        settings[tty.OFLAG] &= ~termios.OPOST
        termios.tcsetattr(self.fileno, termios.TCSANOW, settings)

    def _window_signal(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._window_changed)

    def _first_frame(self) -> None:
        if self._glass.width:
            self.flush_frame()

    def stop_application_mode(self) -> None:
        """Give the terminal back as it was."""
        if self._outlet is not None:
            self._outlet.abandon()
        if self._titled:
            self._titled = False
            self._send("\x1b[23;2t")
        self._send("\x1b[m")
        super().stop_application_mode()
        self.drawing = False

    def close(self) -> None:
        """See the last bytes off."""
        super().close()
        self._close_outlet()

    def _close_outlet(self) -> None:
        outlet, self._outlet = self._outlet, None
        if outlet is not None:
            outlet.close(_PATIENCE)

    def _sigtstp_application(self, *_: object) -> None:
        """Stop, at the next turn of the loop: a signal may have come in the middle of a write."""
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._stop_process)
        else:
            os.kill(os.getpid(), signal.SIGSTOP)

    def _stop_process(self) -> None:
        self.suspend_application_mode()
        self._must_signal_resume = True
        os.kill(os.getpid(), signal.SIGSTOP)

    def _sigcont_application(self, *_: object) -> None:
        if self._auto_restart:
            self._loop.call_soon_threadsafe(self._continue_process)

    def _continue_process(self) -> None:
        if self.drawing:  # stopped by SIGSTOP, without a word: whoever had the terminal since has changed its modes
            self.suspend_application_mode()
        self.resume_application_mode()

    # ── what Textual does that we do not want ─────────────────────────────────────────────────────────────────────

    def _query_in_band_window_resize(self) -> None:
        """Not asked: SIGWINCH tells the same, and with it the mouse would speak in pixels."""

    def _get_terminal_size(self) -> tuple[int, int]:
        """The window's own size, whatever an exported ``COLUMNS`` says."""
        try:
            columns, lines = os.get_terminal_size(self.fileno)
        except OSError:
            return super()._get_terminal_size()
        return columns, lines

    # ── the keyboard ──────────────────────────────────────────────────────────────────────────────────────────────

    def _gone(self) -> None:
        """End of file or an I/O error, met by whatever thread: there is no terminal any more."""
        tell: Callable[[], None] = getattr(self._app, "on_gone", lambda: None)
        tell()

    def run_input_thread(self) -> None:
        """Read keys until told to stop, or until the terminal is gone. Sleeps while nothing is typed."""
        parser = XTermParser(self._debug)
        decode = getincrementaldecoder("utf-8")("replace").decode
        waiting = select.poll()
        waiting.register(self.fileno, select.POLLIN)
        waiting.register(self._told_to_stop.fd, select.POLLIN)
        escape_until = 0.0  # a lone ESC is a key once nothing followed it for so long
        while not self.exit_event.is_set():
            pending = time.monotonic() < escape_until
            ready = dict(waiting.poll(20 if pending else None))
            if self.fileno in ready:
                data = self._read()
                if data is None:
                    self._gone()
                    return
                escape_until = time.monotonic() + constants.ESCAPE_DELAY + 0.1
                for message in parser.feed(decode(data)) if data else ():
                    self.process_message(message)
            for message in parser.tick():
                self.process_message(message)
        try:
            for _ in parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass  # half a sequence at the end

    def _read(self) -> bytes | None:
        """What was typed; ``None`` if nothing ever will be."""
        try:
            return os.read(self.fileno, 4096) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None
