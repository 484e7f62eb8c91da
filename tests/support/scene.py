"""A fixed scene, 03:12:44 UTC on a Wednesday: what the pictures are drawn from and the screen's tests look at.

``scene()`` is a bad night, ``calm()`` a good one. Worse nights are in ``storms.py``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from cockpit.config.model import Config
from cockpit.core import actions
from cockpit.core.alerts import Alert, AlertState, Link, Ref, Remark, Severity
from cockpit.core.roster import Contact, OnCall, Person, Shift
from cockpit.core.rows import STALE, Outlook
from cockpit.core.runbooks import Confirm, Param, Runbook
from cockpit.core.sources import Health, SourceHealth
from cockpit.core.steps.run import RunStep
from cockpit.core.steps.step import Step
from cockpit.core.stormrule import StormRule
from cockpit.core.traps import Reading, Trap, TrapState, TrapView, Watch
from cockpit.core.units import Seconds, bound
from cockpit.core.view import Ranking, Row, View

NOW = datetime(2026, 11, 25, 3, 12, 44, tzinfo=UTC)

PEOPLE = {
    "ana": Person(id="ana", name="Ana", timezone="America/Sao_Paulo", contacts=(Contact(via="phone", to="+55 11 5550 1234"),)),
    "bo": Person(id="bo", name="Bo", timezone="Europe/Berlin", contacts=(Contact(via="email", to="bo@example.com"),)),
    "cy": Person(id="cy", name="Cy", timezone="Asia/Tokyo"),
}


def config(**changes: object) -> Config:
    """The config that goes with the scene."""
    made = Config(
        title="prod",
        me=("ana", "ana@example.com"),
        zones=("America/Sao_Paulo",),
        people=PEOPLE,
        bell=False,
        storm=StormRule(alerts=0),  # every alert by itself, however many: storms are looked at by themselves
    )
    return msgspec.structs.replace(made, **changes)


def ago(seconds: float) -> datetime:
    """So long before the scene's moment."""
    return NOW - timedelta(seconds=seconds)


def alert(
    source: str,
    name: str,
    where: str,
    severity: Severity,
    age: float,
    summary: str,
    *,
    state: AlertState = AlertState.FIRING,
    who: str = "",
    team: str = "web",
    trap: str = "",
    links: tuple[Link, ...] = (),
    notes: tuple[Remark, ...] = (),
    hushed: str = "",
    quiet: float | None = None,
    annotations: dict[str, str] | None = None,
) -> Alert:
    """An alert of the scene, ``age`` seconds old; its id is its name and its place. ``quiet``: so many seconds more."""
    return Alert(
        ref=Ref(source, trap or f"{name}/{where}"),
        name=name,
        severity=severity,
        state=state,
        summary=summary,
        where=where,
        labels={"alertname": name, "instance": where, "team": team, "cluster": "eu-1"},
        annotations=annotations or {},
        started_at=ago(age),
        acknowledged_by=who,
        acknowledged_at=ago(age / 2) if who else None,
        suppressed_by=hushed,
        suppressed_until=NOW + timedelta(seconds=quiet) if quiet is not None else None,
        links=links,
        trap=trap,
        notes=notes,
    )


