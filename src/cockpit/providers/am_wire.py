"""Alertmanager's API v2 as it comes over the wire, decoded straight from bytes and record by record.

One record that nobody can read costs that record. Times are read leniently: an alert without a readable time is still an alert.
What is null is as good as absent: servers that only speak Alertmanager's API, and proxies that write it anew, send such.
Source: Alertmanager's ``api/v2/openapi.yaml``, and answers of 0.22 to 0.33. ``isEqual`` came with 0.22, ``mutedBy`` with 0.28.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from ..provider import Malformed

T = TypeVar("T")

_MARK = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_UNSET = 1970  # Go's zero time is year 1


class WireReceiver(msgspec.Struct):
    """Whom the routing tree tells."""

    name: str


class WireStatus(msgspec.Struct):
    """``state`` is unprocessed, active or suppressed; the rest is ids of silences, fingerprints of alerts, names of intervals."""

    state: str = ""
    silenced_by: list[str] | None = msgspec.field(name="silencedBy", default=None)
    inhibited_by: list[str] | None = msgspec.field(name="inhibitedBy", default=None)
    muted_by: list[str] | None = msgspec.field(name="mutedBy", default=None)


class WireAlert(msgspec.Struct):
    """``gettableAlert``, without ``endsAt`` and ``updatedAt``: they change at every poll and mean nothing for a firing alert."""

    labels: dict[str, str]
    annotations: dict[str, str] | None = None
    starts_at: str = msgspec.field(name="startsAt", default="")
    fingerprint: str = ""
    receivers: list[WireReceiver] | None = None
    status: WireStatus = msgspec.field(default_factory=WireStatus)
    generator: str = msgspec.field(name="generatorURL", default="")


class WireMatcher(msgspec.Struct, frozen=True, omit_defaults=False):
    """One matcher of a silence; ``is_equal`` is absent before 0.22."""

    name: str
    value: str
    is_regex: bool = msgspec.field(name="isRegex", default=False)
    is_equal: bool = msgspec.field(name="isEqual", default=True)


class WireSilence(msgspec.Struct):
    """``gettableSilence``."""

    id: str
    matchers: list[WireMatcher]
    ends_at: str = msgspec.field(name="endsAt")
    starts_at: str = msgspec.field(name="startsAt", default="")
    updated_at: str = msgspec.field(name="updatedAt", default="")
    created_by: str = msgspec.field(name="createdBy", default="")
    comment: str = ""
    status: WireStatus = msgspec.field(default_factory=WireStatus)
    annotations: dict[str, str] | None = None

    @property
    def expired(self) -> bool:
        """Whether its Alertmanager says that it has ended."""
        return self.status.state == "expired"

    @property
    def active(self) -> bool:
        """Whether it hushes now."""
        return self.status.state == "active"


class WirePost(msgspec.Struct, omit_defaults=True):
    """``postableSilence``; with an ``id`` it changes that one."""

    matchers: tuple[WireMatcher, ...]
    starts_at: str = msgspec.field(name="startsAt")
    ends_at: str = msgspec.field(name="endsAt")
    created_by: str = msgspec.field(name="createdBy")
    comment: str
    id: str = ""
    annotations: dict[str, str] | None = None


class _Held(msgspec.Struct):
    """An alert as it stands in a group: here only what the list of alerts does not tell."""

    fingerprint: str = ""
    status: WireStatus = msgspec.field(default_factory=WireStatus)


class WireGroup(msgspec.Struct):
    """``alertGroup``."""

    labels: dict[str, str]
    receiver: WireReceiver
    alerts: list[_Held]


class _Version(msgspec.Struct):
    version: str = ""


class _Configured(msgspec.Struct):
    original: str = ""


class _Cluster(msgspec.Struct):
    status: str = ""


class WireServer(msgspec.Struct):
    """``alertmanagerStatus``; ``uptime`` is the time at which it started."""

    uptime: str = ""
    version: _Version = msgspec.field(name="versionInfo", default_factory=_Version)
    config: _Configured = msgspec.field(default_factory=_Configured)
    cluster: _Cluster = msgspec.field(default_factory=_Cluster)


class _Standing(msgspec.Struct):
    alerts: list[msgspec.Raw]


class Records(Generic[T]):
    """Reads lists of one kind of record. What came the same as the last time, to the byte, is the same object again."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind
        self._decode: Callable[[msgspec.Raw], T] = msgspec.json.Decoder(kind).decode
        self._known: dict[int, T] = {}

    def read(self, body: bytes) -> tuple[list[T], int]:
        """(the good ones, how many were not). Raises `Malformed` where it is no list at all, or is cut off."""
        good: list[T] = []
        known, fresh, bad = self._known, dict[int, T](), 0
        for raw in _split(body):
            key = hash(bytes(raw))
            record = known.get(key)
            if record is None:
                try:
                    record = self._read_one(raw)
                except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError):
                    bad += 1
                    continue
            fresh[key] = record
            good.append(record)
        self._known = fresh
        return good, bad

    def _read_one(self, raw: msgspec.Raw) -> T:
        try:
            return self._decode(raw)
        except msgspec.ValidationError:
            if b"null" not in bytes(raw):
                raise
            return msgspec.convert(_without_nulls(msgspec.json.decode(raw)), self._kind)


