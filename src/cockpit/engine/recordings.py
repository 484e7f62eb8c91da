"""Which recordings there are of a time, by the journal and by the files themselves."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from ..core.recordings import ENDED, STARTED, Filmed
from ..core.text import clean
from .journal import Journal
from .recording_in import NotReplayed, opened

_MOST = 5000


def recordings(journal: Journal, since: datetime, until: datetime) -> tuple[Filmed, ...]:
    """Those that have something of the time between two moments (UTC), oldest first. Where the journal does not say when one ended
    (its cockpit was killed), the file does. Raises `JournalError`."""
    found: dict[str, Filmed] = {}
    for entry in reversed(journal.entries(until=until, kind="recording.", limit=_MOST)):
        path = clean(entry.subject)
        if entry.kind == STARTED:
            found[path] = Filmed(path, entry.at, datetime.max.replace(tzinfo=entry.at.tzinfo))
        elif entry.kind == ENDED and path in found:
            found[path] = Filmed(path, found[path].since, entry.at)
    looked = (_looked_at(each) for each in found.values())
    return tuple(each for each in looked if each.since <= until and each.until >= since)


def _looked_at(filmed: Filmed) -> Filmed:
    """It as its file is: to when it goes, and whether it is there."""
    try:
        with opened(Path(filmed.path)) as recording:
            return Filmed(filmed.path, recording.header.began_at, recording.header.at(recording.length))
    except NotReplayed:
        return Filmed(filmed.path, filmed.since, filmed.until, there=False)
