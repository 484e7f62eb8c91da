"""The journal: the local record of everything that happened, in one SQLite file that several processes share."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ..core.marks import Marks
from ..core.retention import Retention
from ..lent import whole
from . import marks_table, records, traps_table
from .journal_file import JournalFile
from .records import Entry, Happened, JournalError, Kept, Lease, epoch, moment, read_entries, write_entries

if TYPE_CHECKING:
    from ..core.actions import Run
    from ..core.aftermath import Aftermath, Past
    from ..core.alerts import Alert
    from ..core.incident_by_rule import Fire
    from ..core.incident_sight import Seen
    from ..core.incidents import Change, Incident
    from ..core.pages import Attempt, ChannelHealth
    from ..core.report_fires import Fact
    from ..core.report_toil import Labour
    from ..core.traps import Watch
    from ..core.ways_back import Undoing, WayBack
    from ..provider import Clock
    from . import aftermath_table, incidents_table, lease_table, pages_table, runs_table
else:  # what a screen does not read before it is drawn
    aftermath_table, lease_table = whole(f"{__package__}.aftermath_table"), whole(f"{__package__}.lease_table")
    pages_table, runs_table = whole(f"{__package__}.pages_table"), whole(f"{__package__}.runs_table")

__all__ = ["Entry", "Happened", "Journal", "JournalError", "Kept", "Lease", "open_journal"]

T = TypeVar("T")

_SAME = 20  # so many runs of one key are looked back at
_RETENTION = Retention()
_NO_MARKS = Marks({}, (), {})


class Journal:
    """Open with `open_journal`. Every method may block on the disk for milliseconds (while another process writes: up to 5 s to
    write, half a second to read), is safe to call from any thread, and raises `JournalError` where it cannot do its work. Where it
    could not write, ``problem`` says so until a write succeeds again. Where the file cannot be opened at all, reading gives what an
    empty journal would.

    How long it keeps what is `Retention`; `thin` sees to it.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        self._file = JournalFile(path, clock)
        self._thinned = 0
        self._incidents: incidents_table.Known | None = None

    @property
    def problem(self) -> str:
        """Why nothing is written down now; "" = it is. For the person."""
        return self._file.problem

    @property
    def remarks(self) -> tuple[str, ...]:
        """What had to be done at opening or since (set aside a corrupt file: where), and modes to mend, for the person."""
        return self._file.remarks

    def record(
        self, kind: str, *, at: datetime, who: str = "", source: str = "", subject: str = "", data: Mapping[str, object] = {}
    ) -> None:
        """Append an entry."""
        self.record_many([Happened(at=at, kind=kind, who=who, source=source, subject=subject, data=data)])

    def record_many(self, entries: Iterable[Happened]) -> None:
        """Append entries in one transaction: all of them, or none."""
        self._file.write(lambda db: write_entries(db, entries))

    def entries(
        self, *, since: datetime | None = None, until: datetime | None = None, subject: str = "", kind: str = "", limit: int = 1000
    ) -> tuple[Entry, ...]:
        """Entries, newest first, between two moments (UTC, both included); ``kind`` is a prefix."""
        return self._file.read(lambda db: read_entries(db, since, subject, kind, limit, self._file.odd, until), ())

    def newest(self) -> int:
        """The id of the entry that was written last; 0 where there is none. Clocks step back, ids do not: one follows by them."""
        return self._file.read(records.newest, 0)

    def written(self, after: int, until: int) -> tuple[Entry, ...]:
        """Entries whose ids are above ``after`` and not above ``until``, in the order in which they were written."""
        return self._file.read(lambda db: records.written(db, after, until, self._file.odd), ())

    def incidents(self) -> dict[str, Incident]:
        """Every incident there was, by its id."""
        from . import incidents_table  # deferred: no screen that opens needs it

        before = self._incidents or incidents_table.NONE
        self._incidents = self._file.read(lambda db: incidents_table.anew(db, before, self._file.odd), incidents_table.NONE)
        return dict(self._incidents[1])

    def change_incident(self, incident: str, what: Change, *, who: str, at: datetime, data: Mapping[str, object] = {}) -> Incident:
        """Open an incident, or change one; gives what it is then (of a split: the new one). Raises `cockpit.provider.Conflict`
        where that cannot be."""
        from . import incidents_table  # deferred, as above

        return self._file.write(lambda db: incidents_table.change(db, incident, what, who, at, data, self._file.odd))

    def open_by_rule(self, fires: Sequence[Fire], pid: int, at: datetime) -> tuple[Incident, ...] | None:
        """Open incidents for alerts that rules are about, or add these to theirs, in one transaction; nothing for a fire that is or
        was in one. Gives what changed; ``None``, and nothing is written, where this process does not hold the lease."""
        from . import incidents_table  # deferred, as above

        return self._file.write(lambda db: incidents_table.by_rule(db, fires, pid, at, self._file.odd))

    def witness(self, seen: Sequence[Seen], pid: int, at: datetime) -> bool:
        """Write down how alerts of open incidents stand now, those of which that is news. False, and nothing is written, where this
        process does not hold the lease."""
        from . import incidents_table  # deferred, as above

        return self._file.write(lambda db: incidents_table.witnessed(db, seen, pid, at, self._file.odd))

    def put_run(self, run: Run) -> None:
        """Insert or update a run, with this process as its owner. Durable when it returns."""
        self._file.write(lambda db: runs_table.put(db, run))

    def put_runs(self, runs: Iterable[Run]) -> None:
        """`put_run` for several, in one transaction."""
        self._file.write(lambda db: runs_table.put_all(db, runs))

    def runs(self, limit: int = 200, until: datetime | None = None) -> tuple[Run, ...]:
        """Runs (begun no later than ``until``, UTC), newest first. One that is not settled and whose process is gone (pid reused or
        boot changed counts as gone) is first written down as ``UNCERTAIN``."""
        nothing: tuple[list[Run], list[Run]] = ([], [])
        runs, lost = self._file.read(lambda db: runs_table.newest(db, limit, until=until), nothing)
        if lost:
            with suppress(JournalError):  # `problem` says it; they are shown as uncertain all the same
                self._file.write(lambda db: runs_table.write_off(db, lost, self._clock.now()))
        return tuple(runs)

    def adopt_runs(self) -> tuple[Run, ...]:
        """The runs that go on elsewhere and whose process is gone, from now on this process's own: of several that ask, one gets
        each."""
        nobody: list[Run] = []
        return tuple(self._file.write(runs_table.adopt)) if self._file.read(runs_table.left_alone, nobody) else ()

    def same_runs(self, exclusive: str) -> tuple[Run, ...]:
        """The newest runs begun with this ``exclusive`` key, as `runs` has them."""
        nothing: tuple[list[Run], list[Run]] = ([], [])
        return tuple(self._file.read(lambda db: runs_table.newest(db, _SAME, exclusive), nothing)[0])

    def begin_run(self, run: Run, exclusive: str = "") -> Run | None:
        """`put_run`, unless another unsettled run of a living process has the same non-empty ``exclusive`` key: then nothing is
        written and that run is returned."""
        return self._file.write(lambda db: runs_table.begin(db, run, exclusive, self._clock.now()))

    def keep_way_back(self, run_id: str, way: WayBack, *, who: str, at: datetime) -> None:
        """Keep what takes a run back."""
        from . import ways_table  # deferred: no screen that opens needs it

        self._file.write(lambda db: ways_table.keep(db, run_id, way, who, at))

    def way_back(self, run_id: str) -> tuple[WayBack | None, Undoing | None]:
        """What takes a run back (``None`` where nothing was kept), and who began to do so last, with what became of that."""
        from . import ways_table  # deferred, as above

        nothing: tuple[WayBack | None, Undoing | None] = (None, None)
        return self._file.read(lambda db: ways_table.find(db, run_id), nothing)

    def take_back(self, run_id: str, *, by: str, after: str, who: str, at: datetime) -> None:
        """A run is being taken back ``by`` another; ``after`` was the last that was to do so, as far as whoever wants it was told.
        Durable when it returns. Raises `cockpit.provider.Conflict`."""
        from . import ways_table  # deferred, as above

        self._file.write(lambda db: ways_table.take(db, run_id, by, after, who, at))

    def put_aftermath(self, after: Aftermath) -> None:
        """Keep what was seen of an alert after a run for it, together with what others saw."""
        self._file.write(lambda db: aftermath_table.put(db, after, self._clock.now()))

    def aftermaths(self) -> tuple[Aftermath, ...]:
        """Those of which another look at the alert could tell more."""
        return self._file.read(lambda db: aftermath_table.still_watched(db, self._file.odd), ())

    def past(self, alert: Alert, limit: int = 20) -> tuple[Past, ...]:
        """The runs for an alert, and for earlier ones of the same name and place at the same source, newest first."""
        source, id, name, place = alert.ref.source, alert.ref.id, alert.name, alert.where
        return self._file.read(lambda db: aftermath_table.past(db, source, id, name, place, limit, self._file.odd), ())

    def past_named(self, text: str, limit: int = 200) -> tuple[Past, ...]:
        """The runs for alerts with this id (or ``SOURCE/ID``) or name, there or not, newest first."""
        return self._file.read(lambda db: aftermath_table.past_named(db, text, limit, self._file.odd), ())

    def labours(self, since: datetime, until: datetime, work: Callable[[Iterator[Labour]], T]) -> T:
        """What ``work`` makes of what was done by hand between two moments (UTC): runs of runbooks, and what people did beside
        them, in no order. It is given them while they are read: it must not use the journal."""
        from . import toil_facts  # deferred: only a report needs it

        now = self._clock.now()
        found: tuple[T, int] | None = self._file.read(lambda db: toil_facts.reckoned(db, since, until, now, work), None)
        self._file.odd("runs and entries", found[1] if found is not None else 0)
        return found[0] if found is not None else work(iter(()))

    def fire_facts(self, since: datetime, until: datetime, work: Callable[[Iterator[Fact]], T]) -> T:
        """What ``work`` makes of what traps, alerts and pages went through between two moments (UTC), the oldest first. It is given
        them while they are read: it must not use the journal."""
        from . import fire_facts  # deferred, as above

        found: tuple[T, int] | None = self._file.read(lambda db: fire_facts.reckoned(db, since, until, work), None)
        self._file.odd("pages", found[1] if found is not None else 0)
        return found[0] if found is not None else work(iter(()))

    def knows(self, since: datetime, until: datetime) -> bool:
        """Whether it has anything of the time between two moments (UTC): an event, or a look at a trap."""
        from . import fire_facts  # deferred, as above

        return self._file.read(lambda db: fire_facts.seen(db, since, until), False)

    def begun(self) -> datetime | None:
        """When it begins (UTC); ``None`` where it is empty."""
        from . import fire_facts  # deferred, as above

        first = self._file.read(fire_facts.begun, None)
        return moment(first) if first is not None else None

    def change_watch(self, trap: str, how: Callable[[Watch], Watch], happened: Happened) -> Watch:
        """Turn what is known of a trap into something else and write ``happened``, in one transaction. Gives the new watch."""
        return self._file.write(lambda db: traps_table.change(db, trap, how, happened, self._file.odd))

    def keep(self, looks: Sequence[Kept]) -> dict[str, Watch]:
        """What many looks brought, in one transaction. Who rests a trap writes here too, perhaps from another process: the rest
        that is written wins over the one in the look's watch. Gives the watches as they stand now."""
        return self._file.write(lambda db: traps_table.keep(db, looks, self._file.odd))

    def watches(self) -> dict[str, Watch]:
        """What is known of every trap."""
        return self._file.read(lambda db: traps_table.watches(db, self._file.odd), {})

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """(seconds since the epoch, value), oldest first."""
        return self._file.read(lambda db: traps_table.readings(db, trap, metric, epoch(since), self._file.odd), ())

    def thin(self, now: datetime, kept: Retention = _RETENTION, rows: int = 2000) -> bool:
        """Condense or drop a few old readings, those of one trap, or old events: at most ``rows`` of them. False once all have had
        their turn."""
        from . import thinning  # deferred: the keeper alone does it

        after = self._file.write(lambda db: thinning.thin(db, now, self._thinned, kept, rows))
        self._thinned = after or 0
        return after is not None

    def marks(self, now: datetime) -> Marks:
        """What people have put on local alerts, as of ``now``: acknowledgements, silences that run, that will, and that have ended
        within the hour, and of the last 30 days the latest 20 notes of each alert, oldest first. Silences carry ``local`` as their
        source."""
        return self._file.read(lambda db: marks_table.marks(db, now, self._file.odd), _NO_MARKS)

    def ack(self, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None:
        """Someone has it. Raises `cockpit.provider.Conflict` if somebody else already has this firing."""
        self._file.write(lambda db: marks_table.ack(db, alert_id, firing, who, note, at))

    def unack(self, alert_id: str, who: str, at: datetime) -> None:
        """Take it back, whoever has it. Raises `cockpit.provider.NotFound` if nobody has."""
        self._file.write(lambda db: marks_table.unack(db, alert_id, who, at))

    def silence(
        self, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str, until_resolved: bool = False
    ) -> str:
        """Hush what matches. Gives the new silence's id."""
        return self._file.write(lambda db: marks_table.silence(db, match, starts_at, ends_at, who, comment, until_resolved))

    def change_silence(
        self, silence_id: str, match: str, ends_at: datetime, who: str, comment: str, until_resolved: bool, at: datetime
    ) -> None:
        """Change one that stands. Raises `cockpit.provider.NotFound`."""
        self._file.write(lambda db: marks_table.change_silence(db, silence_id, match, ends_at, who, comment, until_resolved, at))

    def unsilence(self, silence_id: str, who: str, at: datetime) -> None:
        """End it now. Raises `cockpit.provider.NotFound`."""
        self._file.write(lambda db: marks_table.unsilence(db, silence_id, who, at))

    def note(self, alert_id: str, who: str, text: str, at: datetime) -> None:
        """Leave a remark on an alert."""
        self._file.write(lambda db: marks_table.note(db, alert_id, who, text, at))

    def beat(self, name: str, at: datetime) -> None:
        """Record a heartbeat."""
        self._file.write(lambda db: marks_table.beat(db, name, at))

    def last_beat(self, name: str) -> datetime | None:
        """When the heartbeat of that name was last told; ``None`` if never."""
        return self._file.read(lambda db: marks_table.last_beat(db, name), None)

    def begin_pages(self, wanted: Sequence[Attempt], pid: int, *, leading: bool = True) -> list[Attempt]:
        """Write down that these are begun by this process, and give back those that it may send: what another process has sent, or
        is sending, is left out; with ``leading``, all where it does not hold the lease. Durable when it returns."""
        return self._file.write(lambda db: pages_table.begin(db, wanted, pid, leading=leading))

    def settle_page(self, attempt: Attempt, pid: int) -> None:
        """Write down what became of a page that this process began."""
        self._file.write(lambda db: pages_table.settle(db, attempt, pid))

    def pages(self) -> tuple[tuple[Attempt, ...], frozenset[str]]:
        """The pages of all firings that are not done with, oldest first; and the keys of those whose process is gone in the
        middle."""
        nothing: tuple[tuple[Attempt, ...], frozenset[str]] = ((), frozenset())
        return self._file.read(lambda db: pages_table.standing(db, self._file.odd), nothing)

    def close_pages(self, firings: Collection[tuple[str, int]], now: datetime) -> None:
        """Nothing more is to be done for these (alert id, firing)."""
        self._file.write(lambda db: pages_table.close(db, firings, now))

    def channels(self, names: Iterable[str]) -> Mapping[str, ChannelHealth]:
        """How the latest pages by these channels went."""
        return self._file.read(lambda db: pages_table.channels(db, names, self._file.odd), {})

    def pages_by_channel(self, since: datetime) -> dict[tuple[str, str], int]:
        """How many pages were ``sent`` and ``failed`` since then (UTC), by (channel, word)."""
        nothing: dict[tuple[str, str], int] = {}
        return self._file.read(lambda db: pages_table.counted(db, epoch(since)), nothing)

    def take_lease(self, holder_pid: int, at: datetime, ttl: float) -> bool:
        """Become or stay the keeper; False while another living process is (renewed within ``ttl`` seconds, and there)."""
        mono = self._clock.mono()
        return self._file.write(lambda db: lease_table.take(db, holder_pid, epoch(at), mono, ttl))

    def drop_lease(self, holder_pid: int) -> None:
        """Be the keeper no more; nothing happens if another process is by now."""
        self._file.write(lambda db: lease_table.drop(db, holder_pid))

    def lease(self) -> Lease | None:
        """Who was the last to take it, alive or not."""
        return self._file.read(lease_table.holder, None)

    def close(self) -> None:
        """Give the file back; later writes fail, later reads are empty."""
        self._file.close()


def open_journal(state: Path, clock: Clock) -> Journal:
    """Open (or make) ``state/journal.sqlite``: directory 0700, file 0600, corrupt or newer files set aside, never deleted.

    Never raises: a journal that cannot be opened says so in ``problem``, and tries again at every write.
    """
    return Journal(state / "journal.sqlite", clock)
