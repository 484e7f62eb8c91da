"""What an Alertmanager said last in a storm that somebody has: alerts, and the silences by which they are acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.packed import Packer
from cockpit.provider import HttpSettings
from cockpit.providers.am_acks import ack_comment
from cockpit.providers.am_alerts import Look, One, Seen, listed
from cockpit.providers.am_member import Member
from cockpit.providers.am_members import Cluster
from cockpit.providers.am_merge import Known
from cockpit.providers.am_wire import WireMatcher, WireSilence, WireStatus, stamp
from cockpit.providers.listed import Listed
from cockpit.testing import FakeClock, FakeHost

NOW = datetime(2026, 11, 23, 3, 12, tzinfo=UTC)


def nowhere() -> Cluster:
    """A cluster of one that nobody asks."""
    look = Look("am", "severity", {}, (), Packer())
    return Cluster([Member(FakeHost(FakeClock()).http("http://127.0.0.1:9", HttpSettings(), "an Alertmanager"), look, ())])


def acknowledged(alerts: int, silences: int, ends: timedelta, records: Callable[[Iterable[One]], tuple[One, ...]] = tuple) -> Known:
    """So many alerts, each of which Ana has by one of so many silences that end so long after `NOW`."""
    return Known(
        seen=listed(records(_seen(n, n % silences) for n in range(alerts))),
        alerts=Listed((), lambda alert: alert.ref.id, lambda alert: alert),
        silences={f"s{n}": _silence(n, ends) for n in range(silences)},
        rejected_alerts=0,
        rejected_silences=0,
        complete=True,
        remarks=(),
        skew=timedelta(),
        restarted=None,
        old_silences=False,
    )


def _seen(number: int, group: int) -> Seen:
    labels = {"alertname": f"Alert{number % 50}", "instance": f"10.{number % 250}:9100", "group": str(group)}
    alert = Alert(
        ref=Ref("am", f"a{number}"),
        name=labels["alertname"],
        severity=Severity.ERROR,
        state=AlertState.FIRING,
        labels=labels,
        started_at=NOW - timedelta(minutes=20),
    )
    return Seen(alert, silenced=(f"s{group}",), hushed=True)


def _silence(number: int, ends: timedelta) -> WireSilence:
    return WireSilence(
        id=f"s{number}",
        matchers=[WireMatcher("group", str(number))],
        starts_at=stamp(NOW - timedelta(minutes=9)),
        ends_at=stamp(NOW + ends),
        created_by="Ana",
        comment=ack_comment("Ana", "", [NOW]),
        status=WireStatus("active"),
    )
