"""What a recording adds up to beside the facts: entries of the journal, output, readings, pictures, answers, rosters. All of it is
kept with its position, and given as of any."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

import msgspec

from ..core.alerts import Alert
from ..core.curves import Curve
from ..core.harmless import harmless
from ..core.questions import Answered, Question
from ..core.recorded import Message, Noted, Pictured, Printed, Read, Replied, Rostered, Written, answer_of
from ..core.roster import Person
from ..core.schedule import Laid, Schedule, schedule
from ..core.text import clean, sgr_only
from ..core.traps import TrapView
from .charts import sound
from .desk import Output
from .records import safe
from .weighing import weight

T = TypeVar("T")

ENTRIES, LINES, POINTS = 500_000, 500_000, 2_000_000
"""Entries, lines of output, and points that are kept: a recording that has more is no honest one."""
ROOM = 512 * 2**20
"""Bytes of memory that all of it may take, whatever it is."""
_NAME = 200  # characters of the name of a run, a trap, a number or a source
_PLACE, _POINT = 250, 120  # bytes that each thing takes to be found again, and each point
_IN_PART = "the recording has the rosters of a part of this time alone"
_NOT_THERE = "the rosters of this time are not in the recording"


class Archive:
    """`absorb` it message by message; the other methods may be called from any thread."""

    def __init__(self) -> None:
        self.entries: list[tuple[float, Noted]] = []
        self._printed: dict[str, list[tuple[float, Printed]]] = {}
        self._readings: dict[tuple[str, str], list[tuple[float, float]]] = {}
        self._curves: dict[tuple[str, str], list[tuple[float, Curve]]] = {}
        self._replies: dict[Question, list[tuple[float, Answered]]] = {}
        self._laid: list[tuple[float, Rostered]] = []
        self._room = {"entries": ENTRIES, "lines": LINES, "points": POINTS}
        self._left = ROOM

    def absorb(self, messages: Iterable[Message], position: float) -> None:
        """Keep what was told at a position. Raises ``ValueError`` where that is no good, or too much."""
        for each in messages:
            match each:
                case Written(entries):
                    self._take("entries", len(entries))
                    for entry in map(_safe, entries):
                        self.entries.append((position, self._weighed(entry)))
                case Printed():
                    self._take("lines", len(each.lines))
                    printed = self._weighed(_clean(each))
                    self._printed.setdefault(printed.run, []).append((position, printed))
                case Read(trap, metric, points):
                    self._take("points", len(points))
                    key = self._weighed((clean(trap, _NAME), clean(metric, _NAME)), len(points))
                    self._readings.setdefault(key, []).extend(_finite(points))
                case Pictured(source, about, curve):
                    self._take("points", len(curve.points))
                    drawn = sound(curve, clean(curve.source, _NAME))
                    self._weighed(msgspec.structs.replace(drawn, points=()), len(curve.points))
                    key = self._weighed((clean(source, _NAME), clean(about, _NAME)))
                    self._curves.setdefault(key, []).append((position, drawn))
                case Replied():
                    answered = self._weighed(harmless(answer_of(each)))
                    self._replies.setdefault(self._weighed(each.question), []).append((position, answered))
                case Rostered():
                    self._laid.append((position, self._weighed(harmless(each))))

    def entries_until(self, position: float) -> int:
        """How many entries there are up to a position."""
        return bisect_right(self.entries, position, key=lambda each: each[0])

    def output(self, run: str, since: int, position: float) -> Output:
        """What a run had printed by then, from line number ``since`` on."""
        lines: dict[int, str] = {}
        cut = False
        for at, each in tuple(self._printed.get(run, ())):
            if at <= position:
                lines |= {each.first + number: line for number, line in enumerate(each.lines)}
                cut |= each.truncated
        shown = [line for number, line in sorted(lines.items()) if number >= since]
        return Output(tuple(shown), since, cut)

    def readings(self, trap: str, metric: str, since: datetime, now: datetime) -> tuple[tuple[float, float], ...]:
        """What a trap had read between two moments (UTC), oldest first."""
        first, last = since.timestamp(), now.timestamp()
        found = {at: value for at, value in tuple(self._readings.get((trap, metric), ())) if first <= at <= last}
        return tuple(sorted(found.items()))

    def curve(self, about: Alert | TrapView, position: float, now: datetime) -> Curve | None:
        """The picture that was shown of it, up to ``now`` (UTC); ``None`` where none was."""
        key = (about.ref.source, about.ref.id) if isinstance(about, Alert) else (about.source, about.trap.name)
        found = [curve for at, curve in tuple(self._curves.get(key, ())) if at <= position]
        if not found:
            return None
        last = now.timestamp()
        return msgspec.structs.replace(found[-1], points=tuple(point for point in found[-1].points if point[0] <= last))

    def reply(self, question: Question, position: float) -> Answered:
        """What a source had answered by then."""
        found = [answered for at, answered in tuple(self._replies.get(question, ())) if at <= position]
        return found[-1] if found else Answered()

    def laid_out(self, since: datetime, until: datetime, people: Iterable[Person], position: float) -> Schedule:
        """The rosters between two moments (UTC), as far as they were laid out by then."""
        known = [each for at, each in tuple(self._laid) if at <= position and each.since < until and each.until > since]
        if not known:
            return schedule(Laid(silent=(_NOT_THERE,)), tuple(people), since, until)
        best = max(known, key=lambda each: (min(until, each.until) - max(since, each.since), each.until - each.since))
        laid = best.laid
        if best.since > since or best.until < until:
            laid = msgspec.structs.replace(laid, silent=(*laid.silent, _IN_PART))
        try:
            return schedule(laid, tuple(people), since, until)
        except (ValueError, OverflowError):  # a zone that there is not, a time that cannot be
            return Schedule(since=since, until=until, silent=(_NOT_THERE,))

    def _weighed(self, kept: T, points: int = 0) -> T:
        """It, once there is room for it and for so many points."""
        self._left -= weight(kept) + _PLACE + points * _POINT
        if self._left < 0:
            raise ValueError(f"what was written, printed, read and answered takes more than {ROOM >> 20} MB")
        return kept

    def _take(self, what: str, many: int) -> None:
        self._room[what] -= many
        if self._room[what] < 0:
            raise ValueError(f"more {what} than a recording has")


def _safe(entry: Noted) -> Noted:
    data = safe(dict(entry.data))
    return msgspec.structs.replace(harmless(entry, reckoned=True), data=data if isinstance(data, dict) else {})


def _clean(printed: Printed) -> Printed:
    """Its lines with colours alone, made anew."""
    lines = ("".join(f"\x1b[{sgr}m{text}\x1b[m" if sgr else text for sgr, text in sgr_only(line)) for line in printed.lines)
    return msgspec.structs.replace(printed, run=clean(printed.run, _NAME), first=max(0, printed.first), lines=tuple(lines))


def _finite(points: Iterable[tuple[float, float]]) -> Iterable[tuple[float, float]]:
    return [(at, value) for at, value in points if math.isfinite(at) and math.isfinite(value)]
