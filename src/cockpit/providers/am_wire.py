"""Alertmanager's API v2 as it comes over the wire, decoded straight from bytes and record by record.

One record that nobody can read costs that record. Times are read leniently: an alert without a readable time is still an alert.
What is null is as good as absent: servers that only speak Alertmanager's API, and proxies that write it anew, send such.
Source: Alertmanager's ``api/v2/openapi.yaml``, and answers of 0.22 to 0.33. ``isEqual`` came with 0.22, ``mutedBy`` with 0.28.
"""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from .records import split


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


def flat(groups: bytes) -> bytes:
    """The list of alerts that stand in these groups, each once: of one that stands in several, where it is not muted by time.
    A group that cannot be read counts as one record that cannot. Raises `Malformed` where it is no list at all, or is cut off."""
    found: dict[str | bytes, tuple[bytes, bool]] = {}
    for group in split(groups):
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


def stamp(time: datetime) -> str:
    """A time as the API writes it: milliseconds, UTC."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
