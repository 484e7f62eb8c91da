"""Memory that a large answer needed for a moment goes back to the system, and the collector does not go through what stays.

glibc takes blocks from the system one by one where they are larger than a threshold, and gives those back when they are free; but
it raises the threshold to the largest such block that was ever freed (mallopt(3), "M_MMAP_THRESHOLD"). After one answer of a
hundred thousand records everything would come out of its pools, which keep a tenth of the whole for good.

Python's collector looks for garbage that holds itself, and nobody else gets the interpreter meanwhile: with a hundred thousand
records 1 ms twenty times a poll, and 40 ms now and then, in which a key waits.
"""

from __future__ import annotations

import contextlib
import gc
from functools import cache
from typing import Any

_THRESHOLD = 320 * 1024  # bytes: above what a body arrives in, which comes and goes all the time
_M_MMAP_THRESHOLD = -3  # malloc.h


_THRESHOLDS = 2_000, 10, 10
"""So many objects more than before until the collector looks at those, so many such looks until one at the older ones, and so many
of those until one at all. Python's own are 700, 10, 10: a poll makes more, which go by themselves. Not many more: what a screen
painted holds itself, and of a box that is drawn anew each second that is 2,000 objects a second; a request that failed is few
objects, but holds a megabyte of certificates."""
_kept = 0  # records that stay: as many as there were when the collector was last told so


def stays() -> None:
    """What has been loaded stays for good: the collector need not look at it, and seldom at what comes."""
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    gc.enable()


def many_stay(records: int) -> None:
    """So many records have been taken in. When they have become half as many more, the collector no longer looks at them."""
    global _kept
    if records > 1.5 * _kept:
        _kept = records
        gc.freeze()


@cache
def expect_much() -> None:
    """From now on, large blocks go back when they are free. Nothing where the C library is another."""
    with contextlib.suppress(AttributeError, OSError):
        _libc().mallopt(_M_MMAP_THRESHOLD, _THRESHOLD)


def give_back() -> None:
    """Give back what is free now; takes some milliseconds. Nothing where the C library is another."""
    with contextlib.suppress(AttributeError, OSError):
        _libc().malloc_trim(0)


@cache
def _libc() -> Any:
    import ctypes  # deferred: takes milliseconds, and few have so many alerts

    return ctypes.CDLL(None)
