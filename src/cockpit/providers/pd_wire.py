"""PagerDuty's REST API v2 as it comes over the wire: pages of records, decoded one by one.

Nearly every member may be ``null`` or away, and references grow members when they are asked for whole: what is not needed is not
read, and one record that nobody can read costs that record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from ..core.text import clean
from ..provider import Malformed
from . import records

T = TypeVar("T")


class WireRef(msgspec.Struct, frozen=True):
    """A thing referred to, or told whole: a service, a user, a team, a policy, a priority, …"""

    id: str | None = None
    type: str | None = None
    summary: str | None = None
    name: str | None = None
    html_url: str | None = None

    @property
    def word(self) -> str:
        """Its name for people, clean; "" if it has none."""
        return clean(self.summary or self.name or "", 200)


NOBODY = WireRef()


class WireAssignment(msgspec.Struct, frozen=True):
    """Who has been asked to look."""

    assignee: WireRef | None = None


class WireAck(msgspec.Struct, frozen=True):
    """Who has it, and since when."""

    at: str | None = None
    acknowledger: WireRef | None = None


class WirePending(msgspec.Struct, frozen=True):
    """What will happen by itself: ``unacknowledge``, ``escalate``, ``resolve`` or ``urgency_change``."""

    type: str | None = None
    at: str | None = None


class WireCounts(msgspec.Struct, frozen=True):
    """The alerts in an incident."""

    all: int | None = None
    triggered: int | None = None


class WireBridge(msgspec.Struct, frozen=True):
    """Where people meet."""

    conference_number: str | None = None
    conference_url: str | None = None


class WireIncident(msgspec.Struct, frozen=True):
    """``Incident``, without what changes and says nothing here (``updated_at``)."""

    id: str
    status: str | None = None
    incident_number: int | None = None
    title: str | None = None
    summary: str | None = None
    created_at: str | None = None
    urgency: str | None = None
    html_url: str | None = None
    incident_key: str | None = None
    assigned_via: str | None = None
    service: WireRef | None = None
    priority: WireRef | None = None
    escalation_policy: WireRef | None = None
    assignments: list[WireAssignment] | None = None
    acknowledgements: list[WireAck] | None = None
    teams: list[WireRef] | None = None
    pending_actions: list[WirePending] | None = None
    alert_counts: WireCounts | None = None
    conference_bridge: WireBridge | None = None


class WireEntry(msgspec.Struct, frozen=True):
    """``LogEntry``, as far as it says which incident changed: a reference, or that incident as it is now."""

    incident: msgspec.Raw = msgspec.Raw(b"null")


class WireService(msgspec.Struct, frozen=True):
    """``Service``. ``acknowledgement_timeout`` is in seconds; 0 and ``None``: acknowledgements last."""

    id: str
    summary: str | None = None
    name: str | None = None
    acknowledgement_timeout: int | None = None


class WireUser(msgspec.Struct, frozen=True):
    """``User``, or a reference to one."""

    id: str
    summary: str | None = None
    name: str | None = None
    email: str | None = None
    time_zone: str | None = None


class WireRule(msgspec.Struct, frozen=True):
    """One level of a policy."""

    targets: list[WireRef] | None = None
    escalation_delay_in_minutes: int | None = None


class WirePolicy(msgspec.Struct, frozen=True):
    """``EscalationPolicy``."""

    id: str
    summary: str | None = None
    name: str | None = None
    escalation_rules: list[WireRule] | None = None
    num_loops: int | None = None


class WireOnCall(msgspec.Struct, frozen=True):
    """``Oncall``: without a schedule, the user is on that level directly; without a start or an end, for good."""

    user: WireUser
    escalation_policy: WireRef
    escalation_level: int
    schedule: WireRef | None = None
    start: str | None = None
    end: str | None = None


class WireOverride(msgspec.Struct, frozen=True):
    """``Override``: somebody has a schedule's time, whatever its layers say."""

    id: str
    start: str
    end: str
    user: WireUser


class WireMade(msgspec.Struct, frozen=True):
    """What became of one of the overrides that were asked for."""

    status: int | None = None
    errors: list[str] | None = None
    override: WireRef | None = None


class Read(msgspec.Struct, Generic[T], frozen=True):
    """The records of a list that could be read, and how many could not."""

    records: tuple[T, ...]
    rejected: int = 0


class Page(msgspec.Struct, frozen=True):
    """One page of a list: its records, unread, and whether the server has more."""

    records: tuple[msgspec.Raw, ...]
    more: bool = False


class _More(msgspec.Struct):
    more: bool | None = None
    next_cursor: str | None = None


_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_MORE = msgspec.json.Decoder(_More)
UNREADABLE = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)
"""What decoding raises: brackets without end are a `RecursionError`."""


def page(body: bytes, key: str) -> Page:
    """The list ``key`` of an answer. Raises `Malformed` where there is none."""
    members = whole(body)
    if key not in members:
        raise Malformed(f"its answer has no {key}")
    try:
        more = _MORE.decode(body)
        return Page(tuple(_LIST.decode(members[key])), bool(more.more or more.next_cursor))
    except UNREADABLE as error:
        raise Malformed(f"{key} in its answer is no list: {clean(str(error), 200)}") from error


def whole(body: bytes) -> Mapping[str, msgspec.Raw]:
    """The members of an answer, unread. Raises `Malformed` where it is no object."""
    try:
        return _OBJECT.decode(body)
    except UNREADABLE as error:
        raise Malformed(f"its answer is no JSON object: {clean(str(error), 200)}") from error


def one(body: bytes, key: str, kind: type[T]) -> T:
    """The record ``key`` of an answer. Raises `Malformed`."""
    try:
        return msgspec.json.decode(whole(body)[key], type=kind)
    except KeyError:
        raise Malformed(f"its answer has no {key}") from None
    except UNREADABLE as error:
        raise Malformed(f"{key} in its answer cannot be read: {clean(str(error), 200)}") from error


def read(raws: Sequence[msgspec.Raw], kind: type[T]) -> Read[T]:
    """Each record for itself."""
    decoder, good = msgspec.json.Decoder(kind), list[T]()
    for raw in raws:
        try:
            good.append(decoder.decode(raw))
        except UNREADABLE:
            continue  # counted below: one bad record must not hide the others
    return Read(tuple(good), len(raws) - len(good))


def when(text: str | None) -> datetime | None:
    """A time of the API (RFC 3339, with whatever offset the account's zone has) in UTC; ``None`` for one that is none."""
    return records.when(text or "")


def stamp(time: datetime) -> str:
    """A time as it is written in questions: seconds, UTC."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
