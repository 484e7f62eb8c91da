"""The scene with silences: one that ends soon, one that lasts, one to come, one that is over, an acknowledgement."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from cockpit.core.alerts import AlertState, Ref, Silence, SilenceState
from cockpit.core.silences import standing
from cockpit.core.view import View

from .scene import NOW, scene

MINUTE = timedelta(minutes=1)


def silence(id: str, match: str, ends: float, who: str = "Bo", comment: str = "", begins: float = -30, **more: object) -> Silence:
    """One at ``am-prod`` that begins and ends so many minutes from the scene's moment."""
    made = Silence(
        ref=Ref("am-prod", id), match=match, starts_at=NOW + begins * MINUTE, ends_at=NOW + ends * MINUTE, who=who, comment=comment
    )
    state = SilenceState.PENDING if begins > 0 else SilenceState.ACTIVE
    return standing(msgspec.structs.replace(made, state=state, **more), NOW)


SOON = silence("5f1c-soon", 'alertname="DeployRunning" cluster="eu-1"', 12, "Bo", "release 2026.47.3, the web team knows")
LONG = silence("77aa-long", 'alertname="NodeMaintenance"', 168, "Cy", "k8s-14 gets new disks")
LASTS = silence("1b2d-lasts", 'alertname=~"Disk.*" team=infra', 200, "Ana", "log-1 is being moved", until_resolved=True)
COMING = silence("9e3f-coming", "team=db", 240, "Bo", "vacuum full on the replicas", begins=90)
OVER = silence("0c4d-over", 'alertname="QueueBacklog"', -9, "Ana", "worker deploy")
ACKED = silence("a77e-ack", 'alertname="PostgresDown" instance="db-1"', 11, "Ana", "", ack=True)
EVERY = (ACKED, OVER, COMING, LASTS, LONG, SOON)


def hushed() -> View:
    """The bad night of the scene, with these silences; what the active ones hush says so."""
    view = scene()
    by = {"DeployRunning": SOON, "NodeMaintenance": LONG, "DiskFillsUp": LASTS}
    rows = []
    for row in view.alerts:
        if (found := by.get(row.alert.name)) is not None:
            alert = msgspec.structs.replace(
                row.alert, state=AlertState.SUPPRESSED, suppressed_by=f"silence of {found.who}", silences=(found.ref.id,)
            )
            row = msgspec.structs.replace(row, alert=alert)
        elif row.alert.name == "PostgresDown":
            row = msgspec.structs.replace(row, alert=msgspec.structs.replace(row.alert, silences=(ACKED.ref.id,)))
        rows.append(row)
    return msgspec.structs.replace(view, alerts=type(view.alerts)(rows), silences=EVERY)