def _alerts() -> tuple[Row, ...]:
    critical, error, warning, info = Severity.CRITICAL, Severity.ERROR, Severity.WARNING, Severity.INFO
    acked, hushed = AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED
    dashboard = Link("dashboard", "https://grafana.example/d/web?var-host=web-3")
    return (
        Row(
            alert(
                "am-prod",
                "HighErrorRate",
                "web-3",
                critical,
                130,
                "5xx 12 % for 5 m",
                links=(dashboard, Link("runbook", "https://wiki.example/5xx")),
                annotations={
                    "description": "More than 10 % of requests to web-3 fail.\nLoad balancer still sends traffic there.",
                    "threshold": "10 %",
                },
                notes=(Remark(ago(60), "Bo", "started with the 03:05 deploy?"),),
            )
        ),
        Row(alert("local", "root-disk", "/", critical, 410, "93 % used, full in 2 h 10 m", trap="root-disk", team="infra")),
        Row(alert("am-prod", "PostgresDown", "db-1", critical, 560, "connection refused", state=acked, who="Ana", team="db")),
        Row(alert("am-prod", "QueueBacklog", "worker-2", error, 790, "84,112 jobs waiting, 310/s in, 40/s out"), Outlook("ack…")),
        Row(alert("am-prod", "LatencyP99", "shop-eu", error, 1520, "p99 2.4 s, objective 800 ms")),
        Row(alert("icinga", "check_raid", "nas-1", error, 4000, "RAID degraded: 1 of 6 disks failed", team="infra"), STALE),
        Row(alert("am-prod", "CertExpiresSoon", "shop.example", warning, 2400, "6 days left", team="web")),
        Row(alert("am-prod", "PodCrashLooping", "checkout-7f9c", warning, 3100, "restarted 14 times in 10 m")),
        Row(alert("am-prod", "ReplicaLag", "db-2", warning, 5200, "lag 48 s", state=acked, who="Bo", team="db")),
        Row(alert("am-prod", "DiskFillsUp", "log-1", warning, 9000, "full in 19 h at this rate", team="infra")),
        Row(alert("icinga", "check_ntp", "nas-1", warning, 86400 * 2, "offset 1.8 s", team="infra"), STALE),
        Row(alert("am-prod", "東京-batch-遅延", "jp-batch-1", warning, 640, "ジョブが 12 分遅れています", team="jp")),
        Row(
            alert(
                "local",
                "backups blind",
                "/backup",
                warning,
                540,
                "cannot see: /backup is not mounted",
                trap="backups",
                team="infra",
            )
        ),
        Row(
            alert(
                "am-prod",
                "NodeMaintenance",
                "k8s-14",
                info,
                7200,
                "draining",
                state=hushed,
                hushed="silenced by Cy: new disks",
                quiet=9976,
            )
        ),
        Row(alert("am-prod", "DeployRunning", "shop-eu", info, 420, "release 2026.47.3, step 2 of 4")),
    )


def trap(name: str, state: TrapState, says: str, probe: str = "disk", **changes: object) -> TrapView:
    """A trap of the scene; ``changes`` are fields of `Trap` and of `Watch`."""
    known = Trap(name=name, probe=probe, params={"path": "/"}, owner="infra")
    watch = Watch(state=state, since=ago(410), checked_at=ago(9), good_at=ago(9), reason="")
    if state is TrapState.DISARMED:
        watch = msgspec.structs.replace(watch, state=TrapState.ARMED)
    return TrapView(
        source="local",
        trap=msgspec.structs.replace(known, **{key: changes[key] for key in changes if key in Trap.__struct_fields__}),
        watch=msgspec.structs.replace(watch, **{key: changes[key] for key in changes if key in Watch.__struct_fields__}),
        state=state,
        says=says,
    )


def _traps() -> tuple[TrapView, ...]:
    armed = TrapState.ARMED
    return (
        trap(
            "root-disk",
            TrapState.TRIPPED,
            "93 %, full in 2 h 10 m",
            warn=bound("used_percent >= 80"),
            trip=bound("used_percent >= 92"),
            forecast="used_percent",
            runbooks=("free-disk", "show-biggest"),
            hold=Seconds(120),
            reading=Reading({"used_percent": 93.1, "free_bytes": 3.4e9}, "93 % used"),
            went_wrong="2026-10-02: the disk filled up and Postgres stopped for five days.",
            detect="used space on /",
            signs="grows by more than 1 % an hour",
            trips_in=0.0,
            tripped_at=ago(410),
        ),
        trap("backups", TrapState.BLIND, "blind 9 m", "file", reason="/backup is not mounted", blind_since=ago(540)),
        trap(
            "tls-shop",
            TrapState.WARNING,
            "6 days left",
            "tls",
            reading=Reading({"days_left": 6.2}, "6 days left"),
            warn=bound("days_left < 14"),
        ),
        trap(
            "inodes",
            TrapState.WARNING,
            "81 %, full in 3 d 4 h",
            reading=Reading({"inodes_percent": 81.0}, "81 %"),
            trips_in=273600.0,
        ),
        *(
            trap(name, armed, says, probe, reading=Reading({"value": value}, says))
            for name, says, probe, value in (
                ("memory", "61 % used", "memory", 61.0),
                ("swap", "2 % used", "memory", 2.0),
                ("load", "1.9 on 8 cores", "load", 1.9),
                ("home-disk", "44 %", "disk", 44.0),
                ("var-log", "58 %", "disk", 58.0),
                ("nginx", "6 processes", "process", 6.0),
                ("postgres", "23 processes", "process", 23.0),
                ("failed-units", "none failed", "systemd", 0.0),
                ("ssh-port", "open, 1 ms", "tcp", 1.0),
                ("shop-http", "200 in 84 ms", "http", 84.0),
                ("api-http", "200 in 31 ms", "http", 31.0),
                ("dns-shop", "203.0.113.7", "dns", 1.0),
                ("nightly-dump", "5 h old, 2.1 GB", "file", 5.0),
                ("oom-kills", "0 a minute", "log", 0.0),
                ("cron-billing", "beat 12 m ago", "heartbeat", 720.0),
            )
        ),
        trap(
            "mail-queue",
            TrapState.DISARMED,
            "rests 1 h 47 m",
            "command",
            rest_until=NOW + timedelta(minutes=107),
            rest_by="Ana",
            rest_why="migration",
        ),
    )


