"""Reads a recording. Nothing in it is believed: whatever does not hold together ends it there, and says so."""

from __future__ import annotations

import math
import os
import stat
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple, Self, TypeVar

import msgspec

from ..core.harmless import harmless
from ..core.recorded import Ended, Header, Message, unreadable
from ..core.roster import zone
from ..core.sharing import decoder
from ..core.text import clean
from .recording_file import ANEW, APART, EVENT, FIRST, FORMAT, HEAD, LONGEST, MAGIC, MANY, MORE, MOST, WINDOW, checksum

T = TypeVar("T")
_LATEST = 10 * 366 * 86400 * 10**6
"""Microseconds after which no recording goes on."""
_decode = decoder(Message).decode


class NotReplayed(Exception):
    """A file that cannot be replayed; the message says which, why and what to do, for the person."""


class Chunk(NamedTuple):
    """Where a chunk lies: its flags, its position in seconds, where its packed bytes begin and how many they are, and how many they
    become."""

    flags: int
    position: float
    start: int
    packed: int
    unpacked: int


class Beginning:
    """A recording's file of which the first message is read, ``header``, and nothing else."""

    def __init__(self, path: str, file: BinaryIO, most: int = 1) -> None:
        self.path = path
        self._file = file
        first, *self._rest = self._index(os.fstat(file.fileno()).st_size, most)
        self.header = self._header(first)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def _index(self, size: int, most: int) -> list[Chunk]:
        """Where the first chunks lie. What is not whole ends it: `broken`."""
        at, before, found = len(MAGIC), 0, list[Chunk]()
        self.broken = ""
        self._file.seek(at)
        while at < size and not self.broken and len(found) < most:
            head = self._file.read(HEAD.size)
            flags, position, packed, unpacked, crc = HEAD.unpack(head) if len(head) == HEAD.size else (0, 0, size, 0, 0)
            start = at + HEAD.size
            if len(found) == MANY:
                self.broken = f"it has more than the {MANY} moments that this version reads"
            elif size - start < packed:
                self.broken = "its end is cut off, or damaged"
            elif (
                max(packed, unpacked) > LONGEST
                or not before <= position < _LATEST
                or checksum(flags, position, self._file.read(packed), unpacked) != crc
            ):
                self.broken = "what follows is damaged"
            else:
                found.append(Chunk(flags, position / 1e6, start, packed, unpacked))
                at, before = start + packed, position
        while found and found[-1].flags & MORE:
            del found[-1]  # a part of a moment is none
        if not found:
            raise NotReplayed(f"{self.path} is cut off or damaged in its first bytes: nothing of it can be replayed")
        return found

    def _header(self, first: Chunk) -> Header:
        try:
            found = self._messages(first, zlib.decompressobj(WINDOW)) if first.flags & FIRST else []
        except NotReplayed:
            found = []
        head = found[0] if len(found) == 1 else None
        if not isinstance(head, Header):
            raise NotReplayed(f"{self.path} does not begin as a recording does: it is damaged, or of another program")
        if why := unreadable(head):
            raise NotReplayed(f"{self.path} cannot be replayed: {clean(why)}")
        try:
            return _sound(head)
        except ValueError as error:
            raise NotReplayed(f"{self.path} begins with what no recording says: {clean(str(error), 200)}") from None

    def _messages(self, each: Chunk, unpacker: zlib._Decompress) -> list[Message]:
        try:
            body = unpacker.decompress(os.pread(self._file.fileno(), each.packed, each.start), each.unpacked + 1)
        except (zlib.error, OSError) as error:
            raise self._damaged(each, str(error)) from None
        if len(body) != each.unpacked:
            raise self._damaged(each, "it is not as long as it says")
        found: list[Message] = []
        at = 0
        while at < len(body):
            end = at + 4 + int.from_bytes(body[at : at + 4], "big")
            if end > len(body) or end - at < 5:
                raise self._damaged(each, "a message in it is cut off")
            try:
                found.append(_decode(memoryview(body)[at + 4 : end]))
            except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError) as error:
                raise self._damaged(each, str(error)) from None
            at = end
        return found

    def _damaged(self, each: Chunk, why: str) -> NotReplayed:
        return NotReplayed(f"{self.path} is damaged {each.position:.0f} s after its beginning: {clean(why, 200)}")


