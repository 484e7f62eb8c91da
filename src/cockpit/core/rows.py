"""The rows of a screen in the order of their rank: worst first, newest first. A changed order costs what changed in it.

Rows stand in blocks of a few hundred. A new order shares with the one before it every block in which nothing changed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain
from operator import itemgetter, lt
from typing import overload

import msgspec

from .alerts import Alert, AlertState, Ref, Severity


class Row(msgspec.Struct, frozen=True, gc=False):
    """An alert with what is expected of it: ``pending`` is the verb under way ("ack…", "ack: outcome unknown"), "" if none;
    ``running`` is the runbook under way on it ("restart…", "restart: outcome unknown"), which hinders no verb.

    The alert's ``state`` is already the expected one while an action is pending. ``stale`` means that its source does not
    see any more and this is the last that was known.
    """

    alert: Alert
    pending: str = ""
    stale: bool = False
    running: str = ""


Rank = tuple[int, int, float, Ref]
"""What rows are ordered by: state, severity, the newest first, and the reference, so that no two are equal."""

STATES: Mapping[AlertState, int] = {
    AlertState.FIRING: 0, AlertState.ACKNOWLEDGED: 1, AlertState.SUPPRESSED: 2, AlertState.RESOLVED: 3,
}  # fmt: skip
"""The place of each state in the order."""
_FIRST = AlertState.FIRING
# unknown is drawn above what is known to be mild: nobody has said that it is harmless
_SEVERITIES = {Severity.CRITICAL: 0, Severity.ERROR: 1, Severity.UNKNOWN: 2, Severity.WARNING: 3, Severity.INFO: 4}


def rank_of(state: AlertState, severity: Severity) -> tuple[int, int]:
    """The beginning of the rank of all rows of this state and severity."""
    return STATES[state], _SEVERITIES[severity]


def rank(row: Row) -> Rank:
    """The place of a row among all."""
    alert = row.alert
    state = 0 if alert.state is _FIRST else STATES[alert.state]  # to look it up takes a quarter of the time
    newest_first = -alert.started_at.timestamp() if alert.started_at is not None else 0.0
    return state, _SEVERITIES[alert.severity], newest_first, alert.ref


Block = tuple[Row, ...]
SIZE = 512
"""Rows in a block that has just been made. One is split at twice as many; two are joined where both have half as many in all."""
_FEW = 2 * SIZE


class Ordered(Sequence[Row]):
    """Rows in the order of their `rank`, each alert once at most; immutable."""

    __slots__ = ("_blocks", "_ends", "_firsts")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """``rows`` may stand in any order."""
        self._keep(_sorted_blocks(tuple(rows)))

    def _keep(self, blocks: Sequence[Block]) -> None:
        self._blocks = tuple(blocks)
        self._ends = tuple(accumulate(map(len, blocks)))
        self._firsts = [rank(block[0]) for block in blocks]

    @property
    def blocks(self) -> Sequence[Block]:
        """All rows in their order, some hundreds at a time."""
        return self._blocks

    def changed(self, gone: Iterable[Row], come: Iterable[Row]) -> Ordered:
        """Without these (the very objects that are in it), and with those (whose alerts are not in what is left)."""
        made = Ordered.__new__(Ordered)
        made._keep(self._changed(gone, come))
        return made

    def spliced(self, rows: Sequence[Row]) -> Ordered:
        """With these, which stand in their order already; in no time where none of those that are here stands between them."""
        if not rows:
            return self
        first, last = rank(rows[0]), rank(rows[-1])
        at = max(self._at(first), 0)
        block, after = self._blocks[at : at + 1], self._blocks[at + 1 :]
        whole = block[0] if block else ()
        within = bisect_left(whole, first, key=rank)
        following = whole[within : within + 1] or (after[0][:1] if after else ())
        if following and rank(following[0]) < last:
            return self.changed((), rows)
        made = Ordered.__new__(Ordered)
        made._keep((*self._blocks[:at], *_cut((*whole[:within], *rows, *whole[within:])), *after))
        return made

    def place(self, row: Row) -> int | None:
        """Where the alert of this row stands; ``None`` if it is not here with that rank. O(log n)."""
        key = rank(row)
        at = self._at(key)
        block = self._blocks[at] if at >= 0 else ()
        within = bisect_left(block, key, key=rank)
        if within == len(block) or block[within].alert.ref != row.alert.ref:
            return None
        return self._ends[at] - len(block) + within

    def before(self, place: tuple[object, ...]) -> int:
        """How many rows stand before this rank, or before the first that begins with it. O(log n)."""
        at = bisect_left(self._firsts, place) - 1
        block = self._blocks[at] if at >= 0 else ()
        return self._ends[at] - len(block) + bisect_left(block, place, key=rank) if at >= 0 else 0

    def count_in(self, state: AlertState) -> int:
        """How many are in this state. O(log n)."""
        return self._before(STATES[state] + 1) - self._before(STATES[state])

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(self._blocks)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Row, ...]: ...
    def __getitem__(self, index: int | slice) -> Row | tuple[Row, ...]:
        size = len(self)
        if isinstance(index, slice):
            return tuple(self._one(n) for n in range(*index.indices(size)))
        if not -size <= index < size:
            raise IndexError(index)
        return self._one(index % size)

    def __contains__(self, row: object) -> bool:
        at = self.place(row) if isinstance(row, Row) else None
        return at is not None and self[at] == row

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        same_size = len(self) == len(other)
        return self is other or (same_size and all(one is two or one == two for one, two in zip(self, other, strict=True)))

    __hash__ = None  # type: ignore[assignment]  # two that are equal may be cut into other blocks

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    def _one(self, index: int) -> Row:
        at = bisect_right(self._ends, index)
        block = self._blocks[at]
        return block[index - self._ends[at] + len(block)]

    def _at(self, key: Rank) -> int:
        """The block that a row of this rank belongs to; -1 where there is none."""
        return max(0, bisect_right(self._firsts, key) - 1) if self._firsts else -1

    def _before(self, state: int) -> int:
        """How many rows stand before the first of that state."""
        at = bisect_left(self._firsts, state, key=itemgetter(0)) - 1
        if at < 0:
            return 0
        block = self._blocks[at]
        return self._ends[at] - len(block) + bisect_left(block, state, key=lambda row: STATES[row.alert.state])

    def _changed(self, gone: Iterable[Row], come: Iterable[Row]) -> Sequence[Block]:
        come = tuple(come)
        if len(come) > max(_FEW, len(self) // 4):
            going = set(map(id, gone))
            return _sorted_blocks((*(row for row in self if id(row) not in going), *come) if going else (*self, *come))
        touched: dict[int, _Touched] = {}
        for row in gone:
            key = rank(row)
            touched.setdefault(self._at(key), ([], []))[0].append(key)
        for row in come:
            touched.setdefault(self._at(rank(row)), ([], []))[1].append(row)
        return _mended(self._blocks, touched)


def in_order(rows: Sequence[Row]) -> bool:
    """Whether they stand in the order of their rank."""
    ranks = list(map(rank, rows))
    return all(map(lt, ranks, ranks[1:]))


def unlike(old: Ordered, new: Ordered) -> tuple[list[Row], list[Row]]:
    """What is in the one and not in the other: (gone, come), by the very objects. It costs what stands in blocks that are not in
    both."""
    if old is new:
        return [], []
    same = set(map(id, old.blocks)) & set(map(id, new.blocks))
    before = [block for block in old.blocks if id(block) not in same]
    after = [block for block in new.blocks if id(block) not in same]
    had, has = set(map(id, chain.from_iterable(before))), set(map(id, chain.from_iterable(after)))
    gone = [row for block in before for row in block if id(row) not in has]
    return gone, [row for block in after for row in block if id(row) not in had]


_Touched = tuple[list[Rank], list[Row]]
"""What goes of a block, and what comes into it."""


def _mended(blocks: Sequence[Block], touched: Mapping[int, _Touched]) -> Sequence[Block]:
    """The blocks after what is to be done to each, by its index (-1: there are none yet)."""
    made: list[Block] = []
    done = 0
    for at in sorted(touched):
        made += blocks[done : max(at, 0)]
        done = at + 1
        block = _mended_one(blocks[at] if at >= 0 else (), *touched[at])
        if made and len(block) + len(made[-1]) <= SIZE // 2:
            made[-1] += tuple(block)
        else:
            made += _cut(tuple(block))
    return made + list(blocks[done:])


def _mended_one(block: Block, going: Sequence[Rank], coming: Sequence[Row]) -> list[Row]:
    if len(going) + len(coming) > SIZE // 8:
        left = set(going)
        return sorted([*(row for row in block if rank(row) not in left), *coming], key=rank)
    rows = list(block)
    for key in going:
        at = bisect_left(rows, key, key=rank)
        if at < len(rows) and rank(rows[at]) == key:
            del rows[at]
    for row in coming:
        insort(rows, row, key=rank)
    return rows


def _sorted_blocks(rows: tuple[Row, ...]) -> Sequence[Block]:
    """Very many are dealt out to their blocks first: to sort them all is one long step, in which no other thread has a turn."""
    if len(rows) <= _FEW:
        return _cut(tuple(sorted(rows, key=rank)))
    bounds = sorted(map(rank, rows[:: SIZE // 4]))[::4]
    dealt: list[list[Row]] = [[] for _ in range(len(bounds) + 1)]
    for row in rows:
        dealt[bisect_right(bounds, rank(row))].append(row)
    return [block for part in dealt for block in _cut(tuple(sorted(part, key=rank)))]


def _cut(rows: tuple[Row, ...]) -> Sequence[Block]:
    """Sorted rows in blocks."""
    return [rows[start : start + SIZE] for start in range(0, len(rows), SIZE)] if len(rows) > 2 * SIZE else [rows] if rows else []
