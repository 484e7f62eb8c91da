"""What the report says, as lines of the screen: one table a section, with bars as wide as there is room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from ..core.report_fires import FIRES, Fires, Spread
from ..core.report_learnt import LEARNT
from ..core.report_toil import RULE, Kind, Toil
from ..core.report_trend import Verdict, bars, chances
from ..core.units import say_seconds
from ..engine.reporting import Reported
from .report_bars import LEAST, NAME, SHOWN, WIDEST, bar, legend, listed, more, said, split
from .report_learnt_words import caught, covered, owing, untrapped
from .spans import Span, Spans, cells, fit, width_of, wrapped

MEASURE = 110
"""No line is set longer, in cells."""

_NARROW = 72  # cells; below that some columns are left out, and the bars of what is ranked
_NOTHING = "Nothing that the journal knows of."

Section = tuple[str, list[Spans]]
"""A heading, and the lines under it."""


def sections(reported: Reported, width: int, clock: tzinfo = UTC) -> Iterator[Section]:
    """All of it, no line wider than ``width``, times on ``clock``. What there is none of says so: that it was looked for is news,
    too."""
    width, made = min(width, MEASURE), reported.fires
    for title, lines in (
        ("Is it getting easier?", _easier(made, width)),
        ("Who was called", _called(made, width)),
        ("How long it took", _took(made, width)),
        ("Noisiest alerts", _noisy(made, width)),
        ("Acknowledged, and nothing done", _idle_acks(made, width)),
        ("Caught before harm", caught(reported.learnt.caught, width)),
        ("No trap was armed after", untrapped(reported.learnt, width, clock)),
        ("Coverage by service", covered(reported.learnt.services, width)),
        ("Action items", owing(reported.learnt.owed, width)),
        ("Traps that are not proven", _traps(reported, width)),
        ("Toil: what to automate", _toil(reported.toil, width)),
        ("What the figures mean", [*said(FIRES, width), (), *said(LEARNT, width), (), *said(RULE, width)]),
    ):
        yield title, [_fitted(line, width) for line in lines]


def _fitted(line: Spans, width: int) -> Spans:
    """The line; of one that is too wide, such as for a count of millions, what there is room for, and that it was cut."""
    if width_of(line) <= width:
        return line
    kept: list[Span] = []
    room = width
    for text, role in line:
        if text.isspace() and cells(text) > room:
            break
        kept.append((text if cells(text) <= room else fit(text, room), role))
        room -= cells(kept[-1][0])
        if room <= 0:
            break
    return tuple(kept)


_ROLES = {Verdict.EASIER: "ok", Verdict.QUIET: "ok", Verdict.HARDER: "warning"}


def _verdict(made: Fires, width: int) -> list[Spans]:
    """Whether it is getting easier, and a bar for each whole week."""
    found = made.trend
    role = _ROLES.get(found.verdict, "strong")
    short = "; :report 90d looks further back" if made.too_short else ""
    lines: list[Spans] = [((line, role),) for line in wrapped(f"{found.sign} {found.says}{short}".strip(), width)]
    if found.p is not None:
        drawn, worst = bars(made.burdens), f"  the worst week {max(made.burdens)}"
        sure = f", {chances(found.p)}" if width >= _NARROW else ""
        lines.append(((drawn[-max(1, width - len(worst) - len(sure)) :], role), (worst + sure, "muted")))
    return lines


def _easier(made: Fires, width: int) -> list[Spans]:
    lines = _verdict(made, width)
    if made.waiting:
        lines += said(f"Going on, and nobody was called so far: {made.waiting}; in no figure yet.", width, "text")
    most = max((max(week.fires, week.caught) for week in made.weeks), default=0)
    if not most and not any(week.pages or week.woken for week in made.weeks):
        return lines + said("No fires, and no pages that the journal knows of.", width)
    room = min(WIDEST, (width - 44) // 2)
    room = room if room >= LEAST else 0
    pair, (date, form) = room + 5 if room else 6, (12, "%Y-%m-%d") if width >= _NARROW else (7, "%m-%d")
    lines += [
        (),
        ((f"{'Week of':<{date}.{date - 1}}{'Fires':<{pair + 1}}{'Caught':<{pair + 1}}{'Pages':>6}  {'Woken':>5}", "muted"),),
    ]
    for week in made.weeks:
        day = f"{week.start:{form}}".ljust(date)
        if not week.known:
            lines.append(((day, "muted"), ("nothing is known of it", "muted")))
            continue
        lines.append((
            (day, "text" if week.whole else "muted"), *_counted(week.fires, most, room, pair, "error"), (" ", ""),
            *_counted(week.caught, most, room, pair, "ok"), (" ", ""),
            (f"{week.pages or '·':>6}", "text" if week.pages else "muted"), ("  ", ""),
            (f"{week.woken or '·':>5}", "warning" if week.woken else "muted"), ("" if week.whole else "  part", "muted"),
        ))  # fmt: skip
    return lines


def _counted(many: int, most: int, room: int, width: int, role: str) -> Spans:
    """A count, and its bar beside it."""
    if not many:
        return ((fit("  ·", width), "muted"),)
    return ((f"{many:>3} ", role), (fit(bar(many, most, room), width - 4), role))


def _called(made: Fires, width: int) -> list[Spans]:
    if not made.people:
        return said("Nobody that the journal knows of.", width)
    people = made.people[:SHOWN]
    name = min(NAME, max(cells(who.name) for who in people), width // 3, width - 28)
    most, room = max(who.pages for who in people), min(WIDEST, width - name - 30)
    head = f"{'Who':<{name}}  {'Pages':>5}  {'Out of hours':>12}  {'Woken':>5}"
    lines: list[Spans] = [((head, "muted"), *legend("out of hours", "in hours", room))]
    lines += [
        (
            (fit(who.name, name), "who"), (f"  {who.pages:>5}  {who.out_of_hours or '·':>12}  ", "text"),
            (f"{who.woken or '·':>5}  ", "warning" if who.woken else "muted"),
            *split(who.out_of_hours, who.pages, most, room, "warning", "chart"),
        )
        for who in people
    ]  # fmt: skip
    return lines + more(len(made.people), width)


def _took(made: Fires, width: int) -> list[Spans]:
    narrow = width < _NARROW
    rows = [
        (what, each)
        for what, each in (
            ("Lead time" if narrow else "Lead time, first sign to call", made.lead),
            ("To acknowledge", made.to_ack),
            ("To resolve", made.to_resolve),
        )
        if each.times
    ]  # fmt: skip
    if not rows:
        return said(_NOTHING, width)
    name, times = (14, "") if narrow else (NAME, f"  {'Times':>5}")
    half, most = ("Half in", "9 of 10") if narrow else ("Half within", "9 of 10 within")
    lines: list[Spans] = [((f"{'':<{name}}{times}  {half:>{_half(narrow)}}  {most:>{_half(narrow)}}", "muted"),)]
    return lines + [_spread(what, each, name, narrow=narrow) for what, each in rows]


def _half(narrow: bool) -> int:
    """Cells of a duration."""
    return 9 if narrow else 14


def _spread(what: str, each: Spread, name: int, *, narrow: bool) -> Spans:
    half, most = (f"  {say_seconds(value) if value is not None else '·':>{_half(narrow)}}" for value in (each.median, each.p90))
    times: tuple[Span, ...] = () if narrow else ((f"  {each.times:>5}", "muted"),)
    return ((fit(what, name), "text"), *times, (half, "strong"), (most, "text"))


def _noisy(made: Fires, width: int) -> list[Spans]:
    if not made.noisy:
        return said(_NOTHING, width)
    alerts = made.noisy[:SHOWN]
    name = min(NAME, max(5, *(cells(each.alert) for each in alerts)), width // 3)
    most, room = max(each.fired for each in alerts), min(WIDEST, width - name - 26)
    head = f"{'Alert':<{name}}  {'Fired':>5}  {'Needed nobody':<13}"
    lines: list[Spans] = [((head, "muted"), *legend("nobody", "somebody", room))]
    for each in alerts:
        idle = f"{each.idle} of {each.over}" if each.over else "·"
        lines.append((
            (fit(each.alert, name), "strong"), (f"  {each.fired:>5}  ", "text"),
            (f"{idle:<13}  ", "warning" if each.idle else "muted"),
            *split(each.idle, each.fired, most, room, "warning", "chart"),
        ))  # fmt: skip
    return [*lines, *more(len(made.noisy), width)]


def _idle_acks(made: Fires, width: int) -> list[Spans]:
    if not made.acks:
        return said("No alert that is over was acknowledged.", width)
    text = f"{made.acks_idle} of {made.acks} had nothing run or noted for them."
    room = min(WIDEST, width - len(text) - 2)
    if room < LEAST:
        return said(text, width, "text")
    return [((text, "text"), ("  ", ""), *split(made.acks_idle, made.acks, made.acks, room, "warning", "chart"))]


def _traps(reported: Reported, width: int) -> list[Spans]:
    made = reported.fires
    lists = (
        ("Cry wolf: ", made.wolves, "warning"), ("Not proven lately: ", reported.unproven, "warning"),
        ("Never drilled: ", reported.undrilled, "text"), ("Did not trip: ", made.silent, "text"),
    )  # fmt: skip
    return [line for label, names, role in lists for line in listed(label, names, role, width)]


def _toil(toil: Sequence[Toil], width: int) -> list[Spans]:
    if not toil:
        return said("Nothing was done by hand that the journal knows of.", width)
    shown = toil[:SHOWN]
    narrow = width < _NARROW
    name = min(NAME, max(cells(each.what) for each in shown), width - (26 if narrow else 51))
    room = 0 if narrow else min(WIDEST, width - name - 46)
    head = f"{'What':<{name}}  " + ("" if narrow else f"{'Kind':<8}  ") + f"{'Times':>5}  {'Time':>9}  {'Nights':>6}"
    lines: list[Spans] = [((head + ("" if narrow else "  Helped  Score"), "muted"),)]
    lines += [_labour(each, name, shown[0].score, room, narrow=narrow) for each in shown]
    lines += more(len(toil), width)
    if proven := [each for each in toil if each.proven]:
        lines += [(), (("For a machine to do, since it always worked:", "ok"),)]
        lines += [
            line
            for each in proven[:SHOWN]
            for line in said(f"✓ {each.what}: done {each.times} times, helped {each.helped} of {each.helped}", width, "text")
        ]
    return lines


def _labour(each: Toil, name: int, most: float, room: int, *, narrow: bool) -> Spans:
    """What was done, how often, for how long, and by its score, as a bar, how much there is to gain."""
    time = say_seconds(each.seconds) if each.seconds >= 1 else "·"
    share = each.helped_share
    helped = "" if each.kind is not Kind.RUN else "?" if share is None else f"{share:.0%}"
    kind: tuple[Span, ...] = () if narrow else ((f"{each.kind.value:<8}  ", "muted"),)
    counted = f"{each.times:>5}  {time:>9}  "
    last: tuple[Span, ...] = () if narrow else ((f"  {helped:<6}", "text"),)
    drawn = bar(each.score, most, room)
    return (
        (fit(each.what, name), "strong"), ("  ", ""), *kind, (counted, "text"),
        (f"{each.nights or '·':>6}", "warning" if each.nights else "muted"), *last, ("  ", ""), (drawn, "chart"),
    )  # fmt: skip
