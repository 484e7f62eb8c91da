"""What is the very same object as before, in long tuples of records.

Whoever makes such a tuple out of another may say what differs: to look for it touches every record, and where there are a hundred
thousand, that takes longer than all else.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress
from operator import is_, is_not

_PART = 8  # one of so many is few
_AT_ONCE = 4096  # looked at in one step: until it is over, no other thread has its turn
_LONG = 1000  # records of a tuple that is worth remembering
_KEPT = 4  # pairs that are remembered: as many sources may have very many
_told: tuple[tuple[tuple[object, ...], tuple[object, ...], Sequence[int]], ...] = ()


def differing(now: tuple[object, ...], before: tuple[object, ...]) -> Sequence[int] | None:
    """The places in which something else may stand than before; in all others is the very same. ``None`` where those are many, or
    there are more places or less."""
    if now is before:
        return ()
    if len(now) != len(before):
        return None
    for one, other, known in _told:
        if one is now and other is before:
            return known
    places: list[int] = []
    for start in range(0, len(now), _AT_ONCE):
        end = start + _AT_ONCE
        places += compress(range(start, end), map(is_not, now[start:end], before[start:end]))
    if len(places) * _PART > len(now):
        return None
    told(now, before, places)
    return places


def told(now: tuple[object, ...], before: tuple[object, ...], places: Sequence[int]) -> None:
    """``now`` differs from ``before`` in no more than these places."""
    global _told  # one assignment, so that threads may do it at the same time
    if len(now) >= _LONG and len(places) * _PART <= len(now):
        others = [each for each in _told if each[0] is not before]  # what ``before`` came of is of no interest any more
        _told = ((now, before, places), *others[: _KEPT - 1])


def forget(now: tuple[object, ...]) -> None:
    """Nobody asks any more what ``now`` came of: that need not be held for it. Whoever does all the same looks for it himself."""
    global _told
    if any(each[0] is now for each in _told):
        _told = tuple(each for each in _told if each[0] is not now)


def alike(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether these are the very same objects, in the same order."""
    return one is other or (len(one) == len(other) and all(map(is_, one, other)))
