"""Windows that come again: weekdays, times of day, across midnight, on holidays. A layer may be restricted to some.

Both ends follow the wall clock, by the rules of `core.turns`: an end in the hour that does not exist is the end of that gap, one in
the hour that exists twice is the first. A window that lies within the missing hour is empty that night.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from .holidays import Holidays
from .regex import regex
from .turns import instant

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVERY_DAY = tuple(range(7))
_DAY = timedelta(days=1)
_HOW = 'write "mon-fri 09:00-17:00", "22:00-06:00", "sat,sun", "fri 18:00 - mon 09:00" or "holidays"'
_CLOCK = r"(\d{1,2}):(\d{2})"
_LONG = regex(rf"([a-z]+) {_CLOCK} ?- ?([a-z]+) {_CLOCK}", re.ASCII)
_SHORT = regex(rf"(?:([a-z,\- ]*[a-z]) ?)?(?:(?:^|(?<= )){_CLOCK} ?- ?{_CLOCK})?", re.ASCII)
_FURTHEST = 22  # days looked ahead and back: three weeks, for a week's only window may fall into a missing hour or day


class Window(msgspec.Struct, frozen=True):
    """From ``start`` on each of ``days`` (0 is Monday) until ``end``, so many days (``over``) later. With ``holidays`` the days are
    the roster's holidays instead."""

    days: tuple[int, ...] = EVERY_DAY
    start: time = time(0)
    end: time = time(0)
    over: int = 1
    holidays: bool = False


def window(text: str) -> Window:
    """Read a window as people write it. Raises ``ValueError`` that says what would have been understood."""
    said = " ".join(text.lower().split())
    if found := _LONG.fullmatch(said):
        first, last = _day(found[1], text), _day(found[4], text)
        start, (end, later) = _time(found[2], found[3], text)[0], _time(found[5], found[6], text)
        over = (last - first) % 7 + later
        return Window((first,), start, end, over if over or end > start else 7)
    found = _SHORT.fullmatch(said)
    if found is None or not said:
        raise ValueError(f"{text!r} is no restriction: {_HOW}")
    holidays = (found[1] or "").strip() == "holidays"
    days = EVERY_DAY if found[1] is None or holidays else _days(found[1], text)
    if found[2] is None:
        return Window(days, holidays=holidays)
    start, (end, later) = _time(found[2], found[3], text)[0], _time(found[4], found[5], text)
    return Window(days, start, end, later or int(end <= start), holidays)


def _days(said: str, text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in said.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        begin = _day(first, text)
        length = (_day(last, text) - begin) % 7 if dash else 0
        days |= {(begin + n) % 7 for n in range(length + 1)}
    return tuple(sorted(days))


def _day(word: str, text: str) -> int:
    if len(word) >= 3:
        for number, full in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")):
            if full.startswith(word):
                return number
    raise ValueError(f"{text!r}: {word!r} is no day of the week ({', '.join(DAYS)})")


def _time(hour: str, minute: str, text: str) -> tuple[time, int]:
    """The time of day, and 1 for 24:00, which is the beginning of the next day."""
    if (int(hour), int(minute)) == (24, 0):
        return time(0), 1
    if int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{text!r}: {hour}:{minute} is no time of day")
    return time(int(hour), int(minute)), 0


def always(windows: tuple[Window, ...]) -> bool:
    """Whether these windows leave no minute of a week open. None at all restrict nothing."""
    minutes = 7 * 1440
    spans = sorted(
        (begin, begin + each.over * 1440 + _minute(each.end) - _minute(each.start))
        for each in windows
        if not each.holidays
        for day in each.days
        for begin in (day * 1440 + _minute(each.start) + shift for shift in (-minutes, 0))
    )
    reached = 0
    for begin, end in spans:
        if begin > reached:
            return False
        reached = max(reached, end)
    return not windows or reached >= minutes


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute


def spans(each: Window, first: date, last: date, clock: ZoneInfo, holidays: Holidays) -> Iterator[tuple[datetime, datetime]]:
    """When it opens and closes (UTC), for each opening from ``first`` to ``last`` (both included), in order, without empty ones."""
    day = first
    while day <= last:
        if _opens_on(each, day, holidays):
            begin, end = _span(each, day, clock)
            if begin < end:
                yield begin, end
        day += _DAY


def open_at(each: Window, at: datetime, clock: ZoneInfo, holidays: Holidays) -> tuple[bool, datetime | None, datetime | None]:
    """Whether it is open at ``at`` (UTC), and between which two moments around it that does not change (``None``: without end; they
    need not be the furthest)."""
    today = at.astimezone(clock).date()
    before: datetime | None = None
    for day in _backwards(each, today + 2 * _DAY, holidays):  # two days ahead: clocks were set back by a day, once
        begin, end = _span(each, day, clock)
        if begin <= at < end:
            return True, begin, end
        if begin < end <= at:
            before = end
            break
    after: datetime | None = None
    for day in _forwards(each, today - (each.over + 2) * _DAY, holidays):
        begin, end = _span(each, day, clock)
        if at < begin < end:
            after = begin
            break
    if not each.holidays:
        before = before or at - _FURTHEST * _DAY
        after = after or at + _FURTHEST * _DAY
    return False, before, after


def _span(each: Window, day: date, clock: ZoneInfo) -> tuple[datetime, datetime]:
    begin = instant(datetime.combine(day, each.start), clock)
    return begin, instant(datetime.combine(day + each.over * _DAY, each.end), clock)


def _opens_on(each: Window, day: date, holidays: Holidays) -> bool:
    return holidays.has(day) if each.holidays else day.weekday() in each.days


def _backwards(each: Window, latest: date, holidays: Holidays) -> Iterator[date]:
    if each.holidays:
        return holidays.before(latest + _DAY)
    days = (latest - n * _DAY for n in range(_FURTHEST + each.over))
    return (day for day in days if day.weekday() in each.days)


def _forwards(each: Window, earliest: date, holidays: Holidays) -> Iterator[date]:
    if each.holidays:
        return holidays.since(earliest)
    days = (earliest + n * _DAY for n in range(_FURTHEST + each.over))
    return (day for day in days if day.weekday() in each.days)
