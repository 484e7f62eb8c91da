"""What the person has chosen: the cursor and the marks of the lists, as the alerts and traps that an action is for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..core.alerts import Ref
from ..core.rows import STATES, Ordered, beginning
from ..core.view import View
from .alerts import Alerts, refs_of
from .haunted import Haunted
from .keys import Key
from .silences import Silences
from .subject import Subject, of_row, of_trap
from .told import ref_of
from .traps import Traps


class Selection:
    """``about`` is the list that the other panes are about: ``alerts``, ``traps`` or ``silences``."""

    def __init__(self, alerts: Alerts, traps: Traps, silences: Silences, view: View) -> None:
        self._alerts, self._traps, self._silences, self.view = alerts, traps, silences, view
        self.about = "alerts"

    @property
    def _pane(self) -> Haunted[Any]:
        panes: Mapping[str, Haunted[Any]] = {"traps": self._traps, "silences": self._silences}
        return panes.get(self.about, self._alerts)

    @property
    def subject(self) -> Subject:
        """What the cursor is on."""
        if self.about == "silences":
            return Subject()
        if self.about == "traps":
            return of_trap(self._traps.here, self.view)
        group = self._alerts.group_here
        if group is not None:
            return Subject(group=group, over=group is self._alerts.ghost)
        return of_row(self._alerts.row_here, self.view)

    def silence_refs(self) -> tuple[Ref, ...]:
        """The marked silences, else the one under the cursor."""
        here = None if self.lost or (self.ghost and not self._silences.marks) else self._silences.here
        return self._silences.marked() or ((here.ref,) if here is not None else ())

    def alert_refs(self) -> tuple[Ref, ...]:
        """The marked alerts, else the one under the cursor, or all of the group under it; in the Traps pane, those that the traps
        raised; in Silences none."""
        if self.about == "silences":
            return ()
        if self.about != "traps":
            here = None if self._alerts.lost else self._alerts.here
            return self._alerts.marked() or (refs_of(here) if here is not None else ())
        raised = (row for ref in self.trap_refs() for row in self.view.alerts.raised(ref.source, ref.id))
        return tuple(row.alert.ref for row in Ordered(raised))

    def run_refs(self) -> tuple[Ref, ...]:
        """The alerts that a runbook is run for: the marked ones, else the one that is selected."""
        if self.about == "alerts" and (self._alerts.marks or self._alerts.lost):
            return self._alerts.marked()
        alert = self.subject.alert
        return (alert,) if alert is not None else ()

    def witnesses(self) -> tuple[Ref, ...]:
        """A few of the alerts that an action is for, that stand for all of them: of a group one in each state."""
        group = self._alerts.group_here if self.about == "alerts" and not self._alerts.marks and not self._alerts.lost else None
        if group is None:
            return self.alert_refs()
        places = (group.members.before(beginning(state)) for state in STATES)
        return tuple(dict.fromkeys(group.members[at].alert.ref for at in places if at < len(group)))

    def trap_refs(self) -> tuple[Ref, ...]:
        """The marked traps, else the one under the cursor, or the one that raised the alert under it."""
        if self.lost or (self.ghost and not self._traps.marks):
            return ()
        if self.about == "traps" and self._traps.marks:
            return tuple(ref for each in self._traps.traps if (ref := ref_of(each)) in self._traps.marks)
        trap = self.subject.trap
        return (ref_of(trap),) if trap is not None else ()

    @property
    def ghost(self) -> str:
        """Why nothing can be done to the thing under the cursor, where that has gone; "" where it has not."""
        if self._pane.ghost is None:
            return ""
        if self.about == "silences":
            return "that silence is not there any more"
        about = self.subject
        if about.group is not None:
            return f"the group {about.name} is over"
        return f"{about.name} is {'not set any more' if self.about == 'traps' else 'resolved'}"

    @property
    def lost(self) -> str:
        """Why nothing can be done to what was marked, where all of that has gone; "" where it has not."""
        if not self._pane.lost:
            return ""
        gone = {"traps": "the marked traps are not set any more", "silences": "the marked silences are not there any more"}
        return gone.get(self.about, "the marked alerts are resolved")

    def gone(self, table: Sequence[Key]) -> Mapping[str, str]:
        """Why nothing can be done to what has left the list while it was meant: the reason, by the ids of keys that act on it."""
        acting = [key.id for key in table if key.verb is not None and key.id != "pick-runbook"]
        marked = bool(self._pane.marks)
        if self.lost:
            return {id: self.lost for id in acting if id != "run"} | ({"run": self.ghost} if self.ghost else {})
        if not self.ghost:
            return {}
        return {id: self.ghost for id in (*acting, "mark") if id == "run" or not marked}


UNDO_FOR = timedelta(minutes=2)


class Undo:
    """The alerts that were acknowledged together last: ``u`` takes that back for all of them."""

    def __init__(self) -> None:
        self._last: tuple[Ref, ...] = ()
        self._at: datetime | None = None

    def remember(self, refs: Sequence[Ref], now: datetime) -> None:
        """These were acknowledged in one go."""
        self._last, self._at = tuple(refs), now

    def forget(self) -> None:
        """It has been taken back."""
        self._last = ()

    def refs(self, chosen: tuple[Ref, ...], marked: bool, view: View, now: datetime) -> tuple[Ref, ...]:
        """What an undo is for: marks, if there are any; else the last set, while the cursor stands in it, or on an alert that has
        no acknowledgement to take back; else what is chosen."""
        if marked or len(self._last) < 2 or self._at is None or now - self._at > UNDO_FOR:
            return chosen

        def taken(ref: Ref) -> bool:
            row = view.alert(ref)
            return row is not None and bool(row.alert.acknowledged_by)

        still = tuple(filter(taken, self._last))
        return still if still and all(ref in self._last or not taken(ref) for ref in chosen) else chosen
