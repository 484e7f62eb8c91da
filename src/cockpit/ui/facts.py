"""What there is to say about an alert, a trap, a roster and a runbook: plain facts, which the Detail pane lays out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ..core.alerts import Alert, AlertState, Link
from ..core.paged import Paged, PageState
from ..core.questions import Answered
from ..core.roster import Naming
from ..core.runbooks import Confirm, Runbook
from ..core.spoken import spoken_alert
from ..core.traps import Trap, TrapState, TrapView, guards
from ..core.units import say_seconds
from .alert_face import SEVERITIES
from .exact import spell_shown
from .fact import BLANK, Fact, title_fact
from .measured import measured
from .past_words import past_facts
from .timeline import before, timeline, told_of
from .times import ago, city, clock, moment, said_age
from .traps import STATES

if TYPE_CHECKING:
    from ..core.aftermath import Past
    from ..core.curves import Curve
    from ..core.plans import Plan
    from ..core.prose import Block
    from ..core.roster import OnCall, Person, Shift
    from ..core.view import Row, View
    from .spans import Span


def of_alert(
    row: Row,
    view: View,
    now: datetime,
    zone: str,
    curve: Curve | None = None,
    trap: TrapView | None = None,
    told: Answered = Answered(),
    past: Sequence[Past] = (),
    incident: str = "",
    called: Naming = str,
) -> tuple[Fact, ...]:
    """All about an alert; ``curve`` is how it went over time, ``trap`` the trap that raised it, ``told`` what its source tells of
    it when asked, ``past`` what was run for it, ``incident`` the open one that it is in. Times in ``zone``; people are
    ``called`` so."""
    alert = spoken_alert(row.alert, called)
    glyph, word = SEVERITIES[alert.severity]
    role = "stale" if row.stale else alert.severity.word if alert.state is AlertState.FIRING else "muted"
    facts = [
        Fact(spans=((f"{glyph} {word}", role), ("  ", ""), *_fired(alert, now, zone), *_stands(alert, now, zone), *_pending(row)))
    ]
    if row.stale:
        facts.append(Fact(text=f"{alert.ref.source} does not see any more: this is the last that was known", role="blind"))
    if alert.summary:
        facts += [BLANK, Fact(text=alert.summary)]
    facts += [Fact("guarded by", f"{each.trap.name}: {each.says}") for each in view.traps if guards(each.trap, alert)]
    if alert.state is AlertState.ACKNOWLEDGED or alert.acknowledged_by:
        why = f": {alert.acknowledged_why}" if alert.acknowledged_why else ""
        at = f", {moment(alert.acknowledged_at, now, zone)} {city(zone)}" if alert.acknowledged_at else ""
        facts.append(Fact("acknowledged", f"by {alert.acknowledged_by or 'someone'}{at}{why}", "who"))
    facts += [Fact("incident", f"{incident}: i follows it", "who")] if incident else []
    if alert.suppressed_by:
        facts.append(Fact("suppressed", alert.suppressed_by))
    if alert.assignees:
        facts.append(Fact("assigned to", ", ".join(alert.assignees), "who"))
    if alert.pages:
        facts += [BLANK, title_fact("Paging"), *(_paged(each, now, zone) for each in alert.pages)]
    facts += past_facts(past, now, zone, called)
    if trap is not None:
        facts += [BLANK, *_reading(trap, curve), *_answers(trap)]
    elif curve is not None:
        facts += [BLANK, Fact(curve=curve)]
    for title, pairs in (("Labels", alert.labels), ("Annotations", alert.annotations)):
        shown = [Fact(" " + name, value) for name, value in sorted(pairs.items()) if value != alert.summary]
        facts += [BLANK, title_fact(title), *shown] if shown else []
    facts += _links(alert.links)
    routed = [Fact(" goes to", ", ".join(alert.receivers))] if alert.receivers else []
    routed += [Fact(" in group" if not n else " ", group) for n, group in enumerate(alert.groups)]
    facts += [BLANK, title_fact("Routing"), *routed] if routed else []
    story, above = told_of(told, alert.ref.source)
    facts += [
        *above,
        BLANK,
        title_fact("Timeline"),
        *timeline(alert, view.runs, now, zone, story, called),
        *before(story, now, zone),
    ]
    return (*facts, BLANK, Fact("source", f"{alert.ref.source} · {alert.ref.id}", "muted"))


_PAGES = {
    PageState.BEGUN: ("…", "pending"),
    PageState.SENT: ("✓", "text"),
    PageState.FAILED: ("✗", "critical"),
    PageState.PLANNED: ("→", "muted"),
}
_PAGE_WORDS = {PageState.BEGUN: "being told", PageState.SENT: "told", PageState.FAILED: "not told", PageState.PLANNED: "next"}
_ENDINGS = {"": "", "acknowledge": " that somebody has it", "resolve": " that it is over"}


def _paged(page: Paged, now: datetime, zone: str) -> Fact:
    """Who was told when, by which channel, and how that went; or who comes next."""
    glyph, role = ("?", "warning") if page.maybe else _PAGES[page.state]
    by = f" by {page.channel}" if page.channel else ""
    why = f": {page.why}" if page.why else ""
    if not page.channel and page.state in (PageState.FAILED, PageState.PLANNED):
        return Fact(
            f" {moment(page.at, now, zone)}",
            f"{glyph} there {'was' if page.state is PageState.FAILED else 'is'} nobody to tell{why}",
            role,
        )
    told = "perhaps told" if page.maybe else _PAGE_WORDS[page.state]
    words = f"{page.who or 'its routing'} {told}{_ENDINGS[page.ending]}{by}{why}"
    return Fact(f" {moment(page.at, now, zone)}", f"{glyph} {words}", role)


def of_trap(trap: TrapView, now: datetime, zone: str, curve: Curve | None = None, keeper: str = "") -> tuple[Fact, ...]:
    """All about a trap: the three answers, its bounds, its last reading, where that is heading, and its rest."""
    watch, configured = trap.watch, trap.trap
    glyph, role = STATES[trap.state]
    since = f" since {moment(watch.since, now, zone)} {city(zone)}" if watch.since and trap.state is not TrapState.DISARMED else ""
    facts = [Fact(spans=((f"{glyph} {trap.state.value}", role), (since, "muted"))), Fact(text=trap.says)]
    if trap.state is TrapState.BLIND and watch.reason:
        facts.append(Fact("cannot see", watch.reason, "blind"))
    if watch.rest_until is not None and trap.state is TrapState.DISARMED:
        left = said_age(now, watch.rest_until)
        facts.append(
            Fact(
                "at rest",
                f"until {moment(watch.rest_until, now, zone)} {city(zone)} ({left}), by {watch.rest_by}: {watch.rest_why}",
            )
        )
    facts += [BLANK, *_reading(trap, curve), *_answers(trap), BLANK, title_fact("How it looks")]
    looked = f"{moment(watch.checked_at, now, zone)} {city(zone)}" if watch.checked_at else "not yet"
    pairs = (
        *(_told_by_another(configured) if watch.told else _looked_at_here(configured, keeper)),
        ("looked at", looked),
        ("runbooks", ", ".join(configured.runbooks)),
        ("owner", configured.owner),
        ("proven", "" if watch.told else _proven(trap, now, zone)),
        ("armed after", str(configured.origin) if configured.origin is not None else ""),
        ("source", trap.source),
    )
    facts += [Fact(" " + name, value) for name, value in pairs if value]
    labels = sorted(configured.labels.items()) if watch.told else ()
    facts += [BLANK, title_fact("Labels"), *(Fact(" " + name, value) for name, value in labels)] if labels else []
    return (*facts, *_links(trap.links))


def _proven(trap: TrapView, now: datetime, zone: str) -> str:
    at, drills = trap.watch.proven_at or trap.watch.tripped_at, trap.watch.drills
    last = f"last {moment(at, now, zone)} {city(zone)}" if at is not None else "never"
    counted = f"; drilled {drills} time{'s' * (drills != 1)}" if drills else ""
    return last + counted + ("; D rehearses it" if trap.unproven else "")


def _looked_at_here(trap: Trap, keeper: str) -> Iterable[tuple[str, str]]:
    params = (f"{name}={value}" for name, value in trap.params.items() if name not in ("warn", "trip"))
    probe = " ".join([trap.probe, *params])
    hold = f" for {say_seconds(trap.hold)}" if trap.hold else ""
    yield "probe", f"{probe}, every {say_seconds(trap.every)}"
    yield "warns when", trap.warn.text if trap.warn else ""
    yield "trips when", trap.trip.text + hold if trap.trip else ""
    yield "watched by", keeper


def _told_by_another(trap: Trap) -> Iterable[tuple[str, str]]:
    """A trap that another system looks at: ``params`` are that system's words for it."""
    yield from ((name, str(value)) for name, value in trap.params.items())
    yield "for", say_seconds(trap.hold) if trap.hold else ""
    yield "every", say_seconds(trap.every)


