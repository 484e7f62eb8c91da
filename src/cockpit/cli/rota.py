"""The rosters over a time: a week, a month, gaps and clashes, hours, one's own shifts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

from ..config.model import Config
from ..core.alerts import LOCAL
from ..core.coverage import NEVER, Clash, begins, ends, next_of
from ..core.loads import DISTURBED, Load
from ..core.roster import Gap, Shift, known_as
from ..core.rotation import alone, shifts
from ..core.schedule import Laid, Schedule, schedule
from ..core.standings import standings
from ..core.units import say_seconds
from ..engine.person import at_keyboard, os_user
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .configured import read_config
from .listing import as_json, say, table, when
from .moments import midnight, read, there, told, viewer
from .options import Options, Stop

LONGEST = timedelta(days=800)
"""No longer time is laid out."""
_AHEAD, _BACK = timedelta(days=30), timedelta(days=30)
_MINE = timedelta(days=56)


Default = Callable[[datetime, tzinfo | None, Options], tuple[datetime, datetime]]
"""From when to when, where the person does not say."""


class Asked(NamedTuple):
    """What a command is about: the rosters as laid out, and the clock of whoever asks."""

    config: Config
    laid: Schedule
    zone: tzinfo | None
    now: datetime


def period(options: Options) -> int:
    """A week or a month: every shift, and every gap."""
    asked = laid_out(options, _week_or_month)
    if options.json:
        as_json([_shift_record(each) if isinstance(each, Shift) else _gap_record(each) for each in _in_order(asked.laid)])
        return _status(asked.laid)
    say(f"{told(asked.laid.since, asked.zone)} to {told(asked.laid.until, asked.zone)}")
    _print_shifts(asked, _in_order(asked.laid), options)
    for clash in asked.laid.clashes:
        say(f"CLASH: {clash.says}, {told(clash.start, asked.zone)} to {told(clash.end, asked.zone)}")
    _tell_silence(asked.laid)
    return _status(asked.laid)


def holes(options: Options) -> int:
    """Gaps, double bookings and clashes with absences."""
    asked = laid_out(options, lambda now, _zone, _options: (now, now + _AHEAD))
    found: list[Gap | Clash] = [*asked.laid.gaps, *asked.laid.clashes]
    found.sort(key=lambda each: each.start or asked.laid.since)
    if options.json:
        as_json([_hole_record(each) for each in found])
    else:
        rows = [(_kind(each), told(each.start, asked.zone), told(each.end, asked.zone), _what(each)) for each in found]
        if rows:
            table(
                ("What", "From", "Until", ""),
                rows,
                ["bad" if isinstance(each, Gap) else "warn" for each in found],
                options.color,
                cut=(3,),
            )
        else:
            until = told(asked.laid.until, asked.zone)
            say(f"No gaps and no clashes until {until}" + (" on what can be seen." if asked.laid.silent else "."))
        _tell_silence(asked.laid)
    return COULD_NOT_SEE if asked.laid.silent else BAD if found else FINE


def hours(options: Options) -> int:
    """Everyone's share of a time."""
    asked = laid_out(options, lambda now, _zone, _options: (now - _BACK, now))
    if options.json:
        as_json([_load_record(load) for load in asked.laid.loads])
    else:
        say(f"{told(asked.laid.since, asked.zone)} to {told(asked.laid.until, asked.zone)}")
        heads = ("Who", "Hours", "Nights", "Weekends", "Holidays", "Disturbed", "Woken")
        rows = [
            (load.name, *(f"{part:.1f}" for part in (load.hours, load.nights, load.weekends, load.holidays)),
             str(load.interruptions), str(load.at_night))
            for load in asked.laid.loads
        ]  # fmt: skip
        table(heads, rows, cut=(0,))
        say(DISTURBED)
        _tell_silence(asked.laid)
    return COULD_NOT_SEE if asked.laid.silent else FINE


def mine(options: Options) -> int:
    """My own shifts, and the next of them in words."""
    asked = laid_out(options, lambda now, _zone, _options: (now, now + _MINE))
    me = at_keyboard(asked.config, os_user())
    known = known_as(asked.config.people.values(), me.id, *asked.config.me)
    person = known.id if known is not None else me.id
    theirs = [shift for shift in asked.laid.shifts if next_of([shift], asked.laid.people, person, asked.laid.since) is not None]
    if options.json:
        as_json([_shift_record(shift) for shift in theirs])
    elif not theirs:
        say(f"{me.name} is not on call until {told(asked.laid.until, asked.zone)}.")
    else:
        first = next_of(theirs, asked.laid.people, person, asked.now)
        say(_next_words(first, asked) if first is not None else "")
        _print_shifts(asked, theirs, options)
    if not options.json:
        _tell_silence(asked.laid)
    return COULD_NOT_SEE if asked.laid.silent else FINE


def laid_out(options: Options, default: Default) -> Asked:
    """The rosters between ``--since`` and ``--until``, or between what ``default`` says. Raises `Stop`."""
    config, now = read_config(options), datetime.now(UTC)
    zone = viewer(config)
    since, until = default(now, zone, options)
    since = read(options.text("since"), zone) if options.text("since") else since
    until = read(options.text("until"), zone) if options.text("until") else max(until, since + timedelta(days=7))
    if not since < until <= since + LONGEST:
        raise Stop(f"--until must be later than --since, and at most {LONGEST.days} days", USAGE)
    laid = lay_out(options, config, since, until)
    if options.text("roster") and not laid.rosters:
        raise Stop(f"there is no roster {options.text('roster')!r}: `cockpit oncall` lists them", USAGE)
    return Asked(config, laid, zone, now)


