"""Traps as a rule file, as the blackbox exporter's modules, and as a scrape configuration.

Source: Prometheus, "Alerting rules", "Configuration" (scrape_config, relabel_config); blackbox_exporter, README ("Prometheus
Configuration").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ..alerts import Severity
from ..traps import Trap
from ..units import Bound
from . import blackbox, node, pushed
from .laid import ASKED, NODE, PUSHED, Laid, Told, Unable
from .words import duration, number, plain, yaml

FORECAST = 3600.0
"""Seconds that a rule looks back over for a trend."""

RARELY = 120.0
"""Seconds between two scrapes at most: a Prometheus takes a series for gone 5 minutes after its last sample."""

_PROBES: Mapping[str, Callable[[Laid], Told]] = {
    "disk": node.disk,
    "memory": node.memory,
    "load": node.load,
    "systemd": node.systemd,
    "http": blackbox.http,
    "tcp": blackbox.tcp,
    "tls": blackbox.tls,
    "dns": blackbox.dns,
    "heartbeat": pushed.heartbeat,
    "promql": pushed.promql,
}
_NOWHERE = {
    "process": "a node exporter does not tell processes by name; process-exporter does",
    "file": "a node exporter does not tell the age of files: let what writes it push a heartbeat, or use filestat_exporter",
    "log": "Prometheus reads no logs; mtail, or the ruler of Loki, counts what matches",
    "command": "neither exporter runs plug-ins; nrpe_exporter does, or node exporter's textfile collector takes what they find",
}
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OURS = frozenset({"alertname", "trap", "probe", "severity", "stage", "owner"})


class Out(msgspec.Struct, frozen=True, kw_only=True):
    """A trap as it goes out: its alerting rules, and how the blackbox exporter asks. ``lost`` says what of it does not go, and why;
    ``remarks`` where what goes is not quite the same."""

    laid: Laid
    rules: tuple[Mapping[str, object], ...] = ()
    module: Mapping[str, object] | None = None
    target: str = ""
    lost: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def translate(laid: Laid) -> Out:
    """What of a trap can be told to a Prometheus, and what cannot."""
    trap = laid.trap
    try:
        if trap.probe not in _PROBES:
            raise Unable(_NOWHERE.get(trap.probe, f"nothing is known of an exporter for the probe {trap.probe}"))
        told = _PROBES[trap.probe](laid)
    except Unable as why:
        return Out(laid=laid, lost=(str(why),))
    lost: list[str] = []

    def over(limit: Bound | None) -> str:
        if limit is None:
            return ""
        try:
            return f"{told.reading(limit)} {limit.op} {number(limit.value)}"
        except Unable as why:
            lost.append(str(why))
            return ""

    trip, warn, ahead = over(trap.trip), over(trap.warn), _forecast(trap, told)
    found = [
        _rule(laid, "trip", _any(told.wrong, trip), trap.hold, trap.severity),
        _rule(laid, "warn", _any(told.warned, warn, ahead), 0.0, min(Severity.WARNING, trap.severity)),
        _rule(laid, "blind", told.unseen, trap.blind_after, Severity.WARNING),
    ]
    if found[0] is None and found[1] is None:
        return Out(laid=laid, lost=tuple(lost))
    lost += [f"its label {name}: not a name that Prometheus takes, or one of its own" for name in trap.labels if not _goes(name)]
    remarks = told.remarks + (
        ("the trend is a least-squares line over the last hour, which one wild reading can bend",) if ahead else ()
    )
    if told.module is not None and trap.every > RARELY:
        remarks += (f"it is asked every {duration(RARELY)}: what is older than 5 minutes, a Prometheus takes for gone",)
    rules = tuple(each for each in found if each is not None)
    return Out(laid=laid, rules=rules, module=told.module, target=told.target, lost=tuple(lost), remarks=remarks)


def _any(*parts: str) -> str:
    return "\nor\n".join(part for part in parts if part)


def _forecast(trap: Trap, told: Told) -> str:
    if not trap.forecast or trap.warn_within is None or trap.trip is None or trap.trip.metric not in told.values:
        return ""
    trend = f"predict_linear(({told.values[trap.trip.metric]})[{duration(FORECAST)}:], {number(trap.warn_within)})"
    return f"{trend} {trap.trip.op} {number(trap.trip.value)}"


def _goes(name: str) -> bool:
    return _LABEL.fullmatch(name) is not None and not name.startswith("__") and name not in _OURS


def _rule(laid: Laid, stage: str, expr: str, hold: float, severity: Severity) -> Mapping[str, object] | None:
    if not expr:
        return None
    trap = laid.trap
    labels = {name: plain(value) for name, value in trap.labels.items() if _goes(name)}
    own = {"trap": plain(trap.name), "probe": trap.probe, "severity": severity.word, "stage": stage}
    owner = {"owner": plain(trap.owner)} if trap.owner else {}
    limit = {"trip": trap.trip, "warn": trap.warn}.get(stage)
    says = {
        "trip": f"{trap.name} has tripped" + (f": {limit.text}" if limit else ""),
        "warn": f"{trap.name} warns" + (f": {limit.text}" if limit else ""),
        "blind": f"{trap.name} cannot see: what it is judged by is not there",
    }
    facts = {
        "summary": says[stage],
        "went_wrong": trap.went_wrong,
        "detect": trap.detect,
        "signs": trap.signs,
        "runbooks": ",".join(trap.runbooks),
        "runbook_url": laid.runbook,
    }
    held = {"for": duration(hold)} if hold > 0 else {}
    return {
        "alert": trap.name if stage == "trip" else f"{trap.name} {stage}s" if stage == "warn" else f"{trap.name} is blind",
        "expr": expr,
        **held,
        "labels": labels | own | owner,
        "annotations": {name: plain(text) for name, text in facts.items() if text},
    }


def rule_file(outs: Sequence[Out]) -> str:
    """The rule file; at its head, what does not go, and why."""
    rules = [rule for out in outs for rule in out.rules]
    return _head(outs) + yaml({"groups": [{"name": "cockpit", "rules": rules}] if rules else []})


def modules(outs: Sequence[Out]) -> str:
    """The blackbox exporter's configuration: a module for each trap that it is to ask for."""
    found = {_module(out): {key: _lasting(each) for key, each in out.module.items()} for out in outs if out.module is not None}
    return yaml({"modules": found})


