"""What a watch and those who look through it say to one another, over a Unix socket of the machine.

Each says its version and the shape of its records first: records are laid out as the code of both has them, so both must be alike.
Then it is asked, and answers with what differs from its last answer on the same connection: `Told`, and as many `Part` as are
announced. Between answers it says `News` once, when there is something newer, and nothing more until it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

import msgspec
import msgspec.inspect

from .alerts import Alert, AlertState, Link, Ref, Remark, Severity, Silence
from .covers import Standing
from .days import Holiday, Leave
from .jobs import Job
from .packed import Packed, Packer
from .paged import Paged
from .responses import Maintenance
from .roster import OnCall
from .traps import TrapView
from .units import Seconds

VERSION = 2
"""Of this protocol."""
LONGEST = 64 * 2**20
"""Bytes of one message: a few hundred records."""
LEFT_OUT = b"\xc0"
"""Stands in the place of a record that is too long to be told, or cannot be written."""


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """The first word of who looks: which source, and what that is here (`likeness`). ``shape`` is `shape`'s."""

    version: int
    shape: str
    source: str
    likeness: str


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """Tell what differs. ``fresh``: the source is to be asked first, for somebody wants to know now."""

    fresh: bool = False


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The watch's answer to `Hello`. ``boot`` is this start of the machine, whose monotonic clock its times are of; ``keeps``: it
    keeps up acknowledgements. ``refused`` says why nothing is shared, for the person."""

    version: int
    shape: str
    pid: int
    boot: str = ""
    keeps: bool = False
    refused: str = ""


class News(msgspec.Struct, frozen=True, tag="news"):
    """There is something newer than the last answer."""


class Told(msgspec.Struct, frozen=True, kw_only=True, tag="told"):
    """How the source stands. ``asked_at`` (UTC) and ``asked_mono`` (seconds since the machine's start) are when the watch asked, 0
    where it never had an answer; ``health`` and ``reason`` say why the last question brought nothing, and ``due_mono`` when
    the next one is due then: a watch that is long past it has stopped asking. Of ``kinds`` those not in ``anew`` are as before;
    ``parts`` follow with the others."""

    asked_at: datetime
    asked_mono: float = 0.0
    latency: float = 0.0
    complete: bool = True
    rejected: int = 0
    remarks: tuple[str, ...] = ()
    blind: str = ""
    health: str = ""
    reason: str = ""
    due_mono: float = 0.0
    kinds: tuple[str, ...] = ()
    anew: tuple[str, ...] = ()
    parts: int = 0


class Edit(msgspec.Struct, frozen=True, array_like=True):
    """So many records from ``start`` on as they were, and then these."""

    start: int
    count: int
    records: tuple[msgspec.Raw, ...] = ()


class Part(msgspec.Struct, frozen=True, tag="part"):
    """The next records of a kind. ``more``: they are too many bytes for one message, and another one belongs to this part."""

    kind: str
    edits: tuple[Edit, ...]
    more: bool = False


class WireAlert(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """An `Alert`; ``packed`` where its ``links`` follow from the other fields (`core.packed`)."""

    ref: Ref
    name: str
    severity: Severity
    state: AlertState
    summary: str
    where: str
    labels: dict[str, str]
    annotations: dict[str, str]
    started_at: datetime | None
    ended_at: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None
    acknowledged_why: str
    suppressed_by: str
    suppressed_until: datetime | None
    assignees: tuple[str, ...]
    links: tuple[Link, ...]
    trap: str
    notes: tuple[Remark, ...]
    receivers: tuple[str, ...]
    groups: tuple[str, ...]
    silences: tuple[str, ...]
    pages: tuple[Paged, ...]
    packed: bool = False
    generator: str = ""


class WireDay(msgspec.Struct, frozen=True, array_like=True):
    """A `Day`: one of the two."""

    leave: Leave | None = None
    holiday: Holiday | None = None


KINDS: Mapping[str, Any] = {
    "alerts": WireAlert,
    "silences": Silence,
    "traps": TrapView,
    "rosters": OnCall,
    "overrides": Standing,
    "days": WireDay,
    "maintenances": Maintenance,
    "jobs": Job,
}
"""The kinds of facts of a `Snapshot`, and how a record of each is written."""


_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


@cache
def shape() -> str:
    """A digest of how records are laid out here."""
    text = _ADDRESS.sub("", repr(msgspec.inspect.multi_type_info(KINDS.values())))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def written(kind: str, record: Any) -> bytes:
    """One record, for the wire."""
    if kind == "alerts":
        record = _wire_alert(record)
    elif kind == "days":
        record = WireDay(leave=record) if isinstance(record, Leave) else WireDay(holiday=record)
    return _encode(record)


def _wire_alert(alert: Alert) -> WireAlert:
    facts = {name: getattr(alert, name) for name in _PLAIN}
    labels = dict(alert.labels)
    if isinstance(alert, Packed) and alert.untouched:
        generator, annotations = alert.shape.rest(alert.kept)
        return WireAlert(**facts, labels=labels, annotations=annotations, links=(), packed=True, generator=generator)
    return WireAlert(**facts, labels=labels, annotations=dict(alert.annotations), links=alert.links)


def encoded(value: Any) -> bytes:
    """Anything of the core as MessagePack. Raises ``TypeError`` for what is nothing of it."""
    return _encode(value)


def decoder(kind: Any) -> msgspec.msgpack.Decoder[Any]:
    """Reads such values of one type."""
    return msgspec.msgpack.Decoder(kind, dec_hook=_seconds)


def _number(value: Any) -> float:
    if isinstance(value, Seconds):
        return float(value)  # msgspec leaves what derives from a number to us
    raise TypeError(f"{type(value).__name__} is nothing that is told")


def _seconds(kind: type, value: Any) -> Any:
    if kind is object:
        return value
    if kind is Seconds and isinstance(value, (int, float)):
        return Seconds(value)
    raise ValueError(f"{kind.__name__} is nothing that is told")


_encode = msgspec.msgpack.Encoder(enc_hook=_number).encode
_PLAIN = tuple(name for name in Alert.__struct_fields__ if name not in ("labels", "annotations", "links"))
_FACTS = tuple(name for name in _PLAIN if name != "summary")


class Reader:
    """Reads the records of one source. What raises ``msgspec.MsgspecError`` or ``ValueError`` was not written by `written`."""

    def __init__(self) -> None:
        self._packer = Packer()
        self._decode: dict[str, Callable[[msgspec.Raw], Any]] = {}

    def read(self, kind: str, raw: msgspec.Raw) -> Any:
        """One record."""
        decode = self._decode.get(kind)
        if decode is None:
            decode = self._decode[kind] = decoder(KINDS[kind]).decode
        record = decode(raw)
        if kind == "alerts":
            return self._alert(record)
        return (record.leave or record.holiday) if kind == "days" else record

    def _alert(self, wire: WireAlert) -> Alert:
        share = self._packer.shared
        facts = {name: getattr(wire, name) for name in _FACTS}
        for name in ("name", "where", "started_at", "receivers", "groups", "silences"):
            facts[name] = share(facts[name])
        facts["ref"] = Ref(share(wire.ref.source), wire.ref.id)
        if wire.packed:
            return self._packer.packed(wire.labels, wire.annotations, wire.generator, wire.summary, **facts)
        return Alert(**facts, summary=wire.summary, labels=wire.labels, annotations=wire.annotations, links=wire.links)


def likeness(provider: str, settings: Mapping[str, object]) -> str:
    """What a source is, whoever asks: its provider and its keys without ``auth``. A reference to a secret counts by its text, for
    it may name a tenant or an address. Two sources that are alike say the same."""
    keys = {name: each for name, each in settings.items() if name != "auth"}
    text = msgspec.json.encode([provider, keys], enc_hook=repr, order="deterministic")
    return blake2b(text, digest_size=16).hexdigest()
