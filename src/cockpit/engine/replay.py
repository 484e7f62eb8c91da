"""A recording, replayed: `Replay` goes through it at its clock's pace, in a thread of its own, and publishes views as an engine
does.

No source is asked, no process started, nobody paged, and nothing of the user's is written: the journal of a replay lies in a
directory of its own, and has what the recording has of one.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from ..core.actions import Run
from ..core.recorded import Message, Noted
from ..core.text import clean
from .driven import Progress
from .incidents import Incidents
from .journal import Happened, Journal, open_journal
from .recording_in import Recording, was_ended
from .replay_archive import Archive
from .replay_clock import ReplayClock
from .replay_scene import Scene
from .store import Store

TICK = 1.0
"""Real seconds between looks at what time alone changes."""
SHORTEST = 0.05
"""Real seconds between two views at least: at a thousand times the pace, not every moment is seen."""
_NEAR = 1e-3  # seconds: one stands at an event, and not a microsecond beside it


class Replay:
    """``place`` is a directory for this replay alone: whoever makes it takes it away. `start` it, `stop` it. It begins at
    ``position`` seconds. The controls may be called from any thread, and return at once."""

    word, what = "REPLAY", "a recording"

    def __init__(self, recording: Recording, place: Path, *, position: float = 0.0, plays: bool = True) -> None:
        self.recording = recording
        self.header = recording.header
        self.clock = ReplayClock(recording.header, recording.first, recording.length)
        self.clock.jump(position)
        self.clock.play(plays)
        self.archive = Archive()
        self.store = Store(self.clock.now())
        self.sought = 0
        """How often somebody went to another moment, up to the view that there is."""
        self.problem = "" if was_ended(recording) else _cut_off(recording)
        self._place, self._journals = place, 0
        self.journal, self.incidents = self._opened()
        self._written, self._kept = 0, dict[str, Run]()
        self._scene = Scene(self.header)
        self._stream: Iterator[list[Message]] = iter(())
        self._at, self._absorbed, self._facts = 0, 0, self._scene.facts(0.0)
        self._sought, self._limit = True, len(recording.chunks)
        self._news, self._ended = threading.Event(), False
        self._first = threading.Event()
        self._thread: threading.Thread | None = None

    # ── controls ──────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def progress(self) -> Progress:
        """How far it is."""
        clock = self.clock
        return Progress(clock.now(), clock.position, self.recording.length, clock.speed, clock.plays, clock.ended, self.problem)

    def pause(self) -> bool:
        """Stand still, or go on; at the end, begin again. Gives whether it goes on."""
        if self.clock.ended:
            self.clock.play(True)
            self.seek(0.0)
            return True
        self.clock.play(not self.clock.plays)
        self._news.set()
        return self.clock.plays

    def seek(self, position: float) -> None:
        """Go to a position (seconds since the beginning), or as near to it as there is anything."""
        self.clock.jump(position)
        self._sought = True
        self._news.set()

    def step(self, by: int) -> bool:
        """Go to the next event (``by`` 1) or the one before (-1), and stand there. False where there is none."""
        here, events = self.clock.position, self.recording.events
        place = bisect_right(events, here + _NEAR) if by > 0 else bisect_left(events, here - _NEAR) - 1
        if not 0 <= place < len(events):
            return False
        self.clock.play(False)
        self.seek(events[place])
        return True

    def go_at(self, speed: float) -> float:
        """Go on at this speed; gives what it is now."""
        found = self.clock.go_at(speed)
        self._news.set()
        return found

    # ── life ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Begin; returns when there is a view."""
        self._thread = threading.Thread(target=self._run, name="cockpit replay", daemon=True)
        self._thread.start()
        self._first.wait(10.0)

    def stop(self) -> None:
        """End it, and close what it holds."""
        self._ended = True
        self._news.set()
        if self._thread is not None:
            self._thread.join(5.0)
        self.incidents.close()
        self.journal.close()
        self.recording.close()

    def _run(self) -> None:
        while not self._ended:
            self._news.clear()
            try:
                self._go_on()
            except Exception as error:  # noqa: BLE001  # whatever is in it, the screen stays and says so
                self._stuck(str(error))
            self._first.set()
            self._news.wait(self._pause())

    def _stuck(self, why: str) -> None:
        """The recording cannot be read further: it ends with the last moment that could."""
        self.problem = clean(why, 300)
        self._limit = self._at
        last = self.recording.chunks[self._at - 1].position if self._at else 0.0
        self.clock.cut(last)
        self.clock.play(False)
        with suppress(ValueError, OverflowError):  # what cannot be told of is not
            self._publish(fresh=True)

    def _pause(self) -> float:
        """Real seconds until there is something to do."""
        if not self.clock.plays or self.clock.ended:
            return TICK
        chunks = self.recording.chunks
        ahead = chunks[self._at].position - self.clock.position if self._at < len(chunks) else math.inf
        return min(TICK, max(SHORTEST, ahead / self.clock.speed))

    def _go_on(self) -> None:
        sought, self._sought = self._sought, False
        position = self.clock.position
        place = min(self.recording.place(position), self._limit)
        for number in range(self._absorbed, place):
            self.archive.absorb(self.recording.apart(number), self.recording.chunks[number].position)
            self._absorbed = number + 1
        begin = self.recording.beginning(place)
        if place < self._at or begin >= self._at:
            self._scene, self._at = Scene(self.header), begin
            self._stream = self.recording.stream(begin)
            self.store.clear()
        self.sought += sought
        answered = sought
        while self._at < place:
            answered |= self._scene.take(next(self._stream), self.recording.chunks[self._at].position)
            self._at += 1
        self._publish(fresh=answered)
        self._keep(position)
        if sought:
            self.store.tell()

    def _publish(self, *, fresh: bool) -> None:
        now = self.clock.now()
        facts = self._scene.facts(self.clock.position)
        if self.problem:
            remarks = (f"{self.recording.path}: {self.problem}", *facts.around.remarks)
            facts = facts._replace(around=msgspec.structs.replace(facts.around, remarks=remarks))
        for gone in self._facts.snapshots.keys() - facts.snapshots.keys():
            self.store.forget(gone)
        for snapshot in facts.snapshots.values():
            self.store.observe(snapshot)
        self.store.put_runs(facts.runs)
        self._facts = facts
        self.store.publish(now, facts.around, fresh=fresh)

    def _keep(self, position: float) -> None:
        """The journal as it was then."""
        until = self.archive.entries_until(position)
        if until < self._written or self._kept.keys() - {run.id for run in self._facts.runs}:
            self.incidents.close()
            self.journal.close()
            self.journal, self.incidents = self._opened()
            self._written, self._kept = 0, {}
        fresh = self.archive.entries[self._written : until]
        runs = [run for run in self._facts.runs if self._kept.get(run.id) != run]
        if fresh:
            self.journal.record_many(_happened(each) for _, each in fresh)
            self._written = until
        if runs:
            self.journal.put_runs(runs)
            self._kept = {run.id: run for run in self._facts.runs}

    def _opened(self) -> tuple[Journal, Incidents]:
        self._journals += 1
        journal = open_journal(self._place / str(self._journals), self.clock)
        return journal, Incidents(journal, self.clock, self.store.tell)


def _happened(entry: Noted) -> Happened:
    return Happened(at=entry.at, kind=entry.kind, who=entry.who, source=entry.source, subject=entry.subject, data=entry.data)


def _cut_off(recording: Recording) -> str:
    at = recording.header.at(recording.length)
    why = recording.broken or "it was cut off, or is still being written"
    return f"the recording ends at {at:%H:%M:%S} UTC: {why}"
