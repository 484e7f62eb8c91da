"""What fires taught: which of them no trap was armed after, and how services are guarded."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from cockpit.core.guards import Guard
from cockpit.core.incidents import Incident, Member, Status
from cockpit.core.report_learnt import (
    Armed,
    Burnt,
    Caught,
    Laid,
    Service,
    caught_by,
    coverage,
    service_of,
    untrapped_fires,
    untrapped_incidents,
)
from cockpit.core.runbooks import Runbook
from cockpit.core.traps import Origin, Trap

START = datetime(2026, 11, 2, 9, tzinfo=UTC)
END = START + timedelta(days=14)
SLOW = Member(source="am", alert="7f", name="PaymentsSlow", where="web-1", since=START, labels={"service": "shop"})
FULL = Member(source="local", alert="disk", name="disk", trap="disk", since=START)
TRAP = Trap(name="slow-early", probe="http")


def incident(number: int = 1, *members: Member, closed: float | None = 24, guards: tuple[Guard, ...] = ()) -> Incident:
    """One that was opened an hour after the first sign, and closed so many hours after."""
    return Incident(
        id=f"i{number}", title="x", opened_at=START + timedelta(hours=1), opened_by="ana", members=members, guards=guards,
        status=Status.OPEN if closed is None else Status.CLOSED,
        closed_at=START + timedelta(hours=closed) if closed is not None else None,
    )  # fmt: skip


def hours(many: float) -> datetime:
    return START + timedelta(hours=many)


def left(one: Incident, laid: tuple[Laid, ...] = (), traps: tuple[Trap, ...] = ()) -> bool:
    """Whether the incident is told as one that taught nothing."""
    return bool(untrapped_incidents(Armed(laid, [one], traps), [one], START, END))


def test_an_incident_is_told_once_it_is_closed_until_a_trap_was_armed_after_it() -> None:
    assert left(incident(1, SLOW))
    assert not left(incident(1, SLOW, closed=None)), "it is not over"
    assert not left(incident(1, SLOW, closed=24 * 20)), "it was closed later"
    assert not left(msgspec.structs.replace(incident(1, SLOW), status=Status.MERGED)), "its other one counts"
    assert not left(incident(1, SLOW, guards=(Guard(trap="x", at=hours(30), who="ana"),)))
    assert not left(incident(1, SLOW), (Laid(at=hours(30), trap="x", incident="i1"),))
    assert left(incident(1, SLOW), (Laid(at=hours(30), trap="x", incident="i2"),))
    assert not left(msgspec.structs.replace(incident(1), absorbed=("i2",)), (Laid(at=hours(30), trap="x", incident="i2"),))


@pytest.mark.parametrize(("at", "alert", "told"), [(2, "am/7f", False), (-1, "am/7f", True), (2, "am/8", True)])
def test_a_trap_armed_after_one_of_its_alerts_counts_if_it_was_after_it(at: float, alert: str, told: bool) -> None:
    assert left(incident(1, SLOW), (Laid(at=hours(at), trap="slow-early", alert=alert),)) is told


def test_what_the_journal_has_forgotten_the_trap_itself_says() -> None:
    born = msgspec.structs.replace(TRAP, origin=Origin(alert="PaymentsSlow", where="web-1", source="am"))
    assert not left(incident(1, SLOW), (), (born,))
    assert left(incident(1, SLOW), (Laid(at=hours(-99), trap="slow-early", alert="am/7f"),), (born,)), "it was there before"
    other = msgspec.structs.replace(TRAP, origin=Origin(alert="PaymentsSlow", source="pd"))
    assert left(incident(1, SLOW), (), (other,))
    assert not left(incident(1), (), (msgspec.structs.replace(TRAP, origin=Origin(incident="i1")),))


def test_fires_are_told_by_their_alert_the_most_first() -> None:
    burnt = {"disk": [hours(1), hours(50), hours(90)], "tls": [hours(3)], "queue": [hours(n) for n in range(4)]}
    none = Armed((), (), ())
    assert untrapped_fires(none, burnt) == (Burnt("queue", 4, hours(3)), Burnt("disk", 3, hours(90)), Burnt("tls", 1, hours(3)))
    armed = Armed((Laid(at=hours(60), trap="x", alert="local/disk"), Laid(at=hours(2), trap="y", alert="local/tls")), (), ())
    assert untrapped_fires(armed, {name: burnt[name] for name in ("disk", "tls")}) == (
        Burnt("disk", 1, hours(90)), Burnt("tls", 1, hours(3)),
    )  # fmt: skip
    guarded = incident(1, FULL, guards=(Guard(trap="x", at=hours(60), who="ana"),))
    assert untrapped_fires(Armed((), [guarded], ()), {"disk": burnt["disk"]}) == (Burnt("disk", 1, hours(90)),)
    born = msgspec.structs.replace(TRAP, origin=Origin(alert="disk", source="local"))
    assert untrapped_fires(Armed((), (), [born]), {"disk": burnt["disk"]}) == ()


@pytest.mark.parametrize(
    ("labels", "name"),
    [
        ({}, ""),
        ({"job": "node", "app": "x"}, "node"),
        ({"service": "shop", "job": "node"}, "shop"),
        ({"service": "", "app": "x"}, "x"),
    ],
)
def test_the_first_label_that_names_a_service_does(labels: dict[str, str], name: str) -> None:
    assert service_of(labels) == name


def test_a_service_has_what_its_traps_and_incidents_have() -> None:
    traps = (
        Trap(name="disk", probe="disk", params={"path": "/"}, labels={"service": "db"}, runbooks=("free",)),
        Trap(name="queue", probe="command", labels={"service": "shop"}),
        Trap(name="tls", probe="tls"),
    )
    books = (Runbook(name="free", title="Free", steps=()), Runbook(name="pay", title="Pay", steps=(), match="PaymentsDown"))
    down = Member(source="am", alert="8a", name="PaymentsDown", labels={"service": "shop"})
    found = coverage(traps, books, [incident(1, SLOW, down, FULL)], {"disk": 2, "gone": 1}, {"disk": 5, "queue": 1}, "here", END)
    assert {each.name: each for each in found} == {
        "shop": Service(
            name="shop", fires=0, caught=1, incidents=1, traps=1, alerts=3, no_runbook=("PaymentsSlow", "queue"),
            no_trap=("PaymentsDown", "PaymentsSlow"),
        ),
        "db": Service(name="db", fires=2, caught=5, incidents=1, traps=1, alerts=1, no_runbook=(), no_trap=()),
        "": Service(name="", fires=1, caught=0, incidents=0, traps=1, alerts=1, no_runbook=("tls",), no_trap=()),
    }  # fmt: skip
    assert found[0].name == "db"
    early = msgspec.structs.replace(TRAP, origin=Origin(alert="PaymentsSlow", source="am", incident="i1"))
    shop = next(each for each in coverage((early,), books, [incident(1, SLOW, down)], {}, {}, "here", END) if each.name == "shop")
    assert shop.no_trap == ("PaymentsDown",)


def test_nothing_is_nothing() -> None:
    assert coverage((), (), (), {}, {}, "here", END) == ()
    assert untrapped_incidents(Armed((), (), ()), (), START, END) == ()
    assert untrapped_fires(Armed((), (), ()), {}) == ()


def test_what_caught_something_says_what_it_was_armed_after_and_how_early_it_would_have_told_of_that() -> None:
    laid = (
        Laid(at=hours(2), trap="disk-early", incident="i2", lead=720.0),
        Laid(at=hours(1), trap="disk-early", incident="i1", lead=60.0),
        Laid(at=hours(3), trap="slow-early", alert="am/7f"),
    )
    assert caught_by(laid, {"slow-early": 1, "disk-early": 3, "own": 1, "never": 0}) == (
        Caught("disk-early", 3, "i2", 720.0), Caught("own", 1), Caught("slow-early", 1, "am/7f"),
    )  # fmt: skip
