"""Which recordings there are of a time, by the journal and by the files themselves."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ..core.recordings import ENDED, STARTED, Filmed
from ..core.text import clean
from .journal import Journal
from .recording_in import NotReplayed, header_of, opened

_MOST = 5000
_OPEN = datetime.max.replace(tzinfo=UTC)
"""The end of one of which the journal has none."""
_LATER = timedelta(minutes=1)
"""After this, a file that nobody has written to since has nothing: its disk may have another clock."""


def recordings(journal: Journal, since: datetime, until: datetime) -> tuple[Filmed, ...]:
    """Those that have something of the time between two moments (UTC), oldest first. Where the journal does not say when one ended
    (its cockpit was killed, or its disk was full, or the clock stepped back), the file does, which is then read whole, unless
    nobody has written to it since. Raises `JournalError`."""
    found: dict[str, Filmed] = {}
    for entry in reversed(journal.entries(kind="recording.", limit=_MOST)):
        path = clean(entry.subject)
        if entry.kind == STARTED:
            found[path] = Filmed(path, entry.at, _OPEN)
        elif entry.kind == ENDED and path in found and not entry.data.get("why"):  # "why": it ended earlier
            found[path] = Filmed(path, found[path].since, entry.at)
    looked = (
        _looked_at(each) for each in found.values() if each.since <= until and each.until >= since and not _is_older(each, since)
    )
    return tuple(each for each in looked if each.since <= until and each.until >= since)


def _looked_at(filmed: Filmed) -> Filmed:
    """It as its file is: to when it goes, and whether it is there."""
    try:
        if filmed.until != _OPEN:
            return Filmed(filmed.path, header_of(Path(filmed.path)).began_at, filmed.until)
        with opened(Path(filmed.path)) as recording:
            return Filmed(filmed.path, recording.header.began_at, recording.header.at(recording.length))
    except NotReplayed:
        return Filmed(filmed.path, filmed.since, filmed.until, there=False)


def _is_older(filmed: Filmed, than: datetime) -> bool:
    """Whether a file that nobody ended was last written to before this moment (UTC)."""
    try:
        return filmed.until == _OPEN and datetime.fromtimestamp(os.stat(filmed.path).st_mtime, UTC) + _LATER < than
    except (OSError, ValueError, OverflowError):
        return False  # whoever reads it says what is wrong
