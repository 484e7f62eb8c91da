"""What a value that somebody else made takes in memory: a byte of a file may become sixty, so nobody can tell by the file."""

from __future__ import annotations

from sys import getsizeof

import msgspec


def weight(value: object) -> int:
    """Bytes that it takes, with all that is in it; what stands in it twice counts twice."""
    size = getsizeof(value)
    if isinstance(value, msgspec.Struct):
        return size + sum(weight(getattr(value, name)) for name in value.__struct_fields__)
    if isinstance(value, (list, tuple, set, frozenset)):
        return size + sum(map(weight, value))
    if isinstance(value, dict):
        return size + sum(map(weight, value)) + sum(map(weight, value.values()))
    return size
