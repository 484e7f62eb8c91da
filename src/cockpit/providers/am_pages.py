"""Pages as alerts at an Alertmanager, which routes, groups and notifies as it does for Prometheus.

Source: Alertmanager's ``api/v2/openapi.yaml``, ``POST /alerts`` (``postableAlerts``): an alert is known by its labels; its end is a
second one with the same labels and ``endsAt`` in the past. Clients post to every member of a cluster (Alertmanager, "High
availability").
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

import msgspec

from ..core.drills import DRILL_LABEL, PAGE_NOTE
from ..core.paging import Page, PageKind
from ..provider import ProviderError
from .am_member import API, Member
from .am_members import Cluster, whole
from .am_wire import stamp

HELD = timedelta(hours=12)
"""So long an alert stands by itself; it is told again before that while it fires, so that one whose cockpit is gone ends."""
_NAME = re.compile(r"[^a-zA-Z0-9_]")


async def post(cluster: Cluster, page: Page, now: datetime) -> None:
    """Tell every member. One that takes it is enough: raises `ProviderError` where none does. That somebody has it is nothing that
    an Alertmanager keeps; nothing is sent then."""
    if page.kind is PageKind.ACKNOWLEDGE:
        return
    body = msgspec.json.encode([_alert(page, now)])

    async def told(member: Member) -> ProviderError | None:
        try:
            await member.http.send("POST", f"{API}/alerts", body)
        except ProviderError as error:
            return error
        return None

    results = await asyncio.gather(*map(told, cluster.members))
    failed = [(member, error) for member, error in zip(cluster.members, results, strict=True) if error is not None]
    if len(failed) == len(cluster.members):
        raise whole(failed)


def _alert(page: Page, now: datetime) -> dict[str, object]:
    labels = {_NAME.sub("_", name): value for name, value in page.labels.items() if value}
    labels = {name: value for name, value in labels.items() if not name[0].isdigit()}
    labels.setdefault("alertname", page.summary.partition(":")[0])
    labels["severity"] = page.severity.word
    if page.drill:
        labels[DRILL_LABEL] = "true"
    links = {_NAME.sub("_", link.name): link.url for link in page.links}
    summary = ("DRILL: " if page.drill else "") + page.summary
    annotations = {"summary": summary, "description": page.details, PAGE_NOTE: page.key, **links}
    over = page.kind is PageKind.RESOLVE
    return {
        "labels": labels,
        "annotations": {name: value for name, value in annotations.items() if value},
        "startsAt": stamp(now),  # without it, it would be said to begin at its end; the earliest that was told stands
        "endsAt": stamp(now if over else now + HELD),
    }
