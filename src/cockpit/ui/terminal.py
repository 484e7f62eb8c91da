"""The terminal's edge, as the app sees it: `TerminalEdge` is mixed into the App, and all that leaves for the terminal goes through
its driver (`EdgeDriver`).

Textual is pinned; these are the private names of it that this file and ``ui/driver.py`` stand on.
``tests/ui/test_terminal_edge.py`` fails when one of them is gone, and compares what the terminal shows with stock output, cell by
cell.
"""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from rich.console import RenderableType
from textual import screen as screens
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.app import App
from textual.driver import Driver
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from ..core.text import clean_block
from .curtain import Curtain
from .driver import EdgeDriver

FRAME = 1 / 240
"""Seconds between two frames, at least. Textual's own are a sixtieth: a key that is pressed just after something else was drawn
would wait for most of that, which is several times as long as all the rest that is done for it."""
screens.UPDATE_PERIOD = FRAME  # type: ignore[misc]  # Textual reads it from the environment, and then never asks again
BOARD_EVERY = 300.0
"""Seconds between two calls of `TerminalEdge.on_board`."""

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "textual.app:App": (
        "_display",  # the compositor's updates come here to be written: ours instead
        "_set_pointer_shape",  # writes OSC 22: nothing instead
        "_handle_exception",  # an exception nobody caught: remembered, printed after the terminal is restored
        "_fatal_error",  # would print a traceback with locals
        "_print_error_renderables",  # prints it
        "_close_messages_no_wait",  # ends the app
    ),
    "textual.app:App()": ("_batch_count", "_running", "_closed", "_driver", "_sync_available", "_clipboard", "_loop"),
    "textual.screen:Screen": (
        "_update_timer",  # beats with UPDATE_PERIOD
        "_on_timer_update",  # what it does then: paints
    ),
    "textual.screen:Screen()": ("_compositor", "_dirty_widgets", "_layout_required", "_repaint_required"),
    "textual.widget:Widget()": ("_layout_required", "_repaint_required"),
    "textual._compositor:Compositor": ("_get_renders", "render_partial_update", "visible_widgets"),
    "textual._compositor:Compositor()": ("_dirty_regions",),
    "textual._compositor:LayoutUpdate": (),
    "textual._compositor:ChopsUpdate": (),
    "textual._xterm_parser:XTermParser": ("feed", "tick"),
    "textual._parser:ParseError": (),
    "textual.drivers.linux_driver:LinuxDriver": (
        "run_input_thread",
        "_sigtstp_application",
        "_sigcont_application",
        "_query_in_band_window_resize",
        "_get_terminal_size",
    ),
    "textual.drivers.linux_driver:LinuxDriver()": (
        "_auto_restart",
        "_debug",
        "_loop",
        "_must_signal_resume",
        "exit_event",
        "fileno",
    ),
}
"""Where (``()``: on an instance) and what."""


if TYPE_CHECKING:
    _App = App[int]
else:
    _App = object  # a mixin: ``class Cockpit(TerminalEdge, App[int])``


