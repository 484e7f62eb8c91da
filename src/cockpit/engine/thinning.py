"""Old readings and events, condensed and dropped by `core.retention`, in steps so small that nobody waits for the journal.

Looks around a trip are never condensed: an hour before the first trip of a trap on a day, and a quarter of an hour after it, stay
as they were for as long as anything of that time is kept. So do those of a trap whose alert is in an incident, from an hour before
it fired until the incident was closed (three hours at most, one incident a day); these outlast all other looks, and stay as long as
events do. Around an incident the other traps keep one of each five minutes. That is what a postmortem looks back at.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import groupby, pairwise

from ..core.retention import Retention
from .records import epoch
from .traps_table import Row, doubles

DAY = 86400.0
FIVE_MINUTES = 300.0
THREE_HOURS = 3 * 3600.0
BEFORE, AFTER = 3600.0, 900.0
"""Seconds around a trip in which every look is kept."""
LASTS = 3 * 3600.0
"""Seconds of an incident, from when its alert fired, in which every look of that alert's trap is kept."""
AROUND_BEFORE, AROUND_AFTER = 7200.0, 3600.0
"""Seconds around the opening of an incident in which every trap keeps one look of each five minutes."""

Condensed = Callable[[float, list[tuple[float, ...]]], Iterator[tuple[float, tuple[float, ...]]]]
"""From the middle of a stretch of time and the numbers seen in it, the few that are kept of it, each with its time."""


def thin(db: sqlite3.Connection, now: datetime, after: int, kept: Retention, rows: int) -> int | None:
    """Thin the readings of the first trap whose number follows ``after``; once all have had their turn, drop old events. At most
    ``rows`` of them are gone through. Gives the number to go on after; ``None`` when all is as it should be."""
    row = db.execute("SELECT id, trap FROM series WHERE id > ? ORDER BY id LIMIT 1", (after,)).fetchone()
    today = epoch(now)
    if row is None:
        return after if _forget(db, today - kept.events, today - kept.marks, rows) else None
    series, trap = row
    fine = _move(db, series, trap, ("reading", "reading_5m"), FIVE_MINUTES, today - kept.looks, _median, rows)
    coarse = _move(db, series, trap, ("reading_5m", "reading_3h"), THREE_HOURS, today - kept.five_minutes, _extremes, rows)
    last = _drop(db, series, trap, today - kept.three_hours, today - max(kept.three_hours, kept.events), rows)
    return series - 1 if fine or coarse or last else int(series)  # a long backlog goes on with the same trap


