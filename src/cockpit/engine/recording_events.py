"""What of what differs from one moment to the next is worth a stop for whoever steps through a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..core.alerts import Alert
from ..core.traps import TrapView


def is_event(kind: str, now: tuple[Any, ...], before: tuple[Any, ...], made: Sequence[tuple[int, int, int, int]]) -> bool:
    """Whether what is new in it is worth a stop: something came, went, or is in another state."""
    state = _STATES.get(kind)
    if state is None:
        return False
    kept = [(start, start + count) for start, count, _, _ in made if count]
    new = [state(each) for _, _, begin, end in made for each in now[begin:end]]
    gone: list[object] = []
    at = 0
    for start, end in sorted(kept):
        gone += map(state, before[at:start])
        at = max(at, end)
    gone += map(state, before[at:])
    return sorted(map(repr, new)) != sorted(map(repr, gone))


def _of_alert(alert: Alert) -> object:
    return alert.ref, alert.state, alert.severity, alert.started_at, alert.acknowledged_by, len(alert.notes), len(alert.pages)


def _of_trap(view: TrapView) -> object:
    return view.trap.name, view.state, view.drill


_STATES: Mapping[str, Callable[[Any], object]] = {
    "alerts": _of_alert,
    "traps": _of_trap,
    "silences": lambda each: (each.ref, each.state, each.ends_at),
    "overrides": lambda each: (each.id, each.start, each.end),
    "maintenances": lambda each: each,
}
"""What of a record of a kind makes it another one for whoever steps through a recording."""
