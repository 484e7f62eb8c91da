"""The app: the terminal's edge, themes, and the board. Nothing else."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import App
from textual.binding import Binding, BindingType
from textual.filter import LineFilter
from textual.screen import Screen

from .config.model import Config
from .engine.clock import SystemClock
from .engine.desk import Desk
from .provider import Clock
from .ui import theme as themes
from .ui.board import Board
from .ui.driver import EdgeDriver
from .ui.keys import Key
from .ui.look import AsciiOnly, Look, look, needs_ascii, textual_theme
from .ui.picture import Picture, now
from .ui.promise import Promise, named
from .ui.spans import cells
from .ui.terminal import TerminalEdge

if TYPE_CHECKING:
    from .engine.driven import Driven


class Cockpit(TerminalEdge, App[int], inherit_bindings=False, inherit_css=False):
    """The screen over a desk.

    ``table`` are the keys as remapped (`ui.keys.remapped`), ``theme_dirs`` the folders with a person's own themes; ``clock`` is
    for tests and replays, ``replay`` what the desk replays. It ends with 0 when the person leaves. ``NO_COLOR`` opens it in the
    theme ``mono``; where the terminal's encoding has no more than ASCII, nothing else is sent, whatever the theme.
    """

    CSS_PATH = "ui/board.tcss"
    DEFAULT_CSS = "Cockpit { background: $background; color: $foreground; }"  # Textual's are for widgets that are never seen here
    ENABLE_COMMAND_PALETTE = False
    _themed = False  # whether there is a theme
    _dressed = False  # whether the styles are that theme's, and Textual has not yet asked for them again
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+c", "interrupted", show=False, system=True)]

    def __init__(
        self, config: Config, desk: Desk, *, table: Sequence[Key], theme_dirs: Sequence[Path] = (), clock: Clock | None = None,
        environ: Mapping[str, str] = os.environ, replay: Driven | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        self._disable_tooltips = self._disable_notifications = True  # two widgets that nobody would ever see
        self._theme_dirs = tuple(theme_dirs)
        self._only_ascii = config.ascii or needs_ascii(getattr(sys.__stdout__, "encoding", None), environ)
        self._ascii = AsciiOnly()
        wanted, problem = ("mono" if environ.get("NO_COLOR") else config.theme), ""
        try:
            dress = self._put_on(wanted)
        except themes.ThemeProblem as found:
            dress, problem = self._put_on(themes.DEFAULT), f"{found}; {themes.DEFAULT} is used instead"
        self.board = Board(
            desk, config, table=table, look=dress, clock=clock or SystemClock(), themes=lambda: tuple(themes.names(theme_dirs)),
            replay=replay,
        )  # fmt: skip
        self._problem = problem

    def get_default_screen(self) -> Screen[None]:
        """The board: Textual's own empty screen would be styled, laid out and painted before it."""
        return self.board

    def get_css_variables(self) -> dict[str, str]:
        """The theme's; none yet where Textual asks before there is one."""
        return super().get_css_variables() if self._themed else {}

    def refresh_css(self, animate: bool = True) -> None:
        """Read the styles again, for another theme. Textual asks for it once at the start, too, when they have just been read."""
        if self._dressed:
            self._dressed = False
        else:
            super().refresh_css(animate)

    async def on_event(self, event: events.Event) -> None:
        """Keys that were typed ahead of what they are for wait for it."""
        if not self.board.ahead.keeps(event):
            await super().on_event(event)

    def on_mount(self) -> None:
        if self.curtain is not None:
            self.board.promise = promise = Promise(self.curtain.picture.about)
            self.call_after_refresh(promise.begin)
        if self._problem:
            self.board.say(self._problem, "refusal")

    def on_board_dress(self, message: Board.Dress) -> None:
        """Another theme is wanted: the one named, or the next."""
        try:
            self.board.dress(self._put_on(message.name or themes.next_name(self.theme, themes.names(self._theme_dirs))))
        except themes.ThemeProblem as problem:
            self.board.say(str(problem), "refusal")
        else:
            self.board.say(f"theme {self.theme}")

    def picture(self, key: str) -> Picture | None:
        """The board as it was last drawn, for the next start; ``None`` if it never was. ``key``: see `Picture`."""
        lines, driver = self.board_lines(), self._driver
        if not lines or not isinstance(driver, EdgeDriver):
            return None
        body, mark = (driver.spelled(self.board.header.look.style(role)) for role in ("muted", "message"))
        return Picture(lines, cells(lines[0]), body=body, mark=mark, about=named(self.board.cursor_row()), at=now(), key=key)

    def action_interrupted(self) -> None:
        """ctrl+c."""
        self.board.interrupted()

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's, and ours where only ASCII can be shown."""
        return [*super().get_line_filters(), self._ascii] if self._ascii.enabled else super().get_line_filters()

    def _put_on(self, name: str) -> Look:
        file = themes.find(name, self._theme_dirs)
        self.register_theme(textual_theme(file))
        if not self._themed:  # nothing has been styled yet: nothing has to be styled anew
            self._themed = self._dressed = True
            self.set_reactive(App.theme, file.name)
            self.set_class(file.dark, "-dark-mode", update=False)
            self.set_class(not file.dark, "-light-mode", update=False)
            self.stylesheet.set_variables(self.get_css_variables())
        else:
            self.theme = file.name
        self._ascii.enabled = self._only_ascii or file.ascii
        return look(file, ascii=self._ascii.enabled)
