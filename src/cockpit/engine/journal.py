"""The journal: the local record of everything that happened, in one SQLite file that several processes share."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from ..core.actions import Run
from ..core.marks import Marks
from ..core.traps import Watch
from ..provider import Clock


class JournalError(Exception):
    """The journal could not be written or read; the message says which file, what is wrong and what happens now."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``at`` is UTC; ``kind`` is a dotted word (``alert.fired``, ``run.started``, ``trap.tripped``, …)."""

    id: int
    at: datetime
    kind: str
    who: str
    source: str
    subject: str
    data: Mapping[str, object]


class Lease(msgspec.Struct, frozen=True):
    """Who looks at the traps of this state directory: ``holder`` is ``pid@boot``, alive while its process is and it renews."""

    holder: str
    pid: int
    renewed_at: datetime


class Journal:
    """Open with `open_journal`. Every method may block on the disk for milliseconds, is safe to call from any thread, and raises
    `JournalError` where it cannot do its work; from then on ``problem`` says so until a write succeeds again."""

    def __init__(self, path: Path, clock: Clock) -> None:
        raise NotImplementedError

    @property
    def problem(self) -> str:
        """Why nothing is written down now; "" = it is. For the person."""
        raise NotImplementedError

    @property
    def remarks(self) -> tuple[str, ...]:
        """What had to be done at opening (set aside a corrupt file: where), for the person."""
        raise NotImplementedError

    def record(self, kind: str, *, at: datetime, who: str = "", source: str = "", subject: str = "", data: Mapping[str, object] = {}) -> None:
        """Append an entry."""
        raise NotImplementedError

    def entries(self, *, since: datetime | None = None, subject: str = "", kind: str = "", limit: int = 1000) -> tuple[Entry, ...]:
        """Entries, newest first; ``kind`` is a prefix."""
        raise NotImplementedError

    def put_run(self, run: Run) -> None:
        """Insert or update a run, with this process as its owner. Durable when it returns."""
        raise NotImplementedError

    def runs(self, limit: int = 200) -> tuple[Run, ...]:
        """Runs, newest first. One that is not settled and whose process is gone (pid reused or boot changed counts as gone) is
        first written down as ``UNCERTAIN``."""
        raise NotImplementedError

    def begin_run(self, run: Run, exclusive: str = "") -> Run | None:
        """`put_run`, unless another unsettled run of a living process has the same non-empty ``exclusive`` key: then nothing is
        written and that run is returned."""
        raise NotImplementedError

    def put_watch(self, trap: str, watch: Watch, values: Mapping[str, float] | None = None) -> None:
        """Keep what is known of a trap, and the readings of this look for the forecast and the sparkline."""
        raise NotImplementedError

    def watches(self) -> dict[str, Watch]:
        """What is known of every trap."""
        raise NotImplementedError

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """(seconds since the epoch, value), oldest first."""
        raise NotImplementedError

    def marks(self, now: datetime) -> Marks:
        """What people have put on local alerts, as of ``now``."""
        raise NotImplementedError

    def ack(self, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None:
        """Someone has it. Raises `cockpit.provider.Conflict` if somebody else already has this firing."""
        raise NotImplementedError

    def unack(self, alert_id: str, who: str, at: datetime) -> None:
        raise NotImplementedError

    def silence(self, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str) -> str:
        raise NotImplementedError

    def unsilence(self, silence_id: str, who: str, at: datetime) -> None:
        """Raises `cockpit.provider.NotFound`."""
        raise NotImplementedError

    def note(self, alert_id: str, who: str, text: str, at: datetime) -> None:
        raise NotImplementedError

    def beat(self, name: str, at: datetime) -> None:
        """Record a heartbeat."""
        raise NotImplementedError

    def last_beat(self, name: str) -> datetime | None:
        raise NotImplementedError

    def take_lease(self, holder_pid: int, at: datetime, ttl: float) -> bool:
        """Become or stay the keeper; False while another living process is (renewed within ``ttl`` seconds and its process exists)."""
        raise NotImplementedError

    def drop_lease(self, holder_pid: int) -> None:
        raise NotImplementedError

    def lease(self) -> Lease | None:
        raise NotImplementedError

    def close(self) -> None:
        raise NotImplementedError


def open_journal(state: Path, clock: Clock) -> Journal:
    """Open (or make) ``state/journal.sqlite``: directory 0700, file 0600, corrupt or newer files set aside, never deleted."""
    raise NotImplementedError
