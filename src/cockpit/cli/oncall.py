"""Who is on call: now or at a moment."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from importlib import import_module

from ..config.model import Config
from ..core.alerts import LOCAL
from ..core.roster import OnCall
from ..core.rotation import alone, on_call
from ..core.units import say_seconds
from ..engine.person import at_keyboard, os_user
from . import BAD, COULD_NOT_SEE, FINE
from .configured import read_config
from .listing import as_json, say, table, when
from .moments import read, there, told, viewer
from .options import Options

_ELSEWHERE = {
    "week": ("rota", "period"),
    "month": ("rota", "period"),
    "gaps": ("rota", "holes"),
    "hours": ("rota", "hours"),
    "mine": ("rota", "mine"),
    "ics": ("ics", "calendar"),
}
"""What has a module of its own: the switch → the module in ``cockpit.cli``, and the function there."""


def oncall(options: Options) -> int:
    """Who is on at this moment or at ``--at``, until when, and who is next; or what a verb or one of the switches asks for."""
    if options.text("verb"):
        verb: int = getattr(import_module(".overrides", __package__), options.text("verb"))(options)
        return verb
    for switch, (module, function) in _ELSEWHERE.items():
        if options.flag(switch):
            status: int = getattr(import_module(f".{module}", __package__), function)(options)
            return status
    config = read_config(options)
    zone = viewer(config)
    at = read(options.text("at"), zone) if options.text("at") else None
    moment = at or datetime.now(UTC)
    rosters, blind = _everywhere(options, moment) if config.sources else (_here(config, moment), ())
    wanted = options.text("roster")
    rosters = tuple(each for each in rosters if wanted in ("", each.roster))
    if options.json:
        as_json([_record(roster) for roster in rosters])
    else:
        _print(rosters, moment, zone, said=at is not None)
        for word in (*config.remarks, *(f"Cannot see: {word}" for word in blind)):
            say(word)
    if blind:
        return COULD_NOT_SEE
    return BAD if not rosters or any(roster.now is None and roster.always for roster in rosters) else FINE


def _here(config: Config, at: datetime) -> tuple[OnCall, ...]:
    """What this machine's own source answers, without the engine: nobody else is to be asked, and this is asked from prompts and
    scripts."""
    if not config.rosters:
        return (alone(at_keyboard(config, os_user()), LOCAL),)
    rosters = sorted(config.rosters.values(), key=lambda roster: (roster.level, roster.name))
    return tuple(on_call(roster, tuple(config.people.values()), at, LOCAL) for roster in rosters)


def _everywhere(options: Options, at: datetime) -> tuple[tuple[OnCall, ...], tuple[str, ...]]:
    from .compose import house  # deferred: the engine is needed only where a source must be asked

    with house(options, propose=False) as home:
        return home.rosters(at)


def _record(roster: OnCall) -> dict[str, object]:
    shift, after, gap = roster.now, roster.next, roster.gap
    return {
        "roster": roster.roster,
        "level": roster.level,
        "person": shift.person if shift else None,
        "name": shift.name if shift else None,
        "timezone": shift.timezone if shift else None,
        "start": when(shift.start) if shift else None,
        "end": when(shift.end) if shift else None,
        "source": roster.source,
        "override": shift.override if shift else False,
        "next": {"person": after.person, "name": after.name, "start": when(after.start)} if after else None,
        "gap": {"start": when(gap.start), "end": when(gap.end)} if gap else None,
    }


def _print(rosters: tuple[OnCall, ...], at: datetime, zone: tzinfo | None, *, said: bool) -> None:
    if said:
        say(f"At {told(at, zone)}:")
    rows = []
    for roster in rosters:
        now, after = roster.now, roster.next
        until = f"until {told(now.end, zone)}" if now and now.end else "without end" if now else ""
        name = (now.name + (" (override)" if now.override else "")) if now else "NOBODY" if roster.always else "nobody, as meant"
        follows = f"then {after.name}, from {told(after.start, zone)}" if after else "nobody is next" if now and now.end else ""
        clock = there(at, now.name, now.timezone) if now else ""
        rows.append((roster.roster, str(roster.level), name, until, clock, follows))
    if rows:
        table(("Roster", "Level", "On call", "Until", "There", "Next"), rows, cut=(0, 2, 4, 5), last=(3,))
    else:
        say("There is no such roster.")
    for roster in rosters:
        if roster.gap is not None and roster.now is not None and roster.gap.start is not None:
            lasts = "" if roster.gap.end is None else f" for {say_seconds((roster.gap.end - roster.gap.start).total_seconds())}"
            say(f"GAP: nobody is on {roster.roster} from {told(roster.gap.start, zone)}{lasts}")
    for remark in dict.fromkeys(roster.remark for roster in rosters if roster.remark):
        say(remark)
