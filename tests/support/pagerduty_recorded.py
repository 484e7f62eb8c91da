"""What an account of PagerDuty answers, by path: told by our own `pagerduty_account`, for tests that need no state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.testing import FakeClock
from support.pagerduty_account import Account, ref

START = FakeClock().now()


def account(now: datetime = START) -> Account:
    """Five incidents: one that rings, one acknowledged, one snoozed, one of low urgency, one of a low priority."""
    made = Account(lambda: now)
    made.fire("5xx over 12 %", minutes=7, priority="P1", key="web/5xx")
    acked = made.fire("Latency p99 over 2 s", minutes=20)
    made.change(acked, {"status": "acknowledged"}, "PANA")
    snoozed = made.fire("Replica lag", "PDB", minutes=90)
    made.snooze(snoozed, 3600, "PBO")
    made.fire("Disk is filling up", "PDB", minutes=300, urgency="low")
    made.fire("Certificate ends in a week", minutes=900, priority="SEV-4")
    made.schedules[0].overrides["QOVER1"] = ("PANA", now + timedelta(hours=3), now + timedelta(hours=5))
    start, end = (f"{now + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-1, 1))
    made.windows["PWIN1"] = {
        **ref("maintenance_window", "PWIN1", "new disks"), "type": "maintenance_window", "start_time": start, "end_time": end,
        "description": "new disks", "services": [ref("service", "PDB", "Database")], "created_by": ref("user", "PBO", "Bo"),
    }  # fmt: skip
    return made


def answers(of: Account | None = None) -> Mapping[str, bytes]:
    """The bodies that a poll asks for."""
    told = of or account()
    page = {"limit": 100, "offset": 0, "more": False, "total": None}
    now = told.now()
    overrides = [
        {"id": each, "start": start.isoformat(), "end": end.isoformat(), "user": told.told_user(told.user(who))}
        for each, (who, start, end) in told.schedules[0].overrides.items()
    ]
    bodies: dict[str, Any] = {
        "/incidents": {**page, "incidents": [told.told_incident(each) for each in told.incidents.values()]},
        "/services/PSHOP": {"service": told.told_service(told.services[0])},
        "/services/PDB": {"service": told.told_service(told.services[1])},
        "/escalation_policies": {**page, "escalation_policies": [told.told_policy(each) for each in told.policies]},
        "/oncalls": {**page, "oncalls": told.on_calls(now, now + timedelta(days=7), ())},
        "/schedules/PSCHED/overrides": {"overrides": overrides},
        "/maintenance_windows": {**page, "maintenance_windows": list(told.windows.values())},
    }
    return {path: json.dumps(body).encode() for path, body in bodies.items()}
