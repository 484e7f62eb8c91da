"""What a run prints: made safe line by line, kept in a file up to a cap, and its newest lines in memory for the screen.

The file (mode 0600, in a directory 0700) holds the beginning and the end of the output; where the middle had to go it says so.
Its lines are already harmless to show: text as `core.text` leaves it, and of escape sequences only colours and attributes that were
made anew, closed on each line. If it cannot be written (the disk is full, and this very run is freeing it) the run goes on, and
`problem` says so.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections import deque
from pathlib import Path
from typing import BinaryIO

from ..core.text import clean, sgr_only
from .desk import Output

CAP = 4 * 2**20
"""Bytes of output that are kept: half from the beginning, half from the end."""
LINE_CAP = 65536
"""Bytes of one line that are kept."""
SCREEN_LINES = 2000
SCREEN_LINE = 4096
_CUT = "… (line truncated)".encode()
UNRECORDED = "\u2060"
"""Stands at the end of a line of the file that no recording has: what is printed has no such sign, `safe_line` makes it seen."""
_OURS = b"\r"  # stands before such a line until it is written: no line that is printed has one
RUNS_KEPT = 200
"""So many output files stay; the oldest goes when one more comes."""


def safe_line(line: str, limit: int = LINE_CAP) -> str:
    """A line of output as it may be kept and shown: only our own SGR sequences are in it."""
    if line.isascii() and line.isprintable() and len(line) <= limit:
        return line
    return "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text for sgr, text in sgr_only(line, limit))


def unmarked(line: str) -> str:
    """A line of the file without its end and without what `UNRECORDED` says of it."""
    return line.removesuffix("\n").removesuffix(UNRECORDED)


class Spool:
    """The output of one run. ``feed`` takes bytes as they come; ``say`` adds a line of our own; ``close`` writes the end."""

    def __init__(self, path: Path, *, cap: int = CAP, line_cap: int = LINE_CAP) -> None:
        self.path = path
        self.problem = ""
        """Why the output is not kept in the file; "" = it is."""
        self.truncated = False
        self._head_left = cap // 2
        self._tail_cap = cap - cap // 2
        self._line_cap = line_cap
        self._partial = bytearray()
        self._overlong = False
        self._tail: deque[bytes] = deque()
        self._tail_size = 0
        self._lost = 0
        self._screen: deque[str] = deque(maxlen=SCREEN_LINES)
        self._unrecorded: set[int] = set()
        self._count = 0
        self._after_cr = False
        self._file: BinaryIO | None = None
        try:
            self._file = _opened(path)
        except OSError as error:
            self._fault(error)

    @property
    def handle(self) -> int:
        """The descriptor of the file, for whoever writes on when this process is gone; -1 while nothing is kept."""
        return self._file.fileno() if self._file is not None else -1

    def feed(self, data: bytes) -> None:
        """Take what was printed. CR, LF and CR LF each end a line."""
        if self._after_cr and data.startswith(b"\n"):
            data = data[1:]
        self._after_cr = data.endswith(b"\r")
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        whole, newline, rest = data.rpartition(b"\n")
        if newline:
            first, more, others = whole.partition(b"\n")
            self._extend(first)
            self._take([self._end_of_line(), *(map(self._capped, others.split(b"\n")) if more else ())])
        self._extend(rest)

    def say(self, line: str, *, unrecorded: bool = False) -> None:
        """Add a line of our own, on a line of its own; see `Output` for ``unrecorded``."""
        if self._partial or self._overlong:
            self._take([self._end_of_line()])
        own = line.encode("utf-8", "surrogateescape").lstrip(_OURS)
        if unrecorded:
            self._unrecorded.add(self._count)
        self._take([_OURS + own if unrecorded else own])

    def lines(self, since: int = 0) -> Output:
        """The newest lines from number ``since`` on."""
        screen = tuple(self._screen)
        first = self._count - len(screen)
        start = max(since, first)
        unrecorded = frozenset(each for each in self._unrecorded.copy() if each >= start)
        return Output(screen[start - first :], start, self.truncated, unrecorded)

    def close(self) -> None:
        """Write the end of the output, and where the middle was cut, how much of it."""
        if self._partial or self._overlong:
            self._take([self._end_of_line()])
        if self._lost:
            self._put(f"… {self._lost} bytes truncated …".encode())
        for block in self._tail:
            for line in block.split(b"\n"):
                self._put(line)
        self._tail.clear()
        self._flush()
        if self._file is not None:
            with contextlib.suppress(OSError):  # what could be written has been
                self._file.close()
            self._file = None

    def _extend(self, part: bytes) -> None:
        room = self._line_cap - len(self._partial)
        self._partial += part[:room]
        if len(part) > room:
            self._overlong = self.truncated = True

    def _capped(self, line: bytes) -> bytes:
        """A line that came in one piece; the pieces are smaller than any sensible cap, yet the cap is what is promised."""
        if len(line) <= self._line_cap:
            return line
        self.truncated = True
        return line[: self._line_cap] + _CUT

    def _end_of_line(self) -> bytes:
        line = bytes(self._partial)
        if self._overlong:
            line += _CUT
        self._partial.clear()
        self._overlong = False
        return line

    def _take(self, lines: list[bytes]) -> None:
        self._count += len(lines)
        shown = lines[-SCREEN_LINES:]
        self._screen.extend(
            safe_line(line[: 2 * SCREEN_LINE].removeprefix(_OURS).decode("utf-8", "replace"), SCREEN_LINE) for line in shown
        )
        at = 0
        while at < len(lines) and self._head_left > 0:
            self._head_left -= len(lines[at]) + 1
            self._put(lines[at])
            at += 1
        if at < len(lines):
            self._tail.append(b"\n".join(lines[at:]))  # in blocks: a million short lines are a million small objects
            self._tail_size += len(self._tail[-1]) + 1
        while self._tail_size > self._tail_cap:
            gone = len(self._tail.popleft()) + 1
            self._tail_size -= gone
            self._lost += gone
            self.truncated = True
        self._flush()

    def _put(self, line: bytes) -> None:
        safe = safe_line(line.removeprefix(_OURS).decode("utf-8", "replace"), self._line_cap + len(_CUT))
        if line.startswith(_OURS):
            safe += UNRECORDED
        if self._file is not None:
            try:
                self._file.write(safe.encode("utf-8", "replace") + b"\n")
            except OSError as error:
                self._fault(error)

    def _flush(self) -> None:
        if self._file is not None:
            try:
                self._file.flush()
            except OSError as error:
                self._fault(error)

    def _fault(self, error: OSError) -> None:
        self.problem = f"the output is not kept in {clean(str(self.path))}: {error.strerror}"
        if self._file is not None:
            with contextlib.suppress(OSError):  # closing flushes, and fails for the reason that has just been told
                self._file.close()
            self._file = None


def _opened(path: Path) -> BinaryIO:
    """A new file that nobody else can read; a link, a file that is there already or somebody else's directory is refused."""
    folder = path.parent
    with contextlib.suppress(FileNotFoundError):  # then it is made below
        _refuse_strange(folder.parent)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if _refuse_strange(folder).st_mode & 0o077:
        folder.chmod(0o700)
    _make_room(folder)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    return os.fdopen(handle, "wb", buffering=65536)


