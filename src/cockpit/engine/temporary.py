"""A directory for as long as a process lives: of one that was killed, the next of its kind takes away what it left.

Whose process lives is told by a lock (flock(2)) on the directory, which ends with the process however that ends: by its number
nobody can tell, for another container that has the same directory numbers its processes anew.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_BEGINS = "cockpit.passing."


class Temporary:
    """Makes one for this process alone, in the system's directory for such, and takes away those that others left. Raises
    ``OSError`` where none can be made. ``kind`` is a word of its name, for whoever looks."""

    def __init__(self, kind: str) -> None:
        _sweep()
        self._held, self.path = _made(kind)

    def clear(self) -> None:
        """Remove all that is in it."""
        for each in self.path.iterdir():
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each)
            else:
                each.unlink()

    def remove(self) -> None:
        """Remove it, as far as that can be done."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


@contextmanager
def temporary(kind: str) -> Iterator[Path]:
    """One, for a ``with``."""
    made = Temporary(kind)
    try:
        yield made.path
    finally:
        made.remove()


def _made(kind: str) -> tuple[int, Path]:
    """The directory, and the descriptor that holds it. One that somebody took away before it was held is made anew."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=f"{_BEGINS}{kind}."))
        with suppress(FileNotFoundError):
            held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with suppress(OSError):  # a file system without locks: nobody else can hold it either, and so nobody takes it away
                fcntl.flock(held, fcntl.LOCK_EX)
            if path.exists():
                return held, path
            os.close(held)


def _sweep() -> None:
    """Take away those of this user that no process holds."""
    with suppress(OSError):  # what cannot be read is not swept
        for entry in os.scandir(tempfile.gettempdir()):
            if entry.name.startswith(_BEGINS):
                with suppress(OSError):  # somebody else's, or gone meanwhile
                    _take_away(entry.path)


def _take_away(path: str) -> None:
    held = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        facts = os.fstat(held)
        if facts.st_uid != os.geteuid() or stat.S_IMODE(facts.st_mode) != 0o700:
            return
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path, ignore_errors=True)
    finally:
        os.close(held)
