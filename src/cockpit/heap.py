"""Memory that a large answer needed for a moment goes back to the system.

glibc takes blocks from the system one by one where they are larger than a threshold, and gives those back when they are free; but
it raises the threshold to the largest such block that was ever freed (mallopt(3), "M_MMAP_THRESHOLD"). After one answer of a
hundred thousand records everything would come out of its pools, which keep a tenth of the whole for good.
"""

from __future__ import annotations

import contextlib
from functools import cache
from typing import Any

_THRESHOLD = 320 * 1024  # bytes: above what a body arrives in, which comes and goes all the time
_M_MMAP_THRESHOLD = -3  # malloc.h


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
