"""Records what an engine knows while it lives, in a thread of its own: a screen and a watch alike."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from .. import __version__
from ..config.model import Config
from ..config.secrets import found, references
from ..core.actions import Run, Start, StartMany
from ..core.alerts import LOCAL
from ..core.recorded import Header, Noted, Pictured, Printed, Read, Rostered, Written, plain_person, replied
from ..core.recorded_entries import plain_entry
from ..core.recordings import ENDED, STARTED, worth_whole
from ..core.schedule import Laid
from ..core.sources import Health
from ..core.text import clean
from ..core.traps import TrapView
from ..core.units import say_bytes
from ..provider import Clock
from .desk import Output
from .engine import Engine
from .journal import Entry, Journal, JournalError
from .person import hidden_values, this_host
from .recording_out import Full, NotRecorded, RecordingWriter, want_free
from .recording_room import LARGEST
from .store import Facts

EVERY = 0.5
"""Seconds between looks at what is new: what was known so long ago is in the file, whatever happens to this process."""
SELDOM = 4
"""Every so many looks, the journal, pictures, answers and rosters are looked at, too."""
SECRETS = 20.0
"""Seconds that the first moment waits for secrets that have to be asked for: what is not known cannot be taken out."""
BEFORE = timedelta(days=1)
"""Entries of the journal that are recorded at the beginning, beside those of incidents."""
LATELY = timedelta(days=30)
"""Incidents that were open so long before are recorded whole."""
HISTORY = timedelta(hours=6)
"""Readings of traps that are recorded at the beginning."""
POINTS, ENTRIES, LINES = 120, 2000, 20_000
"""So many points of each number, entries, and lines of one run are recorded at once, or in all."""
MOST, ALL = 20_000, 1_000_000
"""So many entries of the day before are recorded, the newest; and of the incidents, all."""
LEFT_OUT = "… what was executed or answered here is in no recording"
"""Stands in a recorded output in the place of each line of our own that says such a thing."""
_EVENTS = ("incident.", "mark")
"""Kinds that are worth a stop: of all others the facts tell."""


class Recorder:
    """Makes the file at once, and raises `recording_out.NotRecorded` where that cannot be; records from `follow` to `stop`. A file
    that has no room for more is followed by ``FILE.2``, ``FILE.3`` and so on, up to so many ``files``: each is a recording of its
    own, that begins with all that is known; where one of those is there already, nothing is begun. Where it cannot go on, every
    view of the engine says so, and all else goes on."""

    def __init__(self, path: Path, config: Config, clock: Clock, largest: int = LARGEST, files: int = 1) -> None:
        self._first, self._largest, self._files, self._number = path.absolute(), largest, files, 0
        self._config, self._clock = config, clock
        for number in range(2, files + 1):  # found out now, and not in the night in which the one before it is full
            want_free(self._following(number))
        self._open(self._first)
        self._ended, self._thread = threading.Event(), threading.Thread(target=self._live, name="cockpit recording", daemon=True)
        self._engine: Engine | None = None
        self.on_problem: Callable[[str], object] = lambda _: None
        """Told once, from the recording thread, why it ended."""
        self.problem = ""
        """Why nothing is recorded any more, for people; "" = it is."""

    def _following(self, number: int) -> Path:
        return self._first.with_name(f"{self._first.name}.{number}")

    def _open(self, path: Path) -> None:
        """A new file, of which nothing is known yet. Raises `NotRecorded`; then all is as before."""
        config, clock = self._config, self._clock
        header = Header(
            cockpit=__version__, host=this_host(), began_at=clock.now(), mono=clock.mono(),
            title=config.title, me=config.me, people=tuple(map(plain_person, config.people.values())), zones=config.zones,
            storm=config.storm, group_by=config.group_by,
        )  # fmt: skip
        self._out = RecordingWriter(path, header, self._largest)
        self.path, self._header = path, header
        self._number += 1
        self._says = f"recording to {clean(str(self.path))}"
        self._entry = 0
        self._lines: dict[str, int] = {}
        self._over: set[str] = set()
        self._looked: dict[str, datetime | None] = {}
        self._known: dict[object, object] = {}

    def follow(self, engine: Engine) -> None:
        """Record what this engine knows from now on; the journal says where."""
        self._engine = engine
        engine.remark("recording", self._says)
        self._note(engine.journal, STARTED, {})
        self._thread.start()

    def stop(self) -> None:
        """End the recording in order."""
        if self._ended.is_set():
            return
        self._ended.set()
        if self._engine is not None:
            self._thread.join(10.0)
            self._note(self._engine.journal, ENDED, {"began": self._header.began_at.isoformat(), "why": self.problem})
        self._out.close()

    def _note(self, journal: Journal, kind: str, data: dict[str, object], path: Path | None = None) -> None:
        try:
            journal.record(kind, at=self._clock.now(), subject=str(path or self.path), data=data)
        except JournalError:
            return  # the view says that nothing is journalled

    def _live(self) -> None:
        engine = self._engine
        assert engine is not None  # noqa: S101  # `follow` began this thread
        try:
            self._await_secrets(engine)
            while full := self._recorded(engine):
                self._go_on(engine, full)
        except NotRecorded as error:
            self._failed(engine, str(error))
        except Exception as error:  # noqa: BLE001  # a bug in here ends the recording, and nothing else
            self._failed(engine, f"a bug in the cockpit: {type(error).__name__}: {clean(str(error), 200)}")

    def _recorded(self, engine: Engine) -> str:
        """Record into this file, to the end; or until it is full, if another one may follow it: gives why then."""
        looks = 0
        try:
            self._begin(engine)
            while True:
                last = self._ended.wait(EVERY)
                self._look(engine, whole=last or looks % SELDOM == 0)
                looks += 1
                if last:
                    return ""
        except Full as full:
            if not looks:  # what does not hold even what is known would be followed at once
                raise NotRecorded(f"one moment fills {say_bytes(self._largest)}") from None
            if self._number == self._files:
                raise
            return str(full)

    def _go_on(self, engine: Engine, why: str) -> None:
        """In the next file. Raises `NotRecorded` where that cannot be made; then this one is the last."""
        before, following = self._out, self._following(self._number + 1)
        path, header = self.path, self._header
        self._open(following)
        before.close(f"{why}: it goes on in {clean(str(following))}")
        self._note(engine.journal, ENDED, {"began": header.began_at.isoformat(), "why": ""}, path)
        self._note(engine.journal, STARTED, {})
        engine.remark("recording", self._says)

    def _failed(self, engine: Engine, why: str) -> None:
        at = self._clock.now()
        files, end = (self.path.name, "ends") if self._number == 1 else (f"{self._first.name} to .{self._number}", "end")
        self.problem = f"recording stopped, {why}; {clean(files)} {end} at {at:%H:%M:%S} UTC"
        self._out.close(why)
        engine.remark("recording", self.problem)
        self.on_problem(self.problem)

    def _await_secrets(self, engine: Engine) -> None:
        """What has to be asked for (a keyring, a command) is asked for by the source that needs it: nothing is written before."""
        asked = any(
            each.startswith(("keyring:", "command:"))
            for source in self._config.sources.values()
            for each in references(source.settings)
        )
        until = self._clock.mono() + SECRETS
        while asked and self._clock.mono() < until and not self._ended.wait(EVERY / 5):
            if all(each.health is not Health.STARTING for each in engine.health()):
                return

    def _begin(self, engine: Engine) -> None:
        self._out.hide(hidden_values(self._config))
        self._look(engine, whole=False)
        self._read_journal(engine)
        with suppress(JournalError):  # the view says that it cannot be read; what happens from now on is recorded all the same
            self._read_history(engine, self._clock.now())

    def _position(self) -> float:
        return max(0.0, self._clock.mono() - self._header.mono)

    def _look(self, engine: Engine, *, whole: bool) -> None:
        """Write what is new."""
        self._out.hide(found())
        position, facts = self._position(), engine.facts()
        others = tuple(each for each in facts.around.remarks if each != self._says)
        facts = facts._replace(around=msgspec.structs.replace(facts.around, remarks=others))
        self._out.put(position, facts)
        self._read_outputs(engine, facts)
        if whole:
            self._read_journal(engine)
            self._read_traps(facts)
            self._read_closer(engine)

    def _read_journal(self, engine: Engine) -> None:
        """What it got since the last look: by the ids of its entries, for the clock that dates them may step back."""
        try:
            newest = engine.journal.newest()
            if newest and not 0 < self._entry <= newest:  # nothing was read yet, or another file has taken its place
                self._tell_before(engine.journal, newest)
                self._entry = newest
            while self._entry < newest:
                last = min(newest, self._entry + ENTRIES)
                self._write_entries(engine.journal.written(self._entry, last))
                self._entry = last
        except JournalError:
            return  # the view says that it cannot be read; the next look catches up

    def _tell_before(self, journal: Journal, newest: int) -> None:
        """What the journal has of before, up to this entry."""
        now = self._clock.now()
        old = {each.id: each for each in journal.entries(since=now - BEFORE, limit=MOST)}
        known, named = journal.incidents(), {each.subject for each in old.values() if each.kind.startswith("incident.")}
        for incident in worth_whole(known, now - LATELY, named):
            old |= {each.id: each for each in journal.entries(subject=incident, kind="incident.", limit=ALL)}
        told = [old[id] for id in sorted(old) if id <= newest]
        for start in range(0, len(told), ENTRIES):
            self._write_entries(told[start : start + ENTRIES])

    def _write_entries(self, entries: Sequence[Entry]) -> None:
        whole = (
            Noted(at=each.at, kind=each.kind, who=each.who, source=each.source, subject=each.subject, data=dict(each.data))
            for each in entries
        )
        noted = tuple(plain for each in whole if (plain := plain_entry(each)) is not None)
        if noted:
            told = any(each.kind.startswith(_EVENTS) and each.at >= self._header.began_at for each in noted)
            self._out.tell(self._position(), Written(noted), event=told)

    def _read_outputs(self, engine: Engine, facts: Facts) -> None:
        for run in facts.runs:
            if isinstance(run.action, (Start, StartMany)) and run.id not in self._over and self._is_recent(run):
                since = self._lines.get(run.id, 0)
                if since < LINES and (output := engine.output(run.id, since)).lines:
                    self._out.tell(self._position(), Printed(run.id, output.first, _recorded(output), output.truncated))
                    self._lines[run.id] = output.first + len(output.lines)
                if run.state.settled:
                    self._over.add(run.id)

    def _is_recent(self, run: Run) -> bool:
        return not run.state.settled or run.at >= self._header.began_at - timedelta(hours=1)

    def _read_history(self, engine: Engine, now: datetime) -> None:
        """What traps read before: fewer points where there are many."""
        for view in _own_traps(engine.facts()):
            for metric in view.watch.reading.values if view.watch.reading is not None else ():
                points = engine.journal.readings(view.trap.name, metric, now - HISTORY)
                if points:
                    step = len(points) // POINTS + 1
                    self._out.tell(self._position(), Read(view.trap.name, metric, points[::-step][::-1]))
            self._looked[view.trap.name] = view.watch.checked_at

    def _read_traps(self, facts: Facts) -> None:
        read = []
        for view in _own_traps(facts):
            watch = view.watch
            if watch.checked_at is None or watch.reading is None or watch.checked_at == self._looked.get(view.trap.name):
                continue
            self._looked[view.trap.name] = watch.checked_at
            at = watch.checked_at.timestamp()
            read += [Read(view.trap.name, metric, ((at, value),)) for metric, value in watch.reading.values.items()]
        if read:
            self._out.tell(self._position(), *read)

    def _read_closer(self, engine: Engine) -> None:
        """What somebody who looked closer was shown: pictures, answers, the weeks of the rosters."""
        position = self._position()
        for (source, about), curve in engine.pictures().items():
            if (curve.points or curve.problem) and self._is_new(("picture", source, about), curve):
                self._out.tell(position, Pictured(source, about, curve))
        for question, answered in engine.answers().items():
            if answered.value is not None and self._is_new(question, answered.value):
                self._out.tell(position, replied(question, answered))
        for (since, until), laid in engine.laid().items():
            if self._is_new(("laid", since, until), laid):
                facts = Laid(rosters=laid.rosters, shifts=laid.shifts, overrides=laid.overrides, silent=laid.silent)
                whole = tuple(name for name in laid.rosters if not any((g.source, g.roster, g.level) == name for g in laid.gaps))
                self._out.tell(position, Rostered(since, until, msgspec.structs.replace(facts, gappy=whole)))

    def _is_new(self, key: object, what: object) -> bool:
        new = self._known.get(key) != what
        self._known[key] = what
        return new


def _recorded(output: Output) -> tuple[str, ...]:
    """The lines of an output that are recorded; of what was executed and answered there stands that it is left out."""
    return tuple(LEFT_OUT if number in output.unrecorded else line for number, line in enumerate(output.lines, output.first))


def _own_traps(facts: Facts) -> Iterator[TrapView]:
    """The traps that this machine itself looks at."""
    own = {each.source for each in facts.around.health if each.provider == LOCAL}
    for name, snapshot in facts.snapshots.items():
        if name in own:
            yield from snapshot.traps or ()
