"""How much a recording may become: it ends before it fills the disk, and before it has more than is read of any."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.recorded import Apart, Pictured, Printed, Read, Written
from ..core.units import say_bytes
from .recording_file import MANY
from .replay_archive import ENTRIES, LINES, POINTS

LARGEST = 10**9
"""Bytes that a file has at most, unless somebody says otherwise: months of a thousand alerts."""
_LEFT = 1000
"""Chunks that are left for the moment that comes when it is nearly full, and for its end."""


class Room:
    """What a file has taken of the room that it has. ``largest`` in bytes; one moment may go beyond it."""

    def __init__(self, largest: int = LARGEST) -> None:
        self._largest = largest
        self._chunks = 0
        self._had = {"entries of the journal": 0, "lines of output": 0, "readings": 0}
        self._most = {"entries of the journal": ENTRIES, "lines of output": LINES, "readings": POINTS}

    def chunk(self) -> None:
        """Another chunk was written."""
        self._chunks += 1

    def take(self, messages: Iterable[Apart]) -> None:
        """These are to be written."""
        for each in messages:
            match each:
                case Written(entries):
                    self._had["entries of the journal"] += len(entries)
                case Printed(lines=lines):
                    self._had["lines of output"] += len(lines)
                case Read(points=points):
                    self._had["readings"] += len(points)
                case Pictured(curve=curve):
                    self._had["readings"] += len(curve.points)

    def full(self, size: int) -> str:
        """Why nothing more goes into a file of so many bytes, for people; "" = it has room."""
        if size >= self._largest:
            return f"full at {say_bytes(self._largest)}"
        if self._chunks >= MANY - _LEFT:
            return f"full at {self._chunks} moments"
        over = next((what for what, had in self._had.items() if had > self._most[what]), "")
        return f"full at {self._most[over]} {over}" if over else ""
