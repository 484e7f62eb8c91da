"""What a journal knows of a trap, put there as a look would."""

from __future__ import annotations

from collections.abc import Mapping

from cockpit.core.traps import Watch
from cockpit.engine.journal import Journal
from cockpit.engine.records import Kept


def put_watch(journal: Journal, trap: str, watch: Watch, values: Mapping[str, float] = {}) -> None:
    """Have it keep a watch, and the numbers of that look."""
    journal.keep([Kept(trap=trap, watch=watch, values=values)])
