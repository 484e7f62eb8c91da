"""What the cockpit writes itself: drop-ins of its own, whole or not at all, mode 0600. A person's files are never touched."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shlex
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from .files import DROPINS, OWN
from .model import ConfigError, Problem

T = TypeVar("T")
PATIENCE = 5.0
"""Seconds that a change waits for other processes that change something."""
_WHAT = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")
_HEAD = "# Written by cockpit, and written anew as a whole: put what is yours into a file of another name.\n\n"


class WriteError(Exception):
    """Nothing was written; the message says where, why, and what to do."""


def dropin_path(main: Path, what: str) -> Path:
    """Where the cockpit keeps ``what`` (``traps``, ``overrides``) beside the main file ``main``."""
    if not _WHAT.fullmatch(what):
        raise ValueError(f"{what!r} cannot be part of a file's name")
    return main.parent / DROPINS / OWN.format(what)


def read_dropin(main: Path, what: str) -> dict[str, object]:
    """The tables of the cockpit's own drop-in; empty if there is none. Raises `ConfigError` if it cannot be read."""
    import tomllib

    path = dropin_path(main, what)
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError((Problem(str(path), 0, "", f"cannot be read: {error}"),)) from error


def write_dropin(main: Path, what: str, tables: Mapping[str, object]) -> Path:
    """Replace the cockpit's own drop-in with ``tables``, atomically; without tables it goes away. Raises `WriteError`."""
    import tomli_w  # deferred: nothing that only reads needs it

    path = dropin_path(main, what)
    if not tables:
        _remove(path)
        return path
    _replace(path, _HEAD + tomli_w.dumps(tables))
    return path


def change_dropin(main: Path, what: str, change: Callable[[dict[str, object]], T]) -> T:
    """Let ``change`` turn the tables of the cockpit's own drop-in into others, and write these; other processes that do the same
    wait for their turn. Gives what ``change`` gives; where that raises, nothing is written. Raises `WriteError`, and `ConfigError`
    where what is there cannot be read."""
    folder = dropin_path(main, what).parent
    _directory(folder)
    with _alone(folder):
        tables = read_dropin(main, what)
        given = change(tables)
        write_dropin(main, what, tables)
        return given


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else changes a drop-in here meanwhile. Raises `WriteError` where somebody does so for longer than `PATIENCE`."""
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise WriteError(f"the directory {folder} cannot be opened: {error.strerror}") from error
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise WriteError(
                        f"another cockpit has been writing in {folder} for {PATIENCE:g} s: nothing was written"
                    ) from None
                time.sleep(0.02)
            except OSError as error:
                raise WriteError(f"{folder} cannot be locked: {error.strerror}") from error
        yield
    finally:
        os.close(handle)


def write_new(path: Path, text: str) -> None:
    """Write a file that is not there yet, atomically, mode 0600. Raises `WriteError` where it is there, or cannot be written."""
    _directory(path.parent)
    temporary = _temporary(path, text)
    try:
        os.link(temporary, path)  # unlike rename, this fails if somebody was first
    except FileExistsError:
        aside = f"mv {shlex.quote(str(path))} {shlex.quote(str(path) + '.old')}"
        raise WriteError(f"{path} is there already and is left as it is: {aside} first, or choose another with --config") from None
    except OSError:
        _claim(path, temporary)
    finally:
        temporary.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _claim(path: Path, temporary: Path) -> None:
    """For file systems without hard links: take the name first, then put the text there."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        temporary.replace(path)
    except OSError as error:
        raise WriteError(f"{path} cannot be written: {error.strerror}") from error


def _replace(path: Path, text: str) -> None:
    _directory(path.parent)
    _refuse_link(path)
    temporary = _temporary(path, text)
    try:
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise WriteError(f"{path} cannot be written: {error.strerror}") from error
    _sync_directory(path.parent)


def _remove(path: Path) -> None:
    _refuse_link(path)
    try:
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise WriteError(f"{path} cannot be removed: {error.strerror}") from error
    _sync_directory(path.parent)


def _refuse_link(path: Path) -> None:
    try:
        facts = path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise WriteError(f"{path} cannot be looked at: {error.strerror}") from error
    if not stat.S_ISREG(facts.st_mode):
        kind = "a symbolic link" if stat.S_ISLNK(facts.st_mode) else "not a regular file"
        raise WriteError(f"{path} is {kind}, where cockpit keeps a file of its own: nothing was written; remove it, then try again")


def _directory(path: Path) -> None:
    """Make the directory (0700, its parents too) if it is missing; refuse one that others could plant files in."""
    try:
        missing = [part for part in (path, *path.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(mode=0o700, exist_ok=True)  # another cockpit may be faster
        facts = path.stat()
    except OSError as error:
        raise WriteError(f"the directory {path} cannot be made or looked at: {error.strerror}") from error
    if not stat.S_ISDIR(facts.st_mode):
        raise WriteError(f"{path} is not a directory")
    if facts.st_mode & stat.S_IWOTH and not facts.st_mode & stat.S_ISVTX:
        raise WriteError(f"the directory {path} can be written by anyone: nothing was written; chmod o-w {path}")


def _temporary(path: Path, text: str) -> Path:
    """A new file beside ``path``, mode 0600, on the disk to the last byte."""
    temporary = path.parent / f".{path.name}.{secrets.token_hex(6)}"
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise WriteError(f"nothing can be written in {path.parent}: {error.strerror}") from error
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
    except (OSError, UnicodeEncodeError) as error:
        temporary.unlink(missing_ok=True)
        raise WriteError(f"{path} cannot be written: {error}") from error
    return temporary


def _sync_directory(path: Path) -> None:
    """Make the new name last through a power cut, where the file system can."""
    handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):  # some file systems cannot sync a directory: the file itself is safe
            os.fsync(handle)
    finally:
        os.close(handle)
