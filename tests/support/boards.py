"""The board before a person: press keys, read the screen, see what the desk was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from cockpit.app import Cockpit
from cockpit.config.model import Config
from cockpit.core.view import Row, View
from cockpit.ui.board import Board
from cockpit.ui.keys import TABLE, Key

from .boxes import settled, text_of, until
from .desk import FakeDesk, StillClock
from .scene import config as scene_config
from .scene import scene


def rows_of(board: Board) -> list[Row]:
    """The alerts of the list, which has no groups in it now."""
    rows = [each for each in board.alerts.rows if isinstance(each, Row)]
    assert len(rows) == len(board.alerts.rows), "there are groups in the list"
    return rows


class Sitting:
    """A person before the board."""

    def __init__(self, app: Cockpit, desk: FakeDesk, clock: StillClock, pilot: Pilot[Any]) -> None:
        self.app, self.desk, self.clock, self.pilot = app, desk, clock, pilot

    @property
    def board(self) -> Board:
        return self.app.board

    @property
    def lines(self) -> list[str]:
        """The screen, line by line."""
        return text_of(self.app.screen).splitlines()

    @property
    def text(self) -> str:
        """The screen."""
        return text_of(self.app.screen)

    @property
    def footer(self) -> str:
        return self.lines[-1]

    def line_of(self, text: str) -> int:
        """The first line of the screen that has this text."""
        return next(y for y, line in enumerate(self.lines) if text in line)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await settled(self.pilot)

    async def type(self, text: str) -> None:
        await self.press(*({" ": "space", "=": "equals_sign", "@": "at", "~": "tilde"}.get(char, char) for char in text))

    async def until(self, met: Callable[[], object], what: str) -> None:
        await until(self.pilot, met, what)

    async def sees(self, text: str) -> None:
        """Wait until the screen has this text."""
        await until(self.pilot, lambda: text in self.text, repr(text))

    async def resize(self, width: int, height: int) -> None:
        await self.pilot.resize_terminal(width, height)
        await settled(self.pilot)

    async def follow(self) -> None:
        """Wait until the other panes have followed the cursor."""
        self.board.follow()
        await settled(self.pilot)


def run(body: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Play it to its end."""
    asyncio.run(body())


async def shows(person: Sitting, kind: type) -> None:
    """Wait until a box of this kind stands there."""
    await person.until(lambda: isinstance(person.app.screen, kind), kind.__name__)
    await person.pilot.pause()


@asynccontextmanager
async def sitting(
    view: View | None = None,
    size: tuple[int, int] = (120, 40),
    *,
    config: Config | None = None,
    table: Sequence[Key] = TABLE,
    theme_dirs: Sequence[Path] = (),
    environ: Mapping[str, str] | None = None,
    locked: str = "",
    can: frozenset[tuple[str, str]] | None = None,
) -> AsyncIterator[Sitting]:
    """The cockpit over a desk with this view (the scene's, if none), at the scene's moment."""
    desk, clock = FakeDesk(view or scene(), can=can, locked=locked), StillClock()
    app = Cockpit(config or scene_config(), desk, table=table, theme_dirs=theme_dirs, clock=clock, environ=environ or {})
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.screen is app.board and app.board.is_mounted, "the board")
        await settled(pilot)
        yield Sitting(app, desk, clock, pilot)
