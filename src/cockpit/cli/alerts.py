"""What is wrong now, and what one says to it: alerts, ack, unack, note."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime

from ..core.actions import Ack, Action, AddNote, ChangeIncident, DrillTrap, Run, RunState, Start, StartMany, Unack
from ..core.alerts import Alert, AlertState, Ref, Silence
from ..core.filters import Filter, FilterError, parse
from ..core.incidents import Member
from ..core.roster import Naming, display
from ..core.spoken import spoken_alert
from ..core.text import clean
from ..core.traps import TrapState
from ..core.units import seconds, short_age
from ..core.view import Row, View
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .compose import House, house
from .groups import by_of, print_groups
from .listing import alert_record, as_json, say, table
from .moments import viewer
from .options import Options, Stop


def alerts(options: Options) -> int:
    """List what is wrong now, worst first."""
    rule = filter_of(" ".join(options.words("filter")))
    by = by_of(options.text("by")) if options.args.get("by") is not None else ()
    with house(options) as home:
        view, called = home.view(), display(home.config.people.values())
    rows = [row for row in view.alerts if rule.matches(row.alert, view.now, view.me)]
    if by:
        print_groups(rows, view, by, options)
    elif options.json:
        as_json([alert_record(row.alert, row.pending or row.running) for row in rows])
    elif rows:
        heads = ("Sev", "Age", "State", "Alert", "Where", "Summary", "Who", "Id")
        table(
            heads,
            [_cells(row, view.now, called) for row in rows],
            [_style(row) for row in rows],
            options.color,
            cut=(3, 4, 5, 6),
            last=(7,),
        )
    if not options.json:
        _say_what_else(rows, view, everything=not rule.terms)
    if any(row.alert.state is AlertState.FIRING for row in rows):
        return BAD
    return COULD_NOT_SEE if view.cannot_see or view.unwatched else FINE


def filter_of(text: str) -> Filter:
    """Read a filter given on the command line; a mistake is pointed at and ends the command with status 2."""
    try:
        return parse(text)
    except FilterError as error:
        raise Stop(f"the filter cannot be read: {error}\n  {text}\n  {' ' * error.column}^", USAGE) from None


def _say_what_else(rows: Sequence[Row], view: View, *, everything: bool) -> None:
    """What cannot be seen; and where there are no alerts, what that means."""
    for word in view.cannot_see:
        say(f"Cannot see: {word}")
    for health in view.blind:
        if health.reason:
            say(f"  {health.source}: {health.reason}")
    if rows:
        return
    if not everything and view.alerts:
        say(f"Nothing matches the filter (of {len(view.alerts)} in all).")
    else:
        watched = f"Nothing is watched: {view.unwatched}." if view.unwatched else "All clear."
        watched = f"Nothing firing, but {view.warned}." if view.warned else watched
        say("Nothing firing on what can be seen." if view.cannot_see else watched)


def _style(row: Row) -> str:
    if row.alert.state is not AlertState.FIRING or row.stale:
        return "dim"
    return "bad" if row.alert.severity >= 3 else "warn" if row.alert.severity == 2 else ""


def _cells(row: Row, now: datetime, called: Naming) -> tuple[str, ...]:
    alert = spoken_alert(row.alert, called)
    age = short_age((now - alert.started_at).total_seconds()) if alert.started_at else "?"
    state = row.pending or alert.state.value + (" (last known)" if row.stale else "") + (f", {row.running}" if row.running else "")
    return alert.severity.word, age, state, alert.name, alert.where, alert.summary, alert.acknowledged_by, str(alert.ref)


_TOLD = 20
"""So many alerts of one name are told of where one was meant."""


def find(home: House, view: View, text: str) -> Ref:
    """The alert that ``SOURCE/ID``, ``ID``, ``#NUMBER`` or a name means, the first of these that is one's. Ends the command where
    it is none's, or several have it; for a name also where another may have it that cannot be seen."""
    alerts = [row.alert for row in view.alerts]
    whole = [alert.ref for alert in alerts if str(alert.ref) == text]
    found = whole or [alert.ref for alert in alerts if alert.ref.id == text]
    if text.startswith("#") and not found:
        found = [alert.ref for alert in alerts if alert.where == text]
    if not found:
        return _by_name(home, view, text)
    if len(found) > 1:
        raise Stop(f"{text} is an alert at {' and '.join(ref.source for ref in found)}: write SOURCE/ID", USAGE)
    return found[0]


def _by_name(home: House, view: View, name: str) -> Ref:
    """The one alert of that name."""
    found = [row.alert for row in view.alerts if row.alert.name == name]
    if not found:
        raise Stop(f"{name} is not an alert now; `cockpit alerts` lists what is (the last column is the id)")
    if len(found) > 1:
        raise several(name, found)
    if unseen := _unseen(home, view, name):
        raise Stop(
            f"{name} may be the name of other alerts, too, that cannot be seen now: nothing was done\n  "
            f"{clean('; '.join(unseen), 1000)}\n  By its id this one can be meant all the same: {clean(str(found[0].ref), 200)}",
            COULD_NOT_SEE,
        )
    return found[0].ref


