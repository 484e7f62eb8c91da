"""Whole records made safe to show."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

import msgspec

from .text import clean_block

T = TypeVar("T")


def harmless(value: T) -> T:
    """The same, every text in it as `clean_block` makes it. Raises ``ValueError`` for a time without a zone."""
    return _harmless(value)  # type: ignore[return-value]  # of the same type, whatever that is


def _harmless(value: object) -> object:
    if isinstance(value, str):
        return clean_block(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.structs.replace(value, **{name: _harmless(getattr(value, name)) for name in value.__struct_fields__})
    if isinstance(value, (list, tuple)):
        return tuple(map(_harmless, value))
    if isinstance(value, dict):
        return {_harmless(name): _harmless(each) for name, each in value.items()}
    if isinstance(value, datetime) and value.utcoffset() is None:
        raise ValueError("a time without a zone")
    return value
