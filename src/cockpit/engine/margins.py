"""What readers leave in the margins of runbooks, kept in the journal: so that it outlives a restart, and two people on one machine
work on one checklist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from ..core.actions import Run, Start
from ..core.alerts import Alert, Ref
from ..core.books import Books, box_of
from ..core.drills import rehearses
from ..core.margins import Margin, Tick
from ..core.margins import occasion as occasion_of
from ..core.text import clean
from ..provider import Clock
from .aside import Aside
from .journal import Entry, Happened, Journal, JournalError

KEPT = timedelta(days=7)
"""A tick, and a reader's place, are remembered for so long."""
LOOSE = timedelta(hours=12)
"""A tick that is for no alert is remembered for so long: the next person's night begins with an empty list."""

_KIND, _TICKED, _UNTICKED, _LEFT = "reader.", "reader.ticked", "reader.unticked", "reader.left"
_OVERLAP = timedelta(seconds=30)  # what other processes wrote late is found again
_MOST = 5_000


class Margins:
    """`of`, `tick` and `leave` may be called from any thread and never block. ``who`` is the person here; ``alert`` gives an alert
    that is there now; ``may_write`` says whether anything may be written down: what may not be lasts as long as this process."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        aside: Aside,
        *,
        who: str,
        alert: Callable[[Ref], Alert | None],
        may_write: Callable[[], bool],
    ) -> None:
        self._journal, self._clock, self._aside = journal, clock, aside
        self._who, self._alert, self._may_write = who, alert, may_write
        self._occasions: dict[Ref, str] = {}
        self._drills: set[Ref] = set()
        self._ticks: dict[tuple[str, str, str], tuple[datetime, Tick | None]] = {}
        self._lines: dict[str, int] = {}
        self._since: datetime | None = None
        self._known: set[int] = set()

    def of(self, book: str, alert: Ref | None) -> Margin:
        """The margin of a runbook, for this firing of an alert."""
        return self._on(book, self._occasion(alert))

    def _on(self, book: str, occasion: str) -> Margin:
        oldest = self._clock.now() - (KEPT if occasion else LOOSE)
        found = {
            box: tick
            for (of, on, box), (_, tick) in self._ticks.copy().items()
            if of == book and on == occasion and tick is not None and tick.at >= oldest
        }
        return Margin(found, self._lines.get(book, 0))

    def tick(self, book: str, alert: Ref | None, box: str, run: str = "") -> None:
        """Tick a box, or take the tick back; ``run`` is the run in which that was asked for."""
        occasion = self._occasion(alert)
        now, key = self._clock.now(), (book, occasion, box)
        gone = box in self._on(book, occasion).ticks
        self._ticks[key] = (now, None if gone else Tick(box, self._who, now))
        more = ({"run": run} if run else {}) | ({"drill": True} if alert in self._drills else {})
        self._write(_UNTICKED if gone else _TICKED, occasion, {"book": book, "box": box, **more}, now)

    def tick_in_run(self, run: Run, books: Books) -> None:
        """What a run waited for is ticked: so is the box of the text that it came from."""
        if not isinstance(run.action, Start) or run.wants is None:
            return
        book, alert = books.get(run.action.runbook), run.action.alert
        if book is not None:
            box = box_of(book, run.action.preview, run.wants.asked.text, self.of(book.name, alert).ticks)
            if box:
                self.tick(book.name, alert, box, run.id)

    def _occasion(self, alert: Ref | None) -> str:
        """What a margin is for. An alert that is over, perhaps by what was just done, is still the one that it was read for."""
        if alert is None:
            return ""
        there = self._alert(alert)
        if there is not None and rehearses(there):
            self._drills.add(alert)
        if there is not None or alert not in self._occasions:
            self._occasions[alert] = occasion_of(alert, there)
        return self._occasions[alert]

    def leave(self, book: str, line: int) -> None:
        """The reader closes it, at this line of the file."""
        if self._lines.get(book) != line:
            self._lines[book] = line
            self._write(_LEFT, book, {"line": line}, self._clock.now())

    def _write(self, kind: str, subject: str, data: dict[str, object], at: datetime) -> None:
        if self._may_write():
            self._aside.put(partial(self._keep, Happened(at=at, kind=kind, who=self._who, subject=subject, data=data)))

    def _keep(self, happened: Happened) -> None:
        try:
            self._journal.record_many([happened])
        except JournalError:
            return  # the journal's `problem` is in every view; what was ticked lasts as long as this process

    def read(self) -> bool:
        """Take over what the journal has by now; whether that was anything. May block on the disk; raises `JournalError`."""
        since = self._since - _OVERLAP if self._since is not None else self._clock.now() - KEPT
        entries = self._journal.entries(since=since, kind=_KIND, limit=_MOST)
        fresh = [entry for entry in reversed(entries) if entry.id not in self._known]
        for entry in fresh:
            self._take(entry)
        self._known = {entry.id for entry in entries}
        self._since = max((entry.at for entry in entries), default=self._since or self._clock.now())
        return bool(fresh)

    def _take(self, entry: Entry) -> None:
        if entry.kind == _LEFT:
            line = entry.data.get("line")
            if isinstance(line, int) and entry.who == self._who:
                self._lines[entry.subject] = line
            return
        book, box = entry.data.get("book"), entry.data.get("box")
        if isinstance(book, str) and isinstance(box, str):
            key = (book, entry.subject, box)
            if key not in self._ticks or self._ticks[key][0] <= entry.at:
                self._ticks[key] = (entry.at, Tick(box, clean(entry.who), entry.at) if entry.kind == _TICKED else None)
