"""A server's clock against ours: every answer over HTTP tells what time it is there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from ..core.units import say_seconds

TOLERATED = timedelta(seconds=30)
"""Clocks may differ by so much before it is said."""
_GRAIN = timedelta(seconds=5)


def ahead(dates: Iterable[datetime | None], now: datetime) -> timedelta:
    """How far their clock is ahead of ours (``now``, when they were asked), by the middle one of what they told; nothing where they
    differ by less than answers take."""
    differ = sorted(date - now for date in dates if date is not None)
    middle = differ[len(differ) // 2] if differ else timedelta()
    return middle if abs(middle) > timedelta(seconds=2) else timedelta()  # they tell whole seconds, and an answer takes its time


def steady(skew: timedelta, before: timedelta) -> timedelta:
    """The same as ``before`` unless it differs by more than what whole seconds and slow answers make of it."""
    return before if skew and before and abs(skew - before) <= _GRAIN else skew


def told_skew(skew: timedelta) -> tuple[str, ...]:
    """A remark for the person where it matters."""
    if abs(skew) <= TOLERATED:
        return ()
    off = say_seconds(round(abs(skew.total_seconds()) / 30) * 30)
    return (f"its clock is {off} {'ahead of' if skew > timedelta() else 'behind'} ours: alerts may be older or younger by as much",)
