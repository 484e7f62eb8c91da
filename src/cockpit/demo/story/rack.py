"""A small storm beside it: the switch of a rack restarts, and everything in the rack is heard of at once."""

from __future__ import annotations

from ...core.alerts import Severity
from .beats import Beat

BEGINS, CALM = 450.0, 800.0
"""Seconds of the night at which the first falls silent, and the first is back."""
_NODES = range(21, 35)
_KINDS = (
    ("KubeletDown", "kubelet", Severity.WARNING, "no answer for 1 m"),
    ("NodeNotReady", "k8s", Severity.ERROR, "Ready is Unknown"),
    ("TargetDown", "node", Severity.WARNING, "cannot be scraped"),
)

RACK = tuple(
    Beat(
        source="am-prod", name=name, where=f"k8s-{node}", severity=severity, begins=BEGINS + 2.0 * kind + 2.5 * place,
        says=((BEGINS, says),), ends=CALM + 6.0 * place + 3.0 * kind,
        labels={"team": "infra", "cluster": "eu-1", "rack": "r7", "job": job},
    )
    for place, node in enumerate(_NODES)
    for kind, (name, job, severity, says) in enumerate(_KINDS)
)  # fmt: skip
