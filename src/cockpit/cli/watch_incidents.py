"""What a watch says of incidents: opened (by a rule, by whom), closed, merged, taken apart, opened again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ..engine.journal import Journal, JournalError

_TOLD = ("incident.opened", "incident.closed", "incident.reopened", "incident.merged", "incident.unmerged", "incident.split")


class OfIncidents:
    """Reads the journal, and may block on the disk for milliseconds. What happened before it began is not told."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._last: int | None = None

    def news(self) -> Iterator[tuple[datetime, str]]:
        """What happened since the last call, oldest first, each with when it was (UTC). Where it cannot be read now, it is told
        later."""
        try:
            newest = self._journal.newest()
            if newest == self._last:
                return
            found = self._journal.written(self._last if self._last is not None else newest, newest)
        except JournalError:
            return
        if newest or self._last is None:  # a file that cannot be opened for the moment reads as an empty one
            self._last = newest
        fresh = [each for each in found if each.kind in _TOLD]
        if fresh:
            from ..core.incident_timeline import line_of  # deferred until there is one
            from ..engine.incident_facts import noted_of

            for each in fresh:
                if (line := line_of(noted_of(each))) is not None:
                    yield each.at, f"incident {line.text}" + (f", by {line.who}" if line.who else "")
