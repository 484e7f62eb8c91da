"""Incidents on the command line: opened, followed, merged, split, closed; and marks of what was done to the world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, tzinfo

import msgspec

from ..config.model import Config
from ..core.action_items import in_order, standing
from ..core.alerts import SEVERITY_WORDS, Ref
from ..core.incident_parting import unmerged
from ..core.incident_refusals import refusal
from ..core.incident_timeline import MARK, Line
from ..core.incidents import Change, Incident, Member, member, merged, number_of
from ..core.roster import Naming, display, person_id
from ..core.spoken import spoken
from ..core.text import clean
from ..core.why import READ_ONLY
from ..engine.incident_facts import lines_of
from ..engine.person import who_is
from . import BAD, COULD_NOT_SEE, FINE, UNCONFIRMED, USAGE
from .action_items import record as item_record
from .alerts import find, several
from .compose import house
from .configured import read_config
from .listing import as_json, say, table, when
from .moments import read, told, viewer
from .options import Options, Stop
from .record import journal, told_why

_LIST = ("", "list")


def incident(options: Options) -> int:
    """List the incidents, show one, or do what a verb says. What changes one is an entry in the journal, with who and when."""
    config, verb = read_config(options), options.text("verb")
    if verb not in (*_LIST, "show") and (options.read_only or config.read_only):
        raise Stop(READ_ONLY)
    if verb in ("open", "add"):
        return _with_alerts(options, config, verb)
    with journal() as kept:
        known, called = kept.incidents(), display(config.people.values())
        if not known and kept.problem:
            raise Stop(kept.problem, COULD_NOT_SEE)
        if verb in _LIST:
            return _listed(options, known.values(), config)
        here = known.get(number_of(options.text("id")))
        if here is None:
            raise Stop(f"there is no incident {clean(options.text('id'), 80)}; `cockpit incident` lists them")
        if verb == "show":
            return _shown(options, here, lines_of(kept, here, str if options.json else called), config)
        told = here
        if verb == "unmerge":
            here = known.get(here.into, here)
        change, data, preview = _wanted(options, here, known, config)
        if reason := refusal(known, here.id, change, data):
            raise Stop(reason)
        if preview and not options.flag("yes"):
            for line in preview:
                say(line)
            say("Nothing was changed. Add --yes to do it.")
            return UNCONFIRMED
        with told_why():
            now = kept.change_incident(here.id, change, who=who_is(config), at=datetime.now(UTC), data=data)
            now = now if told is here else kept.incidents()[told.id]
        _say_one(spoken(now, called))
    return FINE


def mark(options: Options) -> int:
    """Write down what was done to the world: it stands in the timelines of the incidents around it."""
    config = read_config(options)
    if options.read_only or config.read_only:
        raise Stop(READ_ONLY)
    text = _text(options)
    about = {key: clean(options.text(key), 200) for key in ("alert", "service", "incident") if options.text(key)}
    with journal() as kept:
        if "incident" in about and number_of(about["incident"]) not in kept.incidents():
            raise Stop(f"there is no incident {about['incident']}; `cockpit incident` lists them")
        kept.record(MARK, at=datetime.now(UTC), who=who_is(config), data={"text": text, **about})
    say(f"Marked: {text}")
    return FINE


def _text(options: Options) -> str:
    text = clean(" ".join(options.words("text"))).strip()
    if not text:
        raise Stop("there is nothing to write down: say it in a few words", USAGE)
    return text


def _with_alerts(options: Options, config: Config, verb: str) -> int:
    """Open one, or add alerts to one: these must be there now."""
    members: tuple[Member, ...] = ()
    wanted, who, at = options.words("alerts"), who_is(config), datetime.now(UTC)
    called = display(config.people.values())
    if wanted:
        with house(options) as home:
            view = home.view()
            rows = [view.alert(find(home, view, text)) for text in wanted]
            members = tuple(member(row.alert) for row in rows if row is not None)
    alerts = msgspec.to_builtins(members)
    with journal() as kept, told_why():
        if verb == "add":
            now = kept.change_incident(number_of(options.text("id")), Change.ADDED, who=who, at=at, data={"alerts": alerts})
            _say_one(spoken(now, called))
            return FINE
        worst = max(members, key=_rank).severity if members else "unknown"
        severity = options.text("severity") or worst
        lead = person_id(config.people.values(), clean(options.text("lead"), 200))
        data = {"title": _text(options), "severity": severity, "alerts": alerts, "lead": lead}
        opened = kept.change_incident("", Change.OPENED, who=who, at=at, data=data)
    _say_one(spoken(opened, called))
    return FINE


def _rank(each: Member) -> int:
    return SEVERITY_WORDS[each.severity]


def _wanted(
    options: Options, here: Incident, known: dict[str, Incident], config: Config
) -> tuple[Change, dict[str, object], list[str]]:
    """The change that a verb means, what its entry says, and what is shown first where it must be confirmed."""
    title, zone, called = f"{here.id} {here.title}", viewer(config), display(config.people.values())
    match options.text("verb"):
        case "lead":
            person, role = person_id(config.people.values(), clean(options.text("person"), 200)), clean(options.text("role"), 100)
            given: dict[str, object] = {"role": role, "person": "" if person == "-" else person, "before": here.roles.get(role, "")}
            return Change.ROLE, given, []
        case "status":
            return Change.STATUS, {"status": options.text("status")}, []
        case "severity":
            return Change.SEVERITY, {"severity": options.text("severity")}, []
        case "title":
            return Change.TITLE, {"title": _text(options)}, []
        case "impact":
            return Change.IMPACT, _impact(options, here, zone), []
        case "note":
            return Change.NOTED, {"text": _text(options)}, []
        case "merge":
            other = number_of(options.text("other"))
            gone = known.get(other)
            becomes = _becomes(spoken(here, called), spoken(gone, called), zone) if gone is not None else []
            return Change.MERGED, {"other": other}, [f"Merge into {title}:", *becomes, "It goes on as that one then."]
        case "unmerge":
            gone = known[number_of(options.text("id"))]
            apart = _apart(here, gone, called, zone) if gone.into == here.id else []
            return Change.UNMERGED, {"other": gone.id}, apart
        case "split":
            out = _some(here, options.words("alerts"))
            name = clean(options.text("title"))
            preview = [
                f"Split off {title}, as a new incident {name!r}:",
                *(f"  {each.name} {each.where}  [{each.ref}]" for each in out),
            ]
            return Change.SPLIT, {"title": name, "alerts": msgspec.to_builtins(out)}, preview
        case "close":
            hurt = "" if here.impact_end or not here.impact_start else "  Users are still said to be hurt: `impact --to` ends that."
            return Change.CLOSED, {}, [f"Close {title}.{hurt}"]
    return Change.REOPENED, {}, []


def _becomes(here: Incident, gone: Incident, zone: tzinfo | None) -> list[str]:
    """What goes into an incident, and what that one says then of those who have roles and of its users."""
    then = merged(here, gone)
    said = [f"  {gone.id} {gone.title}  ({_many(gone)})"]
    said += [f"  roles then: {_roles(then)}"] if then.roles != here.roles else []
    return [*said, *([f"  users hurt then: {_hurt(then, zone)}"] if _hurt(then, zone) != _hurt(here, zone) else [])]


def _apart(here: Incident, gone: Incident, called: Naming, zone: tzinfo | None) -> list[str]:
    """What both are once one is taken out of the other again."""
    rest, out = (spoken(each, called) for each in unmerged(here, gone))
    here = spoken(here, called)
    said = [f"Take {gone.id} {gone.title} out of {here.id} {here.title} again:"]
    said += [f"  {each.id} is {each.status.value} then, with {_many(each)}" for each in (out, rest)]
    said += [f"  roles of {gone.id} then: {_roles(out)}"] if out.roles else []
    said += [f"  severity of {here.id} then: {rest.severity.word}"] if rest.severity is not here.severity else []
    said += [f"  roles of {here.id} then: {_roles(rest) or 'nobody has one'}"] if rest.roles != here.roles else []
    said += [f"  users hurt by {here.id} then: {_hurt(rest, zone)}"] if _hurt(rest, zone) != _hurt(here, zone) else []
    return [*said, f"What was said of {here.id} since the merge stays there."]


def _many(here: Incident) -> str:
    return f"{len(here.members)} alert{'s' * (len(here.members) != 1)}"


def _impact(options: Options, here: Incident, zone: tzinfo | None) -> dict[str, object]:
    start, end = (_moment(options.text(key), zone) for key in ("start", "end"))
    text = clean(" ".join(options.words("text"))).strip()
    if start is None and end is None and not text:
        raise Stop("say since when (--from), until when (--to), or what users saw", USAGE)
    first, last = start or here.impact_start, end or here.impact_end
    if first is not None and last is not None and last < first:
        raise Stop(f"that would end before it begins ({told(first, zone)}): nothing was changed", USAGE)
    times = {"impact_start": when(start) or "", "impact_end": when(end) or ""}
    return {key: said for key, said in {**times, "text": text}.items() if said}


def _moment(text: str, zone: tzinfo | None) -> datetime | None:
    if not text:
        return None
    return datetime.now(UTC) if text == "now" else read(text, zone)


def _some(here: Incident, wanted: Sequence[str]) -> tuple[Member, ...]:
    """The alerts of an incident that these mean, as `find` has it of all."""
    found: dict[Ref, Member] = {}
    for text in wanted:
        by_id = [each for each in here.members if text == str(each.ref)] or [each for each in here.members if text == each.alert]
        meant = by_id or [each for each in here.members if text == each.name]
        if not meant:
            raise Stop(f"{clean(text, 200)} is no alert of {here.id}; `cockpit incident show {here.id}` lists them", USAGE)
        if len(meant) > 1:
            raise several(clean(text, 200), meant)
        found[meant[0].ref] = meant[0]
    return tuple(found.values())


def _say_one(here: Incident) -> None:
    lead = f", {here.lead} leads" if here.lead else ""
    say(f"{here.id} {here.title}: {here.status.value}, {here.severity.word}{lead}")


def _listed(options: Options, known: Iterable[Incident], config: Config) -> int:
    """Exit status 1 while one is open, as for alerts that fire."""
    zone = viewer(config)
    every = sorted(known, key=lambda each: each.opened_at, reverse=True)
    shown = [each for each in every if options.flag("all") or not each.status.over]
    if options.json:
        as_json([_record(each, config) for each in shown])
    elif shown:
        called = display(config.people.values())
        rows = [
            (
                each.id,
                each.severity.word,
                each.status.value,
                told(each.opened_at, zone),
                called(each.lead),
                str(len(each.members)),
                each.title,
            )
            for each in shown
        ]
        table(("Id", "Sev", "Status", "Opened", "Lead", "Alerts", "Title"), rows, cut=(6,))
    else:
        say("There are no open incidents." if every else "There are no incidents.")
    return BAD if any(not each.status.over for each in shown) else FINE


def _shown(options: Options, here: Incident, lines: Sequence[Line], config: Config) -> int:
    zone, people, now = viewer(config), tuple(config.people.values()), datetime.now(UTC)
    if options.json:
        entries = [{"at": when(each.at), "what": each.what, "who": each.who or None, "text": each.text} for each in lines]
        as_json([{**_record(here, config), "timeline": entries}])
        return FINE
    here = spoken(here, display(config.people.values()))
    _say_one(here)
    facts = [
        ("opened", f"{told(here.opened_at, zone)} by {here.opened_by}"),
        ("roles", _roles(here)),
        ("hurt", _hurt(here, zone)),
        ("closed", told(here.closed_at, zone)),
        ("merged", here.into and f"into {here.into}"),
        ("took in", ", ".join(here.absorbed)),
        ("split off", here.split_from and f"from {here.split_from}"),
    ]
    for label, text in facts:
        if text:
            say(f"{label + ':':<10} {text}")
    for each in here.members:
        say(f"alert:     {each.name} {each.where}  {each.summary}  [{each.ref}]" + (f"  {each.url}" if each.url else ""))
    for guard in here.guards:
        say(f"trap:      {guard.trap}  {guard.does}, armed {told(guard.at, zone)} by {guard.who}")
    for item in in_order(here.items):
        say(f"action:    {item.id} {item.text}  {standing(item, people, now, config.traps.keys())}")
    say()
    say(f"Timeline ({datetime.now(UTC).astimezone(zone):%Z})")
    for line in lines:
        who = f"{line.who}: " if line.who else ""
        say(f"{line.at.astimezone(zone):%m-%d %H:%M:%S}  {line.what:<8}  {who}{line.told(zone)}")
    return FINE


def _roles(here: Incident) -> str:
    return ", ".join(f"{role}: {who}" for role, who in sorted(here.roles.items()))


def _hurt(here: Incident, zone: tzinfo | None) -> str:
    if here.impact_start is None and here.impact_end is None:
        return here.impact or ("not said yet: `cockpit incident impact`" if not here.status.over else "not said")
    words = f"{told(here.impact_start, zone) or '?'} until {told(here.impact_end, zone) or 'now'}"
    return f"{words}: {here.impact}" if here.impact else words


def _record(here: Incident, config: Config) -> dict[str, object]:
    people, now, traps = tuple(config.people.values()), datetime.now(UTC), config.traps.keys()
    return {
        "id": here.id,
        "title": here.title,
        "status": here.status.value,
        "severity": here.severity.word,
        "lead": here.lead or None,
        "roles": here.roles,
        "opened_at": when(here.opened_at),
        "opened_by": here.opened_by,
        "closed_at": when(here.closed_at),
        "impact": here.impact,
        "impact_start": when(here.impact_start),
        "impact_end": when(here.impact_end),
        "alerts": [str(each.ref) for each in here.members],
        "absorbed": list(here.absorbed),
        "into": here.into or None,
        "split_from": here.split_from or None,
        "traps": [each.trap for each in here.guards],
        "rule": here.rule or None,
        "links": [each.url for each in here.members if each.url],
        "action_items": [item_record(each, people, now, traps) for each in in_order(here.items)],
    }
