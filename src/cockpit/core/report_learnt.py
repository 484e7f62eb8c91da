"""What fires have taught: those after which no trap was armed, and how well each service is guarded.

What is here of other systems' alerts is what incidents have of them: the journal has no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from .alerts import LOCAL, Alert
from .incident_timeline import as_alert
from .incidents import Incident, Member, Status
from .marks import Marks, local_alerts
from .runbooks import Runbook, offered
from .traps import Trap, TrapState, Watch

SERVICE = ("service", "job", "app")
"""The labels that name a service: the first of these that an alert or a trap has."""
LEARNT = (
    "Lead time of what was caught: how long before the fire that its trap was armed after the trap would have told of that one, by "
    "what had been read. "
    "Without a trap: an incident that was closed, or a fire, after which no trap was armed for it, its alert or its incident. A "
    f"service is what the first of the labels {', '.join(SERVICE)} says, of a trap or of an alert in an incident; other systems' "
    "alerts outside incidents are not known here."
)
"""What the figures mean, for people."""


class Laid(msgspec.Struct, frozen=True, kw_only=True):
    """A ``trap`` that was armed at ``at`` (UTC) after an ``alert`` (``SOURCE/ID``) or an ``incident`` (its id), "" for neither.
    ``lead`` is how many seconds before that it would have told of it, by what was read then; ``None`` where nobody knows."""

    at: datetime
    trap: str
    alert: str = ""
    incident: str = ""
    lead: float | None = None


class Caught(msgspec.Struct, frozen=True):
    """A ``trap`` that caught so many ``times`` what became no fire. ``after`` is the incident or alert that it was armed after, ""
    for none; ``lead`` is its `Laid.lead`: how long before harm it speaks, by the time that it was too late."""

    trap: str
    times: int
    after: str = ""
    lead: float | None = None


class Burnt(msgspec.Struct, frozen=True):
    """An alert of this machine: how many of its ``fires`` had no trap armed after them, and when the ``last`` of these began
    (UTC)."""

    alert: str
    fires: int
    last: datetime


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """How a service is guarded; ``name`` is "" for what has no label that names one. ``fires`` and ``caught`` are those of its
    ``traps``, ``incidents`` those that began in the time and had an alert of it. ``alerts`` counts by name those that its traps may
    raise and those in the incidents; of these ``no_runbook`` and ``no_trap`` are without one."""

    name: str
    fires: int
    caught: int
    incidents: int
    traps: int
    alerts: int
    no_runbook: tuple[str, ...]
    no_trap: tuple[str, ...]


class Armed:
    """Which traps were armed after what: as the journal has it (``laid``, ``incidents``), and for what it has forgotten as the
    ``traps`` themselves say. One that was there before a fire was not armed after it."""

    def __init__(self, laid: Iterable[Laid], incidents: Iterable[Incident], traps: Iterable[Trap]) -> None:
        self._incidents = tuple(incidents)
        self._laid = [*laid, *(Laid(at=g.at, trap=g.trap, incident=each.id) for each in self._incidents for g in each.guards)]
        written = {each.trap for each in self._laid}
        self._born = [each.origin for each in traps if each.origin is not None and each.name not in written]

    def after_incident(self, incident: Incident) -> bool:
        """Whether one was armed after it, one of its alerts, or one that was merged into it."""
        ids = (incident.id, *incident.absorbed)
        refs = {str(each.ref) for each in incident.members}
        since = incident.began
        if any(each.incident in ids or (each.alert in refs and each.at >= since) for each in self._laid):
            return True
        return any(born.incident in ids or any(_of(born.source, born.alert, m) for m in incident.members) for born in self._born)

    def after_fires(self, trap: str) -> datetime | None:
        """When (UTC) the last one was armed after this trap's alert, or after an incident which that was in: its fires until then
        taught one. ``None`` for never; the end of time where the journal has forgotten when."""
        held = {id for each in self._incidents if each.holds(LOCAL, trap) for id in (each.id, *each.absorbed)}
        if any((born.source, born.alert) == (LOCAL, trap) or born.incident in held for born in self._born):
            return datetime.max.replace(tzinfo=UTC)
        ref = f"{LOCAL}/{trap}"
        return max((each.at for each in self._laid if each.alert == ref or each.incident in held), default=None)


def _of(source: str, alert: str, member: Member) -> bool:
    return bool(alert) and (source, alert) == (member.source, member.name)


def untrapped_incidents(armed: Armed, incidents: Iterable[Incident], since: datetime, until: datetime) -> tuple[Incident, ...]:
    """Those that were closed between two moments (UTC) and taught no trap, the last first."""
    over = [(each.closed_at, each) for each in incidents if each.status is Status.CLOSED and each.closed_at is not None]
    found = [(at, each) for at, each in over if since <= at < until and not armed.after_incident(each)]
    return tuple(each for _, each in sorted(found, key=lambda pair: (pair[0], pair[1].id), reverse=True))


def caught_by(laid: Iterable[Laid], caught: Mapping[str, int]) -> tuple[Caught, ...]:
    """The traps that caught something, the most first. ``caught`` counts by trap; the last time that one was laid counts."""
    last = {each.trap: each for each in sorted(laid, key=lambda each: each.at)}
    found = []
    for trap, times in caught.items():
        one = last.get(trap)
        after, lead = (one.incident or one.alert, one.lead) if one is not None else ("", None)
        if times:
            found.append(Caught(trap, times, after, lead))
    return tuple(sorted(found, key=lambda each: (-each.times, each.trap)))


def untrapped_fires(armed: Armed, burnt: Mapping[str, Sequence[datetime]]) -> tuple[Burnt, ...]:
    """The fires, by the alert's name, after which none was armed; the most first. ``burnt`` is when they began (UTC)."""
    found = []
    for alert, times in burnt.items():
        taught = armed.after_fires(alert)
        left = [at for at in times if taught is None or at > taught]
        if left:
            found.append(Burnt(alert, len(left), max(left)))
    return tuple(sorted(found, key=lambda each: (-each.fires, each.alert)))


