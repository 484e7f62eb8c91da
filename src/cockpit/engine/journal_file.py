"""The journal's file: opened safely, shared with other processes, set aside when it is of no use, tried again when it failed."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..core.text import clean
from ..provider import Clock
from . import schema
from .records import JournalError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

BUSY_SECONDS = 5.0
"""How long to wait for another process that is writing."""

_BEHIND = ("-journal", "-wal", "-shm")


class JournalFile:
    """One connection, guarded by a lock, to a file of ours alone (mode 0600 in a directory 0700).

    Rollback journal, truncated after each commit: with ``synchronous=FULL`` SQLite then syncs the truncation too, so that what was
    acknowledged survives a power loss. WAL is not used: before 3.51.3 two connections could corrupt it, and a state directory may
    lie on a network file system.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock
        self._lock = threading.RLock()
        self._db: sqlite3.Connection | None = None
        self._inode: tuple[int, int] | None = None
        self._doubtful = False
        self._closed = False
        self._problem = ""
        self._remarks: list[str] = []
        with self._lock, suppress(JournalError):  # it stays as `problem`, and the next write tries again
            self._usable()

    @property
    def problem(self) -> str:
        """Why nothing is written down now; "" = it is."""
        return self._problem

    @property
    def remarks(self) -> tuple[str, ...]:
        """What had to be done, or should be, about the file."""
        return tuple(self._remarks)

    def write(self, work: Work[T]) -> T:
        """Do ``work`` in a transaction of its own; durable when it returns. Raises `JournalError`."""
        with self._lock:
            for last in (False, True):
                db = self._usable(retry=True)
                try:
                    return self._transaction(db, work)
                except sqlite3.Error as error:
                    if last or not self._mended(error):
                        self._doubtful = True
                        raise self._failed(error) from error
        raise AssertionError("unreachable")

    def read(self, work: Work[T], empty: T) -> T:
        """Do ``work`` on one consistent state; ``empty`` where there is nothing that could be read. Raises `JournalError`."""
        with self._lock:
            for last in (False, True):
                try:
                    db = self._usable()
                except JournalError:
                    return empty
                try:
                    db.execute("BEGIN")
                    try:
                        return work(db)
                    finally:
                        _end(db)
                except sqlite3.Error as error:
                    if last or not self._mended(error):
                        raise JournalError(f"{self._name}: {_why(error)}") from error
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give the file back; later writes fail, later reads are empty."""
        with self._lock:
            self._closed = True
            self._drop()

    def _transaction(self, db: sqlite3.Connection, work: Work[T]) -> T:
        before = db.total_changes
        db.execute("BEGIN IMMEDIATE")
        try:
            done = work(db)
            db.execute("COMMIT")
        except BaseException:
            _end(db)
            raise
        if db.total_changes != before:  # a transaction that changed nothing proves nothing
            self._problem = ""
        return done

    @property
    def _name(self) -> str:
        return clean(str(self._path))

    def _failed(self, error: Exception | str) -> JournalError:
        """The error to raise; `problem` says the same from now on."""
        why = error if isinstance(error, str) else _why(error)
        self._problem = f"{self._name}: {why}; nothing is written down until that is mended"
        return JournalError(self._problem)

    def _usable(self, retry: bool = False) -> sqlite3.Connection:
        """The connection, opened anew if the file under it is another one now, or (with ``retry``) if it failed before."""
        if self._closed:
            raise JournalError(f"{self._name} is closed")
        if self._db is not None and not (retry and self._doubtful):
            with suppress(OSError):  # unreachable for the moment: SQLite itself will say what is wrong
                if self._inode != _inode(self._path):
                    self._remark(f"{self._name} was removed or replaced while in use; going on with a new one")
                    self._drop()
        elif self._db is not None:
            self._drop()
        if self._db is None:
            self._db = self._opened()
            self._doubtful = False
        return self._db

    def _drop(self) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):  # nothing is lost: each transaction has ended
                self._db.close()
        self._db = None

    def _opened(self) -> sqlite3.Connection:
        for _ in range(3):
            try:
                self._guard_directory()
                self._guard_file()
                self._inode = _inode(self._path)
                db = sqlite3.connect(
                    f"file:{_quoted(self._path)}?mode=rw",
                    uri=True,
                    timeout=BUSY_SECONDS,
                    isolation_level=None,
                    check_same_thread=False,
                )
            except OSError as error:
                raise self._failed(f"cannot be made or opened ({error.strerror})") from error
            except sqlite3.Error as error:
                raise self._failed(error) from error
            try:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA journal_mode = TRUNCATE").fetchone()
                schema.prepare(db)
                self._note_access()
                return db
            except schema.Unusable as error:
                db.close()
                self._set_aside(str(error))
            except sqlite3.Error as error:
                db.close()
                if not _ruined(error):
                    raise self._failed(error) from error
                self._set_aside(_why(error))
        raise self._failed("each new file is damaged at once; look at the disk")

    def _note_access(self) -> None:
        """Say at once, and not at the first write, that it can be read only."""
        if not (os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK | os.X_OK)):
            self._failed("it is read-only")

    def _guard_directory(self) -> None:
        """The state directory: made 0700, or found to be a real one of ours."""
        state = self._path.parent
        try:
            found = state.lstat()
        except FileNotFoundError:
            state.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                state.mkdir(mode=0o700)
                state.chmod(0o700)  # whatever the umask took away
            found = state.lstat()
        if not stat.S_ISDIR(found.st_mode):
            raise self._failed(f"refused, because {clean(str(state))} is {_kind(found.st_mode)} and not a directory; move it away")
        self._guard_owner(found, state, 0o700)

    def _guard_file(self) -> None:
        """The file: made 0600, or found to be a real one of ours. Nobody else can swap it: the directory is its owner's."""
        try:
            found = self._path.lstat()
        except FileNotFoundError:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with suppress(FileExistsError):  # another process made it just now
                made = os.open(self._path, flags, 0o600)
                try:
                    os.fchmod(made, 0o600)
                finally:
                    os.close(made)
            found = self._path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise self._failed(f"refused, because it is {_kind(found.st_mode)} and not a file; move it away")
        self._guard_owner(found, self._path, 0o600)

    def _guard_owner(self, found: os.stat_result, path: Path, mode: int) -> None:
        if found.st_uid != os.geteuid():
            raise self._failed(
                f"refused, because {clean(str(path))} belongs to user id {found.st_uid}; set XDG_STATE_HOME to a place of your own"
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            name = clean(str(path))
            self._remark(
                f"others on this machine may look into {name} (mode {stat.S_IMODE(found.st_mode):04o}): chmod {mode:o} {name}"
            )

    def _mended(self, error: sqlite3.Error) -> bool:
        """Whether a damaged file was set aside, so that the work can be tried on a new one."""
        if not _ruined(error):
            return False
        self._drop()
        self._set_aside(_why(error))
        return True

    def _set_aside(self, why: str) -> None:
        """Rename the file, with what SQLite keeps beside it, and say where.

        Several processes may find the damage at once: the first one renames; the others see that another file lies there by then.
        """
        try:
            directory = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                fcntl.flock(directory, fcntl.LOCK_EX)
                if self._inode != _inode(self._path):
                    return
                aside = self._path.with_name(f"{self._path.name}.broken-{self._clock.now():%Y%m%dT%H%M%SZ}")
                number = 1
                while os.path.lexists(aside):
                    number += 1
                    aside = aside.with_name(f"{aside.name.partition('Z')[0]}Z-{number}")
                for tail in _BEHIND:
                    with suppress(FileNotFoundError):
                        os.rename(f"{self._path}{tail}", f"{aside}{tail}")
                os.rename(self._path, aside)
                os.fsync(directory)
            finally:
                os.close(directory)
        except FileNotFoundError:
            return
        except OSError as error:
            raise self._failed(f"cannot be used ({why}) nor set aside ({error.strerror})") from error
        # what matters first, and short: it is a banner on the screen
        self._remark(f"acks, disarms, silences are gone; old journal: {clean(_from_home(aside))} ({why.removeprefix('it is ')})")

    def _remark(self, text: str) -> None:
        if text not in self._remarks:
            self._remarks.append(text)


def _from_home(path: Path) -> str:
    """As short as a shell takes it: ``~/.local/state/…``."""
    home = os.environ.get("HOME", "")
    try:
        return f"~/{path.relative_to(home)}" if home.startswith("/") and home != "/" else str(path)
    except ValueError:  # elsewhere
        return str(path)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _end(db: sqlite3.Connection) -> None:
    if db.in_transaction:
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself after a full disk or an I/O error
            db.execute("ROLLBACK")


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _kind(mode: int) -> str:
    return "a symbolic link" if stat.S_ISLNK(mode) else "a file" if stat.S_ISREG(mode) else "something else"


def _ruined(error: sqlite3.Error) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _why(error: Exception) -> str:
    """What SQLite means, for a person."""
    code = getattr(error, "sqlite_errorcode", None)
    words = _WORDS.get(code & 0xFF) if isinstance(code, int) else None
    return words or clean(str(error))


_WORDS = {
    sqlite3.SQLITE_BUSY: f"busy, another process has held it for {BUSY_SECONDS:.0f} s",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it is read-only",
    sqlite3.SQLITE_IOERR: "the disk gives input/output errors",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened (no right, no descriptors left, or the disk is read-only)",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is not a database",
}
