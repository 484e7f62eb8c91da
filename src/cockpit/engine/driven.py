"""What can be driven from a screen: a recording that is replayed, or a night that is played."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, Protocol

from ..core.recorded import Header


class Progress(NamedTuple):
    """How far it is: the moment that is shown (UTC), seconds since the beginning and in all, the speed, whether it goes on; what is
    wrong with it, for people ("": nothing)."""

    now: datetime
    position: float
    length: float
    speed: float
    plays: bool
    ended: bool
    problem: str = ""


class Driven(Protocol):
    """``word`` and ``what`` are what it is, for people (``REPLAY``, ``a recording``), ``sought`` how often somebody went to another
    moment, ``header`` knows its moments. All of it may be called from any thread, and returns at once."""

    @property
    def word(self) -> str: ...
    @property
    def what(self) -> str: ...
    @property
    def header(self) -> Header: ...
    @property
    def sought(self) -> int: ...
    @property
    def progress(self) -> Progress: ...
    def pause(self) -> bool:
        """Stand still, or go on; at the end, begin again. Gives whether it goes on."""
        ...

    def seek(self, position: float) -> None:
        """Go to a position (seconds since the beginning), or as near to it as there is anything."""
        ...

    def step(self, by: int) -> bool:
        """Go to the next event (``by`` 1) or the one before (-1), and stand there. False where there is none."""
        ...

    def go_at(self, speed: float) -> float:
        """Go on at this speed, or as near to it as can be; gives what it is now."""
        ...
