"""Whole records made safe to show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar

import msgspec

from .text import clean_block

T = TypeVar("T")

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
"""What happened, happened between these (UTC): from any time in there one can reckon years ahead and back, in every zone."""


def reckons(at: datetime | None) -> bool:
    """Whether one can reckon with a time of somebody else: it has a zone, and lies between `EARLIEST` and `LATEST`. With none one
    can, for there is nothing to reckon."""
    return at is None or (at.utcoffset() is not None and EARLIEST <= at <= LATEST)


def harmless(value: T, *, reckoned: bool = False) -> T:
    """The same, every text in it as `clean_block` makes it; where it is to be ``reckoned`` with, every time that lies before
    `EARLIEST` or after `LATEST` is that one. Raises ``ValueError`` for a time without a zone."""
    return _harmless(value, reckoned)  # type: ignore[return-value]  # of the same type, whatever that is


def _harmless(value: object, reckoned: bool) -> object:
    if isinstance(value, str):
        return clean_block(value)
    if isinstance(value, msgspec.Struct):
        fields = {name: _harmless(getattr(value, name), reckoned) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    if isinstance(value, (list, tuple)):
        return tuple(_harmless(each, reckoned) for each in value)
    if isinstance(value, dict):
        return {_harmless(name, reckoned): _harmless(each, reckoned) for name, each in value.items()}
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError("a time without a zone")
    if isinstance(value, datetime) and reckoned:
        return min(max(value, EARLIEST), LATEST)
    return value
