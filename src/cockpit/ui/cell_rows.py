"""A row of cells: where it differs from another, and how it stays whole where a wide character is cut in two."""

from __future__ import annotations

from collections.abc import Iterable
from operator import ne

from rich.cells import cell_len

from .cells import uncertain
from .pen import PLAIN
from .picture import GAP

Cell = tuple[str, int]
"""The text of one column (``""``: the right half of a wide character) and the number of its look."""

Row = list[Cell]

BLANK: Cell = (" ", PLAIN)
UNKNOWN: Cell = ("\0", -1)
"""What is not known of the terminal: it is like no other."""
_FEW = 4  # a gap of so many equal cells is written again: a cursor move costs as much


def written(row: Row) -> Row:
    """The row, with nothing known of its blanks where there are several, or at its end."""
    known, blanks = row[:], 0
    for at in range(len(row), -1, -1):
        if at and row[at - 1][0] == " ":
            blanks += 1
            continue
        if blanks >= len(GAP) or at + blanks == len(row):
            known[at : at + blanks] = [UNKNOWN] * blanks
        blanks = 0
    return known


def sure(row: Row) -> Iterable[str]:
    """Its text; ``?`` for what terminals may take for another width."""
    for at, (text, _) in enumerate(row):
        if text == "":
            yield " " if uncertain(row[at - 1][0]) else ""
        else:
            yield "?" if uncertain(text) else text


def differing(one: Row, other: Row) -> int:
    """In how many columns the two differ."""
    return 0 if one == other else sum(map(ne, one, other))


def runs(new: Row, old: Row, end: int) -> list[tuple[int, int]]:
    """Stretches of cells to write, before column ``end``: all that differ, short gaps between them, and whole wide characters."""
    found: list[tuple[int, int]] = []
    x = 0
    while x < end:
        if new[x] == old[x]:
            x += 1
            continue
        start = x - 1 if new[x][0] == "" and x else x
        while x < end and (new[x] != old[x] or new[x][0] == ""):
            x += 1
        if found and (gap := start - found[-1][1]) <= _FEW and _plain_gap(new, found[-1][1], gap):
            start = found.pop()[0]
        found.append((start, x))
    return found


def _plain_gap(cells: Row, at: int, length: int) -> bool:
    look = cells[at - 1][1]
    return all(cell[1] in (look, PLAIN if cell[0] == " " else look) and cell[0].isascii() for cell in cells[at : at + length])


def mend(cells: Row, length: int) -> None:
    """Cut at the edges, half a wide character may be left: a space takes its place."""
    if not length:
        return
    if cells[0][0] == "":
        cells[0] = (" ", cells[0][1])
    if cells[-1][0] != "" and _wide(cells[-1][0]):
        cells[-1] = (" ", cells[-1][1])


def mend_edges(row: Row, start: int, stop: int) -> None:
    """What was painted may have covered half of a wide character beside it."""
    if start and row[start - 1][0] and _wide(row[start - 1][0]):
        row[start - 1] = (" ", row[start - 1][1])
    if stop < len(row) and row[stop][0] == "":
        row[stop] = (" ", row[stop][1])


def _wide(text: str) -> bool:
    return not text.isascii() and cell_len(text) == 2
