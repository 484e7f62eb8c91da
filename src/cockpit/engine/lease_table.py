"""The lease of the keeper: one process for each state directory looks at the traps."""

from __future__ import annotations

import sqlite3

from .alive import Gone, Owner, boot, lives, owner
from .records import Lease, moment


def take(db: sqlite3.Connection, pid: int, at: float, mono: float, ttl: float) -> bool:
    """Become or stay the keeper; False while another living process is.

    Within one boot its age is told by the monotonic clock, which all its processes share: a wall clock that steps must not make
    two keepers. A holder from another boot (a reboot, another container) is believed for ``ttl`` seconds of wall time.
    """
    me = _me(pid)
    row = db.execute("SELECT pid, started, boot, renewed_at, renewed_mono FROM lease").fetchone()
    if row is not None and (other := Owner(*row[:3])) != me:
        # an age below 0: it renewed while this process waited for its turn to write
        fresh = mono - row[4] <= ttl and lives(other) if other.boot == boot() else abs(at - row[3]) <= ttl
        if fresh:
            return False
    db.execute("INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?, ?)", (me.pid, me.started, me.boot, at, mono))
    return True


def drop(db: sqlite3.Connection, pid: int) -> None:
    """Give it back, if this process has it."""
    me = _me(pid)
    db.execute("DELETE FROM lease WHERE pid = ? AND started = ? AND boot = ?", (me.pid, me.started, me.boot))


def holds(db: sqlite3.Connection, pid: int) -> bool:
    """Whether this process has it."""
    me = _me(pid)
    found: tuple[int, float, str] | None = db.execute("SELECT pid, started, boot FROM lease").fetchone()
    return found == (me.pid, me.started, me.boot)


def holder(db: sqlite3.Connection) -> Lease | None:
    """Who took it last."""
    row = db.execute("SELECT pid, boot, renewed_at FROM lease").fetchone()
    return Lease(f"{row[0]}@{row[1]}", row[0], moment(row[2])) if row is not None else None


def _me(pid: int) -> Owner:
    try:
        return owner(pid)
    except Gone:
        return Owner(pid, 0.0, boot())
