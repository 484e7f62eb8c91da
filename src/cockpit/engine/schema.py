"""The tables of the journal.

``PRAGMA user_version`` counts their versions, ``PRAGMA application_id`` says that the file is ours. Times are seconds since the
epoch, UTC; ``body`` and ``data`` are JSON.
"""

from __future__ import annotations

import sqlite3

VERSION = 5
APPLICATION = 0x436B7074  # "Ckpt"

_TABLES = """
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT NOT NULL, who TEXT NOT NULL,
    source TEXT NOT NULL, subject TEXT NOT NULL, data TEXT NOT NULL);
CREATE INDEX entry_at ON entry (at);
CREATE INDEX entry_subject ON entry (subject, at);
CREATE TABLE run (
    id TEXT PRIMARY KEY, at REAL NOT NULL, settled INTEGER NOT NULL, exclusive TEXT NOT NULL DEFAULT '',
    pid INTEGER NOT NULL, started REAL NOT NULL, boot TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX run_at ON run (at);
CREATE INDEX run_open ON run (id) WHERE NOT settled;
CREATE TABLE watch (trap TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE series (id INTEGER PRIMARY KEY, trap TEXT NOT NULL UNIQUE);
CREATE TABLE layout (id INTEGER PRIMARY KEY, names TEXT NOT NULL UNIQUE);
CREATE TABLE reading (
    series INTEGER NOT NULL, at REAL NOT NULL, layout INTEGER NOT NULL, numbers BLOB NOT NULL,
    PRIMARY KEY (series, at)) WITHOUT ROWID;
CREATE TABLE reading_5m (
    series INTEGER NOT NULL, at REAL NOT NULL, layout INTEGER NOT NULL, numbers BLOB NOT NULL,
    PRIMARY KEY (series, at, layout)) WITHOUT ROWID;
CREATE TABLE ack (
    alert TEXT PRIMARY KEY, firing INTEGER NOT NULL, who TEXT NOT NULL, at REAL NOT NULL, note TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE silence (
    id TEXT PRIMARY KEY, match TEXT NOT NULL, starts_at REAL NOT NULL, ends_at REAL NOT NULL,
    who TEXT NOT NULL, comment TEXT NOT NULL, until_resolved INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE INDEX silence_end ON silence (ends_at);
CREATE TABLE note (id INTEGER PRIMARY KEY, alert TEXT NOT NULL, at REAL NOT NULL, who TEXT NOT NULL, text TEXT NOT NULL);
CREATE INDEX note_at ON note (at);
CREATE TABLE beat (name TEXT PRIMARY KEY, at REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE lease (
    one INTEGER PRIMARY KEY CHECK (one = 1), pid INTEGER NOT NULL, started REAL NOT NULL, boot TEXT NOT NULL,
    renewed_at REAL NOT NULL, renewed_mono REAL NOT NULL);
"""

_PAGES = """
CREATE TABLE page (
    key TEXT PRIMARY KEY, alert TEXT NOT NULL, firing INTEGER NOT NULL, channel TEXT NOT NULL, open INTEGER NOT NULL,
    begun_at REAL NOT NULL, settled_at REAL, pid INTEGER NOT NULL, started REAL NOT NULL, boot TEXT NOT NULL,
    body TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX page_open ON page (alert, firing) WHERE open;
CREATE INDEX page_settled ON page (channel, settled_at);
"""
_AFTERMATHS = """
CREATE TABLE aftermath (
    run TEXT PRIMARY KEY, source TEXT NOT NULL, alert TEXT NOT NULL, name TEXT NOT NULL, place TEXT NOT NULL,
    trap TEXT NOT NULL, began REAL NOT NULL, within REAL NOT NULL, firing REAL, ended REAL, there REAL, gone REAL, back REAL,
    watched INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX aftermath_alert ON aftermath (source, alert);
CREATE INDEX aftermath_same ON aftermath (source, name, place);
CREATE INDEX aftermath_watched ON aftermath (run) WHERE watched;
CREATE INDEX entry_kind ON entry (kind, at);
"""
_COARSE = """
CREATE TABLE reading_3h (
    series INTEGER NOT NULL, at REAL NOT NULL, layout INTEGER NOT NULL, numbers BLOB NOT NULL,
    PRIMARY KEY (series, at, layout)) WITHOUT ROWID;
"""
_UPGRADES = {1: "ALTER TABLE silence ADD COLUMN until_resolved INTEGER NOT NULL DEFAULT 0", 2: _PAGES, 3: _AFTERMATHS, 4: _COARSE}
"""What makes a file of this version one of the next."""


class Unusable(Exception):
    """The file is a database, but not one this cockpit can use; the message says why."""


def prepare(db: sqlite3.Connection) -> None:
    """Make the tables in an empty file; check them in another, and bring an older one up to date. Raises `Unusable` and
    ``sqlite3.Error``."""
    if _check(db) == VERSION:
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        version = _check(db)  # another process may have been first
        scripts = [_UPGRADES[each] for each in range(version, VERSION)] if version else [_TABLES, _PAGES, _AFTERMATHS, _COARSE]
        for statement in filter(str.strip, ";".join(scripts).split(";")):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION}")
        db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    except BaseException:  # an interrupt, too: no transaction stays open
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def _check(db: sqlite3.Connection) -> int:
    """The version of its tables; 0 for an empty file."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    application: int = db.execute("PRAGMA application_id").fetchone()[0]
    tables: int = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application not in (APPLICATION, 0) or (tables and not application):
        raise Unusable("it belongs to another program")
    if version > VERSION:
        raise Unusable(f"a newer cockpit wrote it (schema {version}; this one reads {VERSION})")
    if version and not tables:
        raise Unusable("its tables are missing")
    return version
