"""Incidents for a screen: read aside from the journal, and changed there as an action like all others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from ..core.actions import ChangeIncident, PagePeople, Run, RunState
from ..core.alerts import Alert, Ref
from ..core.text import clean
from ..provider import Clock, Conflict
from .aside import Aside
from .desk import Followed, Refused
from .failures import said
from .journal import Journal, JournalError

if TYPE_CHECKING:
    from ..core.incidents import Incident
    from ..core.roster import Person

EVERY = 5.0
"""Seconds after which it is read anew, when somebody looks, which incident an alert is in: another cockpit may have opened one."""


class Incidents:
    """``changed`` is called when an alert is seen to be in another incident than before. `change` belongs to the engine's loop, the
    rest may be called from any thread; `known` and `followed` block, on the disk. What reads incidents is imported with the first
    one: no screen that opens pays for it."""

    def __init__(self, journal: Journal, clock: Clock, changed: Callable[[], None]) -> None:
        self._journal, self._clock, self._changed = journal, clock, changed
        self._aside = Aside("journal of incidents")
        self._of: Mapping[Ref, str] = {}
        self._asked: float | None = None

    def known(self) -> Mapping[str, Incident]:
        """See `Desk.incidents`."""
        try:
            return self._journal.incidents()
        except JournalError as error:
            raise Refused(f"the incidents cannot be read: {said(error)}") from error

    def followed(self, incident: str, people: tuple[Person, ...]) -> Followed | None:
        """See `Desk.follow_incident`; ``people`` are those whom the config names."""
        from ..core.roster import display  # deferred: see above
        from .incident_facts import lines_of

        here = self.known().get(incident)
        try:
            return Followed(here, lines_of(self._journal, here, display(people)), people) if here is not None else None
        except JournalError as error:
            raise Refused(f"the timeline of {incident} cannot be read: {said(error)}") from error

    def of(self, alert: Ref) -> str:
        """See `Desk.incident_of`."""
        now = self._clock.mono()
        if self._asked is None or now - self._asked >= EVERY:
            self._asked = now
            self.look()
        return self._of.get(alert, "")

    def look(self) -> None:
        """Read anew which incident each alert is in."""
        self._aside.put(self._read)

    async def change(self, run: Run, action: ChangeIncident) -> Run:
        """Write a change down. Gives the run as it stands then: its target is the incident."""
        return await self._aside.do(lambda: self._written(run, action))

    async def of_page(self, run: Run, action: PagePeople, alert: Alert | None) -> str:
        """Open an incident for what people are paged about, unless its alert is in one. Says which it is in, or why in none."""
        return await self._aside.do(lambda: self._opened(run, action, alert))

    def close(self) -> None:
        """Read nothing any more."""
        self._aside.close()

    def _written(self, run: Run, action: ChangeIncident) -> Run:
        from ..core.incidents import Change  # deferred: see above

        replace, seconds = msgspec.structs.replace, (self._clock.now() - run.at).total_seconds()
        try:
            here = self._journal.change_incident(
                action.incident, Change(action.change), who=run.who, at=self._clock.now(), data=action.data
            )
        except (Conflict, JournalError) as error:
            return replace(run, state=RunState.FAILED, reason=said(error), seconds=seconds)
        self._read()
        return replace(run, state=RunState.CONFIRMED, target=f"{here.id} {here.title}", seconds=seconds)

    def _opened(self, run: Run, action: PagePeople, alert: Alert | None) -> str:
        from ..core.incidents import Change, member  # deferred: see above

        members = msgspec.to_builtins((member(alert),) if alert is not None else ())
        severity = alert.severity.word if alert is not None else "critical"
        data = {"title": clean(action.text, 200), "severity": severity, "alerts": members, "page": run.id}
        try:
            here = self._journal.change_incident("", Change.OPENED, who=run.who, at=run.at, data=data)
        except Conflict as error:
            return said(error)  # it is in another
        except JournalError as error:
            return f"no incident was opened: {said(error)}"
        self._read()
        return f"incident {here.id}"

    def _read(self) -> None:
        with suppress(JournalError):  # the view says that the journal cannot be read
            if not self._of and not self._journal.entries(kind="incident.", limit=1):
                return
            opened = [each for each in self._journal.incidents().values() if not each.status.over]
            found = {member.ref: f"{each.id} {each.title}" for each in opened for member in each.members}
            if found != self._of:
                self._of = found
                self._changed()
