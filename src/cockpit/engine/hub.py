"""What a watch has to share: how each of its sources stands, for the thread that serves those who look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from ..core.sharing import KINDS, Told
from ..core.sources import Snapshot

Records = Mapping[str, tuple[Any, ...]]
"""The records of each kind that a source has."""


class Standing(NamedTuple):
    """What a source last said, and how its last question went. ``number`` rises whenever any of it is another."""

    number: int
    likeness: str
    snapshot: Snapshot | None
    latency: float
    health: str = ""
    reason: str = ""
    due: float = 0.0

    @property
    def asked(self) -> bool:
        """Whether it has been asked at all."""
        return self.snapshot is not None or bool(self.health)

    @property
    def records(self) -> Records:
        """Its facts."""
        said = self.snapshot
        return {kind: getattr(said, kind) for kind in KINDS if said is not None and getattr(said, kind) is not None}

    def told(self, now: datetime) -> Told:
        """It as a message, without records."""
        said = self.snapshot
        about: dict[str, Any] = {"health": self.health, "reason": self.reason, "due_mono": self.due}
        if said is None:
            return Told(asked_at=now, **about)
        return Told(
            asked_at=said.asked_at,
            asked_mono=said.asked_mono,
            latency=self.latency,
            complete=said.complete,
            rejected=said.rejected,
            remarks=said.remarks,
            blind=said.blind,
            kinds=tuple(self.records),
            **about,
        )


class Hub:
    """Written by the engine's thread, read by the serving one; ``nudge`` has a source asked now, from any thread."""

    def __init__(self, nudge: Callable[[str], None]) -> None:
        self.nudge = nudge
        self.on_news: Callable[[str], None] = lambda _: None
        self._lock = threading.Lock()
        self._standings: dict[str, Standing] = {}
        self._number = 0

    def put(self, source: str, standing: Standing) -> None:
        """A source stands so; nobody is told where that is nothing new."""
        with self._lock:
            before = self._standings.get(source)
            if before is not None and before[1:] == standing[1:] and before.snapshot is standing.snapshot:
                return
            self._number += 1
            self._standings[source] = standing._replace(number=self._number)
        self.on_news(source)

    def keep_only(self, sources: frozenset[str]) -> None:
        """The others are not configured any more."""
        with self._lock:
            gone = self._standings.keys() - sources
            for source in gone:
                del self._standings[source]
        for source in gone:
            self.on_news(source)

    def get(self, source: str) -> Standing | None:
        """How it stands."""
        with self._lock:
            return self._standings.get(source)
