"""A postmortem's draft, as Markdown: what the journal knows is written down; what only people know is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo

import msgspec

from .action_items import ItemState, in_order, standing
from .actions import Start
from .aftermath import Past, Verdict
from .incident_timeline import Line
from .incidents import Incident
from .lookback import Lookback, Moved
from .markdown import code, inert, link, sparkline
from .recordings import MOST, Filmed, command, moments, seen_at
from .roster import Person, display
from .traps import Trap
from .units import say_number, say_seconds


class Graph(msgspec.Struct, frozen=True):
    """The readings of one number of a trap: (seconds since the epoch, value), oldest first."""

    trap: str
    metric: str
    points: tuple[tuple[float, float], ...]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """All that a draft is made of. ``zone`` is the team's; ``now`` is UTC; ``looked`` is what looking back from ``moment``
    found, ``signs`` are the readings of what moved. ``people`` are those whom the config names, ``traps`` the names of those that
    there are, where that is known. ``filmed`` are the recordings of that time."""

    incident: Incident
    lines: tuple[Line, ...]
    pasts: tuple[Past, ...]
    graphs: tuple[Graph, ...]
    signs: tuple[Graph, ...] = ()
    looked: Lookback
    moment: datetime
    now: datetime
    zone: tzinfo | None
    people: tuple[Person, ...] = ()
    traps: frozenset[str] | None = None
    filmed: tuple[Filmed, ...] = ()


def telling(numbers: Iterable[tuple[str, str]], traps: Mapping[str, Trap]) -> list[tuple[str, str]]:
    """(trap, number) pairs in the order in which they are drawn: of each trap first what it trips on, then what it warns on."""

    def place(trap: str, number: str) -> int:
        known = traps.get(trap)
        bounds = (known.trip, known.warn) if known is not None else ()
        return next((n for n, each in enumerate(bounds) if each is not None and each.metric == number), len(bounds))

    return sorted(numbers, key=lambda each: (each[0], place(*each), each[1]))


def moment_of(incident: Incident) -> datetime:
    """When the trouble began, for whoever looks for signs before it: when users were hurt, else when its first alert fired."""
    fired = [each.since for each in incident.members if each.since is not None]
    return incident.impact_start or min(fired, default=incident.opened_at)


def draft(facts: Facts) -> str:
    """The whole page."""
    here = facts.incident
    parts = [
        [
            f"# Postmortem {here.id}: {inert(here.title)}",
            "",
            f"*A draft from the journal: what is in italics is yours to answer. All times are {_zone(facts)}.*",
        ],
        ["## Summary", "", *_summary(facts)],
        ["## Impact", "", *_impact(facts)],
        ["## Timeline", "", *_timeline(facts)],
        *([["## To see it again", "", *_filmed(facts)]] if facts.filmed else []),
        ["## Alerts", "", *_alerts(facts)],
        ["## What was run, and whether it helped", "", *_runs(facts)],
        ["## Causes and symptoms", "", *_causes(facts)],
        ["## What went wrong?", "", "*Say it in a sentence that somebody who was not there understands.*"],
        ["## How can we detect it?", "", *_guards(facts)],
        ["## What signs showed before?", "", *_signs(facts)],
        ["## Action items", "", *_items(facts)],
    ]
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def _zone(facts: Facts) -> str:
    """The zone of all its times, once for the page, as it was in force when the trouble began."""
    there = facts.moment.astimezone(facts.zone)
    name = getattr(facts.zone, "key", "") or f"{there:%Z}"
    return name if name == "UTC" else f"{name} (UTC{there.isoformat()[-6:]})"


def _at(at: datetime | None, facts: Facts, form: str = "%Y-%m-%d %H:%M") -> str:
    return f"{at.astimezone(facts.zone):{form}}" if at is not None else "*when?*"


def _summary(facts: Facts) -> list[str]:
    here = facts.incident
    end = here.impact_end or here.closed_at
    lasted = f", {say_seconds((end - facts.moment).total_seconds())} in all" if end is not None and end > facts.moment else ""
    facts_ = [
        f"- Status: {here.status.value}, severity {here.severity.word}",
        f"- Began {_at(facts.moment, facts)}, over {_at(end, facts)}{lasted}",
        f"- Opened {_at(here.opened_at, facts)} by {inert(here.opened_by) or 'nobody'}",
        *(f"- {inert(role).capitalize()}: {inert(who)}" for role, who in sorted(here.roles.items())),
    ]
    paged = [line.at for line in facts.lines if line.what == "page"]
    if paged:
        facts_.append(f"- First page {_at(min(paged), facts)}, {_apart(facts.moment, min(paged))} it began")
    return [*facts_, "", "*What happened, in two sentences?*"]


def _apart(began: datetime, at: datetime) -> str:
    seconds = (at - began).total_seconds()
    return f"{say_seconds(abs(seconds))} {'after' if seconds >= 0 else 'before'}"


def _impact(facts: Facts) -> list[str]:
    here = facts.incident
    if here.impact_start is None:
        return [f"*When were users hurt, and how? `cockpit incident impact {here.id} --from TIME --to TIME TEXT` keeps it.*"]
    until = _at(here.impact_end, facts)
    return [f"Users were hurt from {_at(here.impact_start, facts)} until {until}: {inert(here.impact) or '*how?*'}"]


def _timeline(facts: Facts) -> list[str]:
    days = {line.at.astimezone(facts.zone).date() for line in facts.lines}
    form = "%H:%M:%S" if len(days) == 1 else "%m-%d %H:%M:%S"
    found = [
        f"- {_at(line.at, facts, form)} **{line.what}** {inert(line.who) + ' — ' if line.who else ''}{inert(line.told(facts.zone))}"
        for line in facts.lines
    ]
    return found or ["The journal has nothing."]


def _filmed(facts: Facts) -> list[str]:
    """How to see what the cockpit showed, at the moments that matter."""
    wanted = moments(facts.lines, facts.moment, facts.incident.opened_at)
    shown = [(at, what, film) for at, what in wanted if (film := seen_at(facts.filmed, at)) is not None]
    found = [f"- {_at(at, facts, '%Y-%m-%d %H:%M:%S')} {inert(what)}: {code(command(film, at))}" for at, what, film in shown[:MOST]]
    found += [f"- and {len(shown) - MOST} more moments"] if len(shown) > MOST else []
    found += [f"- {code(each.path)} is not here any more" for each in facts.filmed if not each.there]
    return found or [f"- {code(each.path)} has a part of it" for each in facts.filmed]


def _alerts(facts: Facts) -> list[str]:
    found: list[str] = []
    for each in facts.incident.members:
        where = f" on {inert(each.where)}" if each.where else ""
        page = f" — {link(each.url)}" if each.url else ""
        since = f"{each.severity}, since {_at(each.since, facts)}"
        found.append(f"- {inert(each.name)}{where} ({since}): {inert(each.summary)}{page}")
    for graph in facts.graphs:
        found += _graph(graph, facts)
    return found or ["None was put into it."]


def _graph(graph: Graph, facts: Facts) -> list[str]:
    first, last = facts.incident.began.timestamp() - 3600, (facts.incident.closed_at or facts.now).timestamp()
    values = [value for at, value in graph.points if first <= at <= last]
    if not values or min(values) == max(values):
        return []  # what never moved shows nothing
    first = min(at for at, _ in graph.points if at >= first)  # there may be less of it than an hour before
    line = sparkline(graph.points, first, last)
    spread = f"{say_number(min(values))} to {say_number(max(values))}"
    return ["", f"{inert(graph.trap)} {inert(graph.metric)}, {spread}, over {say_seconds(last - first)}:", "", f"    {line}"]


VERDICTS: dict[Verdict | None, str] = {
    Verdict.HELPED: "helped", Verdict.NOT: "did not help", Verdict.UNKNOWN: "nobody saw", Verdict.OPEN: "too early to say",
    None: "it only reads",
}  # fmt: skip
"""Whether a run helped, for people."""


def _helped(past: Past, now: datetime) -> str:
    if isinstance(past.run.action, Start) and past.run.action.undoes:
        return "it took another run back"
    found = past.verdict(now)
    return past.says(now) if found in (Verdict.HELPED, Verdict.NOT) else VERDICTS[found]


def _runs(facts: Facts) -> list[str]:
    found, called = [], display(facts.people)
    for past in facts.pasts:
        run, who = past.run, inert(called(past.run.who))
        took = f", took {say_seconds(run.seconds)}" if run.seconds is not None else ""
        verdict = _helped(past, facts.now)
        found.append(f"- {_at(run.at, facts)} {inert(run.what)} for {inert(past.after.name)}, by {who}{took}: {verdict}")
    return found or ["No runbook was run for its alerts. *What was done by hand? Should it be a runbook?*"]


def _causes(facts: Facts) -> list[str]:
    names = list(dict.fromkeys(inert(each.name) for each in facts.incident.members))
    asked = [f"- *Is {name} a cause, or a symptom of something else? Of what?*" for name in names]
    asked += [
        f"- *At {_at(line.at, facts)}, before it began: {inert(line.text)}. Did that contribute?*"
        for line in facts.lines
        if line.what == "mark" and line.at <= facts.moment
    ]
    return [*asked, "- *Why was that possible? And why that? (until it is something that can be changed)*"]


def _items(facts: Facts) -> list[str]:
    """What is to be done, as boxes; with none, how one is added."""
    items = [each for each in in_order(facts.incident.items) if each.state is not ItemState.DROPPED]
    if not items:
        words = f"`cockpit action add {facts.incident.id} TEXT --owner WHO --due DAY --trap NAME`"
        return [f"- [ ] *what, who, until when; done when its trap has been drilled: {words}*"]
    how = (standing(each, facts.people, facts.now, facts.traps) for each in items)
    return [
        f"- [{' ' if each.open else 'x'}] {each.id} {inert(each.text)} — {inert(stands)}"
        for each, stands in zip(items, how, strict=True)
    ]


def _guards(facts: Facts) -> list[str]:
    """The traps that were armed after it; with none, what has to be answered."""
    found = [
        f"- The trap **{inert(each.trap)}** has watched since {_at(each.at, facts)}, armed by {inert(each.who) or 'nobody'}"
        f"{': ' * bool(each.does)}{inert(each.does)}." + (f" Tested on what was read: {inert(each.would)}." if each.would else "")
        for each in facts.incident.guards
    ]
    which = f"Which trap will? `cockpit trap add --incident {facts.incident.id}` proposes some."
    asked = "*Which number, measured where, would have told us?" + ("*" if found else f" {which}*")
    return [*found, *([""] if found else []), asked]


_SHOWN = 8


def _signs(facts: Facts) -> list[str]:
    found: list[str] = []
    for each, others in signs_of(facts.looked):
        found += [_moved(each, others, facts), *_climb(each, facts)]
    if not found:
        found = [f"- Of what the traps read, nothing is known to have moved before {_at(facts.moment, facts)}."]
    found += _unsure(facts)
    return [*found, "", "*Which other sign was there, that nobody measures yet?*"]


def signs_of(looked: Lookback) -> list[tuple[Moved, list[Moved]]]:
    """What is told of: of each trap the number that says most, and what else of it moved, mostly the same in other units."""
    found: dict[str, tuple[Moved, list[Moved]]] = {}
    for each in looked.moved:
        if each.trap in found:
            found[each.trap][1].append(each)
        else:
            found[each.trap] = (each, [])
    return list(found.values())[:_SHOWN]


def _moved(each: Moved, others: Iterable[Moved], facts: Facts) -> str:
    said = f"- {code(each.trap)} {code(each.metric)} {'rose' if each.rose else 'fell'} to {say_number(each.peak)}"
    said += f" (usual: {say_number(each.usual)}) from {_at(each.began, facts)} on, {say_seconds(each.early)} before"
    said += _would(each, facts)
    also = ", ".join(code(other.metric) for other in others)
    return f"{said}. With it moved {also}" if also else said


def _would(each: Moved, facts: Facts) -> str:
    """The bound that would have caught it: how early, and how often for nothing."""
    if each.bound is None or each.tested is None:
        return ""
    lead = next((each.tested.lead(trouble) for trouble in each.tested.troubles if trouble.began == facts.moment), None)
    early = f" {say_seconds(lead)} before" if lead else ""
    false = each.tested.false_alarms
    alarms = "no false alarm" if not false else f"{false} false alarm{'s' * (false > 1)}"
    known = f"in {say_seconds(each.tested.span)} of readings"
    return f". {code(each.bound.text)} would have caught it{early}, with {alarms} {known}"


def _climb(each: Moved, facts: Facts) -> list[str]:
    """How it went, from somewhat before it left the usual until the trouble began."""
    points = next((graph.points for graph in facts.signs if (graph.trap, graph.metric) == (each.trap, each.metric)), ())
    last = facts.moment.timestamp()
    line = sparkline(points, last - 1.5 * each.early, last)
    return ["", f"      {line}"] if line else []


def _unsure(facts: Facts) -> Iterable[str]:
    """The traps of whose readings nothing can be said; those that were armed after it were not there."""
    later = {each.trap for each in facts.incident.guards}
    names = [code(name) for name in dict.fromkeys(each.trap for each in facts.looked.unsure) if name not in later]
    if not names:
        return []
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return [f"- Nothing can be said of all that {', '.join(names[:_SHOWN])}{more} read: too little history."]
