"""A trap's readings for who draws them: nobody who draws waits for a disk."""

from __future__ import annotations

import threading
from datetime import datetime

from .aside import Aside
from .journal import Journal, JournalError

SOON = 0.05
"""Seconds that a screen may wait for readings; after that it gets those that were read last."""
KEPT = 50

Points = tuple[tuple[float, float], ...]


class Curves:
    """Reads the readings aside, and remembers the last ones of some traps. From any thread."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._aside = Aside("journal readings")
        self._known: dict[tuple[str, str], Points] = {}
        self._asked: set[tuple[str, str]] = set()

    def points(self, trap: str, metric: str, since: datetime) -> Points:
        """(seconds since the epoch, value) from ``since`` on, oldest first; those of last time, or none, where that takes longer
        than `SOON` or cannot be read."""
        key, done = (trap, metric), threading.Event()

        def read() -> None:
            try:
                self._known[key] = self._journal.readings(trap, metric, since)
                for old in list(self._known)[:-KEPT]:
                    self._known.pop(old, None)
            except JournalError:
                pass  # the view says that the journal cannot be read
            finally:
                self._asked.discard(key)
                done.set()

        if key not in self._asked:
            self._asked.add(key)
            waits = len(self._asked) == 1  # behind another that is not back yet there is nothing to wait for
            self._aside.put(read)
            if waits:
                done.wait(SOON)
        return self._known.get(key, ())
