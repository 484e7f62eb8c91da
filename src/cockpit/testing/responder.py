"""A fake of a system that people are paged through: it can be told all that `cockpit.responding` has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..core.alerts import AlertState, Ref
from ..core.responses import Assignee, Level, Maintenance, Play, Service
from ..core.story import Entry, Story
from ..provider import Answer, NotFound
from .fake import FakeProvider


class FakeResponder(FakeProvider):
    """As `FakeProvider`. ``people`` are who is there, ``policy`` the levels of its one escalation policy, ``known_plays`` what it
    would run and ``played`` what it ran, as (play, alert); ``stories`` are told of alerts by id."""

    def __init__(self, name: str = "fake", *rest: object) -> None:
        super().__init__(name, *rest)  # type: ignore[arg-type]  # the fake's own
        self.people = (Assignee("u-ana", "Ana", "ana@example.com"), Assignee("u-bo", "Bo", "bo@example.com"))
        self.policy = (Level(1, ("Ana",), 1800.0, "Web"), Level(2, ("Bo",), 0.0, "Web"))
        self.known_plays = (Play("p-1", "Restart web", "as agreed"),)
        self.known_services = (Service("s-shop", "Shop API"), Service("s-db", "Database"))
        self.played: list[tuple[str, str]] = []
        self.stories: dict[str, Story] = {}
        self._maintenances: dict[str, Maintenance] = {}

    async def resolve(self, ids: Sequence[str], who: str, note: str) -> None:  # noqa: ARG002  # the protocol's
        """It is over."""
        await self._called("resolve", tuple(ids))
        for alert in self._known(ids):
            if not self.deaf:
                self.end(alert.ref.id)
        self._answer()

    async def snooze(self, ids: Sequence[str], ends_at: datetime, who: str) -> None:
        """Quiet until then."""
        await self._called("snooze", (tuple(ids), ends_at))
        for alert in self._known(ids):
            self._put(alert, state=AlertState.SUPPRESSED, suppressed_by="snoozed", suppressed_until=ends_at, acknowledged_by=who)
        self._answer()

    async def levels(self, alert_id: str) -> Sequence[Level]:
        """Its policy."""
        await self._called("levels", alert_id)
        self._known([alert_id])
        return self.policy

    async def escalate(self, ids: Sequence[str], level: int, who: str) -> None:  # noqa: ARG002  # the protocol's
        """Whoever is on that level is told."""
        await self._called("escalate", (tuple(ids), level))
        for alert in self._known(ids):
            told = self.policy[level - 1].who
            self._put(alert, state=AlertState.FIRING, assignees=told, acknowledged_by="", suppressed_by="", suppressed_until=None)
        self._answer()

    async def assignees(self) -> Sequence[Assignee]:
        """Who is there."""
        await self._called("assignees", None)
        return self.people

    async def reassign(self, ids: Sequence[str], to: Sequence[str], who: str) -> None:  # noqa: ARG002  # the protocol's
        """Given to others."""
        await self._called("reassign", (tuple(ids), tuple(to)))
        names = tuple(each.name for each in self.people if each.id in to)
        if len(names) < len(to):
            raise NotFound(f"nobody here is {', '.join(to)}")
        for alert in self._known(ids):
            self._put(alert, state=AlertState.FIRING, assignees=names, acknowledged_by="", suppressed_by="")
        self._answer()

    async def merge(self, into: str, ids: Sequence[str], who: str) -> None:  # noqa: ARG002  # the protocol's
        """Those go into one."""
        await self._called("merge", (into, tuple(ids)))
        self._known([into, *ids])
        for each in ids if not self.deaf else ():
            self.end(each)
        self._answer()

    async def plays(self, alert_id: str) -> Sequence[Play]:
        """What it would run."""
        await self._called("plays", alert_id)
        self._known([alert_id])
        return self.known_plays

    async def play(self, alert_id: str, play_id: str, who: str) -> None:  # noqa: ARG002  # the protocol's
        """Run it."""
        await self._called("play", (alert_id, play_id))
        self._known([alert_id])
        if all(each.id != play_id for each in self.known_plays):
            raise NotFound(f"there is no play {play_id}")
        self.played += [(play_id, alert_id)] if not self.deaf else []
        self._answer()

    async def maintenances(self) -> Answer[Maintenance]:
        """Those that run or will."""
        await self._called("maintenances", None)
        return Answer(tuple(self._maintenances.values()))

    async def services(self) -> Sequence[Service]:
        """What can be under one."""
        await self._called("services", None)
        return self.known_services

    async def maintain(self, services: Sequence[str], starts_at: datetime, ends_at: datetime, who: str, comment: str) -> str:
        """Begin one."""
        await self._called("maintain", tuple(services))
        made = f"m{len(self._maintenances) + 1}"
        if not self.deaf:
            names = tuple(each.name for each in self.known_services if each.id in services)
            ref = Ref(self.name, made)
            self._maintenances[made] = Maintenance(
                ref=ref, services=names, starts_at=starts_at, ends_at=ends_at, who=who, comment=comment
            )
        self._answer()
        return made

    async def end_maintenance(self, maintenance_id: str, who: str) -> None:  # noqa: ARG002  # the protocol's
        """End one."""
        await self._called("end_maintenance", maintenance_id)
        if maintenance_id not in self._maintenances:
            raise NotFound(f"there is no maintenance {maintenance_id}")
        if not self.deaf:
            del self._maintenances[maintenance_id]
        self._answer()

    async def history(self, alert_id: str) -> Story:
        """What happened."""
        await self._called("history", alert_id)
        (alert,) = self._known([alert_id])
        fired = (Entry(alert.started_at, f"{alert.name} fired", "fired"),) if alert.started_at is not None else ()
        return self.stories.get(alert_id, Story(entries=fired))
