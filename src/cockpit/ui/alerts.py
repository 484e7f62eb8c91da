"""The Alerts pane: what is wrong now."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from ..core.alerts import Alert, AlertState, Ref, Severity
from ..core.units import short_age
from ..core.view import Row as AlertRow
from ..core.view import View
from .haunted import Few, Haunted, Listing
from .look import Look
from .spans import Span, Spans, cells, column, fit, heading
from .times import drawn_age, passed

SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("▲", "CRIT"),
    Severity.ERROR: ("■", "ERR"),
    Severity.WARNING: ("◆", "WARN"),
    Severity.INFO: ("▪", "INFO"),
    Severity.UNKNOWN: ("?", "UNKN"),
}
"""A glyph and a word for each severity."""


class Sizes(NamedTuple):
    """How many cells the longest name, place and holder take, and whether several sources are looked at."""

    name: int = 32
    where: int = 24
    who: int = 14
    sources: bool = True

    def grown(self, rows: Iterable[AlertRow], ages: Mapping[str, timedelta | None], new: bool) -> Sizes:
        """With room for these rows as well: columns grow, and never go back and forth because a row comes or goes (``new`` begins
        again). The worst rows count, which are in sight; the others are cut."""
        had = Sizes(0, 0, 0, False) if new else self
        seen = tuple(islice(rows, _MEASURED))
        return Sizes(
            max(had.name, max((cells(row.alert.name) for row in seen), default=0)),
            max(had.where, max((cells(row.alert.where) for row in seen), default=0)),
            max(had.who, max((cells(_who(row.alert, row.pending, _old(row, ages))[0]) for row in seen), default=0)),
            len(ages) > 1 or had.sources,
        )


_MEASURED = 100
EVERYTHING = Sizes()
"""As much of each as a terminal of this width can spare."""


def widths(width: int, needs: Sizes = EVERYTHING) -> tuple[int, int, int, int, int]:
    """Cells for name, where, summary, who and source of ``width``, beyond glyph, severity and age; 0 = the column is left out. Each
    takes what it needs and no more than its share; the summary has the rest."""
    left = width - 14
    name = max(12, min(32, round(width * 0.18), needs.name))
    where = max(8, min(24, round(width * 0.12), needs.where)) if width >= 56 else 0
    who = max(8, min(20, round(width * 0.12), needs.who)) if width >= 48 else 0
    source = max(7, min(14, round(width * 0.09))) if width >= 96 and needs.sources else 0
    spent = sum(each + 2 for each in (name, where, who, source) if each)
    return name, where, max(0, left - spent), who, source


_SUMMARY = 2


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
    running: str = ""
    needs: Sizes = EVERYTHING

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
        for place, ((text, role), size) in enumerate(zip(shown, widths(width, self.needs), strict=True)):
            if size and place == _SUMMARY and self.running:
                under = fit(f"▶ {self.running} ", min(cells(self.running) + 3, size))
                spans += [(under, "pending"), *column(text, size - cells(under), role)]
            elif size:
                spans += column(text, size, role)
        return tuple(spans)


class Counted(Listing[AlertRow], Protocol):
    """What the list is drawn from. ``looked`` is the share of all alerts that the filter has been asked about so far, 0 to 1."""

    @property
    def looked(self) -> float: ...
    def count_in(self, state: AlertState) -> int:
        """How many of its alerts are in this state."""
        ...


class Alerts(Haunted[AlertRow]):
    """Every alert that the filter lets through, worst first. Rows are made when they come into sight."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="alerts")
        self.things: Listing[AlertRow] = Few[AlertRow]()
        self.hidden = 0
        self._looked = 1.0
        self.filter_text = ""
        self.silenced: Span | None = None
        self._told_silenced: Span | None = None
        """What the title says of the silences that stand."""
        self._needs = EVERYTHING
        self._blind: tuple[str, ...] = ()
        self._unwatched = ""
        self._ages: dict[str, timedelta | None] = {}
        self._counts: dict[AlertState, int] = {}
        self._firing = 0
        self._armed = 0
        self._sources = 0

    @property
    def rows(self) -> Listing[AlertRow]:
        """The alerts as listed."""
        return self.things

    def show(self, listed: Counted, view: View, filter_text: str = "", *, chosen: bool = False) -> None:
        """New facts: ``listed`` are the alerts of ``view`` that the filter lets through; ``chosen``: it is another filter."""
        self.filter_text = filter_text
        self._looked = listed.looked
        self.hidden = len(view.alerts) - len(listed)
        self._blind, self._unwatched = view.cannot_see, view.unwatched
        self._ages = {source.source: source.age for source in view.sources}
        self._sources, self._armed = len(view.sources), sum(trap.state.value == "armed" for trap in view.traps)
        self._counts = {state: listed.count_in(state) for state in AlertState}
        self._firing = view.alerts.count_in(AlertState.FIRING) if self.hidden else 0
        if len(listed) or not len(self.things):
            self._needs = self._needs.grown(listed, self._ages, new=chosen or not len(self.things))
        self.hold(listed, lambda key: view.alert(key) if isinstance(key, Ref) else None, chosen=chosen)
        self.settle()

    def identity(self, thing: AlertRow) -> Hashable:
        return thing.alert.ref

    def relic(self, thing: AlertRow) -> AlertRow:
        alert = msgspec.structs.replace(thing.alert, state=AlertState.RESOLVED, ended_at=thing.alert.ended_at or self._now)
        return AlertRow(alert)

    def tick(self, now: datetime) -> bool:
        """Time has passed: draw the ages that read differently now; gives back whether a ghost went."""
        before = self._now
        faded = self.fade(now)
        if before is None or passed(before, now) or self.silenced != self._told_silenced:
            self._told_silenced = self.silenced
            self.redraw()
        return faded

    def marked(self) -> tuple[Ref, ...]:
        """The marked alerts, in the order of the list."""
        found = ((self.index_of(key), key) for key in self.marks)
        listed = sorted((at, key) for at, key in found if at is not None and isinstance(key, Ref))
        return tuple(key for _, key in listed)

    def key_at(self, index: int) -> Ref:
        return self.rows[index].alert.ref

    def face_at(self, index: int) -> AlertFace:
        """All that the row shows."""
        row = self.things[index]
        alert = row.alert
        age = "" if alert.started_at is None or self._now is None else drawn_age(alert.started_at, self._now)
        who = _who(alert, row.pending, _old(row, self._ages))
        if not who[0] and (once := _once_had(alert, self._now)):
            who = (once, "warning")
        quiet, gone = alert.state is not AlertState.FIRING, row is self.ghost
        return AlertFace(
            alert.severity, age, alert.name, alert.where, alert.summary, *who, alert.ref.source, quiet, row.stale or gone,
            row.running, self._needs,
        )  # fmt: skip

    def head(self, width: int) -> Spans:
        firing = self._counts.get(AlertState.FIRING, 0)
        several = f"{firing} of {self._firing} firing shown" if self._firing > firing else f"{firing} firing"
        said: list[Span] = [(several, "text" if firing else "muted")]
        for state, word in (
            (AlertState.ACKNOWLEDGED, "acked"),
            (AlertState.SUPPRESSED, "suppressed"),
            (AlertState.RESOLVED, "resolved"),
        ):
            if count := self._counts.get(state):
                said.append((f" · {count} {word}", "muted"))
        if self.hidden:
            so_far = f"{self._looked:.0%} looked at" if self._looked < 1 else f"{self.hidden} hidden"
            said.append((f" · {so_far}", "muted"))
        if self.silenced:
            said.append((f" · {self.silenced[0]}", self.silenced[1]))
        right: list[Span] = []
        if not self.folded and self.count() > self.page:
            above, below = self.top, max(0, self.count() - self.top - self.page)
            right.append((" ".join(f"{arrow}{many}" for arrow, many in (("↑", above), ("↓", below)) if many), "muted"))
        if self.filter_text:
            right += [("  ", "")] if right else []
            right += [("/ ", "key"), (fit(self.filter_text, min(len(self.filter_text), max(8, width // 3))), "text")]
        elif self.folded and len(self.rows):
            worst = self.rows[0].alert
            right.append((f"{SEVERITIES[worst.severity][0]} {worst.name} {worst.where}".rstrip(), worst.severity.word))
        return heading(width, ("Alerts", "title-focus" if self.active else "title"), said, right)

    def columns(self) -> Spans:
        if not len(self.things):
            return ()
        spans: list[Span] = [("    Sev   Age  ", "muted")]
        for title, size in zip(("Alert", "Where", "Summary", "Who", "Source"), widths(self.room - 2, self._needs), strict=True):
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
        if self._unwatched:
            return ((), *_centred([("◌ ", "blind"), (f"Nothing is watched: {self._unwatched}", "blind")], self.room))
        armed = f", {self._armed} trap{'s' * (self._armed != 1)} armed" if self._armed else ""
        seen = f"{self._sources} source{'s' * (self._sources != 1)} live{armed}"
        return ((), *_centred([("✓ All clear", "ok")], self.room), *_centred([(seen, "muted")], self.room))


def _old(row: AlertRow, ages: Mapping[str, timedelta | None]) -> str:
    """How old the news of a row is, whose source does not see; "" while it does."""
    if not row.stale:
        return ""
    last = ages.get(row.alert.ref.source)
    return f"{short_age(last.total_seconds())} old" if last is not None else "old"


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


def _once_had(alert: Alert, now: datetime | None) -> str:
    """Of an alert that was acknowledged so long ago that it is back before the eyes: when, and by whom; "" of any other."""
    if alert.state is not AlertState.FIRING or alert.acknowledged_at is None or now is None:
        return ""
    return f"{drawn_age(alert.acknowledged_at, now)} ago {alert.acknowledged_by}".rstrip()


def _centred(spans: Sequence[Span], width: int) -> tuple[Spans]:
    used = sum(len(text) for text, _ in spans)
    return (((" " * max(0, (width - used) // 2), ""), *spans),)
