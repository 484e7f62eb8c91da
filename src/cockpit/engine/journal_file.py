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
from .journal_faults import BUSY_READING, BUSY_SECONDS, DAMAGED, Busy, from_home, is_busy, kind_of, quoted, ruined, why
from .records import JournalError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


READ_SECONDS = 0.5
"""How long a reader waits for whoever is writing: it has its last answer, and a person who looks at it."""

_BEHIND = ("-journal", "-wal", "-shm")


class JournalFile:
    """A file of ours alone (mode 0600 in a directory 0700): one connection that writes and one that reads, each guarded by a lock
    of its own, so that nobody who reads waits behind a write that waits for another process.

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
        self._odd: dict[str, int] = {}
        self._reading = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._reader_inode: tuple[int, int] | None = None
        with self._lock, suppress(JournalError):  # it stays as `problem`, and the next write tries again
            self._usable(patience=READ_SECONDS)

    @property
    def problem(self) -> str:
        """Why nothing is written down now; "" = it is."""
        return self._problem

    @property
    def remarks(self) -> tuple[str, ...]:
        """What had to be done, or should be, about the file."""
        odd = (f"{self._name}: {many} of its {kind} cannot be read and were left out" for kind, many in self._odd.items())
        return (*self._remarks, *odd)

    def odd(self, kind: str, many: int) -> None:
        """So many records of a kind could not be read when they were read last."""
        if many:
            self._odd[kind] = many
        else:
            self._odd.pop(kind, None)

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
        """Do ``work`` on one consistent state; ``empty`` where there is nothing that could be read. Raises `JournalError` where it
        is there and cannot be read, after `READ_SECONDS` where somebody else holds it."""
        if not self._reading.acquire(timeout=READ_SECONDS):
            raise JournalError(f"{self._name}: {BUSY_READING}")
        try:
            for last in (False, True):
                try:
                    db = self._readable()
                except Busy as busy:
                    raise JournalError(f"{self._name}: {BUSY_READING}") from busy
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
                        raise JournalError(f"{self._name}: {BUSY_READING if is_busy(error) else why(error)}") from error
                except JournalError:
                    raise
                except Exception as error:  # what stands in a file may be anything: it is the journal's fault, and no bug
                    raise JournalError(f"{self._name}: it holds what cannot be read ({clean(str(error))})") from error
        finally:
            self._reading.release()
        raise AssertionError("unreachable")

    def close(self) -> None:
        """Give the file back; later writes fail, later reads are empty."""
        with self._lock:
            self._closed = True
            self._drop()
        with self._reading:
            self._drop_reader()

    def _readable(self) -> sqlite3.Connection:
        """The connection that reads, opened anew if the file under it is another one now. Raises `Busy` while nobody can tell."""
        if self._reader is not None and not self._closed:
            with suppress(OSError):  # unreachable for the moment: SQLite itself will say what is wrong
                if self._reader_inode == _inode(self._path):
                    return self._reader
        self._drop_reader()
        if not self._lock.acquire(timeout=READ_SECONDS):
            raise Busy(self._name)
        try:
            self._usable(patience=READ_SECONDS)  # it makes the file, and sets a damaged one aside
            self._reader_inode = self._inode
        finally:
            self._lock.release()
        try:
            self._reader = self._connected(READ_SECONDS)
            self._reader.execute("PRAGMA query_only = ON")
        except sqlite3.Error as error:
            self._drop_reader()
            raise JournalError(f"{self._name}: {why(error)}") from error
        return self._reader

    def _drop_reader(self) -> None:
        if self._reader is not None:
            with suppress(sqlite3.Error):  # it only read
                self._reader.close()
        self._reader = None

    def _transaction(self, db: sqlite3.Connection, work: Work[T]) -> T:
        before = db.total_changes
        db.execute("BEGIN IMMEDIATE")
        try:
            done = work(db)
            db.execute("COMMIT")
        except BaseException:  # an interrupt, too: no transaction stays open
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
        said = error if isinstance(error, str) else why(error)
        self._problem = f"{self._name}: {said}; nothing is written down until that is mended"
        return JournalError(self._problem)

    def _usable(self, retry: bool = False, patience: float | None = None) -> sqlite3.Connection:
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
            self._db = self._opened(BUSY_SECONDS if patience is None else patience)
            self._doubtful = False
        return self._db

    def _drop(self) -> None:
        if self._db is not None:
            with suppress(sqlite3.Error):  # nothing is lost: each transaction has ended
                self._db.close()
        self._db = None

    def _connected(self, patience: float) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{quoted(self._path)}?mode=rw", uri=True, timeout=patience, isolation_level=None, check_same_thread=False
        )

    def _opened(self, patience: float) -> sqlite3.Connection:
        for _ in range(3):
            try:
                self._guard_directory()
                self._guard_file()
                self._inode = _inode(self._path)
                db = self._connected(patience)
            except OSError as error:
                raise self._failed(f"cannot be made or opened ({error.strerror})") from error
            except sqlite3.Error as error:
                raise self._failed(error) from error
            try:
                db.execute("PRAGMA synchronous = FULL")
                db.execute("PRAGMA journal_mode = TRUNCATE").fetchone()
                schema.prepare(db)
                self._note_access()
                db.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000:.0f}")
                return db
            except schema.Unusable as error:
                db.close()
                self._set_aside(str(error))
            except sqlite3.Error as error:
                db.close()
                if is_busy(error) and patience < BUSY_SECONDS:  # nobody has tried to write: that is no problem yet
                    raise Busy(f"{self._name}: {BUSY_READING}") from error
                if not ruined(error):
                    raise self._failed(error) from error
                self._set_aside(why(error))
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
            raise self._failed(
                f"refused, because {clean(str(state))} is {kind_of(found.st_mode)} and not a directory; move it away"
            )
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
            raise self._failed(f"refused, because it is {kind_of(found.st_mode)} and not a file; move it away")
        self._guard_owner(found, self._path, 0o600)

    def _guard_owner(self, found: os.stat_result, path: Path, mode: int) -> None:
        if found.st_uid != os.geteuid():
            raise self._failed(
                f"refused, because {clean(str(path))} belongs to user id {found.st_uid}; set XDG_STATE_HOME to a place of your own"
            )
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):  # whoever may write there may put anything in its place
            name = clean(str(path))
            raise self._failed(
                f"refused, because others may write to {name} (mode {stat.S_IMODE(found.st_mode):04o}): chmod {mode:o} {name}"
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            name = clean(str(path))
            self._remark(
                f"others on this machine may look into {name} (mode {stat.S_IMODE(found.st_mode):04o}): chmod {mode:o} {name}"
            )

    def _mended(self, error: sqlite3.Error) -> bool:
        """Whether a damaged file was set aside, so that the work can be tried on a new one."""
        if not ruined(error) or not self._lock.acquire(timeout=READ_SECONDS):
            return False
        try:
            self._drop()
            self._set_aside(why(error))
        finally:
            self._lock.release()
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
        shown = clean(from_home(aside))
        kept = f"damaged journal: {shown}" if why in DAMAGED else f"old journal: {shown} ({why})"
        self._remark(f"acks, disarms, silences are gone; {kept}")

    def _remark(self, text: str) -> None:
        if text not in self._remarks:
            self._remarks.append(text)


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
