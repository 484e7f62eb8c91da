"""The rows of a screen in the order of their rank: worst first, newest first. A changed order costs what changed in it.

Rows stand in blocks. A new order shares with the one before it every block in which nothing changed.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, chain, islice
from operator import attrgetter, itemgetter, lt
from typing import NamedTuple, TypeVar, overload

import msgspec

from .alerts import Alert, AlertState, Ref, Severity

T = TypeVar("T")


class Outlook(msgspec.Struct, frozen=True, gc=False):
    """What is expected of an alert. ``pending`` is the verb under way ("ack…", "ack: outcome unknown"), "" if
    none; ``running`` is the runbook under way on it ("restart…", "restart: outcome unknown"), which hinders no verb. ``stale``
    means that its source does not see any more and this is the last that was known."""

    pending: str = ""
    stale: bool = False
    running: str = ""


FRESH, STALE = Outlook(), Outlook(stale=True)
"""Nothing is expected, and the source sees, or does not. Nearly all rows share these, and are smaller by what is in there."""


class Row(msgspec.Struct, frozen=True, gc=False):
    """An alert with what is expected of it; its ``state`` is already the expected one while an action is pending."""

    alert: Alert
    outlook: Outlook = FRESH

    @property
    def pending(self) -> str:
        """See `Outlook`."""
        return self.outlook.pending

    @property
    def stale(self) -> bool:
        """See `Outlook`."""
        return self.outlook.stale

    @property
    def running(self) -> str:
        """See `Outlook`."""
        return self.outlook.running


Rank = tuple[int, Ref]
"""What rows are ordered by: state, severity and time as one number (see `rank`), and the reference, so that no two are equal."""

STATES = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED, AlertState.RESOLVED)
"""The states in their order."""
SEVERITIES = (Severity.CRITICAL, Severity.ERROR, Severity.UNKNOWN, Severity.WARNING, Severity.INFO)
"""The severities in their order: unknown stands above what is known to be mild, for nobody has said that it is harmless."""
# Every state and severity has 2⁵⁹ numbers: the microseconds of the years 1 to 9999 fit in there, and all of them into 64 bits.
_EACH = 1 << 59
_LOWEST = -len(STATES) * len(SEVERITIES) // 2
_BASES = {
    state: tuple((_LOWEST + place * len(SEVERITIES) + SEVERITIES.index(severity)) * _EACH for severity in sorted(Severity))
    for place, state in enumerate(STATES)
}
_FIRING = _BASES[AlertState.FIRING]


def rank(row: Row) -> Rank:
    """The place of a row among all: by state, by severity, the newest first. One that does not say when it began comes last."""
    alert = row.alert
    bases = _FIRING if alert.state is AlertState.FIRING else _BASES[alert.state]  # an enum is looked up in four times the time
    started = alert.started_at
    return bases[alert.severity] - (int(started.timestamp() * 1e6) if started is not None else 0), alert.ref


def beginning(state: AlertState, severity: Severity = SEVERITIES[0]) -> Rank:
    """A rank before all rows of this state and severity, and after all rows of those before it."""
    return _BASES[state][severity] - _EACH // 2, Ref("", "")


Breathe = Callable[[], None]
"""Called every now and then in long work, for those who share the interpreter with it."""


def unhurried() -> None:
    """Nobody waits: go on."""


def paced(items: Iterable[T], breathe: Breathe) -> Iterator[T]:
    """These, with a breath after every few."""
    for number, item in enumerate(items):
        if not number % 32:
            breathe()
        yield item


_ref = attrgetter("alert.ref")
SIZE = 256
"""Rows in a block that has just been made. One is split at twice as many; two are joined where both have half as many in all."""
_FEW = 1024


class Block(NamedTuple):
    """Some rows in their order, and the number that each has by its `rank`: to compare those costs no look at the alerts, which lie
    all over the memory."""

    codes: array[int]
    rows: Sequence[Row]

    def place(self, key: Rank) -> int:
        """Where a row of this rank stands, or would."""
        code, ref = key
        first = bisect_left(self.codes, code)
        last = bisect_right(self.codes, code, first)
        return bisect_left(self.rows, ref, first, last, key=_ref) if first < last else first

    def changed(self, gone: Iterable[Rank], come: Iterable[tuple[Rank, Row]]) -> Block:
        """Without the rows of those ranks, and with these."""
        codes, rows = self.codes[:], list(self.rows)
        made = Block(codes, rows)
        for key in gone:
            at = made.place(key)
            if at < len(rows) and codes[at] == key[0] and rows[at].alert.ref == key[1]:
                del codes[at], rows[at]
        for key, row in come:
            at = made.place(key)
            codes.insert(at, key[0])
            rows.insert(at, row)
        return Block(codes, tuple(rows))

    def cut(self) -> Sequence[Block]:
        """It, in pieces if it is too large; none if it is empty."""
        if len(self.rows) <= 2 * SIZE:
            return [self] if self.rows else []
        starts = range(0, len(self.rows), SIZE)
        return [Block(self.codes[start : start + SIZE], self.rows[start : start + SIZE]) for start in starts]


_NONE = Block(array("q"), ())


class Ordered(Sequence[Row]):
    """Rows in the order of their `rank`, each alert once at most; immutable."""

    __slots__ = ("_blocks", "_ends", "_firsts")

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        """``rows`` may stand in any order."""
        self._keep(_sorted_blocks(tuple(rows)))

    def _keep(self, blocks: Sequence[Block], firsts: Sequence[Rank] | None = None) -> None:
        """``firsts`` are the ranks of the first row of each block."""
        self._blocks = blocks
        self._ends = tuple(accumulate(len(block.rows) for block in blocks))
        self._firsts = firsts if firsts is not None else _firsts(blocks)

    @property
    def blocks(self) -> Sequence[Block]:
        """All rows, in blocks that orders which came of each other share."""
        return self._blocks

    def parts(self, size: int) -> Iterator[tuple[Row, ...]]:
        """All rows in their order, so many at a time."""
        rows = iter(self)
        while part := tuple(islice(rows, size)):
            yield part

    def changed(self, gone: Iterable[Row], come: Iterable[Row]) -> Ordered:
        """Without these (the very objects that are in it), and with those (whose alerts are not in what is left)."""
        made = Ordered.__new__(Ordered)
        made._keep(*self._changed(gone, come))
        return made

    def spliced(self, rows: Sequence[Row]) -> Ordered:
        """With these, which stand in their order already; in no time where none of those that are here stands between them."""
        if not rows:
            return self
        first, last = rank(rows[0]), rank(rows[-1])
        at = max(self._at(first), 0)
        here, after = (self._blocks[at] if self._blocks else _NONE), self._blocks[at + 1 :]
        within = here.place(first)
        following = here.rows[within : within + 1] or (after[0].rows[:1] if after else ())
        if following and rank(following[0]) < last:
            return self.changed((), rows)
        codes = array("q", (rank(row)[0] for row in rows))
        block = Block(here.codes[:within] + codes + here.codes[within:], (*here.rows[:within], *rows, *here.rows[within:]))
        made, cut = Ordered.__new__(Ordered), block.cut()
        made._keep([*self._blocks[:at], *cut, *after], [*self._firsts[:at], *_firsts(cut), *self._firsts[at + 1 :]])
        return made

    def place(self, row: Row) -> int | None:
        """Where the alert of this row stands; ``None`` if it is not here with that rank. O(log n)."""
        key = rank(row)
        at = self._at(key)
        block = self._blocks[at] if at >= 0 else _NONE
        within = block.place(key)
        if within == len(block.rows) or block.rows[within].alert.ref != key[1]:
            return None
        return self._ends[at] - len(block.rows) + within

    def before(self, key: Rank) -> int:
        """How many rows stand before this rank. O(log n)."""
        at = self._at(key)
        block = self._blocks[at] if at >= 0 else _NONE
        return self._ends[at] - len(block.rows) + block.place(key) if at >= 0 else 0

    def count_in(self, state: AlertState) -> int:
        """How many are in this state. O(log n)."""
        next_one = STATES[STATES.index(state) + 1 :]
        return (self.before(beginning(next_one[0])) if next_one else len(self)) - self.before(beginning(state))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        return chain.from_iterable(block.rows for block in self._blocks)

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
        rows = self._blocks[at].rows
        return rows[index - self._ends[at] + len(rows)]

    def _at(self, key: Rank) -> int:
        """The block that a row of this rank belongs to; -1 where there is none."""
        return max(0, bisect_right(self._firsts, key) - 1) if self._firsts else -1

    def _changed(
        self, gone: Iterable[Row], come: Iterable[Row], breathe: Breathe = unhurried
    ) -> tuple[Sequence[Block], Sequence[Rank]]:
        come = tuple(come)
        if len(come) > max(_FEW, len(self) // 4):
            going = set(map(id, gone))
            stay = (row for row in paced(self, breathe) if id(row) not in going) if going else self
            blocks = _sorted_blocks((*stay, *come), breathe)
            return blocks, _firsts(blocks)
        touched: dict[int, _Touched] = {}
        for row in paced(gone, breathe):
            key = rank(row)
            touched.setdefault(self._at(key), ([], []))[0].append(key)
        for row in paced(come, breathe):
            key = rank(row)
            touched.setdefault(self._at(key), ([], []))[1].append((key, row))
        return _mended(self._blocks, self._firsts, touched, breathe)


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
    before = [block.rows for block in old.blocks if id(block) not in same]
    after = [block.rows for block in new.blocks if id(block) not in same]
    had, has = set(map(id, chain.from_iterable(before))), set(map(id, chain.from_iterable(after)))
    gone = [row for rows in before for row in rows if id(row) not in has]
    return gone, [row for rows in after for row in rows if id(row) not in had]


_Touched = tuple[list[Rank], list[tuple[Rank, Row]]]
"""What goes of a block, and what comes into it."""


def _mended(
    blocks: Sequence[Block], firsts: Sequence[Rank], touched: Mapping[int, _Touched], breathe: Breathe
) -> tuple[Sequence[Block], Sequence[Rank]]:
    """The blocks after what is to be done to each, by its index (-1: there are none yet), and the ranks of their first rows."""
    made: list[Block] = []
    ranks: list[Rank] = []
    done = 0
    for at in sorted(touched):
        breathe()
        made += blocks[done : max(at, 0)]
        ranks += firsts[done : max(at, 0)]
        done = at + 1
        block = (blocks[at] if at >= 0 else _NONE).changed(*touched[at])
        if made and len(block.rows) + len(made[-1].rows) <= SIZE // 2:
            made[-1] = Block(made[-1].codes + block.codes, (*made[-1].rows, *block.rows))
        else:
            cut = block.cut()
            made += cut
            ranks += _firsts(cut)
    return [*made, *blocks[done:]], [*ranks, *firsts[done:]]


def _firsts(blocks: Iterable[Block]) -> list[Rank]:
    return [(block.codes[0], block.rows[0].alert.ref) for block in blocks]


def _sorted_blocks(rows: Sequence[Row], breathe: Breathe = unhurried) -> Sequence[Block]:
    """Very many are dealt out first: to sort them all is one long step, in which no other thread has a turn."""
    bounds = sorted(map(rank, rows[:: _FEW // 8]))[::4] if len(rows) > _FEW else []
    dealt: list[list[Row]] = [[] for _ in range(len(bounds) + 1)]
    for row in paced(rows, breathe):
        dealt[bisect_right(bounds, rank(row)) if bounds else 0].append(row)
    blocks: list[Block] = []
    for part in dealt:
        breathe()
        blocks += _sorted(part).cut()
    return blocks


def _sorted(rows: Sequence[Row]) -> Block:
    ranked = sorted(zip(map(rank, rows), rows, strict=True), key=itemgetter(0))
    return Block(array("q", (key[0] for key, _ in ranked)), tuple(row for _, row in ranked))
