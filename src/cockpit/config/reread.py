"""The configuration as it lies in its files: read again when the cockpit, this one or another, has written a part of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .files import DROPINS, OWN
from .model import Config

Mark = tuple[tuple[str, int, int, int], ...]


class Reread:
    """``main`` is the main file, ``read`` reads all of them, and others that it is given as if they lay among them; it raises
    `ConfigError`. Made before they are read for the first time,
    so that no change is missed."""

    def __init__(self, main: Path, read: Callable[[tuple[Path, ...]], Config]) -> None:
        self.main = main
        self._read = read
        self._seen = self._mark()

    def read(self) -> Config:
        """The configuration as it is now. Raises `ConfigError`; then what was `changed` still is."""
        mark = self._mark()
        config = self._read(())
        self._seen = mark
        return config

    def judge(self, candidate: Path) -> Config:
        """The configuration as it would be with one more drop-in. Raises `ConfigError`."""
        return self._read((candidate,))

    def changed(self) -> bool:
        """Whether a drop-in that cockpits write differs from when it was last read. What people write is taken over at the next
        start, or with the next of these: it may be half finished."""
        return self._mark() != self._seen

    def _mark(self) -> Mark:
        found: list[tuple[str, int, int, int]] = []
        try:
            for path in sorted((self.main.parent / DROPINS).glob(OWN.format("*"))):
                facts = path.stat()
                found.append((path.name, facts.st_ino, facts.st_mtime_ns, facts.st_size))
        except OSError:
            return ()  # gone while it was looked at: the next look tells
        return tuple(found)
