"""Events of a calendar, read: every time in them has its zone, every rule is one that can be reckoned, or the event is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, TypeAlias

from ..core.text import clean
from .ics_rules import rule_problem, steps_of
from .ics_text import LINE, Written, plain, values_of
from .ics_zones import UnknownZone, Zones

Parsed: TypeAlias = Any
"""An ``icalendar.Event``: its values are of thirty types, and which of them follows from the name."""
_LENGTH = "X-COCKPIT-LENGTH"
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
_MATTER = frozenset((*_TIMES, "DURATION", "RRULE", "EXRULE"))
_TZID = re.compile(r';TZID=(?:"([^"]*)"|([^:;"]*))', re.IGNORECASE)
_DURATION = re.compile(r"([+-]?)P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?", re.ASCII)
_EARLIEST, _LATEST = 1970, 2200


class Unreadable(Exception):
    """An event that cannot be used; the message says why, for the person."""


def event_of(written: Written, zones: Zones, today: date) -> Parsed:
    """The event, with times that are aware, days, or (where it gives no zone) naive. Raises `Unreadable`."""
    from icalendar import Event

    try:
        text = "\r\n".join(("BEGIN:VEVENT", *_zoned(written.lines, zones), "END:VEVENT", ""))
    except UnknownZone as error:
        raise Unreadable(str(error)) from None
    try:
        event = Event.from_ical(text)
    except Exception as error:  # whatever a library makes of somebody's text
        raise Unreadable(f"it cannot be read ({type(error).__name__})") from error
    broken = [name for name, _ in event.errors if (name or "").upper() in _MATTER]
    if broken:
        raise Unreadable(f"its {broken[0]} cannot be read")
    _mend(event)
    _keep_length(event, written)
    _check(event, today)
    return event


def _zoned(lines: Iterable[str], zones: Zones) -> Iterator[str]:
    """The lines, each TZID replaced by the name under which icalendar finds that zone."""
    for line in lines:
        found = LINE.match(line)
        if found is None or found[1].upper() not in _TIMES or not (named := _TZID.search(found[2])):
            yield line
            continue
        name = zones.name(named[1] if named[1] is not None else named[2])
        yield f"{found[1]}{_TZID.sub(f';TZID={name}', found[2], count=1)}:{found[3]}"


def _mend(event: Parsed) -> None:
    """A day that ends on the day it begins is one day: so much is clear, and many write it so."""
    start, end = (getattr(event.get(name), "dt", None) for name in ("DTSTART", "DTEND"))
    if start == end and isinstance(start, date) and not isinstance(start, datetime):
        del event["DTEND"]


def _check(event: Parsed, today: date) -> None:
    for name in ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID"):
        if isinstance(event.get(name), list):
            raise Unreadable(f"its {name} comes twice")
    start = event.get("DTSTART")
    if start is None:
        raise Unreadable("it has no beginning (DTSTART)")
    if event.get("EXRULE") is not None:
        raise Unreadable("its exceptions are a rule (EXRULE), which no calendar writes any more")
    for name in _TIMES:
        for moment in _moments(event.get(name)):
            if not _EARLIEST <= moment.year <= _LATEST:
                raise Unreadable(f"its {name} lies in the year {moment.year}")
    for rule in _each(event.get("RRULE")):
        if problem := rule_problem(rule, start.dt, today):
            raise Unreadable(problem)
    begins, ends = span_of(event)
    if moment_of(ends) <= moment_of(begins):
        timeless = event.get("DTEND") is None and event.get("DURATION") is None
        raise Unreadable("it has no end (DTEND, DURATION)" if timeless else "it does not end after its beginning")


def effort_of(event: Parsed, until: date) -> float:
    """How many hours and days are gone through to lay it out up to ``until``."""
    dates = sum(1 for name in ("RDATE", "EXDATE") for _ in _moments(event.get(name)))
    return steps_of(_each(event.get("RRULE")), dates, event["DTSTART"].dt, until)


def span_of(event: Parsed) -> tuple[date, date]:
    """When it begins and ends, as written: two moments, or two days of which the second is the first that is not in it."""
    start: date = event["DTSTART"].dt
    end = event.get("DTEND")
    if end is not None:
        finish: date = end.dt
        return (start, finish) if isinstance(start, datetime) == isinstance(finish, datetime) else _alike(start, finish)
    length = _length(event)
    if length is not None:
        days, exact = length
        if not isinstance(start, datetime):
            return start, start + days + timedelta(days=-(-exact // timedelta(days=1)))
        return start, later(start + days, exact)
    return start, start if isinstance(start, datetime) else start + timedelta(days=1)


def _keep_length(event: Parsed, written: Written) -> None:
    """Put by what its DURATION says: the library takes ``P1D``, which follows the wall clock, and ``PT24H``, which is elapsed time,
    for the same (RFC 5545, 3.3.6), and drops it from occurrences."""
    said = next((value for _, value in values_of(written.lines, "DURATION")), None)
    if said is None or event.get("DTEND") is not None:
        return
    found = _DURATION.fullmatch(said.strip().upper())
    if found is None:
        raise Unreadable("its DURATION cannot be read")
    sign = -1 if found[1] == "-" else 1
    weeks, days, hours, minutes, seconds = (sign * int(each or 0) for each in found.groups()[1:])
    event[_LENGTH] = f"{weeks * 7 + days} {(hours * 60 + minutes) * 60 + seconds}"


def _length(event: Parsed) -> tuple[timedelta, timedelta] | None:
    """What follows the wall clock, and what is elapsed time."""
    kept = str(event.get(_LENGTH, "")).split()
    return (timedelta(days=int(kept[0])), timedelta(seconds=int(kept[1]))) if len(kept) == 2 else None


def later(moment: datetime, exact: timedelta) -> datetime:
    """``exact`` after ``moment``, in elapsed time, on the same clock."""
    if moment.tzinfo is None:
        return moment + exact
    return (in_utc(moment) + exact).astimezone(moment.tzinfo)


def in_utc(moment: datetime) -> datetime:
    """An aware moment in UTC. A time that does not exist there is read with the offset before the gap, one that exists twice is the
    first (RFC 5545, 3.3.5)."""
    zone = moment.tzinfo
    assumed = moment.replace(fold=0).astimezone(UTC)
    if zone is None or zone is UTC or assumed.astimezone(zone).replace(tzinfo=None) == moment.replace(tzinfo=None, fold=0):
        return assumed
    before = _offset(zone, assumed - timedelta(days=1))
    return (moment.replace(tzinfo=None, fold=0) - before).replace(tzinfo=UTC)


def _offset(zone: tzinfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


def moment_of(when: date) -> datetime:
    """For comparing within one event: days and times without a zone as if they were UTC."""
    if not isinstance(when, datetime):
        return datetime(when.year, when.month, when.day, tzinfo=UTC)
    return when.replace(tzinfo=UTC) if when.tzinfo is None else in_utc(when)


def _alike(start: date, end: date) -> tuple[date, date]:
    """A day and a time in one event: both as times, on the clock of the one that is a time."""
    zone = next((each.tzinfo for each in (start, end) if isinstance(each, datetime)), None)
    first, last = (
        each if isinstance(each, datetime) else datetime(each.year, each.month, each.day, tzinfo=zone) for each in (start, end)
    )
    return first, last


def _moments(found: Any) -> Iterator[date]:
    """Every day and moment of a property: of one, of a list of them, of periods."""
    for each in _each(found):
        for one in getattr(each, "dts", (each,)):
            value = one.dt
            yield from (part for part in (value if isinstance(value, tuple) else (value,)) if isinstance(part, date))


def _each(found: Any) -> list[Any]:
    return found if isinstance(found, list) else [] if found is None else [found]


def end_of(occurrence: Parsed) -> date:
    """When an occurrence ends, as the library laid it out: on the wall clock, but for what is elapsed time."""
    end: date = occurrence["DTEND"].dt
    start: date = occurrence["DTSTART"].dt
    length = _length(occurrence)
    if length is not None and isinstance(start, datetime) and isinstance(end, datetime):
        days, exact = length
        if end.replace(tzinfo=None) - start.replace(tzinfo=None) == days + exact:  # and not a period of its own
            return later(start + days, exact)
    return end


def texts_of(written: Written, name: str) -> tuple[str, ...]:
    """The values of its lines of this name, cleaned; for a person their ``CN`` too, first."""
    found: list[str] = []
    for params, value in values_of(written.lines, name):
        if name in ("ATTENDEE", "ORGANIZER"):
            called = re.search(r';CN=(?:"([^"]*)"|([^:;"]*))', params, re.IGNORECASE)
            found += [called[1] or called[2] or ""] if called else []
            value = re.sub(r"^\s*mailto:", "", value, flags=re.IGNORECASE)
        found.append(plain(value))
    return tuple(text for each in found if (text := clean(each, 400).strip()))
