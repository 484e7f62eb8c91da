"""What free words are looked for in, of very many alerts: joined texts, so that one search goes through hundreds at once."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, chain
from time import perf_counter

from ..core.ranking import Ranking
from ..core.rows import Row, rank
from ..core.terms import texts_of

CHUNK = 512
"""Rows that are looked through in one step."""


class Chunk:
    """Some hundreds of rows, and what stands in them: each text once, with the rows that have it. Alerts have most of their texts
    in common, and each is looked through once for all of them. ``ordered``: the rows stand in the order of their rank."""

    __slots__ = ("_ends", "_starts", "_text", "_whose", "ordered", "rows")

    def __init__(self, rows: Sequence[Row], ordered: bool = False) -> None:
        self.rows, self.ordered = rows, ordered
        self._text: str | None = None
        self._starts, self._ends, self._whose = array("I"), array("I"), array("H")

    @property
    def ready(self) -> bool:
        """Whether the texts are made; they are when they are first looked through."""
        return self._text is not None

    def make(self) -> str:
        """The texts, case-folded, with a line end after each."""
        if self._text is None:
            found: dict[str, list[int]] = {}
            for number, row in enumerate(self.rows):
                for text in texts_of(row.alert):
                    found.setdefault(text, []).append(number)
            folded = [text.casefold() + "\n" for text in found]
            self._starts = array("I", accumulate(map(len, folded), initial=0))
            self._ends = array("I", accumulate(map(len, found.values())))
            self._whose = array("H", chain.from_iterable(found.values()))
            self._text = "".join(folded)
        return self._text

    def having(self, needle: str) -> set[int]:
        """The rows, by their number in here, with a text in which this stands. It has no line end in it."""
        text, found = self.make(), set[int]()
        at = text.find(needle)
        while at >= 0 and len(found) < len(self.rows):
            number = bisect_right(self._starts, at) - 1
            found.update(self._whose[self._ends[number - 1] if number else 0 : self._ends[number]])
            at = text.find(needle, self._starts[number + 1])
        return found


class Texts:
    """The chunks of a ranking, in its order. What has changed since stands in chunks of its own, before the others: the rows in
    those that are not in the ranking any more are the past, and whoever looks through them has to know."""

    def __init__(self, every: Ranking) -> None:
        self._all = [Chunk(part, ordered=True) for part in every.parts(CHUNK)]
        self._news: list[Chunk] = []
        self._unready = 0

    def add(self, rows: Iterable[Row]) -> None:
        """These have come, or have changed."""
        coming = list(rows)
        if self._news and not self._news[-1].ready and len(self._news[-1].rows) + len(coming) <= CHUNK:
            coming = [*self._news.pop().rows, *coming]
        self._news += [Chunk(coming[start : start + CHUNK]) for start in range(0, len(coming), CHUNK)]

    @property
    def worn(self) -> bool:
        """Whether so much has changed since that it is better made anew."""
        return len(self._news) > max(4, len(self._all) // 2)

    @property
    def ready(self) -> bool:
        """Whether every text is made, except of what has changed since."""
        while self._unready < len(self._all) and self._all[self._unready].ready:
            self._unready += 1
        return self._unready == len(self._all)

    def prepare(self, seconds: float) -> None:
        """Make texts for so long."""
        until = perf_counter() + seconds
        while not self.ready and perf_counter() < until:
            self._all[self._unready].make()

    def chunks(self, near: Row | None = None) -> list[Chunk]:
        """All of them, the one with the row ``near`` first."""
        at = bisect_right(self._all, rank(near), key=lambda chunk: rank(chunk.rows[0])) - 1 if near is not None else -1
        first = self._all[max(at, 0) : at + 1]
        return [*first, *self._news, *(chunk for chunk in self._all if chunk not in first)]
