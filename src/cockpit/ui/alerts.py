"""The Alerts pane: what is wrong now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from ..core.alerts import Alert, AlertState, Ref, Severity
from ..core.units import short_age
from ..core.view import Row as AlertRow
from ..core.view import View
from .lines import Lines
from .look import Look
from .spans import Span, Spans, column, fit, heading

SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("▲", "CRIT"),
    Severity.ERROR: ("■", "ERR"),
    Severity.WARNING: ("◆", "WARN"),
    Severity.INFO: ("▪", "INFO"),
    Severity.UNKNOWN: ("?", "UNKN"),
}
"""A glyph and a word for each severity."""


def widths(width: int) -> tuple[int, int, int, int, int]:
    """Cells for name, where, summary, who and source of ``width``, beyond glyph, severity and age; 0 = the column is left out. They
    depend on the size alone, so that no column moves because a row comes or goes."""
    left = width - 14
    name = max(12, min(32, round(width * 0.18)))
    where = max(8, min(24, round(width * 0.12))) if width >= 56 else 0
    who = max(7, min(14, round(width * 0.09))) if width >= 48 else 0
    source = max(7, min(14, round(width * 0.09))) if width >= 96 else 0
    spent = sum(each + 2 for each in (name, where, who, source) if each)
    return name, where, max(0, left - spent), who, source


class AlertFace(NamedTuple):
    """All that the row of an alert shows. ``quiet``: it is taken, hushed or over; ``stale``: the last that was known."""

    severity: Severity
    age: str
    name: str
    where: str
    summary: str
    who: str
    who_role: str
    source: str
    quiet: bool
    stale: bool

    def spans(self, width: int) -> Spans:
        """The columns."""
        glyph, word = SEVERITIES[self.severity]
        loud = "blind" if self.stale else "muted" if self.quiet else self.severity.word
        read = "stale" if self.stale else "muted" if self.quiet else "text"
        spans = [*column(f"{glyph} {word}", 6, loud, 1), (fit(self.age, 4, right=True) + "  ", "muted")]
        shown = (
            (self.name, "strong" if read == "text" else read),
            (self.where, read),
            (self.summary, read),
            (self.who, self.who_role),
            (self.source, "muted"),
        )
        for (text, role), size in zip(shown, widths(width), strict=True):
            if size:
                spans += column(text, size, role)
        return tuple(spans)


class Alerts(Lines):
    """Every alert that the filter lets through, worst first. Rows are made when they come into sight."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="alerts")
        self.rows: Sequence[AlertRow] = ()
        self.hidden = 0
        self.filter_text = ""
        self._now: datetime | None = None
        self._blind: tuple[str, ...] = ()
        self._ages: dict[str, timedelta | None] = {}
        self._counts: dict[AlertState, int] = {}
        self._armed = 0
        self._sources = 0

    def show(self, rows: Sequence[AlertRow], view: View, filter_text: str = "") -> None:
        """New facts: ``rows`` are those of ``view`` that the filter lets through."""
        self.rows, self.filter_text = rows, filter_text
        self.hidden = len(view.alerts) - len(rows)
        self._blind = view.cannot_see
        self._ages = {source.source: source.age for source in view.sources}
        self._sources, self._armed = len(view.sources), sum(trap.state.value == "armed" for trap in view.traps)
        counts: dict[AlertState, int] = {}
        for row in rows:
            counts[row.alert.state] = counts.get(row.alert.state, 0) + 1
        self._counts = counts
        self.settle()

    def tick(self, now: datetime) -> None:
        """Time has passed: draw the ages that read differently now."""
        self._now = now
        self.redraw()

    @property
    def here(self) -> AlertRow | None:
        """The alert under the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def marked(self) -> tuple[Ref, ...]:
        """The marked alerts, in the order of the list."""
        return tuple(row.alert.ref for row in self.rows if row.alert.ref in self.marks) if self.marks else ()

    def count(self) -> int:
        return len(self.rows)

    def key_at(self, index: int) -> Ref:
        return self.rows[index].alert.ref

    def face_at(self, index: int) -> AlertFace:
        """All that the row shows."""
        row = self.rows[index]
        alert = row.alert
        age = "" if alert.started_at is None or self._now is None else short_age((self._now - alert.started_at).total_seconds())
        last = self._ages.get(alert.ref.source) if row.stale else None
        old = f"{short_age(last.total_seconds())} old" if last is not None else "old" if row.stale else ""
        who = _who(alert, row.pending, old)
        quiet = alert.state is not AlertState.FIRING
        return AlertFace(alert.severity, age, alert.name, alert.where, alert.summary, *who, alert.ref.source, quiet, row.stale)

    def head(self, width: int) -> Spans:
        firing = self._counts.get(AlertState.FIRING, 0)
        said: list[Span] = [(f"{firing} firing", "text" if firing else "muted")]
        for state, word in (
            (AlertState.ACKNOWLEDGED, "acked"),
            (AlertState.SUPPRESSED, "suppressed"),
            (AlertState.RESOLVED, "resolved"),
        ):
            if count := self._counts.get(state):
                said.append((f" · {count} {word}", "muted"))
        if self.hidden:
            said.append((f" · {self.hidden} hidden", "muted"))
        right: list[Span] = []
        if not self.folded and self.count() > self.page:
            above, below = self.top, max(0, self.count() - self.top - self.page)
            right.append((" ".join(f"{arrow}{many}" for arrow, many in (("↑", above), ("↓", below)) if many), "muted"))
        if self.filter_text:
            right += [("  ", "")] if right else []
            right += [("/ ", "key"), (fit(self.filter_text, min(len(self.filter_text), max(8, width // 3))), "text")]
        elif self.folded and self.rows:
            worst = self.rows[0].alert
            right.append((f"{SEVERITIES[worst.severity][0]} {worst.name} {worst.where}".rstrip(), worst.severity.word))
        return heading(width, ("Alerts", "title-focus" if self.active else "title"), said, right)

    def columns(self) -> Spans:
        if not self.rows:
            return ()
        spans: list[Span] = [("    Sev   Age  ", "muted")]
        for title, size in zip(("Alert", "Where", "Summary", "Who", "Source"), widths(self.room - 2), strict=True):
            if size:
                spans.append((fit(title, size) + "  ", "muted"))
        return tuple(spans)

    def nothing(self) -> Sequence[Spans]:
        if self.hidden:
            what = [(f"No alert matches the filter; {self.hidden} {'is' if self.hidden == 1 else 'are'} hidden by it.", "text")]
            return ((), *_centred(what, self.room), *_centred([("esc clears it", "muted")], self.room))
        if self._blind or not self._sources:
            said = ", ".join(self._blind) or "no source is configured"
            return ((), *_centred([("◌ ", "blind"), (f"Nothing firing on what I can see ({said})", "blind")], self.room))
        armed = f", {self._armed} trap{'s' * (self._armed != 1)} armed" if self._armed else ""
        seen = f"{self._sources} source{'s' * (self._sources != 1)} live{armed}"
        return ((), *_centred([("✓ All clear", "ok")], self.room), *_centred([(seen, "muted")], self.room))


def _who(alert: Alert, pending: str, old: str) -> tuple[str, str]:
    """What stands in the column Who, and its role: what is under way, or how old the news is, or who has it."""
    if pending:
        return pending, "pending"
    if old:
        return old, "blind"
    match alert.state:
        case AlertState.ACKNOWLEDGED:
            return alert.acknowledged_by or "acked", "who"
        case AlertState.SUPPRESSED:
            return alert.suppressed_by or "silenced", "muted"
        case AlertState.RESOLVED:
            return "resolved", "ok"
    return ", ".join(alert.assignees), "who"


def _centred(spans: Sequence[Span], width: int) -> tuple[Spans]:
    used = sum(len(text) for text, _ in spans)
    return (((" " * max(0, (width - used) // 2), ""), *spans),)
