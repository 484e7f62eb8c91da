"""Runs of records that stand in a body as they stood in the last, but for their times: seen without looking for each record.

Where the times of a record are is known from the last body. With those blanked, a stretch of a body has the digest that it had, or
something in it is another now, and its records are looked at one by one. A digest also says that it ends where a record ends.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from xxhash import xxh3_64_intdigest

STAMP = 24
"""Bytes of a time as Go writes it with milliseconds: 2026-11-23T03:12:00.000Z"""
RUN = 16
"""Records of a stretch, at most. One that has changed costs the others a closer look."""
_LEAST = 8  # a stretch that came to be shorter than this is looked at record by record, and joined with its neighbour
_LONGEST = 128 * 1024  # bytes
_BLANK = b"0" * STAMP
_SEED = int.from_bytes(os.urandom(8))
"""No sender can know it, and so none can make two records that look the same."""


def digest_of(data: bytes | bytearray) -> int:
    """What tells it from any other, in this process."""
    return xxh3_64_intdigest(data, _SEED)


class Stretch(NamedTuple):
    """So ``many`` records of so many bytes, with what stands between each and the next; ``times`` are the places of what moves."""

    many: int
    length: int
    times: array[int]
    digest: int

    def stands(self, data: memoryview, at: int) -> bool:
        """Whether it stands there."""
        return _blanked(bytearray(data[at : at + self.length]), self.times) == self.digest


def stretch_of(parts: Sequence[bytes], between: bytes, marks: tuple[bytes, bytes], like: Stretch | None = None) -> Stretch | None:
    """These records, after each of which stands ``between``, with a time after each of the ``marks``; ``None`` where a time is
    written otherwise. ``like``: one whose times may stand in the same places."""
    text = bytearray(between.join((*parts, b"")))
    if len(text) > _LONGEST:
        return None
    if like is not None and like.many == len(parts) and like.length == len(text) and _stand(text, like.times, marks):
        places = like.times
    else:
        found = _places(parts, len(between), marks)
        if found is None:
            return None
        places = array("H" if len(text) < 1 << 16 else "I", found)
    return Stretch(len(parts), len(text), places, _blanked(text, places))


def _places(parts: Sequence[bytes], between: int, marks: tuple[bytes, bytes]) -> list[int] | None:
    times: list[int] = []
    start = 0
    for part in parts:
        at = 0
        for mark in marks:
            at = part.find(mark, at) + len(mark)
            if at < len(mark) or part[at + STAMP : at + STAMP + 1] != b'"':
                return None
            times.append(start + at)
        start += len(part) + between
    return times


def _stand(text: bytearray, times: array[int], marks: tuple[bytes, bytes]) -> bool:
    """Whether times stand in these places."""
    first, second = marks
    return all(text.endswith(first, 0, at) for at in times[::2]) and all(text.endswith(second, 0, at) for at in times[1::2])


def _blanked(text: bytearray, times: array[int]) -> int:
    for at in times:
        text[at : at + STAMP] = _BLANK
    return digest_of(text)


class Stretches:
    """The stretches of a list, by the number of their first record."""

    def __init__(self) -> None:
        self._starts = array("Q")
        self._found: list[Stretch] = []
        self._next = 0

    def add(self, start: int, stretch: Stretch) -> None:
        """One more, after all others."""
        self._starts.append(start)
        self._found.append(stretch)

    def upto(self, end: int) -> Stretches:
        """Those that end before this record, to begin another list with."""
        made = Stretches()
        for start, stretch in zip(self._starts, self._found, strict=True):
            if start + stretch.many > end:
                break
            made.add(start, stretch)
        return made

    def rewind(self) -> None:
        """Begin anew with `expected`."""
        self._next = 0

    def expected(self, place: int) -> tuple[Stretch | None, int]:
        """The stretch that begins with this record, and how many records to look at where it does not stand there: up to the next.
        Records are asked for in their order."""
        while self._next < len(self._starts) and self._starts[self._next] < place:
            self._next += 1
        if self._next == len(self._starts):
            return None, RUN
        found, ahead = self._found[self._next], self._starts[self._next] - place
        if ahead:
            return None, min(ahead, RUN)
        return found if found.many >= _LEAST else None, found.many
