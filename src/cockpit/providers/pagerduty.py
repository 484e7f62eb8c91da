"""``pagerduty``: an account of PagerDuty, by its REST API v2 and its Events API v2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Literal

import msgspec

from ..core.alerts import Alert, Severity
from ..core.covers import Cover, Standing
from ..core.paging import Page
from ..core.responses import Assignee, Level, Maintenance, Play, Service
from ..core.roster import OnCall, Shift
from ..core.story import Story
from ..provider import Answer, Host, Secret, capabilities
from .pd_account import DEEPEST, REGIONS, Account, PagerDutyAccess
from .pd_alerts import SEVERITIES, Look, plain
from .pd_events import Events
from .pd_incidents import Incidents
from .pd_maintenance import Windows
from .pd_overrides import Overrides
from .pd_people import People
from .pd_plays import Plays
from .pd_rosters import Rosters
from .pd_story import Stories
from .pd_verbs import Verbs


class PagerDutyConfig(PagerDutyAccess, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``token`` is an API key, of an account or of a person, or a token by OAuth. ``region`` is ``us`` or ``eu``, ``url`` another
    address to use. ``email`` is what you log in with: needed to write where the token belongs to no person. ``teams``, ``services``
    and ``urgencies`` narrow the incidents, by name or id; ``policies`` the escalation policies that are shown; with
    ``on_call = false`` none are. ``most`` is how many open incidents are read. ``severities`` says what priorities and urgencies
    mean. ``routing_key`` is the integration key (Events API v2) of the service that pages go to, ``routing_keys`` are those of
    services that wake one person each, by that person's id; ``events_url`` is another address for them. With a key and no token, it
    pages and is asked nothing.
    """

    teams: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    urgencies: tuple[Literal["high", "low"], ...] = ()
    policies: tuple[str, ...] = ()
    on_call: bool = True
    most: int = 1000
    severities: Mapping[str, Severity] = {}
    routing_key: Secret | None = None
    routing_keys: Mapping[str, Secret] = {}
    events_url: str = ""

    @property
    def pages(self) -> bool:
        """Whether it can page."""
        return self.routing_key is not None or bool(self.routing_keys)

    @property
    def asks(self) -> bool:
        """Whether it can be asked."""
        return self.token is not None or self.auth.bearer is not None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.region not in REGIONS:
            raise ValueError(f"region must be one of {', '.join(REGIONS)}")
        if not 1 <= self.most <= DEEPEST:
            raise ValueError(f"most must be from 1 to {DEEPEST}: PagerDuty tells no more")
        if self.token is not None and self.auth.bearer is not None:
            raise ValueError("give either token or auth.bearer")
        if not self.asks and not self.pages:
            raise ValueError("token is missing: an API key of PagerDuty, by reference (or a routing_key, to page and no more)")


