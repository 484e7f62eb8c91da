"""What a source says is wrong now, and what people have said to it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from datetime import datetime

import msgspec

from .paged import Paged

LOCAL = "local"
"""The provider, and the name of the source, that is this machine itself."""


class Severity(enum.IntEnum):
    """How bad an alert is; ordered, so that ``@severity>=warning`` means what it says.

    ``UNKNOWN`` ranks lowest in comparisons, yet is never drawn as harmless.
    """

    UNKNOWN = 0
    INFO = 1
    WARNING = 2
    ERROR = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The lower-case word used in config, filters and JSON."""
        return self.name.lower()


SEVERITY_WORDS: dict[str, Severity] = {s.word: s for s in Severity}


class AlertState(enum.Enum):
    """Where an alert stands. ``SUPPRESSED`` is silenced, snoozed, inhibited or in downtime."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SUPPRESSED = "suppressed"
    RESOLVED = "resolved"


class Ref(msgspec.Struct, frozen=True, order=True, gc=False):
    """The identity of a thing at a source: the source's configured name, and the id which that source gives it."""

    source: str
    id: str

    def __str__(self) -> str:
        return f"{self.source}/{self.id}"


class Link(msgspec.Struct, frozen=True, gc=False):
    """A named address belonging to an alert (``runbook``, ``dashboard``, ``generator``, …)."""

    name: str
    url: str


class Alert(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One thing that a source says is wrong.

    All times are aware and in UTC. Every string has been through ``core.text.clean`` before it gets here. ``where`` is the short
    place the list shows (host, instance, mount); ``trap`` names the local trap that raised it. ``suppressed_by`` says who or what
    hushes it and why, ``suppressed_until`` until when, where that is known: a screen says it in its person's zone. ``receivers``
    are whom its source tells, ``groups`` the groups that the source's own routing put it in, ``silences`` the ids of the silences
    that hush it. ``pages`` says who was told of it, oldest first, and who comes next. ``fired`` counts the firings: an alert that
    resolved and fires again has a new ``started_at``, and whatever was acknowledged before does not cover it. A source of very many
    may give `core.packed.Packed` ones, which are small.
    """

    ref: Ref
    name: str
    severity: Severity
    state: AlertState
    summary: str = ""
    where: str = ""
    labels: Mapping[str, str] = {}
    annotations: Mapping[str, str] = {}
    started_at: datetime | None = None
    ended_at: datetime | None = None
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_why: str = ""
    suppressed_by: str = ""
    suppressed_until: datetime | None = None
    assignees: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    trap: str = ""
    notes: tuple[Remark, ...] = ()
    receivers: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    silences: tuple[str, ...] = ()
    pages: tuple[Paged, ...] = ()

    def label(self, name: str) -> str | None:
        """One label's value; ``None`` where there is no such label."""
        return self.labels.get(name)


class Remark(msgspec.Struct, frozen=True, gc=False):
    """A note a person left on an alert. ``at`` is UTC."""

    at: datetime
    who: str
    text: str


class SilenceState(enum.Enum):
    """Where a silence stands, by the clock of the source that keeps it."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that hushes what matches it from ``starts_at`` until ``ends_at`` (UTC).

    ``match`` is in the filter language (`core.filters`); ``source`` is the source that keeps it. ``ack``: it stands for an
    acknowledgement, and is shown on its alerts as one. ``until_resolved``: it is renewed until what it hushes has resolved.
    """

    ref: Ref
    match: str
    starts_at: datetime
    ends_at: datetime
    who: str
    comment: str
    state: SilenceState = SilenceState.ACTIVE
    ack: bool = False
    until_resolved: bool = False
