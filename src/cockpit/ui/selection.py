"""What the person has chosen: the cursor and the marks of the lists, as the alerts and traps that an action is for."""

from __future__ import annotations

from ..core.alerts import Ref
from ..core.view import View
from .alerts import Alerts
from .subject import Subject, of_row, of_trap
from .traps import Traps, ref_of


class Selection:
    """``about`` is the list that the other panes are about: ``alerts`` or ``traps``."""

    def __init__(self, alerts: Alerts, traps: Traps, view: View) -> None:
        self._alerts, self._traps, self.view = alerts, traps, view
        self.about = "alerts"

    @property
    def subject(self) -> Subject:
        """What the cursor is on."""
        return of_trap(self._traps.here, self.view) if self.about == "traps" else of_row(self._alerts.here, self.view)

    def alert_refs(self) -> tuple[Ref, ...]:
        """The marked alerts, else the one under the cursor; in the Traps pane, those that the traps raised."""
        if self.about != "traps":
            here = self._alerts.here
            return self._alerts.marked() or ((here.alert.ref,) if here is not None else ())
        names = {(ref.source, ref.id) for ref in self.trap_refs()}
        return tuple(row.alert.ref for row in self.view.alerts if (row.alert.ref.source, row.alert.trap) in names)

    def trap_refs(self) -> tuple[Ref, ...]:
        """The marked traps, else the one under the cursor, or the one that raised the alert under it."""
        if self.about == "traps" and self._traps.marks:
            return tuple(ref for each in self._traps.traps if (ref := ref_of(each)) in self._traps.marks)
        trap = self.subject.trap
        return (ref_of(trap),) if trap is not None else ()
