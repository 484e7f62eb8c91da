"""Who is on call."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..config.model import Config
from ..config.people import EARLIEST, LATEST
from ..core.roster import OnCall, Shift
from ..core.rotation import alone, on_call
from ..engine.person import at_keyboard, os_user
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .configured import read_config
from .listing import as_json, say, table, when
from .run import Options, Stop

LOCAL = "local"


def oncall(options: Options) -> int:
    """Who is on at this moment or at ``--at``, until when, and who is next."""
    at = _time(options.text("at")) if options.text("at") else None
    moment = at or datetime.now(UTC)
    config = read_config(options)
    rosters, blind = _everywhere(options, moment) if config.sources else (_here(config, moment), ())
    if options.json:
        as_json([_record(roster) for roster in rosters])
    else:
        _print(rosters, moment, said=at is not None)
        for word in blind:
            say(f"Cannot see: {word}")
    if blind:
        return COULD_NOT_SEE
    return BAD if any(roster.now is None for roster in rosters) else FINE


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


def _time(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(f"{text!r} is not a time: write 2026-11-24T09:00 or 2026-11-24T09:00+01:00", USAGE) from None
    if not EARLIEST <= read.year <= LATEST:
        raise Stop(f"{text!r} is further away than rosters reach: the years from {EARLIEST} to {LATEST}", USAGE)
    return read.astimezone(UTC)


def _record(roster: OnCall) -> dict[str, object]:
    shift = roster.now
    return {
        "roster": roster.roster,
        "level": roster.level,
        "person": shift.person if shift else None,
        "name": shift.name if shift else None,
        "timezone": shift.timezone if shift else None,
        "start": when(shift.start) if shift else None,
        "end": when(shift.end) if shift else None,
        "source": roster.source,
    }


def _print(rosters: tuple[OnCall, ...], at: datetime, *, said: bool) -> None:
    if said:
        say(f"At {_local(at)}:")
    rows = []
    for roster in rosters:
        now, after = roster.now, roster.next
        until = f"until {_local(now.end)}" if now and now.end else "without end" if now else ""
        follows = f"then {after.name}, from {_local(after.start)}" if after else "nobody is next" if now and now.end else ""
        rows.append((roster.roster, str(roster.level), now.name if now else "NOBODY", until, _there(now, at), follows))
    if rows:
        table(("Roster", "Level", "On call", "Until", "There", "Next"), rows)
    for remark in dict.fromkeys(roster.remark for roster in rosters if roster.remark):
        say(remark)


def _local(time: datetime | None) -> str:
    return f"{time.astimezone():%a %Y-%m-%d %H:%M %Z}" if time is not None else ""


def _there(shift: Shift | None, at: datetime) -> str:
    if shift is None:
        return ""
    try:
        return f"{at.astimezone(ZoneInfo(shift.timezone)):%H:%M} for {shift.name}"
    except (ZoneInfoNotFoundError, ValueError):
        return f"{shift.timezone}?"
