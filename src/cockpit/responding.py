"""Capabilities of the systems that people are paged through (PagerDuty, say): what can be done to an alert there beyond taking it,
and what is told about one when somebody looks closer. A part of `cockpit.provider`, which has all of them.

``ids`` are the source's own ids of alerts, ``who`` is the person's name, times are UTC. What changes several alerts changes all of
them, or raises and says what it did.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from .core.answer import Answer
from .core.responses import Assignee, Level, Maintenance, Play, Service
from .core.story import Story


@runtime_checkable
class Resolves(Protocol):
    """It can be told that an alert is over."""

    async def resolve(self, ids: Sequence[str], who: str, note: str) -> None: ...


@runtime_checkable
class Snoozes(Protocol):
    """It can keep an alert quiet until a time, after which it rings again by itself; until then it is ``SUPPRESSED``."""

    async def snooze(self, ids: Sequence[str], ends_at: datetime, who: str) -> None: ...


@runtime_checkable
class Escalates(Protocol):
    """Its alerts belong to escalation policies. ``levels`` are those of one alert's, with who would be told; ``escalate`` tells
    whoever is on one of them, and the alerts ring again."""

    async def levels(self, alert_id: str) -> Sequence[Level]: ...
    async def escalate(self, ids: Sequence[str], level: int, who: str) -> None: ...


@runtime_checkable
class Reassigns(Protocol):
    """Its alerts can be given to people. ``assignees`` are all who are there; ``to`` are ids of theirs."""

    async def assignees(self) -> Sequence[Assignee]: ...
    async def reassign(self, ids: Sequence[str], to: Sequence[str], who: str) -> None: ...


@runtime_checkable
class Merges(Protocol):
    """It can put alerts into one: what is in ``ids`` goes into ``into``, and is over."""

    async def merge(self, into: str, ids: Sequence[str], who: str) -> None: ...


@runtime_checkable
class Plays(Protocol):
    """It can run things of its own on an alert. ``plays`` are those that it would; there may be none."""

    async def plays(self, alert_id: str) -> Sequence[Play]: ...
    async def play(self, alert_id: str, play_id: str, who: str) -> None: ...


@runtime_checkable
class Maintains(Protocol):
    """It can raise nothing for some services for a while. ``maintenances`` are those that run or will; ``services`` all that can be
    under one. ``maintain`` gives back the new one's id."""

    async def maintenances(self) -> Answer[Maintenance]: ...
    async def services(self) -> Sequence[Service]: ...
    async def maintain(self, services: Sequence[str], starts_at: datetime, ends_at: datetime, who: str, comment: str) -> str: ...
    async def end_maintenance(self, maintenance_id: str, who: str) -> None: ...


@runtime_checkable
class History(Protocol):
    """It tells more of one alert when it is asked: what raised it, everything that happened to it, what was like it before. Asked
    when somebody looks, and never at a poll."""

    async def history(self, alert_id: str) -> Story: ...