def _module(out: Out) -> str:
    """A module's name, which is also that of the job that asks by it."""
    return f"{ASKED}_{out.laid.trap.name}"


def _lasting(value: object) -> object:
    return duration(value) if isinstance(value, float) else value


def scrape(outs: Sequence[Out], host: str, node_at: str, blackbox_at: str, push_at: str) -> str:
    """A Prometheus's scrape configuration, to be added to its own: what the rules rely on, under the labels that they ask for."""
    jobs: list[object] = []
    kinds = {out.laid.trap.probe for out in outs if out.rules}
    if kinds & {"disk", "memory", "load", "systemd"}:
        jobs.append({"job_name": NODE, "static_configs": [{"targets": [node_at], "labels": {"instance": host}}]})
    jobs += [_probing(out, blackbox_at) for out in outs if out.module is not None]
    if "heartbeat" in kinds:
        jobs.append({"job_name": PUSHED, "honor_labels": True, "static_configs": [{"targets": [push_at]}]})
    return yaml({"scrape_configs": jobs})


def _probing(out: Out, blackbox_at: str) -> Mapping[str, object]:
    trap, within = out.laid.trap, out.laid.lasting("within")
    interval = max(min(float(trap.every), RARELY), within + 1)
    return {
        "job_name": _module(out),
        "metrics_path": "/probe",
        "params": {"module": [_module(out)]},
        "scrape_interval": duration(interval),
        "scrape_timeout": duration(within + 1),
        "static_configs": [{"targets": [out.target], "labels": {"job": ASKED, "trap": trap.name}}],
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__param_target"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": blackbox_at.replace("$", "$$")},
        ],
    }


def said(outs: Iterable[Out]) -> list[str]:
    """What is lost and what is different, a line each, for people."""
    found = []
    for out in outs:
        name = out.laid.trap.name
        found += [f"{name}: not exported: {each}" if not out.rules else f"{name}: left out: {each}" for each in out.lost]
        found += [f"{name}: note: {each}" for each in out.remarks]
    return found


def _head(outs: Sequence[Out]) -> str:
    return _comment(said(outs))


def _comment(lines: Iterable[str]) -> str:
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)
