"""What a page about an alert of this machine says."""

from __future__ import annotations

from ..core.alerts import Alert
from ..core.marks import is_drill, rehearsed
from ..core.pages import Attempt
from ..core.paging import Page, PageKind

_ANSWERS = (("went_wrong", "What went wrong before"), ("detect", "How it is detected"), ("signs", "What signs show"))


def page_of(attempt: Attempt, alert: Alert, host: str) -> Page:
    """The page that an attempt sends about ``alert``. Its key is that of the firing: one trouble, whoever is told."""
    drill, named = is_drill(attempt.alert), rehearsed(alert)
    facts = alert.annotations
    told = [f"{title}: {facts[key]}" for key, title in _ANSWERS if facts.get(key)]
    if attempt.kind is PageKind.TRIGGER:
        ends = "drill" if drill else "paging"
        told.append(f"On {host}: `cockpit` shows it; `cockpit ack {attempt.alert}` says that you have it, and ends the {ends}.")
    return Page(
        key=f"{host}/{attempt.alert}/{attempt.firing}",
        kind=attempt.kind,
        summary=f"{named.name}: {alert.summary}" if alert.summary else named.name,
        severity=alert.severity,
        where=alert.where if alert.where != named.name else host,
        details="\n".join(told),
        labels=dict(alert.labels),
        links=alert.links,
        person=attempt.person,
        drill=drill,
    )
