#!/usr/bin/env python
"""What acknowledgements of a storm cost at each poll: 100,000 alerts of an Alertmanager that are hushed by 1,000 of our silences,
each of which is looked at, and none of which is due.

``python bench/upkeep.py``. Milliseconds of this machine, the median of several, and their ratio to `json.loads` of as many alerts,
which is the least that whoever reads all of them with Python alone pays.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

from cockpit.core.alerts import Alert, AlertState, Ref, Severity
from cockpit.core.packed import Packer
from cockpit.provider import HttpSettings
from cockpit.providers.am_acks import PREFIX, ack_comment
from cockpit.providers.am_alerts import Look, Seen, listed
from cockpit.providers.am_keep import Upkeeper
from cockpit.providers.am_member import Member
from cockpit.providers.am_members import Cluster
from cockpit.providers.am_merge import Known
from cockpit.providers.am_silences import Silencer
from cockpit.providers.am_wire import WireMatcher, WireSilence, WireStatus, stamp
from cockpit.providers.listed import Listed
from cockpit.testing import FakeClock, FakeHost
from subject import versions

NOW = datetime(2026, 11, 25, 3, 12, tzinfo=UTC)
MANY, SILENCES, TIMES = 100_000, 1_000, 7


def storm() -> Known:
    """The last answer, as the provider keeps it."""
    labels = [
        {"alertname": f"Alert{number % 50}", "instance": f"10.{number % 250}:9100", "group": str(number % SILENCES)}
        for number in range(MANY)
    ]
    records = [
        Seen(
            Alert(
                ref=Ref("am", f"{number:016x}"),
                name=has["alertname"],
                severity=Severity.ERROR,
                state=AlertState.FIRING,
                labels=has,
                started_at=NOW - timedelta(minutes=20),
            ),
            silenced=(f"s{number % SILENCES}",),
            hushed=True,
        )
        for number, has in enumerate(labels)
    ]
    silences = {
        f"s{number}": WireSilence(
            id=f"s{number}",
            matchers=[WireMatcher("group", str(number))],
            starts_at=stamp(NOW - timedelta(minutes=9)),
            ends_at=stamp(NOW + timedelta(minutes=14)),
            created_by="Ana",
            comment=ack_comment("Ana", "", [NOW]),
            status=WireStatus("active"),
        )
        for number in range(SILENCES)
    }
    return Known(
        seen=listed(tuple(records)),
        alerts=Listed((), lambda alert: alert.ref.id, lambda alert: alert),
        silences=silences,
        rejected_alerts=0,
        rejected_silences=0,
        complete=True,
        remarks=(),
        skew=timedelta(),
        restarted=None,
        old_silences=False,
    )


def main() -> None:
    """Measure and print."""
    host = FakeHost(FakeClock())
    member = Member(
        host.http("http://127.0.0.1:9", HttpSettings(), "an Alertmanager"), Look("am", "severity", {}, (), Packer()), ()
    )
    cluster = Cluster([member])
    keeper, known = Upkeeper(cluster, Silencer(cluster), timedelta(minutes=15), None, PREFIX), storm()
    alike = [{"labels": {f"label{n}": f"value {number}" for n in range(12)}} for number in range(MANY)]
    body = json.dumps(alike)
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(TIMES):
        start = perf_counter()
        done = asyncio.run(keeper.keep(known, NOW))
        ours.append(1000 * (perf_counter() - start))
        assert done == [], "none was due"  # what is measured must be what is said
        start = perf_counter()
        json.loads(body)
        plain.append(1000 * (perf_counter() - start))
    print(versions())
    print(f"{MANY:,} alerts acknowledged by {SILENCES:,} silences, kept up: {median(ours):.0f} ms")
    print(f"  json.loads of as many: {median(plain):.0f} ms")
    print(f"  ratio {median(one / other for one, other in zip(ours, plain, strict=True)):.2f}")


if __name__ == "__main__":
    main()
