"""Who keeps the traps, and what the journal tells whoever begins to. Everything here may block: it is done aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

import msgspec

from ..core.traps import Watch
from ..provider import Clock
from .journal import Journal, JournalError
from .post import WINDOW

TTL = 15.0
"""Seconds after which a lease that was not renewed is anybody's."""


class Held(msgspec.Struct, frozen=True):
    """Whether the lease is ours; ``says`` who has it instead, and ``died`` whose it was who never gave it back, for the person."""

    ours: bool
    says: str = ""
    died: str = ""


class Found(msgspec.Struct, frozen=True):
    """What the journal knows: watches by trap, and the earlier readings that forecasts follow, as (epoch seconds, value)."""

    watches: Mapping[str, Watch]
    points: Mapping[str, tuple[tuple[float, float], ...]]


def claim(journal: Journal, pid: int, clock: Clock) -> Held:
    """Become or stay the keeper. Where the journal cannot be written nobody can hold a lease: then each process looks for itself,
    unless another still has a fresh one."""
    now = clock.now()
    try:
        before = journal.lease()
        if journal.take_lease(pid, now, TTL):
            gone = before.pid if before is not None and before.pid != pid else 0
            return Held(True, died=f"process {gone}, which watched, died: this cockpit watches now" if gone else "")
        lease = journal.lease()
    except JournalError:
        try:
            lease = journal.lease()
        except JournalError:
            return Held(True)
        if lease is None or lease.pid == pid or abs((now - lease.renewed_at).total_seconds()) > TTL:
            return Held(True)
    return Held(False, f"process {lease.pid} looks at the traps" if lease is not None else "another process looks at the traps")


def survey(journal: Journal, wanted: Iterable[tuple[str, str]], now: datetime) -> Found:
    """What is known of all traps, and the recent readings of those (trap, metric) pairs that follow a metric."""
    since = now - timedelta(seconds=WINDOW)
    try:
        return Found(journal.watches(), {trap: journal.readings(trap, metric, since) for trap, metric in wanted if metric})
    except JournalError:
        return Found({}, {})  # every trap begins as not looked at, which is blind; `problem` says why
