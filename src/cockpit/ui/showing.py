"""Which facts the Detail pane shows: those of what the cursor is on, in the pane that had the keys last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..core.alerts import Alert, AlertState, Silence
from ..core.curves import Curve
from ..core.questions import Answered, HistoryOf
from ..core.roster import OnCall, Person, display
from ..core.traps import TrapView
from . import facts
from .alert_face import SEVERITIES
from .detail import Shown
from .runbooks import Offer
from .silences import state_of
from .told import Told, ref_of
from .traps import STATES

if TYPE_CHECKING:
    from ..core.view import Row, View
    from ..engine.desk import Desk
    from .subject import Subject

Panes = tuple[OnCall | None, Offer | None, TrapView | None, Silence | None]
"""What the cursors of On call, Runbooks, Traps and Silences are on."""

_CHART = timedelta(hours=6)
_SCALE = 12  # cells that the scale beside a picture takes, about


class Showing:
    """Makes the facts, and keeps a trap's readings until a newer look is told of. ``zone`` is the viewer's; of a trap, Detail shows
    what the Traps pane has ``told``. ``room`` is how wide the pane is, 0 where it is not seen."""

    def __init__(self, desk: Desk, zone: str, people: Mapping[str, Person], told: Told) -> None:
        self._desk, self._zone, self._people, self._told = desk, zone, people, told
        self._called = display(people.values())
        self.room = 0
        self.looks = True
        """Whether the pane is open: what nobody sees is not asked for."""
        self._points: tuple[object, Sequence[tuple[float, float]]] = (None, ())
        self._hit: tuple[object, Silence | None, tuple[Row, ...]] = (None, None, ())

    def of_pane(self, pane: str, panes: Panes, about: Subject, view: View, now: datetime) -> Shown:
        """What the cursor of that pane is on; where it is on nothing, what the board is about."""
        roster, offer, trap, silence = panes
        if pane == "silences":
            return self.of_silence(silence, view, now)
        if pane == "oncall" and roster is not None:
            return self.of_roster(roster, now)
        if pane == "runbooks" and offer is not None:
            return self.of_runbook(offer, about)
        return self.of_trap(trap, view, now) if pane == "traps" else self.of_subject(about, view, now)

    def of_subject(self, about: Subject, view: View, now: datetime) -> Shown:
        """An alert, a group of alerts, or a trap."""
        if about.group is not None:
            from . import group_facts  # here: most screens show no group

            group = about.group
            called = f"{SEVERITIES[group.worst.alert.severity][0]} {len(group)}× {group.title}"
            title = ((called, "stale" if about.over else "title"), *([("over", "ok")] if about.over else []))
            return Shown(("group", group.key), title, group_facts.of_group(group, now, self._zone, over=about.over))
        if about.row is not None:
            trap = self._told.of(about.trap) if about.trap is not None else None
            alert = about.row.alert
            role = "stale" if about.row.stale else "title"
            name = f"{SEVERITIES[alert.severity][0]} {alert.name}" + (f" · {alert.where}" if alert.where else "")
            over = [("resolved", "ok")] if alert.state is AlertState.RESOLVED else []
            title = ((name, role), *over)
            told = self._desk.look_up(HistoryOf(alert.ref)) if self.looks else Answered()
            curve = self._curve(alert, trap, now)
            past, incident = self._desk.past(alert), self._desk.incident_of(alert.ref)
            return Shown(
                alert.ref, title, facts.of_alert(about.row, view, now, self._zone, curve, trap, told, past, incident, self._called)
            )
        return self.of_trap(about.trap, view, now)

    def of_trap(self, trap: TrapView | None, view: View, now: datetime) -> Shown:
        """A trap."""
        if trap is None:
            return Shown(None, (), ())
        trap = self._told.of(trap)
        title = ((f"{STATES[trap.state][0]} {trap.trap.name}", "title"),)
        return Shown(ref_of(trap), title, facts.of_trap(trap, now, self._zone, self._curve(trap, trap, now), view.keeper))

    def of_silence(self, each: Silence | None, view: View, now: datetime) -> Shown:
        """A silence, with what it hits."""
        if each is None:
            return Shown(None, (), ())
        from . import silence_facts  # here: the first screen shows no silence

        if self._hit[0] is not view.alerts or self._hit[1] != each:
            self._hit = (view.alerts, each, silence_facts.hit_by(each, view))
        title = ((f"{state_of(each)[0]} {each.match}", "title"),)
        return Shown(("silence", each.ref), title, silence_facts.of_silence(each, self._hit[2], now, self._zone, self._called))

    def of_roster(self, each: OnCall | None, now: datetime) -> Shown:
        """A roster."""
        if each is None:
            return Shown(None, (), ())
        return Shown(
            ("roster", each.source, each.roster), ((each.roster, "title"),), facts.of_roster(each, now, self._zone, self._people)
        )

    def of_runbook(self, each: Offer | None, about: Subject) -> Shown:
        """A runbook, as it would run now."""
        if each is None:
            return Shown(None, (), ())
        plan, book = self._desk.plan(each.runbook.name, about.alert, {}), self._desk.books().get(each.runbook.name)
        prose = book.blocks if book is not None else ()
        key = ("runbook", each.runbook.name, about.alert)
        made = facts.of_runbook(each.runbook, plan, each.title, each.why_not, prose, each.last)
        return Shown(key, ((each.runbook.name, "title"),), made)

    def _curve(self, about: Alert | TrapView | None, trap: TrapView | None, now: datetime) -> Curve | None:
        """How it went over the last hours: by this machine's own readings, or by those of whoever measures it."""
        if trap is not None and not trap.watch.told:
            return self._readings(trap, now)
        return self._desk.series(about, self.room - _SCALE) if about is not None and self.room > _SCALE else None

    def _readings(self, trap: TrapView, now: datetime) -> Curve | None:
        metric = facts.watched(trap)
        asked = (ref_of(trap), metric, trap.watch.checked_at)
        if metric and self._points[0] != asked:
            self._points = (asked, self._desk.readings(trap.trap.name, metric, now - _CHART))
        points = tuple(self._points[1]) if metric else ()
        if len(points) < 3:
            return None  # nothing is on its way
        trip = trap.trap.trip
        bound = trip if trip is not None and trip.metric == metric else None
        return Curve(points=points, what=metric, name=metric, bound=bound)