class Recording(Beginning):
    """A recording that is open. ``header`` is its first message, ``chunks`` where the others lie, in the order of time; ``broken``
    says why it ends before its file does, for people ("" where it is whole). Everything else is read when it is asked for. Safe to
    be used from one thread at a time."""

    def __init__(self, path: str, file: BinaryIO) -> None:
        super().__init__(path, file, MANY + 1)
        rest, self._rest = self._rest, []
        self.chunks: tuple[Chunk, ...] = tuple(rest)
        self._anew = tuple(place for place, each in enumerate(rest) if each.flags & ANEW)
        self._positions = tuple(each.position for each in rest)
        if not self._anew:
            raise NotReplayed(f"{self.path} has a beginning and nothing more: it was cut off before anything was recorded")
        self.events = tuple(dict.fromkeys((self.first, *(each.position for each in rest if each.flags & EVENT))))
        """The positions at which something happened, and the first. Who steps through a long recording waits for no reckoning."""

    @property
    def first(self) -> float:
        """The position from which on something is known, in seconds."""
        return self._positions[self._anew[0]]

    @property
    def length(self) -> float:
        """The position of the last chunk, in seconds."""
        return self.chunks[-1].position

    def place(self, position: float) -> int:
        """How many chunks there are up to this position."""
        return bisect_right(self._positions, position)

    def beginning(self, place: int) -> int:
        """The chunk at which to begin to read, so that what is known after ``place`` chunks is known whole."""
        return self._anew[max(0, bisect_left(self._anew, max(1, place)) - 1)]

    def stream(self, start: int) -> Iterator[list[Message]]:
        """The messages of each chunk from the one at ``start`` on, which begins anew; none of those apart, and those
        of a moment of several chunks with its last. Raises `NotReplayed`
        where one cannot be read."""
        unpacker, held, read = zlib.decompressobj(WINDOW), list[Message](), 0
        for each in islice(self.chunks, start, None):
            if each.flags & APART:
                yield []
                continue
            if each.flags & ANEW:
                unpacker, read = zlib.decompressobj(WINDOW), 0
            read += each.unpacked
            if read > MOST:
                raise self._damaged(each, f"it wants more than {MOST >> 20} MB at once")
            held += self._messages(each, unpacker)
            if each.flags & MORE:
                yield []
                continue
            yield held
            held = []

    def apart(self, place: int) -> list[Message]:
        """The messages of a chunk that stands apart; none of another. Raises `NotReplayed`."""
        each = self.chunks[place]
        return self._messages(each, zlib.decompressobj(WINDOW)) if each.flags & APART else []


def _sound(head: Header) -> Header:
    """The header, every text in it harmless. Raises ``ValueError`` for times that cannot be, and zones that there are not."""
    found = harmless(head)
    if not (2000 <= found.began_at.year <= 9000 and math.isfinite(found.mono)):
        raise ValueError("a time that cannot be")
    for name in (*found.zones, *(each.timezone for each in found.people)):
        zone(name)
    return found


def opened(path: Path) -> Recording:
    """The recording in a file, up to its last whole chunk: the whole file is read. Raises `NotReplayed`."""
    return _of(path, Recording)


def header_of(path: Path) -> Header:
    """What a recording's file begins with, which alone is read. Raises `NotReplayed`."""
    with _of(path, Beginning) as found:
        return found.header


def _of(path: Path, made: Callable[[str, BinaryIO], T]) -> T:
    name = clean(str(path))
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise NotReplayed(f"{name} is no file that could be a recording")
        file = open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")  # noqa: SIM115  # as long as the recording
    except OSError as error:
        raise NotReplayed(f"{name} cannot be opened: {error.strerror}") from None
    try:
        begin = file.read(len(MAGIC))
        if not begin.startswith(FORMAT):
            raise NotReplayed(f"{name} is not a recording of a cockpit: `cockpit --record FILE` makes one")
        if begin != MAGIC:
            raise NotReplayed(
                f"{name} is a recording in a format that this cockpit does not know: replay it with the one that made it"
            )
        return made(name, file)
    except OSError as error:
        file.close()
        raise NotReplayed(f"{name} cannot be read: {error.strerror}") from None
    except BaseException:
        file.close()
        raise


def was_ended(recording: Recording) -> bool:
    """Whether it was ended in order, and not cut off."""
    last = recording.chunks[-1]
    return bool(last.flags & APART) and any(isinstance(each, Ended) for each in recording.apart(len(recording.chunks) - 1))
