"""A picker whose entries may still be on their way when it opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .palette import Entry, Picker
from .typed import Typed

AGAIN = 0.1
"""Seconds between looks at whether an answer has come."""

Offers = tuple[Sequence[Entry], bool]
"""The entries as they are known now, and whether more may come."""


class LivePicker(Picker):
    """As `Picker`. ``ask`` is called again and again until nothing more will come; the cursor stays on its entry meanwhile."""

    def __init__(self, title: str, ask: Callable[[], Offers]) -> None:
        entries, self._waiting = ask()
        super().__init__(title, entries)
        self._ask = ask

    def on_mount(self) -> None:
        """Look again while something is on its way."""
        super().on_mount()
        if self._waiting:
            self._timer = self.set_interval(AGAIN, self._look)

    def _look(self) -> None:
        entries, waiting = self._ask()
        if tuple(entries) != self._entries:
            here = self._under_cursor
            self._entries = tuple(entries)
            self._narrow(self.query_one(Typed).value)
            if here is not None:
                self.put_cursor_on(here.id)
        if not waiting:
            self._timer.stop()
