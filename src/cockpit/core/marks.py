"""What people put on this machine's own alerts (acks, silences, notes), and the alerts that its traps raise under them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from .alerts import Alert, AlertState, Ref, Remark, Severity, Silence
from .drills import DRILL_LABEL, DRILL_SUFFIX, Stage, stage
from .filters import Filter, FilterError, parse
from .pages import ChannelHealth
from .roster import Person, display
from .text import clean
from .traps import Trap, TrapState, Watch, gone_by, seen, subject


class AckMark(msgspec.Struct, frozen=True):
    """Someone has the alert ``id``. It covers firing number ``firing`` alone. ``at`` is UTC."""

    id: str
    firing: int
    who: str
    at: datetime
    note: str


class Marks(msgspec.Struct, frozen=True):
    """All that people have put on local alerts; keys are alert ids. Ended acks are not in here; ``ended`` are the silences that
    have ended lately."""

    acks: Mapping[str, AckMark]
    silences: tuple[Silence, ...]
    notes: Mapping[str, tuple[Remark, ...]]
    ended: tuple[Silence, ...] = ()


BLIND_SUFFIX = ":blind"
"""An alert about a trap that cannot see has the trap's name and this as its id."""


CHANNEL_PREFIX = "channel:"
"""An alert about a channel that fails has this and the channel's name as its id."""


def channel_of(alert_id: str) -> str:
    """The channel that an alert of this machine is about; "" for every other alert."""
    return alert_id.removeprefix(CHANNEL_PREFIX) if alert_id.startswith(CHANNEL_PREFIX) else ""


def channel_firing(health: ChannelHealth) -> int:
    """Which failing of a channel this is."""
    return int(health.failing_since.timestamp()) if health.failing_since is not None else 0


def trap_of(alert_id: str) -> str:
    """The trap that an alert of this machine comes from."""
    return alert_id.removesuffix(BLIND_SUFFIX).removesuffix(DRILL_SUFFIX)


def is_drill(alert_id: str) -> bool:
    """Whether an alert of this machine is a drill."""
    return alert_id.endswith(DRILL_SUFFIX) and not channel_of(alert_id)


def rehearsed(alert: Alert) -> Alert:
    """What a drill's alert stands for, to whoever judges alerts by what they are; every other alert is itself."""
    if not is_drill(alert.ref.id):
        return alert
    labels = {key: value for key, value in alert.labels.items() if key != DRILL_LABEL}
    return msgspec.structs.replace(alert, ref=Ref(alert.ref.source, alert.trap), name=alert.trap, labels=labels)


def firing_of(alert_id: str, watch: Watch) -> int:
    """Which firing of the alert this is, so that an acknowledgement covers this one and no later one."""
    if alert_id.endswith(BLIND_SUFFIX):
        return int(watch.blind_since.timestamp()) if watch.blind_since is not None else 0
    if is_drill(alert_id):
        return watch.drill.number if watch.drill is not None else 0
    return watch.firing


class Numbered(NamedTuple):
    """An alert of this machine, and which of its firings it is, so that what is done covers this one and no later one."""

    alert: Alert
    firing: int


def local_alerts(
    source: str,
    host: str,
    traps: Sequence[Trap],
    watches: Mapping[str, Watch],
    marks: Marks,
    now: datetime,
    me: tuple[str, ...] = (),
    channels: Sequence[ChannelHealth] = (),
    people: Sequence[Person] = (),
) -> tuple[Numbered, ...]:
    """The alerts of this machine at ``now``: one (id = the trap's name) for each trap that has tripped, also while it is blind;
    one (id = ``NAME:blind``) for each that has been blind longer than its ``blind_after``. One (id = ``NAME:drill``) for
    each whose drill has tripped, never in place of a real one. A disarmed trap raises none. And one
    (id = ``channel:NAME``) for each channel by which people could not be told when it was last tried. Whoever rehearses a trap is
    called as ``people`` say."""
    found: list[Numbered] = []
    hushes = [(silence, _parsed(silence)) for silence in marks.silences if silence.starts_at <= now < silence.ends_at]
    for trap in traps:
        watch = seen(trap, watches.get(trap.name, Watch()), now)
        if watch.rest_until is not None:
            continue
        late = (_gone_blind(source, host, trap, watch, now), _drilled(source, host, trap, watch, now, people))
        raised = (_tripped(source, host, trap, watch), *late)
        numbered = [Numbered(alert, firing_of(alert.ref.id, watch)) for alert in raised if alert is not None]
        found += [Numbered(_marked(*each, marks, hushes, now, me), each.firing) for each in numbered]
    for health in channels:
        if (failing := _failing(source, host, health)) is not None:
            firing = channel_firing(health)
            found.append(Numbered(_marked(failing, firing, marks, hushes, now, me), firing))
    return tuple(found)


def _failing(source: str, host: str, health: ChannelHealth) -> Alert | None:
    if health.failing_since is None:
        return None
    last = f"; it last worked at {health.last_sent_at:%Y-%m-%d %H:%M} UTC" if health.last_sent_at is not None else ""
    return Alert(
        ref=Ref(source, CHANNEL_PREFIX + health.channel),
        name=f"channel {health.channel} fails",
        severity=Severity.ERROR,
        state=AlertState.FIRING,
        summary=f"{health.why}{last}",
        where=health.channel,
        labels={"alertname": "ChannelFails", "host": host, "channel": health.channel, "severity": Severity.ERROR.word},
        annotations={"meaning": f"Nobody can be told by it. `cockpit page --test {health.channel}` tries it, and ends this alert."},
        started_at=health.failing_since,
    )