def flat(groups: bytes) -> bytes:
    """The list of alerts that stand in these groups, each once: of one that stands in several, where it is not muted by time.
    A group that cannot be read counts as one record that cannot. Raises `Malformed` where it is no list at all, or is cut off."""
    found: dict[str | bytes, tuple[bytes, bool]] = {}
    for group in _split(groups):
        try:
            standing = msgspec.json.decode(group, type=_Standing).alerts
        except (msgspec.DecodeError, RecursionError):
            found[bytes(group)] = (b"null", False)
            continue
        for raw in standing:
            try:
                held = msgspec.json.decode(raw, type=_Held)
            except (msgspec.DecodeError, RecursionError):
                held = _Held()
            key, muted = held.fingerprint or bytes(raw), bool(held.status.muted_by)
            before = found.get(key)
            if before is None or (before[1] and not muted):
                found[key] = (bytes(raw), muted)
    return b"[" + b",".join(raw for raw, _ in found.values()) + b"]"


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {name: _without_nulls(each) for name, each in value.items() if each is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


_RAWS = msgspec.json.Decoder(list[msgspec.Raw] | None)


def _split(body: bytes) -> Iterator[msgspec.Raw]:
    """The records of a JSON list, unread."""
    try:
        return iter(_RAWS.decode(body) or ())
    except (msgspec.DecodeError, RecursionError) as error:
        if not body.lstrip().startswith(b"["):
            raise Malformed("it answered something that is not a list of records") from error
        return iter(_by_hand(body))


def _by_hand(body: bytes) -> list[msgspec.Raw]:
    """The same for a list in which a record is no JSON at all, or nested without end: by brackets alone."""
    depth, start, found = 0, 0, list[msgspec.Raw]()
    for mark in _MARK.finditer(body):
        sign = mark[0]
        if sign in (b"[", b"{"):
            depth += 1
            start = mark.end() if depth == 1 else start
        elif sign in (b"]", b"}"):
            depth -= 1
        if (sign == b"," and depth == 1) or (depth == 0 and start):
            found.append(msgspec.Raw(body[start : mark.start()].strip()))
            start = mark.end()
            if depth == 0:
                return found
    raise Malformed("its answer was cut off")


def when(text: str) -> datetime | None:
    """A time of the API (RFC 3339) in UTC; ``None`` for one that is unset or that no calendar has."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo is not None and found.year >= _UNSET else None
    except (ValueError, OverflowError):
        return None


def stamp(time: datetime) -> str:
    """A time as the API writes it: milliseconds, UTC."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
