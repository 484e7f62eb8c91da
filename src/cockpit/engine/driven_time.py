"""Time that can be driven from a screen: stopped, hurried, and set to another moment."""

from __future__ import annotations

import threading
import time


class DrivenTime:
    """A position in seconds between ``first`` and ``length``, which goes on by itself, at one of the speeds from ``slowest`` to
    ``fastest`` (driven seconds for each real one), until it stands at the end. Safe from any thread."""

    def __init__(self, first: float, length: float, speeds: tuple[float, float]) -> None:
        self._first, self._length = first, length
        self._slowest, self._fastest = speeds
        self._lock = threading.Lock()
        self._from, self._since = first, time.monotonic()
        self._speed, self._plays = 1.0, True

    @property
    def position(self) -> float:
        """Seconds since the beginning."""
        with self._lock:
            return self._now()

    @property
    def speed(self) -> float:
        """Driven seconds for each real one, when it goes."""
        return self._speed

    @property
    def plays(self) -> bool:
        """Whether it goes on by itself: nobody has stopped it."""
        return self._plays

    @property
    def ended(self) -> bool:
        """Whether it stands at the end."""
        return self.position >= self._length

    def play(self, on: bool) -> None:
        """Go on, or stand still."""
        self._drive(plays=on)

    def go_at(self, speed: float) -> float:
        """Go on at this speed, or as near to it as can be; gives it."""
        self._drive(speed=min(max(speed, self._slowest), self._fastest))
        return self._speed

    def jump(self, position: float) -> None:
        """Stand at this position, or as near to it as there is anything."""
        self._drive(position=position)

    def cut(self, length: float) -> None:
        """There is nothing after this position."""
        self._drive(length=length)

    def driven(self) -> None:
        """Called, outside the lock, whenever it has been driven."""

    def _now(self) -> float:
        passed = (time.monotonic() - self._since) * self._speed if self._plays else 0.0
        return min(self._from + passed, self._length)

    def _drive(
        self,
        *,
        position: float | None = None,
        speed: float | None = None,
        plays: bool | None = None,
        length: float | None = None,
    ) -> None:
        with self._lock:
            here = self._now() if position is None else max(self._first, position)
            self._length = self._length if length is None else length
            self._from, self._since = min(here, self._length), time.monotonic()
            self._speed = self._speed if speed is None else speed
            self._plays = self._plays if plays is None else plays
        self.driven()
