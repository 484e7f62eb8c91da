"""An alerting rule → a trap: inactive is armed, pending warns, firing has tripped; one whose evaluation fails or stays away, or
which cannot fire for want of its metric, is blind."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from urllib.parse import urlencode

import msgspec

from ..core.links import links_of
from ..core.text import clean, clean_block
from ..core.traps import Reading, Trap, TrapState, TrapView, Watch, as_told
from ..core.units import LONGEST, Bound, Seconds, say_number, say_seconds
from .prom_api import WireActive
from .prom_look import Look
from .prom_query import number
from .prom_rules import SHORT, Moment, Rule
from .records import when

LATE_AFTER = 10.0
"""Seconds, beside two intervals and the time that an evaluation takes, after which a rule should have been evaluated again."""
VALUE = "value"
"""The reading of a rule that fires or is about to: what its query gives, the worst where it gives several."""
_DETECT = ("detect", "summary", "title", "message", "description")
_QUERY = 500  # characters of a query that are shown
_NAMED = 3  # so many lacking metrics are named, the rest counted


def trap_of(rule: Rule, name: str, look: Look, at: Moment, lacks: Collection[str], address: str) -> TrapView:
    """The rule as a trap of this name. ``lacks`` are the metrics for want of which it cannot fire, ``address`` is where its query
    can be looked at."""
    wire, worst = rule.wire, worst_of(rule)
    notes = {**wire.annotations, **(worst.annotations if worst is not None else {})}
    trap = Trap(
        name=name,
        probe="rule",
        params={
            "group": clean(rule.group.name, SHORT),
            "file": clean(rule.group.file, SHORT),
            "query": clean(wire.query, _QUERY),
        },
        trip=_bound(rule),
        hold=_seconds(wire.duration),
        every=_seconds(rule.group.interval),
        severity=look.severity(wire.labels),
        went_wrong=clean_block(notes.get("went_wrong", "")),
        detect=clean_block(next((notes[each] for each in _DETECT if notes.get(each)), "")),
        signs=clean_block(notes.get("signs", "")),
        owner=clean(wire.labels.get("team", "") or wire.labels.get("owner", ""), SHORT),
        labels={clean(key): clean(value) for key, value in wire.labels.items()},
    )
    links = links_of(generator_of(rule, address), {clean(key): clean_block(value) for key, value in notes.items()})
    return as_told(look.source, trap, _watch(rule, trap, at, lacks, worst, look), at.ours, links)


def as_watchdog(view: TrapView, now: datetime) -> TrapView:
    """The trap of a rule that must always fire, at ``now`` (UTC): armed while it does, tripped while it does not; blind as ever."""
    watch = view.watch
    if watch.state is TrapState.BLIND:
        return view
    fires = watch.state is TrapState.TRIPPED
    since = watch.since if fires else watch.checked_at
    said = Reading(watch.reading.values if watch.reading is not None else {}, "fires, as it must" if fires else "does not fire")
    turned = msgspec.structs.replace(
        watch,
        state=TrapState.ARMED if fires else TrapState.TRIPPED,
        since=since,
        reading=said,
        reason="" if fires else "it must always fire: alerts may not come through",
        tripped_at=None if fires else since,
        trips_in=None,
    )
    return as_told(view.source, msgspec.structs.replace(view.trap, warn=None, trip=None), turned, now, view.links)


def generator_of(rule: Rule, address: str) -> str:
    """Where its query can be looked at in Prometheus's own pages."""
    return f"{address}/graph?{urlencode({'g0.expr': rule.wire.query, 'g0.tab': '0'})}"


def evaluated(rule: Rule) -> datetime | None:
    """When it was evaluated last, by its own clock."""
    return when(rule.wire.evaluated)


def fired_at(rule: Rule, active: WireActive) -> datetime | None:
    """Since when an alert fires: it was active for the rule's ``for`` before."""
    began = when(active.active_at)
    return None if began is None else began + timedelta(seconds=_seconds(rule.wire.duration))


def worst_of(rule: Rule) -> WireActive | None:
    """Of its alerts, those that fire before those that do not: the one that is farthest beyond the threshold."""
    falling = rule.threshold is not None and rule.threshold.op.startswith("<")

    def badness(active: WireActive) -> tuple[bool, float]:
        value = number(active.value)
        far = -math.inf if math.isnan(value) else -value if falling else value
        return active.state == "firing", far

    return max(rule.actives, key=badness, default=None)


def _watch(rule: Rule, trap: Trap, at: Moment, lacks: Collection[str], worst: WireActive | None, look: Look) -> Watch:
    looked = evaluated(rule)
    blind, dark_since = _blindness(rule, trap, at, looked, lacks)
    firing = [each for each in rule.actives if each.state == "firing"]
    pending = [each for each in rule.actives if each.state == "pending"]
    state, since = TrapState.ARMED, None
    tripped_at = min((time for each in firing if (time := fired_at(rule, each))), default=looked) if firing else None
    fires_at = min((time for each in pending if (time := fired_at(rule, each))), default=None)
    if blind:
        state, since = TrapState.BLIND, dark_since
    elif firing:
        state, since = TrapState.TRIPPED, tripped_at
    elif pending:
        state, since = TrapState.WARNING, min((time for each in pending if (time := when(each.active_at))), default=None)
    return Watch(
        state=state,
        since=_ours(since, at),
        checked_at=_ours(looked, at),
        good_at=_ours(looked, at) if rule.wire.health == "ok" else None,
        reading=_reading(rule, worst, look),
        reason=blind or clean(rule.wire.query, _QUERY),
        tripped_at=_ours(tripped_at, at),
        blind_since=_ours(dark_since, at),
        trips_in=max(0.0, (fires_at - looked).total_seconds()) if fires_at and looked and not firing else None,
        told=True,
    )


def _blindness(rule: Rule, trap: Trap, at: Moment, looked: datetime | None, lacks: Collection[str]) -> tuple[str, datetime | None]:
    """(why it cannot see, since when if that is known); ("", ``None``) where it can."""
    wire = rule.wire
    if looked is None:
        return "not evaluated yet", None
    late = (at.theirs - looked).total_seconds()
    if late > 2 * trap.every + LATE_AFTER + max(0.0, wire.took):
        return f"its evaluation is overdue: it should come every {say_seconds(trap.every)}", looked
    if wire.health == "err" or wire.last_error:
        return f"its evaluation fails: {clean(wire.last_error, SHORT) or 'it does not say why'}", None
    if lacks and not rule.actives:
        few = sorted(clean(each, SHORT) for each in lacks)
        more = f" and {len(few) - _NAMED} more" if len(few) > _NAMED else ""
        return f"cannot fire: no series for {', '.join(few[:_NAMED])}{more}", None
    return "", None


def _reading(rule: Rule, worst: WireActive | None, look: Look) -> Reading | None:
    if worst is None:
        return None
    value, many = number(worst.value), len(rule.actives)
    values = {VALUE: value, "alerts": float(many)} if math.isfinite(value) else {"alerts": float(many)}
    where = look.place(worst.labels)
    more = f" and {many - 1} more" if many > 1 else ""
    return Reading(values, f"{say_number(value)}, {where or 'alone'}{more}" if where or more else say_number(value))


def _bound(rule: Rule) -> Bound | None:
    it = rule.threshold
    return None if it is None else Bound(VALUE, it.op, it.value, clean(rule.wire.query, _QUERY))


def _seconds(value: float) -> Seconds:
    return Seconds(min(max(0.0, value), LONGEST) if math.isfinite(value) else 0.0)


def _ours(time: datetime | None, at: Moment) -> datetime | None:
    return None if time is None else time - at.ahead
