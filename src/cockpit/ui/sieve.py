"""The rows that a filter lets through: found slice by slice, so that no key waits for all of them, and kept up to date then."""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping
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
        self._needle = self._rest.needle if "\n" not in self._rest.needle else ""
        self._words = any(isinstance(term, Word) for term in rule.terms)
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

    def step(self, seconds: float) -> None:
        """Go on for so long, a few hundred rows at least."""
        until = perf_counter() + seconds
        while self._pending:
            self._settle(tuple(islice(self._pending, _BATCH)))
            if perf_counter() >= until:
                return
        while self._chunks:
            self._scan(self._chunks.pop())
            if perf_counter() >= until:
                return

    def _settle(self, refs: Iterable[Ref]) -> None:
        gone: list[Row] = []
        come: list[Row] = []
        for ref in refs:
            was, now = self._pending.pop(ref), self.every.find(ref)
            had = was is not None and self._rows.place(was) is not None
            has = now is not None and self._lets(now)
            if had and was is not None and (was is not now or not has):
                gone.append(was)
            if has and now is not None and (was is not now or not had):
                come.append(now)
        if gone or come:
            self._rows = self._rows.changed(gone, come)

    def _scan(self, chunk: Chunk) -> None:
        worded = self._needle or self._words
        pairs = chunk.having(self._needle) if worded else ((row, None) for row in chunk.rows)
        hits = [row for row, text in pairs if self.every.find(row.alert.ref) is row and self._lets(row, text)]
        if not hits:
            return
        hits.sort(key=rank)
        after = not self._rows or rank(self._rows[-1]) < rank(hits[0])
        self._rows = self._rows.followed_by(hits) if after else self._rows.changed((), hits)

    def _lets(self, row: Row, text: str | None = None) -> bool:
        alert = row.alert
        if not self._rest.matches(alert, self._now, self._me, text):
            return False
        if self._ageing.terms and alert.started_at is not None:
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
