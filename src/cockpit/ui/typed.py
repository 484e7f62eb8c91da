"""One line that a person types into: no blinking, no selecting on focus, and a paste is cleaned like anything from outside."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.binding import Binding
from textual.strip import Strip
from textual.widgets import Input

from ..core.text import clean

_ROOMY = 4
"""Cells that a line must have before two of them are given away."""
_ACTIONS = {key: binding.action for binding in Input.BINDINGS if isinstance(binding, Binding) for key in binding.key.split(",")}


def _marked(strip: Strip, at: int) -> Strip:
    """The same cells, one of them the sign that something is not in sight."""
    style = next(iter(strip.crop(at, at + 1)), Segment("")).style
    return Strip.join((strip.crop(0, at), Strip([Segment("…", style)], 1), strip.crop(at + 1)))


class Typed(Input):
    """Textual's `Input`, made calm. What is pasted loses its control characters, and its line breaks become spaces: a paste never
    presses enter. What is ``hidden`` is shown as dots."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None, hidden: bool = False) -> None:
        text = clean(value, 16 * len(value))
        super().__init__(text, placeholder=placeholder, password=hidden, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False
        self.turn: Callable[[str], bool] = lambda _: False
        """What a form does with a key before the line does; gives back whether that was all."""

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
        focused = self.screen.focused
        if focused is not None and focused is not self:
            self._taken(event)
            focused.post_message(events.Key(event.key, event.character))
        elif self.turn(event.key):
            self._taken(event)
        elif not event.is_printable and (action := _ACTIONS.get(event.key)):
            event.stop()
            await self.run_action(action)

    def _taken(self, event: events.Key) -> None:
        event.stop()
        event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        """In place of Textual's, which keeps the first line and its control characters."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(clean(event.text, 4096))
