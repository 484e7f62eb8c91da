"""The shift brief: who hands over to whom, what is open, what happened in the shift, what to look out for.

It is made of what the journal has and what can be seen now. What began and ended at another system without anybody touching it is
in neither, and so in no brief.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from .action_items import Item, soon
from .alerts import LOCAL, Alert, AlertState, Silence
from .coverage import Clash, begins, clashes, ends, who_has
from .covers import Standing
from .drills import rehearses
from .groups import Group
from .incident_timeline import Line
from .incidents import Incident
from .loads import Disturbance, disturbed, nights
from .roster import Gap, Naming, Person, Shift, known_as, zone
from .schedule import Schedule
from .stormrule import StormRule
from .storms import in_groups
from .traps import TrapState, TrapView
from .turns import instant
from .view import Row, View

NOTED, UNNOTED, DONE = "handover.noted", "handover.unnoted", "handover.done"
"""Kinds of entries in the journal: a note for the next shift, one that is taken back, a hand-over that was marked as done."""

EARLY = timedelta(hours=4)
"""So long after a hand-over (a third of a shorter shift) its brief is still the one that is asked for."""
BEFORE = timedelta(hours=12)
"""So long before a shift begins its hand-over may be marked; the brief then begins with that."""
LONGEST = timedelta(days=32)
"""No brief goes further back by itself."""
_DAY = timedelta(days=1)
AHEAD = timedelta(days=14)
"""So far ahead gaps and absences are told."""
_NEAR = 0.9


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """Something for the next shift, written by hand; ``number`` takes it back. ``at`` is UTC."""

    number: int
    at: datetime
    who: str
    text: str


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """A hand-over that was marked as done, at ``at`` (UTC) by ``who``: from whom to whom (names), and what stood open then:
    ``alerts`` are names by SOURCE/ID."""

    at: datetime
    who: str
    giver: str
    taker: str
    alerts: Mapping[str, str] = {}


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """One roster at its hand-over ``at`` (UTC, ``None``: none is known): who gives and who takes it ("" for nobody), since when the
    giver has had it, and who comes ``after`` the taker, from ``then`` on."""

    roster: str
    level: int
    giver: str
    taker: str
    began: datetime | None = None
    at: datetime | None = None
    after: str = ""
    then: datetime | None = None


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """What happened, once or several ``times`` from ``first`` to ``last`` (UTC); ``what``, ``who`` and ``text`` as of a `Line`. An
    alert of a storm that began is told with its ``storm``, by what that group is called."""

    first: datetime
    last: datetime
    times: int
    what: str
    who: str
    text: str
    storm: str = ""


class Gone(msgspec.Struct, frozen=True, order=True):
    """Somebody is away from ``start`` to ``end`` (UTC), and why."""

    start: datetime
    end: datetime
    name: str
    why: str


class Called(msgspec.Struct, frozen=True):
    """How often somebody was paged or acknowledged, within 15 minutes once, and how often that was in their own night."""

    name: str
    times: int
    woken: int


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What was gathered: everything that the journal has since ``since``, and what was marked and noted."""

    since: datetime
    lines: tuple[Line, ...] = ()
    notes: tuple[Note, ...] = ()
    handed: tuple[Handed, ...] = ()
    disturbances: tuple[Disturbance, ...] = ()
    incidents: tuple[Incident, ...] = ()


class Brief(msgspec.Struct, frozen=True, kw_only=True):
    """Everything for whoever takes over. Times are UTC. ``earlier`` is what happened in the shift until it was ``handed`` over,
    ``since_then`` what happened after that; ``fresh`` are the open alerts that were not there then, ``over`` the names of those
    that were and are not any more. Those of ``storms`` are told in these groups. ``hushed`` counts alerts that are kept quiet.
    ``traps`` are those to look at: tripped, warning, blind, at rest, or near a bound.
    ``items`` are the action items that are overdue or due within a week. ``unseen`` is what cannot be seen now, in words. Where it
    is told in words, its people are ``called_so``."""

    now: datetime
    since: datetime
    duties: tuple[Duty, ...]
    handed: Handed | None
    alerts: tuple[Row, ...]
    fresh: frozenset[str]
    over: tuple[str, ...]
    storms: tuple[Group, ...]
    hushed: int
    silences: tuple[Silence, ...]
    notes: tuple[Note, ...]
    earlier: tuple[Happening, ...]
    since_then: tuple[Happening, ...]
    called: tuple[Called, ...]
    incidents: tuple[Incident, ...]
    items: tuple[Item, ...]
    known_traps: frozenset[str]
    people: tuple[Person, ...]
    traps: tuple[TrapView, ...]
    gaps: tuple[Gap, ...]
    clashes: tuple[Clash, ...]
    away: tuple[Gone, ...]
    overrides: tuple[Standing, ...]
    unseen: tuple[str, ...]
    called_so: Naming = str

    @property
    def duty(self) -> Duty | None:
        """The roster that is called first; ``None`` where there are none."""
        return self.duties[0] if self.duties else None


