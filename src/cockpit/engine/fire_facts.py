"""What the traps, alerts and pages of this machine went through, as the journal has it: read in the order of time and handed on row
by row, so that a year of it takes half a second and no memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from ..core.drills import DRILL_SUFFIX
from ..core.report_fires import Fact
from .records import epoch

T = TypeVar("T")

_TRAPS_AND_ALERTS = "'trap.warning', 'trap.armed', 'alert.fired', 'alert.resolved'"
_CALLS = "'alert.acked', 'alert.noted', 'page.sent'"
_FACTS = f"""
SELECT at, kind, who, iif(kind = 'run.started', '', subject)
FROM entry INDEXED BY entry_at
WHERE at >= :since AND at < :until AND (kind IN ({_TRAPS_AND_ALERTS})
    OR (kind IN ({_CALLS}) AND subject NOT LIKE :drills AND (kind <> 'page.sent' OR {{triggers}}))
    OR (kind = 'run.started' AND source <> 'local' AND data LIKE :acked AND data NOT LIKE :practice))
UNION ALL
SELECT began, 'alert.noted', '', alert FROM aftermath
WHERE source = 'local' AND began >= :since AND began < :until AND alert NOT LIKE :drills
ORDER BY 1
"""  # noqa: S608  # fixed words only
"""By time and not by kind: that is how rows lie in the file, and whoever reckons needs it. A run that acknowledged at some other
source called somebody, though its alert's story is not here. A page is one that called (``triggers``): neither that someone has it
nor that it is over, nor what tried a channel. Nothing is of a drill: it called people, and is no fire."""
_TRIGGERS = "iif(json_valid(data), coalesce(json_extract(data, '$.kind'), 'trigger') = 'trigger', 0)"
_LOST = "SELECT count(*) FROM entry WHERE kind = 'page.sent' AND at >= :since AND at < :until AND NOT json_valid(data)"


def reckoned(db: sqlite3.Connection, since: datetime, until: datetime, work: Callable[[Iterator[Fact]], T]) -> tuple[T, int]:
    """What ``work`` makes of all between two moments (UTC), the oldest first; and how many records could not be read."""
    asked = {
        "since": epoch(since),
        "until": epoch(until),
        "drills": f"%{DRILL_SUFFIX}",
        "acked": '%"what":"ack"%',
        "practice": '%"drill":"true"%',
    }
    lost: int = db.execute(_LOST, asked).fetchone()[0]
    return work(db.execute(_FACTS.format(triggers=_TRIGGERS), asked)), lost


def seen(db: sqlite3.Connection, since: datetime, until: datetime) -> bool:
    """Whether anything is known of the time between two moments (UTC): an event, or a look at a trap that is kept."""
    between = (epoch(since), epoch(until))
    if db.execute("SELECT 1 FROM entry WHERE at >= ? AND at < ? LIMIT 1", between).fetchone():
        return True
    return any(
        db.execute(
            f"SELECT 1 FROM series s JOIN {table} r ON r.series = s.id AND r.at >= ? AND r.at < ? LIMIT 1",  # noqa: S608  # ours
            between,
        ).fetchone()
        for table in ("reading", "reading_5m", "reading_3h")
    )


def begun(db: sqlite3.Connection) -> float | None:
    """When the journal begins: its first event, or the first look at a trap that is kept. ``None`` where it has neither."""
    looks = ", ".join(
        f"(SELECT min((SELECT min(at) FROM {table} r WHERE r.series = s.id)) FROM series s)"  # noqa: S608  # ours
        for table in ("reading", "reading_5m", "reading_3h")
    )
    row = db.execute(f"SELECT (SELECT min(at) FROM entry), {looks}").fetchone()  # noqa: S608  # as above
    return min((each for each in row if each is not None), default=None)