class PagerDuty:
    """An account of PagerDuty: its open incidents are alerts, its escalation policies are rosters."""

    Config: ClassVar[type[msgspec.Struct]] = PagerDutyConfig

    def __init__(self, name: str, config: PagerDutyConfig, host: Host) -> None:
        self._config = config
        self._account = Account(name, config, host)
        words = {**SEVERITIES, **{plain(word): severity for word, severity in config.severities.items()}}
        self._incidents = Incidents(self._account, Look(name, words), host.clock, most=config.most, urgencies=config.urgencies)
        people = People(self._account, host.machine)
        self._rosters = Rosters(self._account, name, host.clock, people, config.policies)
        self._overrides = Overrides(self._account, name, host.clock, self._rosters, people)
        url = config.events_url or REGIONS[config.region][1]
        self._events = Events(url, config, host, config.routing_key, config.routing_keys)
        self._verbs = Verbs(self._account, host.clock, self._incidents, people)
        self._plays, self._stories = Plays(self._account), Stories(self._account)
        self._windows = Windows(self._account, name, host.clock)
        self.lacks = _lacking(config)
        self._narrowed = False

    async def alerts(self) -> Answer[Alert]:
        """The open incidents."""
        if not self._narrowed:
            teams = await self._account.ids("/teams", "teams", self._config.teams)
            services = await self._account.ids("/services", "services", self._config.services)
            self._incidents.narrow(teams, services)
            self._narrowed = True
        return await self._incidents.ask()

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        """Acknowledge. There is no taking it back: it ends with its service's timeout, or when it is escalated or reassigned."""
        await self._verbs.ack(ids, note)

    async def resolve(self, ids: Sequence[str], who: str, note: str) -> None:
        """They are over."""
        await self._verbs.resolve(ids, note)

    async def snooze(self, ids: Sequence[str], ends_at: datetime, who: str) -> None:
        """Acknowledged until then; then they ring again."""
        await self._verbs.snooze(ids, ends_at)

    async def levels(self, alert_id: str) -> Sequence[Level]:
        """Of the incident's escalation policy."""
        return await self._verbs.levels(alert_id)

    async def escalate(self, ids: Sequence[str], level: int, who: str) -> None:
        """To whoever is on that level."""
        await self._verbs.escalate(ids, level)

    async def assignees(self) -> Sequence[Assignee]:
        """All users of the account."""
        return await self._verbs.assignees()

    async def reassign(self, ids: Sequence[str], to: Sequence[str], who: str) -> None:
        """To these people: ids of users, or of the config's people."""
        await self._verbs.reassign(ids, to)

    async def merge(self, into: str, ids: Sequence[str], who: str) -> None:
        """Their alerts go into one, and they are resolved."""
        await self._verbs.merge(into, ids)

    async def note(self, alert_id: str, who: str, text: str) -> None:
        """Remark on one."""
        await self._verbs.note(alert_id, text)

    async def plays(self, alert_id: str) -> Sequence[Play]:
        """Workflows and automation actions for this incident, where the account has them."""
        return await self._plays.of(await self._verbs.incident(alert_id))

    async def play(self, alert_id: str, play_id: str, who: str) -> None:
        """Start one."""
        await self._plays.run(alert_id, play_id)

    async def history(self, alert_id: str) -> Story:
        """Its log, its notes, what raised it, and past incidents like it, where the account has them."""
        return await self._stories.tell(alert_id, (await self._verbs.incident(alert_id)).html_url or "")

    async def maintenances(self) -> Answer[Maintenance]:
        """Maintenance windows that run or will."""
        return await self._windows.ask()

    async def services(self) -> Sequence[Service]:
        """All services of the account."""
        return await self._windows.services()

    async def maintain(
        self,
        services: Sequence[str],
        starts_at: datetime,
        ends_at: datetime,
        who: str,
        comment: str,
    ) -> str:
        """Open a maintenance window."""
        return await self._windows.begin(services, starts_at, ends_at, comment)

    async def end_maintenance(self, maintenance_id: str, who: str) -> None:
        """End one. Raises `NotFound`."""
        await self._windows.end(maintenance_id)

    async def on_call(self, at: datetime) -> Answer[OnCall]:
        """Who is on at ``at`` (UTC), on every level of the escalation policies that are shown."""
        return await self._rosters.ask(at)

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]:
        """The shifts between two moments (UTC)."""
        return await self._rosters.shifts(since, until)

    async def overrides(self) -> Answer[Standing]:
        """Those of every schedule that is shown."""
        return await self._overrides.ask()

    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]:
        """Put people on call."""
        return await self._overrides.make(roster, covers)

    async def end_override(self, override_id: str, who: str) -> None:
        """End one. Raises `NotFound`."""
        await self._overrides.end(override_id)

    async def page(self, page: Page) -> None:
        """Wake whom the service of the routing key wakes."""
        await self._events.page(page)

    async def close(self) -> None:
        """Close the connections."""
        await self._account.close()
        await self._events.close()


_ROSTERS = frozenset({"Rosters", "Shifts", "Overrides"})


def _lacking(config: PagerDutyConfig) -> frozenset[str]:
    """What this configuration leaves out."""
    if not config.asks:
        return capabilities(PagerDuty) - {"Pages"}
    return (frozenset() if config.on_call else _ROSTERS) | (frozenset() if config.pages else {"Pages"})