def _week_or_month(now: datetime, zone: tzinfo | None, options: Options) -> tuple[datetime, datetime]:
    """This week from Monday, or this month, on the clock of whoever asks; or the one that ``--since`` is in the beginning of."""
    start = read(options.text("since"), zone) if options.text("since") else None
    if options.flag("month"):
        today = (start or now).astimezone(zone)
        first = start or midnight(now, zone, 1 - today.day)
        return first, midnight(midnight(first, zone, 32), zone, 1 - midnight(first, zone, 32).astimezone(zone).day)
    first = start or midnight(now, zone, -now.astimezone(zone).weekday())
    return first, midnight(first, zone, 7) if start is None else first + timedelta(days=7)


def lay_out(options: Options, config: Config, since: datetime, until: datetime) -> Schedule:
    """The rosters between two moments: of the config alone where no source is configured, else of every source."""
    wanted = options.text("roster")
    if config.sources or options.flag("hours"):
        from .compose import house  # deferred: the engine is needed only where a source or the journal must be asked

        with house(options, propose=False) as home:
            return home.schedule(since, until, wanted)
    people = tuple(config.people.values())
    if not config.rosters:
        only = alone(at_keyboard(config, os_user()), LOCAL).now
        return schedule(Laid(shifts=(only,) if only is not None else ()).only(wanted), people, since, until)
    rosters = sorted(config.rosters.values(), key=lambda roster: (roster.level, roster.name))
    laid = Laid(
        rosters=tuple((LOCAL, roster.name, roster.level) for roster in rosters),
        gappy=tuple((LOCAL, roster.name, roster.level) for roster in rosters if not roster.always),
        shifts=tuple(shift for roster in rosters for shift in shifts(roster, people, since, until, LOCAL)),
        overrides=tuple(each for roster in rosters for each in standings(roster, people, since, LOCAL)),
    )
    return schedule(laid.only(wanted), people, since, until)


def _in_order(laid: Schedule) -> list[Shift | Gap]:
    def key(each: Shift | Gap) -> tuple[object, ...]:
        return each.level, each.roster, each.source, each.start or laid.since

    return sorted((*laid.shifts, *laid.gaps), key=key)


def _print_shifts(asked: Asked, rows: list[Shift | Gap] | list[Shift], options: Options) -> None:
    cells, styles = [], []
    for each in rows:
        start, end = each.start or asked.laid.since, each.end
        name = each.name + (" (override)" if each.override else "") if isinstance(each, Shift) else "NOBODY"
        clock = there(start, each.name, each.timezone) if isinstance(each, Shift) and each.start else ""
        lasts = say_seconds((end - start).total_seconds()) if end is not None and each.start is not None else "without end"
        cells.append((each.roster, told(each.start, asked.zone), told(end, asked.zone), name, lasts, clock))
        styles.append("" if isinstance(each, Shift) else "bad")
    table(("Roster", "From", "Until", "On call", "For", "There"), cells, styles, options.color, cut=(0, 3, 5), last=(1, 2))


def _next_words(shift: Shift, asked: Asked) -> str:
    if begins(shift) <= asked.now:
        until = f" until {told(shift.end, asked.zone)}" if ends(shift) < NEVER else ", without end"
        return f"You are on {shift.roster} now{until}."
    away = say_seconds((begins(shift) - asked.now).total_seconds() // 60 * 60)
    return f"Your next shift is {shift.roster}, {told(shift.start, asked.zone)}, in {away}."


def _kind(each: Gap | Clash) -> str:
    return "gap" if isinstance(each, Gap) else each.kind.value


def _what(each: Gap | Clash) -> str:
    return f"nobody is on {each.roster} (level {each.level})" if isinstance(each, Gap) else each.says


def _tell_silence(laid: Schedule) -> None:
    for word in laid.silent:
        say(f"Cannot see: {word}")


def _status(laid: Schedule) -> int:
    return COULD_NOT_SEE if laid.silent else BAD if laid.gaps or laid.clashes else FINE


def _shift_record(shift: Shift) -> dict[str, object]:
    return {
        "roster": shift.roster,
        "level": shift.level,
        "person": shift.person,
        "name": shift.name,
        "timezone": shift.timezone,
        "start": when(shift.start),
        "end": when(shift.end),
        "source": shift.source,
        "override": shift.override,
    }


def _gap_record(gap: Gap) -> dict[str, object]:
    nobody = {"person": None, "name": None, "timezone": None}
    times = {"start": when(gap.start), "end": when(gap.end)}
    return {"roster": gap.roster, "level": gap.level, **nobody, **times, "source": gap.source, "override": False}


def _hole_record(each: Gap | Clash) -> dict[str, object]:
    return {
        "kind": _kind(each),
        "rosters": [each.roster] if isinstance(each, Gap) else list(each.rosters),
        "person": None if isinstance(each, Gap) else each.person,
        "name": None if isinstance(each, Gap) else each.name,
        "start": when(each.start),
        "end": when(each.end),
        "why": _what(each),
    }


def _load_record(load: Load) -> dict[str, object]:
    parts = {name: round(getattr(load, name), 4) for name in ("hours", "nights", "weekends", "holidays")}
    counts = {"interruptions": load.interruptions, "at_night": load.at_night}
    return {"person": load.person, "name": load.name, "timezone": load.timezone, **parts, **counts}
