"""Sees what becomes of an open incident elsewhere, and writes it into its timeline: in the one process that keeps the traps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from ..core.incident_sight import sight
from ..core.view import View
from ..provider import Clock
from .aside import Aside
from .journal import Journal, JournalError

LOOK = 5.0
"""Seconds between looks at what became of them."""


class Witness:
    """``view`` gives the newest view, ``leads`` whether this process keeps the traps. Belongs to the engine's loop."""

    def __init__(self, journal: Journal, clock: Clock, *, view: Callable[[], View], leads: Callable[[], bool], pid: int) -> None:
        self._journal, self._clock, self._view, self._leads, self._pid = journal, clock, view, leads, pid
        self._aside = Aside("what becomes of incidents")
        self._duty: Mapping[tuple[str, str], str] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                await self._clock.sleep(LOOK)
                if self._leads():
                    await self._look()
                else:
                    self._duty = None
        except asyncio.CancelledError:
            self._aside.close()
            raise

    async def _look(self) -> None:
        try:
            known = await self._aside.do(self._journal.incidents)
            opened = [each for each in known.values() if not each.status.over]
            if not opened:
                self._duty = None
                return
            view, now = self._view(), self._clock.now()
            if seen := list(sight(opened, view)):
                await self._aside.do(partial(self._journal.witness, seen, self._pid, now))
            await self._follow_duty(view)
        except JournalError:
            return  # the view says that nothing is journalled; it is seen again

    async def _follow_duty(self, view: View) -> None:
        """Who comes on call while it goes on belongs to its story."""
        duty = {(each.source, each.roster): each.now.name or each.now.person for each in view.rosters if each.now is not None}
        before, self._duty = self._duty, duty
        now = self._clock.now()
        for (source, roster), person in duty.items() if before is not None else ():
            was = before.get((source, roster), "") if before is not None else ""
            if was and was != person:
                data = {"person": person, "before": was}
                await self._aside.do(
                    partial(self._journal.record, "roster.passed", at=now, source=source, subject=roster, data=data)
                )
