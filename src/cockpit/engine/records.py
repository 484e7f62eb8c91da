"""What goes into the journal and comes out of it, and the one error it raises."""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from ..core.text import clean
from ..core.traps import Watch

T = TypeVar("T")
Odd = Callable[[str, int], None]
"""Told how many records of a kind could not be read."""


class JournalError(Exception):
    """The journal could not be written or read; the message says which file, what is wrong and what happens now."""


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """Something to write down. ``at`` is UTC; ``kind`` is a dotted word (``alert.fired``, ``run.started``, ``trap.tripped``, …)."""

    at: datetime
    kind: str
    who: str = ""
    source: str = ""
    subject: str = ""
    data: Mapping[str, object] = {}


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``at`` is UTC; ``kind`` is a dotted word (``alert.fired``, ``run.started``, ``trap.tripped``, …)."""

    id: int
    at: datetime
    kind: str
    who: str
    source: str
    subject: str
    data: Mapping[str, object]


class Lease(msgspec.Struct, frozen=True):
    """Who looks at the traps of this state directory: ``holder`` is ``pid@boot``, alive while its process is and it renews."""

    holder: str
    pid: int
    renewed_at: datetime


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What one look brought: the trap's ``watch`` after it, the numbers it read (if it saw), and what happened by it."""

    trap: str
    watch: Watch
    values: Mapping[str, float] = {}
    happened: tuple[Happened, ...] = ()


def epoch(at: datetime) -> float:
    """Seconds since the epoch; exact to the microsecond."""
    return at.timestamp()


def moment(seconds: float) -> datetime:
    """The aware UTC time of such seconds. Raises what `sifted` takes for a row that cannot be read."""
    return datetime.fromtimestamp(seconds, UTC)


def sifted(kind: str, rows: Iterable[Any], made: Callable[..., T], odd: Odd) -> list[T]:
    """What ``made`` makes of each row's columns. A row that cannot be read is left out and counted: it hides no other."""
    good: list[T] = []
    bad = 0
    for row in rows:
        try:
            good.append(made(*row))
        except (TypeError, ValueError, OverflowError, OSError, LookupError, AttributeError, struct.error):
            bad += 1
    odd(kind, bad)
    return good


def safe(value: Any) -> Any:
    """A decoded JSON value with every text in it made harmless (`core.text.clean`)."""
    match value:
        case str():
            return clean(value)
        case list():
            return [safe(each) for each in value]
        case dict():
            return {clean(key): safe(each) for key, each in value.items()}
    return value


def write_entries(db: sqlite3.Connection, entries: Iterable[Happened]) -> None:
    """Append entries, in the transaction that is open."""
    encode = msgspec.json.encode
    db.executemany(
        "INSERT INTO entry (at, kind, who, source, subject, data) VALUES (?, ?, ?, ?, ?, ?)",
        [(e.at.timestamp(), e.kind, e.who, e.source, e.subject, encode(e.data).decode()) for e in entries],
    )


def read_entries(
    db: sqlite3.Connection,
    since: datetime | None,
    subject: str,
    kind: str,
    limit: int,
    odd: Odd,
    until: datetime | None = None,
) -> tuple[Entry, ...]:
    """Entries, newest first; ``kind`` is a prefix."""
    where, values = ["1"], list[object]()
    if since is not None:
        where.append("at >= ?")
        values.append(epoch(since))
    if until is not None:
        where.append("at <= ?")
        values.append(epoch(until))
    if subject:
        where.append("subject = ?")
        values.append(subject)
    if kind:
        where.append("kind >= ? AND kind < ?")
        values += [kind, kind + "\U0010ffff"]
    rows = db.execute(
        f"SELECT id, at, kind, who, source, subject, data FROM entry WHERE {' AND '.join(where)} "  # noqa: S608  # fixed words only
        "ORDER BY at DESC, id DESC LIMIT ?",
        (*values, limit),
    )
    return tuple(sifted("entries", rows, _entry, odd))


def written(db: sqlite3.Connection, after: int, until: int, odd: Odd) -> tuple[Entry, ...]:
    """Entries whose ids are above ``after`` and not above ``until``, in the order in which they were written."""
    rows = db.execute(
        "SELECT id, at, kind, who, source, subject, data FROM entry WHERE id > ? AND id <= ? ORDER BY id", (after, until)
    )
    return tuple(sifted("entries", rows, _entry, odd))


def newest(db: sqlite3.Connection) -> int:
    """The id of the entry that was written last; 0 where there is none."""
    last: int | None = db.execute("SELECT max(id) FROM entry").fetchone()[0]
    return last or 0


def _entry(i: int, at: float, kind: str, who: str, source: str, subject: str, data: str) -> Entry:
    table = msgspec.json.decode(data, type=dict[str, object])
    return Entry(id=i, at=moment(at), kind=kind, who=who, source=source, subject=subject, data=table)
