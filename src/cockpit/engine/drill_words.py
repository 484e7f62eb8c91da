"""What a drill will do, in words: the same on the screen and on the command line."""

from __future__ import annotations

from ..core.drills import DRILL_SUFFIX
from ..core.text import clean
from ..core.units import say_seconds
from .drilling import Call, Route


def said(name: str, route: Route) -> tuple[str, tuple[str, ...], str]:
    """How it begins, who is told when (a line each; or why nobody is), and how it ends."""
    drill = route.drill
    signs, lasts = (drill.trips_at - drill.began_at).total_seconds(), (drill.until - drill.trips_at).total_seconds()
    begins = (
        f"A drill of {clean(name)}: {say_seconds(signs)} of signs, then an alert {clean(name)}{DRILL_SUFFIX}, marked DRILL "
        "wherever it is shown."
    )
    told = [called(each) for each in route.calls]
    told += [f"Nobody is paged: {clean(route.why_nobody, 1000)}."] if route.why_nobody else []
    ends = (
        f"It ends with an acknowledgement, a real trip, or by itself {say_seconds(lasts)} after the alert. No runbook is started."
    )
    return begins, tuple(told), ends


def called(call: Call) -> str:
    """Whom it tells, when and how."""
    at = f"{say_seconds(call.after)} after that" if call.after else "at once"
    to = f"nobody: {call.gap}" if call.gap else f"{call.who or 'whomever it wakes'} by {call.channel}"
    return f"{at}: {clean(to, 1000)}"
