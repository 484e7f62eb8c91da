"""The rows that a filter lets through: found slice by slice, so that no key waits for all of them, and kept up to date then."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from time import perf_counter

from ..core.alerts import AlertState, Ref
from ..core.ranking import Ranking
from ..core.rows import Ordered, Row, rank
from ..core.terms import Filter, Mine, Word
from .texts import Chunk, Texts

_BATCH = 64


class Passed:
    """What a filter has let through so far, as a listing. ``waiting`` are alerts that have changed and are not looked at again yet:
    their rows, or ``None``, are those from before."""

    __slots__ = ("_every", "_waiting", "looked", "rows")

    def __init__(self, rows: Ordered, every: Ranking, waiting: Mapping[Ref, Row | None], looked: float) -> None:
        self.rows, self._every, self._waiting, self.looked = rows, every, waiting, looked

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def place(self, key: Hashable) -> int | None:
        """Where an alert stands; ``None`` if it is not here."""
        if not isinstance(key, Ref):
            return None
        row = self._waiting[key] if key in self._waiting else self._every.find(key)
        return self.rows.place(row) if row is not None else None

    def count_in(self, state: AlertState) -> int:
        """How many of them are in this state."""
        return self.rows.count_in(state)


class Sieve:
    """``rule`` over all the rows of a view, those around the row ``near`` looked at first. While it is not `done`, rows are
    missing, and what has just changed stands there as it was."""

    def __init__(
        self, rule: Filter, every: Ranking, me: tuple[str, ...], now: datetime, texts: Texts | None = None, near: Row | None = None
    ) -> None:
        self.rule, self.every = rule, every
        self._me, self._now = me, now
        self._rest = Filter(rule.text, tuple(term for term in rule.terms if term not in rule.aged))
        self._ageing = Filter(rule.text, rule.aged)
        self._hushed = frozenset(term.text for term in rule.terms if isinstance(term, Word) and term.excluded)
        self._plain = not any("\n" in text for text in (*rule.needles, *self._hushed))
        self._unworded = Filter(rule.text, tuple(term for term in self._rest.terms if not isinstance(term, Word)))
        self._rows: Ordered = Ordered() if rule.terms else every
        self._chunks: list[Chunk] = (texts or Texts(every)).chunks(near)[::-1] if rule.terms else []
        self._many = len(self._chunks)
        self._pending: dict[Ref, Row | None] = {}
        self._turns: dict[int, list[Ref]] = {}
        self._seconds: list[int] = []

    @property
    def passed(self) -> Passed:
        """What was let through so far."""
        looked = 1 - len(self._chunks) / self._many if self._many else 1.0
        return Passed(self._rows, self.every, dict(self._pending), looked)

    @property
    def empty(self) -> bool:
        """Whether nothing was."""
        return not self._rows

    @property
    def done(self) -> bool:
        """Whether every row has been looked at."""
        return not self._chunks and not self._pending

    def take(self, every: Ranking, me: tuple[str, ...], now: datetime) -> bool:
        """New facts, which `step` will look at; False where that needs another sieve."""
        if not self.rule.terms:
            self._rows = self.every = every
            return True
        mine = any(isinstance(term, Mine) for term in self.rule.terms)
        change = every.since(self.every)
        if change is None or (mine and me != self._me) or not self.tick(now):
            return False
        for row in change.gone:
            self._pending.setdefault(row.alert.ref, row)
        for row in change.come:
            self._pending.setdefault(row.alert.ref, None)
        self.every, self._me = every, me
        return True

    def tick(self, now: datetime) -> bool:
        """Time has passed: what has come of age is looked at by `step`; False where the clock was set back."""
        if now < self._now:
            return not self.rule.aged
        self._now = now
        while self._seconds and self._seconds[0] <= now.timestamp():
            for ref in self._turns.pop(heapq.heappop(self._seconds)):
                self._pending.setdefault(ref, self.every.find(ref))
        return True

    def step(self, seconds: float, enough: float = math.inf) -> None:
        """Go on for so long, a few hundred rows at least, or until there are ``enough`` rows."""
        until = perf_counter() + seconds
        while self._pending:
            self._settle(tuple(islice(self._pending, _BATCH)))
            if perf_counter() >= until:
                return
        while self._chunks:
            self._scan(self._chunks.pop())
            if perf_counter() >= until or len(self._rows) >= enough:
                return

    def _settle(self, refs: Iterable[Ref]) -> None:
        gone: list[Row] = []
        come: list[Row] = []
        for ref in refs:
            was, now = self._pending.pop(ref), self.every.find(ref)
            had = was is not None and self._rows.place(was) is not None
            has = now is not None and self._lets(now, self._rest)
            if had and was is not None and (was is not now or not has):
                gone.append(was)
            if has and now is not None and (was is not now or not had):
                come.append(now)
        if gone or come:
            self._rows = self._rows.changed(gone, come)

    def _scan(self, chunk: Chunk) -> None:
        texts = chunk if self._plain and (self.rule.needles or self._hushed) else None
        rule = self._unworded if texts is not None else self._rest
        rows = chunk.rows if texts is None else [chunk.rows[number] for number in self._worded(texts)]
        hits = [row for row in rows if self.every.find(row.alert.ref) is row and self._lets(row, rule)]
        self._rows = self._rows.spliced(hits if chunk.ordered else sorted(hits, key=rank))

    def _worded(self, chunk: Chunk) -> Sequence[int]:
        """The rows in which all words stand that are wanted, and none that is not."""
        found = set(range(len(chunk.rows))) if not self.rule.needles else None
        for needle in self.rule.needles:
            having = chunk.having(needle)
            found = having if found is None else found & having
            if not found:
                return ()
        for needle in self._hushed:
            found = (found or set()) - chunk.having(needle)
        return sorted(found or ())

    def _lets(self, row: Row, rule: Filter) -> bool:
        """Whether the row is let through, by ``rule`` as far as that does not depend on the time."""
        alert = row.alert
        if rule.terms and not rule.matches(alert, self._now, self._me):
            return False
        if not self._ageing.terms:
            return True
        if alert.started_at is not None:
            turns = (alert.started_at + timedelta(seconds=term.seconds) for term in self.rule.aged)
            self._turn_at(min((turn for turn in turns if turn >= self._now), default=None), alert.ref)
        return self._ageing.matches(alert, self._now)

    def _turn_at(self, at: datetime | None, ref: Ref) -> None:
        """Another answer is due for this alert once that moment has passed."""
        if at is None:
            return
        second = math.floor(at.timestamp()) + 1
        if second not in self._turns:
            self._turns[second] = []
            heapq.heappush(self._seconds, second)
        self._turns[second].append(ref)
