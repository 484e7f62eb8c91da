"""When to ring: once for what fires anew, never for what was there when the screen opened."""

from __future__ import annotations

from itertools import takewhile

from ..core.alerts import AlertState, Severity
from ..core.ranking import Ranking
from ..core.rows import SEVERITIES, Row
from ..core.storms import Storm, Storms
from ..core.view import View


class Bell:
    """Remembers what was firing. An alert that is acknowledged, suppressed, stale or mere information does not ring. A storm rings
    once, and again where it gets worse: not for each of its alerts."""

    def __init__(self) -> None:
        self._before: Ranking | None = None
        self._rung: dict[Storm, int] = {}

    def rings(self, view: View, storms: Storms) -> bool:
        """Whether there is something new in this view, compared with the one before. ``storms`` have been told of this view."""
        self._rung = {storm: worst for storm, worst in self._rung.items() if storm in storms.storms}
        before, self._before = self._before, view.alerts
        if before is None:
            for ref in (ref for storm in storms.storms for ref in storm.refs):
                if (row := view.alert(ref)) is not None and _loud(row):
                    self._counts(row, storms)
            return False
        change = view.alerts.since(before)
        come = change.come if change is not None else takewhile(_fires, view.alerts)  # what fires stands before all else
        known = {row.alert.ref for row in change.gone if _loud(row)} if change is not None else None
        new = (
            row
            for row in come
            if _loud(row) and (row.alert.ref not in known if known is not None else not _loud(before.find(row.alert.ref)))
        )
        rung = [self._counts(row, storms) for row in new]  # each of them: what has rung is remembered
        return any(rung)

    def _counts(self, row: Row, storms: Storms) -> bool:
        """Whether an alert is worth a ring: one of a storm only if it is the first of it, or worse than all that rang."""
        storm = storms.of(row.alert.ref)
        if storm is None:
            return True
        place = SEVERITIES.index(row.alert.severity)
        rung = self._rung.get(storm)
        if rung is not None and rung <= place:
            return False
        self._rung[storm] = place
        return True


_FIRING, _INFO = AlertState.FIRING, Severity.INFO  # an enum's member is looked up in four times the time


def _fires(row: Row) -> bool:
    return row.alert.state is _FIRING


def _loud(row: Row | None) -> bool:
    if row is None:
        return False
    alert = row.alert
    return alert.state is _FIRING and alert.severity is not _INFO and not row.outlook.stale
