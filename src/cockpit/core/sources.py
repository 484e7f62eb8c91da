"""What one source said in one poll, and how well it sees."""

from __future__ import annotations

import enum
from datetime import datetime, timedelta

import msgspec

from .alerts import Alert, Silence
from .covers import Standing
from .days import Day
from .jobs import Job
from .responses import Maintenance
from .roster import OnCall
from .traps import TrapView


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All that one source said in one poll; it replaces what that source said before, as a whole.

    ``asked_at`` (UTC) and ``asked_mono`` (seconds of the engine's monotonic clock, suspend included) are when the
    question left, not when the answer came: an action is confirmed only by a snapshot *asked after* it settled.
    ``None`` for a kind of fact means that this source does not have that kind at all. ``complete`` is False where part
    of the answer is missing; ``rejected`` counts the records that could not be read; ``remarks`` says why, for people. ``blind``
    says why what it answers must not be believed.
    """

    source: str
    asked_at: datetime
    asked_mono: float
    alerts: tuple[Alert, ...] | None = None
    silences: tuple[Silence, ...] | None = None
    traps: tuple[TrapView, ...] | None = None
    rosters: tuple[OnCall, ...] | None = None
    overrides: tuple[Standing, ...] | None = None
    days: tuple[Day, ...] | None = None
    maintenances: tuple[Maintenance, ...] | None = None
    jobs: tuple[Job, ...] | None = None
    complete: bool = True
    rejected: int = 0
    remarks: tuple[str, ...] = ()
    blind: str = ""


class Health(enum.Enum):
    """What can be said of a source's eyes.

    ``STARTING`` has not answered yet; ``LIVE`` answered in time; ``LATE`` missed one; ``INCOMPLETE`` answered in part;
    ``BLIND`` cannot see; ``PARKED`` cannot see until a person does something (a wrong token, say).
    """

    STARTING = "starting"
    LIVE = "live"
    LATE = "late"
    INCOMPLETE = "incomplete"
    BLIND = "blind"
    PARKED = "parked"

    @property
    def sees(self) -> bool:
        """Whether its silence may be read as good news. Only ``LIVE`` may."""
        return self is Health.LIVE


class SourceHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How well one source sees, for the header and for "all clear".

    ``age`` is the time since the last good answer was asked for (monotonic), ``None`` if there has been none;
    ``late_after`` is the age at which it is late.
    ``reason`` is for the person: what happened and what the cockpit does about it. ``retry_in`` is when it is asked again after
    a failure; ``held``: the source itself wanted to be left alone that long. ``answers``: it is blind, and yet can be told to do
    something.
    """

    source: str
    provider: str
    health: Health
    age: timedelta | None = None
    latency: timedelta | None = None
    late_after: timedelta | None = None
    reason: str = ""
    retry_in: timedelta | None = None
    held: bool = False
    rejected: int = 0
    answers: bool = False
