"""What there is to say about a group of alerts: plain facts, which the Detail pane lays out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from ..core.alerts import AlertState
from ..core.groups import Group
from .alert_face import SEVERITIES
from .fact import BLANK, Fact
from .times import ago, city, moment

LISTED = 50
"""So many of its alerts are listed; the others are counted."""
_COUNTED = 2000
"""So many of them, at most, are gone through to say what they differ in."""
_VALUES = 4


def of_group(group: Group, now: datetime, zone: str, *, over: bool = False) -> tuple[Fact, ...]:
    """All about a group: how its alerts stand, what they share, what they differ in, and which they are; ``over``: were."""
    worst = group.worst.alert
    glyph, word = SEVERITIES[worst.severity]
    role = worst.severity.word if worst.state is AlertState.FIRING else "muted"
    facts = [
        Fact(spans=((f"{glyph} {word}", role), ("  ", ""), (f"{len(group)} alerts", "strong"), (f": {_states(group)}", "text")))
    ]
    if (newest := group.newest) is not None:
        facts.append(Fact("newest", f"{ago(newest, now)}, at {moment(newest, now, zone)} {city(zone)}"))
    if over:
        facts.append(Fact(text="The group is over: this is the last that was known of it", role="ok"))
    else:
        facts.append(Fact(text="enter shows each of them; a acknowledges all that fire", role="muted"))
    if group.common:
        facts += [BLANK, _title("All of them have"), *(Fact(" " + name, value) for name, value in sorted(group.common.items()))]
    if differs := list(_differences(group)):
        facts += [BLANK, _title("They differ in"), *differs]
    facts += [BLANK, _title("They are"), *_members(group)]
    return tuple(facts)


def _title(text: str) -> Fact:
    return Fact(spans=((text, "title"),))


def _states(group: Group) -> str:
    counts = ((group.count_in(state), state.value) for state in AlertState)
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _differences(group: Group) -> Iterable[Fact]:
    """The labels in which they differ, and their most frequent values."""
    counts: dict[str, Counter[str]] = {}
    some = group.members[:_COUNTED]
    for row in some:
        for name, value in row.alert.labels.items():
            if name not in group.common:
                counts.setdefault(name, Counter())[value] += 1
    for name in sorted(counts, key=lambda name: (len(counts[name]), name)):
        yield Fact(" " + name, _values(counts[name], len(some)))
    if len(some) < len(group):
        yield Fact(text=f" of the first {len(some)}", role="muted")


def _values(values: Mapping[str, int], many: int) -> str:
    if len(values) == many:
        return f"each its own: {', '.join(list(values)[:2])}, …"
    most = sorted(values, key=lambda value: (-values[value], value))
    said = ", ".join(f"{value or '(none)'} ×{values[value]}" for value in most[:_VALUES])
    return said + (f" and {len(most) - _VALUES} more" if len(most) > _VALUES else "")


def _members(group: Group) -> Iterable[Fact]:
    for row in group.members[:LISTED]:
        alert = row.alert
        where = f" · {alert.where}" if alert.where else ""
        state = "" if alert.state is AlertState.FIRING else f"  {alert.state.value}"
        glyph = SEVERITIES[alert.severity][0]
        yield Fact(spans=((f" {glyph} ", alert.severity.word), (f"{alert.name}{where}", "text"), (state, "muted")))
    if len(group) > LISTED:
        yield Fact(text=f" … and {len(group) - LISTED} more", role="muted")
