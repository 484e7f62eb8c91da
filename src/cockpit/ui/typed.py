"""One line that a person types into: no blinking, no selecting on focus, and a paste is cleaned like anything from outside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.message import Message
from textual.strip import Strip
from textual.widgets import Input

from ..core.text import clean
from .ahead import Pressed

if TYPE_CHECKING:
    from .ahead import Ahead

_ROOMY = 4
"""Cells that a line must have before two of them are given away."""
_ACTIONS = {key: binding.action for binding in Input.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")}
EDITS = frozenset(_ACTIONS) - {"enter"}
"""Keys that change no more than the text and where its cursor is."""


def _marked(strip: Strip, at: int) -> Strip:
    """The same cells, one of them the sign that something is not in sight."""
    style = next(iter(strip.crop(at, at + 1)), Segment("")).style
    return Strip.join((strip.crop(0, at), Strip([Segment("…", style)], 1), strip.crop(at + 1)))


class Before(Message, bubble=False):
    """To a line that `Typed.wait`s: ``keys`` were typed before any that it holds, and none is missing."""

    def __init__(self, keys: Iterable[Pressed]) -> None:
        super().__init__()
        self.keys = tuple(keys)


class _Left(Message, bubble=False):
    """From a line to itself, behind every key that still came to it: the keys are another's now."""

    def __init__(self, to: Typed | Ahead) -> None:
        super().__init__()
        self.to = to


class Typed(Input):
    """Textual's `Input`, made calm. What is pasted loses its control characters, and its line breaks become spaces: a paste never
    presses enter. What is ``hidden`` is shown as dots.

    Keys that are typed while the focus moves are in two queues: those before it in that of whoever had the focus, those after it in
    this line's own, which may well be read first. So whoever gives a line the focus has it `wait`, and sends it `Before`.
    """

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None, hidden: bool = False) -> None:
        text = clean(value, 16 * len(value))
        super().__init__(text, placeholder=placeholder, password=hidden, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False
        self.turn: Callable[[str], bool] = lambda _: False
        """What a form does with a key before the line does; gives back whether that was all."""
        self.heir: Ahead | None = None
        """Who has what is typed behind a key that leaves the line with no other in its place."""
        self.seen = math.inf
        """Since when one sees what the board will show then: see `Ahead.begin`."""
        self._held: list[Pressed] | None = None
        self._late: list[Pressed] = []

    def wait(self) -> None:
        """Hold what is typed until `Before` comes."""
        self._held = []

    def before(self, keys: Iterable[Pressed]) -> None:
        """These were typed before any that it holds, and none is missing."""
        self.post_message(Before(keys))

    def render_line(self, y: int) -> Strip:
        """The part of the text that is in sight, with … where it goes on, but for the cell that the cursor is in."""
        strip = super().render_line(y)
        room, (before, _) = self.scrollable_content_region.width, self.scroll_offset
        if y or not self.value or room < _ROOMY:
            return strip
        cursor = cell_len(self.value[: self.cursor_position]) - before if self.has_focus else -1
        if before and cursor != 0:
            strip = _marked(strip, 0)
        if cell_len(self.value) > before + room and cursor != room - 1:
            strip = _marked(strip, room - 1)
        return strip

    async def _on_key(self, event: events.Key) -> None:
        """A key is taken when its turn comes, and where the cursor is by then. Textual's bindings wait until the key has gone all
        the way up to the app: over a slow line, what was typed after ``ctrl+u`` would be deleted by it, and what was typed after
        ``enter`` would land in the field before."""
        if self._is_others(event):
            self._taken(event)
        elif self.turn(event.key):
            self._taken(event)
            now = self.screen.focused
            if isinstance(now, Typed) and now is not self:
                now.wait()
                self.post_message(_Left(now))
            elif now is None and self.heir is not None:
                self.heir.begin(self.seen)
                self.post_message(_Left(self.heir))
        elif not event.is_printable and (action := _ACTIONS.get(event.key)):
            event.stop()
            await self.run_action(action)

    def _is_others(self, event: Pressed) -> bool:
        """Whether it is not this line's, or not yet; it is kept for whom it is."""
        focused = self.screen.focused
        if self._held is not None:
            self._held.append(event)
        elif (isinstance(focused, Typed) and focused is not self) or (focused is None and self.heir is not None):
            self._late.append(event)
        elif focused is not None and focused is not self:
            focused.post_message(again(event))
        else:
            return False
        return True

    def on__left(self, message: _Left) -> None:
        """No more keys come here."""
        late, self._late = self._late, []
        message.to.before([_as_pressed(each) for each in late])

    async def on_before(self, message: Before) -> None:
        """Take what was typed, in the order in which it was."""
        held, self._held = self._held or [], None
        for event in (*message.keys, *held):
            await self.on_event(again(event))

    def _taken(self, event: Pressed) -> None:
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        """In place of Textual's, which keeps the first line and its control characters."""
        self._taken(event)
        if not self._is_others(event):
            self.insert_text_at_cursor(clean(event.text, 4096))


def _as_pressed(event: Pressed) -> Pressed:
    """The same, from when it was pressed."""
    made = again(event)
    made.time = event.time
    return made


def again(event: Pressed) -> Pressed:
    """The same, as if it were pressed now: an event is handled once."""
    return events.Paste(event.text) if isinstance(event, events.Paste) else events.Key(event.key, event.character)
