"""The groups of the alert list: those of storms by themselves, others when somebody asks for them. Kept by differences, and made in
slices that keys go before."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from time import perf_counter

from ..core.alerts import Ref
from ..core.groups import Group, GroupKey, key_of
from ..core.ranking import Ranking
from ..core.rows import Ordered, Row, in_order, unlike
from ..core.storms import FEWEST, Storm, Storms
from .entries import Counted, Entries, Opened
from .sieve import Passed

_BATCH = 256
_ALL_ANEW = 16  # where more than one of so many belongs to a storm, all are dealt out anew
_PAUSE = 0.1  # seconds between two pictures of a grouping that is still under way


Listed = Counted | Entries | Opened
"""What the list may show: alerts alone, alerts and groups, or the alerts of one group."""


class Collapsing:
    """``storms`` says what belongs to a storm; ``by`` are the labels that `toggle` groups by."""

    def __init__(self, storms: Storms, by: tuple[str, ...]) -> None:
        self._storms, self._default = storms, by
        self.by: tuple[str, ...] = ()
        """What everything is grouped by, if somebody asked for that."""
        self.opened: GroupKey | None = None
        """The group that alone is shown."""
        self._apart: frozenset[Storm] = frozenset()
        self._every = Ranking()
        self._passed: Counted = Passed(Ordered(), self._every, {}, 1.0)
        self._begin()

    def _begin(self) -> None:
        """Forget all groups: they are made anew by the next `take`."""
        self._on = self._dealing = False
        self._rows = self._alone = Ordered()
        self._groups: dict[GroupKey, Group] = {}
        self._key_of: dict[Ref, GroupKey] = {}
        self._todo: deque[tuple[Row, bool]] = deque()
        self._many = 0
        self._entries: Entries | None = None
        self._pictured, self._stale = 0.0, True

    # ── what somebody wants ───────────────────────────────────────────────────────────────────────────────────────

    def toggle(self) -> str:
        """From groups to none, and back; gives what to say about it."""
        stormy = self._stormy()
        if self.by:
            return self.regroup((), "not grouped any more")
        if stormy:
            return self.regroup((), "every alert by itself, those of the storm too", apart=True)
        if any(storm in self._apart for storm in self._storms.storms):
            return self.regroup((), "the storm is told in groups again")
        return self.regroup(self._default, f"grouped by {', '.join(self._default)}")

    def regroup(self, by: tuple[str, ...], said: str = "", *, apart: bool = False) -> str:
        """Group by these labels; with none only storms are told in groups, or (``apart``) those neither that there are now."""
        self.by, self.opened = by, None
        self._apart = frozenset(self._storms.storms) if apart else frozenset()
        self._begin()
        return said

    def open(self, key: GroupKey) -> None:
        """Show this group alone."""
        self.opened = key

    def close(self) -> None:
        """Show all again."""
        self.opened = None

    # ── the facts ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def listed(self) -> Listed:
        """What the list shows."""
        if not self._on or self._dealing:
            return self._passed
        if self.opened is not None:
            group = self._groups.get(self.opened)
            members = Passed(group.members if group is not None else Ordered(), self._every, {}, 1.0)
            return Opened(members, self._passed)
        if self._entries is None or (self._stale and (not self._todo or perf_counter() - self._pictured > _PAUSE)):
            looked = 1 - len(self._todo) / self._many if self._todo and self._many else 1.0
            self._entries = Entries(self._passed, self._alone, self._groups, 2 if self.by else FEWEST, looked)
            self._pictured, self._stale = perf_counter(), False
        return self._entries

    def group(self, key: GroupKey) -> Group | None:
        """A group as it is now, however few are left of it."""
        return self._groups.get(key)

    @property
    def storms(self) -> tuple[Storm, ...]:
        """The storms that are told in groups now."""
        return () if self.by else self._stormy()

    @property
    def busy(self) -> bool:
        """Whether `step` has something to do."""
        return bool(self._todo)

    def take(self, passed: Counted, every: Ranking, touched: frozenset[Ref] | None) -> None:
        """New facts: what the filter lets through, and the alerts of which `Storms` now says something else (``None``: of any)."""
        self._passed, self._every, self._stale = passed, every, True
        self._apart &= frozenset(self._storms.storms)
        if not (self.by or self._stormy()):
            if self._on:
                self._begin()
                self.opened = None
            return
        if touched is None or not self._on:
            self._start()
            return
        gone, come = _differing(self._rows, passed.rows)
        self._rows = passed.rows
        self._todo.extend((row, False) for row in gone)
        self._todo.extend((row, True) for row in come)
        coming = {row.alert.ref for row in come}
        self._again(ref for ref in touched if ref not in coming)
        self._many = max(self._many, len(self._todo)) if self._todo else 0

    def step(self, seconds: float) -> None:
        """Go on for so long."""
        until = perf_counter() + seconds
        while self._todo:
            self._batch()
            if perf_counter() >= until:
                break
        self._dealing = self._dealing and bool(self._todo)

    def _start(self) -> None:
        opened = self.opened
        self._begin()
        self.opened, self._on = opened, True
        self._rows = self._passed.rows
        stormy = sum(len(storm.refs) for storm in self._stormy())
        if self.by or stormy > len(self._rows) // _ALL_ANEW:
            self._todo.extend((row, True) for row in self._rows)
            self._dealing = not self.by  # what somebody reads is not taken away meanwhile
        else:
            self._alone = self._rows
            self._again(ref for storm in self._stormy() for ref in storm.refs)
        self._many = len(self._todo)

    def _again(self, refs: Iterable[Ref]) -> None:
        """These may belong elsewhere now."""
        for ref in refs:
            place = self._passed.place(ref)
            if place is not None:
                row = self._passed[place]
                self._todo.extend(((row, False), (row, True)))

    def _batch(self) -> None:
        alone, grouped = _Change(), dict[GroupKey, _Change]()
        coming: set[Ref] = set()
        for _ in range(min(_BATCH, len(self._todo))):
            row, comes = self._todo[0]
            ref = row.alert.ref
            if not comes and ref in coming:
                break  # it came in this very batch: that is done first
            self._todo.popleft()
            key = self._key(row) if comes else self._key_of.pop(ref, None)
            change = alone if key is None else grouped.setdefault(key, _Change())
            (change.come if comes else change.gone).append(row)
            if comes:
                coming.add(ref)
                if key is not None:
                    self._key_of[ref] = key
        if alone.gone or alone.come:
            ends = not alone.gone and in_order(alone.come)
            self._alone = self._alone.spliced(alone.come) if ends else self._alone.changed(alone.gone, alone.come)
        for key, change in grouped.items():
            group = (self._groups.get(key) or Group(key)).changed(change.gone, change.come)
            if len(group):
                self._groups[key] = group
            else:
                self._groups.pop(key, None)
        self._stale = True

    def _key(self, row: Row) -> GroupKey | None:
        if self.by:
            return key_of(row.alert, self.by)
        storm = self._storms.of(row.alert.ref)
        if storm is None or storm in self._apart:
            return None
        return key_of(row.alert, (*storm.by, "@severity"))  # what is worse does not hide among what is mild

    def _stormy(self) -> tuple[Storm, ...]:
        return tuple(storm for storm in self._storms.storms if storm not in self._apart)


def _differing(old: Ordered, new: Ordered) -> tuple[Sequence[Row], Sequence[Row]]:
    """What went and what came: as the ranking itself knows, where it does."""
    change = new.since(old) if isinstance(new, Ranking) and isinstance(old, Ranking) else None
    return unlike(old, new) if change is None else (change.gone, change.come)


class _Change:
    __slots__ = ("come", "gone")

    def __init__(self) -> None:
        self.come: list[Row] = []
        self.gone: list[Row] = []
