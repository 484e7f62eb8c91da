"""The list all panes share: a title in the top rule, then rows, drawn line by line and redrawn only where they differ."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Protocol

import msgspec
from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from .drawn import Drawn
from .look import Look
from .spans import Row, Spans, heading, strip

CURSOR, MARK, EDGE = "▌", "✓", "│"
_KEPT = 1024


class Face(Hashable, Protocol):
    """All that a row shows; equal faces look the same."""

    def spans(self, width: int) -> Spans:
        """The row in so many cells."""
        ...


class Ready(msgspec.Struct, frozen=True):
    """The face of a row that is made beforehand."""

    made: Spans

    def spans(self, width: int) -> Spans:  # noqa: ARG002 - it was made for this width
        """As it is."""
        return self.made


class _Line(msgspec.Struct, frozen=True):
    """What stands on a line of the pane: fixed spans, or a row with its bar and its mark."""

    edge: str
    fixed: Spans | None
    row: Face | None = None
    here: bool = False
    active: bool = False
    marked: bool = False


class Lines(Drawn):
    """A pane of lines. What it holds comes from `count`, `row_key` and `face_at`, which a pane with few lines gets by giving its
    rows to `fill`, and one with very many overrides. A *face* is all that a row shows, hashable: a line is drawn again only where
    its face differs from the one on the screen, and rows out of sight are never made.

    The cursor stays on the same key when rows come, go and move; ``marks`` holds keys. ``active`` says that this pane has the keys,
    ``held`` that the others are about what its cursor is on.
    ``edge`` is the column at the left, by line (``None``: no column); the layout sets it.
    """

    DEFAULT_CSS = "Lines { width: 1fr; height: 1fr; }"

    class Moved(Message):
        """The cursor stands on something else now."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

    class Pressed(Message):
        """Someone clicked here; ``opened`` where it was a double click on a row."""

        def __init__(self, lines: Lines, opened: bool) -> None:
            super().__init__()
            self.lines, self.opened = lines, opened

    movable = True
    """Whether it has a cursor; without one, moving scrolls."""
    under = "cursor"
    """The role that is laid under the row with the cursor; "": its bar alone tells."""

    def __init__(self, look: Look, *, id: str) -> None:
        super().__init__(id=id)
        self.look = look
        self.cursor, self.top = 0, 0
        self.marks: set[Hashable] = set()
        self.active = False
        self.held = False
        self.edge: Mapping[int, str] | None = None
        self._rows: Sequence[Row] = ()
        self._key: Hashable = None
        self._drawn: dict[int, _Line] = {}
        self._kept: dict[_Line, Strip] = {}
        self._for: tuple[int, int] = (-1, -1)

    # ── what a pane says of itself ────────────────────────────────────────────────────────────────────────────────

    def build(self, width: int) -> Sequence[Row] | None:  # noqa: ARG002 - for those who override it
        """The rows for this width, of a pane that has few; ``None`` where they come from `count` and its kin."""
        return None

    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def row_key(self, index: int) -> Hashable:
        """The identity of a row."""
        return self._rows[index][0]

    def index_of(self, key: Hashable) -> int | None:
        """Where the row with that identity is; ``None`` if it is not here. A pane with very many does better than to look."""
        return next((index for index in range(self.count()) if self.row_key(index) == key), None)

    def face_at(self, index: int) -> Face:
        """All that the row shows."""
        return Ready(self._rows[index][1])

    def head(self, width: int) -> Spans:
        """The title rule."""
        return heading(width, ("", "title"))

    def columns(self) -> Spans:
        """A line under the title that does not scroll; none if empty."""
        return ()

    def nothing(self) -> Sequence[Spans]:
        """What stands there when there are no rows."""
        return ()

    # ── the cursor ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def key(self) -> Hashable:
        """What the cursor is on; ``None`` when there is nothing."""
        return self._key

    @property
    def page(self) -> int:
        """How many rows are in sight."""
        return max(0, self.size.height - 1 - bool(self.columns()))

    @property
    def room(self) -> int:
        """How many cells a line has, beside the edge."""
        return self._inner[0]

    @property
    def ghosts(self) -> int:
        """How many of the rows are of things that are not there any more."""
        return 0

    @property
    def folded(self) -> bool:
        """Whether only its title is in sight."""
        return self.size.height <= 1

    def move(self, by: int) -> None:
        """The cursor so many rows on."""
        self.go(self.cursor + by if self.movable else self.top + by)

    def go(self, to: int) -> None:
        """The cursor (or the first line in sight) to a row."""
        last = self.count() - 1
        if not self.movable:
            self.top = max(0, min(to, last - self.page + 1))
            self.redraw()
            return
        before, top = self.cursor, self.top
        self.cursor = max(0, min(to, last))
        self._remember()
        self._into_sight()
        self.redraw(only=(before, self.cursor) if top == self.top else None)

    def seek(self, key: Hashable) -> bool:
        """The cursor to that thing, if it is here."""
        at = self._find(key, self.cursor)
        if at is not None:
            self.go(at)
        return at is not None

    def _remember(self) -> None:
        key = self.row_key(self.cursor) if self.movable and self.count() else None
        if key != self._key:
            self._key = key
            self.post_message(self.Moved(self))

    def _into_sight(self) -> None:
        page = max(1, self.page)
        self.top = max(min(self.top, self.cursor), self.cursor - page + 1, 0)

    def _find(self, key: Hashable, near: int) -> int | None:
        return near if near < self.count() and self.row_key(near) == key else self.index_of(key)

    # ── new facts ─────────────────────────────────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """Call it after the rows changed: finds the cursor's thing again, keeps it on the line of the screen where it was (the head
        of the list stays in sight while it is), and draws what differs."""
        self._make()
        count = self.count()
        if self.movable:
            at = self._find(self._key, self.cursor) if self._key is not None else None
            line = self.cursor - self.top
            self.cursor = max(0, min(self.cursor, count - 1)) if at is None else at
            if self.top or self.cursor >= self.page:
                self.top = max(0, min(self.cursor - line, count - self.page))
            self._remember()
            self._into_sight()
        else:
            self.top = max(0, min(self.top, count - self.page))
        self.redraw()

    def redraw(self, everything: bool = False, only: Sequence[int] | None = None) -> None:
        """Draw the lines that differ from what stands on the screen; ``only`` these rows can."""
        if everything:
            self._kept.clear()
            self._drawn.clear()
            self.refresh()
            return
        if not self.is_attached:
            return
        if self._for != self._inner:
            self.refresh()  # made for another size: all of it is made and drawn anew
            return
        width, height = self.size
        columns = self.columns()
        first = 1 + bool(columns)
        lines = range(height) if only is None else {first + row - self.top for row in only}
        for y in lines:
            if 0 <= y < height and self._drawn.get(y) != self._at(y, columns):
                self.refresh(Region(0, y, width, 1))

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _inner(self) -> tuple[int, int]:
        return self.size.width - (self.edge is not None), self.size.height

    def _make(self) -> None:
        rows = self.build(max(1, self.room))
        if rows is not None:
            self._rows = rows

    def _at(self, y: int, columns: Spans) -> _Line:
        edge = self.edge.get(y, EDGE) if self.edge is not None else ""
        if y == 0:
            return _Line(edge, self.head(self.room))
        if columns and y == 1:
            return _Line(edge, columns)
        index = self.top + y - 1 - bool(columns)
        count = self.count()
        if index >= count:
            lines = self.nothing() if count == self.ghosts else ()
            return _Line(edge, lines[index - count] if index - count < len(lines) else ())
        here = self.movable and index == self.cursor and (self.active or self.held)
        return _Line(edge, None, self.face_at(index), here, here and self.active, self.row_key(index) in self.marks)

    def render_line(self, y: int) -> Strip:
        """One line of the pane; kept lines are given out again."""
        if self._for != self._inner:
            self._for = self._inner
            self._make()
            if self.movable:
                self._into_sight()
            self.top = max(0, min(self.top, self.count() - self.page))
            self._drawn.clear()
            self._kept.clear()
        line = self._drawn[y] = self._at(y, self.columns())
        kept = self._kept.get(line)
        if kept is None:
            kept = self._strip(line)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[line] = kept
        return kept

    def _strip(self, line: _Line) -> Strip:
        if line.row is None:
            body = strip(line.fixed or (), self.room, self.look)
        elif not self.movable:
            body = strip(((" ", ""), *line.row.spans(self.room - 1)), self.room, self.look)
        else:
            bar = (CURSOR, "bar" if line.active else "bar-away") if line.here else (" ", "")
            spans = (bar, (MARK if line.marked else " ", "marked"), *line.row.spans(self.room - 2))
            body = strip(spans, self.room, self.look, self.under if line.active else "")
        return Strip([Segment(line.edge, self.look.style("rule")), *body], self.room + 1) if line.edge else body

    # ── the mouse, where it is wanted ─────────────────────────────────────────────────────────────────────────────

    def on_click(self, event: events.Click) -> None:
        event.stop()
        index = self.top + event.y - 1 - bool(self.columns())
        on_row = event.y > 0 and 0 <= index < self.count()
        if on_row and self.movable:
            self.go(index)
        self.post_message(self.Pressed(self, opened=on_row and event.chain == 2))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        event.stop()
        self.move(1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        event.stop()
        self.move(-1)
