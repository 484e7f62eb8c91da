"""A PagerDuty account in memory: what is in it, and what its rules make of what one does to it. `pagerduty` puts it on a port."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

WEB = "https://team.pagerduty.example"
API = "https://api.pagerduty.example"


def told(at: datetime | None) -> str | None:
    """A time as the API tells it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None


def ref(kind: str, thing_id: str, summary: str) -> dict[str, Any]:
    """A reference."""
    path = f"{kind.replace('escalation_policy', 'escalation_policie')}s/{thing_id}"
    return {"id": thing_id, "type": f"{kind}_reference", "summary": summary, "self": f"{API}/{path}", "html_url": f"{WEB}/{path}"}


@dataclass
class User:
    """Somebody."""

    id: str
    name: str
    email: str
    zone: str = "Europe/Berlin"


@dataclass
class Service:
    """What incidents are on. ``timeout``: seconds after which an acknowledgement ends; ``None``: never."""

    id: str
    name: str
    timeout: int | None = None
    policy: str = "PPOLICY"


@dataclass
class Schedule:
    """``shifts`` are (user's id, start, end); where there is none, nobody is on."""

    id: str
    name: str
    shifts: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    overrides: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)

    def on(self, since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
        """Who has it when, overrides taken into account, of all that touches the range."""
        laid = list(self.shifts)
        for user, start, end in self.overrides.values():
            cut = [(who, a, min(b, start)) for who, a, b in laid] + [(who, max(a, end), b) for who, a, b in laid]
            laid = [(who, a, b) for who, a, b in cut if a < b] + [(user, start, end)]
        return sorted((each for each in laid if each[1] < until and each[2] > since), key=lambda each: each[1])


@dataclass
class Incident:
    """One incident."""

    id: str
    number: int
    title: str
    service: Service
    at: datetime
    urgency: str = "high"
    priority: str = ""
    status: str = "triggered"
    level: int = 1
    via: str = "escalation_policy"
    key: str = ""
    assigned: list[str] = field(default_factory=list)
    acks: list[tuple[str, datetime]] = field(default_factory=list)
    unack_at: datetime | None = None
    resolved_at: datetime | None = None
    alerts: int = 1
    notes: list[tuple[str, datetime, str]] = field(default_factory=list)


class Wrong(Exception):
    """A request that the account refuses: (status, what it says)."""

    def __init__(self, status: int, *errors: str) -> None:
        super().__init__(status, errors)
        self.status, self.errors = status, errors


class Account:
    """``now`` is its clock. All in here may be looked at and changed by the test; `pagerduty.Server.lock` keeps others out."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.now = now
        self._numbers = itertools.count(1)
        self.users = [User("PANA", "Ana Souza", "ana@example.com", "America/Sao_Paulo"), User("PBO", "Bo", "bo@example.com")]
        self.services = [Service("PSHOP", "Shop API", 1800), Service("PDB", "Database")]
        start = now() - timedelta(days=1)
        turns = [(who, start + timedelta(days=n), start + timedelta(days=n + 1)) for n, who in enumerate(["PANA", "PBO"] * 5)]
        self.schedules = [Schedule("PSCHED", "Primary rotation", turns)]
        self.policies: dict[str, tuple[str, list[list[tuple[str, str]]]]] = {
            "PPOLICY": ("Web", [[("schedule", "PSCHED")], [("user", "PBO")]]),
        }
        self.incidents: dict[str, Incident] = {}
        self.log: list[dict[str, Any]] = []
        self.windows: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.workflows: dict[str, str] = {}
        self.actions: dict[str, str] = {}
        self.started: list[tuple[str, str]] = []
        self.past: list[str] | None = None

    # ── what monitoring does to it ────────────────────────────────────────────────────────────────────────────────

    def fire(self, title: str, service: str = "PSHOP", *, minutes: float = 0, **more: Any) -> Incident:
        """An incident begins, so many minutes ago."""
        number, on = next(self._numbers), self._service(service)
        made = Incident(f"PINC{number:05d}", 1000 + number, title, on, self.now() - timedelta(minutes=minutes), **more)
        made.assigned = made.assigned or self.on_level(on.policy, 1)
        self.incidents[made.id] = made
        self.write("trigger", made, "", "Triggered through the API")
        return made

    def end(self, incident: Incident, who: str = "") -> None:
        """It is over."""
        incident.status, incident.resolved_at, incident.unack_at = "resolved", self.now(), None
        incident.assigned, incident.acks = [], []
        self.write("resolve", incident, who, f"Resolved by {self.name(who)}" if who else "Resolved automatically")

    def pass_time(self) -> None:
        """Acknowledgements and snoozes that have ended let their incidents ring again."""
        for each in self.incidents.values():
            if each.unack_at is not None and each.unack_at <= self.now():
                each.status, each.acks, each.unack_at = "triggered", [], None
                self.write("unacknowledge", each, "", "The acknowledgement timed out")

    # ── what people do to it ──────────────────────────────────────────────────────────────────────────────────────

    def change(self, incident: Incident, wanted: dict[str, Any], who: str) -> None:
        """What ``PUT /incidents`` wants of one."""
        if incident.status == "resolved":
            raise Wrong(400, "Incident Already Resolved")
        if wanted.get("status") == "acknowledged":
            incident.status, incident.acks = "acknowledged", [*incident.acks, (who, self.now())]
            timeout = incident.service.timeout
            incident.unack_at = self.now() + timedelta(seconds=timeout) if timeout else None
            self.write("acknowledge", incident, who, f"Acknowledged by {self.name(who)}")
        if wanted.get("status") == "resolved":
            self.end(incident, who)
        if "escalation_level" in wanted:
            levels = self.policies[incident.service.policy][1]
            if not 1 <= wanted["escalation_level"] <= len(levels):
                raise Wrong(400, "Escalation Level is invalid")
            incident.level, incident.via = wanted["escalation_level"], "escalation_policy"
            self._assigned(incident, self.on_level(incident.service.policy, incident.level), who, "escalate")
        if "assignments" in wanted:
            incident.via = "direct_assignment"
            self._assigned(incident, [self.user(each["assignee"]["id"]).id for each in wanted["assignments"]], who, "assign")

    def snooze(self, incident: Incident, seconds: int, who: str) -> None:
        """Acknowledged until then."""
        if incident.status == "resolved":
            raise Wrong(400, "Incident Already Resolved")
        incident.status, incident.acks = "acknowledged", [*incident.acks, (who, self.now())]
        incident.unack_at = self.now() + timedelta(seconds=seconds)
        self.write("snooze", incident, who, f"Snoozed by {self.name(who)}")

    def merge(self, into: Incident, sources: Sequence[Incident], who: str) -> None:
        """Their alerts go into one, and they are over."""
        if into.status == "resolved":
            raise Wrong(400, "Target Incident is resolved")
        for each in sources:
            into.alerts += each.alerts
            if each.status != "resolved":
                self.end(each, who)

    def note(self, incident: Incident, text: str, who: str) -> dict[str, Any]:
        """Somebody remarks."""
        incident.notes.append((who, self.now(), text))
        self.write("annotate", incident, who, f"Note added by {self.name(who)}", note=text)
        return self.notes_of(incident)[-1]

    # ── what it tells ─────────────────────────────────────────────────────────────────────────────────────────────

    def told_incident(self, each: Incident) -> dict[str, Any]:
        """An incident as the API tells it."""
        service = ref("service", each.service.id, each.service.name)
        policy = ref("escalation_policy", each.service.policy, self.policies[each.service.policy][0])
        pending = [{"type": "unacknowledge", "at": told(each.unack_at)}] if each.unack_at is not None else []
        people = {who: ref("user", who, self.name(who)) for who in (*each.assigned, *(who for who, _ in each.acks))}
        return {
            "id": each.id, "type": "incident", "summary": f"[#{each.number}] {each.title}", "title": each.title,
            "self": f"{API}/incidents/{each.id}", "html_url": f"{WEB}/incidents/{each.id}", "incident_number": each.number,
            "created_at": told(each.at), "updated_at": told(self.now()), "status": each.status, "incident_key": each.key or None,
            "service": service, "assignments": [{"at": told(each.at), "assignee": people[who]} for who in each.assigned],
            "assigned_via": each.via, "last_status_change_at": told(each.at), "resolved_at": told(each.resolved_at),
            "alert_counts": {"all": each.alerts, "triggered": each.alerts, "resolved": 0}, "is_mergeable": True,
            "escalation_policy": policy, "teams": [], "pending_actions": pending, "alert_grouping": None,
            "acknowledgements": [{"at": told(at), "acknowledger": people[who]} for who, at in each.acks],
            "priority": ref("priority", "PPRIO", each.priority) if each.priority else None, "resolve_reason": None,
            "urgency": each.urgency,
        }  # fmt: skip

    def told_user(self, each: User) -> dict[str, Any]:
        """A user as the API tells it."""
        told_ref = {**ref("user", each.id, each.name), "type": "user"}
        return {**told_ref, "name": each.name, "email": each.email, "time_zone": each.zone, "role": "user", "description": None}

    def told_service(self, each: Service) -> dict[str, Any]:
        """A service as the API tells it."""
        policy = ref("escalation_policy", each.policy, self.policies[each.policy][0])
        named = {**ref("service", each.id, each.name), "type": "service", "name": each.name, "status": "active"}
        return {**named, "acknowledgement_timeout": each.timeout, "auto_resolve_timeout": None, "escalation_policy": policy}

    def told_policy(self, policy_id: str) -> dict[str, Any]:
        """An escalation policy as the API tells it."""
        name, levels = self.policies[policy_id]
        rules = [
            {"id": f"PRULE{number}", "escalation_delay_in_minutes": 30, "targets": [self._target(*each) for each in level]}
            for number, level in enumerate(levels, 1)
        ]
        named = {**ref("escalation_policy", policy_id, name), "type": "escalation_policy", "name": name}
        return {**named, "escalation_rules": rules, "num_loops": 0, "services": [], "teams": [], "description": None}

    def on_calls(self, since: datetime, until: datetime, policies: Sequence[str]) -> list[dict[str, Any]]:
        """Who is on call for what in that range."""
        found = []
        for policy_id, (name, levels) in self.policies.items():
            if policies and policy_id not in policies:
                continue
            for level, targets in enumerate(levels, 1):
                for kind, thing_id in targets:
                    policy = {"escalation_policy": ref("escalation_policy", policy_id, name), "escalation_level": level}
                    if kind == "user":
                        found.append(
                            {**policy, "user": self.told_user(self.user(thing_id)), "schedule": None, "start": None, "end": None}
                        )
                        continue
                    schedule = self.schedule(thing_id)
                    for who, start, end in schedule.on(since, until):
                        shift = {"start": told(start), "end": told(end), "schedule": ref("schedule", schedule.id, schedule.name)}
                        found.append({**policy, "user": self.told_user(self.user(who)), **shift})
        return found

    def notes_of(self, each: Incident) -> list[dict[str, Any]]:
        """The notes on an incident."""
        return [
            {
                "id": f"PNOTE{number}", "user": ref("user", who, self.name(who)), "channel": {"summary": "The PagerDuty APIs"},
                "content": text, "created_at": told(at),
            }
            for number, (who, at, text) in enumerate(each.notes, 1)
        ]  # fmt: skip

    def write(self, kind: str, incident: Incident, who: str, summary: str, **more: Any) -> None:
        """A log entry."""
        agent = ref("user", who, self.name(who)) if who else ref("service", incident.service.id, incident.service.name)
        self.log.append(
            {
                "id": f"RLOG{len(self.log)}", "type": f"{kind}_log_entry", "summary": summary, "created_at": told(self.now()),
                "agent": agent, "channel": {"type": "api"}, "incident": incident.id, **more,
            }
        )  # fmt: skip

    # ── finding ───────────────────────────────────────────────────────────────────────────────────────────────────

    def incident(self, thing_id: str) -> Incident:
        """One incident. Raises `Wrong`."""
        if thing_id not in self.incidents:
            raise Wrong(404, "Incident Not Found")
        return self.incidents[thing_id]

    def user(self, thing_id: str) -> User:
        """One user. Raises `Wrong`."""
        return _one(self.users, thing_id)

    def schedule(self, thing_id: str) -> Schedule:
        """One schedule. Raises `Wrong`."""
        return _one(self.schedules, thing_id)

    def name(self, user_id: str) -> str:
        """What a user is called."""
        return next((each.name for each in self.users if each.id == user_id), "somebody")

    def on_level(self, policy: str, level: int) -> list[str]:
        """Who is on call there now."""
        found, soon = list[str](), self.now() + timedelta(seconds=1)
        for kind, thing_id in self.policies[policy][1][level - 1]:
            found += [thing_id] if kind == "user" else [who for who, *_ in self.schedule(thing_id).on(self.now(), soon)]
        return found

    def _service(self, thing_id: str) -> Service:
        return _one(self.services, thing_id)

    def _target(self, kind: str, thing_id: str) -> dict[str, Any]:
        return ref(kind, thing_id, self.name(thing_id) if kind == "user" else self.schedule(thing_id).name)

    def _assigned(self, incident: Incident, people: list[str], who: str, kind: str) -> None:
        incident.assigned, incident.status, incident.acks, incident.unack_at = people, "triggered", [], None
        self.write(kind, incident, who, f"Assigned to {', '.join(map(self.name, people))} by {self.name(who)}")


Thing = TypeVar("Thing", User, Service, Schedule)


def _one(things: Sequence[Thing], thing_id: str) -> Thing:
    found = next((each for each in things if each.id == thing_id), None)
    if found is None:
        raise Wrong(404, "Not Found")
    return found
