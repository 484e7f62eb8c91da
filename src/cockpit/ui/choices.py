"""A list with a cursor, drawn row by row: what the picker and the list of runs are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from .page import harmless


class Choices(ScrollView, can_focus=True):
    """Rows made by ``draw(number, width)``; only those in sight are ever made. ``at`` is the row under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("ctrl+d,pagedown", "half(1)", show=False),
        Binding("ctrl+u,pageup", "half(-1)", show=False),
        Binding("g,home", "to(0)", show=False),
        Binding("G,end", "to(-1)", show=False),
        Binding("enter", "choose", show=False),
    ]

    class Chosen(Message):
        """Enter was pressed on row ``at``."""

        def __init__(self, at: int) -> None:
            super().__init__()
            self.at = at

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, draw: Callable[[int, int], Content], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._draw = draw
        self._count = 0
        self.at = 0

    @property
    def tall(self) -> int:
        """How many rows are in sight."""
        return max(1, self.scrollable_content_region.height)

    def show(self, count: int, at: int) -> None:
        """There are ``count`` rows now, and the cursor is on ``at``."""
        layout = count != self._count
        self._count = count
        self.at = max(0, min(at, count - 1))
        self.virtual_size = Size(1, count)
        self._reveal()
        self.refresh(layout=layout)

    def _reveal(self) -> None:
        top = self.scroll_offset.y
        if self.at < top:
            self.scroll_to(y=self.at, animate=False, force=True)
        elif self.at >= top + self.tall:
            self.scroll_to(y=self.at - self.tall + 1, animate=False, force=True)

    def on_resize(self) -> None:
        """Keep the cursor in sight."""
        self._reveal()

    def render_line(self, y: int) -> Strip:
        """One row on the screen."""
        width = self.size.width
        at = self.scroll_offset.y + y
        if at >= self._count:
            return Strip.blank(width, self.rich_style)
        made = harmless(self._draw(at, max(1, width - 4)))
        row = Content(made) if isinstance(made, str) else made  # the bar, a gap, and a column that the scroll bar may cover
        if at == self.at:
            row = Content.assemble(("▌", "bold $role-bar"), " ", row, " " * max(0, width - 2 - row.cell_length)).stylize(
                "on $role-cursor-back"
            )
        else:
            row = row.pad_left(2)
        return Visual.to_strips(self, row, width, 1, self.visual_style, pad=True)[0].crop(0, width)

    def action_go(self, rows: int) -> None:
        """Move the cursor by rows."""
        before, self.at = self.at, max(0, min(self._count - 1, self.at + rows))
        top = self.scroll_offset.y
        self._reveal()
        if self.scroll_offset.y == top:
            for row in {before, self.at}:
                self.refresh(Region(0, row - top, self.size.width, 1))
        if before != self.at:
            self.post_message(self.Moved())

    def action_half(self, pages: int) -> None:
        """Move by half of what is in sight."""
        self.action_go(pages * max(1, self.tall // 2))

    def action_to(self, row: int) -> None:
        """To a row; -1 is the last."""
        self.action_go((row if row >= 0 else self._count - 1) - self.at)

    def action_choose(self) -> None:
        """Enter."""
        if self._count:
            self.post_message(self.Chosen(self.at))


def two_ends(left: Content, right: Content, width: int) -> Content:
    """``left`` and ``right`` at the two ends of a row; the left one gives way."""
    room = width - right.cell_length - (2 if right else 0)
    if room < 4:
        return left.truncate(width, ellipsis=True)
    kept = left.truncate(room, ellipsis=True)
    return Content.assemble(kept, " " * (width - kept.cell_length - right.cell_length), right)
