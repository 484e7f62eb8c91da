"""When to ring: once for what fires anew, never for what was there when the screen opened."""

from __future__ import annotations

from ..core.alerts import AlertState, Ref, Severity
from ..core.view import View


class Bell:
    """Remembers what was firing. An alert that is acknowledged, suppressed, stale or mere information does not ring."""

    def __init__(self) -> None:
        self._firing: frozenset[Ref] | None = None

    def rings(self, view: View) -> bool:
        """Whether there is something new in this view, compared with the one before."""
        firing = frozenset(
            row.alert.ref
            for row in view.alerts
            if row.alert.state is AlertState.FIRING and row.alert.severity is not Severity.INFO and not row.stale
        )
        before, self._firing = self._firing, firing
        return before is not None and bool(firing - before)
