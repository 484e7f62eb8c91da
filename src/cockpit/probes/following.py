"""Following a text file that grows, through every way in which it is rotated.

By rename: the old file is kept open, so that what was written to it last is read before the new one. By copy and truncate:
seen by a size below the place reached, or by other bytes before it. A deleted file is let go of once it is read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

MOST_AT_ONCE = 16 * 2**20
LONGEST_LINE = 65536
_CHUNK = 2**20
_REMEMBERED = 256


class Follower:
    """``skipped`` is how many bytes the last call of `added` passed over. Memory is flat: one chunk, one line."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._handle = -1
        self._at = 0
        self._before = b""
        self._open_line = bytearray()
        self._began = False
        self.skipped = 0

    def __del__(self) -> None:
        self._let_go()

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
            self._at = os.fstat(self._handle).st_size
            self._remember()
            return
        yield from self._rest()

    def _open(self) -> None:
        # Without O_NONBLOCK, opening a pipe waits for a writer.
        handle = os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise OSError(errno.EINVAL, "it is not a plain file")
        self._handle, self._at, self._before = handle, 0, b""
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
            self._at, self._before = 0, b""  # truncated, and perhaps written again since
            self._open_line.clear()
        if size - self._at > MOST_AT_ONCE:
            self.skipped += size - MOST_AT_ONCE - self._at
            self._at = size - MOST_AT_ONCE
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
        found = []
        for line in ended:
            if self._open_line:
                self._open_line += line[: max(0, LONGEST_LINE - len(self._open_line))]
                line = bytes(self._open_line)
                self._open_line.clear()
            found.append(line[:LONGEST_LINE].decode("utf-8", "replace"))
        self._open_line += rest[: max(0, LONGEST_LINE - len(self._open_line))]
        return found
