"""An incident: a stretch of trouble, as its entries in the journal make it.

Nothing of an incident is kept but what happened to it. What it is now is folded from those entries, in the order in which the
journal took them, so that two cockpits that read the same journal see the same incident, and a killed one leaves none half-made.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from . import numbered
from .action_items import Item, changed
from .alerts import SEVERITY_WORDS, Alert, Ref, Severity
from .guards import Guard
from .harmless import reckons
from .incident_parting import HURT, SEVERITY, joined, role, unmerged


class Status(enum.Enum):
    """Where an incident stands. ``MERGED``: it went on as another one, which has its alerts and its past."""

    OPEN = "open"
    IDENTIFIED = "identified"
    MONITORING = "monitoring"
    CLOSED = "closed"
    MERGED = "merged"

    @property
    def over(self) -> bool:
        """Whether nobody works on it any more."""
        return self in (Status.CLOSED, Status.MERGED)


WORKING = {each.value: each for each in (Status.OPEN, Status.IDENTIFIED, Status.MONITORING)}
"""What people may set by a word. The others have verbs of their own."""
LEAD = "lead"
ROLES = {
    LEAD: "decides, and keeps the whole in sight",
    "operations": "changes things: nobody else does",
    "communications": "tells users and the company",
    "scribe": "writes down what happens",
}
"""The roles that most incidents have, and what each is for; people may name others."""
PAGE = "incident"
"""What a source calls the link to the page of an alert that people were called for (PagerDuty)."""


class Change(enum.Enum):
    """What can happen to an incident; the value is the kind of its entry in the journal."""

    OPENED = "incident.opened"
    ADDED = "incident.added"
    ROLE = "incident.role"
    STATUS = "incident.status"
    SEVERITY = "incident.severity"
    TITLE = "incident.title"
    IMPACT = "incident.impact"
    NOTED = "incident.noted"
    ARMED = "incident.armed"
    ITEM_ADDED = "incident.item_added"
    ITEM_EDITED = "incident.item_edited"
    ITEM_DONE = "incident.item_done"
    ITEM_REOPENED = "incident.item_reopened"
    ITEM_DROPPED = "incident.item_dropped"
    MERGED = "incident.merged"
    UNMERGED = "incident.unmerged"
    SPLIT = "incident.split"
    SEEN = "incident.seen"
    CLOSED = "incident.closed"
    REOPENED = "incident.reopened"


_CHANGES = {each.value: each for each in Change}
ITEM = frozenset((Change.ITEM_ADDED, Change.ITEM_EDITED, Change.ITEM_DONE, Change.ITEM_REOPENED, Change.ITEM_DROPPED))
"""What can happen to an action item."""
AFTERWARDS = ITEM | {Change.NOTED, Change.IMPACT, Change.TITLE, Change.ROLE, Change.SEVERITY, Change.ARMED}
"""What may be said of one that is closed, too."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of an incident, as it was when it came in: it may be gone from its source by now. ``since`` is when it began to
    fire (UTC), ``None`` where its source does not say; ``url`` is its own page there, "" where it has none. ``state`` is
    how it stands at its source, as far as was seen: a word of `core.alerts.AlertState`; "" where nobody looked;
    ``turns`` counts how often that was another than before."""

    source: str
    alert: str
    name: str
    where: str = ""
    severity: str = "unknown"
    summary: str = ""
    since: datetime | None = None
    trap: str = ""
    labels: dict[str, str] = {}
    url: str = ""
    state: str = ""
    turns: int = 0

    @property
    def ref(self) -> Ref:
        """Its identity at its source."""
        return Ref(self.source, self.alert)


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A change, as the journal has it: ``number`` is its place there, ``incident`` the one that it happened to, ``at`` UTC."""

    number: int
    at: datetime
    who: str
    incident: str
    change: Change
    data: Mapping[str, object] = {}


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """What an incident is now. Times are UTC.

    ``impact_start`` and ``impact_end`` are when users were hurt, which is not when somebody was paged; ``None`` where nobody has
    said so yet. ``absorbed`` are the incidents that were merged into it, directly or not, ``into`` the one that it went into,
    ``split_from`` the one that it came out of. ``roles`` has the person of each role. ``guards`` are the traps that were armed
    after it, ``items`` what is to be done after it. ``rule`` is the rule of the config that opened it, ``group`` what tells it from
    others of that rule; "" where a person did. ``pages`` are the runs by which people were paged when it was opened.
    ``closed_entry`` is the journal's number of what closed it last. ``apart`` is what the one that it went into, and it itself,
    were before they were merged; ``said`` names what was said of it since one went into it last (`core.incident_parting`).
    """

    id: str
    title: str
    opened_at: datetime
    opened_by: str
    status: Status = Status.OPEN
    severity: Severity = Severity.UNKNOWN
    roles: dict[str, str] = {}
    impact: str = ""
    impact_start: datetime | None = None
    impact_end: datetime | None = None
    members: tuple[Member, ...] = ()
    closed_at: datetime | None = None
    closed_entry: int = 0
    absorbed: tuple[str, ...] = ()
    into: str = ""
    split_from: str = ""
    guards: tuple[Guard, ...] = ()
    rule: str = ""
    group: str = ""
    pages: tuple[str, ...] = ()
    items: tuple[Item, ...] = ()
    apart: tuple[Incident, Incident] | None = None
    said: frozenset[str] = frozenset()

    @property
    def lead(self) -> str:
        """Who leads; "" where nobody does."""
        return self.roles.get(LEAD, "")

    @property
    def began(self) -> datetime:
        """The first sign of it: when users were first hurt, its first alert fired, or it was opened."""
        known = [self.impact_start, *(each.since for each in self.members)]
        return min([self.opened_at, *(at for at in known if at is not None)])

    def holds(self, source: str, alert: str) -> bool:
        """Whether that alert is one of it."""
        return any(each.source == source and each.alert == alert for each in self.members)


