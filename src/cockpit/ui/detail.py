"""The Detail pane: all that is known of the thing under the cursor. It scrolls, and has no cursor of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from .chart import pictured
from .fact import Fact
from .lines import Lines
from .look import Look
from .spans import Row, Span, Spans, cells, fit, heading, middle, width_of, wrapped

if TYPE_CHECKING:
    from .typeset import Setter

LABELS = 14


class Shown(msgspec.Struct, frozen=True):
    """What the pane shows: whose facts they are (``key``; another one scrolls back to the top), the title, and the facts."""

    key: object
    title: tuple[Span, ...]
    facts: tuple[Fact, ...]


class Detail(Lines):
    """``ask`` makes the facts anew for a time; the board gives one for whatever is selected."""

    movable = False

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="detail")
        self._ask: Callable[[datetime], Shown] | None = None
        self._shown = Shown(None, (), ())
        self._now: datetime | None = None
        self._setter: Setter | None = None

    def show(self, ask: Callable[[datetime], Shown] | None, now: datetime) -> None:
        """Something is selected (``None``: nothing is)."""
        self._ask, self._now = ask, now
        shown = ask(now) if ask is not None else Shown(None, (), ())
        if shown.key != self._shown.key:
            self.top = 0
        self._shown = shown
        self.settle()

    def build(self, width: int) -> Sequence[Row]:
        rows: list[Spans] = []
        for fact in self._shown.facts:
            lines = self._prose(fact, width - 2) if fact.prose else laid_out(fact, width - 2)
            rows += lines if lines != [()] or (rows and rows[-1]) else []
        return list(enumerate(rows))

    def _prose(self, fact: Fact, width: int) -> list[Spans]:
        if self._setter is None:
            from .typeset import Setter  # here: the first screen shows no prose

            self._setter = Setter()
        return [line.spans for line in self._setter.lines(fact.prose, width)]

    def head(self, width: int) -> Spans:
        title = self._shown.title or (("Detail", "title"),)
        name, role = title[0][0], "title-focus" if self.active else title[0][1]
        below = max(0, self.count() - self.top - self.page)
        right: list[Span] = [(f"↓{below}", "muted")] if below and not self.folded else []
        said = [("Detail", "muted")] if self.folded and self._shown.title else title[1:]
        room = width - 7 - width_of(said) if said else width - 4  # what is said of it is short, and stays whole
        return heading(width, (middle(name, max(room, width // 3)), role), said, right)

    def nothing(self) -> Sequence[Spans]:
        return (((" Nothing is selected", "muted"),),)


def laid_out(fact: Fact, width: int) -> list[Spans]:
    """A fact as lines: its label in a column of its own where it has one, its text wrapped beside it."""
    if fact.curve is not None:
        return pictured(fact.curve, width)
    if fact.spans:
        lines: list[list[Span]] = [[]]
        for span in fact.spans:
            if lines[-1] and width_of(lines[-1]) + cells(span[0]) > width:
                if lines[-1][-1][0].strip() == "·":
                    lines[-1].pop()  # it stands between two: at the end of a line, or at its beginning, it is between nothing
                lines.append([])
            if span[0].strip() == "·" and not lines[-1]:
                continue
            text = span[0].lstrip() if not lines[-1] and len(lines) > 1 else span[0]
            start, *more = wrapped(text, width) if cells(text) > width else [text]
            lines[-1].append((start, span[1]))
            lines += [[(part, span[1])] for part in more]
        return [tuple(line) for line in lines]
    if not fact.label:
        return [((line, fact.role),) for line in wrapped(fact.text, width)] if fact.text else [()]
    column = max(LABELS, min(cells(fact.label) + 2, width // 2))
    texts = wrapped(fact.text, max(4, width - column))
    first = (fit(fact.label, column - 2) + "  ", "muted")
    return [((first if not n else (" " * column, "")), (line, fact.role)) for n, line in enumerate(texts)]
