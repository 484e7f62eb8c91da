"""A runbook resolved for things as they are now, and what has changed since somebody looked at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from ..core.plans import Plan, plan
from ..core.runbooks import Runbook
from ..core.steps.job import JobStep
from ..core.steps.step import ResolvedStep, Step
from ..core.text import clean
from ..core.units import Seconds

if TYPE_CHECKING:
    from ..core.actions import Run, Start
    from ..core.alerts import Ref
    from ..core.roster import OnCall, Person
    from ..core.view import View

SOON = 120.0
"""Seconds in which an engine can be expected to say what became of a run whose time is over."""


def resolved(
    runbooks: Mapping[str, Runbook],
    view: View,
    name: str,
    alert: Ref | None,
    given: Mapping[str, str],
    people: Iterable[Person] = (),
) -> Plan:
    """The plan for an alert as the view has it, or for none. Where there is no such runbook or alert (any more), the plan's
    ``refused`` says so."""
    book = runbooks.get(name)
    if book is None:
        unknown = Runbook(name=clean(name), title=clean(name), steps=())
        return Plan(unknown, {}, (), unknown.name, refused=f"there is no runbook {unknown.name}")
    rosters = on_duty(view.rosters, people)
    if alert is None:
        return plan(book, None, given, None, rosters)
    row = view.alert(alert)
    if row is None:
        return Plan(book, {}, (), name, refused=f"{clean(alert.id)} is not an alert any more")
    watch = next((t.watch for t in view.traps if (t.source, t.trap.name) == (alert.source, row.alert.trap)), None)
    reading = watch.reading.values if watch is not None and watch.reading is not None else None
    return plan(book, row.alert, given, reading, rosters)


def on_duty(rosters: Iterable[OnCall], people: Iterable[Person]) -> dict[str, str]:
    """Who is on call, as parameters know them: ``primary`` is the person, ``primary.name``, ``primary.timezone``, and by every
    contact ``primary.email``. Where several sources have a roster of that name, the first that has somebody on call counts."""
    found: dict[str, str] = {}
    known = {person.id: person for person in people}
    for each in rosters:
        if each.now is None or each.roster in found:
            continue
        person = known.get(each.now.person)
        found[each.roster] = each.now.person
        found[f"{each.roster}.name"] = each.now.name
        found[f"{each.roster}.timezone"] = each.now.timezone
        for contact in person.contacts if person is not None else ():
            found.setdefault(f"{each.roster}.{contact.via}", contact.to)
    return found


def difference(action: Start, now: Plan) -> str:
    """Why what would be executed now is not what the person saw (safety 10); "" if it is, or if nothing was shown."""
    if not action.preview or now.exact == action.preview:
        return ""
    for shown, fresh in zip(action.preview, now.exact, strict=False):
        for old, new in zip(shown, fresh, strict=False):
            if old != new:
                was, would = clean(repr(old), 200), clean(repr(new), 200)
                return f"the alert changed since you looked: it would now be {would} instead of {was}; look again"
    return "the alert changed since you looked: other steps would be run now; look again"


def resumed(run: Run, now: datetime) -> Plan:
    """The plan of a run that goes on elsewhere: to follow it, for as long as it has left, and long enough to learn how it went."""
    far = run.far
    if far is None:
        raise TypeError(f"{run.what} goes on nowhere else")
    job = JobStep(far.source, far.job, far.name, f"{far.name} at {far.source}", sent=dict(far.values))
    left = Seconds(max(SOON, (far.until - now).total_seconds()))
    book = Runbook(name=run.what, title=run.what, steps=(), timeout=left)
    return Plan(book, {}, (ResolvedStep(job, Step(job)),), run.target)
