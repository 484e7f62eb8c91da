"""What people put on this machine's alerts, in the journal: acknowledgements, silences, notes. Each writes its entry with it."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from ..core.alerts import LOCAL, Ref, Remark, Silence
from ..core.marks import AckMark, Marks
from ..core.text import clean, clean_block
from ..provider import Conflict, NotFound
from .records import Happened, Odd, epoch, moment, sifted, write_entries

NOTES_KEPT = 20
"""Notes shown for one alert: the latest."""
NOTES_DAYS = 30
ENDED_SHOWN = timedelta(hours=1)
"""A silence that has ended is told of for so long."""

_SILENCE = "SELECT id, match, starts_at, ends_at, who, comment, until_resolved FROM silence"


def marks(db: sqlite3.Connection, now: datetime, odd: Odd) -> Marks:
    """As of ``now``: acknowledgements, silences that run or will, those that have ended lately, the latest notes (oldest of them
    first)."""
    acks = sifted("acknowledgements", db.execute("SELECT alert, firing, who, at, note FROM ack"), _acked, odd)
    rows = db.execute(f"{_SILENCE} WHERE ends_at > ? ORDER BY ends_at, id", (epoch(now - ENDED_SHOWN),))
    silences = sifted("silences", rows, _silenced, odd)
    notes: dict[str, list[Remark]] = {}
    since = epoch(now - timedelta(days=NOTES_DAYS))
    rows = db.execute("SELECT alert, at, who, text FROM note WHERE at >= ? ORDER BY at DESC, id DESC", (since,))
    for alert, remark in sifted("notes", rows, lambda alert, *rest: (str(alert), _noted(*rest)), odd):
        kept = notes.setdefault(alert, [])
        if len(kept) < NOTES_KEPT:
            kept.append(remark)
    return Marks(
        {each.id: each for each in acks},
        tuple(each for each in silences if each.ends_at > now),
        {alert: tuple(reversed(kept)) for alert, kept in notes.items()},
        tuple(each for each in silences if each.ends_at <= now),
    )


def _acked(alert: str, firing: int, who: str, at: float, note: str) -> AckMark:
    return AckMark(alert, int(firing), clean(who), moment(at), clean(note))


def _silenced(i: str, match: str, start: float, end: float, who: str, comment: str, lasting: int) -> Silence:
    return Silence(
        ref=Ref(LOCAL, clean(i)),
        match=clean(match),
        starts_at=moment(start),
        ends_at=moment(end),
        who=clean(who),
        comment=clean_block(comment),
        until_resolved=bool(lasting),
    )


def _noted(at: float, who: str, text: str) -> Remark:
    return Remark(moment(at), clean(who), clean_block(text))


def ack(db: sqlite3.Connection, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None:
    """Someone has it. Raises `Conflict` if somebody else has this firing; the same person says it anew."""
    held = db.execute("SELECT firing, who, at FROM ack WHERE alert = ?", (alert_id,)).fetchone()
    if held is not None and held[0] == firing and held[1] != who:
        raise Conflict(f"{held[1]} has had {alert_id} since {moment(held[2]):%H:%M} UTC")
    db.execute(
        "INSERT OR REPLACE INTO ack (alert, firing, who, at, note) VALUES (?, ?, ?, ?, ?)", (alert_id, firing, who, epoch(at), note)
    )
    _happened(db, at, "alert.acked", who, alert_id, {"firing": firing, "note": note})


def unack(db: sqlite3.Connection, alert_id: str, who: str, at: datetime) -> None:
    """Raises `NotFound` if nobody has it."""
    if not db.execute("DELETE FROM ack WHERE alert = ?", (alert_id,)).rowcount:
        raise NotFound(f"nobody has acknowledged {alert_id}")
    _happened(db, at, "alert.unacked", who, alert_id, {})


def silence(
    db: sqlite3.Connection, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str, until_resolved: bool
) -> str:
    """Gives the new silence's id."""
    import secrets  # deferred: it brings the hashes, and the first screen writes nothing

    new = f"s-{secrets.token_hex(4)}"
    db.execute(
        "INSERT INTO silence (id, match, starts_at, ends_at, who, comment, until_resolved) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (new, match, epoch(starts_at), epoch(ends_at), who, comment, int(until_resolved)),
    )
    _happened(db, starts_at, "silence.made", who, new, _told(match, ends_at, comment, until_resolved))
    return new


def change_silence(
    db: sqlite3.Connection,
    silence_id: str,
    match: str,
    ends_at: datetime,
    who: str,
    comment: str,
    until_resolved: bool,
    at: datetime,
) -> None:
    """Change one that stands: it is then the silence of who changed it. Raises `NotFound` if there is none, or if it has ended."""
    changed = db.execute(
        "UPDATE silence SET match = ?, ends_at = ?, who = ?, comment = ?, until_resolved = ? WHERE id = ? AND ends_at > ?",
        (match, epoch(ends_at), who, comment, int(until_resolved), silence_id, epoch(at)),
    ).rowcount
    if not changed:
        raise NotFound(f"there is no silence {silence_id} that has not ended")
    _happened(db, at, "silence.changed", who, silence_id, _told(match, ends_at, comment, until_resolved))


def _told(match: str, ends_at: datetime, comment: str, until_resolved: bool) -> dict[str, object]:
    """What the journal's entry says of a silence."""
    return {"match": match, "until": "resolved" if until_resolved else ends_at.isoformat(), "comment": comment}


def unsilence(db: sqlite3.Connection, silence_id: str, who: str, at: datetime) -> None:
    """End it now. Raises `NotFound` if there is none, or if it has ended."""
    ended = db.execute("UPDATE silence SET ends_at = ? WHERE id = ? AND ends_at > ?", (epoch(at), silence_id, epoch(at))).rowcount
    if not ended:
        raise NotFound(f"there is no silence {silence_id} that has not ended")
    _happened(db, at, "silence.ended", who, silence_id, {})


def note(db: sqlite3.Connection, alert_id: str, who: str, text: str, at: datetime) -> None:
    """Leave a remark."""
    db.execute("INSERT INTO note (alert, at, who, text) VALUES (?, ?, ?, ?)", (alert_id, epoch(at), who, text))
    _happened(db, at, "alert.noted", who, alert_id, {"text": text})


def beat(db: sqlite3.Connection, name: str, at: datetime) -> None:
    """The one told last counts, even if the clock stepped back: a time in the future would hide that it stays away."""
    db.execute("INSERT OR REPLACE INTO beat (name, at) VALUES (?, ?)", (name, epoch(at)))
    _happened(db, at, "beat", "", name, {})


def last_beat(db: sqlite3.Connection, name: str) -> datetime | None:
    """When it was told last; ``None`` if never."""
    row = db.execute("SELECT at FROM beat WHERE name = ?", (name,)).fetchone()
    return moment(row[0]) if row is not None else None


def _happened(db: sqlite3.Connection, at: datetime, kind: str, who: str, subject: str, data: dict[str, object]) -> None:
    write_entries(db, [Happened(at=at, kind=kind, who=who, source=LOCAL, subject=subject, data=data)])
