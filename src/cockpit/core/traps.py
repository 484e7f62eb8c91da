"""Traps: early-warning checks, how they change state, and when they will trip.

`step` is the only thing that changes a trap's state, and `seen` the only thing that reads it: a trap nobody looks at
any more becomes blind by the passing of time alone, in every process that reads the journal, without anyone's help.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

import msgspec

from .alerts import Severity
from .units import Bound, Seconds


class TrapState(enum.Enum):
    """``ARMED`` watches and is content; ``WARNING`` sees signs; ``TRIPPED`` is an alert; ``BLIND`` cannot see, and is
    never drawn as healthy; ``DISARMED`` rests, by a person's wish, until a stated time."""

    ARMED = "armed"
    WARNING = "warning"
    TRIPPED = "tripped"
    BLIND = "blind"
    DISARMED = "disarmed"


class Trap(msgspec.Struct, frozen=True, kw_only=True):
    """A trap as configured. Durations are seconds.

    ``probe`` is the kind of look and ``params`` its own keys, still raw: the probe's ``Config`` decodes them.
    ``hold`` (config key ``for``) is how long ``trip`` must hold before it trips. ``forecast`` names the reading whose trend is
    followed towards ``trip``; ``warn_within`` warns when that trend would trip within this time. ``blind_after`` is how long it
    may stay blind before that is an alert of its own. ``went_wrong``, ``detect`` and ``signs`` are the three answers.
    """

    name: str
    probe: str
    params: dict[str, object] = {}
    warn: Bound | None = None
    trip: Bound | None = None
    hold: Seconds = Seconds(0.0)
    every: Seconds = Seconds(30.0)
    timeout: Seconds | None = None
    severity: Severity = Severity.WARNING
    forecast: str = ""
    warn_within: Seconds | None = None
    blind_after: Seconds = Seconds(600.0)
    went_wrong: str = ""
    detect: str = ""
    signs: str = ""
    runbooks: tuple[str, ...] = ()
    owner: str = ""
    labels: dict[str, str] = {}


class Reading(msgspec.Struct, frozen=True):
    """What one look saw: numbers by name (units are the probe's, documented there), and one line for people.

    ``verdict`` is set by probes that judge for themselves (the monitoring-plugins contract, a status that is not as wanted):
    ``None`` leaves the judgement to the bounds.
    """

    values: dict[str, float]
    text: str
    verdict: TrapState | None = None


class Looked(msgspec.Struct, frozen=True, tag="looked"):
    """A look that saw. ``at`` is UTC, when the look began."""

    at: datetime
    reading: Reading


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A look that did not see: it raised, hung past its deadline, or could not start."""

    at: datetime
    reason: str


class Rested(msgspec.Struct, frozen=True, tag="rested"):
    """A person disarmed the trap until ``until`` (UTC)."""

    at: datetime
    who: str
    why: str
    until: datetime


class Armed(msgspec.Struct, frozen=True, tag="armed"):
    """A person armed the trap again."""

    at: datetime
    who: str


Event = Looked | Failed | Rested | Armed


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one trap now; kept in the journal, shared by all processes. All times UTC.

    ``state`` is never ``DISARMED`` in here: rest is the three ``rest_*`` fields, so that a rest that ends finds the trap as it
    really is. ``over_since`` is since when ``trip`` holds without pause; ``tripped_at`` stays set while it is blind, so that
    losing sight of a fire does not put it out. ``firing`` counts its trips: an acknowledgement covers one firing.
    """

    state: TrapState = TrapState.BLIND
    since: datetime | None = None
    checked_at: datetime | None = None
    good_at: datetime | None = None
    reading: Reading | None = None
    reason: str = "not looked at yet"
    over_since: datetime | None = None
    tripped_at: datetime | None = None
    blind_since: datetime | None = None
    firing: int = 0
    trips_in: float | None = None
    rest_until: datetime | None = None
    rest_by: str = ""
    rest_why: str = ""


def step(trap: Trap, watch: Watch, event: Event, points: Sequence[tuple[float, float]] = ()) -> Watch:
    """What is known after ``event``.

    ``points`` are earlier readings of ``trap.forecast`` as (seconds since the epoch, value), oldest first, this one included.
    """
    raise NotImplementedError


def seen(trap: Trap, watch: Watch, now: datetime) -> Watch:
    """``watch`` as it must be read at ``now``: overdue looks make it blind, a rest that has ended is over,
    ``trips_in`` counts down."""
    raise NotImplementedError


class Trend(msgspec.Struct, frozen=True):
    """A robust straight line through readings: ``slope`` per second, ``level`` now; from ``points`` readings over ``span`` seconds."""

    slope: float
    level: float
    points: int
    span: float


def trend(points: Sequence[tuple[float, float]]) -> Trend | None:
    """Theil–Sen: the median of the slopes between all pairs (Theil 1950, Sen 1968). ``None`` where there is too little to say."""
    raise NotImplementedError


def trips_in(line: Trend | None, bound: Bound) -> float | None:
    """Seconds until the line meets the bound; 0 if it does now; ``None`` where it is not heading there."""
    raise NotImplementedError


class TrapView(msgspec.Struct, frozen=True, kw_only=True):
    """A trap for whoever looks: configured and known, as read at the moment of the projection. ``says`` is the one line of the pane."""

    source: str
    trap: Trap
    watch: Watch
    state: TrapState
    says: str