def member(alert: Alert) -> Member:
    """What an incident keeps of an alert."""
    return Member(
        source=alert.ref.source, alert=alert.ref.id, name=alert.name, where=alert.where, severity=alert.severity.word,
        summary=alert.summary, since=alert.started_at, trap=alert.trap, labels=dict(alert.labels),
        state=alert.state.value, url=next((each.url for each in alert.links if each.name == PAGE), ""),
    )  # fmt: skip


def number_of(text: str) -> str:
    """The id that a person means: ``i7``, ``7`` and ``I7`` are the same."""
    return numbered.meant("i", text)


def next_id(known: Iterable[str]) -> str:
    """The id of the next incident: the first is ``i1``."""
    return numbered.after("i", known)


def change_of(kind: str) -> Change | None:
    """The change that an entry of this kind is; ``None`` for any other entry."""
    return _CHANGES.get(kind)


def fold(steps: Iterable[Step]) -> dict[str, Incident]:
    """All incidents, by their ids, as these steps make them: in whatever order they are given, the journal's own counts. A step
    that cannot be understood, or that is about an incident which was never opened, changes nothing."""
    known: dict[str, Incident] = {}
    for step in sorted(steps, key=lambda each: each.number):
        try:
            known.update(_after(known, step))
        except (ValueError, TypeError, LookupError):
            continue  # another version wrote it: it hides nothing else
    return known


def _after(known: Mapping[str, Incident], step: Step) -> dict[str, Incident]:
    """The incidents that this step makes, or makes anew."""
    if step.change is Change.OPENED:
        return {step.incident: _opened(step)}
    old = known[step.incident]
    if step.change is Change.MERGED:
        other = known[_text(step, "other")]
        put_in = {"status": Status.MERGED, "into": old.id, "members": (), "guards": (), "items": (), "apart": (old, other)}
        return {old.id: merged(old, other), other.id: msgspec.structs.replace(other, **put_in)}
    if step.change is Change.UNMERGED:
        return {each.id: each for each in unmerged(old, known[_text(step, "other")])}
    if step.change is Change.SPLIT:
        out = _members(step)
        new = msgspec.structs.replace(_opened(step), id=_text(step, "new"), split_from=old.id, severity=old.severity)
        refs = {each.ref for each in out}
        return {
            old.id: msgspec.structs.replace(old, members=tuple(each for each in old.members if each.ref not in refs)),
            new.id: new,
        }
    return {old.id: _changed(old, step)}


