"""What called for people, as the journal has it: alerts that fired, pages that were sent, acknowledgements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..core.alerts import SEVERITY_WORDS, Severity
from ..core.loads import Disturbance
from .journal import Journal
from .records import Entry

MOST = 100_000
"""So many entries of a kind are looked at, the newest: more than a year of a bad team."""
_MILD = (Severity.INFO, Severity.WARNING)


def disturbances(journal: Journal, since: datetime) -> tuple[Disturbance, ...]:
    """All since ``since`` (UTC). An alert calls for whoever is on call, a page for whom it was sent to, and who acknowledges was
    called. Raises `JournalError`."""
    kinds = ("alert.fired", "alert.acked", "page.sent", "run.started")
    return tuple(told for kind in kinds for entry in journal.entries(since=since, kind=kind, limit=MOST) for told in _told(entry))


def _told(entry: Entry) -> Iterator[Disturbance]:
    match entry.kind:
        case "alert.fired" if SEVERITY_WORDS.get(str(entry.data.get("severity", ""))) not in _MILD:
            yield Disturbance(entry.at)
        case "alert.acked":
            yield Disturbance(entry.at, entry.who)
        case "run.started" if entry.data.get("what") == "ack":
            yield Disturbance(entry.at, entry.who)
        case "page.sent" if entry.data.get("kind", "trigger") == "trigger":
            yield Disturbance(entry.at, entry.who)
