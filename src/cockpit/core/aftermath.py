"""What became of an alert after a runbook was run for it: whether that helped, as far as anybody saw.

A source is asked now and then, and may be blind in between, so that nobody knows when exactly an alert was over. What is known are
bounds: when it was last seen there, and when it was first seen gone. A run helped if the alert was gone within a time after the run
had ended and did not come back within that time, and it did not help if the alert was there at the end of it, or had come back
by then. An alert that comes back later is another fire: the run had helped. Until the time is over, that it helped is what is known
so far. Where the bounds leave both open, it is unknown; and
so it is where the alert was over in time, and the run did not reach its end: a part of it may have helped, and may not. Of a run
that changes nothing it is not asked: that cannot have helped. Nor of one that takes another back: that makes it as it was.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from .actions import Run, RunState, Start
from .alerts import Alert, AlertState
from .sources import Snapshot
from .traps import TrapState
from .units import say_seconds

LOOKED_AFTER = timedelta(days=1)
"""For so long after that time somebody who looks may still find that the alert is there: it did not help, then."""
_SOON = 120.0
"""Seconds within which a source is asked again: until then it is too early to say that nobody looked."""


class Aftermath(msgspec.Struct, frozen=True, kw_only=True):
    """Of one run for one alert (its ``source``, its id there in ``alert``, its ``name`` and ``place``): what was seen of the alert.
    Times are UTC.

    ``trap`` is the trap that raised it, "" for none. ``firing`` is when the alert began to fire, ``began`` and ``ended`` are the
    run's, ``within`` (seconds) is how soon after ``ended`` it has to be over. ``there`` is when it was last seen there, ``gone``
    when it was first known to be over, ``back`` when it was first known to fire again.
    """

    run: str
    source: str
    alert: str
    name: str
    place: str
    began: datetime
    within: float
    trap: str = ""
    firing: datetime | None = None
    ended: datetime | None = None
    there: datetime | None = None
    gone: datetime | None = None
    back: datetime | None = None

    @property
    def until(self) -> datetime | None:
        """When the time is over in which it could help; ``None`` while the run goes on."""
        return self.ended + timedelta(seconds=self.within) if self.ended is not None else None


class Verdict(enum.Enum):
    """Whether a run helped. ``OPEN``: its time is not over yet. ``UNKNOWN``: nobody saw."""

    HELPED = "helped"
    NOT = "did not help"
    UNKNOWN = "unknown"
    OPEN = "too early to say"


class Past(msgspec.Struct, frozen=True):
    """A run for an alert, and what became of the alert."""

    run: Run
    after: Aftermath

    def verdict(self, now: datetime) -> Verdict | None:
        """Whether it helped, as known at ``now`` (UTC); ``None`` where it only read, or took another run back."""
        if not isinstance(self.run.action, Start) or not self.run.action.writes or self.run.action.undoes:
            return None
        if self.after.ended is None:
            return Verdict.UNKNOWN if self.run.state.settled else Verdict.OPEN
        return credited(verdict(self.after, now), done=self.run.state is RunState.CONFIRMED)

    def says(self, now: datetime) -> str:
        """Whether it helped, as known at ``now`` (UTC), for people; "" where that is not asked."""
        found, after = self.verdict(now), self.after
        if found is Verdict.HELPED and after.until is not None and now < after.until:
            return f"{found.value} so far"
        if found is Verdict.NOT and after.gone is not None and after.back is not None:
            return f"{found.value}: it came back {say_seconds(max(0.0, (after.back - after.gone).total_seconds()))} later"
        return found.value if found is not None else ""


def beginning(run: Run, alert: Alert, within: float) -> Aftermath | None:
    """What is to be watched of an alert once this run for it begins; ``None`` for what is no run of a runbook."""
    if not isinstance(run.action, Start) or run.action.dry_run:
        return None
    ref = alert.ref
    return Aftermath(
        run=run.id, source=ref.source, alert=ref.id, name=alert.name, place=alert.where, began=run.at, within=within,
        trap=alert.trap, firing=alert.started_at,
    )  # fmt: skip


def verdict(after: Aftermath, now: datetime) -> Verdict:
    """Whether a run that has ended helped. An alert that was over and came back within the same time was not helped."""
    until = after.until
    if until is None:
        return Verdict.OPEN
    there, gone, back = (None if at is None else at.timestamp() for at in (after.there, after.gone, after.back))
    return verdict_of(until.timestamp(), there, gone, back, now.timestamp())


def verdict_of(until: float, there: float | None, gone: float | None, back: float | None, now: float) -> Verdict:
    """The same, of seconds since the epoch."""
    if gone is not None and gone <= until:
        return Verdict.NOT if back is not None and back <= until else Verdict.HELPED
    if there is not None and there >= until:
        return Verdict.NOT
    return Verdict.OPEN if gone is None and now < until + _SOON else Verdict.UNKNOWN


def credited(found: Verdict, *, done: bool) -> Verdict:
    """What of it can be said of a run that was ``done`` to its end, or was not: nobody knows what one that failed has helped."""
    return Verdict.UNKNOWN if found is Verdict.HELPED and not done else found


def watched(after: Aftermath, now: datetime) -> bool:
    """Whether another look could tell more."""
    until = after.until
    if until is None:
        return now < after.began + LOOKED_AFTER
    if after.back is not None or (after.there is not None and after.there >= until):
        return False
    return now <= (until if after.gone is not None else until + LOOKED_AFTER)


def seen(after: Aftermath, snapshot: Snapshot, alert: Alert | None) -> Aftermath:
    """After a look at the alert's source: ``alert`` is what it says of it, ``None`` where it is not there. The very same where
    this look tells nothing: the source or the trap was blind, the answer was not whole, or the trap was put to rest."""
    at = snapshot.asked_at
    if at < after.began or snapshot.alerts is None or not snapshot.complete or snapshot.blind or _unseen(after, snapshot):
        return after
    if alert is None or alert.state is AlertState.RESOLVED:
        return after if after.gone is not None else msgspec.structs.replace(after, gone=_over(after, alert, at))
    fires = alert.started_at
    if fires is not None and after.firing is not None and fires > after.firing:
        # another firing: the one that was worked on was over before this one began
        first = max(fires, after.there or after.began)
        return msgspec.structs.replace(after, gone=after.gone or first, back=after.back or first)
    if after.gone is not None:
        return after if after.back is not None else msgspec.structs.replace(after, back=at)
    return msgspec.structs.replace(after, there=at if after.there is None else max(after.there, at))


def _over(after: Aftermath, alert: Alert | None, at: datetime) -> datetime:
    """When it was over: as its source says, where that can be; else when it was seen to be."""
    said = alert.ended_at if alert is not None else None
    return said if said is not None and (after.there or after.began) <= said <= at else at


def _unseen(after: Aftermath, snapshot: Snapshot) -> bool:
    """Whether the trap that raised the alert does not look."""
    states = (view.state for view in snapshot.traps or () if after.trap and view.trap.name == after.trap)
    return any(state in (TrapState.BLIND, TrapState.DISARMED) for state in states)


def merged(one: Aftermath, other: Aftermath) -> Aftermath:
    """What two who watched the same know together."""
    return msgspec.structs.replace(
        one,
        ended=one.ended or other.ended,
        there=max(_those(one.there, other.there), default=None),
        gone=min(_those(one.gone, other.gone), default=None),
        back=min(_those(one.back, other.back), default=None),
    )


def _those(*times: datetime | None) -> Iterable[datetime]:
    return [time for time in times if time is not None]
