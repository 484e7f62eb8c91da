"""How a trap changes state: by a look at it, one that failed, or a person who rests or arms it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .forecast import NEVER, Outlook
from .traps import Armed, Event, Failed, Looked, Reading, Rested, Trap, TrapState, Watch, as_laid, fingerprint, passed
from .units import Bound, say_seconds


def step(trap: Trap, watch: Watch, event: Event, outlook: Outlook = NEVER) -> Watch:
    """What is known after ``event``.

    ``outlook`` is what the trend of ``trap.forecast`` promises, this reading included (see `forecast.outlook`).
    """
    watch = as_laid(trap, watch)
    match event:
        case Rested():
            return msgspec.structs.replace(watch, rest_until=event.until, rest_by=event.who, rest_why=event.why)
        case Armed():
            return msgspec.structs.replace(watch, rest_until=None, rest_by="", rest_why="")
        case Failed():
            after = _blinded(watch, event.at, event.reason)
        case Looked():
            watch = msgspec.structs.replace(watch, memory=event.reading.memory)
            event = Looked(event.at, msgspec.structs.replace(event.reading, memory={}))
            unread = _unread(trap, event.reading)
            after = _blinded(watch, event.at, unread) if unread else _judged(trap, watch, event, outlook)
    return msgspec.structs.replace(after, laid=fingerprint(trap))


def _blinded(watch: Watch, at: datetime, reason: str) -> Watch:
    already = watch.state is TrapState.BLIND
    return msgspec.structs.replace(
        watch,
        state=TrapState.BLIND,
        since=watch.since if already and watch.since else at,
        checked_at=at,
        reason=reason,
        blind_since=watch.blind_since or at,
        trips_in=None,
        full_in=None,
    )


def _unread(trap: Trap, reading: Reading) -> str:
    """Why the reading cannot be judged: a bound on a number that is not there must never pass for "all is well"."""
    if reading.verdict is TrapState.BLIND:
        return reading.text or "the probe could not see"
    for each in (trap.trip, trap.warn):
        there = each is None or each.metric in reading.values or each.metric in reading.lacks
        if each is not None and not there and reading.verdict is not TrapState.TRIPPED:
            return f"the reading has no {each.metric}, which {each.text!r} is about"
    return ""


def _judged(trap: Trap, watch: Watch, event: Looked, outlook: Outlook) -> Watch:
    reading, at = event.reading, event.at
    over = reading.verdict is TrapState.TRIPPED or _holds(trap.trip, reading)
    over_since = (watch.over_since or at) if over else None
    tripped_at, firing, reason = None, watch.firing, ""
    proven_at, drill = watch.proven_at, watch.drill
    if over_since is not None and has_tripped(trap.hold, over_since, at, already=watch.tripped_at is not None):
        state, tripped_at = TrapState.TRIPPED, watch.tripped_at or at
        firing += watch.tripped_at is None
        proven_at, drill = tripped_at, None
        reason = trap.trip.text if trap.trip is not None and _holds(trap.trip, reading) else ""
    elif over_since is not None:
        left = say_seconds(trap.hold - passed(over_since, at))
        state, reason = TrapState.WARNING, f"trips in {left} if it stays like this"
    elif reading.verdict is TrapState.WARNING or _holds(trap.warn, reading):
        state, reason = TrapState.WARNING, trap.warn.text if trap.warn and _holds(trap.warn, reading) else ""
    elif trap.warn_within is not None and outlook.trips_in is not None and outlook.trips_in <= trap.warn_within:
        state, reason = TrapState.WARNING, f"would trip in {say_seconds(outlook.trips_in)}"
    else:
        state = TrapState.ARMED
    return msgspec.structs.replace(
        watch,
        state=state,
        since=watch.since if watch.state is state else at,
        checked_at=at,
        good_at=at,
        reading=reading,
        reason=reason,
        over_since=over_since,
        tripped_at=tripped_at,
        blind_since=None,
        firing=firing,
        trips_in=outlook.trips_in,
        full_in=outlook.full_in,
        drill=drill,
        proven_at=proven_at,
    )


def has_tripped(hold: float, over_since: datetime, at: datetime, *, already: bool) -> bool:
    """Whether a trap whose ``trip`` has held since ``over_since`` has tripped at ``at``: it must hold for ``hold`` seconds, but
    what has tripped ``already`` stays so until a look finds it below."""
    return already or passed(over_since, at) >= hold


def _holds(bound: Bound | None, reading: Reading) -> bool:
    return bound is not None and bound.metric in reading.values and bound.holds(reading.values[bound.metric])
