"""Ways back in the journal: one entry for each run that can be taken back, and one where it has been."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from ..core.text import clean
from ..core.ways_back import Taken, WayBack
from ..provider import Conflict
from .records import Happened, moment, write_entries

WAY, TAKEN = "run.way_back", "run.taken_back"
"""Kinds of entries, whose subject is the run's id: what would take it back, and that this has been begun."""


class _Data(msgspec.Struct):
    way: WayBack


def keep(db: sqlite3.Connection, run_id: str, way: WayBack, who: str, at: datetime) -> None:
    """Write down what takes a run back. What cannot be written as it is (bytes that are no text) is written as lost."""
    try:
        msgspec.json.encode(way)
    except UnicodeEncodeError:
        way = WayBack(lost="what would stand in its undo is no text, and could not be kept")
    write_entries(db, [Happened(at=at, kind=WAY, who=who, subject=run_id, data={"way": msgspec.to_builtins(way)})])


def find(db: sqlite3.Connection, run_id: str) -> WayBack | Taken | None:
    """What takes a run back, or who has done so; ``None`` where nothing was kept. The values are as they were, not made safe to
    show."""
    row = db.execute(
        "SELECT kind, at, who, data FROM entry WHERE subject = ? AND kind IN (?, ?) ORDER BY id DESC LIMIT 1",
        (run_id, WAY, TAKEN),
    ).fetchone()
    if row is None:
        return None
    kind, at, who, data = row
    if kind == TAKEN:
        return Taken(clean(str(who)), f"{moment(float(at)):%Y-%m-%d %H:%M:%S}")
    try:
        return msgspec.json.decode(data, type=_Data).way
    except (msgspec.DecodeError, UnicodeDecodeError):
        return WayBack(lost="another version of the cockpit kept how it is undone, and this one cannot read that")


def take(db: sqlite3.Connection, run_id: str, who: str, at: datetime) -> None:
    """Write down that it is being taken back, which is done once. Raises `cockpit.provider.Conflict` where it has been."""
    before = find(db, run_id)
    if isinstance(before, Taken):
        raise Conflict(f"it was undone already: {before.who} did at {before.at} UTC")
    write_entries(db, [Happened(at=at, kind=TAKEN, who=who, subject=run_id)])
