"""The alerts that fire by the rules of a Prometheus, for whoever has it without an Alertmanager."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ..core.alerts import Alert, AlertState, Ref
from ..core.filters import Filter
from ..core.links import links_of
from ..core.text import clean, clean_block
from ..core.units import say_number
from .am_alerts import digest
from .prom_api import WireActive
from .prom_look import Look
from .prom_query import number
from .prom_rules import SHORT, Moment, Rule
from .prom_traps import fired_at, generator_of

_SUMMARIES = ("summary", "title", "message", "description")


def wanted(rule: Rule, which: Filter | None, look: Look, now: datetime) -> bool:
    """Whether the filter lets the rule be a trap: by its labels, with ``alertname``, ``group`` and ``file`` beside them."""
    if which is None:
        return True
    labels = {**rule.wire.labels, "alertname": rule.wire.name, "group": rule.group.name, "file": rule.group.file}
    return which.matches(_alert(WireActive(labels), "", rule, look), now)


def firing(rules: Sequence[tuple[str, Rule]], look: Look, at: Moment, address: str) -> tuple[Alert, ...]:
    """Those that fire, of rules by their traps' names. Two of the same labels are both kept."""
    found: dict[str, Alert] = {}
    for name, rule in rules:
        for active in rule.actives:
            if active.state != "firing":
                continue
            each = digest(active.labels)
            while each in found:
                each += "+"
            alert = _alert(active, each, rule, look)
            began = fired_at(rule, active)
            notes = {clean(key): clean_block(value) for key, value in active.annotations.items()}
            found[each] = msgspec.structs.replace(
                alert,
                annotations=notes,
                links=links_of(generator_of(rule, address), notes),
                started_at=None if began is None else began - at.ahead,
                trap=name,
            )
    return tuple(found.values())


def _value(active: WireActive, rule: Rule) -> str:
    return f"{say_number(number(active.value))}: {rule.wire.query}"


def _alert(active: WireActive, alert_id: str, rule: Rule, look: Look) -> Alert:
    labels = {clean(key): clean(value) for key, value in active.labels.items()}
    summary = next((active.annotations[each] for each in _SUMMARIES if active.annotations.get(each)), "")
    return Alert(
        ref=Ref(look.source, alert_id),
        name=labels.get("alertname", "") or clean(rule.wire.name, SHORT),
        severity=look.severity(active.labels),
        state=AlertState.FIRING,
        summary=clean(summary or _value(active, rule)),
        where=look.place(active.labels),
        labels=labels,
    )