def _refuse_strange(folder: Path) -> os.stat_result:
    """What the directory is; one that somebody else laid, or could lay anew, is refused before anything is written there."""
    facts = folder.lstat()
    if stat.S_ISREG(facts.st_mode):
        raise OSError(errno.ENOTDIR, f"{clean(str(folder))} is a file and not a directory")
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise OSError(errno.EPERM, f"the directory is a link or belongs to another user ({clean(str(folder))})")
    return facts


def _make_room(folder: Path) -> None:
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".log"))
    for name in names[: max(0, len(names) - RUNS_KEPT + 1)]:
        with contextlib.suppress(OSError):  # another cockpit was faster
            (folder / name).unlink()


def kept(path: Path, since: int = 0) -> Output:
    """What the file of an earlier run holds, its newest lines. Empty where it is gone or cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return Output(())
    with os.fdopen(handle, "rb") as file:
        lines = file.read(2 * CAP).decode("utf-8", "replace").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    first = max(since, len(lines) - SCREEN_LINES, 0)
    truncated = any(line.startswith("… ") and line.endswith(" bytes truncated …") for line in lines)
    unrecorded = frozenset(number for number in range(first, len(lines)) if lines[number].endswith(UNRECORDED))
    shown = tuple(safe_line(unmarked(line), SCREEN_LINE) for line in lines[first:])
    return Output(shown, first, truncated, unrecorded)
