"""Figures of a report: weeks in which nothing happened, and weeks that got easier."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta

import msgspec

from cockpit.core.action_items import Item, ItemState, owed
from cockpit.core.aftermath import Verdict
from cockpit.core.alerts import Severity
from cockpit.core.incidents import LEAD, Incident, Status
from cockpit.core.report_fires import Fact, fires
from cockpit.core.report_learnt import Burnt, Caught, Service
from cockpit.core.report_toil import Kind, Labour, ledger
from cockpit.core.roster import Person
from cockpit.engine.reporting import Learnt, Reported

PEOPLE = (
    Person(id="ana", name="Ana", timezone="America/Sao_Paulo"),
    Person(id="bo", name="Bo", timezone="Europe/Berlin"),
)
TRAPS = ("root-disk", "backups", "queue", "tls-shop")


def quiet_weeks(since: datetime, until: datetime) -> Reported:
    """Nothing at all."""
    return Reported(since=since, until=until, fires=fires((), (), PEOPLE[0], (), since, until, UTC), toil=())


def easier_weeks(since: datetime, until: datetime) -> Reported:
    """From week to week fewer fires, and more that is caught; ``queue`` is acknowledged by nobody."""
    facts, labours = facts_of(since, (until - since) // timedelta(weeks=1)), labours_of(since, until)
    made = fires(facts, PEOPLE, PEOPLE[0], TRAPS, since, until, UTC)
    return Reported(
        since=since, until=until, fires=made, toil=ledger(labours, PEOPLE, PEOPLE[0]), learnt=learnt_of(until),
        unproven=("tls-shop",), undrilled=("backups", "tls-shop"),
    )  # fmt: skip


def learnt_of(until: datetime) -> Learnt:
    """An incident and two fires that taught no trap, and three services."""
    closed = until - timedelta(days=9)
    incident = Incident(
        id="i7", title="Checkout fails", opened_at=closed - timedelta(hours=2), opened_by="ana", status=Status.CLOSED,
        severity=Severity.CRITICAL, roles={LEAD: "Ana"}, closed_at=closed,
    )  # fmt: skip
    return Learnt(
        caught=(Caught("queue", 19, "i5", 7500.0), Caught("root-disk", 9)),
        incidents=(incident,), fires=(Burnt("backups", 13, until - timedelta(days=11)),),
        services=(
            Service(name="shop", fires=8, caught=19, incidents=1, traps=2, alerts=3, no_runbook=("PaymentsSlow",),
                    no_trap=("PaymentsSlow",)),
            Service(name="db", fires=13, caught=9, incidents=0, traps=1, alerts=1, no_runbook=(), no_trap=()),
            Service(name="", fires=0, caught=0, incidents=0, traps=1, alerts=1, no_runbook=("tls-shop",), no_trap=()),
        ),
        owed=owed(items_of(until), PEOPLE, until),
    )  # fmt: skip


def items_of(until: datetime) -> list[Item]:
    """Three action items: one that is late, one that is not, one that is done."""
    made = until - timedelta(days=20)
    late = Item(id="a3", incident="i7", text="cap the queue", owner="bo", due=date(2026, 11, 20), made_at=made, made_by="ana")
    other = msgspec.structs.replace(late, id="a4", text="a second node", owner="ana", due=date(2026, 12, 4))
    done = msgspec.structs.replace(other, id="a2", state=ItemState.DONE, ended_at=until - timedelta(days=3))
    return [late, other, done]


def facts_of(since: datetime, weeks: int) -> list[Fact]:
    """What the journal would have of them; the same each time."""
    chance, facts = random.Random(3), list[Fact]()
    for week in range(weeks):
        for one in range(9):
            at = since.timestamp() + 7 * 86400 * week + chance.random() * 6 * 86400
            caught = one <= 8 * week // weeks
            trap = "queue" if one > 6 else chance.choice(("root-disk", "backups"))
            told: list[tuple[float, str, str]] = [(0, "trap.warning", ""), (40, "trap.armed", "")]
            if not caught:
                told = [(0, "trap.warning", ""), (30, "alert.fired", "")]
                if trap != "queue":
                    told += [
                        (33, "page.sent", chance.choice(("ana", "bo"))),
                        (36 + chance.random() * 9, "alert.acked", "ana"),
                        (50, "alert.noted", ""),
                    ]
                over = 60 + chance.random() * 90
                told += [(over, "trap.armed", ""), (over, "alert.resolved", "")]
            facts += [(at + 60 * minutes, kind, who, trap) for minutes, kind, who in told]
    return sorted(facts)


def labours_of(since: datetime, until: datetime) -> list[Labour]:
    """What was done by hand: one runbook that always helped, one command again and again."""
    hours, labours = int((until - since).total_seconds() // 3600), list[Labour]()
    for n in range(0, hours, 90):
        at = since + timedelta(hours=n)
        labours.append(Labour(Kind.RUN, "free-disk", at, 42.0, "ana", ok=True, verdict=Verdict.HELPED))
        labours += [Labour(Kind.COMMAND, "systemctl restart", at + timedelta(hours=step), 610.0, "bo") for step in (7, 30)]
    labours.append(Labour(Kind.TICK, "db/failover: Tell #incidents", since + timedelta(days=2), 30.0, "ana"))
    return labours
