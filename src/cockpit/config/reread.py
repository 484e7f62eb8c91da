"""The configuration as it lies in its files: read again when the cockpit, this one or another, has written a part of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from ..core.text import clean
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
        self._seen, self._by_hand = self._mark(), self._written()
        self.read_at = datetime.now(UTC)
        """When it was last read (UTC)."""

    def read(self) -> Config:
        """The configuration as it is now. Raises `ConfigError`; then what was `changed` still is."""
        mark, by_hand, at = self._mark(), self._written(), datetime.now(UTC)
        config = self._read(())
        self._seen, self._by_hand, self.read_at = mark, by_hand, at
        return config

    def judge(self, candidate: Path) -> Config:
        """The configuration as it would be with one more drop-in. Raises `ConfigError`."""
        return self._read((candidate,))

    def changed(self) -> bool:
        """Whether a drop-in that cockpits write differs from when it was last read. What people write is taken over at the next
        start, or with the next of these: it may be half finished."""
        return self._mark() != self._seen

    def newer(self) -> str:
        """Which of the files that people write differ from when they were last read: the first, and how many more; "" where none
        does. Asks the disk."""
        differing = sorted(
            {name for name, *_ in set(self._written()) ^ set(self._by_hand)}, key=lambda name: (name != self.main.name, name)
        )
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        return clean(differing[0], 200) + more if differing else ""

    def since(self, now: datetime) -> str:
        """When it was last read, as short as it can be told at ``now``: "03:01 UTC", or a day before that one."""
        return f"{self.read_at:%H:%M} UTC" if self.read_at.date() == now.astimezone(UTC).date() else f"{self.read_at:%Y-%m-%d}"

    def _mark(self) -> Mark:
        return _marked((self.main.parent / DROPINS).glob(OWN.format("*")), "")

    def _written(self) -> Mark:
        drop_ins = (self.main.parent / DROPINS).glob("*.toml")
        others = (path for path in drop_ins if not path.name.startswith(".") and not fnmatch(path.name, OWN.format("*")))
        return (*_marked([self.main], ""), *_marked(others, f"{DROPINS}/"))


def _marked(paths: Iterable[Path], under: str) -> Mark:
    found: list[tuple[str, int, int, int]] = []
    try:
        for path in sorted(paths):
            facts = path.stat()
            found.append((under + path.name, facts.st_ino, facts.st_mtime_ns, facts.st_size))
    except OSError:
        return ()  # gone while it was looked at: the next look tells
    return tuple(found)