def _links(links: Sequence[Link]) -> Iterable[Fact]:
    return (BLANK, title_fact("Links"), *(Fact(" " + link.name, link.url, "info") for link in links)) if links else ()


def of_roster(each: OnCall, now: datetime, zone: str, people: Mapping[str, Person]) -> tuple[Fact, ...]:
    """All about a roster: who is on, until when in everyone's own time, how to reach them, who comes next."""
    of = f" of {each.policy}" if each.policy else ""
    facts = [Fact(spans=((f"level {each.level}{of}", "muted"), (f" · {each.source}", "muted"))), BLANK]
    if each.now is None:
        meant = "" if each.always else ", as it is meant at this time"
        facts.append(Fact(text=f"Nobody is on call: nobody would be paged{meant}", role="critical" if each.always else "muted"))
    for title, shift in (("on call", each.now), ("then", each.next)):
        if shift is not None:
            facts += [Fact(title, shift.name, "who"), *_shift(shift, now, zone, people), BLANK]
    return (*facts, *([Fact(text=each.remark, role="muted")] if each.remark else []))


def of_runbook(
    runbook: Runbook, plan: Plan, title: str, why_not: str, prose: Sequence[Block] = (), last: Sequence[str] = ()
) -> tuple[Fact, ...]:
    """All about a runbook: what it does to the world, how it went the last time, what is to be read, exactly what it would execute
    now, and what it needs."""
    does = plan.changes or runbook.changes
    changes = (f"! {does}", "warning") if does is not None else ("reads only: runs without asking", "ok")
    facts = [Fact(spans=((title, "strong"),)), Fact(spans=(changes,))]
    facts += [Fact(text=runbook.help)] if runbook.help else []
    if why_not:
        facts.append(Fact("cannot run", why_not, "refusal"))
    if last:
        facts.append(Fact(text=last[0]))
    facts += [BLANK, Fact(prose=tuple(prose))] if prose else []
    facts += [BLANK, title_fact("What it executes")] if runbook.steps else []
    for n, step in enumerate(plan.steps, 1):
        first, *more = step.shown()
        facts.append(Fact(" " + (step.step.name or f"step {n}"), spell_shown(first)))
        facts += [Fact(" ", spell_shown(each)) for each in more if not each.beside]
    if not plan.steps:
        for n, bare in enumerate(runbook.steps, 1):
            head, *rest = bare.do.said()
            facts += [Fact(" " + (bare.name or f"step {n}"), head, "muted"), *(Fact(" ", text, "muted") for text in rest)]
    if plan.values:
        facts += [BLANK, title_fact("With"), *(Fact(" " + name, value) for name, value in plan.values.items())]
    asks = {Confirm.YES: "asks first", Confirm.TYPE: f"asks for {plan.word} to be typed"}[runbook.confirm]
    facts += [
        BLANK,
        Fact("name", runbook.name),
        Fact("for", runbook.match or "the picker alone"),
        Fact("at most", say_seconds(runbook.timeout)),
    ]
    return (*facts, *([Fact("before", asks)] if runbook.changes is not None else []))


