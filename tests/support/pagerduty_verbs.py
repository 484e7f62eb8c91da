"""The routes of `pagerduty` that are about incidents, and those by which things are done to them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from support.pagerduty import ROUTING_KEY, Asked, Server, _named, _on
from support.pagerduty_account import API, Incident, Wrong, ref, told


@_on("GET", "/incidents")
def _incidents(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    account, found = server.account, list(server.account.incidents.values())
    found = [each for each in found if each.status in (asked.all("statuses[]") or [each.status])]
    found = [each for each in found if each.urgency in (asked.all("urgencies[]") or [each.urgency])]
    found = [each for each in found if each.service.id in (asked.all("service_ids[]") or [each.service.id])]
    if asked.get("date_range") != "all":
        found = [each for each in found if each.at >= asked.time("since", account.now() - timedelta(days=30))]
    found.sort(key=lambda each: (each.at, each.number), reverse=asked.get("sort_by").endswith(":desc"))
    return 200, asked.page("incidents", [account.told_incident(each) for each in found])


@_on("PUT", "/incidents")
def _change(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    who, wanted = _named(asked), asked.body["incidents"]
    if len(wanted) > 250:
        raise Wrong(413, "too many incidents")
    changed = [server.account.incident(each["id"]) for each in wanted]
    for incident, each in zip(changed, wanted, strict=True):
        server.account.change(incident, each, who)
    return 200, {"incidents": [server.account.told_incident(each) for each in changed]}


@_on("GET", "/incidents/{id}")
def _incident(server: Server, _: Asked, incident: str, __: str) -> tuple[int, Any]:
    return 200, {"incident": server.account.told_incident(server.account.incident(incident))}


@_on("POST", "/incidents/{id}/snooze")
def _snooze(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    snoozed = server.account.incident(incident)
    server.account.snooze(snoozed, asked.body["duration"], _named(asked))
    return 201, {"incident": server.account.told_incident(snoozed)}


@_on("PUT", "/incidents/{id}/merge")
def _merge(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    into = server.account.incident(incident)
    server.account.merge(into, [server.account.incident(each["id"]) for each in asked.body["source_incidents"]], _named(asked))
    return 200, {"incident": ref("incident", into.id, into.title)}


@_on("GET", "/incidents/{id}/notes")
def _notes(server: Server, _: Asked, incident: str, __: str) -> tuple[int, Any]:
    return 200, {"notes": server.account.notes_of(server.account.incident(incident))}


@_on("POST", "/incidents/{id}/notes")
def _note(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    return 200, {"note": server.account.note(server.account.incident(incident), asked.body["note"]["content"], _named(asked))}


@_on("GET", "/incidents/{id}/log_entries")
def _log_of(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    return 200, asked.page("log_entries", _entries(server, asked, server.account.incident(incident).id))


@_on("GET", "/log_entries")
def _log(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    return 200, asked.page("log_entries", _entries(server, asked, ""))


def _entries(server: Server, asked: Asked, of: str) -> list[dict[str, Any]]:
    since = asked.time("since", server.account.now() - timedelta(days=365))
    whole = "incidents" in asked.all("include[]")
    found = []
    for each in reversed(server.account.log):
        incident = server.account.incidents[each["incident"]]
        if of in ("", incident.id) and datetime.fromisoformat(each["created_at"]) >= since:
            told_it = server.account.told_incident(incident) if whole else ref("incident", incident.id, incident.title)
            found.append({**each, "incident": told_it, "self": f"{API}/log_entries/{each['id']}"})
    return found


@_on("GET", "/incidents/{id}/alerts")
def _alerts(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    of = server.account.incident(incident)
    return 200, asked.page("alerts", [_alert(of, number) for number in range(of.alerts)])


def _alert(of: Incident, number: int) -> dict[str, Any]:
    return {
        "id": f"PALERT{number}", "type": "alert", "summary": of.title, "created_at": told(of.at), "status": "triggered",
        "alert_key": of.key or f"key-{number}", "service": ref("service", of.service.id, of.service.name), "suppressed": False,
        "severity": "critical", "body": {"type": "alert_body", "details": {"host": "web-3", "load": 17, "tags": ["a", "b"]},
        "contexts": [{"type": "link", "href": "https://graphs.example/1", "text": "graph"}]},
    }  # fmt: skip


@_on("GET", "/incidents/{id}/past_incidents")
def _past(server: Server, asked: Asked, incident: str, _: str) -> tuple[int, Any]:
    server.account.incident(incident)
    if server.account.past is None:
        raise Wrong(402, "Account does not have the abilities to perform the action")
    found = [
        {
            "incident": {
                "id": f"PPAST{number}", "title": title, "self": f"{API}/incidents/PPAST{number}",
                "created_at": told(server.account.now() - timedelta(days=30 * (number + 1))),
            },
            "score": 46.8,
        }
        for number, title in enumerate(server.account.past)
    ]  # fmt: skip
    return 200, {"past_incidents": found, "total": len(found), "limit": int(asked.get("limit", "5"))}


@_on("GET", "/maintenance_windows")
def _windows(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    now = server.account.now()
    found = [each for each in server.account.windows.values() if datetime.fromisoformat(each["end_time"]) > now]
    return 200, asked.page("maintenance_windows", found)


@_on("POST", "/maintenance_windows")
def _window(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    who, wanted = _named(asked), asked.body["maintenance_window"]
    start = max(server.account.now(), datetime.fromisoformat(wanted["start_time"]))
    if datetime.fromisoformat(wanted["end_time"]) <= start:
        raise Wrong(400, "End time must be after start time")
    window = f"PWIN{len(server.account.windows) + 1}"
    services = [server.account.told_service(server.account._service(each["id"])) for each in wanted["services"]]
    made = {
        **ref("maintenance_window", window, wanted["description"]), "type": "maintenance_window", "sequence_number": 1,
        "start_time": told(start), "end_time": wanted["end_time"], "description": wanted["description"], "teams": [],
        "created_by": ref("user", who, server.account.name(who)),
        "services": [ref("service", each["id"], each["name"]) for each in services],
    }  # fmt: skip
    server.account.windows[window] = made
    return 201, {"maintenance_window": made}


@_on("DELETE", "/maintenance_windows/{id}")
def _end_window(server: Server, _: Asked, window: str, __: str) -> tuple[int, Any]:
    if window not in server.account.windows:
        raise Wrong(404, "Not Found")
    del server.account.windows[window]
    return 204, None


@_on("GET", "/incident_workflows/triggers")
def _triggers(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    found = [
        {
            "id": f"trigger-{workflow}", "type": "workflow_trigger", "trigger_type": "manual", "workflow_id": workflow,
            "workflow": {"id": workflow, "type": "incident_workflow", "name": name, "description": "as agreed"},
            "workflow_name": name, "is_subscribed_to_all_services": True, "services": [], "permissions": {"restricted": False},
        }
        for workflow, name in server.account.workflows.items()
    ]  # fmt: skip
    return 200, {"triggers": found, "limit": int(asked.get("limit", "25")), "next_cursor": None, "more": False}


@_on("POST", "/incident_workflows/{id}/instances")
def _start(server: Server, asked: Asked, workflow: str, _: str) -> tuple[int, Any]:
    if workflow not in server.account.workflows:
        raise Wrong(404, "Not Found")
    of = asked.body["incident_workflow_instance"]["incident"]["id"]
    server.account.started.append((workflow, server.account.incident(of).id))
    return 201, {"incident_workflow_instance": {"id": "PRUN1", "type": "incident_workflow_instance"}}


@_on("GET", "/automation_actions/actions")
def _actions(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    found = [
        {
            "id": action, "type": "action", "action_type": "script", "name": name, "description": "as agreed",
            "action_data_reference": {"script": "uptime"}, "creation_time": "2022-11-08T14:54:02Z",
            "modify_time": "2022-11-08T14:54:02Z", "privileges": {"permissions": ["update", "invoke"]},
        }
        for action, name in server.account.actions.items()
    ]  # fmt: skip
    return 200, {"actions": found, "limit": int(asked.get("limit", "25")), "next_cursor": None}


@_on("POST", "/automation_actions/actions/{id}/invocations")
def _invoke(server: Server, asked: Asked, action: str, _: str) -> tuple[int, Any]:
    if action not in server.account.actions:
        raise Wrong(404, "Not Found")
    of = asked.body["invocation"]["metadata"]["incident_id"]
    server.account.started.append((action, server.account.incident(of).id))
    created = told(server.account.now())
    return 201, {
        "invocation": {
            "id": "PINV1", "type": "invocation", "state": "created", "action_id": action, "runner_id": "PRUNNER",
            "action_snapshot": {"name": server.account.actions[action], "action_type": "script"},
            "timing": [{"timestamp": created, "state": "created"}],
            "metadata": {"incident": ref("incident", of, of), "agent": ref("user", "PANA", "Ana")},
        }
    }  # fmt: skip


@_on("POST", "/v2/enqueue")
def _event(server: Server, asked: Asked, _: str, __: str) -> tuple[int, Any]:
    event = asked.body
    if event.get("routing_key") != ROUTING_KEY:
        raise Wrong(400, "routing_key is invalid")
    server.account.events.append(event)
    key = event.get("dedup_key") or f"made-{len(server.account.events)}"
    open_ones = [each for each in server.account.incidents.values() if each.key == key and each.status != "resolved"]
    match event["event_action"]:
        case "trigger" if not open_ones:
            server.account.fire(event["payload"]["summary"], key=key)
        case "acknowledge" if open_ones:
            server.account.change(open_ones[0], {"status": "acknowledged"}, "PANA")
        case "resolve" if open_ones:
            server.account.end(open_ones[0])
    return 202, {"status": "success", "message": "Event processed", "dedup_key": key}
