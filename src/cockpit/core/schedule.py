"""Rosters laid out over a time: shifts, gaps, clashes, overrides and everyone's load, for lists, grids and calendars alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec

from .coverage import Clash, Name, begins, clashes, gaps
from .covers import Standing
from .loads import Disturbance, Load, loads
from .roster import Gap, Person, Shift


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
    shifts = tuple(sorted(laid.shifts, key=lambda shift: (begins(shift), shift.level, shift.roster, shift.source)))
    rosters = {*laid.rosters, *((shift.source, shift.roster, shift.level) for shift in shifts)}
    return Schedule(
        since=since,
        until=until,
        rosters=tuple(sorted(rosters, key=lambda name: (name[2], name[1], name[0]))),
        shifts=shifts,
        gaps=tuple(gap for gap in gaps(shifts, rosters, since, until) if (gap.source, gap.roster, gap.level) not in laid.gappy),
        clashes=clashes(shifts, people, since, until),
        overrides=tuple(each for each in laid.overrides if each.start < until and each.end > since),
        loads=loads(shifts, people, since, until, disturbances),
        people=tuple(people),
        silent=laid.silent,
    )
