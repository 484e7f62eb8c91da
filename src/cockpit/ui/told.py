"""What has been told of each trap. On an idle screen the last digits of calm readings would be most of what is written, and nobody
is wiser for them: what is worth saying is said at once, what moved a little with the minute, and what hardly moved not at all."""

from __future__ import annotations

import math
from datetime import datetime

import msgspec

from ..core.alerts import Ref
from ..core.regex import regex
from ..core.traps import TrapState, TrapView, said_at

MUCH, LITTLE = 0.05, 0.01
"""A reading of a calm trap is told at once if it moved by more than ``MUCH`` of itself or of its bound, whichever is larger, and
with the minute if by more than ``LITTLE`` of that or ``MUCH`` of itself; that of any other at once, if by more than ``LITTLE``."""

FAR = 3600.0
"""Seconds: a trap that is heading for its end sooner than this is not calm."""

NEARER = 0.1
"""A forecast that moved by less than this share of itself is told with the minute; one that is far off, no sooner than that."""

_NUMBER = r"\d+(?:\.\d+)?"
_AMOUNT = regex(rf"({_NUMBER})(?: ?([kMGTP]?i?B|ms|[dhms])\b(?: ({_NUMBER}) ([hms])\b)?)?")
_SECONDS = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def ref_of(trap: TrapView) -> Ref:
    """A trap's identity: its source, and its name there."""
    return Ref(trap.source, trap.trap.name)


class Told:
    """Remembers, for each trap, the view of it that was told."""

    def __init__(self) -> None:
        self._last: dict[Ref, TrapView] = {}
        self._due: set[Ref] = set()
        self._eager = False
        self._at: datetime | None = None

    def minute(self, now: datetime) -> None:
        """A minute is over: of each trap the newest is told, if it moved at all, with its age as it is ``now`` (UTC)."""
        self._due, self._eager, self._at = set(self._last), False, now

    def ask(self) -> None:
        """Somebody asked: whatever comes is told, until the minute is over."""
        self._last.clear()
        self._eager = True

    def of(self, trap: TrapView) -> TrapView:
        """What to tell of it: the last that was told, while nothing has happened that is worth saying."""
        ref = ref_of(trap)
        last = self._last.get(ref)
        if last is None or self._eager or worth_saying(last, trap, due=ref in self._due):
            last = self._last[ref] = trap
            if ref in self._due and self._at is not None:  # the view may have been made a while ago
                last = self._last[ref] = msgspec.structs.replace(trap, says=said_at(trap, self._at))
        self._due.discard(ref)
        return last


def worth_saying(last: TrapView, now: TrapView, *, due: bool) -> bool:
    """Whether more has happened to a trap than that its last digits moved; ``due``: since the last minute."""
    if last.state is not now.state or last.drill is not now.drill or last.trap != now.trap:
        return True
    before, after = last.watch, now.watch
    match now.state:
        case TrapState.BLIND:
            return due or (before.reason, before.blind_since) != (after.reason, after.blind_since)
        case TrapState.DISARMED:
            return due or (before.rest_until, before.rest_by, before.rest_why) != (after.rest_until, after.rest_by, after.rest_why)
    was, will = _ahead(last), _ahead(now)
    near = min(was, will) < FAR
    if was != will and (due or near) and ((due and near) or abs(will - was) > NEARER * min(was, will)):
        return True
    return _moved(last, now, now.state is TrapState.ARMED and not near, due)


def _ahead(trap: TrapView) -> float:
    """Seconds until its end, by its forecast; infinity where it is heading nowhere."""
    return min(math.inf if left is None else left for left in (trap.watch.full_in, trap.watch.trips_in))


def _moved(last: TrapView, now: TrapView, calm: bool, due: bool) -> bool:
    """A reading moved if the number did that its bound is about. Where that stands still, or there is none, its line for people
    decides, which may say more (how old, how many); of a trap that is calm, before the minute, only without a bound and by its
    words alone, for nothing hangs on the amounts in them."""
    before, after = last.watch.reading, now.watch.reading
    if before is None or after is None:
        return last.says != now.says
    share = MUCH if calm and not due else LITTLE
    bound = now.trap.trip or now.trap.warn
    bounded = bound is not None and bound.metric in before.values and bound.metric in after.values
    if bound is not None and bounded:
        was, value = before.values[bound.metric], after.values[bound.metric]
        by = abs(value - was)
        if by > share * max(abs(was), abs(bound.value)) or (due and by > MUCH * abs(was)):
            return True
    if calm and not due and bounded:
        return False
    if _AMOUNT.sub("", before.text) != _AMOUNT.sub("", after.text):
        return True
    share = MUCH if calm and bounded else LITTLE  # the first amount is most often the bound's own
    passed = _passed(last, now)
    pairs = zip(_amounts(before.text), _amounts(after.text), strict=False)
    return (due or not calm) and any(
        (not calm and old.counted(new, passed)) or ((due or not old.took) and abs(new.value - old.value) > share * old.value)
        for old, new in pairs
    )


def _passed(last: TrapView, now: TrapView) -> float | None:
    """Seconds between two looks at a trap; ``None`` where it is not known when they were."""
    before, after = last.watch.checked_at, now.watch.checked_at
    return (after - before).total_seconds() if before is not None and after is not None else None


class _Amount(msgspec.Struct, frozen=True):
    """One in a line for people: times are in seconds, and said to the ``finest`` of so many (0: it is no time). ``took``: it is how
    long an answer took, which is another each time."""

    value: float
    finest: float
    took: bool

    def counted(self, new: _Amount, passed: float | None) -> bool:
        """Whether it is an age that has grown with the clock, by the ``passed`` seconds: its alert counts the same on the same
        screen."""
        grown = new.value - self.value
        return bool(self.finest) and grown > 0 and (passed is None or abs(grown - passed) <= max(self.finest, new.finest))


def _amounts(text: str) -> list[_Amount]:
    """The amounts in a line for people."""
    return [
        _Amount(
            float(number) * _SECONDS.get(unit, 1.0) + (float(more) * _SECONDS[finer] if more else 0.0),
            0.0 if unit == "ms" else _SECONDS.get(finer or unit, 0.0),
            unit == "ms",
        )
        for number, unit, more, finer in _AMOUNT.findall(text)
    ]
