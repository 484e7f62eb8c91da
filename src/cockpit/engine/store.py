"""The only mutable state of the engine: what each source last said, what people did, and the view that follows from both."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from ..core.actions import Run, RunState
from ..core.approvals import Heard
from ..core.drills import stage
from ..core.hopes import UNCERTAIN_SHOWN
from ..core.runbooks import Runbook
from ..core.sources import Snapshot, SourceHealth
from ..core.text import clean
from ..core.traps import seen
from ..core.view import JournalHealth, View, project
from ..core.watchrule import Outside
from .breath import Breath
from .renewing import Renewing

RUNS_KEPT = 200
_FACTS = ("alerts", "silences", "traps", "rosters", "overrides", "maintenances", "jobs", "complete", "remarks", "blind")


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a view needs besides facts and runs."""

    health: tuple[SourceHealth, ...] = ()
    journal: JournalHealth = JournalHealth()
    keeper: str = ""
    runbooks: tuple[Runbook, ...] = ()
    me: tuple[str, ...] = ()
    read_only: bool = False
    remarks: tuple[str, ...] = ()
    petitions: tuple[Heard, ...] = ()
    outside: Outside | None = None


class Facts(NamedTuple):
    """All that views are made of, at one moment: what each source last said, all runs (newest first), and what else there is."""

    snapshots: Mapping[str, Snapshot]
    runs: Sequence[Run]
    around: Surroundings


class Store:
    """Safe to use from any thread. A new view reaches the listeners through one conflated slot: they are called once, and not
    again until somebody has fetched `view`."""

    def __init__(self, now: datetime) -> None:
        self._lock = threading.RLock()  # held for moments: a key that is pressed waits for it
        self._making = threading.Lock()  # held while a view is made
        self._renewing = Renewing(now, Breath())
        self._snapshots: dict[str, Snapshot] = {}
        self._runs: dict[str, Run] = {}
        self._view = self._before = View(now=now)  # the one before is let go of here: that takes its time, and not a screen's
        self._surroundings = Surroundings()
        self._stale = True
        self._signature: object = None
        self._fetched = True
        self._listeners: tuple[Callable[[], None], ...] = ()
        self.trouble = ""

    @property
    def view(self) -> View:
        """The newest view; fetching it asks to be told of the next. Takes no lock."""
        self._fetched = True  # before the view is read: one that comes in between is told of once too often, never not at all
        return self._view

    @property
    def peek(self) -> View:
        """The newest view, without the listeners' slot being emptied: for the engine itself."""
        return self._view

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Call ``callback`` when the view is newer than the one last fetched; the returned function takes it back."""
        with self._lock:
            self._listeners += (callback,)

        def forget() -> None:
            with self._lock:
                self._listeners = tuple(each for each in self._listeners if each is not callback)

        return forget

    def observe(self, snapshot: Snapshot) -> None:
        """Replace what its source said before, as a whole."""
        with self._lock:
            before = self._snapshots.get(snapshot.source)
            if before is not None and all(getattr(before, name) == getattr(snapshot, name) for name in _FACTS):
                # the very same objects stay, so that nothing downstream has to compare them again
                kept = {name: getattr(before, name) for name in _FACTS}
                self._snapshots[snapshot.source] = msgspec.structs.replace(snapshot, **kept)
                return
            self._snapshots[snapshot.source] = snapshot
            self._stale = True

    def forget(self, source: str) -> None:
        """Drop what a source said: it is not configured any more."""
        with self._lock:
            self._stale |= self._snapshots.pop(source, None) is not None

    def snapshot(self, source: str) -> Snapshot | None:
        """What a source last said."""
        return self._snapshots.get(source)

    def put_run(self, run: Run) -> None:
        """Keep a run, or what became of it."""
        self.put_runs((run,))

    def put_runs(self, runs: Iterable[Run]) -> None:
        """Keep several; the newest `RUNS_KEPT` stay, with those for their targets, and all that are not settled."""
        with self._lock:
            for run in runs:
                if self._runs.get(run.id) != run:
                    self._runs[run.id] = run
                    self._stale = True
            wholes = [run for run in self._runs.values() if run.part_of not in self._runs]
            if len(wholes) > RUNS_KEPT:
                settled = sorted((run.at, run.id) for run in wholes if run.state.settled)
                gone = {run_id for _, run_id in settled[: len(wholes) - RUNS_KEPT]}
                self._runs = {run.id: run for run in self._runs.values() if not {run.id, run.part_of} & gone}

    def run(self, run_id: str) -> Run | None:
        """One run by its id."""
        return self._runs.get(run_id)

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, newest first."""
        with self._lock:
            return tuple(sorted(self._runs.values(), key=lambda run: (run.at, run.id), reverse=True))

    @property
    def facts(self) -> Facts:
        """What the next view would be made of; what surrounds it as of the last one."""
        with self._lock:
            return Facts(dict(self._snapshots), self.runs, self._surroundings)

    def clear(self) -> None:
        """Forget what all sources said and all that was done: whoever replays a recording goes to another moment of it."""
        with self._lock:
            self._snapshots, self._runs, self._stale = {}, {}, True

    def publish(self, now: datetime, around: Surroundings, *, fresh: bool = False) -> bool:
        """Make the view, if anything in it differs; tell the listeners, if they have fetched the last one. ``fresh`` says that a
        source has just answered, so that the ages in the view have a new beginning. Gives back whether there is a new view."""
        with self._making:
            with self._lock:
                snapshots, runs = dict(self._snapshots), self.runs
                stale, self._stale = self._stale, False
            signature = _moves_with_time(snapshots.values(), runs, now)
            if stale or signature != self._signature or _without_ages(around) != _without_ages(self._surroundings):
                made = self._projected(snapshots, runs, now, around)
            elif fresh:
                made = msgspec.structs.replace(self._view, now=now, sources=around.health)
            else:
                return False
            self._signature, self._surroundings = signature, around
            if not fresh and _same(made, self._view):
                return False
            self._before, self._view = self._view, made
        self.tell()
        return True

    def tell(self) -> None:
        """Tell the listeners that there is something new to fetch, if they have fetched the last one."""
        with self._lock:
            tell = self._listeners if self._fetched else ()
            self._fetched = self._fetched and not tell
        for callback in tell:
            try:
                callback()
            except Exception as error:  # noqa: BLE001  # a screen that is closing may raise anything; polling goes on
                self.trouble = f"the screen could not be told of a change: {type(error).__name__}: {error}"

    def _projected(self, snapshots: Mapping[str, Snapshot], runs: Sequence[Run], now: datetime, around: Surroundings) -> View:
        try:
            return project(
                snapshots,
                runs,
                around.health,
                now=now,
                runbooks=around.runbooks,
                journal=around.journal,
                keeper=around.keeper,
                me=around.me,
                read_only=around.read_only,
                remarks=around.remarks,
                petitions=around.petitions,
                outside=around.outside,
                ranked=self._renewing.ranked,
            )
        except Exception as error:  # noqa: BLE001  # a fault of ours: the last view stays, and says that it is not the newest
            fault = f"a bug in the cockpit: the view could not be made anew ({type(error).__name__}: {clean(str(error))})"
            return msgspec.structs.replace(self._view, remarks=(*around.remarks, fault))


