"""Lines of plain text that scroll: what boxes, help and a run's output are made of."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ..core.text import clean

Line = str | Content
"""A ``str`` is literal text, never markup; a `Content` brings styles of its own."""


def harmless(line: Line) -> Line:
    """The line, or, where anything in it got past the first wall, its text made safe (without its styles)."""
    plain = line if isinstance(line, str) else line.plain
    return line if plain.isprintable() else clean(plain, 16 * len(plain))


def fold(line: Line, width: int, indent: int = 0) -> list[Line]:
    """The rows which ``line`` takes in ``width`` cells: broken after a space where one is near, else anywhere. Nothing is left out;
    rows after the first are moved in by ``indent``."""
    if width < 8:
        indent = 0
    plain = line if isinstance(line, str) else line.plain
    if len(plain) <= width and (plain.isascii() or cell_len(plain) <= width):
        return [line]
    rows: list[Line] = []
    at = 0
    for number in count():
        room = max(2, width - (indent if number else 0))
        size = _fitting(plain, at, room)
        if at + size < len(plain):
            space = plain.rfind(" ", at + room * 2 // 3, at + size)
            size = space + 1 - at if space >= 0 else size
        piece: Line = line[at : at + size]
        rows.append((" " * indent + piece if isinstance(piece, str) else piece.pad_left(indent)) if number and indent else piece)
        at += size
        if at >= len(plain):
            return rows
    return rows


def _fitting(text: str, start: int, width: int) -> int:
    """How many characters from ``start`` fit into ``width`` cells; at least one."""
    piece = text[start : start + width]
    while len(piece) > 1 and cell_len(piece) > width:
        piece = piece[: -max(1, (cell_len(piece) - width) // 2)]
    return len(piece)


class Page(ScrollView, can_focus=True):
    """Lines that can be read and scrolled. Lines too long are folded, never cut. With ``follow`` it stays at the end as lines are
    added, until somebody scrolls up, and again from when they are back at the end. ``keep`` bounds the lines (0: no bound)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("ctrl+d,pagedown,space", "half(1)", show=False),
        Binding("ctrl+u,pageup,b", "half(-1)", show=False),
        Binding("g,home", "top", show=False),
        Binding("G,end", "bottom", show=False),
    ]

    class Moved(Message):
        """What is in sight changed: for whoever says how much is left."""

    def __init__(
        self, lines: Iterable[Line] = (), *, follow: bool = False, indent: int = 2, keep: int = 0, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.dropped = 0
        """How many lines had to go, where ``keep`` bounds them."""
        self._keep = keep
        self._lines: list[Line] = list(lines)
        self._rows: list[Line] = []
        self._width = 0
        self._indent = indent
        self._may_follow = follow
        self.following = follow

    @property
    def rows(self) -> int:
        """How many rows there are, folded to the present width."""
        return len(self._rows)

    @property
    def below(self) -> int:
        """How many rows are out of sight below."""
        return max(0, len(self._rows) - self.scroll_offset.y - self._tall)

    @property
    def _tall(self) -> int:
        return self.scrollable_content_region.height

    def show(self, lines: Iterable[Line]) -> None:
        """Replace all lines; the place in the text is kept where it still exists."""
        before = len(self._rows)
        self._lines = list(lines)
        self._refold(self._width)
        self._settle(layout=len(self._rows) != before)

    def add(self, lines: Iterable[Line]) -> None:
        """Put lines at the end."""
        new = list(lines)
        if not new:
            return
        self._lines += new
        if self._width:
            self._fold_in(new)
        if self._keep and len(self._lines) > self._keep:
            self._drop(len(self._lines) - self._keep * 3 // 4)
        self._settle(layout=False)

    def _drop(self, count: int) -> None:
        """Let the oldest lines go, a good many at once; what is in sight stays where it is."""
        before = len(self._rows)
        del self._lines[:count]
        self.dropped += count
        self._refold(self._width)
        self.scroll_to(y=max(0, self.scroll_offset.y - (before - len(self._rows))), animate=False, force=True)

    def find(self, text: str, after: int) -> int | None:
        """The number of the next row past ``after`` (wrapping round) that holds ``text``, in any case."""
        wanted = text.casefold()
        total = len(self._rows)
        order = (*range(after + 1, total), *range(min(after + 1, total)))
        return next((n for n in order if wanted in _plain(self._rows[n]).casefold()), None)

    def _fold_in(self, lines: list[Line]) -> None:
        for line in lines:
            self._rows += fold(harmless(line), self._width, self._indent)

    def _refold(self, width: int) -> None:
        self._width = width
        self._rows = []
        if width:
            self._fold_in(self._lines)

    def _settle(self, *, layout: bool) -> None:
        self.virtual_size = Size(max(1, self._width), len(self._rows))
        if self.following:
            self.scroll_to(y=max(0, len(self._rows) - self._tall), animate=False, force=True)
        self.refresh(layout=layout)
        self.post_message(self.Moved())

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's signature
        """As many rows as the text takes at that width (Textual asks this for ``height: auto``)."""
        self._fold_for(width)
        return len(self._rows)

    def on_resize(self) -> None:
        """Fold again for another width."""
        self._fold_for(self.content_size.width)
        self._settle(layout=False)
        self.call_after_refresh(self._mark_place)

    def _mark_place(self) -> None:
        """A scroll bar that has just come does not know where we are."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.position = self.scroll_y

    def _fold_for(self, width: int) -> None:
        """One column is left to the scroll bar, whether it is there or not: what it covered could not be read."""
        if width - 1 != self._width and width > 1:
            self._refold(width - 1)

    def render_line(self, y: int) -> Strip:
        """One row on the screen."""
        width = self.size.width
        at = self.scroll_offset.y + y
        if at >= len(self._rows) or width < 1:
            return Strip.blank(width, self.rich_style)
        row = self._rows[at]
        content = Content(row) if isinstance(row, str) else row
        return Visual.to_strips(self, content, width, 1, self.visual_style, pad=True)[0].crop(0, width)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow the end only while it is in sight."""
        super().watch_scroll_y(old_value, new_value)
        self.post_message(self.Moved())

    def go_to(self, row: int) -> None:
        """Bring a row into sight; whoever moves stops following, and whoever reaches the end follows again."""
        last = max(0, len(self._rows) - self._tall)
        target = min(max(0, row), last)
        if self._may_follow:
            self.following = target >= last
        self.scroll_to(y=target, animate=False, force=True)
        self.refresh(Region(0, 0, *self.size))

    def action_go(self, rows: int) -> None:
        """Move by rows."""
        self.go_to(self.scroll_offset.y + rows)

    def action_half(self, pages: int) -> None:
        """Move by half of what is in sight."""
        self.go_to(self.scroll_offset.y + pages * max(1, self._tall // 2))

    def action_top(self) -> None:
        """To the first row."""
        self.go_to(0)

    def action_bottom(self) -> None:
        """To the last row."""
        self.go_to(len(self._rows))


def _plain(line: Line) -> str:
    return line if isinstance(line, str) else line.plain
