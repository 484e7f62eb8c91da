"""What the report knows of one alert while its facts go by."""

from __future__ import annotations

from .marks import BLIND_SUFFIX, channel_of


class Story:
    """What is known of the alert ``name``, and of the trap of that name, so far. Times are seconds since the epoch.

    ``since`` is when it began to fire, and ``trouble`` when its trap gave its first sign; ``None`` where it does not or is in none.
    ``routed``: in this trouble it was handed to a system that calls people by rules of its own. ``called``: this trouble has called
    somebody, or hurt users; ``burnt`` are the beginnings of those that did, ``caught`` counts the others.
    """

    __slots__ = (
        "acked", "acted", "burnt", "called", "caught", "fired", "idle", "name", "of_trap", "over", "routed", "since", "trouble",
    )  # fmt: skip

    def __init__(self, name: str) -> None:
        self.name = name
        self.of_trap = is_trap(name)
        self.fired = self.over = self.idle = self.caught = 0
        self.since: float | None = None
        self.acked = self.acted = False
        self.trouble: float | None = None
        self.routed = self.called = False
        self.burnt = list[float]()

    def begins(self, at: float) -> None:
        """Its trap gives its first sign."""
        self.trouble, self.called, self.routed = at, False, False


def is_trap(alert: str) -> bool:
    """Whether an alert of this machine, by its id, is one that a trap raised by tripping: that one is blind, or a channel fails, is
    no trouble."""
    return bool(alert) and not alert.endswith(BLIND_SUFFIX) and not channel_of(alert)
