"""What the members of a cluster said, as one: every alert once, with what hushes it, and in words where they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import Alert
from ..core.same import alike, differing
from ..provider import ProviderError
from .am_acks import PREFIX
from .am_alerts import Hush, Hushed, One, Seen, hushes, id_of, listed, routed, whole
from .am_groups import MOST_GROUPED
from .am_member import Member, Told
from .am_members import told_by
from .am_showing import Showing
from .am_wire import WireGroup, WireSilence
from .listed import Listed
from .records import when
from .skew import ahead, steady, told_skew

LASTS = 2
"""Polls for which members may differ before that is said."""


class Known(msgspec.Struct, frozen=True):
    """All that a cluster said in one poll. ``seen`` and ``silences`` by id; ``alerts`` as they are shown, by id; ``skew`` is how
    far their clock is ahead of ours, ``restarted`` when the member that began last did (their clock). ``old_silences``: no member
    told them, so they are those of the last time."""

    seen: Listed[One, Seen]
    alerts: Listed[Alert, Alert]
    silences: Mapping[str, WireSilence]
    rejected_alerts: int
    rejected_silences: int
    complete: bool
    remarks: tuple[str, ...]
    skew: timedelta
    restarted: datetime | None
    old_silences: bool

    def under(self) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
        """The labels, by id, of the alerts that are said to be hushed by each silence, by its id: one pass over all, for a storm
        is acknowledged by a thousand."""
        found: dict[str, dict[str, Mapping[str, str]]] = {}
        for it in self.seen.records:
            if isinstance(it, Seen):
                for each in it.silenced:
                    found.setdefault(each, {})[id_of(it)] = it.labels
        return found


class Merger:
    """Puts together what members say, poll after poll: what has not changed is not looked at again, and is the very same object.
    Acknowledgements, whose comments begin with ``prefix``, do not count any more when they are older than ``ack_age``."""

    def __init__(self, ack_age: timedelta | None, prefix: str = PREFIX) -> None:
        self._ack_age, self._prefix = ack_age, prefix
        self._showing = Showing()
        self._routed: tuple[tuple[WireGroup, ...], _Routes] = (), ({}, {})
        self._looked: tuple[One, ...] = ()
        self._inhibiting: frozenset[str] = frozenset()
        self._named: Mapping[str, str] = {}
        self._skew = timedelta()
        self._hushes: Mapping[str, Hush] = {}
        self._unlike: Mapping[tuple[str, str], int] = {}

    def merged(self, good: Sequence[tuple[Member, Told]], bad: Sequence[tuple[Member, ProviderError]], now: datetime) -> Known:
        """One answer out of those that came. ``now`` (UTC) is our clock when they were asked."""
        told = [each for _, each in good]
        skew = steady(ahead((each.date for each in told), now), self._skew)
        hushes_before = self._hushes if skew == self._skew else {}  # what they said of times was by another clock
        self._skew = skew
        old_silences = all(each.unsaid for each in told)
        silences = _silences([each for each in told if old_silences or not each.unsaid])
        seen, disputed = _alerts(told)
        groups, muted = self._routes(tuple(group for each in told for group in each.groups or ()))
        if seen.records is not self._looked:
            self._look(seen.records)
        self._hushes = hushes(silences, hushes_before, skew, self._prefix)
        theirs = now + skew
        old = None if self._ack_age is None else theirs - self._ack_age
        hushed = Hushed(self._hushes, theirs, self._named, muted, groups, old)
        return Known(
            seen=seen,
            alerts=self._showing.shown(seen.records, hushed, disputed),
            silences=silences,
            rejected_alerts=max(each.rejected_alerts for each in told),
            rejected_silences=max(each.rejected_silences for each in told),
            complete=not bad and not old_silences,
            remarks=(
                *_missing(good, bad), *_unsaid(good), *self._lasting(good, seen, disputed), *told_skew(skew), *_ungrouped(told),
            ),
            skew=skew,
            restarted=max((at for each in told if each.server and (at := when(each.server.uptime)) is not None), default=None),
            old_silences=old_silences,
        )  # fmt: skip

    def _lasting(self, good: Sequence[tuple[Member, Told]], seen: Listed[One, Seen], disputed: set[str]) -> tuple[str, ...]:
        """What members have differed in for `LASTS` polls: what one has just been told, the others learn a moment later."""
        before, found = self._unlike, _differences(good, seen, disputed)
        self._unlike = {(how, each): before.get((how, each), 0) + 1 for how, ids, _ in found for each in ids}
        said = []
        for how, ids, words in found:
            if lasting := [each for each in ids if self._unlike[how, each] > LASTS]:
                said.append(words.format(some(lasting, seen)))
        return tuple(said)

    def _look(self, records: tuple[One, ...]) -> None:
        """Find what inhibits others, and what is said of it."""
        places = differing(records, self._looked) if not self._inhibiting else None
        self._looked = records
        changed = (
            records if places is None else (records[place] for place in places)
        )  # in all others nothing is inhibited, as before
        self._inhibiting = frozenset(each for it in changed if isinstance(it, Seen) for each in it.inhibited)
        among = records if self._inhibiting else ()
        self._named = {each: _named(whole(it).alert) for it in among if (each := id_of(it)) in self._inhibiting}

    def _routes(self, groups: tuple[WireGroup, ...]) -> _Routes:
        if not alike(groups, self._routed[0]):
            self._routed = groups, routed(groups)
        return self._routed[1]


_Routes = tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]


def _alerts(told: Sequence[Told]) -> tuple[Listed[One, Seen], set[str]]:
    """The alerts of all, and which of them some member hushes and another does not."""
    first = told[0].alerts
    if all(alike(each.alerts.records, first.records) for each in told[1:]):
        return first, set()
    found: dict[str, One] = {}
    loud: set[str] = set()
    quiet: set[str] = set()
    for each in told:
        for alert_id, it in zip(each.alerts, each.alerts.records, strict=True):
            (quiet if isinstance(it, Seen) and it.hushed else loud).add(alert_id)
            before = found.get(alert_id)
            found[alert_id] = it if before is None or before is it else _both(whole(before), whole(it))
    return listed(tuple(found.values())), loud & quiet


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


def _differences(
    good: Sequence[tuple[Member, Told]], seen: Listed[One, Seen], disputed: set[str]
) -> list[tuple[str, Sequence[str], str]]:
    """(which member in what, the ids of the alerts, and the words for them around ``{}``)."""
    found: list[tuple[str, Sequence[str], str]] = []
    for member, told in good:
        if alike(told.alerts.records, seen.records):
            continue
        name = member.name.replace("{", "{{").replace("}", "}}")
        if unknown := [each for each in seen if each not in told.alerts]:
            found.append((f"{member.name} unknown", unknown, f"{name} does not know {{}}, which others have"))
        if quiet := sorted(each for each in disputed if each in told.alerts and told.alerts[each].hushed):
            found.append((f"{member.name} quiet", quiet, f"{name} alone hushes {{}}: taken as firing"))
    return found


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
