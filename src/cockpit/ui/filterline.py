"""The line for the filter: filters while one types, and says under the line what cannot be read, at its column."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from time import monotonic

from textual.content import Content
from textual.message import Message
from textual.timer import Timer

from ..core.filters import FilterError, parse
from .signed import Signed


class FilterLine(Signed):
    """Hidden until opened. A text that can be read is tried with each key, and in force (`Changed`) once one pauses. Where one
    pauses at a text that cannot be read, the filter from before the opening is: never a beginning of what is being typed. ``enter``
    keeps it, ``esc`` brings the one from before back.

    ``check`` raises `FilterError` for a text that cannot be read. ``tried`` is called with what is tried, while the key is taken:
    what it draws is painted together with the key.
    """

    DEFAULT_CSS = """
    FilterLine .fault { height: 1; display: none; }
    FilterLine .fault.-shown { display: block; }
    """

    PAUSE = 0.4
    """Seconds without a key after which a text is meant as it stands."""

    class Changed(Message):
        """This is in force now."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter: it stays, and the line is closed."""

    class Closed(Message):
        """Esc: the filter from before is back in force (a `Changed` said so), and the line is closed."""

    def __init__(
        self,
        check: Callable[[str], object] = parse,
        tried: Callable[[str], None] = lambda _: None,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.turns = {"enter": self._enter, "escape": self._leave}
        self._check, self._try = check, tried
        self._before = ""
        self._good = ""
        self._tried = ""
        self._shown_at = 0.0
        self._pause: Timer | None = None

    async def open(self, text: str = "") -> None:
        """Show it with ``text`` and take the keys."""
        from textual.containers import Horizontal  # here: the board must not pay for these before somebody presses the key
        from textual.widgets import Static

        from .typed import Typed

        self._before = self._good = self._tried = text
        self._shown_at = 0.0
        if not self.query(Typed):
            line = Horizontal(Static("/", classes="sign", markup=False), Typed(placeholder="team=web @severity>=warning words"))
            await self.mount(line, Static(classes="fault", markup=False))
            typed = self.query_one(Typed)
            typed.turn = self.turn
            self.watch(typed, "value", self._typed, init=False)
        typed = self.query_one(Typed)
        with typed.prevent(typed.Changed):
            typed.value = text
        typed.cursor_position = len(text)
        self._say("")
        self.add_class("-open")
        typed.focus()

    def _typed(self, text: str) -> None:
        """Filter with each key that leaves something to be read."""
        self._wait_no_more()
        if not self.is_open:
            return
        if not self._readable(text):
            self._pause = self.set_timer(self.PAUSE, partial(self._put_in_force, self._before))
            return
        if text != self._tried:
            self._tried, self._shown_at = text, math.inf
            self._try(text)
            self.call_after_refresh(self._shows, text)
        self._pause = self.set_timer(self.PAUSE, partial(self._put_in_force, text))

    def _shows(self, text: str) -> None:
        """The list has been painted with it."""
        if text == self._tried:
            self._shown_at = monotonic()

    def _put_in_force(self, text: str) -> None:
        self._wait_no_more()
        if (text, text) != (self._good, self._tried):
            self._good = self._tried = text
            self.post_message(self.Changed(text))

    def _wait_no_more(self) -> None:
        if self._pause is not None:
            self._pause.stop()
            self._pause = None

    def _enter(self) -> None:
        """Keep it, if it can be read."""
        from .typed import Typed

        typed = self.query_one(Typed)
        text = typed.value
        self._wait_no_more()
        if self._readable(text):
            typed.seen = self._shown_at if text == self._tried else math.inf
            self.close()
            self.post_message(self.Submitted(text))

    def _leave(self) -> None:
        """Bring back what was."""
        from .typed import Typed

        self.query_one(Typed).seen = math.inf
        self.close()
        self._put_in_force(self._before)
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
