"""Rosters over a time, for a screen that may not wait: what was laid out last, and laid out anew when it is old."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec

from ..core.schedule import Schedule

OLD = 60.0
"""Seconds after which a schedule is laid out anew while somebody looks at it: sources are asked gently."""
KEPT = 6
"""So many times are remembered."""
Key = tuple[datetime, datetime]


class _Kept(msgspec.Struct, frozen=True):
    laid: Schedule
    at: float
    mark: object


class Schedules:
    """``ask`` lays out a time, on the engine's loop; ``go`` has a coroutine run there, from any thread; ``mono`` counts seconds.
    ``mark`` is different once what was laid out is certainly not true any more: an override was made, the config changed. ``tell``
    is called when something has come: who waits for it need not wait for the next view."""

    def __init__(
        self,
        ask: Callable[[datetime, datetime], Awaitable[Schedule]],
        go: Callable[[Callable[[], Awaitable[None]]], None],
        mono: Callable[[], float],
        mark: Callable[[], object],
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        self._ask, self._go, self._mono, self._mark, self._tell = ask, go, mono, mark, tell
        self._kept: dict[Key, _Kept] = {}
        self._asked: set[Key] = set()

    def get(self, since: datetime, until: datetime) -> Schedule | None:
        """From any thread; returns at once."""
        key = (since, until)
        kept = self._kept.get(key)
        fresh = kept is not None and kept.mark == self._mark() and self._mono() - kept.at < OLD
        if not fresh and key not in self._asked:
            self._asked.add(key)
            self._go(lambda: self._lay_out(key))
        return kept.laid if kept is not None else None

    @property
    def known(self) -> dict[Key, Schedule]:
        """What was laid out last, by its times. From any thread."""
        return {key: kept.laid for key, kept in self._kept.copy().items()}

    async def _lay_out(self, key: Key) -> None:
        try:
            mark = self._mark()
            laid = await self._ask(*key)
            self._kept[key] = _Kept(laid, self._mono(), mark)
            for old in sorted(self._kept, key=lambda each: self._kept[each].at)[:-KEPT]:
                del self._kept[old]
        finally:
            self._asked.discard(key)
        self._tell()
