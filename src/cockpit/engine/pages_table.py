"""Pages in the journal: who was, or is being, told of which alert. What is written here before anything is sent keeps two processes
from paging for the same step, and tells the next one what a killed one had begun.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..core.alerts import LOCAL
from ..core.paged import PageState
from ..core.pages import Attempt, ChannelHealth, channel_health
from ..core.text import clean
from . import lease_table
from .alive import Owner, lives, owner
from .records import Happened, Odd, epoch, sifted, write_entries

KEPT = timedelta(days=30)
"""For how long pages of firings that are over stay; what happened stays in the entries."""
TEST = "test"
"""What stands in the place of its kind where a page only tried a channel: whoever counts calls passes it over."""
_JUDGED = 20  # the latest attempts of a channel, by which its health is judged

_decode = msgspec.json.Decoder(Attempt).decode


def begin(db: sqlite3.Connection, wanted: Iterable[Attempt], pid: int, *, leading: bool) -> list[Attempt]:
    """Write down that these are begun, those that nobody has sent or is sending, and give them back. With ``leading``, nothing
    unless this process holds the lease."""
    me = owner(pid)
    if leading and not lease_table.holds(db, pid):
        return []
    begun: list[Attempt] = []
    for attempt in wanted:
        row = db.execute("SELECT body, pid, started, boot FROM page WHERE key = ?", (attempt.key,)).fetchone()
        if row is not None and not _may_begin(attempt, _read(row[0]), Owner(*row[1:])):
            continue
        _put(db, attempt, me)
        if attempt.state is PageState.FAILED:  # a step that found nobody is over as soon as it is begun
            write_entries(db, [_happened(attempt)])
        else:
            begun.append(attempt)
    return begun


def _may_begin(attempt: Attempt, written: Attempt | None, by: Owner) -> bool:
    if written is None:
        return True  # another version wrote it, or nobody can read it: rather told twice than not at all
    match written.state:
        case PageState.BEGUN:
            return not lives(by)
        case PageState.FAILED:
            return written.tries < attempt.tries
    return written.settled_at == attempt.settled_at  # told again, and nobody has done so since this was reckoned


def _put(db: sqlite3.Connection, attempt: Attempt, me: Owner) -> None:
    settled = None if attempt.settled_at is None else epoch(attempt.settled_at)
    db.execute(
        "INSERT INTO page (key, alert, firing, channel, open, begun_at, settled_at, pid, started, boot, body) "
        "VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET open = 1, settled_at = excluded.settled_at, "
        "pid = excluded.pid, started = excluded.started, boot = excluded.boot, body = excluded.body",
        (
            attempt.key, attempt.alert, attempt.firing, attempt.channel, epoch(attempt.begun_at), settled,
            me.pid, me.started, me.boot, msgspec.json.encode(attempt).decode(),
        ),
    )  # fmt: skip


def settle(db: sqlite3.Connection, attempt: Attempt, pid: int) -> None:
    """Write down what became of an attempt that this process began."""
    _put(db, attempt, owner(pid))
    write_entries(db, [_happened(attempt)])


def _happened(attempt: Attempt) -> Happened:
    kind = TEST if attempt.page is not None and attempt.page.test else attempt.kind.value
    data = {
        "channel": attempt.channel, "policy": attempt.policy, "round": attempt.round, "step": attempt.step, "tries": attempt.tries,
        "kind": kind, "why": attempt.why, "firing": attempt.firing,
    }  # fmt: skip
    at = attempt.settled_at or attempt.begun_at
    return Happened(at=at, kind=f"page.{attempt.state.value}", who=attempt.person, source=LOCAL, subject=attempt.alert, data=data)


def standing(db: sqlite3.Connection, odd: Odd) -> tuple[tuple[Attempt, ...], frozenset[str]]:
    """All attempts for firings that are not done with, oldest first; and the keys of those whose process is gone in the middle."""
    rows = db.execute("SELECT body, pid, started, boot FROM page WHERE open ORDER BY begun_at, key").fetchall()
    found = sifted("pages", rows, lambda body, *by: (_attempt(body), Owner(*by)), odd)
    gone = (each.key for each, by in found if each.state is PageState.BEGUN and not lives(by))
    return tuple(each for each, _ in found), frozenset(gone)


def close(db: sqlite3.Connection, firings: Collection[tuple[str, int]], now: datetime) -> None:
    """These firings are over, and everybody who must know has been told."""
    db.executemany("UPDATE page SET open = 0 WHERE alert = ? AND firing = ?", firings)
    db.execute("DELETE FROM page WHERE NOT open AND begun_at < ?", (epoch(now - KEPT),))


def channels(db: sqlite3.Connection, names: Iterable[str], odd: Odd) -> Mapping[str, ChannelHealth]:
    """The health of each of these channels, by its latest attempts."""
    found: dict[str, ChannelHealth] = {}
    for name in names:
        rows = db.execute(
            "SELECT body FROM page WHERE channel = ? AND settled_at IS NOT NULL ORDER BY settled_at DESC LIMIT ?", (name, _JUDGED)
        ).fetchall()
        found[name] = channel_health(name, tuple(reversed(sifted(f"pages by {name}", rows, _attempt, odd))))
    return found


def counted(db: sqlite3.Connection, since: float) -> dict[tuple[str, str], int]:
    """Pages that were ``sent`` and that ``failed`` since then (seconds since the epoch), by (channel, word)."""
    rows = db.execute(
        "SELECT iif(json_valid(data), json_extract(data, '$.channel'), '') AS channel, substr(kind, 6), count(*) FROM entry "
        "WHERE kind IN ('page.sent', 'page.failed') AND at >= ? GROUP BY channel, kind",
        (since,),
    )
    return {(clean(channel), word): many for channel, word, many in rows if channel and isinstance(channel, str)}


def _read(body: str) -> Attempt | None:
    try:
        return _attempt(body)
    except ValueError:
        return None


def _attempt(body: str) -> Attempt:
    """Raises ``ValueError`` for what no cockpit of this version wrote."""
    attempt = _decode(body)
    if attempt.begun_at.utcoffset() is None or (attempt.settled_at is not None and attempt.settled_at.utcoffset() is None):
        raise ValueError("a time without a zone")
    return msgspec.structs.replace(attempt, why=clean(attempt.why), person=clean(attempt.person), channel=clean(attempt.channel))
