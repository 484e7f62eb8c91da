"""Rosters laid out over a time: shifts, gaps, clashes, overrides and everyone's load, for lists, grids and calendars alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import msgspec

from .coverage import Clash, Name, begins, clashes, ends, gaps
from .covers import Standing
from .loads import Disturbance, Load, loads
from .roster import Gap, Person, Shift

SLIVER = timedelta(minutes=1)
"""What an override leaves that was ended at once: no shift lasts less."""


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """What sources say of a time: their ``rosters`` (also those that have no shift in it; of those in ``gappy``, times without
    anybody are meant), the shifts that touch it, the overrides that run or will. ``silent`` says of each source that could not tell
    why."""

    rosters: tuple[Name, ...] = ()
    gappy: tuple[Name, ...] = ()
    shifts: tuple[Shift, ...] = ()
    overrides: tuple[Standing, ...] = ()
    silent: tuple[str, ...] = ()

    def only(self, roster: str) -> Laid:
        """What is of that roster alone; of all where it is ""."""
        if not roster:
            return self
        return msgspec.structs.replace(
            self,
            rosters=tuple(name for name in self.rosters if name[1] == roster),
            shifts=tuple(shift for shift in self.shifts if shift.roster == roster),
            overrides=tuple(each for each in self.overrides if each.roster == roster),
        )


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Everything between ``since`` and ``until`` (UTC). Shifts have their real ends, also beyond; gaps and clashes are cut to it.
    ``people`` are those of the config."""

    since: datetime
    until: datetime
    rosters: tuple[Name, ...] = ()
    shifts: tuple[Shift, ...] = ()
    gaps: tuple[Gap, ...] = ()
    clashes: tuple[Clash, ...] = ()
    overrides: tuple[Standing, ...] = ()
    loads: tuple[Load, ...] = ()
    people: tuple[Person, ...] = ()
    silent: tuple[str, ...] = ()


def schedule(
    laid: Laid, people: Sequence[Person], since: datetime, until: datetime, disturbances: Iterable[Disturbance] = ()
) -> Schedule:
    """What sources laid out, with all that follows from it. Raises ``ValueError`` where somebody's zone does not exist."""
    exact = tuple(sorted(laid.shifts, key=lambda shift: (begins(shift), shift.level, shift.roster, shift.source)))
    shifts = without_slivers(exact)
    rosters = {*laid.rosters, *((shift.source, shift.roster, shift.level) for shift in shifts)}
    return Schedule(
        since=since,
        until=until,
        rosters=tuple(sorted(rosters, key=lambda name: (name[2], name[1], name[0]))),
        shifts=shifts,
        gaps=tuple(gap for gap in gaps(exact, rosters, since, until) if (gap.source, gap.roster, gap.level) not in laid.gappy),
        clashes=clashes(shifts, people, since, until),
        overrides=tuple(each for each in laid.overrides if each.start < until and each.end > since),
        loads=loads(exact, people, since, until, disturbances),
        people=tuple(people),
        silent=laid.silent,
    )


def without_slivers(shifts: Sequence[Shift]) -> tuple[Shift, ...]:
    """Shifts (in order of their beginnings) without the pieces shorter than `SLIVER` that overrides have left: what one person has
    before and after such a piece is one shift again. Hours are reckoned from all of them."""
    overridden = {(_roster(each), moment) for each in shifts if each.override for moment in (each.start, each.end)}
    kept: list[Shift] = []
    last: dict[Name, int] = {}
    for each in shifts:
        name = _roster(each)
        if ends(each) - begins(each) < SLIVER and {(name, each.start), (name, each.end)} & overridden:
            continue
        before = kept[last[name]] if name in last else None
        lost = None if before is None else begins(each) - ends(before)
        if before is not None and lost is not None and timedelta(0) < lost < SLIVER and _same(before, each):
            kept[last[name]] = msgspec.structs.replace(before, end=each.end)
            continue
        last[name] = len(kept)
        kept.append(each)
    return tuple(kept)


def _roster(shift: Shift) -> Name:
    return shift.source, shift.roster, shift.level


def _same(one: Shift, other: Shift) -> bool:
    return (one.person, one.name, one.override) == (other.person, other.name, other.override)
