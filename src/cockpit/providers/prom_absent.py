"""Which metrics of the rules have no series at all, so that their rules cannot fire: asked seldom, and never twice for the same."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from ..core.text import clean
from ..provider import Clock, Malformed, ProviderError
from .prom_api import Api
from .promql import NotRead, metrics, missing
from .records import UNREADABLE

AGAIN = 600.0
"""Seconds after which all names are asked for again."""
MISSED = 60.0
"""Seconds after which those that were missing are asked for again, and after which a question that failed is."""
PATIENCE = 2.0
"""Seconds that the rules wait for this: they are told without it otherwise."""
_LENGTH = 1500  # characters of names in one question: an address must not become too long for what stands between


class Absent:
    """``within``: a metric that had no series for so long is missing. Prometheus finds series by the blocks that they lie in: one
    that has gone is missed only two or three hours later, however short this is."""

    def __init__(self, api: Api, clock: Clock, within: timedelta) -> None:
        self._api, self._clock, self._within = api, clock, within
        self._asked: set[str] = set()
        self._there: set[str] = set()
        self._all_at = self._missed_at = -AGAIN
        self._read: dict[str, frozenset[str]] = {}
        self.remark = ""

    async def look(self, queries: Iterable[str], now: datetime) -> None:
        """Learn what there is, where it is time to. ``now`` is by the server's clock. `remark` says why it could not be learnt."""
        self._read = {query: self._read.get(query) or _names(query) for query in queries}
        names = frozenset[str]().union(*self._read.values())
        self._asked &= names
        wanted = self._due(names)
        if not wanted:
            return
        mono = self._clock.mono()
        self._missed_at = mono
        try:
            async with asyncio.timeout(PATIENCE):
                there = await self._which(sorted(wanted), now)
        except TimeoutError:
            self.remark = f"which rules cannot fire is not known: no answer within {PATIENCE:g} s to which metrics there are"
        except ProviderError as error:
            self.remark = f'which rules cannot fire is not known: {error} (with seen_within = "0s" it is not asked)'
        else:
            self._there = (self._there - wanted) | there
            self._asked |= wanted
            self._all_at = mono if wanted == names else self._all_at
            self.remark = ""

    def lacks(self, query: str) -> frozenset[str]:
        """The metrics for want of which this query gives nothing; empty where that is not so, or not known."""
        if not self._read.get(query, frozenset()) - self._there:
            return frozenset()
        unknown = self._read[query] - self._asked
        return missing(query, self._there | unknown)

    def _due(self, names: frozenset[str]) -> frozenset[str]:
        mono = self._clock.mono()
        if self.remark and mono - self._missed_at < MISSED:
            return frozenset()
        if mono - self._all_at >= AGAIN:
            return names
        again = names - self._there if mono - self._missed_at >= MISSED else frozenset()
        return again | (names - self._asked)

    async def _which(self, names: Sequence[str], now: datetime) -> set[str]:
        there: set[str] = set()
        since = (now - self._within).timestamp()
        for pattern in _patterns(names):
            query = [("match[]", f'{{__name__=~"{pattern}"}}'), ("start", f"{since:.0f}"), ("end", f"{now.timestamp():.0f}")]
            told = await self._api.ask("/label/__name__/values", query)
            try:
                there |= set(msgspec.json.decode(told.data, type=list[str]))
            except UNREADABLE as error:
                raise Malformed("it answered no list of metrics") from error
        return there


def _names(query: str) -> frozenset[str]:
    try:
        return metrics(query)
    except NotRead:
        return frozenset()


def _patterns(names: Sequence[str]) -> Iterator[str]:
    """Expressions (RE2, within a string of PromQL) that match these names, none of them too long."""
    row: list[str] = []
    for name in names:
        row.append(re.escape(clean(name)).replace("\\", "\\\\").replace('"', '\\"'))
        if sum(map(len, row)) > _LENGTH:
            yield "|".join(row)
            row = []
    if row:
        yield "|".join(row)
