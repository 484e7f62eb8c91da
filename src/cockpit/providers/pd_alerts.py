"""An incident as PagerDuty tells it → an alert as the cockpit shows it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import datetime

import msgspec

from ..core.alerts import SEVERITY_WORDS, Alert, AlertState, Link, Ref, Severity
from ..core.drills import DRILL_LABEL, PAGE_NOTE, is_drills_page
from ..core.text import clean
from .pd_wire import NOBODY, WireIncident, WireRef, when

SEVERITIES: Mapping[str, Severity] = {
    **SEVERITY_WORDS,
    **dict.fromkeys(("p1", "sev1", "s1", "sev0", "p0"), Severity.CRITICAL),
    **dict.fromkeys(("p2", "sev2", "s2", "major"), Severity.ERROR),
    **dict.fromkeys(("p3", "sev3", "s3", "minor", "low"), Severity.WARNING),
    **dict.fromkeys(("p4", "p5", "sev4", "sev5", "s4", "s5"), Severity.INFO),
    "high": Severity.CRITICAL,
}
"""What priorities are called, and the two urgencies, in lower case and without signs between."""

_SIGNS = re.compile(r"[\W_]+")


class Look(msgspec.Struct, frozen=True):
    """How incidents are read: for which source, with which words of severity (see `SEVERITIES`)."""

    source: str
    words: Mapping[str, Severity]


def plain(word: str) -> str:
    """A priority's or an urgency's name as `SEVERITIES` has it: ``SEV-1`` is ``sev1``."""
    return _SIGNS.sub("", word.casefold())


def alert_of(wire: WireIncident, look: Look, snoozed: Collection[str] = ()) -> Alert:
    """An open incident. Its service is its name, which is what people know it by and runbooks match; its number is its place.
    ``snoozed`` has the ids of those whose acknowledgement ends at a time that somebody chose."""
    key = clean(wire.incident_key or "", 300)
    drill = is_drills_page(key)  # as an Alertmanager tells one again
    service, number = wire.service or NOBODY, f"#{wire.incident_number}" if wire.incident_number is not None else ""
    state = AlertState.FIRING if wire.status == "triggered" else AlertState.ACKNOWLEDGED
    acks = [each for each in wire.acknowledgements or () if each.acknowledger is not None]
    times = [at for each in acks if (at := when(each.at)) is not None]
    ends = unacknowledged_at(wire)
    hushed = wire.id in snoozed and state is AlertState.ACKNOWLEDGED and ends is not None
    return Alert(
        ref=Ref(look.source, clean(wire.id, 200)),
        name=service.word or "(no service)",
        severity=_severity(wire, look),
        state=AlertState.SUPPRESSED if hushed else state,
        summary=clean(wire.title or wire.summary or "(no title)"),
        where=number,
        labels=_labels(wire, service, key) | ({DRILL_LABEL: "true"} if drill else {}),
        annotations={PAGE_NOTE: key} if drill else {},
        started_at=when(wire.created_at),
        acknowledged_by=_names([each.acknowledger or NOBODY for each in acks]),
        acknowledged_at=max(times, default=None),
        suppressed_by="snoozed" if hushed else "",
        suppressed_until=ends if hushed else None,
        assignees=tuple(dict.fromkeys(filter(None, ((each.assignee or NOBODY).word for each in wire.assignments or ())))),
        links=_links(wire),
    )


def unacknowledged_at(wire: WireIncident) -> datetime | None:
    """When its acknowledgement ends by itself: because the service has a timeout, or because it is snoozed."""
    ends = [when(each.at) for each in wire.pending_actions or () if each.type == "unacknowledge"]
    return max((end for end in ends if end is not None), default=None)


def acknowledged_at(wire: WireIncident) -> datetime | None:
    """When it was last acknowledged."""
    return max((at for each in wire.acknowledgements or () if (at := when(each.at)) is not None), default=None)


def _severity(wire: WireIncident, look: Look) -> Severity:
    """The priority is what people said of it, the urgency what its service says of all."""
    priority = wire.priority or NOBODY
    for word in (priority.name, priority.summary, wire.urgency):
        if word and plain(word) in look.words:
            return look.words[plain(word)]
    return Severity.UNKNOWN


def _names(people: list[WireRef]) -> str:
    return ", ".join(dict.fromkeys(each.word or "someone" for each in people))


def _labels(wire: WireIncident, service: WireRef, key: str) -> dict[str, str]:
    alerts = wire.alert_counts.all if wire.alert_counts is not None else None
    told = {
        "service": service.word,
        "urgency": clean(wire.urgency or "", 40),
        "priority": (wire.priority or NOBODY).word,
        "team": ", ".join(filter(None, (each.word for each in wire.teams or ()))),
        "policy": (wire.escalation_policy or NOBODY).word,
        "assigned_via": clean(wire.assigned_via or "", 60),
        "alerts": str(alerts) if alerts is not None else "",
        "key": key,
    }
    return {name: value for name, value in told.items() if value}


def _links(wire: WireIncident) -> tuple[Link, ...]:
    bridge = wire.conference_bridge
    told = (("incident", wire.html_url), ("conference", bridge.conference_url if bridge is not None else None))
    return tuple(Link(name, clean(url, 2000)) for name, url in told if url)
