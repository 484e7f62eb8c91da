"""What a trap is armed after: an alert, or an incident with all of its alerts."""

from __future__ import annotations

from datetime import datetime

import msgspec

from .alerts import Alert
from .backtest import Trouble
from .incident_timeline import as_alert
from .incidents import Incident
from .lookback import WINDOW
from .postmortem import moment_of
from .traps import Origin

LONGEST_WINDOW = 4 * WINDOW
"""Seconds before an incident in which signs are looked for, at most, however long it went on before users were hurt."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """``title`` is what people call it, ``began`` (UTC) when the trouble did: when users were hurt, else when the alert fired;
    ``None`` where its source does not say. ``window`` are the seconds before that in which signs are looked for. ``went_wrong``
    is what is known for the first of the three answers, ``owner`` who led. ``incident`` is its id, "" for an alert."""

    title: str
    origin: Origin
    alerts: tuple[Alert, ...]
    began: datetime | None
    ended: datetime | None = None
    window: float = WINDOW
    went_wrong: str = ""
    owner: str = ""
    incident: str = ""

    @property
    def name(self) -> str:
        """What people call it, with an incident's id."""
        return f"{self.incident} {self.title}".strip()

    @property
    def trouble(self) -> Trouble | None:
        """What a trap should have told of beforehand."""
        return Trouble(self.began, self.ended) if self.began is not None else None


def of_alert(alert: Alert) -> Cause:
    """An alert by itself."""
    fired = f"{alert.started_at:%Y-%m-%d}: " if alert.started_at is not None else ""
    return Cause(
        title=alert.name,
        origin=origin_of(alert),
        alerts=(alert,),
        began=alert.started_at,
        ended=alert.ended_at,
        went_wrong=f"{fired}{alert.name}: {alert.summary}".rstrip(": "),
    )


def of_incident(here: Incident) -> Cause:
    """An incident: from its first sign on, with all its alerts; the trap is born of its first alert, too, where it has one. What
    users saw stands in the first answer."""
    alerts, began = tuple(map(as_alert, here.members)), moment_of(here)
    first = origin_of(alerts[0]) if alerts else Origin()
    hurt = f": {here.impact}" if here.impact else ""
    before = max(0.0, (began - here.began).total_seconds())
    return Cause(
        title=here.title,
        origin=msgspec.structs.replace(first, incident=here.id, at=f"{began:%Y-%m-%d %H:%M} UTC"),
        alerts=alerts,
        began=began,
        ended=here.impact_end or here.closed_at,
        window=min(LONGEST_WINDOW, WINDOW + before),
        went_wrong=f"{began:%Y-%m-%d}, {here.id}: {here.title}{hurt}",
        owner=here.lead,
        incident=here.id,
    )


def origin_of(alert: Alert) -> Origin:
    """What a trap that is armed after it came from."""
    at = f"{alert.started_at:%Y-%m-%d %H:%M} UTC" if alert.started_at is not None else ""
    return Origin(alert=alert.name, where=alert.where, source=alert.ref.source, at=at)
