"""What a source answers: records, and how much of the truth they are."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Answer(msgspec.Struct, Generic[T], frozen=True):
    """What a source answered: the records that could be read, how many could not, whether that was all, and remarks for people.

    ``blind`` says why what it answers must not be believed (its watchdog is silent, say): the source counts as blind, though its
    records are shown and it can still be told to do something.
    """

    records: tuple[T, ...]
    rejected: int = 0
    complete: bool = True
    remarks: tuple[str, ...] = ()
    blind: str = ""
