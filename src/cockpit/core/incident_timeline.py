"""What happened in and around an incident, in one row: it writes itself, from what the journal has anyway."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from .action_items import told as item_told
from .actions import (
    ChangeIncident,
    DrillTrap,
    EndOverride,
    EndSilence,
    MakeOverride,
    MakeSilence,
    PagePeople,
    Run,
    Start,
    called,
    touched,
)
from .aftermath import Past
from .alerts import LOCAL, SEVERITY_WORDS, Alert, AlertState, Ref, Severity
from .filters import FilterError, parse
from .guards import does
from .harmless import reckons
from .incidents import ITEM, Change, Incident, Member, change_of, number_of
from .roster import Naming
from .spoken import spoken_entry

BEFORE = timedelta(hours=1)
"""So long before an incident's first sign, what was marked and which traps spoke belongs to it, too: also those that no config
lays any more, for then they did."""
MARK = "mark"
"""The kind of what ``cockpit mark`` writes."""


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """Anything that the journal has: its place there (``number``), when (UTC), and the rest as it was written."""

    number: int
    at: datetime
    kind: str
    who: str = ""
    source: str = ""
    subject: str = ""
    data: Mapping[str, object] = {}


class Line(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One line of a timeline: when (UTC), what kind of thing (``alert``, ``page``, ``run``, ``trap``, ``mark``, ``roster``,
    ``incident``, ``note``), who did it ("" for nobody), and what, for people. Of the same
    moment, the journal's order (``number``) counts. ``times`` (UTC) are those that ``text`` begins by telling."""

    at: datetime
    number: int = 0
    what: str
    who: str = ""
    text: str
    times: tuple[datetime, ...] = ()

    def told(self, zone: tzinfo | None) -> str:
        """The text, with its times on the clock of ``zone`` (``None``: this machine's), as the line's own time is told."""
        text = self.text
        for at in self.times:
            text = text.replace(_utc(at), f"{at.astimezone(zone):{_FORM}}", 1)  # ours come first, before what people wrote
        return text


_FORM = "%Y-%m-%d %H:%M"


def timeline(
    incident: Incident, noted: Iterable[Noted], runs: Iterable[Run], pasts: Iterable[Past] = (), called: Naming = str
) -> tuple[Line, ...]:
    """All that belongs to it, oldest first. ``noted`` and ``runs`` may be more than that; ``pasts`` tell which of its alerts were
    seen to be over. Notes and what was said of the incident itself count whenever they were written; all else between an hour
    before its first sign and its end. People are ``called`` so."""
    first, last = incident.began - BEFORE, incident.closed_at
    lines = {_fired(each, each.since) for each in incident.members if each.since is not None and each.source != LOCAL}
    seen = frozenset[Ref]()
    for each in noted:
        if each.kind == Change.SEEN.value:
            line = seen_line(each, called) if each.subject in (incident.id, *incident.absorbed) else None
            seen |= {Ref(said(each.data, "source"), said(each.data, "alert"))} if line is not None else frozenset()
        elif each.kind.startswith("incident."):
            line = _own(incident, each, called)
        elif each.at < first or (last is not None and each.at > last):
            line = None
        else:
            line = _around(incident, each, called)
        if line is not None:
            lines.add(msgspec.structs.replace(line, number=each.number))
    for run in runs:
        if run.at >= first and (last is None or run.at <= last) and concerns(incident, run):
            lines.add(ran(run, called))
    for past in pasts:
        after = past.after
        ref = Ref(after.source, after.alert)
        if after.gone is not None and ref.source != LOCAL and ref not in seen and incident.holds(ref.source, ref.id):
            lines.add(Line(at=after.gone, what="alert", text=f"{_named(after.name, after.place)} was seen to be over"))
    return tuple(sorted(lines))


def concerns(incident: Incident, run: Run) -> bool:
    """Whether what was done was done to its alerts. An acknowledgement or a note on this machine's own is told of by its entry."""
    if isinstance(run.action, MakeSilence):
        return run.action.source != LOCAL and any(_hushed(each, run.action) for each in incident.members)
    if isinstance(run.action, EndSilence):
        return False
    if isinstance(run.action, (MakeOverride, EndOverride)):
        roster = run.action.roster if isinstance(run.action, MakeOverride) else run.action.ref
        return roster.source != LOCAL  # those of this machine have entries of their own
    if isinstance(run.action, PagePeople):
        about = run.action.alert
        return run.id in incident.pages or (about is not None and incident.holds(about.source, about.id))
    ours = isinstance(run.action, Start)
    return any(incident.holds(ref.source, ref.id) and (ours or ref.source != LOCAL) for ref in touched(run.action))


def _hushed(each: Member, silence: MakeSilence) -> bool:
    return each.source == silence.source and _matches(silence.match, each, silence.ends_at)


def _matches(match: str, each: Member, now: datetime) -> bool:
    try:
        return parse(match).matches(as_alert(each), now, ())
    except FilterError:
        return False


