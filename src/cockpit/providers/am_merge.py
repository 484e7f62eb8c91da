"""What the members of a cluster said, as one: every alert once, with what hushes it, and in words where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import Alert
from ..provider import ProviderError
from .am_alerts import Hushed, Seen, routed, shown
from .am_members import MOST_GROUPED, Member, Told, told_by
from .am_wire import WireSilence
from .records import when
from .skew import ahead, told_skew


class Known(msgspec.Struct, frozen=True):
    """All that a cluster said in one poll. ``seen`` and ``silences`` by id; ``alerts`` as they are shown, by id; ``skew`` is how
    far their clock is ahead of ours, ``restarted`` when the member that began last did (their clock). ``old_silences``: no member
    told them, so they are those of the last time."""

    seen: Mapping[str, Seen]
    alerts: Mapping[str, Alert]
    silences: Mapping[str, WireSilence]
    rejected_alerts: int
    rejected_silences: int
    complete: bool
    remarks: tuple[str, ...]
    skew: timedelta
    restarted: datetime | None
    old_silences: bool


def merged(
    good: Sequence[tuple[Member, Told]], bad: Sequence[tuple[Member, ProviderError]], now: datetime, ack_age: timedelta | None
) -> Known:
    """One answer out of those that came. ``now`` (UTC) is our clock when they were asked; acknowledgements older than ``ack_age``
    do not count any more."""
    told = [each for _, each in good]
    skew = ahead((each.date for each in told), now)
    old_silences = all(each.unsaid for each in told)
    silences = _silences([each for each in told if old_silences or not each.unsaid])
    seen, differing = _alerts(told)
    groups, muted = routed([group for each in told for group in each.groups or ()])
    names = {each: _named(it.alert) for each, it in seen.items()} if any(it.inhibited for it in seen.values()) else {}
    theirs = now + skew
    hushed = Hushed(silences, theirs, names, muted, groups, None if ack_age is None else theirs - ack_age)
    return Known(
        seen=seen,
        alerts={each: shown(it, hushed, louder=each in differing) for each, it in seen.items()},
        silences=silences,
        rejected_alerts=max(each.rejected_alerts for each in told),
        rejected_silences=max(each.rejected_silences for each in told),
        complete=not bad and not old_silences,
        remarks=(*_missing(good, bad), *_unsaid(good), *_differences(good, seen, differing), *told_skew(skew), *_ungrouped(told)),
        skew=skew,
        restarted=max((at for each in told if each.server and (at := when(each.server.uptime)) is not None), default=None),
        old_silences=old_silences,
    )


def _alerts(told: Sequence[Told]) -> tuple[dict[str, Seen], set[str]]:
    """The alerts of all, and which of them some member hushes and another does not."""
    if len(told) == 1:
        return dict(told[0].alerts), set()
    seen: dict[str, Seen] = {}
    loud: set[str] = set()
    quiet: set[str] = set()
    for each in told:
        for alert_id, it in each.alerts.items():
            (quiet if it.hushed else loud).add(alert_id)
            before = seen.get(alert_id)
            seen[alert_id] = it if before is None else _both(before, it)
    return seen, loud & quiet


def _both(one: Seen, other: Seen) -> Seen:
    alert = one.alert
    if other.alert.started_at is not None and (alert.started_at is None or other.alert.started_at < alert.started_at):
        alert = other.alert  # whichever was told first
    silenced, inhibited = (
        tuple(dict.fromkeys((*a, *b))) for a, b in ((one.silenced, other.silenced), (one.inhibited, other.inhibited))
    )
    return Seen(alert, one.exact, silenced, inhibited, one.hushed or other.hushed)


def _silences(told: Sequence[Told]) -> dict[str, WireSilence]:
    found: dict[str, WireSilence] = {}
    for each in told:
        for silence_id, silence in each.silences.items():
            before = found.get(silence_id)
            if before is None or _newer(silence, before):
                found[silence_id] = silence
    return found


def _newer(one: WireSilence, other: WireSilence) -> bool:
    mine, theirs = when(one.updated_at), when(other.updated_at)
    return mine is not None and (theirs is None or mine > theirs)


def _missing(good: Sequence[tuple[Member, Told]], bad: Sequence[tuple[Member, ProviderError]]) -> tuple[str, ...]:
    if not bad:
        return ()
    return (f"{len(good)} of {len(good) + len(bad)} members: {told_by(bad)}",)


def _unsaid(good: Sequence[tuple[Member, Told]]) -> tuple[str, ...]:
    return tuple(
        f"{member.name} does not tell its silences, those of the last time are shown: {told.unsaid}"
        for member, told in good
        if told.unsaid
    )


def _differences(good: Sequence[tuple[Member, Told]], seen: Mapping[str, Seen], differing: set[str]) -> tuple[str, ...]:
    said = []
    for member, told in good:
        unknown = [each for each in seen if each not in told.alerts]
        if unknown:
            said.append(f"{member.name} does not know {some(unknown, seen)}, which others have")
        quiet = [each for each in differing if each in told.alerts and told.alerts[each].hushed]
        if quiet:
            said.append(f"{member.name} alone hushes {some(sorted(quiet), seen)}: taken as firing")
    return tuple(said)


def some(ids: Sequence[str], seen: Mapping[str, Seen]) -> str:
    """These alerts in a few words: the first, and how many more."""
    first = _named(seen[ids[0]].alert)
    return first if len(ids) == 1 else f"{first} and {len(ids) - 1} more"


def _named(alert: Alert) -> str:
    return f"{alert.name} · {alert.where}" if alert.where and alert.where != alert.name else alert.name


def _ungrouped(told: Sequence[Told]) -> tuple[str, ...]:
    many = max(len(each.alerts) for each in told) > MOST_GROUPED
    timed = any(each.server is not None and "time_intervals" in each.server.config.original for each in told)
    if many and timed and all(each.groups is None for each in told):
        return (f"more than {MOST_GROUPED} alerts: what is muted by time is not told apart",)
    return ()
