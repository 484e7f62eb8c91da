"""Runs in the journal: who owns them, and what becomes of those whose process died."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from math import inf

import msgspec

from ..core.actions import Run, RunState, StartMany
from .alive import Owner, lives, owner
from .records import Happened, JournalError, epoch, write_entries


@cache
def _decoder() -> msgspec.json.Decoder[Run]:
    return msgspec.json.Decoder(Run)


def put(db: sqlite3.Connection, run: Run, exclusive: str | None = None) -> None:
    """Insert or update, with this process as the owner."""
    me = owner(os.getpid())
    body = msgspec.json.encode(run).decode()
    db.execute(
        "INSERT INTO run (id, at, settled, exclusive, pid, started, boot, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET settled = excluded.settled, pid = excluded.pid, started = excluded.started, "
        "boot = excluded.boot, body = excluded.body",
        (run.id, run.at.timestamp(), run.state.settled, exclusive or "", me.pid, me.started, me.boot, body),
    )


def put_all(db: sqlite3.Connection, runs: Iterable[Run]) -> None:
    """`put` for several."""
    for run in runs:
        put(db, run)


def begin(db: sqlite3.Connection, run: Run, exclusive: str, now: datetime) -> Run | None:
    """`put`, unless a living process has an unsettled run with the same key: then that one."""
    rows = db.execute(
        "SELECT body, pid, started, boot FROM run WHERE NOT settled AND exclusive = ? AND exclusive <> '' AND id <> ?",
        (exclusive, run.id),
    ).fetchall()
    for body, pid, started, boot in rows:
        other, alive = _read(body), lives(Owner(pid, started, boot))
        if other is None and alive:
            raise JournalError(f"process {pid}, another version of the cockpit, does the same now: see what became of it there")
        if other is not None and (alive or other.far is not None):
            return other  # what goes on elsewhere goes on, whether or not somebody follows it
        if other is not None:
            write_off(db, [orphaned(other, pid)], now)
    put(db, run, exclusive)
    return None


def newest(db: sqlite3.Connection, limit: int, exclusive: str = "", until: datetime | None = None) -> tuple[list[Run], list[Run]]:
    """Runs (with this key only, unless it is ""; none begun after ``until``, UTC), newest first, of those for several targets all
    their parts, the orphaned ones already as `orphaned` has them; and those again, to be written down. One that goes on elsewhere
    (`core.jobs.Far`) stays as it is: another process will follow it.

    One that cannot be read (another version of the cockpit wrote it) is left out.
    """
    runs: list[Run] = []
    lost: list[Run] = []
    found = db.execute(
        f"SELECT {_COLUMNS} FROM run WHERE {_WHOLE if not exclusive else 'exclusive = :exclusive'} "  # noqa: S608
        "AND at <= :until ORDER BY at DESC, id DESC LIMIT :limit",
        {"exclusive": exclusive, "limit": limit, "until": epoch(until) if until is not None else inf},
    ).fetchall()
    if not exclusive:
        found = [row for each in found for row in (*_parts(db, each), each)]
    for _, settled, body, pid, started, boot in found:
        run = read_back(body, settled, pid, started, boot)
        if run is None:
            continue
        if not settled and run.state.settled:
            lost.append(run)
        runs.append(run)
    return runs, lost


_COLUMNS = "id, settled, body, pid, started, boot"
_WHOLE = """(instr(body, '"part_of":"') = 0 OR instr(body, '"part_of":""') > 0)"""
"""What is true of a run that is not one of several targets: neither words can stand in any text of it, where quotes are escaped."""
_SEVERAL = '"type":"run-several"'

_Columns = tuple[str, int, str, int, float, str]


def _parts(db: sqlite3.Connection, row: _Columns) -> list[_Columns]:
    """The runs for the targets of one that is for several, newest first."""
    if _SEVERAL not in row[2]:
        return []
    between = (f"{row[0]}.", f"{row[0]}/")
    order = "ORDER BY at DESC, id DESC"
    return db.execute(f"SELECT {_COLUMNS} FROM run WHERE id > ? AND id < ? {order}", between).fetchall()  # noqa: S608


def read_back(body: str, settled: int, pid: int, started: float, boot: str) -> Run | None:
    """A run of which these are the columns, as it must be read now: see `orphaned`; what goes on elsewhere goes on. ``None`` for
    what another version wrote."""
    run = _read(body)
    alone = run is not None and not settled and run.far is None and not lives(Owner(pid, started, boot))
    return orphaned(run, pid) if run is not None and alone else run


def became(db: sqlite3.Connection, run_id: str) -> tuple[RunState, str]:
    """How a run stands, and its reason, as they must be read now (see `read_back`); where nothing is kept of it, or nothing that
    this version can read, its outcome is unknown."""
    row = db.execute(f"SELECT {_COLUMNS} FROM run WHERE id = ?", (run_id,)).fetchone()  # noqa: S608  # fixed words only
    if row is None:
        return RunState.UNCERTAIN, ""
    _, settled, body, pid, started, boot = row
    run = read_back(body, settled, pid, started, boot)
    if run is None:
        return (RunState.UNCERTAIN if settled or not lives(Owner(pid, started, boot)) else RunState.RUNNING), ""
    return run.state, run.reason


def left_alone(db: sqlite3.Connection) -> list[Run]:
    """The runs that go on elsewhere and that no living process follows."""
    rows = db.execute("SELECT body, pid, started, boot FROM run WHERE NOT settled").fetchall()
    found = [(_read(body), Owner(pid, started, boot)) for body, pid, started, boot in rows]
    return [run for run, whose in found if run is not None and run.far is not None and not lives(whose)]


def adopt(db: sqlite3.Connection) -> list[Run]:
    """The same, from now on this process's own."""
    found = left_alone(db)
    for run in found:
        put(db, run)
    return found


def _read(body: str) -> Run | None:
    try:
        run: Run = _decoder().decode(body)
    except (msgspec.DecodeError, TypeError):  # another version's, or no text at all
        return None
    return run if run.at.utcoffset() is not None else None


def orphaned(run: Run, pid: int) -> Run:
    """The run as it must be read once its process is gone: nobody knows how it ended. One that waited for approval had not begun:
    that it may begin is written down before it does."""
    if run.state is RunState.AWAITING:
        reason = f"the cockpit that asked (process {pid}) ended while it waited for approval: nothing was executed"
        return msgspec.structs.replace(run, state=RunState.CANCELLED, reason=reason)
    reason = f"the cockpit that did it (process {pid}) ended before the outcome was known; look before you do it again"
    if isinstance(run.action, StartMany):
        reason = f"the cockpit that did it (process {pid}) ended in the middle: no other target is begun by itself"
    return msgspec.structs.replace(run, state=RunState.UNCERTAIN, reason=reason, wants=None)


def write_off(db: sqlite3.Connection, lost: Iterable[Run], now: datetime) -> None:
    """Write orphaned runs down, those for which nobody was faster."""
    for run in lost:
        body = msgspec.json.encode(run).decode()
        if db.execute("UPDATE run SET settled = 1, body = ? WHERE id = ? AND NOT settled", (body, run.id)).rowcount:
            data = {"run": run.id, "what": run.what, "reason": run.reason}
            kind = "run.uncertain" if run.state is RunState.UNCERTAIN else "run.ended"
            write_entries(db, [Happened(at=now, kind=kind, who=run.who, subject=run.target, data=data)])
