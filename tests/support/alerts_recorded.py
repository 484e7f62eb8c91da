"""What Alertmanagers answer, as it comes over the wire; and the same as other versions would have said it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["VERSIONS", "answers", "groups_alone", "of_version"]

ACK = "11111111-aaaa-4bbb-8ccc-000000000001"
SILENCE = "11111111-aaaa-4bbb-8ccc-000000000002"
ENDED = "11111111-aaaa-4bbb-8ccc-000000000003"
PENDING = "11111111-aaaa-4bbb-8ccc-000000000004"


_ACTIVE = {"inhibitedBy": [], "mutedBy": [], "silencedBy": [], "state": "active"}


def _alert(fingerprint: str, labels: Mapping[str, str], **status: Any) -> dict[str, Any]:
    return {
        "annotations": {"summary": "it burns", "runbook_url": "https://runbooks.example/fire"},
        "endsAt": "2026-11-23T03:16:00.000Z",
        "fingerprint": fingerprint,
        "receivers": [{"name": "team"}],
        "startsAt": "2026-11-23T03:00:00.000Z",
        "status": _ACTIVE | status,
        "updatedAt": "2026-11-23T03:12:00.000Z",
        "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "labels": dict(labels),
    }


def _silence(silence_id: str, state: str, comment: str, ends: str, **matchers: str) -> dict[str, Any]:
    return {
        "id": silence_id,
        "status": {"state": state},
        "updatedAt": "2026-11-23T03:05:00.000Z",
        "comment": comment,
        "createdBy": "Bo",
        "endsAt": ends,
        "startsAt": "2026-11-23T03:05:00.000Z" if state != "pending" else "2026-11-23T06:00:00.000Z",
        "matchers": [{"isEqual": True, "isRegex": False, "name": name, "value": value} for name, value in matchers.items()],
        "annotations": {},
    }


def _alerts() -> list[dict[str, Any]]:
    disk = {"alertname": "DiskFull", "severity": "critical", "instance": "db-1", "service": "db"}
    return [
        _alert("aaaaaaaaaaaaaaa1", disk),
        _alert(
            "aaaaaaaaaaaaaaa2",
            {"alertname": "Slow", "severity": "warning", "instance": "web-1"},
            silencedBy=[ACK],
            state="suppressed",
        ),
        _alert("aaaaaaaaaaaaaaa3", {"alertname": "Backup", "severity": "page"}, silencedBy=[SILENCE], state="suppressed"),
        _alert("aaaaaaaaaaaaaaa4", {**disk, "severity": "warning"}, inhibitedBy=["aaaaaaaaaaaaaaa1"], state="suppressed"),
        _alert("aaaaaaaaaaaaaaa5", {"alertname": "Weekend", "severity": "none"}),
        _alert("aaaaaaaaaaaaaaa6", {"job": "nameless"}, state="unprocessed"),
    ]


def _groups() -> list[dict[str, Any]]:
    by_name: dict[str, list[dict[str, Any]]] = {}
    for alert in _alerts():
        name = alert["labels"].get("alertname", "")
        by_name.setdefault(name, []).append(alert)
        if name == "Weekend":  # in the list itself, what is muted by time is told as active
            alert["status"] |= {"mutedBy": ["weekends"], "state": "suppressed"}
    return [
        {"labels": {"alertname": name} if name else {}, "receiver": {"name": "team"}, "routeLabels": {}, "alerts": alerts}
        for name, alerts in by_name.items()
    ]


def _silences() -> list[dict[str, Any]]:
    return [
        _silence(
            ACK, "active", "ACK! This alert was acknowledged using karma on Mon", "2026-11-23T03:20:00.000Z", alertname="Slow"
        ),
        _silence(SILENCE, "active", "new disks", "2026-11-23T09:00:00.000Z", alertname="Backup"),
        _silence(ENDED, "expired", "moved racks", "2026-11-23T03:06:00.000Z", rack="r1"),
        _silence(PENDING, "pending", "window at six", "2026-11-23T08:00:00.000Z", rack="r2"),
    ]


def answers(tell: Callable[[Any], Any] = lambda told: told) -> dict[str, bytes]:
    """The bodies by path; ``tell`` changes each before it is written."""
    status = {
        "cluster": {"status": "ready", "peers": [], "name": "01"},
        "config": {"original": "route: {receiver: team}"},
        "uptime": "2026-11-01T00:00:00.000Z",
        "versionInfo": {"version": "0.28.1"},
    }
    bodies = {"alerts": _alerts(), "alerts/groups": _groups(), "silences": _silences(), "status": status}
    return {f"/api/v2/{path}": json.dumps(tell(body)).encode() for path, body in bodies.items()}


def _without(*names: str) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: walk(each) for name, each in value.items() if name not in names}
        return [walk(each) for each in value] if isinstance(value, list) else value

    return walk


def _null(*names: str) -> Callable[[Any], Any]:
    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: None if name in names else walk(each) for name, each in value.items()}
        return [walk(each) for each in value] if isinstance(value, list) else value

    return walk


def _nulls(value: Any) -> Any:
    """Null where nothing is said, as other writers of the same API send it."""
    if isinstance(value, dict):
        bare = {"status": None} if value.get("status", {}) == _ACTIVE and "fingerprint" in value else {}
        return _null("generatorURL", "updatedAt", "isEqual", "annotations")(value | bare)
    return [_nulls(each) for each in value] if isinstance(value, list) else value


def _more(value: Any) -> Any:
    """As a version to come may say it: members that nobody knows yet, everywhere."""
    if isinstance(value, dict):
        strings = value and all(isinstance(each, str) for each in value.values()) and "name" not in value and "state" not in value
        extra: dict[str, Any] = {} if strings or not value else {"isNew": {"deep": [1, {"a": None}]}, "another": 7}
        return {name: _more(each) for name, each in value.items()} | extra
    return [_more(each) for each in value] if isinstance(value, list) else value


def _zones(value: Any) -> Any:
    """Times with an offset and nanoseconds, as some proxies and rewrites of Alertmanager send them."""
    if isinstance(value, dict):
        return {name: _zones(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_zones(each) for each in value]
    if isinstance(value, str) and value.startswith("2026-11-23T03:") and value.endswith(".000Z"):
        return value.replace("T03:", "T04:").replace(".000Z", ".000000123+01:00")
    return value


VERSIONS: Mapping[str, Callable[[Any], Any]] = {
    "0.21: no isEqual": _without("isEqual", "mutedBy", "annotations", "routeLabels"),
    "0.22: no mutedBy": _without("mutedBy", "routeLabels"),
    "0.25: no mutedBy, no annotations of silences": _without("mutedBy", "routeLabels"),
    "0.27: null for empty lists": _null("mutedBy", "inhibitedBy"),
    "0.28": lambda told: told,
    "0.31": _without("updatedAt"),
    "0.33: routeLabels and annotations": lambda told: told,
    "one to come": _more,
    "without generatorURL": _without("generatorURL"),
    "null for whatever is not said": _nulls,
    "times with zones": _zones,
}


def of_version(name: str) -> dict[str, bytes]:
    """The bodies by path, as that version would say it."""
    return answers(VERSIONS[name])


def groups_alone(bodies: Mapping[str, bytes]) -> dict[str, bytes]:
    """The same without the list of alerts: as recordings of karma have it, and a proxy that lets through what karma asks for."""
    return {path: body for path, body in bodies.items() if path != "/api/v2/alerts"}
