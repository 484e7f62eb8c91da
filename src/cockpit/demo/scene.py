"""What the demo's own providers, probes, channels and steps share: the clock, and what was done at this screen."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from ..core.traps import Reading
from ..provider import Clock
from .story import curves
from .story.beats import Cures
from .story.night import cured


class Scene:
    """A night that began at ``base`` (UTC), on ``clock``. Safe to use from any thread."""

    def __init__(self, base: datetime, clock: Clock) -> None:
        self.base, self.clock = base, clock
        self._lock = threading.Lock()
        self._by_hand: dict[str, float] = {}
        self.played: dict[str, object] = {}
        """The sources by name, as they are played: they outlast an engine."""

    @property
    def at(self) -> float:
        """The second of the night."""
        return self.second(self.clock.now())

    def second(self, moment: datetime) -> float:
        """The second of the night that a moment (UTC) is."""
        return (moment - self.base).total_seconds()

    def moment(self, at: float) -> datetime:
        """The moment (UTC) of a second of the night."""
        return self.base + timedelta(seconds=at)

    @property
    def by_hand(self) -> Cures:
        """The runbooks that were run at this screen, and when."""
        with self._lock:
            return dict(self._by_hand)

    @property
    def cures(self) -> Cures:
        """What has been done about it by now."""
        return cured(self.at, self.by_hand)

    def did(self, runbook: str) -> None:
        """A runbook was run to its end at this screen; the first time counts."""
        with self._lock:
            self._by_hand.setdefault(runbook, self.at)

    def forget(self) -> None:
        """The night begins again: nothing has been done at this screen."""
        with self._lock:
            self._by_hand.clear()
            self.played.clear()

    def reading(self, subject: str, at: float | None = None) -> Reading | str:
        """What a look sees now, or at a second; a text says why it cannot see."""
        second = self.at if at is None else at
        return curves.reading(subject, second, cured(second, self.by_hand))
