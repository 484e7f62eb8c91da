"""Watches what becomes of alerts after runbooks were run for them, and remembers what was run for which alert before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import msgspec

from ..core.actions import Run
from ..core.aftermath import Aftermath, Past, beginning, merged, seen, watched
from ..core.alerts import Alert, Ref
from ..core.sources import Snapshot
from ..provider import Clock
from .aside import Aside
from .journal import Journal, JournalError

_KEPT = 100  # of so many alerts it is remembered what was run for them
_DECISIVE = ("ended", "gone", "back")


class Aftermaths:
    """``changed`` is called when there is something new to say of an alert's past. `before` may be called from any thread, the rest
    belongs to the engine's loop. The journal is read and written aside."""

    def __init__(self, journal: Journal, clock: Clock, changed: Callable[[], None]) -> None:
        self._journal, self._clock, self._changed = journal, clock, changed
        self._aside = Aside("journal of what helped")
        self._open: dict[str, Aftermath] = {}
        self._known: dict[tuple[Ref, str, str], tuple[Past, ...]] = {}
        self._stale: set[tuple[Ref, str, str]] = set()

    async def follow(self) -> None:
        """Learn what other processes watch, and have what was run before read again when it is looked at."""
        with suppress(JournalError):  # the view says that the journal cannot be read
            for each in await self._aside.do(self._journal.aftermaths):
                mine = self._open.get(each.run)
                self._open[each.run] = each if mine is None else merged(mine, each)
        self._stale.update(self._known)

    def begin(self, run: Run, alert: Alert | None, within: float) -> None:
        """A run is about to begin, for this alert."""
        after = beginning(run, alert, within) if alert is not None else None
        if after is not None:
            self._keep(after)

    def end(self, run: Run) -> None:
        """It has ended."""
        after = self._open.get(run.id)
        if after is not None and run.state.settled and after.ended is None:
            self._keep(msgspec.structs.replace(after, ended=run.at + timedelta(seconds=run.seconds or 0.0)))

    @property
    def sources(self) -> frozenset[str]:
        """The sources that are watched."""
        return frozenset(each.source for each in tuple(self._open.values()))

    def observe(self, snapshot: Snapshot, alert_of: Callable[[Ref], Alert | None]) -> None:
        """A source was asked; ``alert_of`` is what it says of an alert now."""
        now = self._clock.now()
        for before in tuple(self._open.values()):
            if before.source != snapshot.source:
                continue
            after = seen(before, snapshot, alert_of(Ref(before.source, before.alert)))
            decided = not watched(after, now)
            if decided or any(getattr(after, name) != getattr(before, name) for name in _DECISIVE):
                self._keep(after)
            else:
                self._open[after.run] = after
            if decided:
                self._open.pop(after.run, None)

    def before(self, alert: Alert) -> tuple[Past, ...]:
        """What was run for an alert before, newest first, as far as it has been read; it is read again, and told of by ``changed``
        when that brings something else."""
        key = (alert.ref, alert.name, alert.where)
        if key not in self._known or key in self._stale:
            self._known.setdefault(key, ())
            self._stale.discard(key)
            for old in list(self._known)[:-_KEPT]:
                self._known.pop(old, None)
            self._aside.put(lambda: self._read(key, alert))
        return self._known.get(key, ())

    async def close(self, patience: float) -> None:
        """Write down how far it was seen; wait ``patience`` seconds for that at most."""
        for each in tuple(self._open.values()):
            if each.there is not None:
                self._write(each)
        with suppress(TimeoutError):  # then nobody saw
            async with asyncio.timeout(patience):
                await self._aside.drained()
        self._aside.close()

    def _read(self, key: tuple[Ref, str, str], alert: Alert) -> None:
        with suppress(JournalError):  # the view says that the journal cannot be read
            found = self._journal.past(alert)
            if found != self._known.get(key):
                self._known[key] = found
                self._changed()

    def _keep(self, after: Aftermath) -> None:
        self._open[after.run] = after
        self._write(after)

    def _write(self, after: Aftermath) -> None:
        def write() -> None:
            with suppress(JournalError):  # the journal's own `problem` tells
                self._journal.put_aftermath(after)
            self._stale.update(self._known)
            self._changed()

        self._aside.put(write)
