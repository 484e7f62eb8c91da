"""The night itself: release 1.4 of the shop writes every query down, and a disk fills. Seconds count from 03:06:00 UTC."""

from __future__ import annotations

from ...core.alerts import Link, Severity
from .beats import Beat, Cures
from .rack import RACK

ROLL_BACK, FREE_DISK = "roll-back", "free-disk"

_WEB = {"team": "web", "service": "shop", "cluster": "eu-1"}
_DB = {"team": "db", "service": "shop", "cluster": "eu-1"}
_INFRA = {"team": "infra", "cluster": "eu-1"}
_GRAPH = Link("generator", "https://prometheus.eu.shop.example/graph?g0.expr=error_percent")

_BEFORE = (
    Beat(
        source="am-prod", name="CertExpiresSoon", where="shop.example", severity=Severity.WARNING, begins=-9600.0,
        says=((-9600.0, "6 days left"),), labels={"team": "web", "cluster": "eu-1"},
    ),
    Beat(
        source="am-prod", name="ReplicaLag", where="db-2", severity=Severity.WARNING, begins=-4100.0, ends=1500.0,
        says=((-4100.0, "48 s behind"), (300.0, "1 m 20 s behind"), (1140.0, "21 s behind")), labels=_DB, acked=(-2400.0, "Bo"),
    ),
    Beat(
        source="am-prod", name="NodeMaintenance", where="k8s-14", severity=Severity.INFO, begins=-5400.0,
        says=((-5400.0, "draining"),), labels=_INFRA,
    ),
    Beat(
        source="prom-eu", name="CacheMissRatio", where="edge-fra", severity=Severity.WARNING, begins=-1500.0,
        says=((-1500.0, "31 % of requests miss"),), labels={"team": "web", "cluster": "edge"},
    ),
    Beat(
        source="pd", name="Nightly report is late", where="reports", severity=Severity.WARNING, begins=-7000.0, ends=1020.0,
        says=((-7000.0, "not there at 01:00"),), labels={"team": "web"}, acked=(-6000.0, "Bo"), assignees=("Bo",), id="P4698",
    ),
)  # fmt: skip

_FIRE = (
    Beat(
        source="am-prod", name="LatencyP99", where="shop-eu", severity=Severity.ERROR, begins=40.0, cures=((ROLL_BACK, 45.0),),
        says=((40.0, "p99 1.9 s, objective 800 ms"), (420.0, "p99 3.4 s, objective 800 ms")), labels=_WEB,
    ),
    Beat(
        source="am-prod", name="HighErrorRate", where="web-3", severity=Severity.CRITICAL, begins=120.0,
        cures=((ROLL_BACK, 20.0),), labels=_WEB,
        says=((120.0, "5xx 12 % for 5 m"), (480.0, "5xx 19 % for 5 m"), (1000.0, "5xx 31 % for 5 m")),
        annotations={
            "description": "More than 10 % of the requests to web-3 fail. Release 1.4 came at 03:02.",
            "runbook_url": "https://wiki.shop.example/runbooks/5xx",
        },
        links=(Link("dashboard", "https://grafana.shop.example/d/web?var-host=web-3"), _GRAPH),
    ),
    Beat(
        source="pd", name="CheckoutFails", where="shop", severity=Severity.CRITICAL, begins=150.0, cures=((ROLL_BACK, 25.0),),
        says=((150.0, "one checkout in eight fails"), (600.0, "one checkout in four fails")),
        labels={"team": "web", "service": "shop"}, assignees=("Ana",), id="P4711",
    ),
    Beat(
        source="am-prod", name="ProbeFailed", where="web-2; reboot", severity=Severity.INFO, begins=165.0, ends=1300.0,
        says=((165.0, "\x1b]0;owned\x07\x1b[2J$(reboot) `id` [@click=app.quit]press me[/] <script>"),),
        labels={"team": "web", "host": "$(touch /tmp/owned)"},
    ),
    Beat(
        source="am-prod", name="QueueBacklog", where="worker-2", severity=Severity.ERROR, begins=660.0,
        cures=((ROLL_BACK, 90.0), ("restart-workers", 60.0)), labels=_WEB,
        says=((660.0, "22,600 jobs wait, 310/s in, 40/s out"), (900.0, "84,112 jobs wait, 310/s in, 40/s out")),
    ),
    Beat(
        source="am-prod", name="PostgresDown", where="db-1", severity=Severity.CRITICAL, begins=790.0,
        cures=((FREE_DISK, 25.0), ("fail-over", 15.0)), labels=_DB,
        says=((790.0, "could not write: no space left on device"),),
    ),
)  # fmt: skip

NIGHT = (*_BEFORE, *_FIRE, *RACK)
"""Everything that fires at other sources than this machine."""

SILENCES = (
    ("alertname=NodeMaintenance instance=k8s-14", -5400.0, 2040.0, "Divya", "kernel update, OPS-2290"),
    ("alertname=BatchLate team=data", -9000.0, 3240.0, "Bo", "month end, they know"),
    ("cluster=edge @severity<=warning", 3240.0, 10440.0, "Cy", "cache nodes are replaced, OPS-2301"),
)
"""What the Alertmanager's silences match, from and until when, who made them, and why."""

BLIND = ("prom-eu", 300.0, 640.0, "no route to host")
"""The source that sees nothing for a while, from and until, and why."""

OTHERS: Cures = {ROLL_BACK: 1020.0, FREE_DISK: 1090.0}
"""What others do in time, where nobody at this screen has: Bo runs these runbooks."""


def cured(at: float, by_hand: Cures) -> Cures:
    """What has been done by that second: ``by_hand`` at this screen, and by others."""
    done = {name: when for name, when in by_hand.items() if when <= at}
    return {**{name: when for name, when in OTHERS.items() if when <= at and not done_before(name, when, by_hand)}, **done}


def done_before(runbook: str, at: float, by_hand: Cures) -> bool:
    """Whether somebody at this screen was faster than ``at``."""
    return by_hand.get(runbook, at) < at
