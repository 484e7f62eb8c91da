"""A second reckoning of who is on call, which shares no arithmetic with the first: it walks along UTC and reads wall clocks.

A zone is a list of stretches of UTC with one offset each, found by walking day by day, hour by hour, minute by minute. Everything
else is asked of that list, one moment at a time: is it in this window, in that override, how many turns have begun by now?
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from cockpit.core.roster import Away, Layer, Person, Roster
from cockpit.core.windows import Window

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FIRST, LAST = datetime(2010, 12, 1, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
"""The time that is walked through: some days longer than the years that are tried, as a year begins earlier east of Greenwich."""


@cache
def stretches(name: str) -> tuple[tuple[datetime, timedelta], ...]:
    """From when on (UTC) a zone has which offset, the first since `FIRST`."""
    clock = ZoneInfo(name)

    def offset(at: datetime) -> timedelta:
        return at.astimezone(clock).utcoffset() or timedelta()

    found = [(FIRST, offset(FIRST))]
    at = FIRST
    while at < LAST:
        if offset(at + DAY) != found[-1][1]:
            while offset(at + HOUR) == found[-1][1]:
                at += HOUR
            while offset(at + MINUTE) == found[-1][1]:
                at += MINUTE
            at += MINUTE
            found.append((at, offset(at)))
        else:
            at += DAY
    return tuple(found)


@cache
def first_moment(wall: datetime, name: str) -> datetime:
    """The first moment at which the wall clock shows ``wall`` or later: the end of the gap, or the first of two."""
    known = stretches(name)
    for (begins, offset), (ends, _) in zip(known, (*known[1:], (LAST, timedelta())), strict=True):
        moment = max(begins, (wall - offset).replace(tzinfo=UTC))
        if moment < ends:
            return moment
    raise AssertionError(f"{wall} is past the years that are walked through")


def moment_of(at: datetime, name: str) -> datetime:
    """A time as configured, aware or not."""
    return at.astimezone(UTC) if at.tzinfo is not None else first_moment(at, name)


@cache
def turns_begin(layer: Layer, name: str) -> tuple[datetime, ...]:
    """When each turn begins, one after the other, as long as there are any."""
    count, unit = layer.turn
    wall, found, number = layer.start, [first_moment(layer.start, name)], 0
    while found[-1] < LAST - 80 * DAY:
        number += 1
        if unit == "hours":
            found.append(found[0] + number * count * HOUR)
        elif unit == "months":
            found.append(first_moment(_months_later(layer.start, number * count), name))
        else:
            for _ in range(count * (7 if unit == "weeks" else 1)):
                wall += DAY
            found.append(first_moment(wall, name))
    return tuple(found)


def _months_later(start: datetime, months: int) -> datetime:
    year, month, day = start.year, start.month, start.day
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    while True:
        try:
            return start.replace(year=year, month=month, day=day)
        except ValueError:
            day -= 1


def is_open(window: Window, at: datetime, name: str, holidays: frozenset[date]) -> bool:
    """Whether a window is open, looked at from every day on which it might have been opened."""
    for back in range(-2, window.over + 3):
        day = at.date() - back * DAY
        if (day in holidays) if window.holidays else (day.weekday() in window.days):
            start, end = datetime.combine(day, window.start), datetime.combine(day + window.over * DAY, window.end)
            if first_moment(start, name) <= at < first_moment(end, name):
                return True
    return False


def _is_away(person: str, people: Sequence[Person], at: datetime) -> bool:
    return any(
        moment_of(absence.start, each.timezone) <= at < moment_of(absence.end, each.timezone)
        for each in people
        if each.id == person
        for absence in each.away
    )


def of_layer(layer: Layer, roster: Roster, people: Sequence[Person], at: datetime) -> str:
    """Who has it by one layer; "" is nobody."""
    name = layer.timezone or roster.timezone
    if at < first_moment(layer.start, name) or (layer.end is not None and at >= first_moment(layer.end, name)):
        return ""
    days = frozenset(day for day, _ in roster.holidays.days) | {
        date(year, month, day) for (month, day), _ in roster.holidays.yearly for year in range(FIRST.year, LAST.year)
    }
    if layer.only and not any(is_open(window, at, name, days) for window in layer.only):
        return ""
    number = bisect_right(turns_begin(layer, name), at) - 1
    order = [layer.people[(number + step) % len(layer.people)] for step in range(len(layer.people))]
    if roster.away is Away.SKIP:
        order = [person for person in order if not _is_away(person, people, at)]
    return order[0] if order else ""


def who(roster: Roster, people: Sequence[Person], at: datetime) -> str:
    """Who is on call; "" is nobody."""
    for override in reversed(roster.overrides):
        if moment_of(override.start, roster.timezone) <= at < moment_of(override.end, roster.timezone):
            return override.person
    for layer in reversed(roster.layers):
        if layer.end is None or layer.start < layer.end:
            person = of_layer(layer, roster, people, at)
            if person:
                return person
    return ""
