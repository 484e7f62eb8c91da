"""Assertions that work without assertion rewriting, and under ``python -O``."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def must(holds: object, otherwise: str) -> None:
    """What must hold, and what is said where it does not."""
    if not holds:
        raise AssertionError(otherwise)


def have(value: T | None, otherwise: str) -> T:
    """The value, which must be there."""
    if value is None:
        raise AssertionError(otherwise)
    return value
