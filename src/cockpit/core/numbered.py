"""Ids that are a letter and a number, ``i7`` for an incident, ``a3`` for an action item: as people write them, and the next one."""

from __future__ import annotations

from collections.abc import Iterable


def meant(letter: str, text: str) -> str:
    """The id that a person means: ``i7``, ``7`` and ``I7`` are the same. What is no such id is itself."""
    bare = text.casefold().removeprefix(letter)
    return f"{letter}{int(bare)}" if bare.isascii() and bare.isdigit() and len(bare) < 10 else text


def number_in(id: str) -> int:
    """Its number; 0 where it has none."""
    return int(id[1:]) if id[1:].isascii() and id[1:].isdigit() else 0  # "²" is a digit, and no number


def after(letter: str, known: Iterable[str]) -> str:
    """The id of the next one: the first has the number 1."""
    return f"{letter}{max(map(number_in, known), default=0) + 1}"
