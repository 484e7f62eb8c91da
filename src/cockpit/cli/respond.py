"""What one does to an alert beyond taking it, at sources that people are paged through: each shows exactly what it would do, and
sends it only with ``--yes``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, tzinfo
from typing import cast

from ..core.actions import Action
from ..core.alerts import Ref
from ..core.questions import AssigneesAt, LevelsOf, PlaysFor, Question, ServicesAt
from ..core.responses import (
    Assignee,
    EndMaintenance,
    Escalate,
    Level,
    Maintain,
    Maintenance,
    Merge,
    Play,
    Reassign,
    Resolve,
    RunPlay,
    Service,
    Snooze,
)
from ..core.text import clean
from ..core.units import say_seconds
from ..core.view import View
from . import COULD_NOT_SEE, FINE, UNCONFIRMED, USAGE
from .alerts import duration_of, find, settle
from .compose import House, house
from .listing import as_json, say, table, when
from .moments import read, told, viewer
from .options import Options, Stop


def resolve(options: Options) -> int:
    """Say that alerts are over."""
    with house(options) as home:
        view, refs = _alerts(home, options)
        return _sent(options, home, Resolve(refs, options.text("note")), ["Resolve:", *_named(view, refs)])


def snooze(options: Options) -> int:
    """Keep alerts quiet for a while."""
    length = timedelta(seconds=duration_of(options.text("duration")))
    with house(options) as home:
        view, refs = _alerts(home, options)
        ends = (view.now + length).replace(microsecond=0)
        said = f"Snooze until {told(ends, viewer(home.config))} ({say_seconds(length.total_seconds())}); then they ring again:"
        return _sent(options, home, Snooze(refs, ends), [said, *_named(view, refs)])


def escalate(options: Options) -> int:
    """Tell whoever is on a level of the escalation policy; without ``--level``, list the levels."""
    with house(options) as home:
        view, refs = _alerts(home, options)
        levels = cast(tuple[Level, ...], _told(home, LevelsOf(refs[0])))
        wanted = options.args.get("level")
        if wanted is None:
            return _levels(options, levels)
        level = next((each for each in levels if each.number == wanted), None)
        if level is None:
            raise Stop(f"there is no level {wanted}: there are {', '.join(str(each.number) for each in levels) or 'none'}", USAGE)
        who = ", ".join(level.who) or "nobody, as it stands now"
        who += "; that is for the first: the others go to that level of their own policies" if len(refs) > 1 else ""
        return _sent(
            options, home, Escalate(refs, level.number), [f"Escalate to level {level.number} ({who}):", *_named(view, refs)]
        )


def reassign(options: Options) -> int:
    """Give alerts to other people; without ``--to``, list who is there."""
    with house(options) as home:
        view, refs = _alerts(home, options)
        people = cast(tuple[Assignee, ...], _told(home, AssigneesAt(refs[0].source)))
        if not options.words("to"):
            return _listed(options, [{"id": each.id, "name": each.name, "about": each.about} for each in people])
        to = [_one(each, [(one.id, one.name, one.about) for one in people], "nobody") for each in options.words("to")]
        names = tuple(name for _, name in to)
        action = Reassign(refs, tuple(found for found, _ in to), names)
        return _sent(options, home, action, [f"Give to {', '.join(names)}:", *_named(view, refs)])


def merge(options: Options) -> int:
    """Put alerts into one."""
    with house(options) as home:
        view, refs = _alerts(home, options)
        (into,) = _named(view, (find(home, view, options.text("into")),))
        action = Merge(find(home, view, options.text("into")), refs)
        return _sent(options, home, action, [f"Merge into {into.strip()}:", *_named(view, refs), "They are over then."])


def play(options: Options) -> int:
    """Have the source run one of its own plays on an alert; without a name, list them."""
    with house(options) as home:
        ref = find(home, home.view(), options.text("id"))
        plays = cast(tuple[Play, ...], _told(home, PlaysFor(ref)))
        if not options.text("play"):
            return _listed(options, [{"id": each.id, "name": each.name, "about": each.about} for each in plays])
        found, name = _one(options.text("play"), [(each.id, each.name) for each in plays], "no play")
        about = next(each.about for each in plays if each.id == found)
        said = [f"Have {ref.source} run {name} on:", *_named(home.desk.view, (ref,)), *([about] if about else [])]
        return _sent(options, home, RunPlay(ref, found, name), said)


def maintenance(options: Options) -> int:
    """List what is under maintenance; begin one, or end one."""
    if options.words("services") and options.text("end"):
        raise Stop("say one thing: services to begin a maintenance of, or --end ID", USAGE)
    with house(options) as home:
        view = home.view(look=False)
        if options.text("end"):
            return _end(options, home, view)
        if not options.words("services"):
            return _maintenances(options, view, viewer(home.config))
        source = options.text("source") or _only(home, "Maintains")
        known = cast(tuple[Service, ...], _told(home, ServicesAt(source)))
        found = [_one(each, [(one.id, one.name) for one in known], "no service") for each in options.words("services")]
        starts = read(options.text("at"), viewer(home.config)) if options.text("at") else view.now
        length = timedelta(seconds=duration_of(options.text("duration")))
        ends, names = (starts + length).replace(microsecond=0), tuple(name for _, name in found)
        action = Maintain(source, tuple(each for each, _ in found), starts, ends, options.text("comment"), names)
        zone = viewer(home.config)
        said = f"At {source}, from {told(starts, zone)} until {told(ends, zone)}, nothing is raised for:"
        return _sent(options, home, action, [said, *(f"  {name}" for name in names)])


def _alerts(home: House, options: Options) -> tuple[View, tuple[Ref, ...]]:
    view = home.view()
    return view, tuple(dict.fromkeys(find(home, view, text) for text in options.words("ids")))


def _named(view: View, refs: Sequence[Ref]) -> list[str]:
    rows = [view.alert(ref) for ref in refs]
    return [f"  {row.alert.name} {row.alert.where}  {row.alert.summary}  [{row.alert.ref}]" for row in rows if row is not None]


def _told(home: House, question: Question) -> object:
    """What a source answers. Ends the command where it does not."""
    answered = home.inquire(question)
    if answered.value is None:
        raise Stop(answered.problem or "it gave no answer", COULD_NOT_SEE)
    return answered.value


def _one(wanted: str, known: Sequence[tuple[str, ...]], nothing: str) -> tuple[str, str]:
    """(id, name) of what is called so: its id, or one of its names in upper or lower case. Ends the command where that is nothing,
    or several."""
    same = [each for each in known if wanted == each[0]] or [
        each for each in known if wanted.casefold() in (name.casefold() for name in each[1:])
    ]
    if len(same) == 1:
        return same[0][0], same[0][1]
    if same:
        raise Stop(f"{clean(wanted)} may be {' or '.join(each[0] for each in same)}: give the id", USAGE)
    near = [each[1] for each in known if wanted.casefold() in each[1].casefold()][:5]
    raise Stop(f"{nothing} there is called {clean(wanted)}" + (f"; did you mean {', '.join(near)}?" if near else ""), USAGE)


def _sent(options: Options, home: House, action: Action, said: Sequence[str]) -> int:
    """Show it, and do it with ``--yes``. What would be refused is refused either way."""
    if reason := home.desk.why_not(action):
        raise Stop(reason)
    for line in said:
        say(line)
    if not options.flag("yes"):
        say("Nothing was sent. Add --yes to send it.")
        return UNCONFIRMED
    return settle(home, action)


def _levels(options: Options, levels: Sequence[Level]) -> int:
    if options.json:
        as_json(
            [{"level": each.number, "who": list(each.who), "after_seconds": each.after, "policy": each.policy} for each in levels]
        )
    else:
        rows = [(str(each.number), ", ".join(each.who) or "NOBODY", say_seconds(each.after), each.policy) for each in levels]
        table(("Level", "On call now", "Next after", "Policy"), rows)
    return FINE


def _listed(options: Options, records: Sequence[dict[str, object]]) -> int:
    if options.json:
        as_json(records)
    elif records:
        table(("Id", "Name", "About"), [(str(each["id"]), str(each["name"]), str(each["about"])) for each in records])
    else:
        say("There are none.")
    return FINE


def _maintenances(options: Options, view: View, zone: tzinfo | None) -> int:
    if options.json:
        as_json([_record(each) for each in view.maintenances])
    elif view.maintenances:
        rows = [
            (
                str(each.ref),
                f"{each.starts_at.astimezone(zone):%m-%d %H:%M %Z}" if not each.runs(view.now) else "now",
                f"{each.ends_at.astimezone(zone):%m-%d %H:%M %Z}",
                each.who,
                ", ".join(each.services),
                each.comment,
            )
            for each in view.maintenances
        ]
        table(("Id", "From", "Until", "Who", "Services", "Comment"), rows)
    else:
        say("Nothing is under maintenance" + (" on what can be seen." if view.blind else "."))
    for health in () if options.json else view.blind:
        say(f"Cannot see: {health.source}" + (f": {health.reason}" if health.reason else ""))
    return COULD_NOT_SEE if view.blind else FINE


def _record(each: Maintenance) -> dict[str, object]:
    return {
        "source": each.ref.source,
        "id": each.ref.id,
        "services": list(each.services),
        "starts_at": when(each.starts_at),
        "ends_at": when(each.ends_at),
        "who": each.who,
        "comment": each.comment,
    }


def _end(options: Options, home: House, view: View) -> int:
    wanted = options.text("end")
    found = [each for each in view.maintenances if wanted in (each.ref.id, str(each.ref))]
    if not found:
        raise Stop(f"there is no maintenance {wanted} now; `cockpit maintenance` lists them")
    said = f"End the maintenance of {', '.join(found[0].services)} at {found[0].ref.source}: {found[0].comment}"
    return _sent(options, home, EndMaintenance(found[0].ref), [said])


def _only(home: House, capability: str) -> str:
    able = sorted(source for source, word in home.can if word == capability)
    if len(able) != 1:
        raise Stop(f"say at which source, with --source: {', '.join(able) or 'none here can do that'}", USAGE)
    return able[0]
