"""A list of records by their digests, held against the same list as it was before: what is still there is the very same object.

Nearly all of a list stands where it stood. So it is followed with a finger, a run at a time; what is not there is looked for a few
places further on, and in a table of all only where very much is strange. No record is touched until the whole list is made.
"""

from __future__ import annotations

import weakref
from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Generic, TypeVar

T = TypeVar("T")

_NEAR = 64  # places further on at which a record is looked for
_MANY = 16  # strange records in a row after which the table is made
_FOUND_AGAIN = 8  # times that the finger is put down elsewhere: to search for the place is slow
_STEP = 4096  # records that go into a table at once: while more do, no other thread has its turn


class Series(Generic[T]):
    """Records in their order with the digest of each; ``None`` for one that nobody can read, of which ``unread`` says whether there
    may be any."""

    def __init__(self) -> None:
        self.digests = array("Q")
        self.records: tuple[T | None, ...] = ()
        self.unread = False

    def become(self, digests: array[int], records: tuple[T | None, ...], *, unread: bool) -> None:
        """Be these from now on."""
        self.digests, self.records, self.unread = digests, records, unread


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
    """Makes a list out of digests that come one after the other, with the records of the list before where they are the same."""

    def __init__(self, before: Series[T], common: Common[T]) -> None:
        self.digests = array("Q")
        self.unread = before.unread
        self._before, self._common = before, common
        self._parts: list[range | list[T | None]] = []  # stretches of the list before, and what stands between them
        self._at = 0  # where the next one stood, if nothing has changed
        self._passed: list[range] = []  # places where something else stood
        self._fresh = array("Q")  # the places of what was not found
        self._strange = self._found_again = 0
        self._replacing = False  # the last one taken was not found
        self._aligned = True  # every one that stood there before stands in the same place
        self._table: _Table[T] | None = None

    @property
    def at(self) -> int:
        """Where the next one stood, if nothing has changed."""
        return self._at

    def follow(self, digests: array[int]) -> int:
        """Take as many of the first of these as stand where they stood; gives how many."""
        old = self._before.digests
        if self._replacing and digests and self._at + 1 < len(old) and old[self._at] != digests[0] == old[self._at + 1]:
            self._pass(self._at + 1)  # the one before took its place
        expected = old[self._at : self._at + len(digests)]
        count = len(digests) if digests == expected else _alike(digests, expected)
        self.run(count)
        return count

    def run(self, count: int) -> None:
        """Take so many that stand where they stood."""
        if not count:
            return
        start, end = self._at, self._at + count
        self._aligned = self._aligned and start == len(self.digests)
        last = self._parts[-1] if self._parts else None
        if isinstance(last, range) and last.stop == start:
            self._parts[-1] = range(last.start, end)
        else:
            self._parts.append(range(start, end))
        self.digests.extend(self._before.digests[start:end])
        self._at, self._strange, self._replacing = end, 0, False

    def find(self, digest: int) -> bool:
        """Take one that does not stand where it stood, if it is known at all."""
        try:
            place = self._before.digests.index(digest, self._at, self._at + _NEAR)
        except ValueError:
            return self._look_up(digest)
        self._pass(place)
        self.run(1)
        return True

    def add(self, digest: int, record: T | None) -> None:
        """Take one that was not found."""
        self._fresh.append(len(self.digests))
        self._put(digest, record)
        self._replacing = True
        if self._table is not None:
            self._table[digest] = record

    def made(self) -> tuple[T | None, ...]:
        """The whole list."""
        self._passed.append(range(self._at, len(self._before.records)))
        self._restore()
        return tuple(chain.from_iterable(self._pieces()))

    def changed(self) -> array[int] | None:
        """The places in which something else may stand than before; ``None`` where others do not stand in their places any more."""
        return self._fresh if self._aligned and len(self.digests) == len(self._before.digests) else None

    def _pass(self, place: int) -> None:
        if place > self._at:
            self._passed.append(range(self._at, place))
            self._at = place

    def _put(self, digest: int, record: T | None) -> None:
        last = self._parts[-1] if self._parts else None
        if not isinstance(last, list):
            last = []
            self._parts.append(last)
        last.append(record)
        self.digests.append(digest)
        self.unread = self.unread or record is None

    def _restore(self) -> None:
        """What was taken for new and stood elsewhere all the same is the same object again."""
        old = self._before
        left = {old.digests[place]: old.records[place] for places in self._passed for place in places} if self._fresh else {}
        if not left:
            return
        start = 0
        for part in self._parts:
            if isinstance(part, list):
                for number, record in enumerate(part):
                    known = left.get(self.digests[start + number])
                    part[number] = record if known is None else known
            start += len(part)

    def _pieces(self) -> Iterator[Iterable[T | None]]:
        """The parts in turn, those of the list before out of one pass over it."""
        old, at = iter(self._before.records), 0
        for part in self._parts:
            if isinstance(part, range):
                deque(islice(old, part.start - at), maxlen=0)
                at = part.stop
                yield islice(old, len(part))
            else:
                yield part

    def _look_up(self, digest: int) -> bool:
        self._strange += 1
        beside = len(self._common.lists) > 1
        if self._table is None and (beside or (self._strange > _MANY and self._before.records)):
            self._table = self._common.table()
        if self._table is None or digest not in self._table:
            return False
        if self._strange > _MANY and self._found_again < _FOUND_AGAIN:
            self._found_again += 1
            try:
                self._pass(self._before.digests.index(digest, self._at))
            except ValueError:
                pass  # it stands in a list beside, or stood before this place
            else:
                self.run(1)
                return True
        self._aligned = False
        self._put(digest, self._table[digest])
        return True


def _alike(one: Sequence[int], other: Sequence[int]) -> int:
    """How many are the same at the beginning of both."""
    count = 0
    for this, that in zip(one, other, strict=False):
        if this != that:
            break
        count += 1
    return count
