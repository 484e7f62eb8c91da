"""What a storm is, as the config says it; apart from `core.storms`, so that nobody pays for those who only reads a config."""

from __future__ import annotations

import msgspec

from .units import Seconds


class StormRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """More than ``alerts`` that began ``within`` so long of each other are a storm; 0: there are none. Its alerts are grouped
    ``by`` these labels; with none, by their names, or where those are too many by what they have in common."""

    alerts: int = 20
    within: Seconds = Seconds(60.0)
    by: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.alerts < 0 or (self.alerts and self.within < 1):
            raise ValueError("alerts must be 0 or more, and within a second or more")
