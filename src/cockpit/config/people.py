"""``[people.NAME]`` and ``[rosters.NAME]``: who can be on call, and whose turn it is when."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from ..core.roster import Contact, Layer, Override, Person, Roster, turn, zone
from ..core.text import clean
from .decode import BAD, Decoder
from .faults import suggestion
from .locate import KeyPath

EARLIEST, LATEST = 1970, 2200
"""The years that rosters reach: further away no time zone database knows anything, and a number was mistyped."""


class _LayerTable(msgspec.Struct, frozen=True, kw_only=True):
    """A layer as written: the turn is still text."""

    people: tuple[str, ...]
    start: datetime
    turn: str
    end: datetime | None = None


class _RosterTable(msgspec.Struct, frozen=True, kw_only=True):
    """A roster as written: layers and overrides are decoded one by one."""

    timezone: str
    layers: tuple[_LayerTable, ...] = ()
    overrides: tuple[Override, ...] = ()
    level: int = 1


def read_person(decoder: Decoder, name: str, raw: object) -> Person | None:
    """One ``[people.NAME]``: ``contacts`` is a table of ways and addresses; the shown name is the id where none is given."""
    path: KeyPath = ("people", name)
    fields = decoder.fields(Person, raw, path, without=("id", "contacts", "name"), also=("contacts", "name"))
    if not isinstance(fields, dict) or not isinstance(raw, Mapping):
        return None
    shown = decoder.value(str, raw.get("name", name), (*path, "name"))
    ways = decoder.value(dict[str, str], raw.get("contacts", {}), (*path, "contacts"))
    if isinstance(named := fields.get("timezone"), str):
        check_zone(decoder, named, (*path, "timezone"))
    if not isinstance(shown, str) or not isinstance(ways, dict):
        return None
    contacts = tuple(Contact(via=clean(str(via)), to=clean(str(to))) for via, to in ways.items())
    person = decoder.built(Person, {**fields, "id": name, "name": clean(shown), "contacts": contacts}, path)
    return person if isinstance(person, Person) else None


def read_roster(decoder: Decoder, name: str, raw: object, people: Collection[str]) -> Roster | None:
    """One ``[rosters.NAME]``; everyone in it must be among ``people``."""
    path: KeyPath = ("rosters", name)
    table = decoder.fields(_RosterTable, raw, path)
    if not isinstance(table, dict):
        return None
    if isinstance(named := table.get("timezone"), str):
        check_zone(decoder, named, (*path, "timezone"))
    if isinstance(level := table.get("level"), int) and level < 1:
        decoder.faults.add((*path, "level"), "level must be 1 (paged first) or more")
    read = table.get("layers", ())
    written = read if isinstance(read, tuple) else ()
    layers = [_layer(decoder, layer, (*path, "layers", index), people) for index, layer in enumerate(written)]
    held = table.get("overrides", ())
    for index, override in enumerate(held if isinstance(held, tuple) else ()):
        _check_override(decoder, override, (*path, "overrides", index), people)
    if BAD in table.values() or None in layers:
        return None
    overrides = tuple(msgspec.structs.replace(item, why=clean(item.why)) for item in held) if isinstance(held, tuple) else ()
    built = decoder.built(Roster, {**table, "name": name, "layers": tuple(layers), "overrides": overrides}, path)
    return built if isinstance(built, Roster) else None


def _layer(decoder: Decoder, table: _LayerTable, path: KeyPath, people: Collection[str]) -> Layer | None:
    faults = decoder.faults
    if not table.people:
        faults.add((*path, "people"), "people must name at least one person")
    for index, person in enumerate(table.people):
        _check_person(decoder, person, (*path, "people", index), people)
    for key, moment in (("start", table.start), ("end", table.end)):
        if moment is not None and moment.tzinfo is not None:
            what = f"{key} must be without an offset: it is the wall clock of the roster's timezone"
            faults.add((*path, key), what, f"write {moment.replace(tzinfo=None).isoformat()}")
            return None
        if not _reached(decoder, moment, (*path, key)):
            return None
    if table.end is not None and table.end <= table.start:
        faults.add((*path, "end"), "end must be later than start")
    try:
        count = turn(table.turn)
    except ValueError as error:
        faults.add((*path, "turn"), f"turn: {error}")
        return None
    return Layer(people=table.people, start=table.start, turn=count, end=table.end)


def _check_override(decoder: Decoder, override: Override, path: KeyPath, people: Collection[str]) -> None:
    _check_person(decoder, override.person, (*path, "person"), people)
    for key, moment in (("start", override.start), ("end", override.end)):
        _reached(decoder, moment, (*path, key))
    if (override.start.tzinfo is None) != (override.end.tzinfo is None):
        decoder.faults.add((*path, "end"), "start and end must both have an offset, or both be the roster's wall clock")
    elif override.end <= override.start:
        decoder.faults.add((*path, "end"), "end must be later than start")


def _reached(decoder: Decoder, moment: datetime | None, path: KeyPath) -> bool:
    """Whether a moment is within the years that rosters reach; a fault is noted where it is not."""
    if moment is None or EARLIEST <= moment.year <= LATEST:
        return True
    decoder.faults.add(path, f"{path[-1]} must lie between the years {EARLIEST} and {LATEST}, not in {moment.year}")
    return False


def _check_person(decoder: Decoder, person: str, path: KeyPath, people: Collection[str]) -> None:
    if person not in people:
        hint = suggestion(person, people) or f"add [people.{person}]"
        decoder.faults.add(path, f"{person!r} is nobody in [people]", hint)


def check_zone(decoder: Decoder, name: str, path: KeyPath) -> None:
    """Note a fault where ``name`` is not an IANA name this machine knows."""
    try:
        zone(name)
    except ValueError as error:
        decoder.faults.add(path, str(error))