def as_alert(each: Member) -> Alert:
    """A member as the alert that it was when it came in."""
    severity = SEVERITY_WORDS.get(each.severity, Severity.UNKNOWN)
    return Alert(
        ref=each.ref, name=each.name, severity=severity, state=AlertState.FIRING, summary=each.summary, where=each.where,
        labels=each.labels, started_at=each.since, trap=each.trap,
    )  # fmt: skip


def _fired(each: Member, since: datetime) -> Line:
    said = f": {each.summary}" if each.summary else ""
    return Line(at=since, what="alert", text=f"{_named(each.name, each.where)} fired ({each.severity}){said}")


def _named(name: str, where: str) -> str:
    return f"{name} on {where}" if where else name


def ran(run: Run, called_so: Naming = str) -> Line:
    """What was done, and what became of it. People are called so."""
    who = called_so(run.who)
    reason = f": {run.reason}" if run.reason else ""
    if isinstance(run.action, PagePeople):
        told = ", ".join(called_so(each.removeprefix("person:")) for each in run.target.split(", "))
        return Line(at=run.at, what="page", who=who, text=f"paged {told} ({run.action.text}): {run.reason or run.state.value}")
    state = (
        "done" if isinstance(run.action, (Start, ChangeIncident, DrillTrap)) and run.state.value == "confirmed" else run.state.value
    )
    if isinstance(run.action, (MakeOverride, EndOverride)):
        return Line(at=run.at, what="roster", who=who, text=f"{called(run)} on {run.target}: {run.state.value}{reason}")
    on = f" on {run.target}" if run.target else ""
    dry = " (dry run)" if isinstance(run.action, Start) and run.action.dry_run else ""
    return Line(at=run.at, what="run", who=who, text=f"{called(run)}{dry}{on}: {state}{reason}")


def _around(incident: Incident, each: Noted, called: Naming) -> Line | None:
    """What an entry says of it; ``None`` for one that has nothing to do with it."""
    kind, _, _ = each.kind.partition(".")
    match kind:
        case "alert" | "page":
            about = each.source == LOCAL and incident.holds(LOCAL, each.subject)
        case "silence":
            about = any(m.source == LOCAL and _matches(said(each.data, "match"), m, each.at) for m in incident.members)
        case "mark":
            about = _marked(incident, each)
        case "trap" if number_of(said(each.data, "incident")) in (incident.id, *incident.absorbed):
            about = False  # it was armed after this very incident, which tells so itself
        case _:
            about = True
    return line_of(each, called) if about else None


def line_of(each: Noted, called: Naming = str) -> Line | None:
    """What an entry says, whatever it belongs to; ``None`` for kinds that are no part of a story by themselves. People are
    ``called`` so."""
    each = spoken_entry(each, called)
    kind, _, word = each.kind.partition(".")
    text = said(each.data, "text")
    match kind:
        case "alert":
            note = said(each.data, "note")
            told = f"{each.subject}: {text}" if word == "noted" else f"{each.subject} {_ALERT.get(word, word)}"
            more = f": {text or note}" if word != "noted" and (text or note) else ""
            return Line(at=each.at, what="note" if word == "noted" else "alert", who=each.who, text=told + more)
        case "page":
            why, by = said(each.data, "why"), said(each.data, "channel")
            told = f"{each.who or 'nobody'} paged about {each.subject}" + (f" by {by}" if by else "") + f": {word}"
            return Line(at=each.at, what="page", text=told + (f", {why}" if why and word == "failed" else ""))
        case "trap":
            return Line(
                at=each.at,
                what="trap",
                who=each.who,
                text=f"trap {each.subject} {word.replace('_', ' ')}" + (f": {text}" if text else ""),
            )
        case "silence":
            return Line(at=each.at, what="alert", who=each.who, text=f"silence {word}: {said(each.data, 'match') or each.subject}")
        case "override":
            return Line(
                at=each.at, what="roster", who=each.who, text=f"{said(each.data, 'person')} on {each.subject}: override {word}"
            )
        case "roster":
            before = f", after {said(each.data, 'before')}" if said(each.data, "before") else ""
            text = f"{said(each.data, 'person') or 'nobody'} is on call ({each.subject}){before}"
            return Line(at=each.at, what="roster", text=text)
        case "mark":
            return Line(at=each.at, what=MARK, who=each.who, text=text)
        case "incident" if each.kind == Change.SEEN.value:
            return None  # it is of that incident's own timeline, and many
        case "incident" if each.kind == Change.NOTED.value:
            return Line(at=each.at, what="note", who=each.who, text=f"{each.subject}: {text}")
        case "incident" if (change := change_of(each.kind)) is not None:
            text = f"{each.subject} {_told(change, each.data)}"
            return Line(at=each.at, what="incident", who=each.who, text=text, times=_times(change, each.data))
    return None


