"""Who watches the watcher: a watch beats an address outside, and whoever looks is told when that stays away."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from .watchrule import Outside

INTERVALS = 3
"""So many intervals without a beat that was taken are too many."""


class Beaten(msgspec.Struct, frozen=True, kw_only=True):
    """What a watch keeps of its beats. ``to`` is the host that it asks, ``every`` the interval in seconds; times are UTC: ``since``
    it beats, ``taken`` the last that was taken, ``failed`` the last that was not, and ``why``."""

    to: str
    every: float
    since: datetime
    taken: datetime | None = None
    failed: datetime | None = None
    why: str = ""

    @property
    def fails(self) -> bool:
        """Whether the last one was not taken."""
        return self.failed is not None and (self.taken is None or self.failed > self.taken)


def judged(beaten: Beaten | None, wanted: bool, now: datetime) -> Outside | None:
    """How it fares at ``now`` (UTC). ``wanted``: the config says that there is to be a beat; ``None`` where there is none."""
    if beaten is None:
        return (
            Outside(None, "no watch has beaten outside yet, and [watch] beat says that one is to: begin `cockpit watch`")
            if wanted
            else None
        )
    last = beaten.taken or beaten.since
    # a clock that stepped back must not hide that it stays away
    if abs(now - last) <= timedelta(seconds=INTERVALS * beaten.every):
        return Outside(beaten.taken)
    since = f"since {last:%Y-%m-%d %H:%M} UTC"
    gone = (
        f"{beaten.to} has taken no beat of the watch {since}" if beaten.fails else f"the watch has not beaten {beaten.to} {since}"
    )
    todo = beaten.why if beaten.fails else "see whether `cockpit watch` runs"
    return Outside(beaten.taken, f"{gone}: {todo}")
