"""``cockpit silence``: make one, change it, let it last longer, end it, list them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

import msgspec

from ..core.actions import EndSilence, MakeSilence, Run
from ..core.alerts import Silence, SilenceState
from ..core.filters import FilterError, parse
from ..core.roster import Naming, display
from ..core.silences import hushed, lasting, later, listed, may_be_at
from ..core.text import clean, clean_block
from ..core.units import say_seconds
from ..core.view import Row, View
from . import COULD_NOT_SEE, FINE, UNCONFIRMED, USAGE
from .alerts import duration_of, filter_of, outcome, say_kept, settle, status_of
from .compose import House, house
from .listing import as_json, fitting, say, table, when
from .moments import told, viewer
from .options import Options, Stop

LENGTH = "1h"
"""How long a silence lasts, and how much longer one is made, where nothing is said."""


def silence(options: Options) -> int:
    """Silence what a filter matches; without ``--yes`` only the preview. Or change a silence, end one, or list them."""
    does = [name for name in ("list", "end", "edit", "extend") if options.args.get(name)]
    making = options.args.get("match") is not None and does != ["edit"]
    if len(does) + making != 1:
        raise Stop("say one thing: a FILTER to silence, --edit ID, --extend ID, --end ID or --list", USAGE)
    if does == ["list"]:
        return _list(options)
    if does == ["end"]:
        return _end(options)
    for name, also in (("by", "extend"), ("all", "list")):
        if options.args.get(name) and does != [also]:
            raise Stop(f"--{name} goes with --{also}", USAGE)
    duration_of(options.text("duration") or LENGTH)
    duration_of(options.text("by") or LENGTH)
    rule = filter_of(options.text("match")) if options.args.get("match") is not None else None
    with house(options) as home:
        view = home.view()
        before = _found(view, options.text(does[0])) if does else None
        wanted = _wanted(options, home, view, before, rule.text if rule is not None else "")
        return _previewed_and_sent(options, home, view, wanted, before)


def _wanted(options: Options, home: House, view: View, before: Silence | None, match: str) -> MakeSilence:
    """The silence that is asked for; of one that is changed, what is not said stays."""
    length = timedelta(seconds=duration_of(options.text("duration") or LENGTH))
    resolved = options.flag("until_resolved")
    if before is None:
        source = options.text("source") or _source_for(home, view, match, view.now + length)
        return MakeSilence(source, match, view.now + length, options.text("comment"), until_resolved=resolved)
    if before.ack:
        raise Stop(f"that is the acknowledgement of {before.who}: `cockpit unack` takes it back")
    same = MakeSilence(
        before.ref.source,
        before.match,
        before.ends_at,
        before.comment,
        replaces=before.ref.id if before.state is not SilenceState.EXPIRED else "",
        until_resolved=before.until_resolved,
    )
    if options.text("extend"):
        if before.until_resolved:
            raise Stop("that one lasts until what it hushes has resolved: there is no end to put off")
        by = timedelta(seconds=duration_of(options.text("by") or LENGTH))
        return msgspec.structs.replace(same, ends_at=later(before, by, view.now))
    changes: dict[str, object] = {}
    if match:
        changes["match"] = match
    if options.args.get("comment") is not None:
        changes["comment"] = options.text("comment")
    if options.args.get("duration") is not None:
        changes |= {"ends_at": lasting(length, view.now, before), "until_resolved": False}
    if resolved:
        changes["until_resolved"] = True
    if not changes:
        raise Stop("nothing to change: say a FILTER, --for, --until-resolved or --comment", USAGE)
    return msgspec.structs.replace(same, **changes)


def _previewed_and_sent(options: Options, home: House, view: View, wanted: MakeSilence, before: Silence | None) -> int:
    hit = _hit(view, wanted)
    problem = home.desk.silence_problem(wanted.source, wanted.match, None if wanted.until_resolved else wanted.ends_at)
    if not problem and wanted.until_resolved and not hit:
        problem = "nothing that it matches fires now: a silence until resolved would end at once"
    send = options.flag("yes")
    if not options.json:
        _say_preview(view, viewer(home.config), wanted, before, hit)
    if problem:
        raise Stop(clean(problem))
    runs: Sequence[Run] = home.do(wanted) if send else ()
    if options.json:
        as_json([{**_preview_record(wanted, hit), "sent": send, "state": runs[0].state.value if runs else None}])
    elif send:
        for run in runs:
            say(outcome(run))
        if status_of(runs) == FINE:
            _say_made(home, wanted)
    else:
        say("Nothing was sent. Add --yes to send it.")
    return status_of(runs) if send else UNCONFIRMED


def _say_made(home: House, wanted: MakeSilence) -> None:
    """The silence as its source has it now: its id, and how long it lasts where nobody keeps it up."""
    view = home.view(look=False)
    there = (each for each in view.silences if each.ref.source == wanted.source and each.state is not SilenceState.EXPIRED)
    mine = [each for each in there if each.match == clean(wanted.match) and each.until_resolved == wanted.until_resolved]
    if not mine:
        return  # it says the filter in its own words: `--list` has it
    made = max(mine, key=lambda each: (each.ends_at, each.starts_at))
    say(f"Id: {made.ref}")
    if made.until_resolved:
        say_kept(home, made)


def _hit(view: View, wanted: MakeSilence) -> list[Row]:
    try:
        rule = parse(wanted.match)
    except FilterError as error:
        raise Stop(f"what it matches cannot be read here ({error}): say a FILTER") from None
    there = (row for row in view.alerts if row.alert.ref.source == wanted.source)
    return [row for row in there if rule.matches(row.alert, view.now, view.me)]


def _say_preview(view: View, zone: tzinfo | None, wanted: MakeSilence, before: Silence | None, hit: Sequence[Row]) -> None:
    say(f"At {wanted.source}, until {_until(wanted.until_resolved, wanted.ends_at, view.now, zone)}: {clean(wanted.match)}")
    if before is not None:
        gone = "; it has ended, and is made anew" if before.state is SilenceState.EXPIRED else ""
        say(f"Before, until {_until(before.until_resolved, before.ends_at, view.now, zone)}: {before.match}{gone}")
    say(f"Hits {_alerts(len(hit))} now")
    for row in hit:
        say(fitting(f"  {row.alert.name}  {row.alert.where}"))


def _until(resolved: bool, ends_at: datetime, now: datetime, zone: tzinfo | None) -> str:
    if resolved:
        return "it has resolved"
    left = (ends_at - now).total_seconds()
    off = say_seconds(left) if left >= 0 else f"{say_seconds(-left)} ago"
    return f"{told(ends_at, zone)} ({off})"


def _preview_record(wanted: MakeSilence, hit: Sequence[Row]) -> dict[str, object]:
    return {
        "source": wanted.source,
        "match": wanted.match,
        "ends_at": None if wanted.until_resolved else when(wanted.ends_at),
        "until_resolved": wanted.until_resolved,
        "comment": wanted.comment,
        "replaces": wanted.replaces or None,
        "hits": [row.alert.ref.id for row in hit],
    }


def _list(options: Options) -> int:
    with house(options) as home:
        view, zone, called = home.view(look=False), viewer(home.config), display(home.config.people.values())
    shown = [each for each in listed(view.silences) if options.flag("all") or each.state is not SilenceState.EXPIRED]
    hits = hushed(row.alert for row in view.alerts)
    if options.json:
        as_json([_record(each, hits.get((each.ref.source, each.ref.id), 0)) for each in shown])
    elif shown:
        heads = ("Id", "State", "Until", "Hits", "Who", "Match", "Comment")
        table(heads, [_cells(each, hits.get((each.ref.source, each.ref.id), 0), zone, called) for each in shown], cut=(5, 6))
    else:
        say("There are no silences" + (" on what can be seen." if view.blind else "."))
    if not options.json:
        for health in view.blind:
            say(f"Cannot see: {health.source}" + (f": {health.reason}" if health.reason else ""))
    return COULD_NOT_SEE if view.blind else FINE


def _cells(silence: Silence, hits: int, zone: tzinfo | None, called: Naming) -> tuple[str, ...]:
    until = "resolved" if silence.until_resolved else f"{silence.ends_at.astimezone(zone):%m-%d %H:%M %Z}"
    state = f"{silence.state.value}, ack" if silence.ack else silence.state.value
    return str(silence.ref), state, until, str(hits), called(silence.who), silence.match, silence.comment


def _record(silence: Silence, hits: int) -> dict[str, object]:
    return {
        "source": silence.ref.source,
        "id": silence.ref.id,
        "match": silence.match,
        "starts_at": when(silence.starts_at),
        "ends_at": when(silence.ends_at),
        "who": silence.who,
        "comment": silence.comment,
        "state": silence.state.value,
        "ack": silence.ack,
        "until_resolved": silence.until_resolved,
        "hits": hits,
    }


def _end(options: Options) -> int:
    with house(options) as home:
        return settle(home, EndSilence(_found(home.view(look=False), options.text("end")).ref))


def _found(view: View, wanted: str) -> Silence:
    """The silence that ``ID`` or ``SOURCE/ID`` means."""
    found = [each for each in view.silences if wanted in (each.ref.id, str(each.ref))]
    if not found:
        raise Stop(f"there is no silence {clean(wanted, 200)} now; `cockpit silence --list` lists them")
    if len(found) > 1:
        raise Stop(f"{wanted} is a silence at {' and '.join(each.ref.source for each in found)}: write SOURCE/ID", USAGE)
    return found[0]


def _source_for(home: House, view: View, match: str, ends_at: datetime) -> str:
    """Where a silence is meant: at the source whose alerts it hits; where it hits none, at the only one that would take it. Ends
    the command where that is none, or could be several."""
    able = sorted(source for source, capability in home.can if capability == "Silences")
    if len(able) == 1:
        return able[0]
    rule = parse(match)
    hits = Counter(row.alert.ref.source for row in view.alerts if rule.matches(row.alert, view.now, view.me))
    hit = [source for source in able if hits[source]]
    meant = [source for source in able if may_be_at(rule, source)]
    taking = hit or [source for source in meant if not _against(home, source, match, ends_at)]
    if len(taking) == 1:
        return taking[0]
    if not taking:
        reasons = "".join(f"\n  {source}: {_against(home, source, match, ends_at)}" for source in able)
        raise Stop(f"no source takes such a silence{clean_block(reasons) or ': none here can silence'}")
    choices = [f"--source {source}" + (f" ({_alerts(hits[source])})" if hit else "") for source in taking]
    said = "it hits alerts at several sources" if hit else "it hits nothing now, and several sources would take it"
    raise Stop(f"{said}: say which, with {' or '.join(choices)}", USAGE)


def _against(home: House, source: str, match: str, ends_at: datetime) -> str:
    """Why a source would not take it; "" where nothing is against it."""
    return home.desk.why_not(MakeSilence(source, match, ends_at, "…")) or home.desk.silence_problem(source, match, ends_at)


def _alerts(many: int) -> str:
    return f"{many} alert{'s' * (many != 1)}"
