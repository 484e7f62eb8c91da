"""What the traps, alerts and pages of this machine went through, as the journal has it. A year of it is read in a second: only
pages are decoded."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime

import msgspec

from ..core.marks import DRILL_SUFFIX
from ..core.report_fires import Fact
from .records import epoch

_AS_THEY_ARE = ("trap.warning", "trap.tripped", "trap.armed", "alert.fired", "alert.resolved")
_FURTHER = {"alert.acked": "ack", "alert.noted": "act"}
_ACKED = '%"what":"ack"%'
"""A run that acknowledged at some other source: its alert's story is not in the journal, that somebody was called is."""


_DRILLS = f"%{DRILL_SUFFIX}"
"""The alerts of drills: they called people, and are no fires."""


class _Page(msgspec.Struct):
    kind: str = "trigger"


def facts(db: sqlite3.Connection, since: datetime, until: datetime) -> tuple[list[Fact], int]:
    """All between two moments (UTC), in no order; and how many records could not be read."""
    between = (epoch(since), epoch(until))
    kinds = f"kind IN ({', '.join('?' * len(_AS_THEY_ARE))})"
    found: list[Fact] = db.execute(
        f"SELECT at, kind, '', subject FROM entry WHERE {kinds} AND at >= ? AND at < ?",  # noqa: S608  # fixed words only
        (*_AS_THEY_ARE, *between),
    ).fetchall()
    for kind, means in _FURTHER.items():
        found += db.execute(
            "SELECT at, ?, who, subject FROM entry WHERE kind = ? AND at >= ? AND at < ? AND subject NOT LIKE ?",
            (means, kind, *between, _DRILLS),
        ).fetchall()
    found += db.execute(
        "SELECT at, 'ack', who, '' FROM entry WHERE kind = 'run.started' AND at >= ? AND at < ? "
        "AND source != 'local' AND data LIKE ?",
        (*between, _ACKED),
    ).fetchall()
    found += db.execute(
        "SELECT began, 'act', '', alert FROM aftermath WHERE source = 'local' AND began >= ? AND began < ? AND alert NOT LIKE ?",
        (*between, _DRILLS),
    ).fetchall()
    pages = list(_pages(db, between))
    return found + [each for each in pages if each is not None], pages.count(None)


def _pages(db: sqlite3.Connection, between: tuple[float, float]) -> Iterator[Fact | None]:
    """Those that called somebody: neither that someone has it nor that it is over."""
    decode = msgspec.json.Decoder(_Page).decode
    rows = db.execute(
        "SELECT at, who, subject, data FROM entry WHERE kind = 'page.sent' AND at >= ? AND at < ? AND subject NOT LIKE ?",
        (*between, _DRILLS),
    )
    for at, who, subject, data in rows:
        try:
            if who and decode(data).kind == "trigger":
                yield at, "page", who, subject
        except (msgspec.DecodeError, TypeError):
            yield None
