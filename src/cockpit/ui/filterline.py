"""The line for the filter: filters while one types, and says under the line what cannot be read, at its column."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ..core.filters import FilterError, parse

if TYPE_CHECKING:
    from textual.widgets import Input


class FilterLine(Widget):
    """Hidden until opened. While one types, each text that can be read is `Changed`; one that cannot leaves the last good filter in
    force. ``enter`` keeps it, ``esc`` brings back the filter that was there at the opening.

    ``check`` raises `FilterError` for a text that cannot be read.
    """

    DEFAULT_CSS = """
    FilterLine { height: auto; display: none; layout: vertical; }
    FilterLine.-open { display: block; }
    FilterLine > Horizontal { height: 1; }
    FilterLine .sign { width: 2; height: 1; color: $accent; text-style: bold; }
    FilterLine Typed { width: 1fr; border: none; height: 1; padding: 0; background: $panel; }
    FilterLine .fault { height: 1; display: none; }
    FilterLine .fault.-shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    class Changed(Message):
        """The text can be read, and is now in force."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter: it stays, and the line is closed."""

    class Closed(Message):
        """Esc: the filter from before is back in force (a `Changed` said so), and the line is closed."""

    def __init__(self, check: Callable[[str], object] = parse, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._check = check
        self._before = ""
        self._good = ""

    @property
    def is_open(self) -> bool:
        """Whether it has the keys."""
        return self.has_class("-open")

    async def open(self, text: str = "") -> None:
        """Show it with ``text`` and take the keys."""
        from textual.containers import Horizontal  # here: the board must not pay for these before somebody presses the key
        from textual.widgets import Static

        from .typed import Typed

        self._before = self._good = text
        if not self.query(Typed):
            line = Horizontal(Static("/", classes="sign", markup=False), Typed(placeholder="team=web @severity>=warning words"))
            await self.mount(line, Static(classes="fault", markup=False))
        typed = self.query_one(Typed)
        with typed.prevent(typed.Changed):
            typed.value = text
        typed.cursor_position = len(text)
        self._say("")
        self.add_class("-open")
        typed.focus()

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-open")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while one types."""
        event.stop()
        if self._readable(event.value) and event.value != self._good:
            self._good = event.value
            self.post_message(self.Changed(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it, if it can be read."""
        event.stop()
        if self._readable(event.value):
            self.close()
            self.post_message(self.Submitted(event.value))

    def action_leave(self) -> None:
        """Bring back what was."""
        self.close()
        if self._good != self._before:
            self.post_message(self.Changed(self._before))
        self.post_message(self.Closed())

    def _readable(self, text: str) -> bool:
        try:
            self._check(text)
        except FilterError as fault:
            self._say(str(fault), fault.column)
            return False
        self._say("")
        return True

    def _say(self, fault: str, column: int = 0) -> None:
        """The fault under the character it is about; moved left where it would not fit."""
        from rich.cells import cell_len
        from textual.widgets import Static

        from .typed import Typed

        shown = self.query_one(".fault", Static)
        shown.set_class(bool(fault), "-shown")
        before = self.query_one(Typed).value[:column]
        place = 2 + cell_len(before)
        room = max(0, self.size.width - cell_len(fault) - 2)
        text = (
            " " * place + "^ " + fault
            if place <= room
            else " " * max(0, min(place, self.size.width) - cell_len(fault) - 2) + fault + " ^"
        )
        shown.update(Content.styled(text if fault else "", "$role-refusal"))