def _rosters() -> tuple[OnCall, ...]:
    def shift(roster: str, level: int, id: str, start: float, end: float) -> Shift:
        person = PEOPLE[id]
        return Shift(
            roster=roster,
            level=level,
            person=id,
            name=person.name,
            timezone=person.timezone,
            source="local",
            start=NOW + timedelta(hours=start),
            end=NOW + timedelta(hours=end),
        )

    return (
        OnCall(
            roster="primary",
            level=1,
            source="local",
            now=shift("primary", 1, "ana", -18, 5.8),
            next=shift("primary", 1, "bo", 5.8, 29.8),
        ),
        OnCall(
            roster="secondary",
            level=2,
            source="local",
            now=shift("secondary", 2, "bo", -42, 125.8),
            next=shift("secondary", 2, "cy", 125.8, 300),
        ),
    )


def _runbooks() -> tuple[Runbook, ...]:
    return (
        Runbook(
            name="restart-web",
            title="Restart {host}",
            match="alertname=HighErrorRate",
            changes="restarts the web server",
            steps=(Step(RunStep(("ssh", "{host}", "systemctl", "restart", "web"))),),
            params={"host": Param(source="label:instance")},
        ),
        Runbook(
            name="slow-requests",
            title="Show slow requests",
            match="team=web",
            steps=(Step(RunStep(("tail", "-n", "50", "/var/log/slow.log"))),),
            help="The fifty slowest of the last hour.",
        ),
        Runbook(
            name="free-disk",
            title="Free space on {path}",
            match="trap=root-disk",
            changes="deletes rotated logs",
            steps=(Step(RunStep(("journalctl", "--vacuum-size=200M")), name="vacuum"),),
            params={"path": Param(source="alert:where")},
        ),
        Runbook(
            name="show-biggest",
            title="Show what is biggest on {path}",
            match="trap=root-disk",
            steps=(Step(RunStep(("du", "-x", "-d", "2", "{path}"))),),
            params={"path": Param(source="alert:where")},
        ),
        Runbook(
            name="fail-over",
            title="Fail over to the replica",
            match="team=db",
            changes="moves the primary",
            confirm=Confirm.TYPE,
            target="{host}",
            steps=(Step(RunStep(("patronictl", "switchover", "{host}"))),),
            params={"host": Param(source="label:instance")},
        ),
    )


def _runs() -> tuple[actions.Run, ...]:
    ref = Ref("am-prod", "HighErrorRate/web-3")
    return (
        actions.Run(
            id="r1",
            at=ago(45),
            who="Ana",
            action=actions.Start("slow-requests", {}, ref),
            what="slow-requests",
            target="web-3",
            state=actions.RunState.CONFIRMED,
            exit_code=0,
            seconds=1.2,
        ),
        actions.Run(
            id="r2",
            at=ago(5),
            who="Ana",
            action=actions.Ack((Ref("am-prod", "QueueBacklog/worker-2"),)),
            what="ack",
            target="QueueBacklog",
            state=actions.RunState.PENDING,
        ),
    )


def scene() -> View:
    """A bad night: fifteen alerts, twenty traps, two rosters, five runbooks, three sources of which one is blind."""
    return View(
        now=NOW,
        alerts=Ranking(_alerts()),
        traps=_traps(),
        rosters=_rosters(),
        runbooks=_runbooks(),
        runs=_runs(),
        me=("ana", "Ana"),
        keeper="this cockpit",
        sources=(
            SourceHealth(source="am-prod", provider="alertmanager", health=Health.LIVE, age=timedelta(seconds=4)),
            SourceHealth(source="local", provider="local", health=Health.LIVE, age=timedelta(seconds=17)),
            SourceHealth(
                source="icinga", provider="icinga", health=Health.BLIND, age=timedelta(minutes=3), reason="no route to host"
            ),
        ),
    )


def calm() -> View:
    """A good night: nothing fires, every trap is armed, every source sees."""
    traps = tuple(msgspec.structs.replace(each, state=TrapState.ARMED, says="as it should be") for each in _traps())
    view = scene()
    live = tuple(source for source in view.sources if source.health is Health.LIVE)
    return msgspec.structs.replace(view, alerts=(), traps=traps, sources=live, runs=())
