"""Very long lists of records, read while they arrive, poll after poll. What has not changed since the last time costs little.

A list that comes again to the byte costs one digest of each piece of it. Of one in which only times have moved, and a record here
and there, each `Stretch` costs a digest, and each record of one that has changed; a record that is new is read by itself. So
nothing of the body is kept, and no step is long: other threads get their turn between two pieces.

Records are told apart by how the first one begins (``{"annotations":``): inside of a JSON text that cannot stand, for its quotes
would be escaped. So one that is no JSON at all costs that one. A list that does not begin so is kept, and taken apart at its end by
`records.split`, as short lists are.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from array import array
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

from ..core.same import told
from ..provider import Malformed
from .followed import Common, Follower, Series
from .records import UNREADABLE, enclosed, split
from .stretches import RUN, STAMP, Stretch, Stretches, digest_of, stretch_of

T = TypeVar("T")

_OPENING = re.compile(rb'\s*\[\s*(\{\s*"(?:[^"\\]|\\.)*"\s*:)')
_FIRST = 65536  # bytes in which the first record begins
_LONGEST = 4 * 1024 * 1024  # bytes that a record may be long before it is believed that records here begin otherwise
_TORN = 8  # beginnings of records that may stand within one
_WINDOW = 32 * 1024  # bytes in which the next few records are looked for first
_TURN = 256  # records after which others get their turn


class Piece(NamedTuple):
    """A piece of a body: its digest, how many records had come whole with it, how many bytes were left after the last of those, and
    whether it was known by then how records begin."""

    digest: int
    records: int
    left: int
    opened: bool


class Streamed(Generic[T]):
    """One list that is asked for again and again. ``read`` makes a record of its JSON, and raises where it cannot; ``moving`` are
    the names of two times in each record, in the order in which they stand, that change at every poll and mean nothing. A record
    that stands the same in one of the lists ``beside`` it is the same object."""

    def __init__(self, read: Callable[[bytes], T], moving: tuple[str, str], beside: Common[T] | None = None) -> None:
        self.read = read
        self.marks = (f'"{moving[0]}":"'.encode(), f'"{moving[1]}":"'.encode())
        self.moved = re.compile(rb'"(?:%s)"\s*:\s*"[^"]*"' % "|".join(moving).encode())
        self.common = Common[T]() if beside is None else beside
        self.opening = b""
        self.pieces: Sequence[Piece] = ()
        self.series = Series[T]()
        self.stretches = Stretches()
        self.good: tuple[T, ...] = ()
        self.common.lists.append(self.series)

    def arrival(self) -> Arrival[T]:
        """The next time that it comes."""
        return Arrival(self)

    def settle(self, opening: bytes, pieces: Sequence[Piece], stretches: Stretches, follower: Follower[T]) -> None:
        """It has come whole, like that."""
        if follower.digests != self.series.digests:
            made, places, before = follower.made(), follower.changed(), self.good
            if follower.unread:
                self.good = tuple(record for record in made if record is not None)
            else:
                self.good = cast(tuple[T, ...], made)  # they are held once
                if places is not None:
                    told(self.good, before, places)
            self.series.become(follower.digests, made, unread=follower.unread)
        self.opening, self.pieces, self.stretches = opening, pieces, stretches

    @property
    def told(self) -> tuple[tuple[T, ...], int]:
        """The good records of the last time, and how many were not: the very same tuple while nothing changes."""
        return self.good, len(self.series.records) - len(self.good)


class Arrival(Generic[T]):
    """One time that a list comes: `take` its pieces, then `end`. One that is given up leaves no trace."""

    def __init__(self, last: Streamed[T]) -> None:
        self._last = last
        self._follower = Follower(last.series, last.common)
        self._stretches = Stretches()
        self._loose: list[bytes] = []  # records that are in no stretch yet
        self._like: Stretch | None = None  # the one that stood here before
        self._same = True  # all that has come so far came the last time, too
        self._kept = False  # it is taken apart when it has come whole
        self._opening = b""
        self._held: list[bytes] = []  # what is no whole record yet, without the opening
        self._left = 0
        self._pieces: list[Piece] = []

    @property
    def begun(self) -> bool:
        """Whether anything has come."""
        return bool(self._pieces)

    async def take(self, piece: bytes) -> None:
        """The next bytes of it."""
        digest, at = digest_of(piece), len(self._pieces)
        if self._same and at < len(self._last.pieces) and self._last.pieces[at].digest == digest:
            expected = self._last.pieces[at]
            self._pieces.append(expected)
            self._hold(piece, expected.left)
            return
        self._differs()
        self._hold(piece, self._left + len(piece))
        if not self._kept:
            self._look()
        self._pieces.append(Piece(digest, len(self._follower.digests), self._left, bool(self._opening)))

    async def end(self) -> tuple[tuple[T, ...], int]:
        """(the good records, how many were not): the very same tuple where nothing has changed. Raises `Malformed` where it was no
        list at all, or was cut off."""
        if self._same and self._pieces and len(self._pieces) == len(self._last.pieces):
            return self._last.told
        self._differs()
        rest = b"".join(self._held).rstrip()
        if not self._opening:
            for count, raw in enumerate(split(rest)):
                self._one(bytes(raw))
                if count % _TURN == 0:
                    await asyncio.sleep(0)
        elif not rest.endswith(b"]") or not self._take_in(rest[:-1].rstrip().split(self._between), ended=True):
            raise Malformed("its answer was cut off")
        self._last.settle(self._opening, self._pieces, self._stretches, self._follower)
        return self._last.told

    @property
    def _between(self) -> bytes:
        return b"," + self._opening

    def _hold(self, piece: bytes, left: int) -> None:
        """Keep what is left over of all that came up to now."""
        if left <= len(piece):
            self._held = [piece[len(piece) - left :]]
        else:
            self._held.append(piece)
        self._left = left

    def _differs(self) -> None:
        """From here on it is read: as the last time it came, it comes no more."""
        if self._same and self._pieces:
            before = self._pieces[-1]
            self._opening = self._last.opening if before.opened else b""
            self._follower.run(before.records)
            self._stretches = self._last.stretches.upto(before.records)
        if self._same:
            self._last.stretches.rewind()
        self._same = False

    def _look(self) -> None:
        """Take in the records that are whole by now."""
        data = b"".join(self._held)
        if not self._opening:
            found = _OPENING.match(data)
            if found is None:
                self._kept = len(data) > _FIRST
                return
            self._opening, data = found[1], data[found.end() :]
        rest = self._through(data)
        self._held, self._left = [rest], len(rest)

    def _through(self, data: bytes) -> bytes:
        """Take in what is whole of it; gives what is left."""
        at, between, follower, view = 0, self._between, self._follower, memoryview(data)
        while True:
            stretch, many = self._last.stretches.expected(follower.at)
            if stretch is not None and len(data) - at < stretch.length:
                return data[at:]  # it may stand there when more has come
            if stretch is not None and stretch.stands(view, at):
                self._tie()
                self._stretches.add(len(follower.digests), stretch)
                follower.run(stretch.many)
                at += stretch.length
                continue
            self._like = stretch if not self._loose else None
            parts = self._cut(data, at, many)
            taken = self._take_in(parts)
            at += sum(map(len, parts[:taken])) + len(between) * taken
            if taken < many:
                return data[at:]

    def _cut(self, data: bytes, at: int, many: int) -> list[bytes]:
        """So many of the next records, or all that are whole."""
        for window in (data[at : at + _WINDOW], data[at:]):
            *parts, _ = window.split(self._between, many)
            if len(parts) == many or len(data) - at <= _WINDOW:
                break
        return parts

    def _tie(self) -> None:
        """Make a stretch of the first records that are in none."""
        parts, self._loose = self._loose[:RUN], self._loose[RUN:]
        stretch = stretch_of(parts, self._between, self._last.marks, self._like) if parts else None
        if stretch is not None:
            self._stretches.add(len(self._follower.digests) - len(parts) - len(self._loose), stretch)

    def _loosen(self, parts: Sequence[bytes]) -> None:
        """These are the last records that were taken."""
        self._loose += parts
        while len(self._loose) >= RUN:
            self._tie()

    def _take_in(self, parts: Sequence[bytes], *, ended: bool = False) -> int:
        """Records, each without its opening. Gives how many were taken: of the last ones it may be too early to tell. ``ended``: no
        more will come, and 0 means that the last of them breaks off."""
        keys, taken = self._keys(parts), 0
        while taken < len(keys):
            alike = self._follower.follow(keys[taken:])
            self._loosen(parts[taken : taken + alike])
            taken += alike
            if taken < len(keys):
                many = self._strange(parts[taken : taken + _TORN], keys[taken], ended=ended)
                if not many:
                    return 0 if ended else taken
                taken += many
        return taken

    def _keys(self, parts: Sequence[bytes]) -> array[int]:
        """The digests of records without what moves in them, if their times are as long as Go writes them."""
        first, second = self._last.marks
        keys: list[int] = []
        add = keys.append
        for part in parts:
            head, _, tail = part.partition(first)
            middle, _, end = tail.partition(second)
            add(digest_of(head + middle[STAMP:] + end[STAMP:]))
        return array("Q", keys)

    def _strange(self, parts: Sequence[bytes], key: int, *, ended: bool) -> int:
        """Take the first of these, which does not stand where it stood; gives how many that took, 0 where more must come first."""
        key, raw = self._exact(parts[0], key), self._opening + parts[0]
        try:
            if not self._follower.find(key):
                self._follower.add(key, self._last.read(raw))
            self._loosen(parts[:1])
            return 1
        except UNREADABLE:
            self._tie()  # it is none, or several, or a part of one: that is seen below
        for count in range(1, len(parts) + 1):
            raws = enclosed(self._opening + self._between.join(parts[:count]))
            for each in raws:
                self._one(each)
            if raws:
                return count
        if len(parts) == 1 if ended else len(parts) < _TORN and sum(map(len, parts)) < _LONGEST:
            return 0
        self._follower.add(key, None)
        return 1

    def _one(self, raw: bytes) -> None:
        """Take a record that stands by itself."""
        part = raw[len(self._opening) :] if self._opening and raw.startswith(self._opening) else raw
        key = self._exact(part, *self._keys((part,)))
        if self._follower.find(key):
            return
        record: T | None = None
        with contextlib.suppress(*UNREADABLE):
            record = self._last.read(raw)
        self._follower.add(key, record)

    def _exact(self, part: bytes, key: int) -> int:
        """The digest of a record without what moves, however its times are written."""
        first, second = self._last.marks
        _, _, tail = part.partition(first)
        middle, _, end = tail.partition(second)
        if middle[STAMP : STAMP + 1] == end[STAMP : STAMP + 1] == b'"':
            return key
        return digest_of(self._last.moved.sub(b"", part))
