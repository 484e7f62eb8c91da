"""Engine time that never stands still, so that "asked after it settled" is never a tie."""

from __future__ import annotations

import threading

from ..provider import Clock


class Stamp:
    """Called from any thread, gives the clock's monotonic seconds, later by at least a microsecond each time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.mono()
        self._lock = threading.Lock()

    def __call__(self) -> float:
        with self._lock:
            self._last = max(self._clock.mono(), self._last + 1e-6)
            return self._last