_NO_LABELS = frozenset({"bearer", "password", "token", "warn", "trip"})


def _labels(trap: Trap, host: str) -> dict[str, str]:
    labels = {"alertname": trap.name, "host": host, "probe": trap.probe, "trap": trap.name, "severity": trap.severity.word}
    if trap.owner:
        labels["owner"] = trap.owner
    for key, value in trap.params.items():
        # a runbook takes its parameters from here; secrets are references and are left out all the same
        if isinstance(value, (str, int, float)) and key not in _NO_LABELS and key not in labels:
            labels[key] = clean(str(value))
    return labels | trap.labels


def _annotations(trap: Trap) -> dict[str, str]:
    facts = {"went_wrong": trap.went_wrong, "detect": trap.detect, "signs": trap.signs, "runbooks": ",".join(trap.runbooks)}
    return {key: value for key, value in facts.items() if value}


def _tripped(source: str, host: str, trap: Trap, watch: Watch) -> Alert | None:
    if watch.tripped_at is None:
        return None
    text = watch.reading.text if watch.reading is not None else ""
    if watch.state is TrapState.BLIND:
        text = f"{text} (now blind: {watch.reason})"
    return Alert(
        ref=Ref(source, trap.name),
        name=trap.name,
        severity=trap.severity,
        state=AlertState.FIRING,
        summary=text or watch.reason,
        where=clean(subject(trap, host)),
        labels=_labels(trap, host),
        annotations=_annotations(trap),
        started_at=watch.tripped_at,
        trap=trap.name,
    )


def _gone_blind(source: str, host: str, trap: Trap, watch: Watch, now: datetime) -> Alert | None:
    if watch.state is not TrapState.BLIND or watch.blind_since is None:
        return None
    if not gone_by(watch.blind_since, trap.blind_after, now):
        return None
    fires_at = min(now, watch.blind_since + timedelta(seconds=trap.blind_after))
    return Alert(
        ref=Ref(source, trap.name + BLIND_SUFFIX),
        name=f"{trap.name} is blind",
        severity=max(Severity.WARNING, min(trap.severity, Severity.ERROR)),
        state=AlertState.FIRING,
        summary=watch.reason,
        where=clean(subject(trap, host)),
        labels=_labels(trap, host) | {"alertname": "TrapBlind"},
        annotations={"meaning": "This trap cannot see, so its silence says nothing."},
        started_at=fires_at,
        trap=trap.name,
    )


def _drilled(source: str, host: str, trap: Trap, watch: Watch, now: datetime, people: Sequence[Person]) -> Alert | None:
    drill = watch.drill
    if drill is None or stage(drill, watch.tripped_at, now) not in (Stage.TRIPPED, Stage.TAKEN):
        return None
    who = display(people)(drill.who)
    says = f"nothing is wrong: {who} rehearses this trap until {drill.until:%H:%M} UTC; an acknowledgement ends it"
    return Alert(
        ref=Ref(source, trap.name + DRILL_SUFFIX),
        name=f"DRILL {trap.name}",
        severity=trap.severity,
        state=AlertState.FIRING,
        summary=f"nothing is wrong: the drill of {who} was acknowledged, and is over" if drill.taken else says,
        where=clean(subject(trap, host)),
        labels=_labels(trap, host) | {DRILL_LABEL: "quiet" if drill.quiet else "true"},
        annotations=_annotations(trap) | {"meaning": "A drill. The trap itself goes on looking: a real trip ends the drill."},
        started_at=drill.trips_at,
        trap=trap.name,
    )


def _parsed(silence: Silence) -> Filter | None:
    try:
        return parse(silence.match)
    except FilterError:
        return None  # written by a newer cockpit: a silence that cannot be read hushes nothing


def _marked(
    alert: Alert, firing: int, marks: Marks, hushes: list[tuple[Silence, Filter | None]], now: datetime, me: tuple[str, ...]
) -> Alert:
    notes = marks.notes.get(alert.ref.id, ())
    if notes:
        alert = msgspec.structs.replace(alert, notes=notes)
    ack = marks.acks.get(alert.ref.id)
    if ack is not None and ack.firing == firing:
        alert = msgspec.structs.replace(
            alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=ack.who, acknowledged_at=ack.at, acknowledged_why=ack.note
        )
    hushing = [silence for silence, rule in hushes if rule is not None and rule.matches(alert, now, me)]
    if not hushing:
        return alert
    last = max(hushing, key=lambda each: (each.until_resolved, each.ends_at))  # until then it stays quiet
    why = f"silenced by {last.who}{' until it has resolved' if last.until_resolved else ''}" + f": {last.comment}" * bool(
        last.comment
    )
    until = None if last.until_resolved else last.ends_at
    ids = tuple(silence.ref.id for silence in hushing)
    return msgspec.structs.replace(alert, state=AlertState.SUPPRESSED, suppressed_by=why, suppressed_until=until, silences=ids)