def _moves_with_time(snapshots: Iterable[Snapshot], runs: Iterable[Run], now: datetime) -> object:
    """What time alone changes in a view: traps that go blind or end their rest, silences that begin or end, and how long an
    unknown outcome stays written on its alert. Ages are drawn by the screen, from the view's own times."""
    traps = []
    silences = 0
    for said in snapshots:
        for trap in said.traps or ():
            watch = seen(trap.trap, trap.watch, now, said.asked_at)
            traps.append((watch.state, watch.rest_until is None, stage(watch.drill, watch.tripped_at, now)))
        silences += sum((silence.starts_at <= now) + (silence.ends_at <= now) for silence in said.silences or ())
    unknown = sum(run.state is RunState.UNCERTAIN and _recent(now - run.at) for run in runs)
    return traps, silences, unknown


def _recent(age: timedelta) -> bool:
    return age < UNCERTAIN_SHOWN


def _without_ages(around: Surroundings) -> Surroundings:
    health = tuple(msgspec.structs.replace(each, age=None, latency=None, retry_in=None) for each in around.health)
    return msgspec.structs.replace(around, health=health)


def _same(one: View, other: View) -> bool:
    """Whether two views differ in nothing but their moment."""
    timeless = {"now": other.now, "sources": ()}
    same = msgspec.structs.replace(one, **timeless) == msgspec.structs.replace(other, **timeless)
    return same and len(one.sources) == len(other.sources) and all(map(_same_health, one.sources, other.sources))


def _same_health(one: SourceHealth, other: SourceHealth) -> bool:
    return msgspec.structs.replace(one, age=None, latency=None, retry_in=None) == msgspec.structs.replace(
        other, age=None, latency=None, retry_in=None
    )
