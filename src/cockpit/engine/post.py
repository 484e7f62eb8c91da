"""One trap under guard: what is known of it, and where its readings are heading."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Sequence

import msgspec

from ..core.forecast import NEVER, Outlook, outlook
from ..core.trap_steps import step
from ..core.traps import Event, Failed, Looked, Trap, Watch, as_laid, drilled
from ..core.units import say_seconds, seconds
from ..provider import Probe
from .look import Look
from .records import Kept
from .turns import turns

PATIENCE = 10.0
"""Seconds a look may take where the trap does not say."""

WINDOW = 6 * 3600.0
"""Seconds of the past that a forecast is drawn from."""

MOST_POINTS = 240


def _patience(trap: Trap) -> float:
    """A probe that bounds its own time by ``within`` is waited for a moment longer, so that being late is seen as that."""
    try:
        return max(PATIENCE, seconds(trap.params.get("within")) + 1)  # type: ignore[arg-type]  # what it is not, it refuses
    except (TypeError, ValueError, AttributeError):
        return PATIENCE


class Post:
    """Kept by the keeper for each trap. ``phase`` (0 to 1) is the trap's place within its interval, told from its name, so that
    many traps do not fall due at once. ``heir`` is the post that took over when the trap was configured anew."""

    def __init__(self, trap: Trap) -> None:
        self.trap = trap
        self.every = max(float(trap.every), 1.0)
        self.limit = min(float(trap.timeout) if trap.timeout else _patience(trap), 2 * self.every)
        self.phase = zlib.crc32(trap.name.encode()) / 2**32
        self.watch = Watch()
        self.probe: Probe | None = None
        self.look: Look | None = None
        self.due = 0.0
        self.queued = False
        self.retired = False
        self.heir: Post | None = None
        self.waiting: list[asyncio.Future[Watch]] = []
        self._points: list[tuple[float, float]] = []

    def inherit(self, other: Post) -> None:
        """Take over from the post of the trap as it was configured before, with its probe if that looks at the same thing."""
        other.heir = self
        self.watch, self.look = other.watch, other.look
        self.waiting, other.waiting = other.waiting, []
        if (self.trap.probe, self.trap.params) == (other.trap.probe, other.trap.params):
            self.probe = other.probe
            if self.trap.forecast == other.trap.forecast:
                self._points = other._points

    def remember(self, watch: Watch | None, points: Sequence[tuple[float, float]]) -> None:
        """Begin with what the journal knows, unless something newer is known here."""
        mine = self.watch.checked_at
        if watch is not None and (mine is None or (watch.checked_at is not None and watch.checked_at >= mine)):
            self.watch = as_laid(self.trap, watch)
        if points and (not self._points or points[-1][0] > self._points[-1][0]):
            self._points = _thinned(points)

    def took(self, event: Event) -> Kept:
        """Make the event part of what is known; gives what the journal should keep of it."""
        before = self.watch
        try:
            kept = self._judged(before, event)
        except Exception as error:  # noqa: BLE001  # whatever it is: who waits must hear of it, and the other traps are looked at
            self.watch = step(self.trap, before, Failed(event.at, f"a bug in the cockpit: {type(error).__name__}: {error}"))
            kept = Kept(trap=self.trap.name, watch=self.watch)
        for future in self.waiting:
            if not future.done():
                future.set_result(self.watch)
        self.waiting.clear()
        return kept

    def _judged(self, before: Watch, event: Event) -> Kept:
        values = event.reading.values if isinstance(event, Looked) else {}
        self.watch = step(self.trap, before, event, self._outlook(event))
        return Kept(trap=self.trap.name, watch=self.watch, values=values, happened=turns(self.trap, before, self.watch))

    def rests_as(self, written: Watch) -> None:
        """Take the rest and the drill that people wrote in the journal."""
        mine, theirs = self.watch, written
        if (merged := with_rest(mine, theirs)) != mine:
            self.watch = merged

    def late(self, now: float) -> str:
        """What to say of a look that has not come back long after its deadline. ``now`` is monotonic."""
        began = self.look.began_mono if self.look is not None else now
        return f"still waiting for the look that began {say_seconds(now - began)} ago"

    def overran(self) -> str:
        """What to say of a look that did not come back in time."""
        return f"did not answer within {say_seconds(self.limit) if self.limit >= 1 else f'{self.limit:.1f} s'}"

    def _outlook(self, event: Event) -> Outlook:
        metric = self.trap.forecast
        if not metric or not isinstance(event, Looked) or metric not in event.reading.values:
            return NEVER
        at = event.at.timestamp()
        fresh = [point for point in self._points if at - WINDOW <= point[0] < at]
        self._points = _thinned([*fresh, (at, event.reading.values[metric])])
        return outlook(metric, self.trap.trip, self._points)


def with_rest(watch: Watch, written: Watch) -> Watch:
    """``watch`` with what people have put on the trap, as ``written``: its rest, its drill, and what that proved."""
    return msgspec.structs.replace(
        watch,
        rest_until=written.rest_until,
        rest_by=written.rest_by,
        rest_why=written.rest_why,
        **drilled(watch, written),
    )


def _thinned(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `MOST_POINTS`: the recent past stays dense, the older half loses every other point as often as it takes."""
    kept = list(points)
    while len(kept) > MOST_POINTS:
        half = len(kept) // 2
        kept = kept[:half:2] + kept[half:]
    return kept
