"""One line that a person types into: no blinking, no selecting on focus, and a paste is cleaned like anything from outside."""

from __future__ import annotations

from textual import events
from textual.widgets import Input

from ..core.text import clean


class Typed(Input):
    """Textual's `Input`, made calm. What is pasted loses its control characters, and its line breaks become spaces: a paste never
    presses enter."""

    def __init__(self, value: str = "", *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(clean(value, 16 * len(value)), placeholder=placeholder, select_on_focus=False, compact=True, id=id)
        self.cursor_blink = False

    def _on_paste(self, event: events.Paste) -> None:
        """In place of Textual's, which keeps the first line and its control characters."""
        event.stop()
        event.prevent_default()
        self.insert_text_at_cursor(clean(event.text, 4096))
