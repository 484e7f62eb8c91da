"""Alerts in groups: by any labels, by what the cockpit knows of them, or as their source's own routing made them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from .alerts import Alert, AlertState, Severity
from .rows import STATES, Ordered, Row, beginning, in_order
from .terms import value_of

FACTS = ("group", "receiver", "severity", "source", "where", "trap")
"""What may be grouped by besides labels, after an ``@``: ``group`` are the groups that a source's own routing made, ``receiver``
those whom it tells."""


class GroupKey(NamedTuple):
    """What makes a group the same one while alerts come and go in it: what it is grouped by, and the value of each; "" where an
    alert has no such label."""

    names: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def said(self) -> str:
        """In words: ``cluster=eu-1 team=web``."""
        return " ".join(f"{name}={value or '(none)'}" for name, value in zip(self.names, self.values, strict=True))


def parse_by(text: str) -> tuple[str, ...]:
    """What to group by, as a person writes it: ``alertname,cluster`` or ``@group``. Raises ``ValueError`` with what is wrong."""
    names = tuple(dict.fromkeys(part.strip() for part in text.replace(",", " ").split()))
    if not names:
        raise ValueError("group by what? by labels (alertname,cluster) or facts (@" + ", @".join(FACTS) + ")")
    for name in names:
        if name.startswith("@") and name[1:] not in FACTS:
            from difflib import get_close_matches  # deferred: the screen's first second has no mistakes in it

            near = get_close_matches(name[1:], FACTS, 1)
            raise ValueError(
                f"{name} is nothing to group by" + (f", did you mean @{near[0]}?" if near else f": there are @{', @'.join(FACTS)}")
            )
        if any(sign in name for sign in "=~!<>\"'"):
            raise ValueError(f"{name} is no label: write names alone, as in alertname,cluster")
    return names


def key_of(alert: Alert, names: tuple[str, ...]) -> GroupKey:
    """The group of an alert."""
    return GroupKey(names, tuple(_value(alert, name) for name in names))


def _value(alert: Alert, name: str) -> str:
    if name == "alertname":
        return alert.name  # what nearly everybody groups by, without a look at the labels
    if name == "@group":
        return ", ".join(alert.groups)
    if name == "@receiver":
        return ", ".join(alert.receivers)
    return value_of(alert, name[1:], label=False) if name.startswith("@") else value_of(alert, name)


class Group:
    """The alerts of one group; immutable. ``common`` are labels that all of them share: what is in it is true, and while alerts
    only come nothing is missing. ``kinds`` counts them by name."""

    __slots__ = ("common", "key", "kinds", "members")

    def __init__(self, key: GroupKey, rows: Iterable[Row] = ()) -> None:
        self.key = key
        rows = tuple(rows)
        self.members = Ordered(rows)
        self.kinds: Mapping[str, int] = _counted({}, (), rows)
        self.common: Mapping[str, str] = _shared(None, rows)

    def changed(self, gone: Sequence[Row], come: Sequence[Row]) -> Group:
        """Without these and with those; what is in it as it was need not be named."""
        made = Group.__new__(Group)
        made.key = self.key
        made.members = self.members.spliced(come) if not gone and in_order(come) else self.members.changed(gone, come)
        made.kinds = _counted(self.kinds, gone, come)
        made.common = _shared(self.common if len(self.members) > len(gone) else None, come)
        return made

    def __len__(self) -> int:
        return len(self.members)

    @property
    def worst(self) -> Row:
        """The one that stands first: of the worst severity among those that fire, the newest."""
        return self.members[0]

    def count_in(self, state: AlertState) -> int:
        """How many are in this state."""
        return self.members.count_in(state)

    @property
    def newest(self) -> datetime | None:
        """When the last of those that fire began; of all, where none fires."""
        found: datetime | None = None
        for state in STATES:
            for severity in Severity:
                at = self.members.before(beginning(state, severity))
                if at < len(self.members) and self.members[at].alert.severity is severity:
                    alert = self.members[at].alert
                    if alert.state is state and alert.started_at is not None:
                        found = max(found or alert.started_at, alert.started_at)
            if found is not None:
                return found
        return found

    @property
    def title(self) -> str:
        """What it is called: the name of its alerts where all have one, else what they are grouped by."""
        return next(iter(self.kinds)) if len(self.kinds) == 1 else self.key.said


def _counted(kinds: Mapping[str, int], gone: Iterable[Row], come: Iterable[Row]) -> Mapping[str, int]:
    made = dict(kinds)
    for row in come:
        made[row.alert.name] = made.get(row.alert.name, 0) + 1
    for row in gone:
        made[row.alert.name] = made.get(row.alert.name, 0) - 1
    return {name: count for name, count in made.items() if count > 0}


def _shared(common: Mapping[str, str] | None, rows: Iterable[Row]) -> Mapping[str, str]:
    """What is left of the common labels when these have come."""
    for row in rows:
        labels = row.alert.labels
        if common is None:
            common = dict(labels)
        elif common:
            other = {name for name, value in common.items() if labels.get(name) != value}
            common = {name: value for name, value in common.items() if name not in other} if other else common
    return common or {}
