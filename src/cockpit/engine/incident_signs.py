"""What moved before an incident, in all that the traps have read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta

from ..core.backtest import Trouble
from ..core.causes import of_incident
from ..core.incidents import Incident
from ..core.lookback import Lookback, Series, lookback
from ..core.postmortem import moment_of
from .journal import Journal

LOOKED_BACK = timedelta(days=30)
"""So much before an incident is looked through for signs of it."""


def signs(journal: Journal, here: Incident, known: Mapping[str, Incident], laid: Collection[str]) -> Lookback:
    """Looking back from when users were hurt, or the first alert fired, to before its first sign, over the traps that are ``laid``.
    Raises `JournalError`."""
    moment = moment_of(here)
    before = moment - LOOKED_BACK
    # one at a time: all readings of all traps are more than fits beside what else runs on a small machine
    series = (Series(trap, name, journal.readings(trap, name, before)) for trap, name in numbers(journal, laid))
    return lookback(series, moment, alike(here, known), window=of_incident(here).window)


def numbers(journal: Journal, laid: Collection[str]) -> list[tuple[str, str]]:
    """Every number that the traps that are ``laid`` read: (trap, its name there)."""
    return [
        (trap, metric)
        for trap, watch in sorted(journal.watches().items())
        if trap in laid
        for metric in sorted(watch.reading.values if watch.reading is not None else ())
    ]


def alike(here: Incident, known: Mapping[str, Incident]) -> tuple[Trouble, ...]:
    """The other incidents with one of its alerts, oldest first."""
    refs = {each.ref for each in here.members}
    others = (each for each in known.values() if each.id != here.id and refs & {member.ref for member in each.members})
    troubles = (Trouble(moment_of(each), each.impact_end or each.closed_at) for each in others)
    return tuple(sorted(troubles, key=lambda each: each.began))
