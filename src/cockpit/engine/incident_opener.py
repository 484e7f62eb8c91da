"""Opens incidents by the rules of the config, in the one process that keeps the traps.

What is due is judged and written in one transaction that also sees to it that this process holds the lease: of many cockpits one
opens an incident, and one that is killed leaves it whole or not there at all.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial

from ..core.alerts import Alert, Ref
from ..core.incident_by_rule import fire_of, rule_for
from ..core.incidentrule import IncidentRule
from ..core.ranking import Ranking
from ..core.roster import OnCall, Person
from ..core.rows import Row, paced
from ..core.view import View
from ..provider import Clock
from .aside import Aside
from .breath import Breath
from .journal import Journal, JournalError
from .machine import Here

LOOK = 2.0
"""Seconds between looks at whether an incident is to be opened."""

Rules = Mapping[str, IncidentRule]


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
        self._watched: dict[Ref, tuple[IncidentRule, Row]] = {}
        self._seen: dict[Ref, tuple[datetime, bool]] = {}  # when first, and whether it was seen to appear
        self._judged: dict[Ref, datetime | None] = {}
        self._last: tuple[Rules, tuple[str, ...], Ranking] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
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
        self._watched, self._seen, self._judged, self._last = {}, {}, {}, None

    async def _round(self) -> None:
        await self._aside.do(self._match)
        now = self._clock.now()
        due = [(rule, row.alert) for rule, row in self._watched.values() if self._is_due(rule, row, now)]
        if not due:
            return
        on_call, people = self._duty(now)
        fires = [fire_of(rule, alert, self._began(alert), on_call, people) for rule, alert in due]
        try:
            found = await self._aside.do(partial(self._journal.open_by_rule, fires, self._pid, now))
        except JournalError:
            return  # the view says that nothing is journalled; it is tried again
        if found is None:
            return  # another process leads by now
        self._judged |= {alert.ref: self._began(alert) for _, alert in due}
        if found:
            self._changed()

    def _is_due(self, rule: IncidentRule, row: Row, now: datetime) -> bool:
        """Whether the journal is to be asked about it. Of a source that does not see nobody knows whether it still fires."""
        alert = row.alert
        if row.stale or not rule.counts(alert):
            return False
        if alert.ref in self._judged and self._judged[alert.ref] == self._began(alert):
            return False
        since = alert.started_at or self._seen[alert.ref][0]
        return (now - since).total_seconds() >= rule.after

    def _began(self, alert: Alert) -> datetime | None:
        """When it began to fire; ``None`` where its source does not say, and it was there before we looked: then it may have been
        in an incident, too."""
        seen, appeared = self._seen.get(alert.ref, (None, False))
        return alert.started_at or (seen if appeared else None)

    def _match(self) -> None:
        """Which alerts rules are about. Only those that changed are looked at, for there may be very many."""
        rules, view = self._rules(), self._view()
        me, alerts = view.me, view.alerts
        before = self._last
        change = alerts.since(before[2]) if before is not None and before[0] is rules and before[1] == me else None
        rows: Iterable[Row] = alerts
        if change is None:
            self._watched = {}
        else:
            rows = change.come
            for row in change.gone:
                self._watched.pop(row.alert.ref, None)
        now, every = self._clock.now(), tuple(rules.values())
        for row in paced(rows, Breath()):
            if (rule := rule_for(row.alert, every, now, me)) is not None:
                self._watched[row.alert.ref] = (rule, row)
        fresh, undated = (now, change is not None), (row.alert for _, row in self._watched.values() if row.alert.started_at is None)
        self._seen = {alert.ref: self._seen.get(alert.ref, fresh) for alert in undated}
        self._judged = {ref: since for ref, since in self._judged.items() if ref in self._watched}
        self._last = rules, me, alerts


def duty(here: Here, at: datetime) -> tuple[Sequence[OnCall], Mapping[str, Person]]:
    """Who is on call at a moment (UTC), and the people of the config by their ids."""
    plan = here.plan()
    return plan.on_call(at), plan.people