_SEEN = {"resolved": "is over", "acknowledged": "acknowledged", "suppressed": "hushed", "firing": "fires again"}
_LET_GO = {"acknowledged": "no longer acknowledged", "suppressed": "no longer hushed"}


def seen_line(each: Noted, called: Naming = str) -> Line:
    """How an alert was seen to stand at its source, at the moment that its source says; by whom, where that is known."""
    at, state, why = each.at, said(each.data, "state"), said(each.data, "why")
    with suppress(ValueError, OverflowError):
        there = datetime.fromisoformat(said(each.data, "at")).astimezone(UTC)
        at = there if each.at - timedelta(days=1) < there < each.at else each.at  # a clock that is far off is not believed
    word = _LET_GO.get(said(each.data, "before"), _SEEN["firing"]) if state == "firing" else _SEEN.get(state, state)
    text = f"{said(each.data, 'name')} {word} at {said(each.data, 'source')}" + (f": {why}" if why else "")
    return Line(at=at, what="alert", who=called(each.who), text=text)


_ALERT = {"acked": "acknowledged", "unacked": "no longer acknowledged"}


def _marked(incident: Incident, each: Noted) -> bool:
    """Whether a mark is about it: one that names an alert, a service or an incident is about those that have it."""
    alert, service, other = (said(each.data, key) for key in ("alert", "service", "incident"))
    if other and number_of(other) not in (incident.id, *incident.absorbed):
        return False
    if alert and not any(alert in (m.alert, str(m.ref), m.name) for m in incident.members):
        return False
    return not service or any(m.labels.get("service", service) == service for m in incident.members) or not incident.members


_PUT = {Change.MERGED: "merged into {}", Change.UNMERGED: "taken out of {} again"}
"""What is told of the one that is put into another."""


def _own(incident: Incident, each: Noted, called: Naming) -> Line | None:
    each = spoken_entry(each, called)
    change = change_of(each.kind)
    ids = (incident.id, *incident.absorbed)
    if change in _PUT and each.subject not in ids and said(each.data, "other") == incident.id:
        return Line(at=each.at, what="incident", who=each.who, text=_PUT[change].format(each.subject))
    if change is None or (each.subject not in ids and said(each.data, "new") != incident.id):
        return None
    of = "" if each.subject == incident.id else f"{each.subject} "
    if change is Change.NOTED:
        return Line(at=each.at, what="note", who=each.who, text=of + said(each.data, "text"))
    return Line(at=each.at, what="incident", who=each.who, text=of + _told(change, each.data), times=_times(change, each.data))


def _told(change: Change, data: Mapping[str, object]) -> str:
    alerts = data.get("alerts")
    names = (
        ", ".join(str(each.get("name", "")) for each in alerts if isinstance(each, dict))
        if isinstance(alerts, (list, tuple))
        else ""
    )
    if change in ITEM:
        return item_told(change.value.partition(".")[2], data)
    match change:
        case Change.OPENED:
            leads = f", {lead} leads" if (lead := said(data, "lead")) else ""
            return f"opened: {said(data, 'title')}{leads}"
        case Change.ADDED:
            return f"added {names}"
        case Change.ROLE:
            return f"{said(data, 'role')}: {said(data, 'person') or 'nobody'}"
        case Change.STATUS | Change.SEVERITY | Change.TITLE:
            word = change.value.partition(".")[2]
            return f"{word}: {said(data, word)}"
        case Change.IMPACT:
            parts = [
                f"{word} {_moment(said(data, key))}"
                for word, key in (("from", "impact_start"), ("until", "impact_end"))
                if said(data, key)
            ]
            text = said(data, "text")
            return " ".join(["users hurt", *parts]) + (f": {text}" if text else "")
        case Change.ARMED:
            look, trip, would = (said(data, key) for key in ("look", "trip", "would"))
            return f"trap {said(data, 'trap')} armed after it: " + "; ".join(filter(None, (does(look, trip), would)))
        case Change.MERGED:
            return f"took {said(data, 'other')} in"
        case Change.UNMERGED:
            return f"{said(data, 'other')} taken out again"
        case Change.SPLIT:
            return f"split {names} off as {said(data, 'new')}"
    return str(change.value).partition(".")[2]


def _times(change: Change, data: Mapping[str, object]) -> tuple[datetime, ...]:
    """The times that are told of a change."""
    if change is not Change.IMPACT:
        return ()
    found = []
    for key in ("impact_start", "impact_end"):
        with suppress(ValueError, OverflowError):
            at = datetime.fromisoformat(said(data, key)).astimezone(UTC)
            found += [at] if reckons(at) else []
    return tuple(found)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):{_FORM}} UTC"


def _moment(text: str) -> str:
    """A time of an entry, for people; as it stands there where it is none."""
    try:
        return _utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text


def said(data: Mapping[str, object], key: str) -> str:
    """A text of an entry; "" where it has none."""
    value = data.get(key, "")
    return value if isinstance(value, str) else ""