_AHEAD = timedelta(minutes=1)
"""A clock may be off by less, and nobody needs to know."""


def _fired(alert: Alert, now: datetime, zone: str) -> tuple[Span, ...]:
    """Since when it fires (or fired): a time of its own, whatever was done about it since."""
    over = alert.state is AlertState.RESOLVED
    if alert.started_at is None:
        return (("fired" if over else "firing", "text"),)
    when = f"{moment(alert.started_at, now, zone)} {city(zone)}"
    if over:
        return (("fired", "text"), (f" at {when}", "muted"))
    if alert.started_at - now >= _AHEAD:
        return (("firing", "text"), (f" starts at {when}: source's clock?", "warning"))
    return (("firing", "text"), (f" {said_age(alert.started_at, now)}", "text"), (f" since {when}", "muted"))


def _stands(alert: Alert, now: datetime, zone: str) -> tuple[Span, ...]:
    """What became of it since: who took it and when, until when it is hushed (by what has a line of its own), that it is over."""
    match alert.state:
        case AlertState.ACKNOWLEDGED:
            at = f" {ago(alert.acknowledged_at, now)}" if alert.acknowledged_at else ""
            return ((" · ", "muted"), (f"acknowledged by {alert.acknowledged_by or 'someone'}", "who"), (at, "muted"))
        case AlertState.SUPPRESSED:
            until = f" until {moment(alert.suppressed_until, now, zone)} {city(zone)}" if alert.suppressed_until else ""
            return ((" · ", "muted"), (f"suppressed{until}", "text"))
        case AlertState.RESOLVED:
            at = f" {ago(alert.ended_at, now)}" if alert.ended_at else ""
            return ((" · ", "muted"), ("resolved", "ok"), (at, "muted"))
    if alert.acknowledged_by and alert.acknowledged_at:
        since = f"acked {ago(alert.acknowledged_at, now)} by {alert.acknowledged_by}, and still firing"
        return ((" · ", "muted"), (since, "warning"))
    return ()


