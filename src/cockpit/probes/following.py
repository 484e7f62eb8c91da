"""Following a text file that grows, through every way in which it is rotated.

By rename: the old file is kept open, so that what was written to it last is read before the new one. By copy and truncate:
seen by a size below the place reached, or by other bytes before it. A deleted file is let go of once it is read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from itertools import islice
from zlib import crc32

MOST_AT_ONCE = 16 * 2**20
LONGEST_LINE = 65536
_CHUNK = 2**20
_REMEMBERED = 256
MOST_NEIGHBOURS = 2000
"""Files beside the one that is followed which are looked through for where it went."""


class Follower:
    """``skipped`` is how many bytes the last call of `added` passed over. Memory is flat: one chunk, one line."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = -1
        self._at = 0
        self._before = b""
        self._open_line = bytearray()
        self._line_at = 0  # where the line begins that has not ended yet
        self._began = False
        self.skipped = 0

    def __del__(self) -> None:
        self._let_go()

    @property
    def began(self) -> bool:
        """Whether the next call of `added` can tell what was written since an earlier one, of this process or of another."""
        return self._began

    @property
    def open(self) -> bool:
        """Whether it has a file to follow."""
        return self._handle >= 0

    def place(self) -> dict[str, str | float]:
        """Where it stands, for `go_on` in another process: the file, the place in it, and a sum over the bytes before that."""
        if self._handle < 0:
            return {"file": ""}
        held, start = os.fstat(self._handle), max(0, self._line_at - _REMEMBERED)
        before = os.pread(self._handle, self._line_at - start, start)
        return {
            "file": f"{held.st_dev}:{held.st_ino}",
            "at": float(self._line_at),
            "before": float(len(before)),
            "sum": float(crc32(before)),
        }

    def go_on(self, place: Mapping[str, str | float]) -> None:
        """Go on from where another stood: in that file, under whatever name a rotation has given it. One that is not to be found
        any more is taken for deleted: what is at the path now is read from its beginning. Raises ``KeyError`` or ``ValueError`` for
        what no `place` gave."""
        file = place["file"]
        at, many, total = (int(place[key]) for key in ("at", "before", "sum")) if file else (0, 0, 0)
        self._let_go()
        self._began = True
        if not file:
            return
        for name in self._names():
            try:
                held = os.stat(name)
                if f"{held.st_dev}:{held.st_ino}" != file:
                    continue
                self._open(name)
            except OSError:
                continue  # it went away just now, or may not be read: the look itself will say so
            before = os.pread(self._handle, many, at - many) if at >= many else b""
            if len(before) == many and crc32(before) == total and held.st_size >= at:
                self._at, self._line_at, self._before = at, at, before
            elif name != self._path:
                self._let_go()  # another file that has come by its number
                continue
            return

    def _names(self) -> Iterator[str]:
        """The path, and what lies beside it under a name that begins with its own: ``app.log.1``, ``app.log-20261123``."""
        yield self._path
        folder, stem = os.path.split(self._path)
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            near = (entry.path for entry in entries if entry.name.startswith(stem.partition(".")[0]) and entry.path != self._path)
            yield from islice(near, MOST_NEIGHBOURS)

    def added(self) -> Iterator[list[str]]:
        """The whole lines written since the last call, in batches; at the first call, none: it goes to the end. A line that has
        not ended yet waits for its end. Raises `OSError`."""
        self.skipped = 0
        if self._handle >= 0:
            yield from self._rest()
            if not self._replaced():
                return
            self._let_go()
        first = not self._began
        try:
            self._open()
        except FileNotFoundError:
            self._began = True  # what comes into being while we watch is read from its beginning
            raise
        self._began = True
        if first:
            self._at = self._line_at = os.fstat(self._handle).st_size
            self._remember()
            return
        yield from self._rest()

    def _open(self, path: str = "") -> None:
        # Without O_NONBLOCK, opening a pipe waits for a writer.
        handle = os.open(path or self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "it is not a plain file")
        self._handle, self._at, self._line_at, self._before = handle, 0, 0, b""
        self._open_line.clear()

    def _let_go(self) -> None:
        if self._handle >= 0:
            with contextlib.suppress(OSError):  # closing what was only read loses nothing
                os.close(self._handle)
            self._handle = -1

    def _replaced(self) -> bool:
        """Whether the path leads to another file than the one that is open, or to none."""
        held = os.fstat(self._handle)
        try:
            named = os.stat(self._path)
        except FileNotFoundError:
            return True
        return (held.st_dev, held.st_ino) != (named.st_dev, named.st_ino)

    def _rest(self) -> Iterator[list[str]]:
        size = os.fstat(self._handle).st_size
        if size < self._at or os.pread(self._handle, len(self._before), self._at - len(self._before)) != self._before:
            self._at, self._line_at, self._before = 0, 0, b""  # truncated, and perhaps written again since
            self._open_line.clear()
        if size - self._at > MOST_AT_ONCE:
            self.skipped += size - MOST_AT_ONCE - self._at
            self._at = self._line_at = size - MOST_AT_ONCE
            self._open_line.clear()
        # To the size seen at the start and no further: a file that grows as fast as it is read must not hold the look for ever.
        while self._at < size:
            chunk = os.pread(self._handle, min(_CHUNK, size - self._at), self._at)
            if not chunk:
                break
            self._at += len(chunk)
            lines = self._lines(chunk)
            if self._at >= size or len(chunk) < _REMEMBERED:
                self._remember()
            else:
                self._before = chunk[-_REMEMBERED:]
            if lines:
                yield lines

    def _remember(self) -> None:
        start = max(0, self._at - _REMEMBERED)
        self._before = os.pread(self._handle, self._at - start, start)

    def _lines(self, chunk: bytes) -> list[str]:
        *ended, rest = chunk.split(b"\n")
        if ended:
            self._line_at = self._at - len(rest)
        found = []
        for line in ended:
            if self._open_line:
                self._open_line += line[: max(0, LONGEST_LINE - len(self._open_line))]
                line = bytes(self._open_line)
                self._open_line.clear()
            found.append(line[:LONGEST_LINE].decode("utf-8", "replace"))
        self._open_line += rest[: max(0, LONGEST_LINE - len(self._open_line))]
        return found
