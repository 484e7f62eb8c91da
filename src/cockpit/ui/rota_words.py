"""What the grid of the rosters says in words: how much is wrong, and what is under the cursor, to the minute."""

from __future__ import annotations

from datetime import datetime

from textual.content import Content

from ..core.coverage import Clash, begins, ends, who_has
from ..core.loads import Load
from ..core.roster import Gap, Shift
from ..core.schedule import Schedule
from ..core.units import say_seconds
from .page import Line as Shown
from .rota import Line, overrides
from .times import clock
from .times import zone as at_zone


def summary(laid: Schedule | None) -> tuple[str | tuple[str, str], ...]:
    """How much is wrong in the time in sight, for the title."""
    if laid is None:
        return (("being laid out…", "$role-pending"),)
    words: list[tuple[str, str]] = []
    if laid.gaps:
        words.append((f"✗ {_many(len(laid.gaps), 'gap')}", "bold $role-critical"))
    if laid.clashes:
        words.append((f"! {_many(len(laid.clashes), 'clash')}", "bold $role-critical"))
    if laid.silent:
        words.append((f"◌ {_many(len(laid.silent), 'source')} cannot be seen", "bold $role-warning"))
    words = words or [("✓ no gaps", "$role-ok")]
    return tuple(part for n, word in enumerate(words) for part in (("  " if n else "", ""), word))


def _many(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what.endswith('sh') else 's'}"


def about(
    laid: Schedule | None, line: Line | None, start: datetime, end: datetime, zone: str, most: int, now: datetime
) -> list[Shown]:
    """What is under the cursor: the day's shifts of that line, with their real ends, the person's own time, overrides and
    clashes."""
    if laid is None or line is None:
        return [*laid.silent[:most]] if laid is not None else []
    found: list[Shown] = [_gap(gap, zone, now) for gap in laid.gaps if _is_of(line, gap) and _meets(gap.start, gap.end, start, end)]
    theirs = [shift for shift in laid.shifts if _is_of(line, shift) and begins(shift) < end and ends(shift) > start]
    if line.person is not None:
        theirs = [shift for shift in theirs if who_has(shift, laid.people) == line.person]
    found += [_shift(shift, zone) for shift in theirs]
    for each in laid.overrides:
        theirs_too = line.person is None or overrides(each, line.roster, line.person, laid.people)
        if theirs_too and (each.ref.source, each.roster) == line.roster[:2] and _meets(each.start, each.end, start, end):
            by = f", by {each.who}" if each.who else ""
            why = f": {each.why}" if each.why else ""
            found.append(Content.styled(f"◆ override{by}{why}, {_times(each.start, each.end, zone)}", "$role-warning"))
    for clash in laid.clashes:
        if line.person in (None, clash.person) and line.roster[1] in clash.rosters and _meets(clash.start, clash.end, start, end):
            found.append(_clash(clash, zone))
    load = next((each for each in laid.loads if each.person == line.person), None)
    if load is not None:
        found.append(Content.styled(load_words(load), "$role-muted"))
    if len(found) <= most:
        return found
    return [*found[: most - 1], Content.styled(f"… {len(found) - most + 1} more", "$role-muted")] if most > 1 else found[:1]


def load_words(load: Load) -> str:
    """A person's load in a sentence."""
    parts = [f"{load.hours:.0f} h on call", f"{load.nights:.0f} h of their nights", f"{load.weekends:.0f} h of weekends"]
    parts += [f"{load.holidays:.0f} h of holidays"] if load.holidays else []
    woken = f", woken by {load.at_night} of them" if load.at_night else ""
    return f"{load.name}: {', '.join(parts)}; disturbed {_many(load.interruptions, 'time')}{woken}"


def _is_of(line: Line, each: Shift | Gap) -> bool:
    return (each.source, each.roster, each.level) == line.roster


def _meets(one: datetime | None, other: datetime | None, start: datetime, end: datetime) -> bool:
    return (one is None or one < end) and (other is None or other > start)


def _times(start: datetime | None, end: datetime | None, zone: str) -> str:
    """From when to when, with its days: ``Tue 24 Nov 06:00 → Wed 25 Nov 06:00``."""
    begun, over = (None if at is None else at.astimezone(at_zone(zone)) for at in (start, end))
    since = f"{begun:%a} {begun.day} {begun:%b %H:%M}" if begun is not None else "always"
    if over is None:
        return f"{since} → no end"
    same = begun is not None and begun.date() == over.date()
    return f"{since} → {over:%H:%M}" if same else f"{since} → {over:%a} {over.day} {over:%b %H:%M}"


def _gap(gap: Gap, zone: str, now: datetime) -> Shown:
    lasts = f", {say_seconds((gap.end - gap.start).total_seconds())}" if gap.start is not None and gap.end is not None else ""
    past = gap.end is not None and gap.end <= now
    meant = "nobody was on call" if past else "nobody would be paged"
    return Content.styled(f"✗ nobody, {_times(gap.start, gap.end, zone)}{lasts}: {meant}", "bold $role-critical")


def _shift(shift: Shift, zone: str) -> Shown:
    own = ""
    if shift.start is not None and shift.timezone != zone:
        own = f"  ({clock(shift.start, shift.timezone)} for {shift.name})"
    return Content.assemble((shift.name, "bold $role-who"), f"  {_times(shift.start, shift.end, zone)}", (own, "$role-muted"))


def _clash(clash: Clash, zone: str) -> Shown:
    return Content.styled(f"! {clash.says}, {_times(clash.start, clash.end, zone)}", "bold $role-critical")
