"""Changing who is on call from the grid: take, cover, swap, override, undo. Each shows exactly what will change, and asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime

import msgspec

from ...core.actions import EndOverride, MakeOverride
from ...core.alerts import Ref
from ...core.coverage import Name, begins, ends, next_of, who_has
from ...core.covers import Cover, Standing
from ...core.schedule import Schedule
from ...core.swaps import Change, NoSwap, changes, covering, objections, of_roster
from ...core.units import say_seconds
from ..ask import Ask, Field
from ..confirm import Confirm
from ..page import Line
from ..times import city
from ..times import zone as at_zone
from .roster_words import Grid, known, me_of, moment_of, of_line, person_of, times, why_nobody
from .steps import CHANGED, Rest, fact, loud, refuse, show, tell


class _Plan(msgspec.Struct, frozen=True):
    """What is about to be asked for, and what it changes."""

    name: Name
    covers: tuple[Cover, ...]
    changes: tuple[Change, ...]
    against: tuple[str, ...]
    why: str = ""

    @property
    def action(self) -> MakeOverride:
        """It, as it is handed over."""
        return MakeOverride(Ref(self.name[0], self.name[1]), self.covers, self.why)

    def like(self, other: _Plan) -> bool:
        """Whether it does the same, but for the moment at which it begins."""

        def steps(plan: _Plan) -> list[tuple[str, str, datetime]]:
            return [(each.before, each.after, each.end) for each in plan.changes]

        return (self.name, steps(self), self.against) == (other.name, steps(other), other.against)


Make = Callable[[], _Plan | str]
"""Makes the plan as of now; or says why there is none."""


def take(grid: Grid) -> Rest:
    """I have what goes on now of the roster under the cursor, to its end."""

    def make() -> _Plan | str:
        laid, row, now = grid.laid, grid.line, grid.clock.now()
        me = me_of(grid)
        if laid is None or row is None or me is None:
            return why_nobody(grid)
        if not laid.since <= now < laid.until:
            return "take is for the shift that goes on now: go back to today"
        shifts = of_roster(laid.shifts, row.roster)
        goes_on = next((shift for shift in shifts if begins(shift) <= now < ends(shift)), None)
        gaps = (gap for gap in laid.gaps if (gap.source, gap.roster, gap.level) == row.roster)
        gap = next((gap for gap in gaps if (gap.start or now) <= now < (gap.end or laid.until)), None)
        if goes_on is not None and who_has(goes_on, laid.people) == me.id:
            return f"you are on {row.roster[1]} already"
        end = goes_on.end if goes_on is not None else gap.end if gap is not None else None
        if end is None:
            return "it has no end: press o and say until when"
        return _plan(laid, row.roster, (Cover(me.id, now, end),))

    return _asked(grid, "Take this shift now?", make, "take it")


def cover(grid: Grid) -> Rest:
    """I (or somebody else) have what the person under the cursor has on that day; or the gap that is there."""
    laid, row, me = grid.laid, grid.line, me_of(grid)
    if laid is None or row is None or row.person is None:
        return refuse(grid, "put the cursor on a person's line, or on that of nobody")
    now, (start, end) = grid.clock.now(), grid.day
    spans = [(begins(each), ends(each)) for each in of_line(laid, row)]
    if not row.person:
        gaps = (gap for gap in laid.gaps if (gap.source, gap.roster, gap.level) == row.roster)
        spans = [(gap.start or laid.since, gap.end or laid.until) for gap in gaps]
    there = [(max(one, now), other) for one, other in spans if one < end and other > max(start, now)]
    if not there:
        return refuse(grid, "there is nothing to cover on that day: move to a day that they have")
    since, until = there[0]
    whose = row.label if row.person else "nobody"
    fields = [
        Field("by", "Who", me.name if me is not None else "", "whoever is to have it", known(grid)),
        *times(grid, since, min(until, laid.until) if until.year > 9000 else until),
        Field("why", "Why", "" if row.person else "a gap", "for the others; may be left empty"),
    ]

    def made(given: Mapping[str, str]) -> _Plan | str:
        newest = grid.laid
        by = person_of(grid, given["by"])
        if newest is None or by is None:
            return "nobody goes by that name"
        begin, stop = max(grid.clock.now(), moment_of(grid, given["from"])), moment_of(grid, given["to"])
        try:
            covers: tuple[Cover, ...] = (Cover(by, begin, stop),)
            if row.person:
                covers = covering(of_roster(newest.shifts, row.roster), newest.people, row.person, by, begin, stop)
        except NoSwap as no:
            return str(no)
        return _plan(newest, row.roster, covers, given["why"].strip())

    return _formed(grid, f"Cover for {whose}", fields, made, "cover")


def override(grid: Grid) -> Rest:
    """Put anybody on call, from when to when."""
    laid, row = grid.laid, grid.line
    if laid is None or row is None:
        return refuse(grid, "there is no roster under the cursor")
    start, end = grid.day
    fields = [
        Field("by", "Who", row.label if row.person else "", "who is to be on call", known(grid)),
        *times(grid, max(start, grid.clock.now()), end),
        Field("why", "Why", "", "for the others; may be left empty"),
    ]

    def made(given: Mapping[str, str]) -> _Plan | str:
        newest, by = grid.laid, person_of(grid, given["by"])
        if newest is None or by is None:
            return "nobody goes by that name"
        begin = max(grid.clock.now(), moment_of(grid, given["from"]))  # nobody is put on call in the past
        covers = (Cover(by, begin, moment_of(grid, given["to"])),)
        return _plan(newest, row.roster, covers, given["why"].strip())

    return _formed(grid, f"Override {row.roster[1]}", fields, made, "override")


def swap(grid: Grid) -> Rest:
    """My next shift for the one under the cursor."""
    laid, row, me = grid.laid, grid.line, me_of(grid)
    if laid is None or row is None or me is None:
        return refuse(grid, why_nobody(grid))
    if not row.person or row.person == me.id:
        return refuse(grid, "put the cursor on a shift of somebody else: it is swapped for your next one")
    start, end = grid.day
    chosen = next((each for each in of_line(laid, row) if begins(each) < end and ends(each) > max(start, grid.clock.now())), None)
    if chosen is None or chosen.end is None:
        return refuse(grid, f"{row.label} has no shift with an end on that day")
    ahead = grid.ahead
    if ahead is None:
        return refuse(grid, "your next shift is being looked for: press s again in a moment")

    def make() -> _Plan | str:
        now, newest = grid.clock.now(), grid.laid
        mine = next_of(of_roster(ahead.shifts, row.roster), ahead.people, me.id, now)
        if newest is None or mine is None or mine.end is None:
            return f"you have no shift of {row.roster[1]} to swap in the next weeks"
        theirs = [each for each in of_line(newest, row) if each.end == chosen.end]
        if not theirs or chosen.end is None:
            return f"{row.label} does not have that shift any more"
        covers = (
            Cover(me.id, max(begins(theirs[0]), now), chosen.end), Cover(row.person or "", max(begins(mine), now), mine.end),
        )  # fmt: skip
        both = msgspec.structs.replace(newest, shifts=tuple(dict.fromkeys((*newest.shifts, *ahead.shifts))))
        return _plan(both, row.roster, covers, f"{me.name} and {row.label} swap")

    return _asked(grid, f"Swap with {row.label}?", make, "swap")


def undo(grid: Grid) -> Rest:
    """Take back the override under the cursor, with what was made together with it."""
    laid, row, (start, end) = grid.laid, grid.line, grid.day
    if laid is None or row is None:
        return refuse(grid, "there is no roster under the cursor")
    here = [each for each in grid.view.overrides if (each.ref.source, each.roster) == row.roster[:2]]
    under = [each for each in here if each.start < end and each.end > start]
    if row.person:
        under = [each for each in under if person_of(grid, each.person) in (row.person, None)] or under
    if not under:
        return refuse(grid, "there is no override under the cursor: move to a day that has ◆")
    able = [each for each in under if not each.undone]
    if not able:
        return refuse(grid, under[-1].undone)
    last = able[-1]
    both = [each for each in grid.view.overrides if each.ref == last.ref or (each.together and each.together == last.together)]
    reason = grid.desk.why_not(EndOverride(last.ref))
    if reason:
        return refuse(grid, reason)
    lines = [line for each in both for line in _standing(grid, each)]
    lines.append("From then on the layers say who is on call.")
    answer = show(grid, Confirm("Take this override back?", lines, yes="take it back"))
    return _ended(grid, both, answer)


async def _ended(grid: Grid, both: Sequence[Standing], answer: Awaitable[bool | None]) -> None:
    if not await answer:
        return
    if len([each for each in both if tell(grid, grid.desk, EndOverride(each.ref)) is not None]) == len(both):
        grid.say("asked to take it back")


# ── asking ────────────────────────────────────────────────────────────────────────────────────────────────────────


def _asked(grid: Grid, title: str, make: Make, yes: str) -> Rest:
    """Show what it changes, and wait for ``y``."""
    plan = make()
    if isinstance(plan, str):
        return refuse(grid, plan)
    reason = grid.desk.why_not(plan.action)
    if reason:
        return refuse(grid, reason)
    answer = show(grid, Confirm(title, _lines(grid, plan), yes=yes))
    return _confirmed(grid, title, make, plan, yes, answer)


async def _confirmed(grid: Grid, title: str, make: Make, plan: _Plan, yes: str, answer: Awaitable[bool | None]) -> None:
    while await answer:
        now = make()
        if isinstance(now, str):
            grid.say(now, "refusal")
            return
        if now.like(plan):
            if tell(grid, grid.desk, now.action) is not None:
                grid.say("asked: " + ", ".join(f"{each.after} instead of {each.before or 'nobody'}" for each in now.changes[:2]))
            return
        plan = now
        anew = show(grid, Confirm(title, [loud(CHANGED), "", *_lines(grid, plan)], yes=yes))
        answer = anew


def _formed(grid: Grid, title: str, fields: Sequence[Field], made: Callable[[Mapping[str, str]], _Plan | str], yes: str) -> Rest:
    """Ask for the fields with a live preview, then as `_asked`."""

    def preview(values: Mapping[str, str]) -> Sequence[Line]:
        if any(field.check(values[field.id]) for field in fields):
            return []
        plan = made(values)
        return [loud(plan)] if isinstance(plan, str) else _lines(grid, plan)

    return _filled(grid, title, made, yes, show(grid, Ask(title, fields, preview)))


async def _filled(
    grid: Grid, title: str, made: Callable[[Mapping[str, str]], _Plan | str], yes: str, answer: Awaitable[dict[str, str] | None]
) -> None:
    given = await answer
    if given is not None:
        await _asked(grid, f"{title}?", lambda: made(given), yes)


def _plan(laid: Schedule, name: Name, covers: tuple[Cover, ...], why: str = "") -> _Plan | str:
    found = changes(of_roster(laid.shifts, name), laid.people, covers)
    if not found:
        return "that changes nothing: it is so already"
    return _Plan(name, covers, found, objections(laid.shifts, laid.people, name, covers), why)


def _lines(grid: Grid, plan: _Plan) -> list[Line]:
    """Exactly what will change."""
    lines: list[Line] = [fact("at", f"{plan.name[0]} · {plan.name[1]}, level {plan.name[2]}")]
    for each in plan.changes:
        lasts = say_seconds((each.end - each.start).total_seconds())
        lines += [
            fact("then", f"{each.after} instead of {each.before or 'nobody'}", "bold"),
            fact("", f"{_told(grid, each.start)} → {_told(grid, each.end)} {city(grid.zone)} time, {lasts}"),
        ]
    lines += [loud(f"! {word}") for word in plan.against]
    return [*lines, fact("why", plan.why)] if plan.why else lines


def _standing(grid: Grid, each: Standing) -> list[Line]:
    made = f", by {each.who}" if each.who else ""
    return [
        fact("at", f"{each.ref.source} · {each.roster}"),
        fact("override", f"{each.name}{made}", "bold"),
        fact("", f"{_told(grid, each.start)} → {_told(grid, each.end)} {city(grid.zone)} time"),
        *([fact("why", each.why)] if each.why else []),
        "",
    ]


def _told(grid: Grid, at: datetime) -> str:
    there = at.astimezone(at_zone(grid.zone))
    return f"{there:%a} {there.day} {there:%b %H:%M}"