def _unseen(home: House, view: View, name: str) -> list[str]:
    """Where another alert of that name may be, unseen, in words: at a source that has alerts, or may have some, as far as was found
    out, and does not see all of them; or a trap that is called so."""
    asked, has = {source for source, _ in home.can}, {source for source, what in home.can if what == "Alerts"}
    dark = [each for each in view.blind if each.source in has or each.source not in asked]
    said = [f"{each.source} is {each.health.value}" + (f": {each.reason}" if each.reason else "") for each in dark]
    return said + [f"trap {name} is blind" for each in view.traps if each.trap.name == name and each.state is TrapState.BLIND]


def several(name: str, found: Sequence[Alert | Member]) -> Stop:
    """What ends a command where one alert was meant by a name that several have."""
    every = [clean(f"{alert.ref}  {alert.where}  {alert.summary}", 200) for alert in found[:_TOLD]]
    more = [f"and {len(found) - _TOLD} more: `cockpit alerts` lists them"] if len(found) > _TOLD else []
    return Stop("\n  ".join((f"{name} is the name of {len(found)} alerts: give the id of one", *every, *more)), USAGE)


def settle(home: House, action: Action) -> int:
    """Do it, wait for what becomes of it, and say so."""
    runs = home.do(action)
    for run in runs:
        say(outcome(run))
    wanted = next((run.address_wanted for run in runs if run.address_wanted is not None), None)
    if wanted is not None and sys.stdin.isatty() and sys.stdout.isatty():
        answer = input(f"{clean(wanted.source)} wants {clean(wanted.what)} (enter alone: leave it): ").strip()
        if answer:
            say(f"Kept in {home.desk.tell_address(wanted.source, answer)}.")
            return settle(home, action)
    return status_of(runs)


def say_kept(home: House, silence: Silence) -> None:
    """How long what is kept up by a cockpit lasts, where none runs but this command."""
    if (silence.ref.source, "Upkeep") in home.can and not kept_elsewhere(home):
        until = silence.ends_at.astimezone(viewer(home.config))
        say(f"It is kept up only while a cockpit or `cockpit watch` runs, and none does: else it ends at {until:%H:%M %Z}.")


def address(options: Options) -> int:
    """Keep what the person is called at a source that wants to know who writes."""
    with house(options, propose=False) as home:
        say(f"Kept in {home.desk.tell_address(options.text('source'), options.text('address'))}.")
    return FINE


def status_of(runs: Sequence[Run]) -> int:
    """The exit status for what became of these runs."""
    states = {run.state for run in runs}
    if states <= {RunState.CONFIRMED, RunState.ACCEPTED}:
        return FINE
    return COULD_NOT_SEE if RunState.UNCERTAIN in states else BAD


def outcome(run: Run) -> str:
    """One run in a sentence."""
    reason = f": {run.reason}" if run.reason else ""
    what = f"{run.what} {run.target}" if run.target else run.what
    return clean(f"{what}: {state_word(run)}{reason}", 4000)


def state_word(run: Run) -> str:
    """What became of it, for people: what the cockpit does itself is done, where what was asked of a source is confirmed by it."""
    ours = isinstance(run.action, (Start, StartMany, ChangeIncident, DrillTrap))
    return "done" if ours and run.state is RunState.CONFIRMED else run.state.value


def ack(options: Options) -> int:
    """Acknowledge."""
    with house(options) as home:
        view = home.view()
        refs = tuple(find(home, view, text) for text in options.words("ids"))
        status = settle(home, Ack(refs, options.text("note")))
        if status == FINE:
            _say_acks(home, refs)
        return status


def kept_elsewhere(home: House) -> bool:
    """Whether another process keeps up what must be."""
    lease = home.journal.lease()
    return lease is not None and lease.pid != os.getpid()


def _say_acks(home: House, refs: Sequence[Ref]) -> None:
    """Until when an acknowledgement lasts that somebody must keep up: the first to end speaks for all of a source."""
    if kept_elsewhere(home) or not any((ref.source, "Upkeep") in home.can for ref in refs):
        return
    view = home.view(look=False)
    holding = {(ref.source, each) for ref in refs if (row := view.alert(ref)) is not None for each in row.alert.silences}
    acks = [each for each in view.silences if each.ack and (each.ref.source, each.ref.id) in holding]
    for source in sorted({each.ref.source for each in acks}):
        say_kept(home, min((each for each in acks if each.ref.source == source), key=lambda each: each.ends_at))


def unack(options: Options) -> int:
    """Take acknowledgements back."""
    with house(options) as home:
        view = home.view()
        return settle(home, Unack(tuple(find(home, view, text) for text in options.words("ids"))))


def note(options: Options) -> int:
    """Leave a note on an alert."""
    with house(options) as home:
        ref = find(home, home.view(), options.text("id"))
        return settle(home, AddNote(ref, " ".join(options.words("text"))))


def duration_of(text: str) -> float:
    """Read a duration given on the command line, seconds."""
    try:
        return seconds(text)
    except ValueError as error:
        raise Stop(str(error), USAGE) from None
