"""The Runbooks pane: what one key starts, for the alert under the cursor."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from ..core.runbooks import Runbook
from .lines import Lines
from .look import Look
from .spans import Row, Span, Spans, cells, fit, heading


class Offer(msgspec.Struct, frozen=True):
    """A runbook as it stands for the alert: ``why_not`` is the reason that it cannot run now ("" = it can);
    ``last`` says how it went for this alert the last time, in full and in short."""

    runbook: Runbook
    title: str
    why_not: str = ""
    last: tuple[str, ...] = ()


class Runbooks(Lines):
    """The runbooks for the alert, in the order of the digits that run them."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="runbooks")
        self.offers: tuple[Offer, ...] = ()
        self.subject = ""

    def show(self, offers: Sequence[Offer], subject: str) -> None:
        """New facts: what is offered for ``subject`` (its name, for people; "" = nothing is selected)."""
        self.offers, self.subject = tuple(offers), subject
        self.settle()

    @property
    def here(self) -> Offer | None:
        """The runbook under the cursor."""
        return self.offers[self.cursor] if self.cursor < len(self.offers) else None

    def build(self, width: int) -> Sequence[Row]:
        return [(each.runbook.name, self._row(number, each, width - 2)) for number, each in enumerate(self.offers, 1)]

    def _row(self, number: int, each: Offer, width: int) -> Spans:
        digit: Span = (f"{number} " if number <= 9 else "  ", "key-off" if each.why_not else "key")
        changes = each.runbook.changes is not None
        room = width - 2 - 3
        title = fit(each.title, min(cells(each.title), room))
        spans: list[Span] = [digit, (title, "key-off" if each.why_not else "text")]
        left = room - cells(title)
        if each.why_not and left > 6:
            spans.append(("  " + fit(each.why_not, left - 2), "key-off"))
            left = 0
        elif last := next((text for text in each.last if cells(text) <= left - 2), ""):
            spans.append((fit(last, left, right=True), "muted"))
            left = 0
        return (*spans, (" " * left, ""), (" !" if changes else "  ", "warning"))

    def head(self, width: int) -> Spans:
        title = "Runbooks for this" if self.offers and not self.folded else "Runbooks"
        said: list[Span] = []
        if self.folded and self.offers:
            said = [(" · ".join(f"{n} {each.title}" for n, each in enumerate(self.offers[:9], 1)), "muted")]
        return heading(width, (title, "title-focus" if self.active else "title"), said)

    def nothing(self) -> Sequence[Spans]:
        if not self.subject:
            return (((" Nothing is selected", "muted"),), ((" x", "key"), (" picks from all runbooks", "muted")))
        return (
            ((" None matches " + self.subject, "muted"),),
            ((" x", "key"), (" picks from all of them", "muted")),
        )
