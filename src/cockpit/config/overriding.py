"""Overrides that people asked the cockpit for: in a drop-in of its own, so that no file of theirs is touched."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from ..core.covers import Cover
from ..core.text import clean
from .write import WriteError, change_dropin, dropin_path

WHAT = "overrides"
KEPT = timedelta(days=800)
"""How long one that is over stays in the file: as long as hours may be counted back."""


class Gone(Exception):
    """There is no such override that the cockpit wrote and that is not over."""


class Ended(msgspec.Struct, frozen=True):
    """One that was ended, as it was: whose, at which roster, from when to when (UTC)."""

    roster: str
    person: str
    start: datetime
    end: datetime


def add(main: Path, roster: str, covers: Sequence[Cover], who: str, why: str, now: datetime) -> tuple[str, ...]:
    """Write these down beside the main file ``main``; gives an id for each. Raises `WriteError` and `ConfigError`."""
    stem = f"o-{secrets.token_hex(4)}"
    ids = tuple(stem if len(covers) == 1 else f"{stem}.{number + 1}" for number in range(len(covers)))
    made = [_table(each, cover, who, why, stem if len(covers) > 1 else "") for each, cover in zip(ids, covers, strict=True)]

    def change(tables: dict[str, object]) -> None:
        lists = _lists(tables)
        lists.setdefault(roster, []).extend(made)
        _put(tables, lists, now)

    change_dropin(main, WHAT, change)
    return ids


def end(main: Path, override_id: str, now: datetime) -> Ended:
    """End one that runs; take one away that has not begun, or began this second. Raises `Gone`, `ConfigError`, and `WriteError`:
    also for one whose times somebody wrote by hand without an offset."""

    def change(tables: dict[str, object]) -> Ended:
        lists = _lists(tables)
        for roster, entries in lists.items():
            for number, entry in enumerate(entries):
                start, stop = entry.get("start"), entry.get("end")
                if entry.get("id") != override_id or not isinstance(start, datetime) or not isinstance(stop, datetime):
                    continue
                for key, moment in (("start", start), ("end", stop)):
                    if moment.tzinfo is None:  # whoever wrote it meant a wall clock, which it would lose here
                        raise WriteError(_by_hand(main, roster, number, key, override_id))
                if stop <= now:
                    break
                if start < (since := now.replace(microsecond=0)):
                    entries[number] = {**entry, "end": since}
                else:
                    del entries[number]
                _put(tables, lists, now)
                return Ended(roster, str(entry.get("person", "")), start, stop)
        raise Gone(override_id)

    return change_dropin(main, WHAT, change)


def _by_hand(main: Path, roster: str, number: int, key: str, override_id: str) -> str:
    where = f"{dropin_path(main, WHAT)}: rosters.{clean(roster)}.overrides[{number}].{key}"
    return f"{where} has no offset, it was written by hand: nothing was changed; end {clean(override_id, 40)} there, or write a Z"


def _table(override_id: str, cover: Cover, who: str, why: str, together: str) -> dict[str, object]:
    start, stop = (moment.replace(microsecond=0) for moment in (cover.start, cover.end))
    stop = max(stop, start + timedelta(seconds=1))  # one that ends as it begins could not be read back
    table: dict[str, object] = {"id": override_id, "person": cover.person, "start": start, "end": stop, "by": who}
    return table | ({"why": why} if why else {}) | ({"together": together} if together else {})


def _lists(tables: Mapping[str, object]) -> dict[str, list[dict[str, object]]]:
    """The overrides by roster, as written."""
    rosters = tables.get("rosters")
    found: dict[str, list[dict[str, object]]] = {}
    for name, entry in rosters.items() if isinstance(rosters, dict) else ():
        held = entry.get("overrides") if isinstance(entry, dict) else None
        found[name] = [each for each in held if isinstance(each, dict)] if isinstance(held, list) else []
    return found


def _put(tables: dict[str, object], lists: Mapping[str, list[dict[str, object]]], now: datetime) -> None:
    def lasts(entry: Mapping[str, object]) -> bool:
        stop = entry.get("end")
        return not isinstance(stop, datetime) or stop.tzinfo is None or stop > now - KEPT

    kept = {roster: {"overrides": [entry for entry in entries if lasts(entry)]} for roster, entries in lists.items()}
    kept = {roster: table for roster, table in kept.items() if table["overrides"]}
    tables.clear()
    if kept:
        tables["rosters"] = kept
