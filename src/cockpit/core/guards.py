"""A trap that was armed after an incident, as the incident tells of it."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A trap that was armed after an incident, as it was then: how it looks (``disk path=/``; "" in a recording), when it trips,
    and what it would have done with the readings that were kept. ``at`` is UTC."""

    trap: str
    at: datetime
    who: str
    look: str = ""
    trip: str = ""
    would: str = ""

    @property
    def does(self) -> str:
        """How it looks and when it trips, for people."""
        return does(self.look, self.trip)


def does(look: str, trip: str) -> str:
    """How a trap looks and when it trips, for people."""
    return ", ".join(filter(None, (look, f"trips at {trip}" if trip else "")))
