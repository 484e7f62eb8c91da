"""What was seen of alerts after runs for them, in the journal."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Any

from ..core.aftermath import Aftermath, Past, merged, watched
from ..core.text import clean
from . import runs_table
from .records import Odd, epoch, moment, sifted

_COLUMNS = "run, source, alert, name, place, trap, began, within, firing, ended, there, gone, back"


def put(db: sqlite3.Connection, after: Aftermath, now: datetime) -> None:
    """Insert, or put together with what another process wrote of the same run."""
    row = db.execute(f"SELECT {_COLUMNS} FROM aftermath WHERE run = ?", (after.run,)).fetchone()  # noqa: S608  # fixed words only
    known = merged(_made(*row), after) if row is not None else after
    times = (known.firing, known.ended, known.there, known.gone, known.back)
    values = (known.run, known.source, known.alert, known.name, known.place, known.trap, epoch(known.began), known.within)
    db.execute(
        f"INSERT OR REPLACE INTO aftermath ({_COLUMNS}, watched) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        (*values, *(None if at is None else epoch(at) for at in times), watched(known, now)),
    )


def still_watched(db: sqlite3.Connection, odd: Odd) -> tuple[Aftermath, ...]:
    """Those of which another look could tell more."""
    rows = db.execute(f"SELECT {_COLUMNS} FROM aftermath WHERE watched")  # noqa: S608
    return tuple(sifted("aftermaths", rows, _made, odd))


def past(db: sqlite3.Connection, source: str, alert: str, name: str, place: str, limit: int, odd: Odd) -> tuple[Past, ...]:
    """The runs for an alert, newest first: those for this id at this source, and those for one of the same name and place there."""
    where = "a.run IN (SELECT run FROM aftermath WHERE source = ? AND alert = ? UNION SELECT run FROM aftermath"
    where += " WHERE source = ? AND name = ? AND place = ?)"
    return _pasts(db, where, (source, alert, source, name, place), limit, odd)


def past_named(db: sqlite3.Connection, text: str, limit: int, odd: Odd) -> tuple[Past, ...]:
    """The runs for the alerts that somebody means by an id, ``SOURCE/ID`` or a name, newest first."""
    return _pasts(db, "? IN (a.alert, a.source || '/' || a.alert, a.name)", (text,), limit, odd)


def _pasts(db: sqlite3.Connection, where: str, values: tuple[str, ...], limit: int, odd: Odd) -> tuple[Past, ...]:
    columns = ", ".join(f"a.{name.strip()}" for name in _COLUMNS.split(","))
    rows = db.execute(
        f"SELECT r.body, r.settled, r.pid, r.started, r.boot, {columns} FROM aftermath a JOIN run r ON r.id = a.run "  # noqa: S608
        f"WHERE {where} ORDER BY a.began DESC, a.run DESC LIMIT ?",
        (*values, limit),
    )
    return tuple(sifted("runs", rows, _past, odd))


def _past(body: str, settled: int, pid: int, started: float, boot: str, *columns: Any) -> Past:
    run = runs_table.read_back(body, settled, pid, started, boot)
    if run is None:
        raise ValueError("another version's")
    return Past(run, _made(*columns))


def _made(
    run: str, source: str, alert: str, name: str, place: str, trap: str, began: float, within: float, *times: float | None
) -> Aftermath:
    firing, ended, there, gone, back = (None if at is None else moment(at) for at in times)
    return Aftermath(
        run=run, source=clean(source), alert=clean(alert), name=clean(name), place=clean(place), trap=trap, began=moment(began),
        within=within, firing=firing, ended=ended, there=there, gone=gone, back=back,
    )  # fmt: skip
