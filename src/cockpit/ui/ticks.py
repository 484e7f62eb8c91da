"""A list of which some are chosen: ``space`` ticks, ``enter`` takes those that are ticked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from .box import Box, Said
from .choices import Choices


class Ticks(Box[tuple[int, ...] | None]):
    """Gives back the numbers of the rows that are ticked, in their order; ``None`` where the person leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "tick", show=False), Binding("q", "leave", show=False)]

    def __init__(self, title: str, rows: Sequence[Content]) -> None:
        super().__init__(title, [("space", "tick"), ("enter", "take the ticked"), ("j k", "move"), ("esc", "leave")])
        self._rows = tuple(rows)
        self._ticked: set[int] = set()

    def inside(self) -> Iterable[Widget]:
        """The list, and what is wrong."""
        yield Choices(self._row)
        yield Said(id="why")

    def on_mount(self) -> None:
        """Nothing is ticked yet."""
        choices = self.query_one(Choices)
        choices.show(len(self._rows), 0)
        choices.focus()
        self._say("")

    def _row(self, number: int, _width: int) -> Content:
        mark = ("[x] ", "bold $role-key") if number in self._ticked else ("[ ] ", "$role-muted")
        return Content.assemble(mark, self._rows[number])

    def action_tick(self) -> None:
        """Tick the row under the cursor, or take its tick away."""
        choices = self.query_one(Choices)
        self._ticked ^= {choices.at}
        choices.refresh()
        self._say("")

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """Take them."""
        event.stop()
        if not self._ticked:
            self._say("nothing is ticked: space ticks")
            return
        self.dismiss(tuple(sorted(self._ticked)))

    def _say(self, reason: str) -> None:
        why = self.query_one("#why", Said)
        why.show(Content.styled(reason, "$role-refusal"))
        why.display = bool(reason)
