"""Opens incidents by the rules of the config, in the one process that keeps the traps.

What is due is judged and written in one transaction that also sees to it that this process holds the lease: of many cockpits one
opens an incident, and one that is killed leaves it whole or not there at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import NamedTuple

import msgspec

from ..core.alerts import Alert, Ref
from ..core.incident_by_rule import Fire, fire_of, rule_for
from ..core.incidentrule import IncidentRule
from ..core.ranking import Ranking
from ..core.roster import OnCall, Person
from ..core.rows import Row, paced
from ..core.view import View
from ..provider import Clock
from .aside import Aside
from .breath import Breath
from .in_step import InStep
from .journal import Journal, JournalError
from .machine import Here

LOOK = 2.0
"""Seconds between looks at whether an incident is to be opened."""
JUMP = 60.0
"""Seconds by which the wall clock may part from monotonic time before no age is told by it."""
BATCH = 1000
"""So many alerts are judged at once; the others have their turn at the next look."""

Rules = Mapping[str, IncidentRule]


class _Seen(NamedTuple):
    """A firing as it was first seen: when (UTC, and monotonic seconds), since when by its source (UTC, or ``None``), how many
    seconds old it was then, and whether it came while we looked. ``after`` is the newest entry of the journal then, where it was
    not there before though its source saw all."""

    at: datetime
    mono: float
    began: datetime | None
    age: float
    appeared: bool
    after: int | None


class Opener:
    """``view`` gives the newest view, ``rules`` those of the config as it is now, ``duty`` who is on call at a
    moment and who is known, ``leads`` whether this process keeps the traps. ``changed`` is called on the loop when an incident was
    opened or added to. Belongs to the engine's loop."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        *,
        view: Callable[[], View],
        rules: Callable[[], Rules],
        duty: Callable[[datetime], tuple[Sequence[OnCall], Mapping[str, Person]]],
        leads: Callable[[], bool],
        pid: int,
        changed: Callable[[], None],
    ) -> None:
        self._journal, self._clock, self._pid = journal, clock, pid
        self._view, self._rules, self._duty, self._leads = view, rules, duty, leads
        self._changed = changed
        self._aside = Aside("incidents by rule")
        self._waiting: dict[Ref, tuple[IncidentRule, Alert]] = {}
        self._seen: dict[Ref, _Seen] = {}
        self._saw: frozenset[str] = frozenset()  # the sources that saw all at the last look
        self._in_step, self._believed = InStep(clock, JUMP), True
        self._judged: dict[Ref, datetime | None] = {}
        self._last: tuple[Rules, tuple[str, ...], Ranking] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._believed = self._in_step.believed()
                if self._leads() and self._rules():
                    await self._round()
                else:
                    self._forget()
                await self._clock.sleep(LOOK)
        except asyncio.CancelledError:
            self._aside.close()
            raise

    def _forget(self) -> None:
        """Begin anew: what was judged stands in the journal."""
        self._waiting, self._seen, self._judged, self._last, self._saw = {}, {}, {}, None, frozenset()

    async def _round(self) -> None:
        now = self._clock.now()
        try:
            fires = await self._aside.do(partial(self._due, now))
            if not fires:
                return
            found = await self._aside.do(partial(self._journal.open_by_rule, fires, self._pid, now))
        except JournalError:
            return  # the view says that nothing is journalled; it is tried again
        if found is None:
            return  # another process leads by now
        for fire in fires:
            self._judged[fire.member.ref] = fire.since
            self._waiting.pop(fire.member.ref, None)
        if found:
            self._changed()

    def _due(self, now: datetime) -> list[Fire]:
        """The alerts that have burnt long enough, as many as are judged at once."""
        self._match(now)
        due = (each for each in self._waiting.values() if self._burnt(each[1]) >= each[0].after)
        chosen = list(islice(due, BATCH))
        if not chosen:
            return []
        on_call, people = self._duty(now)
        fires = (fire_of(rule, alert, self._began(alert), on_call, people) for rule, alert in paced(chosen, Breath()))
        return [msgspec.structs.replace(each, seen_after=self._seen[each.member.ref].after) for each in fires]

    def _burnt(self, alert: Alert) -> float:
        """For how many seconds it has been firing, as far as anybody knows: a wall clock that is set makes nothing older."""
        seen = self._seen[alert.ref]
        return seen.age + self._clock.mono() - seen.mono

    def _began(self, alert: Alert) -> datetime | None:
        """When it began to fire; ``None`` where its source does not say, and it was there before we looked: then it may have been
        in an incident, too."""
        seen = self._seen.get(alert.ref)
        return alert.started_at or (seen.at if seen is not None and seen.appeared else None)

    def _match(self, now: datetime) -> None:
        """Which alerts wait to be judged. Only those that changed are looked at, for there may be very many."""
        rules, view = self._rules(), self._view()
        me, alerts, before = view.me, view.alerts, self._last
        change = alerts.since(before[2]) if before is not None and before[0] is rules and before[1] == me else None
        rows: Iterable[Row] = alerts
        if change is None:
            self._waiting = {}
            self._seen = {ref: seen for ref, seen in self._seen.items() if alerts.find(ref) is not None}
            self._judged = {ref: since for ref, since in self._judged.items() if alerts.find(ref) is not None}
        else:
            rows, gone = change.come, {row.alert.ref for row in change.gone} - {row.alert.ref for row in change.come}
            for ref in {row.alert.ref for row in change.gone}:
                self._waiting.pop(ref, None)
            for ref in gone:
                self._seen.pop(ref, None)
                self._judged.pop(ref, None)
        every, saw = tuple(rules.values()), self._saw
        newest = self._journal.newest() if change is not None and change.come else None
        for row in paced(rows, Breath()):
            self._take(row, every, now, me, newest=newest, whole=row.alert.ref.source in saw)
        self._last, self._saw = (rules, me, alerts), frozenset(each.source for each in view.sources if each.health.sees)

    def _take(
        self, row: Row, rules: Sequence[IncidentRule], now: datetime, me: tuple[str, ...], *, newest: int | None, whole: bool
    ) -> None:
        """Let an alert wait, where it counts. Of a source that does not see nobody knows whether it still fires. ``newest`` is the
        journal's newest entry, where it has come since the last look; ``whole``: all of its source was seen then."""
        alert = row.alert
        if (rule := rule_for(alert, rules, now, me)) is None:
            return
        seen = self._seen.get(alert.ref)
        if seen is None or seen.began != alert.started_at:
            age = (now - alert.started_at).total_seconds() if alert.started_at is not None and self._believed else 0.0
            after = seen.after if seen is not None else newest if whole else None
            at, appeared = (seen.at, seen.appeared) if seen is not None else (now, newest is not None)
            self._seen[alert.ref] = _Seen(at, self._clock.mono(), alert.started_at, max(0.0, age), appeared, after)
        judged = alert.ref in self._judged and self._judged[alert.ref] == self._began(alert)
        if rule.counts(alert) and not row.stale and not judged:
            self._waiting[alert.ref] = (rule, alert)


def duty(here: Here, at: datetime) -> tuple[Sequence[OnCall], Mapping[str, Person]]:
    """Who is on call at a moment (UTC), and the people of the config by their ids."""
    plan = here.plan()
    return plan.on_call(at), plan.people
