"""Keys that were pressed for the board that hung there while this one was made: they must not hit what it does not show."""

from __future__ import annotations

import math
from time import monotonic

from ..core.view import Row

SETTLES = 0.3
"""Seconds that a person needs to see that the board is another now."""

BROKEN = "pressed for the last known board, whose cursor was on something else: nothing was done"

_ACTS = frozenset({"ack", "unack", "silence", "note", "disarm", "drill", "run", "pick-runbook", "escalate", "incident", "arm"})


def named(row: Row | None) -> str:
    """What a cursor is on, as a word that can be kept in a file; "" if on nothing."""
    return ascii(str(row.alert.ref)) if row is not None else ""


class Promise:
    """``about`` is what the cursor was on, on the board that was shown first (see `named`); ``None`` if none was. The board is live
    from ``live_at``, in seconds of the monotonic clock."""

    def __init__(self, about: str | None = None) -> None:
        self.about = about
        self.live_at = math.inf

    def begin(self) -> None:
        """The board is live now."""
        self.live_at = monotonic()

    def broken(self, id: str, row: Row | None, at: float) -> bool:
        """Whether a key that was pressed ``at`` would do something to another thing than the person saw."""
        return self.about is not None and id in _ACTS and at < self.live_at + SETTLES and self.about != named(row)
