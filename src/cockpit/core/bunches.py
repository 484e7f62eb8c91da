"""Alerts that one rule can name: those that differ in one label at most, with that label's values as alternatives."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TypeVar

from .alerts import Alert
from .filters import matchable, written
from .groups import GroupKey
from .regex import regex
from .terms import value_of

K = TypeVar("K")

VARYING = ("instance", "host", "node", "pod", "container", "device", "mountpoint", "name")
"""Labels in which alerts of one storm differ most often."""
_SPECIAL = regex(r"([\\.+*?()|\[\]{}^$])")


def bunches(labelled: Mapping[K, Mapping[str, str]]) -> list[list[K]]:
    """As few bunches as can be found quickly, of things (by key, with their labels) that differ in one label at most."""
    shapes = defaultdict[tuple[str, ...], list[K]](list)
    for each, labels in labelled.items():
        shapes[tuple(sorted(labels))].append(each)
    found: list[list[K]] = []
    for names, keys in shapes.items():
        best = [[each] for each in keys]
        for varying in sorted(names, key=lambda name: name not in VARYING):
            made = defaultdict[tuple[str, ...], list[K]](list)
            for each in keys:
                made[tuple(labelled[each][name] for name in names if name != varying)].append(each)
            if len(made) < len(best):
                best = list(made.values())
        found += best
    return found


def quoted(value: str) -> str:
    """A value as a regular expression that takes it alone (the same for Python and RE2)."""
    return _SPECIAL.sub(r"\\\1", value)


def for_alerts(alerts: Sequence[Alert]) -> tuple[tuple[str, str], ...]:
    """The (source, filter) pairs that hit these alerts, to begin silences with, as few as can be: one for each bunch of alerts that
    differ in one matcher at most. A silence has no "or" but the alternatives of one matcher."""
    by_source = defaultdict[str, list[Alert]](list)
    for alert in alerts:
        by_source[alert.ref.source].append(alert)
    rules: dict[tuple[str, str], None] = {}
    for source, some in by_source.items():
        named = [matchable(alert) for alert in some]
        for bunch in bunches(dict(enumerate(named))):
            for part in _short_enough([named[number] for number in bunch]):
                rules[source, _rule(part)] = None
    return tuple(rules)


def for_group(key: GroupKey, alerts: Sequence[Alert]) -> tuple[tuple[str, str], ...]:
    """The (source, filter) pairs for all alerts of a group, and for those like them that are still to come: at each source, what it
    is grouped by and every matcher that is true of all of its alerts there. So it is never wider than what they have in common;
    where they have nothing in common, they are named as `for_alerts` does."""
    common: dict[str, dict[str, str]] = {}
    for alert in alerts:
        shared = common.setdefault(alert.ref.source, matchable(alert))
        for name in [name for name, value in shared.items() if value_of(alert, name) != value]:
            del shared[name]
    asked = {name: value for name, value in zip(key.names, key.values, strict=True) if not name.startswith("@")}
    rules: list[tuple[str, str]] = []
    for source, shared in common.items():
        terms = {**asked, **shared}
        match = " ".join(written(name, "=", value) for name, value in terms.items())
        rules += [(source, match)] if match else for_alerts([each for each in alerts if each.ref.source == source])
    return tuple(rules)


def _short_enough(bunch: Sequence[Mapping[str, str]]) -> list[list[Mapping[str, str]]]:
    """The bunch in parts whose alternatives one pattern may hold."""
    from .patterns import LONGEST  # deferred: few silences need one

    parts: list[list[Mapping[str, str]]] = [[]]
    size = 0
    for named in bunch:
        length = max((len(quoted(value)) + 1 for value in named.values()), default=1)
        if parts[-1] and size + length > LONGEST:
            parts.append([])
            size = 0
        parts[-1].append(named)
        size += length
    return parts


def _rule(bunch: Sequence[Mapping[str, str]]) -> str:
    terms = []
    for name in bunch[0]:
        values = sorted({named[name] for named in bunch})
        terms.append(written(name, "=", values[0]) if len(values) == 1 else written(name, "=~", "|".join(map(quoted, values))))
    return " ".join(terms)
