"""``[people.NAME]`` and ``[holidays.NAME]``: who can be on call, when they sleep, when they are away, which days are theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

import msgspec

from ..core.holidays import Holidays, holidays, together
from ..core.roster import Absence, Contact, Person, zone
from ..core.text import clean
from ..core.windows import EVERY_DAY, window
from .decode import BAD, Decoder
from .faults import suggestion
from .locate import KeyPath

EARLIEST, LATEST = 1970, 2200
"""The years that rosters reach: further away no time zone database knows anything, and a number was mistyped."""


class _AbsenceTable(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in an absence beside its two moments, which may be days."""

    why: str = ""


def read_holidays(decoder: Decoder, name: str, raw: object) -> Holidays | None:
    """One ``[holidays.NAME]``: days and what they are called."""
    path: KeyPath = ("holidays", name)
    named = decoder.value(dict[str, str], raw, path)
    if not isinstance(named, dict):
        return None
    good: dict[str, str] = {}
    for key, called in named.items():
        try:
            holidays({key: called})
        except ValueError as error:
            decoder.faults.add((*path, key), str(error))
        else:
            good[key] = clean(called)
    return holidays(good)


Books: TypeAlias = Mapping[str, Holidays | None]
"""The holidays of each table; ``None`` for a source, which tells them later."""


def read_person(decoder: Decoder, name: str, raw: object, books: Books) -> Person | None:
    """One ``[people.NAME]``: ``contacts`` is a table of ways and addresses; the shown name is the id where none is given;
    ``holidays`` names tables and sources in ``books``."""
    path: KeyPath = ("people", name)
    own = ("contacts", "name", "night", "holidays", "away")
    fields = decoder.fields(Person, raw, path, without=("id", "calendars", *own), also=own)
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    shown = decoder.value(str, raw.get("name", name), (*path, "name"))
    ways = decoder.value(dict[str, str], raw.get("contacts", {}), (*path, "contacts"))
    if isinstance(named := fields.get("timezone"), str):
        check_zone(decoder, named, (*path, "timezone"))
    if "night" in raw:
        fields["night"] = _night(decoder, raw["night"], (*path, "night"))
    fields["holidays"], fields["calendars"] = read_books(decoder, raw.get("holidays", []), (*path, "holidays"), books)
    fields["away"] = _absences(decoder, raw.get("away", []), (*path, "away"))
    if not isinstance(shown, str) or not isinstance(ways, dict):
        return None
    contacts = tuple(Contact(via=clean(str(via)), to=clean(str(to))) for via, to in ways.items())
    person = decoder.built(Person, {**fields, "id": name, "name": clean(shown), "contacts": contacts}, path)
    return person if isinstance(person, Person) else None


def read_books(decoder: Decoder, raw: object, path: KeyPath, books: Books) -> tuple[object, tuple[str, ...]]:
    """The holidays of all the tables that ``raw`` names, or `BAD`; and the sources that it names."""
    names = decoder.value(tuple[str, ...], raw, path)
    if not isinstance(names, tuple):
        return BAD, ()
    for index, name in enumerate(names):
        if name not in books:
            hint = suggestion(name, books) or f"add [holidays.{name}]"
            decoder.faults.add((*path, index), f"there is no [holidays.{name}], and no source of that name", hint)
    written = [book for name in names if (book := books.get(name)) is not None]
    return together(written), tuple(name for name in names if name in books and books[name] is None)


def _night(decoder: Decoder, raw: object, path: KeyPath) -> object:
    said = decoder.value(str, raw, path)
    if not isinstance(said, str):
        return BAD
    try:
        read = window(said)
    except ValueError:
        read = None
    if read is None or read.days != EVERY_DAY or read.holidays or read.start == read.end:
        decoder.faults.add(path, f"{said!r} is no night: from when to when they sleep, like 22:00-07:00")
        return BAD
    return read.start, read.end


def _absences(decoder: Decoder, raw: object, path: KeyPath) -> object:
    if not isinstance(raw, list):
        decoder.faults.add(path, "away must be a list of tables like [{ start = 2026-12-24, end = 2026-12-27 }]")
        return BAD
    found = [_absence(decoder, each, (*path, index)) for index, each in enumerate(raw)]
    return BAD if None in found else tuple(found)


def _absence(decoder: Decoder, raw: object, path: KeyPath) -> Absence | None:
    fields = decoder.fields(_AbsenceTable, raw, path, also=("start", "end"))
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    start = _moment(decoder, raw.get("start"), (*path, "start"))
    end = _moment(decoder, raw.get("end"), (*path, "end"), last_day=True)
    if start is None or end is None or BAD in fields.values():
        return None
    return absence(decoder, start, end, clean(str(fields.get("why", ""))), path)


def absence(decoder: Decoder, start: datetime, end: datetime, why: str, path: KeyPath) -> Absence | None:
    """The absence, or ``None`` and a fault where its end is not after its start."""
    if (start.tzinfo is None) != (end.tzinfo is None):
        decoder.faults.add((*path, "end"), "start and end must both have an offset, or both be the person's own wall clock")
    elif end <= start:
        decoder.faults.add((*path, "end"), "end must be later than start")
    else:
        return Absence(start=start, end=end, why=why)
    return None


def _moment(decoder: Decoder, raw: object, path: KeyPath, *, last_day: bool = False) -> datetime | None:
    """A moment, or a day: its beginning, or as the last day of an absence its end."""
    if isinstance(raw, datetime):
        return raw if reached(decoder, raw, path) else None
    if isinstance(raw, date):
        day = datetime.combine(raw, time(0))
        return day + timedelta(days=last_day) if reached(decoder, day, path) else None
    what = "is missing: it" if raw is None else ""
    decoder.faults.add(path, f"{path[-1]} {what} must be a day like 2026-12-24, or a date and time".replace("  ", " "))
    return None


def reached(decoder: Decoder, moment: datetime | None, path: KeyPath) -> bool:
    """Whether a moment is within the years that rosters reach; a fault is noted where it is not."""
    if moment is None or EARLIEST <= moment.year <= LATEST:
        return True
    decoder.faults.add(path, f"{path[-1]} must lie between the years {EARLIEST} and {LATEST}, not in {moment.year}")
    return False


def check_zone(decoder: Decoder, name: str, path: KeyPath) -> None:
    """Note a fault where ``name`` is not an IANA name this machine knows."""
    try:
        zone(name)
    except ValueError as error:
        decoder.faults.add(path, str(error))
