"""The alerting rules of a Prometheus as they are told, and a name for each that no other has."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.text import clean
from .prom_api import WireActive, WireGroup, WireRule, actives_of, rules_of
from .promql import Comparison, NotRead, compared

SHORT = 200
"""Characters of a name, a group, a file."""


class Rule(msgspec.Struct, frozen=True):
    """A rule as it was told: which group it stands in, its alerts, and what its query compares (``None``: not a threshold)."""

    group: WireGroup
    wire: WireRule
    actives: tuple[WireActive, ...]
    threshold: Comparison | None = None

    @property
    def key(self) -> tuple[str, str, str, tuple[tuple[str, str], ...]]:
        """What makes it this rule and no other: file, group, name, labels."""
        return (self.group.file, self.group.name, self.wire.name, tuple(sorted(self.wire.labels.items())))


class Moment(msgspec.Struct, frozen=True):
    """When they were asked, by our clock (UTC), and how far theirs is ahead."""

    ours: datetime
    ahead: timedelta = timedelta()

    @property
    def theirs(self) -> datetime:
        """The same moment by their clock."""
        return self.ours + self.ahead


class Thresholds:
    """What queries compare, each read once."""

    def __init__(self) -> None:
        self._known: dict[str, Comparison | None] = {}

    def of(self, query: str) -> Comparison | None:
        """What this query compares with a number, if it can be told."""
        if query not in self._known:
            try:
                self._known[query] = compared(query)
            except NotRead:
                self._known[query] = None
        return self._known[query]

    def keep(self, queries: Sequence[str]) -> None:
        """Forget all others."""
        self._known = {each: self._known[each] for each in queries if each in self._known}


def read(groups: Sequence[WireGroup], thresholds: Thresholds) -> tuple[list[Rule], int, int]:
    """(the rules, how many could not be read, how many alerts of those that could)."""
    rules: list[Rule] = []
    bad_rules = bad_alerts = 0
    for group in groups:
        wires, bad = rules_of(group)
        bad_rules += bad
        for wire in wires:
            actives, bad = actives_of(wire)
            bad_alerts += bad
            rules.append(Rule(group, wire, tuple(actives), thresholds.of(wire.query)))
    return rules, bad_rules, bad_alerts


def named(rules: Sequence[Rule]) -> list[str]:
    """A name for each that no other has: its own; where several have the same, with what tells them apart behind it."""
    same: dict[str, list[int]] = {}
    for place, rule in enumerate(rules):
        same.setdefault(clean(rule.wire.name, SHORT) or "(no name)", []).append(place)
    names = [""] * len(rules)
    for name, places in same.items():
        apart = _apart([rules[place] for place in places])
        for place, part in zip(places, apart, strict=True):
            names[place] = clean(f"{name} · {part}" if part else name, 2 * SHORT)
    return _once(names)


def _apart(rules: Sequence[Rule]) -> list[str]:
    """What tells rules of one name apart: the labels in which they differ, then the group, then the file."""
    parts = [""] * len(rules)
    if len(rules) == 1:
        return parts
    labels = [rule.wire.labels for rule in rules]
    differing = [
        name for name in sorted({name for each in labels for name in each}) if len({each.get(name) for each in labels}) > 1
    ]
    ways = (
        [", ".join(f"{name}={each[name]}" for name in differing if name in each) for each in labels],
        [rule.group.name for rule in rules],
        [rule.group.file for rule in rules],
    )
    for way in ways:
        if len(set(parts)) < len(rules) and len(set(way)) > 1:
            parts = [", ".join(part for part in pair if part) for pair in zip(parts, way, strict=True)]
    return parts


def _once(names: Sequence[str]) -> list[str]:
    """Numbers for those that are still the same."""
    seen: dict[str, int] = {}
    taken = set(names)
    found: list[str] = []
    for name in names:
        many = seen[name] = seen.get(name, 0) + 1
        while many > 1 and f"{name} #{many}" in taken:
            many += 1
        found.append(name if many == 1 else f"{name} #{many}")
        taken.add(found[-1])
    return found
