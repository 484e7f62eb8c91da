"""What the alert list shows when there are groups in it: groups, and the alerts that are in none, by their rank."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Mapping
from typing import Protocol

from ..core.alerts import AlertState, Ref
from ..core.groups import Group, GroupKey
from ..core.rows import Ordered, Rank, Row, rank
from .haunted import Listing

Entry = Row | Group


class Counted(Listing[Row], Protocol):
    """Alerts that a filter lets through. ``looked`` is the share of all alerts that it has been asked about so far, 0 to 1."""

    @property
    def looked(self) -> float: ...
    @property
    def rows(self) -> Ordered: ...
    def count_in(self, state: AlertState) -> int:
        """How many of its alerts are in this state."""
        ...


class Entries:
    """A listing of the alerts of ``passed``: of those in ``groups`` of ``fewest`` or more only their group, all others as
    themselves; ``alone`` are those that are in none. A group stands where the first of its alerts would."""

    def __init__(self, passed: Counted, alone: Ordered, groups: Mapping[GroupKey, Group], fewest: int, looked: float = 1.0) -> None:
        self._passed, self._alone = passed, alone
        self.looked = looked * passed.looked
        self.groups = {key: group for key, group in groups.items() if len(group) >= fewest}
        others: list[tuple[Rank, Entry]] = [(rank(group.members[0]), group) for group in self.groups.values()]
        others += [(rank(row), row) for group in groups.values() if len(group) < fewest for row in group.members]
        others.sort(key=lambda each: each[0])
        self._ranks = [at for at, _ in others]
        self._others = [entry for _, entry in others]
        self._starts = [number + (alone.before(at) if alone else 0) for number, at in enumerate(self._ranks)]
        self._places: dict[GroupKey, int] | None = None

    @property
    def many(self) -> int:
        """How many alerts there are, in groups or not."""
        return len(self._passed)

    @property
    def collapsed(self) -> int:
        """How many of them are in groups."""
        return sum(map(len, self.groups.values()))

    def count_in(self, state: AlertState) -> int:
        """How many of the alerts are in this state."""
        return self._passed.count_in(state)

    def __len__(self) -> int:
        return len(self._alone) + len(self._others)

    def __getitem__(self, index: int) -> Entry:
        at = bisect_left(self._starts, index)
        if at < len(self._starts) and self._starts[at] == index:
            return self._others[at]
        return self._alone[index - at]

    def __iter__(self) -> Iterator[Entry]:
        return (self[index] for index in range(len(self)))

    def place(self, key: Hashable) -> int | None:
        """Where a group stands, or an alert that stands for itself; ``None`` where there is no such entry."""
        if isinstance(key, GroupKey):
            if self._places is None:
                self._places = {each.key: at for at, each in enumerate(self._others) if isinstance(each, Group)}
            at = self._places.get(key)
            return self._starts[at] if at is not None else None
        number = self._passed.place(key) if isinstance(key, Ref) else None
        return self._place(self._passed[number]) if number is not None else None

    def _place(self, row: Row) -> int | None:
        at = bisect_left(self._ranks, rank(row))
        if at < len(self._others) and isinstance(self._others[at], Row) and self._ranks[at] == rank(row):
            return self._starts[at]
        place = self._alone.place(row)
        return place + at if place is not None else None


class Opened:
    """The alerts of one group alone, ``among`` all that the filter lets through."""

    def __init__(self, members: Counted, among: Counted) -> None:
        self._members = members
        self.many, self.looked = len(among), among.looked

    def count_in(self, state: AlertState) -> int:
        """How many of the group are in this state."""
        return self._members.count_in(state)

    def __len__(self) -> int:
        return len(self._members)

    def __getitem__(self, index: int) -> Row:
        return self._members[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self._members)

    def place(self, key: Hashable) -> int | None:
        """Where an alert of it stands."""
        return self._members.place(key)