def _pending(row: Row) -> tuple[Span, ...]:
    said = [f"  {row.pending}"] * bool(row.pending) + [f"  ▶ {row.running}"] * bool(row.running)
    return tuple((each, "pending") for each in said)


def _reading(trap: TrapView, curve: Curve | None) -> Iterable[Fact]:
    reading = trap.watch.reading
    bounds = {bound.metric: bound for bound in (trap.trap.warn, trap.trap.trip) if bound is not None}
    if curve is not None:
        yield Fact(curve=curve)
    if reading is not None:
        column = max(map(len, reading.values), default=0) + 2
        for name, value in sorted(reading.values.items(), key=lambda each: each[0] not in bounds):
            beside = f"   {bounds[name].text}" if name in bounds else ""
            yield Fact(spans=((f"{name:<{column}}", "muted"), (measured(name, value), "text"), (beside, "muted")))
    if trap.watch.trips_in is not None and trap.state is not TrapState.TRIPPED:
        yield Fact("trips in", say_seconds(trap.watch.trips_in), "warning")


def watched(trap: TrapView) -> str:
    """The reading that a chart of this trap shows: the one that trips it, else the one that warns, else the one it forecasts; with
    none of these the first that is an amount, which a status is not: its code says nothing as a curve."""
    bound = trap.trap.trip or trap.trap.warn
    if bound is not None or trap.trap.forecast:
        return bound.metric if bound is not None else trap.trap.forecast
    read = trap.watch.reading.values if trap.watch.reading is not None else ()
    return next((name for name in read if name.rpartition("_")[2] != "status"), "")


def _answers(trap: TrapView) -> Iterable[Fact]:
    answers = (
        ("What went wrong?", trap.trap.went_wrong),
        ("How is it detected?", trap.trap.detect),
        ("What are the signs?", trap.trap.signs),
    )
    for question, answer in answers:
        if trap.watch.told and not answer:
            continue  # who looks at it is not asked these questions here
        yield BLANK
        yield Fact(spans=((question, "title"),))
        yield Fact(text=answer or "nobody has answered this yet", role="text" if answer else "muted")


def _shift(shift: Shift, now: datetime, zone: str, people: Mapping[str, Person]) -> Iterable[Fact]:
    for label, at in (("from", shift.start), ("until", shift.end)):
        if at is not None:
            theirs = f" · {moment(at, now, shift.timezone)} {city(shift.timezone)}" if shift.timezone != zone else ""
            yield Fact(" " + label, f"{moment(at, now, zone)} {city(zone)}{theirs}")
    yield Fact(" their time", f"{clock(now, shift.timezone)} {city(shift.timezone)}")
    if shift.override:
        yield Fact(" ", "an override, whatever the rotation says", "warning")
    person = people.get(shift.person)
    for contact in person.contacts if person is not None else ():
        yield Fact(" " + contact.via, contact.to)
