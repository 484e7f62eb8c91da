"""A box with one long text in it, that is walked through with the keys that move everywhere."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from .lines import Lines
from .stirring import Stirring


class Walked(Stirring):
    """`text` is what is walked through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("ctrl+d,pagedown", "half(1)", show=False),
        Binding("ctrl+u,pageup", "half(-1)", show=False),
        Binding("g,home", "end(False)", show=False),
        Binding("G,end", "end(True)", show=False),
    ]

    @property
    def text(self) -> Lines:
        """The text."""
        raise NotImplementedError

    def action_go(self, rows: int) -> None:
        """Move by rows."""
        self.text.move(rows)

    def action_half(self, pages: int) -> None:
        """Move by half of what is in sight."""
        self.text.move(pages * max(1, self.text.page // 2))

    def action_end(self, last: bool) -> None:
        """To the first line, or the last."""
        self.text.go(self.text.count() - 1 if last else 0)
