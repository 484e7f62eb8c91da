"""What was known at one moment of a recording, put together from its messages. Nothing in them is believed: every record is looked
at as if a source had just answered with it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import msgspec

from ..core.actions import Run
from ..core.filters import FilterError, parse
from ..core.harmless import harmless
from ..core.recorded import KINDS, Around, Book, Gone, Header, Message, Ran, Said, Sight
from ..core.runbooks import Runbook
from ..core.sharing import Part, Reader
from ..core.sources import Snapshot, SourceHealth
from ..core.text import clean
from ..core.view import JournalHealth
from ..core.watchrule import Outside
from .accepting import Accepting
from .attached import Shared
from .edits import append
from .store import Facts, Surroundings
from .taken import taken, there

_OLDEST = 1e9
"""Seconds: thirty years."""
SOURCES = 1000
"""More than so many are no cockpit's."""


class _Source:
    """One source: its records as they came, and how they are read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.records: dict[str, tuple[Any, ...]] = {}
        self.read, self.accepting = Reader(), Accepting(name)


class Scene:
    """Made of the messages of a stream that begins anew, in their order (`take`). ``facts`` is what they come to."""

    def __init__(self, header: Header) -> None:
        self._header = header
        self._sources: dict[str, _Source] = {}
        self._snapshots: dict[str, Snapshot] = {}
        self._runs: dict[str, Run] = {}
        self._around = Around()
        self._books: tuple[Runbook, ...] = ()
        self._health: tuple[SourceHealth, ...] = ()
        self._health_at = 0.0

    def take(self, messages: Iterable[Message], position: float) -> bool:
        """Take in what became known at a position; gives whether a source answered. Raises ``ValueError`` for what does not hold
        together."""
        rest = iter(messages)
        answered = False
        for each in rest:
            match each:
                case Said():
                    self._said(each, rest)
                    answered = True
                case Gone(source):
                    self._sources.pop(clean(source, 200), None)
                    self._snapshots = {name: each for name, each in self._snapshots.items() if name != clean(source, 200)}
                case Ran(runs, gone):
                    self._ran(runs, gone)
                case Around():
                    self._around = harmless(each)
                    self._books = tuple(map(_runbook, self._around.books))
                case Sight(health):
                    self._health, self._health_at = harmless(health), position
                case _:
                    raise ValueError("a message stands where none of its kind belongs")
        return answered

    def facts(self, position: float) -> Facts:
        """What is known at this position, which is not before the last that was taken in."""
        around = self._around
        surroundings = Surroundings(
            health=tuple(self._aged(each, position) for each in self._health),
            journal=JournalHealth(around.problem),
            keeper=around.keeper,
            runbooks=self._books,
            me=around.me,
            read_only=around.read_only,
            remarks=around.remarks,
            outside=Outside(around.beat_at, around.beat_late) if around.beats else None,
        )
        return Facts(self._snapshots, tuple(self._runs.values()), surroundings)

    def _said(self, said: Said, rest: Iterable[Message]) -> None:
        told, name = said.told, clean(said.source, 200)
        if name not in self._sources and len(self._sources) >= SOURCES:
            raise ValueError(f"more than {SOURCES} sources")
        source = self._sources.setdefault(name, _Source(name))
        if not math.isfinite(told.asked_mono) or told.asked_at.utcoffset() is None:
            raise ValueError("a time that cannot be")
        if not {*told.anew, *told.kinds} <= {*KINDS} or not {*told.kinds} <= {*told.anew, *source.records}:
            raise ValueError("facts of a kind that was never told")
        news: dict[str, list[Any]] = {kind: [] for kind in told.anew}
        for _ in range(told.parts):
            more = True
            while more:
                part = next(iter(rest), None)
                if not isinstance(part, Part) or part.kind not in news:
                    raise ValueError("an answer that breaks off")
                append(news[part.kind], part, source.records.get(part.kind, ()), source.read)
                more = part.more
        source.records = {kind: source.records[kind] for kind in told.kinds if kind not in news} | {
            kind: tuple(records) for kind, records in news.items()
        }
        lost = sum(record is None for records in source.records.values() for record in records)
        if lost:
            told = msgspec.structs.replace(told, rejected=max(0, told.rejected) + lost, complete=False)
        shared = Shared(told, {kind: there(records, lost) for kind, records in source.records.items()})
        self._snapshots = {**self._snapshots, name: taken(shared, source.accepting, name, told.asked_mono)}

    def _ran(self, runs: Iterable[Run], gone: Iterable[str]) -> None:
        for run in runs:
            took = run.seconds if run.seconds is not None and 0 <= run.seconds <= _OLDEST else None
            found = harmless(run, reckoned=True)
            self._runs[run.id] = msgspec.structs.replace(found, seconds=took, output_path="", address_wanted=None, wants=None)
        for each in gone:
            self._runs.pop(each, None)

    def _aged(self, health: SourceHealth, position: float) -> SourceHealth:
        said = self._snapshots.get(health.source)
        age = min(max(0.0, self._header.mono + position - said.asked_mono), _OLDEST) if said is not None else None
        left = health.retry_in.total_seconds() - (position - self._health_at) if health.retry_in is not None else None
        return msgspec.structs.replace(
            health,
            age=timedelta(seconds=age) if age is not None else None,
            retry_in=timedelta(seconds=max(0.0, left)) if left is not None else None,
        )


def _runbook(book: Book) -> Runbook:
    """It, for alerts that it matches; for none where that cannot be read."""
    found = book.runbook()
    try:
        parse(found.match)
    except FilterError:
        return msgspec.structs.replace(found, match="")
    return found
