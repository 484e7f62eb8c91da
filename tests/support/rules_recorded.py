"""What a Prometheus answers when it is asked for its rules, as it comes over the wire."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cockpit.testing.clock import START

__all__ = [
    "EVALUATED", "METRICS", "QUERY", "RANGE", "RULES", "active", "answers", "envelope", "group", "matrix", "rule", "vector",
]  # fmt: skip

RULES, METRICS = "/api/v1/rules", "/api/v1/label/__name__/values"
QUERY, RANGE = "/api/v1/query", "/api/v1/query_range"
EVALUATED = START - timedelta(seconds=5)
"""When everything was evaluated last, if nothing else is said."""


def stamp(time: datetime) -> str:
    """A time as Prometheus writes it: nanoseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.%f") + "417Z"


def active(state: str = "firing", value: str = "9.7e-01", age: float = 300, **labels: str) -> dict[str, Any]:
    """An alert of a rule, active for ``age`` seconds."""
    return {
        "labels": {"alertname": "DiskFull", "instance": "db-1", "severity": "critical"} | labels,
        "annotations": {"summary": f"used {value}", "runbook_url": "https://runbooks.example/disk"},
        "state": state,
        "activeAt": stamp(START - timedelta(seconds=age)),
        "value": value,
    }


def rule(name: str = "DiskFull", query: str = "disk_used_ratio > 0.9", *alerts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An alerting rule; its state is that of its alerts."""
    states = {each["state"] for each in alerts}
    return {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": name,
        "query": query,
        "duration": 120,
        "keepFiringFor": 0,
        "labels": {"severity": "critical", "team": "db"},
        "annotations": {"summary": "used {{ $value }}", "runbook_url": "https://runbooks.example/disk"},
        "alerts": list(alerts),
        "health": "ok",
        "evaluationTime": 0.0002,
        "lastEvaluation": stamp(EVALUATED),
        "type": "alerting",
    } | more


def group(*rules: Any, name: str = "disk", file: str = "/etc/prometheus/rules.yml", interval: float = 30) -> dict[str, Any]:
    """A group of rules."""
    return {
        "name": name,
        "file": file,
        "rules": list(rules),
        "interval": interval,
        "limit": 0,
        "evaluationTime": 0.0005,
        "lastEvaluation": stamp(EVALUATED),
    }


def envelope(data: Any, **more: Any) -> bytes:
    """An answer."""
    return json.dumps({"status": "success", "data": data} | more).encode()


def vector(*samples: tuple[dict[str, str], str]) -> bytes:
    """What an instant query answers."""
    result = [{"metric": labels, "value": [START.timestamp(), value]} for labels, value in samples]
    return envelope({"resultType": "vector", "result": result})


def matrix(*lines: tuple[dict[str, str], list[tuple[float, str]]]) -> bytes:
    """What a query over time answers; times are seconds before `START`."""
    result = [{"metric": labels, "values": [[START.timestamp() - ago, value] for ago, value in points]} for labels, points in lines]
    return envelope({"resultType": "matrix", "result": result})


def answers(*groups: Any, metrics: tuple[str, ...] = ("disk_used_ratio", "up"), **more: Any) -> Mapping[str, bytes]:
    """The bodies by path; ``more`` stands in the envelope of the rules."""
    return {RULES: envelope({"groups": list(groups)}, **more), METRICS: envelope(list(metrics))}
