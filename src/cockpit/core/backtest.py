"""What a trap would have done in the past: its bound over readings that were kept, and which of its trips came to nothing.

The judgement is the live trap's own (`traps.has_tripped`): a trip begins when the bound has held for the trap's ``for``, look by
look, and ends with the first look that finds it below. Looks that did not see change nothing, there as here. Where the readings
were condensed (5-minute medians), shorter excursions cannot be seen any more; what a probe judged by itself is not kept at all.

A trip counts as a false alarm if no trouble of its kind went on when it began, nor began within a stated time after: the usual
reckoning of false positives for an alarm that is to come early (Salfner, Lenk and Malek, "A survey of online failure prediction
methods", ACM Computing Surveys 42:3, 2010, section 3: lead time and prediction period). So an alarm that has stood for longer than
that says nothing of what comes. It is one, too, if it was over before the trouble began: whoever had looked would have found that
all is well.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from .trap_steps import has_tripped
from .units import Bound, say_seconds

WITHIN = 24 * 3600.0
"""Seconds within which trouble must follow a trip, or it was a false alarm."""
BREAK = 15 * 60.0
"""Seconds that the bound may not be met without that the alarm is over, for whoever it called: at its edge a number goes to and
fro."""

Points = Sequence[tuple[float, float]]
"""(seconds since the epoch, value), oldest first."""


class Trouble(msgspec.Struct, frozen=True, order=True):
    """A stretch in which something was wrong (an alert that fired, an incident's impact), UTC; ``ended`` ``None``: it goes on."""

    began: datetime
    ended: datetime | None = None


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A time the trap would have tripped, UTC. ``ended`` is the look that found it below; ``None``: it was tripped to the
    last. ``false``: nothing came of it."""

    began: datetime
    ended: datetime | None
    false: bool


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """What came out. ``looks`` readings lay between ``since`` and ``until`` (UTC; ``None`` if there were none). ``tripped`` are
    seconds in all. ``troubles`` are those that there was something to see of: a reading before them, no older than ``within``
    seconds."""

    looks: int = 0
    since: datetime | None = None
    until: datetime | None = None
    trips: tuple[Trip, ...] = ()
    tripped: float = 0.0
    troubles: tuple[Trouble, ...] = ()
    within: float = WITHIN

    @property
    def false_alarms(self) -> int:
        """How many trips came to nothing."""
        return sum(trip.false for trip in self.trips)

    @property
    def span(self) -> float:
        """Seconds between the first reading and the last."""
        return (self.until - self.since).total_seconds() if self.since and self.until else 0.0

    def lead(self, trouble: Trouble) -> float | None:
        """Seconds from the first trip within ``within`` before the trouble until it began; below 0 where it tripped only during it;
        ``None`` where it did not trip for it at all."""
        first, stretches = trouble.began - timedelta(seconds=self.within), [(trip.began, trip.ended) for trip in self.trips]
        for trip, until in zip(self.trips, _lasting(stretches), strict=True):
            if trip.began >= first and _meets(trip.began, until, trouble):
                return (trouble.began - trip.began).total_seconds()
        return None

    def says(self, trouble: Trouble | None = None) -> str:
        """The outcome in one line for the person who is about to arm it, with what it is known from."""
        if not self.looks:
            return "no readings of this are kept: there is nothing to test it on"
        known = f"in {say_seconds(self.span)} of readings"
        if not self.trips:
            return f"would never have tripped {known}"
        false = self.false_alarms
        counted = "no false alarm" if not false else "1 false alarm" if false == 1 else f"{false} false alarms"
        if trouble is None:
            times = "once" if len(self.trips) == 1 else f"{len(self.trips)} times"
            return f"would have tripped {times} {known}, for {say_seconds(self.tripped)} in all; {counted}"
        return f"{self._said(trouble)}; {counted} {known}"

    def _said(self, trouble: Trouble) -> str:
        if trouble not in self.troubles:
            return "no readings from before this are kept"
        lead = self.lead(trouble)
        if lead is None:
            return "would not have tripped before this"
        if lead < 0:
            return f"would have tripped {say_seconds(-lead)} too late"
        return f"would have tripped {say_seconds(lead)} before" if lead else "would have tripped as it began"


def backtest(bound: Bound, hold: float, points: Points, troubles: Sequence[Trouble] = (), *, within: float = WITHIN) -> Backtest:
    """What a trap that trips at ``bound`` once it held for ``hold`` seconds would have done, had it looked when these ``points``
    were read. ``points`` are of the bound's own number. ``within`` is in seconds."""
    moments = [datetime.fromtimestamp(at, UTC) for at, _ in points]
    return _tested(bound, hold, points, moments, tuple(sorted(troubles, key=lambda each: each.began)), within)


def backtests(
    bounds: Sequence[Bound], hold: float, points: Points, troubles: Sequence[Trouble] = (), *, within: float = WITHIN
) -> list[Backtest]:
    """The same for several bounds on one number."""
    moments = [datetime.fromtimestamp(at, UTC) for at, _ in points]
    known = tuple(sorted(troubles, key=lambda each: each.began))
    return [_tested(bound, hold, points, moments, known, within) for bound in bounds]


def _tested(
    bound: Bound, hold: float, points: Points, moments: Sequence[datetime], troubles: tuple[Trouble, ...], within: float
) -> Backtest:
    if not moments:
        return Backtest(within=within)
    stretches = _stretches(bound, hold, points, moments)
    trips = tuple(
        Trip(began=began, ended=ended, false=_came_to_nothing(began, until, troubles, within))
        for (began, ended), until in zip(stretches, _lasting(stretches), strict=True)
    )
    return Backtest(
        looks=len(moments),
        since=moments[0],
        until=moments[-1],
        trips=trips,
        tripped=sum(((trip.ended or moments[-1]) - trip.began).total_seconds() for trip in trips),
        troubles=tuple(each for each in troubles if _visible(each, moments, within)),
        within=within,
    )


def _stretches(bound: Bound, hold: float, points: Points, moments: Sequence[datetime]) -> list[tuple[datetime, datetime | None]]:
    """When it would have tripped, and when it would have been found below again."""
    found: list[tuple[datetime, datetime | None]] = []
    over_since: datetime | None = None
    tripped_at: datetime | None = None
    for at, (_, value) in zip(moments, points, strict=True):
        if not bound.holds(value):
            if tripped_at is not None:
                found.append((tripped_at, at))
            over_since = tripped_at = None
            continue
        over_since = over_since or at
        if tripped_at is None and has_tripped(hold, over_since, at, already=False):
            tripped_at = at
    if tripped_at is not None:
        found.append((tripped_at, None))
    return found


def _lasting(stretches: Sequence[tuple[datetime, datetime | None]]) -> list[datetime | None]:
    """Until when the alarm of each goes on: over every `BREAK` to the end of those that follow."""
    found: list[datetime | None] = []
    following: datetime | None = None
    for began, ended in reversed(stretches):
        goes_on = following is not None and ended is not None and (following - ended).total_seconds() <= BREAK
        found.append(found[-1] if goes_on else ended)
        following = began
    return found[::-1]


def _meets(began: datetime, until: datetime | None, trouble: Trouble) -> bool:
    """Whether an alarm is about the trouble: it stands as that begins (or did until just before), or begins while it goes on."""
    if began > trouble.began:
        return trouble.ended is None or began <= trouble.ended
    return until is None or (trouble.began - until).total_seconds() <= BREAK


def _came_to_nothing(began: datetime, until: datetime | None, troubles: Sequence[Trouble], within: float) -> bool:
    last = began + timedelta(seconds=within)
    return not any(each.began <= last and _meets(began, until, each) for each in troubles)


def _visible(trouble: Trouble, moments: Sequence[datetime], within: float) -> bool:
    """Whether there is a reading before the trouble that is not too old to tell of it."""
    place = bisect_left(moments, trouble.began)
    return place > 0 and (trouble.began - moments[place - 1]).total_seconds() <= within
