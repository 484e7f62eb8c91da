"""Ways back in the journal: one entry for each run that can be taken back, and one for each time that this was begun."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from ..core.text import clean
from ..core.ways_back import Undoing, WayBack
from ..provider import Conflict
from . import runs_table
from .records import Happened, moment, write_entries

WAY, TAKEN = "run.way_back", "run.taken_back"
"""Kinds of entries, whose subject is the run's id: what would take it back, and that this has been begun,
by the run whose id is in its data; what became of that, that run says."""


class _Way(msgspec.Struct):
    way: WayBack


class _Begun(msgspec.Struct):
    run: str = ""


def keep(db: sqlite3.Connection, run_id: str, way: WayBack, who: str, at: datetime) -> None:
    """Write down what takes a run back. What cannot be written as it is (bytes that are no text) is written as lost."""
    try:
        msgspec.json.encode(way)
    except UnicodeEncodeError:
        way = WayBack(lost="what would stand in its undo is no text, and could not be kept")
    write_entries(db, [Happened(at=at, kind=WAY, who=who, subject=run_id, data={"way": msgspec.to_builtins(way)})])


def find(db: sqlite3.Connection, run_id: str) -> tuple[WayBack | None, Undoing | None]:
    """What takes a run back (``None`` where nothing was kept, or nothing is to be taken back any more), and who began to do so
    last. The values are as they were, not made safe to show."""
    return _way(db, run_id), _undoing(db, run_id)


def take(db: sqlite3.Connection, run_id: str, by: str, after: str, who: str, at: datetime) -> None:
    """Write down that the run ``by`` begins to take it back. Raises `cockpit.provider.Conflict` where that has been done or goes
    on, or where another than the run ``after`` was the last that was to do so: whoever said yes was not told of that."""
    before = _undoing(db, run_id)
    if before is not None and (before.final or before.run != after):
        raise Conflict(before.says)
    write_entries(db, [Happened(at=at, kind=TAKEN, who=who, subject=run_id, data={"run": by})])


def _newest(db: sqlite3.Connection, run_id: str, kind: str) -> tuple[float, str, str] | None:
    """When, who, and the data of the newest entry of that kind."""
    row: tuple[float, str, str] | None = db.execute(
        "SELECT at, who, data FROM entry WHERE subject = ? AND kind = ? ORDER BY id DESC LIMIT 1", (run_id, kind)
    ).fetchone()
    return row


def _way(db: sqlite3.Connection, run_id: str) -> WayBack | None:
    row = _newest(db, run_id, WAY)
    if row is None:
        return None
    try:
        way = msgspec.json.decode(row[2], type=_Way).way
        return way if way.numbers or way.lost else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return WayBack(lost="another version of the cockpit kept how it is undone, and this one cannot read that")


def _undoing(db: sqlite3.Connection, run_id: str) -> Undoing | None:
    row = _newest(db, run_id, TAKEN)
    if row is None:
        return None
    at, who, data = row
    try:
        by = msgspec.json.decode(data, type=_Begun).run
    except (msgspec.DecodeError, UnicodeDecodeError):
        by = ""
    state, reason = runs_table.became(db, by)
    return Undoing(clean(by), clean(str(who)), f"{moment(float(at)):%Y-%m-%d %H:%M:%S}", state, clean(reason, 500))
