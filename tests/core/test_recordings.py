"""Which incidents a recording has whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cockpit.core.action_items import Item
from cockpit.core.incidents import Incident, Status
from cockpit.core.recordings import worth_whole

NOW = datetime(2026, 11, 2, 3, 12, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=90)


def incident(number: int, **facts: Any) -> Incident:
    """One that was closed long ago, unless the facts say otherwise."""
    given: dict[str, Any] = {
        "title": "t",
        "opened_at": LONG_AGO,
        "opened_by": "ana",
        "status": Status.CLOSED,
        "closed_at": LONG_AGO,
    }
    return Incident(id=f"i{number}", **{**given, **facts})


def test_those_that_were_open_lately_and_all_that_made_them_what_they_are() -> None:
    known = [
        incident(1),
        incident(2, status=Status.OPEN, closed_at=None, split_from="i3"),
        incident(3, absorbed=("i4",)),
        incident(4, status=Status.MERGED, into="i3"),
        incident(5, split_from="i3"),
        incident(6, closed_at=NOW - timedelta(hours=1)),
        incident(7, items=(Item(id="a1", incident="i7", text="alarm", owner="", due=None, made_at=LONG_AGO, made_by="ana"),)),
        incident(8),
    ]
    found = worth_whole({each.id: each for each in known}, NOW - timedelta(days=30), ["i8", "i99"])
    assert found == {"i2", "i3", "i4", "i5", "i6", "i7", "i8"}
