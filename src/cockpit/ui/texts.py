"""What free words are looked for in, of very many alerts: joined texts, so that one search goes through hundreds at once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from time import perf_counter

from ..core.ranking import Ranking
from ..core.rows import SIZE, Row, rank
from ..core.terms import haystack


class Chunk:
    """Some hundreds of rows and their texts, which are made when they are first looked through."""

    __slots__ = ("_starts", "_text", "rows")

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows
        self._text: str | None = None
        self._starts: Sequence[int] = ()

    @property
    def ready(self) -> bool:
        """Whether the texts are made."""
        return self._text is not None

    def made(self) -> str:
        """The texts of all rows, a line end after each."""
        if self._text is None:
            texts = [haystack(row.alert) + "\n" for row in self.rows]
            self._text, self._starts = "".join(texts), tuple(accumulate(map(len, texts), initial=0))
        return self._text

    def having(self, needle: str) -> Iterator[tuple[Row, str]]:
        """The rows in whose text this stands, and their texts; with "" all of them."""
        text = self.made()
        at = text.find(needle)
        while 0 <= at < len(text):
            number = bisect_right(self._starts, at) - 1
            start, end = self._starts[number], self._starts[number + 1]
            yield self.rows[number], text[start : end - 1]
            at = text.find(needle, end)


class Texts:
    """The chunks of a ranking, in its order. What has changed since stands in chunks of its own, before the others: the rows in
    those that are not in the ranking any more are the past, and whoever looks through them has to know."""

    def __init__(self, every: Ranking) -> None:
        self._all = [Chunk(block) for block in every.blocks]
        self._news: list[Chunk] = []
        self._unready = 0

    def add(self, rows: Iterable[Row]) -> None:
        """These have come, or have changed."""
        coming = list(rows)
        if self._news and not self._news[-1].ready and len(self._news[-1].rows) + len(coming) <= SIZE:
            coming = [*self._news.pop().rows, *coming]
        self._news += [Chunk(coming[start : start + SIZE]) for start in range(0, len(coming), SIZE)]

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
            self._all[self._unready].made()

    def chunks(self, near: Row | None = None) -> list[Chunk]:
        """All of them, the one with the row ``near`` first."""
        at = bisect_right(self._all, rank(near), key=lambda chunk: rank(chunk.rows[0])) - 1 if near is not None else -1
        first = self._all[max(at, 0) : at + 1]
        return [*first, *self._news, *(chunk for chunk in self._all if chunk not in first)]
