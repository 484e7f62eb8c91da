"""The text of a Markdown runbook as lines with a cursor: what one reads in it, ticks in it, and has run from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..core.prose import Block, Kind, plain
from .lines import Lines
from .look import Look
from .spans import Row, Spans, heading
from .typeset import Line, Setter

MEASURE = 110
"""No line is set longer, in cells: the eye loses its way back."""


class Prose(Lines):
    """``show`` gives it the blocks, and who ticked which box, by the box's place. The cursor stays on the same line of the file
    when that changes, or the width."""

    DEFAULT_CSS = "Prose { height: 1fr; }"
    under = ""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="prose")
        self.active = True
        self._blocks: tuple[Block, ...] = ()
        self._ticked: Mapping[int, str] = {}
        self._lines: list[Line] = []
        self._setter = Setter()

    def show(self, blocks: tuple[Block, ...], ticked: Mapping[int, str]) -> None:
        """The text, or a newer one."""
        self._blocks, self._ticked = blocks, ticked
        self.settle()

    def build(self, width: int) -> Sequence[Row]:
        self._lines = self._setter.lines(self._blocks, min(MEASURE, width - 3), self._ticked)  # the bar, and a gap at either side
        rows: list[Row] = []
        number, last = 0, -1
        for line in self._lines:
            number = number + 1 if line.at == last else 0
            last = line.at
            rows.append(((self._blocks[line.at].line, line.at, number), line.spans))
        return rows

    @property
    def at(self) -> int | None:
        """The place of the block under the cursor."""
        return self._lines[self.cursor].at if self.cursor < len(self._lines) else None

    @property
    def block(self) -> Block | None:
        """The block under the cursor."""
        at = self.at
        return self._blocks[at] if at is not None else None

    @property
    def urls(self) -> tuple[str, ...]:
        """Where the links of the block under the cursor lead."""
        return self._lines[self.cursor].urls if self.cursor < len(self._lines) else ()

    def to_block(self, at: int, *, head: bool = False) -> None:
        """The cursor to the first line of a block; with ``head`` that line stands at the head of the pane, as far as it can."""
        rows = [n for n, line in enumerate(self._lines) if line.at == at and line.spans]
        if not rows:
            return
        if head:
            self.top = max(0, min(rows[0], self.count() - self.page))
        elif rows[-1] >= self.top + self.page:
            self.top = min(rows[0], rows[-1] - self.page + 1)  # all of it in sight, as far as it fits
        self.go(rows[0])
        self.redraw()

    def to_line(self, line: int) -> None:
        """The cursor to the block that stands on a line of the file, or before it."""
        before = [at for at, block in enumerate(self._blocks) if block.line <= line]
        if before:
            self.to_block(before[-1])

    def next(self, way: int, *, heading: bool = False, box: bool = False) -> bool:
        """The cursor to the next (``way`` 1) or previous (-1) step, heading or box; whether there is one. In a text without steps
        blocks of code and boxes are gone to instead."""
        here, runs = self.at if self.at is not None else 0, any(block.step for block in self._blocks)
        for at in range(here + way, len(self._blocks) if way > 0 else -1, way):
            block = self._blocks[at]
            step = bool(block.step) if runs else block.box or block.kind is Kind.CODE
            if block.box if box else block.kind is Kind.HEADING if heading else step:
                self.to_block(at)
                return True
        return False

    def head(self, width: int) -> Spans:
        """The heading that one is below, and how much there is still to come."""
        here = self._lines[self.top].at if self.top < len(self._lines) else -1
        section = next((plain(self._blocks[at].words) for at in range(here, -1, -1) if self._blocks[at].kind is Kind.HEADING), "")
        below = max(0, self.count() - self.top - self.page)
        return heading(width, (section or "…", "muted"), (), [(f"↓{below}", "muted")] if below else [])

    def nothing(self) -> Sequence[Spans]:
        return (((" There is nothing in this file", "muted"),),)