def service_of(labels: Mapping[str, str]) -> str:
    """The service that they name; "" for none."""
    return next((labels[name] for name in SERVICE if labels.get(name)), "")


class _Kept:
    """What is counted of a service."""

    def __init__(self) -> None:
        self.fires = self.caught = self.incidents = self.traps = 0
        self.runbook: dict[tuple[str, str], bool] = {}
        self.trap: dict[tuple[str, str], bool] = {}

    def service(self, name: str) -> Service:
        """All of it."""
        unread, bare = (tuple(sorted({alert for (_, alert), has in some.items() if not has})) for some in (self.runbook, self.trap))
        return Service(
            name=name, fires=self.fires, caught=self.caught, incidents=self.incidents, traps=self.traps, alerts=len(self.trap),
            no_runbook=unread, no_trap=bare,
        )  # fmt: skip


def coverage(
    traps: Sequence[Trap],
    runbooks: Sequence[Runbook],
    incidents: Iterable[Incident],
    fires: Mapping[str, int],
    caught: Mapping[str, int],
    host: str,
    now: datetime,
) -> tuple[Service, ...]:
    """Every service that a trap or an alert of these incidents names, the worst first. ``fires`` and ``caught`` count by trap; a
    trap that is in the config no more has no service. ``host`` is this machine's name, ``now`` UTC."""
    kept: dict[str, _Kept] = {}
    ours: dict[str, str] = {}
    for trap in traps:
        alert = _raised(trap, host, now)
        ours[trap.name] = service_of(alert.labels)
        mine = kept.setdefault(ours[trap.name], _Kept())
        mine.traps += 1
        mine.fires += fires.get(trap.name, 0)
        mine.caught += caught.get(trap.name, 0)
        mine.runbook[LOCAL, trap.name] = bool(offered(runbooks, alert, now))
        mine.trap[LOCAL, trap.name] = True
    for name in (fires.keys() | caught.keys()) - {trap.name for trap in traps}:
        mine = kept.setdefault("", _Kept())
        mine.fires += fires.get(name, 0)
        mine.caught += caught.get(name, 0)
    born = {(each.origin.source, each.origin.alert) for each in traps if each.origin is not None}
    for incident in incidents:
        _count(kept, ours, incident, runbooks, born, now)
    made = (each.service(name) for name, each in kept.items())
    return tuple(sorted(made, key=lambda each: (-each.fires - each.incidents, -len(each.no_trap), not each.name, each.name)))


def _count(
    kept: dict[str, _Kept],
    ours: Mapping[str, str],
    incident: Incident,
    runbooks: Sequence[Runbook],
    born: set[tuple[str, str]],
    now: datetime,
) -> None:
    """An incident, at each service that it touched; ``ours`` has the service of each trap."""
    touched = set[str]()
    for each in incident.members:
        local = each.source == LOCAL and bool(each.trap)
        name = ours.get(each.trap, service_of(each.labels)) if local else service_of(each.labels)
        mine = kept.setdefault(name, _Kept())
        mine.incidents += name not in touched
        touched.add(name)
        if local:
            continue  # its trap tells of it, as it is laid now
        key = (each.source, each.name)
        mine.runbook[key] = mine.runbook.get(key, False) or bool(offered(runbooks, as_alert(each), now))
        mine.trap[key] = mine.trap.get(key, False) or key in born or bool(incident.guards)


def _raised(trap: Trap, host: str, now: datetime) -> Alert:
    """The alert that a trap raises when it trips."""
    tripped = Watch(state=TrapState.TRIPPED, tripped_at=now, firing=1)
    return local_alerts(LOCAL, host, (trap,), {trap.name: tripped}, Marks({}, (), {}), now)[0].alert
