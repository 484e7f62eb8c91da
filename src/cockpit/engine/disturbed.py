"""What called for people, as the journal has it: pages that were sent, acknowledgements. A drill, and
what tries a channel, call whoever wanted that: they disturb nobody."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..core.alerts import LOCAL
from ..core.loads import Disturbance
from ..core.marks import is_drill
from .journal import Journal
from .records import Entry

MOST = 100_000
"""So many entries of a kind are looked at, the newest: more than a year of a bad team."""


def disturbances(journal: Journal, since: datetime) -> tuple[Disturbance, ...]:
    """All since ``since`` (UTC): a page called whom it was sent to, and who acknowledges was called. That an alert fired called
    nobody yet. What a drill sent, and that it was acknowledged, is left out. Raises `JournalError`."""
    kinds = ("alert.acked", "page.sent", "run.started")
    return tuple(told for kind in kinds for entry in journal.entries(since=since, kind=kind, limit=MOST) for told in _told(entry))


def _told(entry: Entry) -> Iterator[Disturbance]:
    match entry.kind:
        case "alert.acked" | "page.sent" if entry.source == LOCAL and is_drill(entry.subject):
            return
        case "run.started" if entry.data.get("drill"):
            return
        case "alert.acked":
            yield Disturbance(entry.at, entry.who)
        case "run.started" if entry.data.get("what") == "ack" and entry.source != LOCAL:  # here, `alert.acked` tells of it
            yield Disturbance(entry.at, entry.who)
        case "page.sent" if entry.who and entry.data.get("kind", "trigger") == "trigger":
            yield Disturbance(entry.at, entry.who)
