"""What SQLite says about the journal's file, told apart and in words for a person."""

from __future__ import annotations

import os
import sqlite3
import stat
from pathlib import Path

from ..core.text import clean
from .records import JournalError

BUSY_SECONDS = 5.0
"""How long a write waits for another process that is writing."""
BUSY_READING = "the journal is busy: what others did may be missing"
DAMAGED = ("it is damaged", "it is not a database")

_WORDS = {
    sqlite3.SQLITE_BUSY: f"busy, another process has held it for {BUSY_SECONDS:.0f} s",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "the disk gives input/output errors",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened (no right, no descriptors left, or the disk is read-only)",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is not a database",
}


class Busy(JournalError):
    """Somebody holds the file: for the moment nobody can tell what is in it."""


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another connection holds the file."""
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def ruined(error: sqlite3.Error) -> bool:
    """Whether the file is of no use any more."""
    return _code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def why(error: Exception) -> str:
    """What SQLite means, for a person."""
    return _WORDS.get(_code(error), "") or clean(str(error))


def from_home(path: Path) -> str:
    """As short as a shell takes it: ``~/.local/state/…``."""
    home = os.environ.get("HOME", "")
    try:
        return f"~/{path.relative_to(home)}" if home.startswith("/") and home != "/" else str(path)
    except ValueError:  # elsewhere
        return str(path)


def _code(error: Exception) -> int:
    code = getattr(error, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else -1


def quoted(path: Path) -> str:
    """The path as it stands in an address of SQLite (``file:…``)."""
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def kind_of(mode: int) -> str:
    """What lies there instead of what should, for a person."""
    return "a symbolic link" if stat.S_ISLNK(mode) else "a file" if stat.S_ISREG(mode) else "something else"
