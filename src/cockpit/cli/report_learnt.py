"""``cockpit report``: what fires taught, for people, as Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo

from ..core.action_items import Owed
from ..core.report_learnt import LEARNT, Service
from ..core.units import say_seconds
from ..engine.reporting import Learnt
from .listing import when
from .report_fires import Table, counted


def tables(learnt: Learnt, shown: int, clock: tzinfo | None) -> Iterator[Table]:
    """What there is to show, of each no more than so many rows; of what there is none, nothing."""
    incidents = [
        (each.id, each.title, each.severity.word, f"{each.closed_at.astimezone(clock):%Y-%m-%d %H:%M}" if each.closed_at else "")
        for each in learnt.incidents
    ]
    fires = [(each.alert, str(each.fires), f"{each.last.astimezone(clock):%Y-%m-%d %H:%M}") for each in learnt.fires]
    caught = [(each.trap, str(each.times), each.after, say_seconds(each.lead) if each.lead else "") for each in learnt.caught]
    if caught:
        head = counted("Caught before harm", "", shown, caught)
        yield head, ("Trap", "Times", "Armed after", "Lead time"), caught[:shown]
    if incidents:
        head = counted("Incidents after which no trap was armed", "", shown, incidents)
        yield head, ("Incident", "Title", "Severity", "Closed"), incidents[:shown]
    if fires:
        yield counted("Fires after which no trap was armed", "", shown, fires), ("Alert", "Fires", "Last"), fires[:shown]
    if learnt.services:
        head = counted("Coverage by service", "", shown, learnt.services)
        yield head, _HEADS, [_row(each) for each in learnt.services[:shown]]
    if learnt.owed:
        head = counted("Action items", "", shown, learnt.owed)
        yield head, ("Owner", "Open", "Overdue", "Done", "What is overdue"), [_owes(each) for each in learnt.owed[:shown]]


_HEADS = ("Service", "Fires", "Caught", "Incidents", "Traps", "With a runbook", "Alerts without a runbook", "Without a trap")


def _row(each: Service) -> tuple[str, ...]:
    read = f"{each.alerts - len(each.no_runbook)} of {each.alerts}"
    counts = (str(many) for many in (each.fires, each.caught, each.incidents, each.traps))
    return (each.name or "(no label)", *counts, read, ", ".join(each.no_runbook), ", ".join(each.no_trap))


def _owes(each: Owed) -> tuple[str, ...]:
    late = "; ".join(f"{item.id} {item.text} ({item.incident}, {item.due})" for item in each.overdue)
    return (each.owner, *(str(len(some)) for some in (each.open, each.overdue, each.done)), late)


def sentences(learnt: Learnt) -> Iterator[str]:
    """What the tables mean, where there are any."""
    if learnt.incidents or learnt.fires or learnt.services:
        yield LEARNT


def record(learnt: Learnt) -> dict[str, object]:
    """As JSON."""
    return {
        "caught": [
            {"trap": each.trap, "times": each.times, "armed_after": each.after or None, "lead_seconds": each.lead}
            for each in learnt.caught
        ],
        "incidents_without_trap": [
            {
                "id": each.id, "title": each.title, "severity": each.severity.word, "lead": each.lead or None,
                "closed_at": when(each.closed_at), "alerts": [str(member.ref) for member in each.members],
            }
            for each in learnt.incidents
        ],
        "fires_without_trap": [{"alert": each.alert, "fires": each.fires, "last_at": when(each.last)} for each in learnt.fires],
        "services": [
            {
                "service": each.name or None, "fires": each.fires, "caught": each.caught, "incidents": each.incidents,
                "traps": each.traps, "alerts": each.alerts, "with_runbook": each.alerts - len(each.no_runbook),
                "without_runbook": list(each.no_runbook), "without_trap": list(each.no_trap),
            }
            for each in learnt.services
        ],
        "action_items": [
            {
                "owner": each.owner, "open": [item.id for item in each.open], "overdue": [item.id for item in each.overdue],
                "done": [item.id for item in each.done],
            }
            for each in learnt.owed
        ],
    }  # fmt: skip
