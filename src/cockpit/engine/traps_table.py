"""What is known of the traps, in the journal: watches, and the numbers of each look.

How long each look is kept, and what of it after that, is `core.retention`; `thinning` moves them on. One row holds all the
numbers of a look (little-endian doubles in the order of its ``layout``), so that a look costs one page of the file however many
numbers it has.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from struct import Struct

import msgspec

from ..core.alerts import LOCAL
from ..core.traps import Watch, drilled
from .records import Happened, Kept, Odd, epoch, safe, sifted, write_entries

MOST_LAYOUTS = 2000
"""Sets of numbers that are told apart. A probe which names them anew at every look would fill the file otherwise: the readings of
further sets are not kept."""

_decode = msgspec.json.Decoder(Watch).decode
_names = msgspec.json.Decoder(tuple[str, ...]).decode
Row = tuple[float, int, bytes]
_TIMES = ("since", "checked_at", "good_at", "over_since", "tripped_at", "blind_since", "rest_until", "proven_at")


def watches(db: sqlite3.Connection, odd: Odd) -> dict[str, Watch]:
    """What is known of every trap. One that cannot be read (another version wrote it) is left out: not known is blind."""
    return dict(sifted("watches", db.execute("SELECT trap, body FROM watch"), lambda trap, body: (trap, _watch(body)), odd))


def watch_of(db: sqlite3.Connection, trap: str) -> Watch | None:
    """What is known of one trap."""
    row = db.execute("SELECT body FROM watch WHERE trap = ?", (trap,)).fetchone()
    return _read(row[0]) if row is not None else None


def put(db: sqlite3.Connection, trap: str, watch: Watch, values: Mapping[str, float] | None = None) -> None:
    """Keep the watch, and the numbers of its look (at ``watch.checked_at``)."""
    body = msgspec.json.encode(watch).decode()
    db.execute("INSERT OR REPLACE INTO watch (trap, body) VALUES (?, ?)", (trap, body))
    if values and watch.checked_at is not None:
        names = tuple(sorted(values))
        layout = _id(db, "layout", "names", msgspec.json.encode(names).decode())
        if layout > MOST_LAYOUTS:
            return
        numbers = doubles(len(names)).pack(*(values[name] for name in names))
        row = (_id(db, "series", "trap", trap), epoch(watch.checked_at), layout, numbers)
        db.execute("INSERT OR REPLACE INTO reading (series, at, layout, numbers) VALUES (?, ?, ?, ?)", row)


def change(db: sqlite3.Connection, trap: str, how: Callable[[Watch], Watch], happened: Happened, odd: Odd) -> Watch:
    """Turn what is known of a trap into something else, and write down what happened by it."""
    watch = how(watch_of(db, trap) or Watch())
    put(db, trap, watch)
    write_entries(db, [happened])
    _prove(db, _proofs(trap, (happened,)), odd)
    return watch


def _proofs(trap: str, happened: Iterable[Happened]) -> Iterator[tuple[str, Happened, str]]:
    """What of this proves the trap, and in what words."""
    for each in happened:
        if each.kind == "alert.fired" and each.subject == trap:
            yield trap, each, "has really tripped"
        elif each.kind == "trap.drill_acked" and each.data.get("proven") is True:
            yield trap, each, "was drilled up to the acknowledgement"


def _prove(db: sqlite3.Connection, proofs: Iterable[tuple[str, Happened, str]], odd: Odd) -> None:
    """What was to be done after an incident is done by what proves its trap: in the same transaction, so that a cockpit which is
    killed leaves not the one without the other. Of many traps that trip at once the incidents are read once."""
    if found := {trap: (happened, how) for trap, happened, how in proofs}:
        from .incidents_table import proven  # deferred: no screen that opens needs it

        proven(db, found, odd)


def keep(db: sqlite3.Connection, looks: Iterable[Kept], odd: Odd) -> dict[str, Watch]:
    """Keep what looks brought. A rest is what people wrote here meanwhile, in whatever process; one that is over is taken away."""
    kept: dict[str, Watch] = {}
    proofs: list[tuple[str, Happened, str]] = []
    for look in looks:
        before = kept.get(look.trap) or watch_of(db, look.trap) or Watch()
        watch, over = _with_rest(look.watch, before)
        watch, ended = _with_drill(watch, before)
        put(db, look.trap, watch, look.values)
        happened = list(look.happened)
        if over and watch.checked_at is not None:
            why = {"why": "its rest is over", "rested": before.rest_why}
            happened.append(Happened(at=watch.checked_at, kind="trap.armed", source=LOCAL, subject=look.trap, data=why))
        if ended and watch.checked_at is not None:
            happened.append(
                Happened(at=watch.checked_at, kind="trap.drill_ended", source=LOCAL, subject=look.trap, data={"why": ended})
            )
        write_entries(db, happened)
        proofs += _proofs(look.trap, happened)
        kept[look.trap] = watch
    _prove(db, proofs, odd)
    return kept


def _with_rest(watch: Watch, written: Watch) -> tuple[Watch, bool]:
    over = written.rest_until is not None and watch.checked_at is not None and written.rest_until <= watch.checked_at
    until, by, why = (None, "", "") if over else (written.rest_until, written.rest_by, written.rest_why)
    return msgspec.structs.replace(watch, rest_until=until, rest_by=by, rest_why=why), over


def _with_drill(watch: Watch, written: Watch) -> tuple[Watch, str]:
    """With the drill that is written, unless that is over; and why it is."""
    drill, why = written.drill, ""
    if drill is not None and watch.tripped_at is not None:
        why = "the trap has really tripped"
    elif drill is not None and watch.checked_at is not None and drill.until <= watch.checked_at:
        why = "it is over"
    return msgspec.structs.replace(watch, **drilled(watch, written) | ({"drill": None} if why else {})), why


def readings(db: sqlite3.Connection, trap: str, metric: str, since: float, odd: Odd) -> tuple[tuple[float, float], ...]:
    """(seconds since the epoch, value) from ``since`` on, oldest first, the old ones condensed."""
    series = db.execute("SELECT id FROM series WHERE trap = ?", (trap,)).fetchone()
    if series is None:
        return ()
    layouts = sifted("layouts", db.execute("SELECT id, names FROM layout"), lambda key, names: (key, _names(names)), odd)
    places = {key: names.index(metric) for key, names in layouts if metric in names}
    one = Struct("<d").unpack_from

    def point(at: float, layout: int, numbers: bytes) -> tuple[float, float]:
        return float(at), one(numbers, 8 * places[layout])[0]

    points: list[tuple[float, float]] = []
    for table in ("reading_3h", "reading_5m", "reading"):
        rows: Iterable[Row] = db.execute(
            f"SELECT at, layout, numbers FROM {table} WHERE series = ? AND at >= ? ORDER BY at",  # noqa: S608  # the three names above
            (series[0], since),
        )
        points += sifted(f"{table} rows", (row for row in rows if row[1] in places), point, odd)
    return tuple(points)


def _read(body: str) -> Watch | None:
    try:
        return _watch(body)
    except (ValueError, TypeError, OverflowError):
        return None


def _watch(body: str) -> Watch:
    """A watch with harmless texts and times in UTC, whoever wrote it. Raises ``ValueError`` or ``TypeError``."""
    plain = body.isascii() and body.isprintable() and "\\u" not in body and len(body) < 2000
    watch = _decode(body) if plain else msgspec.convert(safe(msgspec.json.decode(body)), Watch)
    for name in _TIMES:
        time: datetime | None = getattr(watch, name)
        if time is not None and time.tzinfo is not UTC:
            if time.utcoffset() is None:
                raise ValueError(f"{name} has no zone")
            watch = msgspec.structs.replace(watch, **{name: time.astimezone(UTC)})
    return watch


def doubles(count: int) -> Struct:
    return Struct(f"<{count}d")


def _id(db: sqlite3.Connection, table: str, column: str, value: str) -> int:
    find = f"SELECT id FROM {table} WHERE {column} = ?"  # noqa: S608  # called with fixed words above
    row = db.execute(find, (value,)).fetchone()
    if row is None and table == "layout" and db.execute("SELECT count(*) FROM layout").fetchone()[0] >= MOST_LAYOUTS:
        return MOST_LAYOUTS + 1
    if row is None:
        row = (db.execute(f"INSERT INTO {table} ({column}) VALUES (?)", (value,)).lastrowid,)  # noqa: S608  # as above
    found: int = row[0]
    return found
