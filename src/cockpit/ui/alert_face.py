"""How an alert looks in the list, and how a group of alerts does: all that a row shows, and its columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from itertools import islice

import msgspec

from ..core.alerts import Alert, AlertState, Severity
from ..core.groups import Group
from ..core.roster import Naming
from ..core.rows import Row
from ..core.spoken import hushed_by, spoken_alert
from ..core.units import short_age
from .entries import Entry
from .spans import Spans, cells, column, fit, fit_name, fit_place
from .times import drawn_age

SEVERITIES: Mapping[Severity, tuple[str, str]] = {
    Severity.CRITICAL: ("▲", "CRIT"),
    Severity.ERROR: ("■", "ERR"),
    Severity.WARNING: ("◆", "WARN"),
    Severity.INFO: ("▪", "INFO"),
    Severity.UNKNOWN: ("?", "UNKN"),
}
"""A glyph and a word for each severity."""


class Sizes(msgspec.Struct, frozen=True):
    """How many cells the longest name, place, summary, holder and source take, and whether several sources are looked at."""

    name: int = 32
    where: int = 24
    summary: int = 1000
    who: int = 14
    source: int = 14
    sources: bool = True

    def joined(self, other: Sizes) -> Sizes:
        """Room for what needs this and for what needs the other."""
        return Sizes(
            max(self.name, other.name),
            max(self.where, other.where),
            max(self.summary, other.summary),
            max(self.who, other.who),
            max(self.source, other.source),
            self.sources or other.sources,
        )


def needed(entries: Iterable[Entry], ages: Mapping[str, timedelta | None], called: Naming = str) -> Sizes:
    """What these need. The worst rows count, which are in sight; the others are cut."""
    seen = tuple(islice(entries, _MEASURED))
    rows = [each for each in seen if not isinstance(each, Group)]
    groups = [each for each in seen if isinstance(each, Group)]
    return Sizes(
        max((0, *(cells(row.alert.name) for row in rows), *(cells(_titled(group)) for group in groups))),
        max((0, *(cells(row.alert.where) for row in rows))),
        max((0, *map(_summary_cells, rows), *(cells(_summed(group)) for group in groups))),
        max((0, *(_who_cells(row, ages, called) for row in rows))),
        max((0, *(cells(row.alert.ref.source) for row in rows))),
        len(ages) > 1,
    )


_MEASURED = 100
EVERYTHING = Sizes()
"""As much of each as a terminal of this width can spare."""


def widths(width: int, needs: Sizes = EVERYTHING) -> tuple[int, int, int, int, int]:
    """Cells for name, where, summary, who and source of ``width``, beyond glyph, severity and age; 0 = the column is left out. Each
    takes what it needs and no more than its share; the summary has the rest. What that does not need, and what a long one has
    beyond a good part of the row, goes to those that are cut."""
    left = width - 14
    name = max(12, min(32, round(width * 0.18), needs.name))
    where = max(8, min(24, round(width * 0.12), needs.where)) if width >= 56 else 0
    who = max(8, min(20, round(width * 0.12), needs.who)) if width >= 48 else 0
    source = max(7, min(14, round(width * 0.09), needs.source)) if width >= 96 and needs.sources else 0
    given = [where, name, who, source]
    summary = max(0, left - sum(each + 2 for each in given if each))
    kept = min(needs.summary, max(32, round(width * 0.3)))
    for place, need in enumerate((needs.where, needs.name, needs.who, needs.source)):
        if given[place]:
            more = max(0, min(need, _LONGEST) - given[place])
            more = min(more, max(0, summary - kept))
            given[place] += more
            summary -= more
    where, name, who, source = given
    return name, where, summary, who, source


_LONGEST = 40  # cells that a name or a place may have beside a summary
_SUMMARY = 2
_UNDER = 3  # cells around the name of what runs


class AlertFace(msgspec.Struct, frozen=True):
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
        sizes = widths(width, self.needs)
        name = sizes[0]
        shown = (
            (fit_name(self.name, name).rstrip(), "strong" if read == "text" else read),
            (fit_place(self.where, sizes[1]).rstrip(), read),
            (self.summary, read),
            (self.who, self.who_role),
            (self.source, "muted"),
        )
        for place, ((text, role), size) in enumerate(zip(shown, sizes, strict=True)):
            if size and place == _SUMMARY and self.running:
                under = fit(f"▶ {self.running} ", min(cells(self.running) + _UNDER, size))
                spans += [(under, "pending"), *column(text, size - cells(under), role)]
            elif size:
                spans += column(text, size, role)
        return tuple(spans)


def _old(row: Row, ages: Mapping[str, timedelta | None]) -> str:
    """How old the news of a row is, whose source does not see; "" while it does."""
    if not row.stale:
        return ""
    last = ages.get(row.alert.ref.source)
    return f"{short_age(last.total_seconds())} old" if last is not None else "old"


def _summary_cells(row: Row) -> int:
    return cells(row.alert.summary) + (cells(row.running) + _UNDER if row.running else 0)


def _who_cells(row: Row, ages: Mapping[str, timedelta | None], called: Naming) -> int:
    alert = spoken_alert(row.alert, called)
    who = _who(alert, row.pending, _old(row, ages), None)[0]
    once = alert.acknowledged_by if not who and alert.acknowledged_at is not None else ""
    return cells(who) or (cells(once) + len("59m ago ") if once else 0)


def _who(alert: Alert, pending: str, old: str, now: datetime | None) -> tuple[str, str]:
    """What stands in the column Who, and its role: what is under way, or how old the news is, or who has it; or how much longer it
    is hushed at ``now``, and by whom (``None``: as wide as that becomes)."""
    if pending:
        return pending, "pending"
    if old:
        return old, "blind"
    match alert.state:
        case AlertState.ACKNOWLEDGED:
            return alert.acknowledged_by or "acked", "who"
        case AlertState.SUPPRESSED:
            return _hushed(alert, now), "muted"
        case AlertState.RESOLVED:
            return "resolved", "ok"
    return ", ".join(alert.assignees), "who"


def _hushed(alert: Alert, now: datetime | None) -> str:
    """Until when it is hushed and by whom, the end first: the column is narrow, and the end is when it rings. Why, and which
    silence it is, the detail says."""
    by, resolved = hushed_by(alert.suppressed_by)
    end = "until resolved" if resolved else ""
    if alert.suppressed_until is not None:
        end = f"{drawn_age(now, alert.suppressed_until) if now is not None else '59m'} left"
    return " · ".join(filter(None, (end, by))) or "silenced"


def _once_had(alert: Alert, now: datetime | None) -> str:
    """Of an alert that was acknowledged so long ago that it is back before the eyes: when, and by whom; "" of any other."""
    if alert.state is not AlertState.FIRING or alert.acknowledged_at is None or now is None:
        return ""
    return f"{drawn_age(alert.acknowledged_at, now)} ago {alert.acknowledged_by}".rstrip()


def face_of(
    row: Row, now: datetime | None, ages: Mapping[str, timedelta | None], needs: Sizes, called: Naming = str, *, gone: bool = False
) -> AlertFace:
    """What the row of an alert shows; ``ages`` says how old the news of each source is. ``gone``: it is there no more."""
    alert = spoken_alert(row.alert, called)
    age = "" if alert.started_at is None or now is None else drawn_age(alert.started_at, now)
    who = _who(alert, row.pending, _old(row, ages), now)
    if not who[0] and (once := _once_had(alert, now)):
        who = (once, "warning")
    return AlertFace(
        alert.severity, age, alert.name, alert.where, alert.summary, *who, alert.ref.source, alert.state is not AlertState.FIRING,
        row.stale or gone, row.running, needs,
    )  # fmt: skip


def group_face(
    group: Group, now: datetime | None, needs: Sizes, called: Naming = str, doing: str = "", *, gone: bool = False
) -> AlertFace:
    """What the row of a group shows: how many of what, the newest age of those that fire, how they stand, and what all of them
    share. ``doing`` is what is under way with them."""
    worst, newest = group.worst, group.newest
    alert = spoken_alert(worst.alert, called)
    age = drawn_age(newest, now) if newest is not None and now is not None else ""
    acked = group.count_in(AlertState.ACKNOWLEDGED)
    who = (doing, "pending") if doing else _who(alert, worst.pending, "", now)
    who = ("over", "ok") if gone else who if who[0] or not acked else (f"{acked} acked", "who")
    return AlertFace(
        alert.severity, age, _titled(group), f"{alert.where} …" if alert.where else "", _summed(group), *who, alert.ref.source,
        alert.state is not AlertState.FIRING, worst.stale or gone, "", needs,
    )  # fmt: skip


def _summed(group: Group) -> str:
    """How many of a group stand how, what kinds they are, and what they share."""
    stands = ((AlertState.FIRING, "firing"), (AlertState.ACKNOWLEDGED, "acked"), (AlertState.SUPPRESSED, "suppressed"))
    states = [f"{count} {word}" for state, word in stands if (count := group.count_in(state))]
    known = {*group.key.names, "alertname", "severity"}
    shared = " ".join(f"{name}={value}" for name, value in sorted(group.common.items()) if name not in known)
    return " · ".join(filter(None, (", ".join(states) if len(states) > 1 else "", kinds_said(group), shared)))


def _titled(group: Group) -> str:
    return f"≡ {len(group)}× {group.title}"


def kinds_said(group: Group) -> str:
    """What kinds of alerts are in a group, the most frequent first; "" where there is one."""
    if len(group.kinds) < 2:
        return ""
    first, *others = sorted(group.kinds, key=lambda name: (-group.kinds[name], name))
    return f"{first} and {others[0]}" if len(others) == 1 else f"{first} and {len(others)} other kinds"
