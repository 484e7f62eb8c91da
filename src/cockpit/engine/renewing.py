"""The ranking of all alerts, made anew only where something changed: facts, what is expected of them, or how well a source sees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..core.alerts import Alert, Ref
from ..core.hopes import Hopes
from ..core.ranking import Ranking
from ..core.rows import Breathe, paced, unhurried
from ..core.same import differing, forget
from ..core.view import Told


class Renewing:
    """Remembers what it was last asked; `ranked` gives what `core.view.ranked` would, at the cost of the difference. A source must
    not tell of two alerts with one reference (`engine.answers` sees to that), and should tell of one that has not changed by the
    very same object. ``breathe``: see `core.rows`."""

    def __init__(self, now: datetime, breathe: Breathe = unhurried) -> None:
        self._breathe = breathe
        self._told: dict[str, Told] = {}
        self._hopes = Hopes((), now)
        self._me: tuple[str, ...] = ()
        self._rows = Ranking()
        self._plain: dict[Ref, Alert] = {}  # the facts, where something else is expected and shown

    def ranked(self, told: Sequence[Told], hopes: Hopes, now: datetime, me: tuple[str, ...]) -> Ranking:
        """The rows of all alerts, each as it is expected to be."""
        news, dropped = self._news(told, hopes, me)
        stale = {each.source: not each.sees for each in told}
        for ref in hopes.unlike(self._hopes) - news.keys() - dropped:
            if ref.source in stale and (alert := self._fact(ref)) is not None:
                news[ref] = alert
        rows = [hopes.row(alert, now, me, stale[ref.source]) for ref, alert in paced(news.items(), self._breathe)]
        ranking = self._rows.put(rows, dropped, self._breathe)
        for ref in dropped:
            self._plain.pop(ref, None)
        for row, (ref, alert) in zip(rows, news.items(), strict=True):
            if row.alert is not alert:
                self._plain[ref] = alert
            elif ref in self._plain:
                del self._plain[ref]
        self._rows, self._told, self._hopes, self._me = ranking, {each.source: each for each in told}, hopes, me
        return ranking

    def _news(self, told: Sequence[Told], hopes: Hopes, me: tuple[str, ...]) -> tuple[dict[Ref, Alert], set[Ref]]:
        """The alerts whose rows have to be made, and the references of those that are not told of any more."""
        whole: frozenset[str] = frozenset()
        if me != self._me or not hopes.hushes_like(self._hopes):
            whole = hopes.sweeping() | self._hopes.sweeping()
        news: dict[Ref, Alert] = {}
        dropped: set[Ref] = set()
        for name in self._told.keys() - {each.source for each in told}:
            dropped.update(alert.ref for alert in self._told[name].alerts)
        for each in told:
            was = self._told.get(each.source, Told(each.source))
            gone, come = difference(was.alerts, each.alerts, self._breathe)
            if was.sees is not each.sees or each.source in whole:
                come = each.alerts
            forget(each.alerts)  # the list before is let go: it is as long as this one
            dropped.update(alert.ref for alert in gone)
            news |= {alert.ref: alert for alert in paced(come, self._breathe)}
        return news, dropped - news.keys()

    def _fact(self, ref: Ref) -> Alert | None:
        """What its source last told of an alert."""
        if ref in self._plain:
            return self._plain[ref]
        row = self._rows.find(ref)
        return row.alert if row is not None else None


def difference(
    before: Sequence[Alert], after: Sequence[Alert], breathe: Breathe = unhurried
) -> tuple[Sequence[Alert], Sequence[Alert]]:
    """What is not the very same object any more: what went, and what came. Something that has only moved may be in both."""
    if before is after:
        return (), ()
    if not before:
        return (), after
    places = differing(tuple(after), tuple(before))  # the very same tuples, as a rule
    if places is not None:
        return [before[place] for place in places], [after[place] for place in places]
    old, new = {id(alert) for alert in paced(before, breathe)}, {id(alert) for alert in paced(after, breathe)}
    gone = [alert for alert in paced(before, breathe) if id(alert) not in new]
    return gone, [alert for alert in paced(after, breathe) if id(alert) not in old]
