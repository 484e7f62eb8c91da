"""When to ring: once for what fires anew, never for what was there when the screen opened."""

from __future__ import annotations

from itertools import takewhile

from ..core.alerts import AlertState, Severity
from ..core.ranking import Ranking
from ..core.rows import Row
from ..core.view import View


class Bell:
    """Remembers what was firing. An alert that is acknowledged, suppressed, stale or mere information does not ring."""

    def __init__(self) -> None:
        self._before: Ranking | None = None

    def rings(self, view: View) -> bool:
        """Whether there is something new in this view, compared with the one before."""
        before, self._before = self._before, view.alerts
        if before is None:
            return False
        change = view.alerts.since(before)
        come = change.come if change is not None else takewhile(_fires, view.alerts)  # what fires stands before all else
        return any(_loud(row) and not _loud(before.find(row.alert.ref)) for row in come)


def _fires(row: Row) -> bool:
    return row.alert.state is AlertState.FIRING


def _loud(row: Row | None) -> bool:
    return row is not None and _fires(row) and row.alert.severity is not Severity.INFO and not row.stale
