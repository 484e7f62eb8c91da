"""Who is on call."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ..core.roster import OnCall, Shift
from . import BAD, COULD_NOT_SEE, FINE, USAGE
from .compose import house
from .listing import as_json, say, table, when
from .run import Options, Stop


def oncall(options: Options) -> int:
    """Who is on at this moment or at ``--at``, until when, and who is next."""
    at = _time(options.text("at")) if options.text("at") else None
    with house(options, propose=False) as home:
        rosters, blind = home.rosters(at)
        moment = at or home.clock.now()
    if options.json:
        as_json([_record(roster) for roster in rosters])
    else:
        _print(rosters, moment, said=at is not None)
        for word in blind:
            say(f"Cannot see: {word}")
    if blind:
        return COULD_NOT_SEE
    return BAD if any(roster.now is None for roster in rosters) else FINE


def _time(text: str) -> datetime:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise Stop(f"{text!r} is not a time: write 2026-11-24T09:00 or 2026-11-24T09:00+01:00", USAGE) from None
    try:
        return read.astimezone(UTC)
    except (OverflowError, ValueError, OSError):
        raise Stop(f"{text!r} is further away than any roster reaches", USAGE) from None


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
        say(f"At {when(at.astimezone())} ({when(at)}):")
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