def duties(laid: Schedule, now: datetime) -> tuple[Duty, ...]:
    """Every roster at the hand-over that is asked about at ``now``: the last one while it is `EARLY`, else the next; the roster
    that is called first at the head."""
    by_roster: dict[tuple[int, bool, str, str], list[Shift]] = {}
    for shift in laid.shifts:
        key = (shift.level, "primary" not in shift.roster.casefold(), shift.roster, shift.source)
        by_roster.setdefault(key, []).append(shift)
    return tuple(_duty(key[2], key[0], _turns(by_roster[key], laid.people), now) for key in sorted(by_roster))


def _turns(shifts: Iterable[Shift], people: Sequence[Person]) -> list[Shift]:
    """In their order, what one person has without a break as one."""
    found: list[Shift] = []
    for shift in sorted(shifts, key=begins):
        if found and who_has(found[-1], people) == who_has(shift, people) and ends(found[-1]) >= begins(shift):
            found[-1] = msgspec.structs.replace(found[-1], end=shift.end)
        else:
            found.append(shift)
    return found


def _duty(roster: str, level: int, turns: Sequence[Shift], now: datetime) -> Duty:
    past = [each for each in turns if ends(each) <= now]
    here = next((each for each in turns if begins(each) <= now < ends(each)), None)
    ahead = [each for each in turns if begins(each) > now]
    before = past[-1] if past else None
    if here is None or (before is not None and now - begins(here) < _early(here)):
        giver, taker = before, here or next(iter(ahead), None)
        later = ahead if here is not None else ahead[1:]
    else:
        giver, taker, later = here, next(iter(ahead), None), ahead[1:]
    after = next(iter(later), None)
    return Duty(
        roster=roster, level=level, giver=giver.name if giver else "", taker=taker.name if taker else "",
        began=giver.start if giver else None, at=taker.start if taker else giver.end if giver else None,
        after=after.name if after else "", then=after.start if after else None,
    )  # fmt: skip


def _early(shift: Shift) -> timedelta:
    return EARLY if shift.start is None or shift.end is None else min(EARLY, (shift.end - shift.start) / 3)


def since_when(duties: Sequence[Duty], handed: Sequence[Handed], now: datetime) -> datetime:
    """When the shift of a brief began (UTC): as the first roster has it, or when the hand-over before it was marked. With no roster
    to tell: the last day."""
    began = duties[0].began if duties else None
    since = max(began or now - _DAY, now - LONGEST)
    marked = [each.at for each in handed if since - BEFORE <= each.at < since]
    return min(max(marked), since) if marked else since


def handed_over(duties: Sequence[Duty], handed: Iterable[Handed], since: datetime) -> Handed | None:
    """The last time that this very hand-over was marked as done; ``None`` while it was not."""
    duty = duties[0] if duties else None
    fits = [each for each in handed if each.at >= since and (duty is None or not duty.giver or each.giver == duty.giver)]
    return max(fits, key=lambda each: each.at, default=None)


def brief(view: View, laid: Schedule, shown: Shown, rule: StormRule = StormRule()) -> Brief:  # noqa: B008 - frozen
    """The whole of it. ``shown`` begins where the shift does, ``rule`` says what a storm is. Raises ``ValueError`` where somebody's
    zone does not exist."""
    now, since = view.now, shown.since
    on = duties(laid, now)
    handed = handed_over(on, shown.handed, since)
    parted = handed.at if handed is not None else now + LONGEST
    lines = [each for each in (*shown.lines, *_fired(view, shown)) if each.at >= since]
    rows = tuple(filter(_open, view.alerts))
    storms = in_groups(tuple(row for row in rows if not row.alert.notes), rule)  # what somebody noted is told as that
    stormy = {(row.alert.started_at, _beginning(row.alert)): group.title for group in storms for row in group.members}
    refs = {str(row.alert.ref) for row in view.alerts}
    known = handed.alerts if handed is not None else {}
    until, dark = now + AHEAD, {each.source for each in view.blind}
    return Brief(
        now=now, since=since, duties=on, handed=handed, alerts=rows,
        fresh=frozenset(str(row.alert.ref) for row in rows) - known.keys() if handed is not None else frozenset(),
        over=tuple(name for ref, name in sorted(known.items()) if ref not in refs and ref.partition("/")[0] not in dark),
        storms=storms,
        hushed=sum(row.alert.state is AlertState.SUPPRESSED for row in view.alerts),
        silences=tuple(sorted((each for each in view.silences if _ends(each, on, now)), key=lambda each: each.ends_at)),
        notes=shown.notes,
        earlier=happened((each for each in lines if each.at < parted), stormy),
        since_then=happened((each for each in lines if each.at >= parted), stormy),
        called=called(shown.disturbances, laid.people, since, now),
        incidents=tuple(each for each in shown.incidents if not each.status.over),
        items=soon((item for each in shown.incidents for item in each.items), laid.people, now),
        known_traps=frozenset(each.trap.name for each in view.traps), people=laid.people,
        traps=tuple(sorted(filter(to_look_at, view.traps), key=lambda each: (_ORDER[each.state], each.trap.name))),
        gaps=tuple(gap for gap in laid.gaps if (gap.end is None or gap.end > now) and (gap.start is None or gap.start < until)),
        clashes=clashes(laid.shifts, laid.people, now, until),
        away=tuple(sorted(each for each in _away(laid.people) if each.end > now and each.start < until)),
        overrides=tuple(each for each in laid.overrides if each.end > now and each.start < until),
        unseen=(*view.cannot_see, *laid.silent),
    )  # fmt: skip


