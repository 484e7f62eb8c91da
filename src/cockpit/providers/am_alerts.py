"""An alert as Alertmanager tells it → an alert as the cockpit shows it: name, place, severity, links, and why it is hushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import SEVERITY_WORDS, Alert, AlertState, Ref, Severity
from ..core.packed import Packer, clean_table
from ..core.text import clean
from .am_acks import PREFIX, Mark, mark_of
from .am_matchers import written
from .am_wire import WireAlert, WireGroup, WireMatcher, WireSilence
from .listed import Listed
from .records import when

SEVERITIES: Mapping[str, Severity] = {
    **SEVERITY_WORDS,
    **dict.fromkeys(("page", "crit", "emergency", "alert", "fatal", "disaster", "sev1", "s1", "p1"), Severity.CRITICAL),
    **dict.fromkeys(("err", "high", "major", "sev2", "s2", "p2"), Severity.ERROR),
    **dict.fromkeys(("warn", "medium", "minor", "average", "ticket", "sev3", "s3", "p3"), Severity.WARNING),
    **dict.fromkeys(("information", "informational", "notice", "low", "none", "debug", "ok", "sev4", "s4", "p4"), Severity.INFO),
}
"""What people write into a severity label, in lower case."""

WHERE = ("instance", "host", "hostname", "node", "nodename", "pod", "device", "service", "job", "namespace", "cluster")
"""The labels that say where, the first that is there."""

_SUMMARIES = ("summary", "title", "message", "description")
_NO_NAME = "(no alertname)"


class Look(msgspec.Struct, frozen=True):
    """How alerts are read here: the source's name, the label with the severity and its words, the labels that say where, and what
    packs them."""

    source: str
    label: str
    words: Mapping[str, Severity]
    where: Sequence[str]
    packer: Packer


class Seen(msgspec.Struct, frozen=True, gc=False):
    """One alert at one member or at all: as shown when nothing hushes it; ``exact`` are its labels to the byte where those that are
    shown were cleaned, ``silenced`` and ``inhibited`` the ids of what hushes it, ``hushed`` whether anything does."""

    alert: Alert
    exact: Mapping[str, str] | None = None
    silenced: tuple[str, ...] = ()
    inhibited: tuple[str, ...] = ()
    hushed: bool = False

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels, to the byte."""
        return self.alert.labels if self.exact is None else self.exact


One = Alert | Seen
"""An alert that nothing hushes and whose labels are as they are shown is no more than that: there are very many of those."""


def whole(it: One) -> Seen:
    """Of either, all that is known."""
    return it if isinstance(it, Seen) else Seen(it)


def id_of(it: One) -> str:
    """Its id at its source."""
    return it.alert.ref.id if isinstance(it, Seen) else it.ref.id


def renamed(it: One, alert_id: str) -> One:
    """The same with another id."""
    alert = whole(it).alert
    other = msgspec.structs.replace(alert, ref=Ref(alert.ref.source, alert_id))
    return msgspec.structs.replace(it, alert=other) if isinstance(it, Seen) else other


def listed(records: tuple[One, ...]) -> Listed[One, Seen]:
    """Alerts by id, no two of which have the same."""
    return Listed(records, id_of, whole)


def seen(wire: WireAlert, look: Look) -> One:
    """One alert read. What hushes it is told by ids alone: see `shown`."""
    labels, annotations, status = wire.labels, wire.annotations or {}, wire.status
    shared = look.packer.shared
    receivers = tuple(clean(each.name) for each in wire.receivers or ())
    silenced, inhibited = tuple(map(clean, status.silenced_by or ())), tuple(map(clean, status.inhibited_by or ()))
    safe = clean_table(labels)
    alert = look.packer.packed(
        safe,
        annotations,
        wire.generator,
        next((annotations[name] for name in _SUMMARIES if annotations.get(name)), ""),
        ref=Ref(look.source, _id(wire)),
        name=shared(clean(labels.get("alertname", "")) or _NO_NAME),
        severity=look.words.get(labels.get(look.label, "").strip().lower(), Severity.UNKNOWN),
        state=AlertState.FIRING,
        where=shared(clean(next((labels[name] for name in look.where if labels.get(name)), ""))),
        started_at=shared(when(wire.starts_at)),
        receivers=shared(receivers),
    )
    hushed, exact = bool(silenced or inhibited) or status.state == "suppressed", None if safe is labels else labels
    return Seen(alert, exact, silenced, inhibited, hushed) if hushed or exact is not None else alert


def _id(wire: WireAlert) -> str:
    """The fingerprint, which is made from the labels; where there is none, another such."""
    given = wire.fingerprint
    return given if given and len(given) <= 64 and clean(given) == given else digest(wire.labels)


def digest(labels: Mapping[str, str]) -> str:
    """An id that follows from the labels alone."""
    from hashlib import blake2b  # deferred: OpenSSL comes with it, and nearly all tell their ids

    return blake2b(repr(sorted(labels.items())).encode("utf-8", "replace"), digest_size=8).hexdigest()


class Hush(msgspec.Struct, frozen=True):
    """What one silence says of the alerts that it hushes, read once for all of them. ``mark`` is ``None`` for a silence like any
    other; ``made`` is by its Alertmanager's clock, ``began`` the same and ``ends`` its end by ours. One that is renewed until what
    it hushes has resolved has no end to tell of, nor has one whose end nobody can read."""

    silence: WireSilence
    mark: Mark | None
    words: str
    made: datetime | None
    began: datetime | None
    ends: datetime | None

    @property
    def acks(self) -> bool:
        """Whether it stands for an acknowledgement."""
        return self.mark is not None and self.mark.ack


