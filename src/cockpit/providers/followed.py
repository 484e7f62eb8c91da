"""A list of records by their digests, held against the same list as it was before: what is still there is the very same object.

Nearly all of a list stands where it stood. So it is followed with a finger, a run at a time; what is not there is looked for a few
places further on, and in a table of all only where very much is strange.
"""

from __future__ import annotations

import weakref
from array import array
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")

_NEAR = 64  # places further on at which a record is looked for
_MANY = 16  # strange records in a row after which the table is made
_FOUND_AGAIN = 8  # times that the finger is put down elsewhere: to search for the place is slow
_STEP = 4096  # records that go into a table at once: while more do, no other thread has its turn


class Series(Generic[T]):
    """Records in their order with the digest of each; ``None`` for one that nobody can read."""

    def __init__(self) -> None:
        self.digests = array("Q")
        self.records: list[T | None] = []
        self.unread = False  # whether some may be None

    def extend(self, other: Series[T], start: int, end: int) -> None:
        """Have a stretch of another one at its end."""
        self.digests.extend(other.digests[start:end])
        self.records.extend(other.records[start:end])
        self.unread = self.unread or other.unread

    def append(self, digest: int, record: T | None) -> None:
        """Have one more."""
        self.digests.append(digest)
        self.records.append(record)
        self.unread = self.unread or record is None

    def become(self, other: Series[T]) -> None:
        """Be as another one from now on."""
        self.digests, self.records, self.unread = other.digests, other.records, other.unread


class _Table(dict[int, T | None]):
    """Records by their digest."""


class Common(Generic[T]):
    """Lists that tell of the same things, so that what stands in several is one object."""

    def __init__(self) -> None:
        self.lists: list[Series[T]] = []
        self._table: weakref.ref[_Table[T]] | None = None

    def table(self) -> _Table[T]:
        """All of them by digest. Lists that are followed at the same time hold it together, and it goes with the last of them."""
        found = self._table() if self._table is not None else None
        if found is None:
            found = _Table()
            for each in self.lists:
                for start in range(0, len(each.records), _STEP):
                    some = slice(start, start + _STEP)
                    found.update(zip(each.digests[some], each.records[some], strict=True))
            self._table = weakref.ref(found)
        return found


class Follower(Generic[T]):
    """Makes ``now`` out of digests that come, one after the other, with the records of ``before`` where they are the same."""

    def __init__(self, before: Series[T], common: Common[T]) -> None:
        self.now = Series[T]()
        self._before, self._common = before, common
        self._at = 0  # where the next one stood, if nothing has changed
        self._passed: list[range] = []  # places where something else stood
        self._fresh: list[int] = []  # places, in ``now``, of what was not found
        self._strange = self._found_again = 0
        self._table: _Table[T] | None = None

    def follow(self, digests: array[int]) -> int:
        """Take as many of the first of these as stand where they stood; gives how many."""
        expected = self._before.digests[self._at : self._at + len(digests)]
        count = len(digests) if digests == expected else _alike(digests, expected)
        if count:
            self.now.extend(self._before, self._at, self._at + count)
            self._at, self._strange = self._at + count, 0
        return count

    def find(self, digest: int) -> bool:
        """Take one that does not stand where it stood, if it is known at all."""
        try:
            place = self._before.digests.index(digest, self._at, self._at + _NEAR)
        except ValueError:
            return self._look_up(digest)
        self._put_down(place)
        return True

    def add(self, digest: int, record: T | None) -> None:
        """Take one that was not found."""
        self._fresh.append(len(self.now.records))
        self.now.append(digest, record)
        if self._table is not None:
            self._table[digest] = record

    def settle(self) -> Series[T]:
        """At the end: what was taken for new and stood elsewhere all the same is the same object again."""
        self._passed.append(range(self._at, len(self._before.records)))
        left = {
            self._before.digests[place]: self._before.records[place]
            for places in (self._passed if self._fresh else ())
            for place in places
        }
        for place in self._fresh:
            known = left.get(self.now.digests[place])
            if known is not None:
                self.now.records[place] = known
        return self.now

    def _put_down(self, place: int) -> None:
        self._passed.append(range(self._at, place))
        self.now.extend(self._before, place, place + 1)
        self._at, self._strange = place + 1, 0

    def _look_up(self, digest: int) -> bool:
        self._strange += 1
        if self._table is None and (self._strange > _MANY or len(self._common.lists) > 1):
            self._table = self._common.table()
        if self._table is None or digest not in self._table:
            return False
        if self._strange > _MANY and self._found_again < _FOUND_AGAIN:
            self._found_again += 1
            try:
                self._put_down(self._before.digests.index(digest, self._at))
            except ValueError:
                self.now.append(digest, self._table[digest])
        else:
            self.now.append(digest, self._table[digest])
        return True


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many are the same at the beginning of both."""
    return next((at for at, (this, that) in enumerate(zip(one, other, strict=False)) if this != that), min(len(one), len(other)))
