"""``cockpit report``: fires and prevention, for people, as Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.report_fires import Fires, Spread, Week
from ..core.report_trend import Trend, bars, chances
from ..core.units import say_seconds

Table = tuple[str, Sequence[str], Sequence[Sequence[str]]]
"""A heading, the heads of the columns, the rows."""

_BAR = "█"
_WIDEST = 20


def tables(fires: Fires, shown: int) -> Iterator[Table]:
    """What there is to show, of each no more than so many rows; of what there is none, nothing."""
    most = max((max(each.fires, each.caught) for each in fires.weeks), default=0)
    weeks = [
        (
            f"{week.start:%Y-%m-%d}{_kind(week)}",
            *((_barred(week.fires, most), _barred(week.caught, most)) if week.known else ("", "")),
            *((str(week.pages), str(week.woken)) if week.known else ("", "")),
        )
        for week in fires.weeks[-shown:]
    ]
    took = (("lead time", fires.lead), ("to acknowledge", fires.to_ack), ("to resolve", fires.to_resolve))
    times = [(what, str(each.times), _said(each.median), _said(each.p90)) for what, each in took if each.times]
    called = [(who.name, str(who.pages), str(who.out_of_hours), str(who.woken)) for who in fires.people[:shown]]
    noisy = [(each.alert, str(each.fired), f"{each.idle} of {each.over}" if each.over else "") for each in fires.noisy[:shown]]
    if most or any(week.pages or week.woken for week in fires.weeks):
        yield (
            counted("Fires against caught before harm", "the last ", shown, fires.weeks),
            ("Week of", "Fires", "Caught", "Pages", "Woken"),
            weeks,
        )
    if times:
        yield "How long it took", ("What", "Times", "Median", "9 of 10 within"), times
    if called:
        yield counted("Who was called", "", shown, fires.people), ("Who", "Pages", "Out of hours", "Woken"), called
    if noisy:
        yield counted("Noisiest alerts", "", shown, fires.noisy), ("Alert", "Fired", "Needed no action"), noisy


def verdict(fires: Fires) -> Iterator[str]:
    """Whether it is getting easier, in a line, and week by week, where a trend could be told."""
    found = fires.trend
    short = " (--since 90d looks further back)" if fires.too_short else ""
    yield f"Is it getting easier? {f'{found.sign} {found.says}'.strip()}{short}."
    if found.p is not None:
        yield f"Week by week: {bars(fires.burdens)}, the worst {max(fires.burdens)} (Mann-Kendall test: {chances(found.p)})."


def sentences(fires: Fires) -> Iterator[str]:
    """What else there is to say, each in a line."""
    if fires.waiting:
        yield f"Going on, and nobody was called so far: {fires.waiting}; in no figure yet."
    if fires.acks:
        yield f"Acknowledged, and nothing run or noted: {fires.acks_idle} of {fires.acks}."
    if fires.wolves:
        yield f"Crying wolf: {', '.join(fires.wolves)}."
    if fires.silent:
        yield f"Did not trip: {', '.join(fires.silent)}."


def record(fires: Fires) -> dict[str, object]:
    """As JSON."""
    return {
        "trend": fires.trend.says,
        "trend_test": _trend(fires.trend),
        "weeks": [
            {
                "start": each.start.isoformat(), "fires": each.fires, "caught": each.caught, "pages": each.pages,
                "woken": each.woken, "whole": each.whole, "known": each.known,
            }
            for each in fires.weeks
        ],
        "going_on": fires.waiting,
        "lead_seconds": _spread(fires.lead),
        "acknowledge_seconds": _spread(fires.to_ack),
        "resolve_seconds": _spread(fires.to_resolve),
        "called": [
            {"who": each.name, "pages": each.pages, "out_of_hours": each.out_of_hours, "woken": each.woken} for each in fires.people
        ],
        "noisy": [{"alert": each.alert, "fired": each.fired, "over": each.over, "no_action": each.idle} for each in fires.noisy],
        "acknowledged": fires.acks,
        "acknowledged_without_action": fires.acks_idle,
        "never_tripped": list(fires.silent),
        "crying_wolf": list(fires.wolves),
    }  # fmt: skip


def _trend(found: Trend) -> dict[str, object]:
    known = found.p is not None
    return {
        "verdict": found.verdict.value, "weeks": found.weeks, "p": round(found.p, 4) if found.p is not None else None,
        "slope": found.slope, "before": found.before if known else None, "after": found.after if known else None,
    }  # fmt: skip


def _spread(each: Spread) -> dict[str, object]:
    return {"times": each.times, "median": each.median, "p90": each.p90}


def _kind(week: Week) -> str:
    return "" if week.whole and week.known else " (part)" if week.known else " (not known)"


def _barred(many: int, most: int) -> str:
    return f"{many:>3} {_BAR * -(-many * _WIDEST // most)}" if many else f"{many:>3}"


def counted(heading: str, which: str, shown: int, of: Sequence[object]) -> str:
    """The heading, which says where not all is shown."""
    return heading if len(of) <= shown else f"{heading} ({which}{shown} of {len(of)}; --limit shows more)"


def _said(seconds: float | None) -> str:
    return "" if seconds is None else say_seconds(seconds)