def hushes(
    silences: Mapping[str, WireSilence], before: Mapping[str, Hush], ahead: timedelta, prefix: str = PREFIX
) -> dict[str, Hush]:
    """Silences read, by id; one that says what it said ``before`` is the very same. The Alertmanager's clock is so far ``ahead`` of
    ours; the comments of acknowledgements begin with ``prefix``."""
    found = {}
    for each, silence in silences.items():
        known = before.get(each)
        found[each] = known if known is not None and known.silence == silence else _hush(each, silence, ahead, prefix)
    return found


def _hush(silence_id: str, silence: WireSilence, ahead: timedelta, prefix: str) -> Hush:
    mark, made, ends = mark_of(silence, prefix), when(silence.starts_at), when(silence.ends_at)
    comment = mark.why if mark is not None else silence.comment
    words = f"silenced by {silence.created_by or 'someone'}" + (f": {comment}" if comment else "") + f" ({silence_id[:8]})"
    lasts = mark is not None and mark.ours and not mark.ack
    return Hush(
        silence=silence,
        mark=mark,
        words=words,
        made=made,
        began=made - ahead if made is not None else None,
        ends=ends - ahead if ends is not None and not lasts else None,
    )


class Hushed(msgspec.Struct, frozen=True):
    """What `shown` needs to say why an alert is hushed: the silences by id, the names of the alerts by fingerprint, the intervals
    that mute an alert now and the groups that it stands in, both by fingerprint. ``now`` is the Alertmanager's clock;
    acknowledgements from before ``old`` do not count any more: their alerts come back before the eyes."""

    silences: Mapping[str, Hush]
    now: datetime
    names: Mapping[str, str] = {}
    muted: Mapping[str, tuple[str, ...]] = {}
    groups: Mapping[str, tuple[str, ...]] = {}
    old: datetime | None = None


def shown(it: Seen, by: Hushed, *, louder: bool = False) -> Alert:
    """The alert with its state. ``louder``: some member of the cluster does not hush it, so it fires.

    An acknowledgement covers the firing that it was made for: a later one of the same alert fires, whatever still hushes it there.
    """
    alert, changes = it.alert, dict[str, object]()
    groups, muted = by.groups.get(alert.ref.id, ()), by.muted.get(alert.ref.id, ())
    if groups:
        changes["groups"] = groups
    silences = [
        (each, found) for each in it.silenced if (found := by.silences.get(each)) is None or not found.silence.expired
    ]  # one may have ended between two questions of the same poll
    if not (silences or it.inhibited or muted or (it.hushed and not it.silenced)):
        return msgspec.structs.replace(alert, **changes) if changes else alert
    acks = [hush for _, hush in silences if hush is not None and hush.acks]
    plain = [(each, hush) for each, hush in silences if hush is None or not hush.acks]
    changes["silences"] = tuple(each for each, _ in silences)
    covering = [(mark, hush) for hush in acks if (mark := hush.mark) and mark.covers(alert.started_at, hush.silence, by.now)]
    if covering:
        mark, hush = max(covering, key=lambda each: each[1].silence.starts_at)
        changes |= {"acknowledged_by": mark.who, "acknowledged_at": hush.began, "acknowledged_why": mark.why}
        louder = louder or (by.old is not None and hush.made is not None and hush.made < by.old and not plain)
    reasons = [hush.words if hush is not None else f"silence {each[:8]}" for each, hush in plain]
    reasons += [f"inhibited by {by.names.get(each, each)}" for each in it.inhibited if not covering]
    reasons += [f"muted by {', '.join(muted)}"] if muted else []
    if louder:
        return msgspec.structs.replace(alert, **changes)
    if reasons or not (covering or acks):
        until = _last_end([hush for _, hush in plain]) if len(reasons) == len(plain) else None
        hushed_by = clean("; ".join(reasons) or "suppressed")
        changes |= {"state": AlertState.SUPPRESSED, "suppressed_by": hushed_by, "suppressed_until": until}
    elif covering:
        changes["state"] = AlertState.ACKNOWLEDGED
    return msgspec.structs.replace(alert, **changes)


def _last_end(silences: Sequence[Hush | None]) -> datetime | None:
    """When none of these hushes any more (our clock); ``None`` where one of them does not tell."""
    ends = [hush.ends for hush in silences if hush is not None and hush.ends is not None]
    return max(ends) if ends and len(ends) == len(silences) else None


def routed(groups: Sequence[WireGroup]) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """(the groups of each alert, the intervals that mute each alert), by fingerprint. Muted is what is muted wherever it goes."""
    standing: dict[str, list[str]] = {}
    muting: dict[str, list[tuple[str, ...]]] = {}
    for group in groups:
        labels = " ".join(written(WireMatcher(name, value)) for name, value in sorted(group.labels.items()))
        name = clean(f"{group.receiver.name}: {labels}" if labels else group.receiver.name)
        for each in group.alerts:
            standing.setdefault(each.fingerprint, []).append(name)
            muting.setdefault(each.fingerprint, []).append(tuple(map(clean, each.status.muted_by or ())))
    return (
        {each: tuple(dict.fromkeys(names)) for each, names in standing.items()},
        {each: tuple(sorted({name for one in found for name in one})) for each, found in muting.items() if all(found)},
    )
