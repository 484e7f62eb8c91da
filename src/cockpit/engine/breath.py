"""Long work on the engine's thread, with pauses in it: one interpreter does that and draws the screen, and a key must not wait."""

from __future__ import annotations

import time

WORK, REST = 0.0005, 0.0005
"""Seconds of work, and of rest after it. A key needs the interpreter several times over until it is painted; while others work
without rest, it waits each time until they are made to give way."""


class Breath:
    """Rests for a moment when there has been enough work. For one thread at a time."""

    def __init__(self) -> None:
        self._rested_at = time.perf_counter()

    def __call__(self) -> None:
        """Rest, if it is time to."""
        if time.perf_counter() - self._rested_at > WORK:
            time.sleep(REST)
            self._rested_at = time.perf_counter()
