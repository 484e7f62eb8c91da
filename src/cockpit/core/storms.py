"""Storms: very many alerts that began within a short time, told from the trickle of every day.

A storm begins where more than so many alerts began within so long; what goes on beginning at half that pace belongs to it, and so
does each of its alerts until it has resolved. So nothing flaps where the pace wavers about the bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from .alerts import Alert, AlertState, Ref
from .bunches import VARYING
from .groups import Group, GroupKey, key_of
from .ranking import Ranking
from .rows import Row
from .stormrule import StormRule

NEWS = 3600
"""Seconds: what began longer ago is no news, however many began with it, and makes no storm."""
MOST = 12
"""So many groups a storm is told in, at most, where there is another way to tell it."""
FEWEST = 3
"""So many alerts of a storm, at least, are told as a group: what is rare in a storm stays visible as itself."""
_PLACES = ("cluster", "region", "datacenter", "zone", "environment", "namespace", "service", "job", "team")
"""Labels by which a storm of many different alerts is told best, the best first."""
_LOOKED_AT = 500


class Storm:
    """One storm: its alerts by reference, and the labels by which it is told. ``begin`` and ``until`` are seconds since the epoch,
    of the first and the last beginning."""

    def __init__(self, begin: int, until: int, by: tuple[str, ...] = ()) -> None:
        self.begin, self.until, self.by = begin, until, by
        self.refs: set[Ref] = set()
        self.looked = 0
        """How many alerts it had when ``by`` was chosen."""


class Storms:
    """All storms that go on, kept by differences. ``rule`` says what a storm is."""

    def __init__(self, rule: StormRule) -> None:
        self._rule = rule
        self._recent: dict[int, dict[Ref, None]] = {}
        self._storm_of: dict[Ref, Storm] = {}
        self._every: Ranking | None = None
        self.storms: tuple[Storm, ...] = ()

    def of(self, ref: Ref) -> Storm | None:
        """The storm that an alert belongs to."""
        return self._storm_of.get(ref)

    def take(self, every: Ranking, now: datetime) -> frozenset[Ref] | None:
        """New facts. Gives the alerts that belong to a storm now and did not before, or to none any more, or whose storm is told by
        other labels; ``None`` where everything has to be looked at again."""
        if not self._rule.alerts:
            return frozenset()
        before, self._every = self._every, every
        change = every.since(before) if before is not None else None
        if change is None:
            self._recent, self._storm_of, self.storms = {}, {}, ()
            self._counted(every, (), now)  # of a hundred thousand, few are news
            self._judged(every, now)
            return None
        touched = self._counted(change.come, change.gone, now)
        return frozenset(touched | self._judged(every, now))

    def _counted(self, come: Iterable[Row], gone: Iterable[Row], now: datetime) -> set[Ref]:
        """Keep what began within the last hour by its second, and give what falls into a storm that goes on."""
        touched: set[Ref] = set()
        since = now - timedelta(seconds=NEWS)
        oldest = now.timestamp() - NEWS
        if not self.storms:  # what is older counts for nothing
            come, gone = _begun(come, since), _begun(gone, since)
        coming = {row.alert.ref: row for row in come}
        for row in gone:
            ref, second = row.alert.ref, _second(row.alert)
            self._recent.get(second, {}).pop(ref, None)
            if ref not in coming and (storm := self._storm_of.pop(ref, None)) is not None:
                storm.refs.discard(ref)
                touched.add(ref)
        for ref, row in coming.items():
            second = _second(row.alert)
            if second >= oldest and row.alert.state is not AlertState.SUPPRESSED:
                self._recent.setdefault(second, {})[ref] = None
            if self._put(ref, next((storm for storm in self.storms if storm.begin <= second <= storm.until), None)):
                touched.add(ref)
        for second in [second for second in self._recent if second < oldest or not self._recent[second]]:
            del self._recent[second]
        return touched

    def _put(self, ref: Ref, storm: Storm | None) -> bool:
        """Whether the alert belongs to another storm now than before."""
        had = self._storm_of.get(ref)
        if had is storm:
            return False
        if had is not None:
            had.refs.discard(ref)
            del self._storm_of[ref]
        if storm is not None:
            storm.refs.add(ref)
            self._storm_of[ref] = storm
        return True

    def _judged(self, every: Ranking, now: datetime) -> set[Ref]:
        """Begin, extend and end storms; gives the alerts of which something is to be said otherwise."""
        touched: set[Ref] = set()
        within = round(self._rule.within)
        for begin, until in dense({second: len(refs) for second, refs in self._recent.items()}, self._rule.alerts, within):
            near = [storm for storm in self.storms if storm.begin <= until + within and begin <= storm.until + within]
            storm = near[0] if near else Storm(begin, until)
            old = (storm.begin, storm.until) if near else (0, -1)
            storm.begin, storm.until = min(storm.begin, begin), max(storm.until, until)
            if not near:
                self.storms += (storm,)
            for second in self._recent:
                if storm.begin <= second <= storm.until and not old[0] <= second <= old[1]:
                    touched.update(ref for ref in self._recent[second] if self._put(ref, storm))
            if len(storm.refs) >= 2 * storm.looked:
                touched |= self._told_by(storm, every)
        few, long_ago = self._rule.alerts // 2, now.timestamp() - within
        over = [storm for storm in self.storms if len(storm.refs) <= few and storm.until < long_ago]
        for storm in over:
            touched |= storm.refs
            for ref in tuple(storm.refs):
                self._put(ref, None)
        if over:
            self.storms = tuple(storm for storm in self.storms if storm not in over)
        return touched

    def _told_by(self, storm: Storm, every: Ranking) -> set[Ref]:
        storm.looked = max(1, len(storm.refs))
        rows = (every.find(ref) for ref in storm.refs)
        by = self._rule.by or told_by([row.alert for row in rows if row is not None], storm.by)
        storm.by, before = by, storm.by
        return set(storm.refs) if before != by else set()


def _begun(rows: Iterable[Row], since: datetime) -> Iterator[Row]:
    return (row for row in rows if (started := row.alert.started_at) is not None and started >= since)


def _second(alert: Alert) -> int:
    return int(alert.started_at.timestamp()) if alert.started_at is not None else -1


def dense(counts: Mapping[int, int], many: int, within: int) -> list[tuple[int, int]]:
    """The stretches (first and last second) in which more than ``many`` began within ``within`` seconds, each for as long as half
    as many go on to; ``counts`` says how many began in which second."""
    found: list[tuple[int, int]] = []
    seconds = sorted(second for second, count in counts.items() if count)
    first, total, begin = 0, 0, -1
    for at, second in enumerate(seconds):
        while seconds[first] <= second - within:
            total -= counts[seconds[first]]
            first += 1
        if begin >= 0 and total < many / 2:  # what has just gone by, before this second counts
            found.append((begin, seconds[at - 1]))
            begin = -1
        total += counts[second]
        if begin < 0 and total > many:
            begin = found.pop()[0] if found and seconds[first] <= found[-1][1] else seconds[first]
    return [*found, (begin, seconds[-1])] if begin >= 0 else found


def in_groups(rows: Sequence[Row], rule: StormRule) -> tuple[Group, ...]:
    """The groups that a screen which had been there all the time would tell the storms among these in, however long ago they
    were; what is in none of them stands by itself."""
    counts: dict[int, int] = {}
    for row in rows:
        if row.alert.started_at is not None:
            counts[_second(row.alert)] = counts.get(_second(row.alert), 0) + 1
    groups: dict[GroupKey, list[Row]] = {}
    for begin, until in dense(counts, rule.alerts, round(rule.within)) if rule.alerts else ():
        storm = [row for row in rows if begin <= _second(row.alert) <= until]
        by = rule.by or told_by([row.alert for row in storm])
        for row in storm:
            groups.setdefault(key_of(row.alert, by), []).append(row)
    return tuple(Group(key, members) for key, members in groups.items() if len(members) >= FEWEST)


def told_by(alerts: Sequence[Alert], before: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The labels by which so many alerts are told best: their names, where those are not too many; else a label that all have,
    with few values. What was chosen ``before`` stays while it does not make twice too many groups."""
    names = len({alert.name for alert in alerts})
    if names <= MOST * (2 if before == _NAMED else 1):
        return _NAMED
    some = alerts[:: max(1, len(alerts) // _LOOKED_AT)]
    values = {name: _values(some, name) for name in some[0].labels if name not in ("alertname", "severity", *VARYING)}
    if len(before) == 1 and 0 < values.get(before[0], 0) <= 2 * MOST:
        return before
    order = {name: place for place, name in enumerate(_PLACES)}
    fit = [name for name, count in values.items() if 0 < count <= MOST]
    best = min(fit, key=lambda name: (order.get(name, len(order)), values[name], name), default=None)
    return (best,) if best is not None else _NAMED


_NAMED = ("alertname",)


def _values(alerts: Iterable[Alert], name: str) -> int:
    """How many values a label has; 0 where an alert has no such label."""
    found = {alert.labels.get(name) for alert in alerts}
    return 0 if None in found else len(found)
