"""The events of a calendar as shifts: one roster where it names none, and a further seat where two are on call at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

import msgspec

from ..core.coverage import begins, ends
from ..core.roster import Gap, OnCall, Shift

Name = tuple[str, int]
"""A roster and its level."""
GAP_AHEAD = timedelta(days=14)
"""How far ahead the next gap is looked for."""


class Seats(msgspec.Struct, frozen=True):
    """Shifts laid out: no two of one roster overlap. ``own`` is the roster that is there even where it has none. ``further`` are
    the rosters made for those who are on call beside somebody: that these have nobody is no gap."""

    own: Name
    shifts: tuple[Shift, ...]
    further: frozenset[str] = frozenset()

    def on_call(self, at: datetime, source: str, always: bool) -> tuple[OnCall, ...]:
        """Who is on at ``at``, who is next, and the next gap, of each roster that is not over."""
        named: dict[Name, list[Shift]] = {self.own: []}
        for each in self.shifts:
            named.setdefault((each.roster, each.level), []).append(each)
        alive = [name for name, theirs in named.items() if name == self.own or any(ends(each) > at for each in theirs)]
        ordered = sorted(alive, key=lambda name: (name[1], name[0]))
        return tuple(self._one(name, named[name], at, source, always and name[0] not in self.further) for name in ordered)

    def _one(self, name: Name, theirs: Sequence[Shift], at: datetime, source: str, always: bool) -> OnCall:
        roster, level = name
        now = next((each for each in theirs if begins(each) <= at < ends(each)), None)
        gap = _gap(theirs, at) if always else None
        return OnCall(
            roster=roster,
            level=level,
            source=source,
            now=now,
            next=next((each for each in theirs if begins(each) > at), None),
            gap=None if gap is None else Gap(roster=roster, level=level, source=source, start=gap[0], end=gap[1]),
            always=always,
        )


def seats(shifts: Iterable[Shift], own: Name) -> Seats:
    """Lay these out."""
    laid: list[Shift] = []
    further: set[str] = set()
    by_roster: dict[Name, list[Shift]] = {own: []}
    for each in shifts:
        by_roster.setdefault((each.roster, each.level), []).append(each)
    for theirs in by_roster.values():
        taken: list[tuple[datetime, int]] = []  # until when, and which seat: the one that is free soonest first
        free: list[int] = []
        for each in sorted(_joined(theirs), key=lambda shift: (begins(shift), shift.person)):
            while taken and taken[0][0] <= begins(each):
                heappush(free, heappop(taken)[1])
            seat = heappop(free) if free else len(taken)
            heappush(taken, (ends(each), seat))
            roster = each.roster if not seat else f"{each.roster} {seat + 1}"
            further |= {roster} if seat else set()
            laid.append(msgspec.structs.replace(each, roster=roster))
    return Seats(own, tuple(sorted(laid, key=lambda shift: (begins(shift), shift.level, shift.roster))), frozenset(further))


def _joined(shifts: Sequence[Shift]) -> Iterator[Shift]:
    """What one person has without a break is one shift."""
    open_ones: dict[str, Shift] = {}
    for each in sorted(shifts, key=begins):
        last = open_ones.get(each.person)
        if last is not None and begins(each) <= ends(last):
            open_ones[each.person] = msgspec.structs.replace(last, end=max(ends(last), ends(each)))
        else:
            if last is not None:
                yield last
            open_ones[each.person] = each
    yield from open_ones.values()


def _gap(shifts: Sequence[Shift], at: datetime) -> tuple[datetime | None, datetime | None] | None:
    """The gap that goes on at ``at``, or the next one."""
    covered: datetime | None = None
    for each in shifts:
        if begins(each) > max(at, covered or at):
            break
        covered = ends(each)
    if covered is not None and covered > at + GAP_AHEAD:
        return None
    return covered, next((begins(each) for each in shifts if begins(each) > max(at, covered or at)), None)
