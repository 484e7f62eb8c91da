"""What the journal has of an incident, gathered for its timeline and its postmortem."""

from __future__ import annotations

from datetime import datetime

from ..core.aftermath import Past
from ..core.incident_timeline import BEFORE, Line, Noted, timeline
from ..core.incidents import Incident
from ..core.roster import Naming
from ..core.text import clean
from .journal import Journal
from .records import Entry, safe

_AROUND = ("alert.", "page.", "trap.", "silence.", "override.", "roster.", "mark")
"""Kinds of entries that may belong to an incident by their time; its own count whenever they were written."""
_MOST = 20_000


def lines_of(journal: Journal, incident: Incident, called: Naming = str) -> tuple[Line, ...]:
    """Its timeline, people ``called`` so. Raises `JournalError`."""
    since, until = incident.began - BEFORE, incident.closed_at
    around = {kind: journal.entries(since=since, until=until, kind=kind, limit=_MOST) for kind in _AROUND}
    own = journal.entries(kind="incident.", limit=_MOST)
    noted = [noted_of(each) for found in (own, *around.values()) for each in found]
    runs = journal.runs(_MOST, until)
    lines = timeline(incident, noted, (run for run in runs if run.at >= since), pasts_of(journal, incident), called)
    cut = [_cut(f"entries of kind {kind.rstrip('.')}", found[-1].at) for kind, found in around.items() if len(found) == _MOST]
    if len(runs) >= _MOST and runs[-1].at >= since:
        cut.append(_cut("runs", runs[-1].at))
    return tuple(sorted((*lines, *cut)))


def _cut(what: str, first: datetime) -> Line:
    """Says from when on a timeline is whole."""
    return Line(at=first, what="note", text=f"only the newest {_MOST} {what} were read: earlier ones are not in this timeline")


def pasts_of(journal: Journal, incident: Incident) -> tuple[Past, ...]:
    """What was run for its alerts from its first sign to its end, oldest first. Raises `JournalError`."""
    since, last = incident.began - BEFORE, incident.closed_at
    found = {past.run.id: past for each in incident.members for past in journal.past_named(str(each.ref))}
    kept = (past for past in found.values() if past.run.at >= since and (last is None or past.run.at <= last))
    return tuple(sorted(kept, key=lambda past: (past.run.at, past.run.id)))


def noted_of(entry: Entry) -> Noted:
    """An entry, as words that can be shown."""
    data = safe(dict(entry.data))
    return Noted(
        number=entry.id, at=entry.at, kind=entry.kind, who=clean(entry.who), source=clean(entry.source),
        subject=clean(entry.subject), data=data if isinstance(data, dict) else {},
    )  # fmt: skip
