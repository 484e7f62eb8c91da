"""The configuration as it lies in its files: read again when the cockpit, this one or another, has written a part of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from fnmatch import fnmatch
from pathlib import Path

from ..core.text import clean
from .files import DROPINS, OWN
from .model import Config

Mark = tuple[int, int, int]
"""What tells that a file may have been written since: its number on the disk, when it was written last, its size."""
Written = tuple[Mark | None, int | None]
"""A file's mark, ``None`` where there is none; and its content's hash (of this process), ``None`` where it was not read."""


class Reread:
    """``main`` is the main file, ``read`` reads all of them, and others that it is given as if they lay among them; it raises
    `ConfigError`. Made before they are read for the first time,
    so that no change is missed."""

    def __init__(self, main: Path, read: Callable[[tuple[Path, ...]], Config]) -> None:
        self.main = main
        self._read = read
        self._seen = self._ours()
        self._begun = {name: (_mark(path), _hash(path)) for name, path in self._by_hand().items()}
        self.begun_at = datetime.now(UTC)
        """Since when (UTC) what people write is compared."""

    def read(self) -> Config:
        """The configuration as it is now. Raises `ConfigError`; then what was `changed` still is."""
        seen = self._ours()
        config = self._read(())
        self._seen = seen
        return config

    def judge(self, candidate: Path) -> Config:
        """The configuration as it would be with one more drop-in. Raises `ConfigError`."""
        return self._read((candidate,))

    def changed(self) -> bool:
        """Whether a drop-in that cockpits write differs from when it was last read. What people write is taken over at the next
        start, or with the next of these: it may be half finished."""
        return self._ours() != self._seen

    def newer(self) -> str:
        """Which of the files that people write say something else than at the start: the first, and how many more; "" where none
        does. A `read` for a drop-in changes nothing about it: keys, theme and bell still are those of the start. Asks the disk."""
        now = self._by_hand()
        differing = sorted(
            (name for name in now.keys() | self._begun.keys() if _differs(self._begun.get(name, (None, None)), now.get(name))),
            key=lambda name: (name != self.main.name, name),
        )
        more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
        return clean(differing[0], 200) + more if differing else ""

    def since(self, now: datetime) -> str:
        """When the start was, as short as it can be told at ``now``: "03:01 UTC", or a day before that one."""
        return f"{self.begun_at:%H:%M} UTC" if self.begun_at.date() == now.astimezone(UTC).date() else f"{self.begun_at:%Y-%m-%d}"

    def _ours(self) -> dict[str, Mark | None]:
        return {path.name: _mark(path) for path in self._drop_ins(OWN.format("*"))}

    def _by_hand(self) -> dict[str, Path]:
        others = (
            path for path in self._drop_ins("*.toml") if not path.name.startswith(".") and not fnmatch(path.name, OWN.format("*"))
        )
        return {self.main.name: self.main, **{f"{DROPINS}/{path.name}": path for path in others}}

    def _drop_ins(self, pattern: str) -> tuple[Path, ...]:
        try:
            return tuple((self.main.parent / DROPINS).glob(pattern))
        except OSError:
            return ()  # gone while it was looked at: the next look tells


def _mark(path: Path) -> Mark | None:
    try:
        facts = path.stat()
    except OSError:
        return None  # not there, or gone while it was looked at: the next look tells
    return facts.st_ino, facts.st_mtime_ns, facts.st_size


def _hash(path: Path) -> int | None:
    """Only of a regular file: what a pipe says can be read but once, and not by this."""
    try:
        return hash(path.read_bytes()) if path.is_file() else None
    except OSError:
        return None


def _differs(then: Written, path: Path | None) -> bool:
    """Whether a file says something else by now. One that was written again with the same content, or only touched, does not."""
    mark, content = then
    now = _mark(path) if path is not None else None
    return now != mark and (now is None or path is None or content is None or _hash(path) != content)
