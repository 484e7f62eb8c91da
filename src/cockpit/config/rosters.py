"""``[rosters.NAME]``: whose turn it is when, in layers; and overrides, by hand or as the cockpit wrote them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime

import msgspec

from ..core.roster import Away, Layer, Override, Roster, turn
from ..core.text import clean
from ..core.windows import Window, window
from .decode import BAD, Decoder
from .faults import suggestion
from .files import OVERRIDES
from .locate import KeyPath
from .people import Books, check_zone, reached, read_books


class _LayerTable(msgspec.Struct, frozen=True, kw_only=True):
    """A layer as written: the turn and the windows are still text."""

    people: tuple[str, ...]
    start: datetime
    turn: str
    end: datetime | None = None
    timezone: str = ""
    only: tuple[str, ...] = ()


class _RosterTable(msgspec.Struct, frozen=True, kw_only=True):
    """A roster as written: layers and overrides are decoded one by one."""

    timezone: str
    layers: tuple[_LayerTable, ...] = ()
    overrides: tuple[Override, ...] = ()
    level: int = 1
    away: Away = Away.CLASH
    holidays: tuple[str, ...] = ()
    always: bool = True


def read_roster(decoder: Decoder, name: str, raw: object, people: Collection[str], books: Books) -> Roster | None:
    """One ``[rosters.NAME]``; everyone in it must be among ``people``, its holidays among ``books``."""
    path: KeyPath = ("rosters", name)
    if isinstance(raw, Mapping) and set(raw) == {"overrides"} and _ours(decoder, (*path, "overrides")):
        held = decoder.value(tuple[Override, ...], raw["overrides"], (*path, "overrides"))
        if isinstance(held, tuple) and any(map(_matters, held)):
            decoder.faults.remarks.append(f"overrides of {clean(name)} are ignored: there is no [rosters.{clean(name)}] (any more)")
        return None
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
    overrides = _overrides(decoder, held if isinstance(held, tuple) else (), (*path, "overrides"), people)
    named_days = table.get("holidays", ())
    holidays, calendars = read_books(decoder, list(named_days) if isinstance(named_days, tuple) else [], (*path, "holidays"), books)
    if BAD in table.values() or None in layers:
        return None
    fields = {**table, "name": name, "layers": tuple(layers), "overrides": overrides}
    fields |= {"holidays": holidays, "calendars": calendars}
    built = decoder.built(Roster, fields, path)
    return built if isinstance(built, Roster) else None


def _layer(decoder: Decoder, table: _LayerTable, path: KeyPath, people: Collection[str]) -> Layer | None:
    faults = decoder.faults
    if not table.people:
        faults.add((*path, "people"), "people must name at least one person")
    for index, person in enumerate(table.people):
        _check_person(decoder, person, (*path, "people", index), people)
    if table.timezone:
        check_zone(decoder, table.timezone, (*path, "timezone"))
    for key, moment in (("start", table.start), ("end", table.end)):
        if moment is not None and moment.tzinfo is not None:
            what = f"{key} must be without an offset: it is the wall clock of the roster's timezone"
            faults.add((*path, key), what, f"write {moment.replace(tzinfo=None).isoformat()}")
            return None
        if not reached(decoder, moment, (*path, key)):
            return None
    if table.end is not None and table.end <= table.start:
        faults.add((*path, "end"), "end must be later than start")
    only = [_window(decoder, text, (*path, "only", index)) for index, text in enumerate(table.only)]
    try:
        count = turn(table.turn)
    except ValueError as error:
        faults.add((*path, "turn"), f"turn: {error}")
        return None
    windows = tuple(each for each in only if each is not None)
    return Layer(people=table.people, start=table.start, turn=count, end=table.end, timezone=table.timezone, only=windows)


def _window(decoder: Decoder, text: str, path: KeyPath) -> Window | None:
    try:
        return window(text)
    except ValueError as error:
        decoder.faults.add(path, f"only: {error}")
        return None


def _overrides(decoder: Decoder, held: tuple[Override, ...], path: KeyPath, people: Collection[str]) -> tuple[Override, ...]:
    """Those that can be used. What the cockpit wrote itself must never keep a config from being read: a person who is not there any
    more costs that override alone."""
    kept: list[Override] = []
    for index, override in enumerate(held):
        at = (*path, index)
        if override.person not in people and _ours(decoder, at):
            if _matters(override):
                decoder.faults.remarks.append(f"an override is ignored: {clean(override.person)} is not among [people] any more")
            continue
        _check_override(decoder, override, at, people)
        texts = {name: clean(getattr(override, name)) for name in ("why", "by")}
        kept.append(msgspec.structs.replace(override, **texts))
    return tuple(kept)


def _matters(override: Override) -> bool:
    """Whether one that the cockpit wrote is not over yet."""
    return override.end.tzinfo is not None and override.end > datetime.now(UTC)


def _ours(decoder: Decoder, path: KeyPath) -> bool:
    return decoder.faults.place(path)[0].endswith(f"/{OVERRIDES}")


def _check_override(decoder: Decoder, override: Override, path: KeyPath, people: Collection[str]) -> None:
    _check_person(decoder, override.person, (*path, "person"), people)
    for key, moment in (("start", override.start), ("end", override.end)):
        reached(decoder, moment, (*path, key))
    if (override.start.tzinfo is None) != (override.end.tzinfo is None):
        decoder.faults.add((*path, "end"), "start and end must both have an offset, or both be the roster's wall clock")
    elif override.end <= override.start:
        decoder.faults.add((*path, "end"), "end must be later than start")


def _check_person(decoder: Decoder, person: str, path: KeyPath, people: Collection[str]) -> None:
    if person not in people:
        hint = suggestion(person, people) or f"add [people.{person}]"
        decoder.faults.add(path, f"{person!r} is nobody in [people]", hint)