def _move(
    db: sqlite3.Connection,
    series: int,
    trap: str,
    tables: tuple[str, str],
    length: float,
    until: float,
    condensed: Condensed,
    most: int,
) -> bool:
    """Move whole stretches of so many seconds from one table to the next, condensed. True where there is more to move."""
    source, target = tables
    old = until // length * length
    found: list[Row] = db.execute(
        f"SELECT at, layout, numbers FROM {source} WHERE series = ? AND at < ? ORDER BY at LIMIT ?",  # noqa: S608  # a name of ours
        (series, old, most),
    ).fetchall()
    more = len(found) == most
    if more:  # the last stretch may have been cut: the next step takes it whole, unless it is all there is
        whole = [each for each in found if each[0] // length < found[-1][0] // length]
        found = whole or found
    if not found:
        return False
    spans = _spans(db, trap, found[0][0], found[-1][0], whole=source == "reading")
    put = f"INTO {target} (series, at, layout, numbers) VALUES (?, ?, ?, ?)"
    as_they_were = [each for each in found if _near(each[0], spans)]
    db.executemany(f"INSERT OR REPLACE {put}", ((series, *each) for each in as_they_were))
    others = [each for each in found if not _near(each[0], spans)] if spans else found
    for (stretch, layout), group in groupby(
        sorted(others, key=lambda r: (r[0] // length, r[1])), key=lambda r: (r[0] // length, r[1])
    ):
        rows = list(group)
        numbers = doubles(len(rows[0][2]) // 8)
        seen = [numbers.unpack(each) for _, _, each in rows]
        few = condensed((stretch + 0.5) * length, seen)
        db.executemany(f"INSERT OR IGNORE {put}", [(series, at, layout, numbers.pack(*values)) for at, values in few])
    db.execute(f"DELETE FROM {source} WHERE series = ? AND at <= ?", (series, found[-1][0]))  # noqa: S608  # as above
    return more


def _median(middle: float, seen: list[tuple[float, ...]]) -> Iterator[tuple[float, tuple[float, ...]]]:
    from statistics import median  # deferred: it brings decimal and fractions

    yield middle, tuple(map(median, zip(*seen, strict=True)))


def _extremes(middle: float, seen: list[tuple[float, ...]]) -> Iterator[tuple[float, tuple[float, ...]]]:
    """The lowest, the median and the highest of each number, an hour apart: what would have tripped a trap stays to be seen."""
    from statistics import median

    columns = list(zip(*seen, strict=True))
    for at, how in ((middle - THREE_HOURS / 3, min), (middle, median), (middle + THREE_HOURS / 3, max)):
        yield at, tuple(map(how, columns))


Span = tuple[float, float]
"""From one moment to another, in seconds since the epoch, both included."""


def _drop(db: sqlite3.Connection, series: int, trap: str, until: float, last: float, most: int) -> bool:
    """Drop the looks that are older than ``until``, but for those of incidents, which stay until they are older than ``last``. True
    where there is more to drop."""
    gone = (
        "DELETE FROM reading_3h WHERE (series, at) IN "
        "(SELECT series, at FROM reading_3h WHERE series = ? AND at > ? AND at < ? LIMIT ?)"
    )
    spans = _merged([each for each in _incidents(db, trap, last, until) if each[1] >= last])
    edges = [(last, last), *spans, (until, until)]
    gaps = [(float("-inf"), last), *((before[1], after[0]) for before, after in pairwise(edges))]
    return any(db.execute(gone, (series, *gap, most)).rowcount == most for gap in gaps)


def _spans(db: sqlite3.Connection, trap: str, since: float, until: float, *, whole: bool) -> list[Span]:
    """The times between two moments whose looks stay as they are, in their order, none of them overlapping. ``whole``: they are
    every look, and not one of each five minutes."""
    trips = [(at - BEFORE, at + AFTER) for at in _trips(db, trap, since - AFTER, until + BEFORE)]
    around = [] if whole else [(at - AROUND_BEFORE, at + AROUND_AFTER) for at in _openings(db, since, until)]
    return _merged([*trips, *_incidents(db, trap, since, until), *around])


def _merged(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _trips(db: sqlite3.Connection, trap: str, since: float, until: float) -> list[float]:
    """When the trap tripped first on each day (UTC) between two moments; one that flaps keeps no more than one that does not."""
    rows = db.execute(
        "SELECT min(at) FROM entry WHERE subject = ? AND at BETWEEN ? AND ? AND kind = 'trap.tripped'"
        " GROUP BY CAST(at / 86400 AS INTEGER) ORDER BY 1",
        (trap, since // DAY * DAY, until),
    )
    return [float(at) for (at,) in rows]


def _openings(db: sqlite3.Connection, since: float, until: float) -> list[float]:
    """When the first incident of each day (UTC) was opened, whatever it was about."""
    rows = db.execute(
        "SELECT min(at) FROM entry WHERE kind = 'incident.opened' AND at BETWEEN ? AND ?"
        " GROUP BY CAST(at / 86400 AS INTEGER) ORDER BY 1",
        ((since - AROUND_AFTER) // DAY * DAY, until + AROUND_BEFORE),
    )
    return [float(at) for (at,) in rows]


def _incidents(db: sqlite3.Connection, trap: str, since: float, until: float) -> list[Span]:
    """The times of the incidents between two moments that an alert of this trap is in, the first of each day (UTC)."""
    rows = db.execute(
        "SELECT entry.at, subject, json_extract(one, '$.since') FROM entry,"
        " (SELECT entry.id AS id, iif(each.type = 'object', each.value, '{}') AS one FROM entry,"
        " json_each(iif(json_valid(entry.data), entry.data, '{}'), '$.alerts') AS each"
        " WHERE kind IN ('incident.opened', 'incident.added') AND entry.at BETWEEN ? AND ?) AS told"
        " WHERE told.id = entry.id AND json_extract(one, '$.source') = 'local' AND json_extract(one, '$.trap') = ?"
        " ORDER BY entry.at",
        ((since - LASTS - AFTER) // DAY * DAY, until + DAY, trap),  # it may be opened hours after its alert fired
    ).fetchall()
    first: dict[int, Span] = {}
    for at, incident, fired in rows:
        begin = _seconds(fired, at)
        if int(begin // DAY) not in first:
            closed = db.execute(
                "SELECT min(at) FROM entry WHERE subject = ? AND kind = 'incident.closed' AND at >= ?", (incident, at)
            ).fetchone()[0]
            end = min(begin + LASTS, closed if closed is not None else begin + LASTS)
            first[int(begin // DAY)] = begin - BEFORE, max(end, begin) + AFTER
    return sorted(first.values())


def _seconds(text: object, otherwise: float) -> float:
    """A time of an entry; where it is none, or lies ahead of the entry, that of the entry."""
    try:
        return min(epoch(datetime.fromisoformat(str(text))), otherwise) if text else otherwise
    except ValueError:
        return otherwise


def _near(at: float, spans: Sequence[Span]) -> bool:
    place = bisect_right(spans, (at, float("inf"))) - 1
    return place >= 0 and at <= spans[place][1]


_EVENTS = (
    # incidents are what their entries make of them, and none's id is given out again; which trap came of what is told as long
    "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE at < ? AND kind NOT IN ('mark', 'trap.laid')"
    " AND kind NOT GLOB 'incident.*' AND kind NOT GLOB 'handover.*' ORDER BY at LIMIT ?)",
    "DELETE FROM aftermath WHERE run IN (SELECT id FROM run WHERE at < ? AND settled ORDER BY at LIMIT ?) AND NOT watched",
    "DELETE FROM run WHERE id IN (SELECT id FROM run WHERE at < ? AND settled ORDER BY at LIMIT ?)",
    "DELETE FROM note WHERE id IN (SELECT id FROM note WHERE at < ? ORDER BY at LIMIT ?)",
    "DELETE FROM page WHERE key IN (SELECT key FROM page WHERE NOT open AND settled_at < ? LIMIT ?)",
)


_MARKS = (
    "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE kind = 'mark' AND at < ? LIMIT ?)",
    "DELETE FROM entry WHERE id IN (SELECT id FROM entry WHERE kind >= 'handover.' AND kind < 'handover/' AND at < ? LIMIT ?)",
)


def _forget(db: sqlite3.Connection, events: float, marks: float, most: int) -> bool:
    """Drop what happened before ``events``, and was marked and handed over before ``marks`` (seconds since the epoch). True where
    there may be more of it."""
    gone = [db.execute(statement, (events, most)).rowcount for statement in _EVENTS]
    gone += [db.execute(statement, (marks, most)).rowcount for statement in _MARKS]
    return most in gone
