"""Incidents in the journal: each change is an entry, judged and written in one transaction, so that of two cockpits the second one
sees what the first did."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ..core.action_items import next_id as next_item
from ..core.incident_by_rule import Fire, wanted
from ..core.incident_refusals import refusal
from ..core.incident_sight import Seen
from ..core.incidents import Change, Incident, Step, change_of, fold, next_id
from ..core.text import clean
from ..provider import Conflict
from . import lease_table
from .records import Entry, Happened, Odd, read_entries, safe, write_entries

ALL = 1_000_000


Known = tuple[tuple[object, ...], dict[str, Incident]]
"""What tells these entries from others (how many, the last, and the sum of their times), and the incidents that they make."""
NONE: Known = ((), {})
_ENTRIES = "kind >= 'incident.' AND kind < 'incident/'"  # the index of kinds and times answers it


def anew(db: sqlite3.Connection, before: Known, odd: Odd) -> Known:
    """All incidents, read again only where an entry has come since ``before``: those who follow one, and a form that is typed into,
    ask again and again."""
    told: tuple[object, ...] = db.execute(f"SELECT count(*), max(id), total(at) FROM entry WHERE {_ENTRIES}").fetchone()  # noqa: S608
    return before if told == before[0] else (told, standing(db, odd))


def standing(db: sqlite3.Connection, odd: Odd) -> dict[str, Incident]:
    """All incidents, by id."""
    found = read_entries(db, None, "", "incident.", ALL, odd)
    return fold(step for each in found if (step := _step(each)) is not None)


def _step(entry: Entry) -> Step | None:
    change = change_of(entry.kind)
    data = safe(dict(entry.data))
    if change is None or not isinstance(data, dict):
        return None
    return Step(number=entry.id, at=entry.at, who=clean(entry.who), incident=clean(entry.subject), change=change, data=data)


def change(
    db: sqlite3.Connection, incident: str, what: Change, who: str, at: datetime, data: Mapping[str, object], odd: Odd
) -> Incident:
    """Write a change down, and give what it makes of the incident: the new one, where one is opened or split off. Raises `Conflict`
    where it cannot be; then nothing is written."""
    known = standing(db, odd)
    if reason := refusal(known, incident, what, data):
        raise Conflict(reason)
    subject = next_id(known) if what is Change.OPENED else incident
    made = next_id(known) if what is Change.SPLIT else subject
    told = {**data, "new": made} if what is Change.SPLIT else dict(data)
    if what is Change.ITEM_ADDED:
        told["item"] = next_item(item for each in known.values() for item in each.items)
    write_entries(db, [Happened(at=at, kind=what.value, who=who, subject=subject, data=told)])
    return standing(db, odd)[made]


def witnessed(db: sqlite3.Connection, seen: Sequence[Seen], pid: int, at: datetime, odd: Odd) -> bool:
    """Write down how alerts of open incidents stand, where that is not what was written last. False where this process does not
    hold the lease: then nothing is written."""
    if not lease_table.holds(db, pid):
        return False
    known = standing(db, odd)
    fresh = [each for each in seen if each.is_news(known.get(each.incident))]
    write_entries(
        db, (Happened(at=at, kind=Change.SEEN.value, who=each.who, subject=each.incident, data=each.data) for each in fresh)
    )
    return True


def by_rule(db: sqlite3.Connection, fires: Sequence[Fire], pid: int, at: datetime, odd: Odd) -> tuple[Incident, ...] | None:
    """Open incidents for these, or add them to those that are open, all at once. Gives those that changed; ``None`` where this
    process does not hold the lease: then nothing is written."""
    if not lease_table.holds(db, pid):
        return None
    changes = list(wanted(standing(db, odd), fires))
    entries = (
        Happened(at=at, kind=each.change.value, who=f"rule {each.rule}", subject=each.incident, data=each.data) for each in changes
    )
    write_entries(db, entries)
    now = standing(db, odd) if changes else {}
    return tuple(now[id] for id in dict.fromkeys(each.incident for each in changes))


def proven(db: sqlite3.Connection, proofs: Mapping[str, tuple[Happened, str]], odd: Odd) -> None:
    """These traps were drilled up to the acknowledgement, or have really tripped: by what happened, and how, for people. The open
    action items that waited for that are done, in the transaction that is open."""
    if not _waited_for(db, proofs):
        return
    waiting = (each for here in standing(db, odd).values() for each in here.items if each.open and each.trap in proofs)
    done: list[Happened] = []
    for each in waiting:
        by, how = proofs[each.trap]
        if each.made_at <= by.at:
            data = {"item": each.id, "how": f"its trap {each.trap} {how}"}
            done.append(Happened(at=by.at, kind=Change.ITEM_DONE.value, who=by.who, subject=each.incident, data=data))
    write_entries(db, done)


def _waited_for(db: sqlite3.Connection, traps: Iterable[str]) -> bool:
    """Whether any action item was ever about one of these traps: most that trip have none, and no incident has to be read for
    them."""
    kinds = (Change.ITEM_ADDED.value, Change.ITEM_EDITED.value)
    ask = "SELECT 1 FROM entry WHERE kind IN (?, ?) AND iif(json_valid(data), json_extract(data, '$.trap'), '') = ? LIMIT 1"
    return any(db.execute(ask, (*kinds, trap)).fetchone() is not None for trap in traps)