def merged(here: Incident, other: Incident) -> Incident:
    """What an incident is once another one has gone into it. Who has a role in it keeps that; one that nobody has here is had by
    whoever had it there."""
    start, end = _hurt(here, other)
    return msgspec.structs.replace(
        here,
        members=joined(here.members, other.members),
        absorbed=tuple(dict.fromkeys((*here.absorbed, other.id, *other.absorbed))),
        guards=(*here.guards, *other.guards),
        pages=(*here.pages, *other.pages),
        items=(*here.items, *(msgspec.structs.replace(each, incident=here.id) for each in other.items)),
        severity=max(here.severity, other.severity),
        roles={**other.roles, **here.roles},
        impact="; ".join(dict.fromkeys(filter(None, (here.impact, other.impact)))),
        impact_start=start,
        impact_end=end,
        said=frozenset(),
    )


def _hurt(*both: Incident) -> tuple[datetime | None, datetime | None]:
    """Since when and until when users were hurt by any of these: as long as one still hurts them, no end is known."""
    said = [each for each in both if each.impact_start is not None or each.impact_end is not None]
    ends = [each.impact_end for each in said if each.impact_end is not None]
    return _first(*(each.impact_start for each in said)), max(ends) if ends and len(ends) == len(said) else None


def _opened(step: Step) -> Incident:
    return Incident(
        id=step.incident, title=_text(step, "title"), opened_at=step.at, opened_by=step.who,
        severity=SEVERITY_WORDS.get(_text(step, "severity"), Severity.UNKNOWN), members=joined((), _members(step)),
        rule=_text(step, "rule"), group=_text(step, "group"),
        pages=tuple(filter(None, (_text(step, "page"),))),
        roles={LEAD: lead} if (lead := _text(step, "lead")) else {},
    )  # fmt: skip


def _changed(old: Incident, step: Step) -> Incident:
    replace = msgspec.structs.replace
    if step.change in ITEM:
        word = step.change.value.partition(".")[2]
        return replace(old, items=changed(old.items, old.id, word, step.at, step.who, step.data))
    match step.change:
        case Change.ADDED:
            return replace(old, members=joined(old.members, _members(step)))
        case Change.ROLE:
            person, name = _text(step, "person"), str(step.data["role"])
            others = {each: who for each, who in old.roles.items() if each != name}
            return replace(old, roles=others | ({_text(step, "role"): person} if person else {}), said=old.said | {role(name)})
        case Change.STATUS:
            return replace(old, status=WORKING[_text(step, "status")])
        case Change.SEVERITY:
            return replace(old, severity=SEVERITY_WORDS[_text(step, "severity")], said=old.said | {SEVERITY})
        case Change.TITLE:
            return replace(old, title=_text(step, "title"))
        case Change.IMPACT:
            said = {key: _time(step, key) for key in ("impact_start", "impact_end")}
            kept = {key: at for key, at in said.items() if at is not None}
            return replace(old, impact=_text(step, "text") or old.impact, said=old.said | {HURT}, **kept)
        case Change.ARMED:
            words = {key: _text(step, key) for key in ("trap", "look", "trip", "would")}
            rest = tuple(each for each in old.guards if each.trap != words["trap"])
            return replace(old, guards=(*rest, Guard(at=step.at, who=step.who, **words)))
        case Change.SEEN:
            ref, state = Ref(_text(step, "source"), _text(step, "alert")), _text(step, "state")
            return replace(
                old,
                members=tuple(
                    replace(each, state=state, turns=each.turns + 1) if each.ref == ref else each for each in old.members
                ),
            )
        case Change.CLOSED:
            return replace(old, status=Status.CLOSED, closed_at=step.at, closed_entry=step.number)
        case Change.REOPENED:
            return replace(old, status=Status.OPEN, closed_at=None)
    return old


def _first(*times: datetime | None) -> datetime | None:
    return min((at for at in times if at is not None), default=None)


def _members(step: Step) -> tuple[Member, ...]:
    found = msgspec.convert(step.data.get("alerts", ()), tuple[Member, ...])
    return tuple(each if reckons(each.since) else msgspec.structs.replace(each, since=None) for each in found)


def _text(step: Step, key: str) -> str:
    value = step.data.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{key} is no text")
    return value


def _time(step: Step, key: str) -> datetime | None:
    text = _text(step, key)
    if text and not reckons(datetime.fromisoformat(text)):
        raise ValueError(f"{key} is no time that one can reckon with")
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