class TerminalEdge(_App):
    """Mixed into the App, before it in the bases: only our own sequences reach the terminal, and only cells that changed."""

    crash: str = ""
    """The traceback of the exception that ended the app, cleaned, without locals; empty if there was none."""

    on_gone: Callable[[], None] = staticmethod(lambda: None)
    """Called, from any thread, when the terminal is gone."""

    curtain: Curtain | None = None
    """What hangs before the screen until it is drawn, if anything did."""

    on_board: Callable[[], None] = staticmethod(lambda: None)
    """Called now and then, in the app's loop, when the base screen has been drawn with nothing open over it."""

    on_drawn: Callable[[], None] = staticmethod(lambda: None)
    """Called once, in the app's loop, when the first frame has gone to the terminal."""
    _drawn = False
    _bare = False  # whether the base screen was drawn last, with nothing open over it
    _covered: Sequence[str] = ()  # its lines as they were before something opened
    _board_at = 0.0

    @property
    def drawing(self) -> bool:
        """Whether the terminal is in our modes now."""
        hung = self.curtain is not None and self.curtain.hangs
        return hung or (isinstance(self._driver, EdgeDriver) and self._driver.drawing)

    def board_lines(self) -> Sequence[str]:
        """The base screen as it was last drawn, with nothing open over it: see `Glass.lines`. Empty if it never was."""
        return self._driver.lines() if self._bare and isinstance(self._driver, EdgeDriver) else self._covered

    def leave(self, status: int) -> bool:
        """End the app with this exit status. May be called from any thread; false while there is no loop to end it in."""
        loop = self._loop
        if loop is None:
            return False
        try:
            loop.call_soon_threadsafe(lambda: self.exit(return_code=status))
        except RuntimeError:  # the loop closed in this moment: it is ending
            return False
        return True

    def wake(self) -> None:
        """Let the loop turn once, so that signal handlers run. May be called from any thread."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # closed in this moment
                loop.call_soon_threadsafe(lambda: None)

    def copy(self, text: str) -> bool:
        """Put text on the terminal's clipboard, and on the app's own for its inputs. False if it could not be, or not all of it."""
        self._clipboard = text
        return isinstance(self._driver, EdgeDriver) and self._driver.copy(text)

    def copy_to_clipboard(self, text: str) -> None:
        """Textual's word for `copy`: its inputs call it."""
        self.copy(text)

    def terminal_title(self, text: str) -> None:
        """Set the title of the terminal's window or tab."""
        if isinstance(self._driver, EdgeDriver):
            self._driver.title(text)

    def repaint(self) -> None:
        """Wipe the terminal and draw everything again: another program wrote over it."""
        if isinstance(self._driver, EdgeDriver):
            self._driver.repaint()

    # ── in Textual's place ────────────────────────────────────────────────────────────────────────────────────────

    def get_driver_class(self) -> type[Driver]:
        """Ours, whatever ``TEXTUAL_DRIVER`` says."""
        return EdgeDriver

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Without the two for ``NO_COLOR``: one makes greys, and fails on text without a style. The pen leaves all colours out."""
        return [line for line in super().get_line_filters() if not isinstance(line, Monochrome | NoColor)]

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:  # noqa: ARG002  # Textual's signature
        driver = self._driver
        open_now = self._running and not self._closed and not self._batch_count
        if open_now and isinstance(driver, EdgeDriver) and isinstance(renderable, LayoutUpdate | ChopsUpdate):
            try:
                self._cover(driver)
                driver.show(renderable, self._cursor(), self._sync_available)
            except Exception as error:  # noqa: BLE001  # as Textual does: whatever a widget drew must end in a report
                self._handle_exception(error)
            if not self._drawn:
                self._drawn, self._board_at = True, time.monotonic()
                self.on_drawn()
            elif self._bare and time.monotonic() - self._board_at > BOARD_EVERY:
                self._board_at = time.monotonic()
                self.on_board()
        self.post_display_hook()

    def _cover(self, driver: EdgeDriver) -> None:
        """If something has opened, keep what it is drawn over."""
        bare = len(self.screen_stack) == 1 and self.screen.focused is None
        if self._bare and not bare:
            self._covered = driver.lines()
        self._bare = bare

    def _cursor(self) -> tuple[int, int] | None:
        """Where an input has its cursor: input methods and screen readers look for the terminal's there."""
        return getattr(self.screen.focused, "cursor_screen_offset", None)

    def _set_pointer_shape(self, shape: str) -> None:
        """The pointer keeps its shape."""

    def panic(self, *renderables: RenderableType) -> None:
        """End the app and say why, once the terminal is restored."""
        self.crash = self.crash or clean_block("\n".join(str(renderable) for renderable in renderables))
        self._close_messages_no_wait()

    def _handle_exception(self, error: Exception) -> None:
        self.crash = self.crash or clean_block("".join(traceback.format_exception(error)))
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        """Nothing: whoever started the app prints `crash`."""
