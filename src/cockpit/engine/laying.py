"""What one source says of its rosters over a time, by what it can tell."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ..core.days import Day
from ..core.schedule import Laid
from ..provider import Answer
from .accepting import Accepting


async def laid_out(provider: Any, can: frozenset[str], source: str, since: datetime, until: datetime, now: datetime) -> Laid:
    """Its rosters between two moments (UTC). One that knows only of a moment tells who is on now and next, and that this is all.
    Raises what the provider raises."""
    if not can & {"Rosters", "Shifts"}:
        return Laid()
    accepting = Accepting(source)
    told = accepting.accept("rosters", await provider.on_call(now)).records if "Rosters" in can else ()
    names = tuple((each.source, each.roster, each.level) for each in told)
    gappy = tuple(name for name, each in zip(names, told, strict=True) if not each.always)
    held = accepting.accept("overrides", await provider.overrides()).records if "Overrides" in can else ()
    if "Shifts" not in can:
        shifts = tuple(shift for each in told for shift in (each.now, each.next) if shift is not None)
        return Laid(rosters=names, shifts=shifts, overrides=held, silent=(f"{source}: it tells only who is on call now and next",))
    answer = accepting.accept("shifts", await provider.shifts(since, until))
    if names:  # a roster that is not there now is none that must have somebody at every moment
        gappy += tuple({(each.source, each.roster, each.level) for each in answer.records} - set(names))
    return Laid(rosters=names, gappy=gappy, shifts=answer.records, overrides=held, silent=missing(source, answer))


async def days_of(provider: Any, can: frozenset[str], source: str) -> Answer[Day] | None:
    """The days that it knows; ``None`` where it knows of none. Raises what the provider raises."""
    return Accepting(source).accept("days", await provider.days()) if "Days" in can else None


def missing(source: str, answer: Answer[Any]) -> tuple[str, ...]:
    """What is not in an answer, for people."""
    words = tuple(f"{source}: {remark}" for remark in answer.remarks)
    if words or (answer.complete and not answer.rejected):
        return words
    said = f"{answer.rejected:,} of its records cannot be used" if answer.complete else "not all of it could be had"
    return (f"{source}: {said}",)