def _open(row: Row) -> bool:
    """Whether an alert goes over to the next person: a drill that somebody acknowledged is over."""
    alert = row.alert
    over = alert.state is AlertState.ACKNOWLEDGED and rehearses(alert)
    return alert.state not in (AlertState.RESOLVED, AlertState.SUPPRESSED) and not over


def _away(people: Iterable[Person]) -> Iterable[Gone]:
    for person in people:
        clock = zone(person.timezone)
        for each in person.away:
            yield Gone(instant(each.start, clock), instant(each.end, clock), person.name, each.why)


def _fired(view: View, shown: Shown) -> Iterable[Line]:
    """The open alerts of other systems that began in the shift: only their source has when."""
    for row in view.alerts:
        alert = row.alert
        if alert.ref.source != LOCAL and alert.started_at is not None and alert.started_at >= shown.since:
            yield Line(at=alert.started_at, what="alert", text=_beginning(alert))


def _beginning(alert: Alert) -> str:
    """That it fired, in words."""
    place = f" on {alert.where}" if alert.where else ""
    return f"{alert.name}{place} fired: {alert.summary}"


def _ends(silence: Silence, on: Sequence[Duty], now: datetime) -> bool:
    """Whether it hushes now and ends for good within a day, or in the day after the hand-over."""
    if silence.ack or silence.until_resolved or not silence.starts_at <= now < silence.ends_at:
        return False
    handover = next((duty.at for duty in on if duty.at is not None), now)
    return silence.ends_at <= max(now, handover) + _DAY


def happened(lines: Iterable[Line], stormy: Mapping[tuple[datetime | None, str], str] = {}) -> tuple[Happening, ...]:
    """All of them, the first first. What machines say again and again is told once, with how often; what people did is told each
    time. ``stormy`` gives the storm that such a text of that time (UTC) tells of; what came alone before is told by itself."""
    found: dict[tuple[object, ...], Happening] = {}
    for number, each in enumerate(sorted(lines)):
        again = each.what in ("alert", "trap") and not each.who
        storm = stormy.get((each.at, each.text), "") if again else ""
        key: tuple[object, ...] = (each.what, each.text.partition(": ")[0], storm) if again else (number,)
        old = found.get(key)
        found[key] = (
            Happening(first=each.at, last=each.at, times=1, what=each.what, who=each.who, text=each.text, storm=storm)
            if old is None
            else msgspec.structs.replace(old, last=each.at, times=old.times + 1, text=each.text, storm=storm)
        )
    return tuple(found.values())


def called(disturbances: Iterable[Disturbance], people: Sequence[Person], since: datetime, now: datetime) -> tuple[Called, ...]:
    """Whom the shift called, the most woken first. Who is none of ``people`` has no night that is known."""
    found = []
    theirs = disturbed(people, (each for each in disturbances if since <= each.at <= now))
    for id, times in theirs.items():
        person = known_as(people, id)
        spans = nights(person, since - _DAY, now + _DAY) if person is not None else []
        woken = sum(any(start <= at < end for start, end in spans) for at in times)
        found.append(Called(person.name if person is not None else id, len(times), woken))
    return tuple(sorted(found, key=lambda each: (-each.woken, -each.times, each.name)))


_ORDER = {
    state: n for n, state in enumerate((TrapState.TRIPPED, TrapState.WARNING, TrapState.BLIND, TrapState.DISARMED, TrapState.ARMED))
}


def to_look_at(each: TrapView) -> bool:
    """Whether a trap is to be told of: it is not content, it is to trip within a day, or it is nine tenths of the way there."""
    if each.state is not TrapState.ARMED:
        return True
    watch = each.watch
    if any(ahead is not None and ahead <= _DAY.total_seconds() for ahead in (watch.trips_in, watch.full_in)):
        return True
    read = watch.reading.values if watch.reading is not None else {}
    for bound in (each.trap.warn, each.trap.trip):
        if bound is None or bound.metric not in read or bound.value <= 0:
            continue
        value = read[bound.metric]
        if (bound.op in (">", ">=") and value >= _NEAR * bound.value) or (bound.op in ("<", "<=") and value <= bound.value / _NEAR):
            return True
    return False
