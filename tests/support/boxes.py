"""Boxes without a board: an app that opens one, and what a person would read on the screen."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, TypeVar

from textual.app import App
from textual.pilot import Pilot
from textual.screen import ModalScreen, Screen

from cockpit.ui import theme
from cockpit.ui.look import textual_theme

T = TypeVar("T")


class Seconds:
    """A clock of seconds that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


class Over(App[None]):
    """An empty board in the cockpit's own theme."""

    def __init__(self, name: str = "night-shift") -> None:
        super().__init__()
        file = theme.find(name)
        self.register_theme(textual_theme(file))
        self.theme = name


class Opened(Generic[T]):
    """A box that is open; ``answers`` are what it gave back: none, or one."""

    def __init__(self, box: ModalScreen[T], pilot: Pilot[Any]) -> None:
        self.box, self.pilot = box, pilot
        self.answers: list[T | None] = []

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return text_of(self.pilot.app.screen)

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until the screen has answered."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*("space" if char == " " else char for char in text))


@asynccontextmanager
async def opened(box: ModalScreen[T], size: tuple[int, int] = (80, 24), look: str = "night-shift") -> AsyncIterator[Opened[T]]:
    """The box over an empty board."""
    async with Over(look).run_test(size=size) as pilot:
        made = Opened(box, pilot)
        pilot.app.push_screen(box, made.answers.append)
        await settled(pilot)
        yield made


async def settled(pilot: Pilot[Any]) -> None:
    """Everything that follows from what was done has been drawn."""
    for _ in range(3):
        await pilot.pause()


async def until(pilot: Pilot[Any], met: Callable[[], object], what: str) -> None:
    """Wait for a condition; fail with the screen if it never comes."""
    for _ in range(200):
        if met():
            return
        await pilot.pause(0.01)
    raise AssertionError(f"never came: {what}\n{text_of(pilot.app.screen)}")


def text_of(screen: Screen[Any]) -> str:
    """What a person reads on a screen, without colours."""
    lines = screen._compositor.render_strips()  # private, as Textual's own tests do
    return "\n".join(strip.text.rstrip() for strip in lines)
