"""What a screen talks to: the engine, as seen from another thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

from ..core.alerts import Alert, Ref
from ..core.units import say_seconds

if TYPE_CHECKING:
    from ..core.actions import Action, Run
    from ..core.aftermath import Past
    from ..core.arming import Proposals
    from ..core.books import Books
    from ..core.curves import Curve
    from ..core.drills import Drill, Stage
    from ..core.handover import Brief
    from ..core.incident_timeline import Line
    from ..core.incidents import Incident
    from ..core.margins import Margin
    from ..core.plans import Plan
    from ..core.questions import Answered, Question
    from ..core.roster import Person
    from ..core.schedule import Schedule
    from ..core.traps import TrapView
    from ..core.view import View
    from .drilling import Route
    from .reporting import Reported

After: TypeAlias = Ref | str
"""What a trap is armed after: an alert, or an incident by its id."""
SILENT = 5.0
"""Seconds after which an engine that gave no sign of life is one that nobody may rely on."""


def unheard(seconds: float) -> str:
    """What is said of an engine that has been silent for so long; "" while that is no matter."""
    return f"the engine has not answered for {say_seconds(float(int(seconds)))}: nothing here is live" if seconds > SILENT else ""


class Output(msgspec.Struct, frozen=True):
    """What a runbook has printed so far, already harmless: of escape sequences only colours and attributes made anew are in it,
    which `core.text.sgr_only` takes apart for drawing. ``first`` is the number of the first line in here (0-based), so that the
    next question is for ``first + len(lines)``; ``truncated`` says that the middle or the end was cut at the cap. ``unrecorded``
    are the numbers of lines of our own that say what was executed or answered: no recording has them."""

    lines: tuple[str, ...]
    first: int = 0
    truncated: bool = False
    unrecorded: frozenset[int] = frozenset()


class Session(msgspec.Struct, frozen=True):
    """A program that a run wants to have the terminal for itself: argv, whole environment, and directory ("" = ours)."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: str = ""


class Told(msgspec.Struct, frozen=True):
    """One person by one channel: the name for people, the channel, and the address there ("" where it needs none)."""

    who: str
    channel: str
    address: str


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A trap as filled in: the file it would be written to and its whole ``text``, what it ``would`` have done, in a line, and the
    ``problem`` that stands against it ("": none)."""

    file: str = ""
    text: str = ""
    would: str = ""
    problem: str = ""


class Followed(msgspec.Struct, frozen=True):
    """An incident as it is now, and its timeline, oldest first; and the people whom the config names, on whose clocks its action
    items are due."""

    incident: Incident
    lines: tuple[Line, ...]
    people: tuple[Person, ...] = ()


class Rehearsed(msgspec.Struct, frozen=True, kw_only=True):
    """The last drill of a trap: its moments, how far it is now, and what has happened in it, oldest first. ``over`` says what came
    of it, "" while it goes on."""

    drill: Drill
    stage: Stage
    lines: tuple[Line, ...] = ()
    over: str = ""


class Desk(Protocol):
    """Everything here may be called from any thread, returns at once, and never blocks on a source.

    ``on_change`` registers a callback that the engine calls from *its* thread whenever ``view`` is newer than the last time it
    called; calls are conflated, never queued: fetch ``view`` and draw that.
    """

    @property
    def view(self) -> View: ...
    def silent_for(self) -> float:
        """Seconds since the engine's last sign of life (one each second, whether or not the view changes); takes no lock. See
        `unheard`: after `SILENT` of them ``view`` is the past, and every action is refused."""
        ...

    def on_change(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Register; the returned function takes it back."""
        ...

    def ask(self, action: Action) -> str:
        """Journal the intent, then do it. Gives the run's id; its fate is in ``view.runs``, from the next view on. An action on
        alerts of several sources becomes a run for each: the first one's id is given, the others have ``.2``, ``.3`` after it.
        ``Cancel`` and ``Reply`` give back the id of the run that is meant. Raises ``Refused`` with the reason (the same words as
        ``why_not``) and then nothing was journalled or sent."""
        ...

    def why_not(self, action: Action | type) -> str | None:
        """Why it cannot be done now, or ``None``."""
        ...

    def plan(self, runbook: str, alert: Ref | None, given: Mapping[str, str]) -> Plan:
        """A runbook resolved for an alert as it is now: the exact preview. Never raises: what cannot be says why in ``refused``."""
        ...

    def books(self) -> Books:
        """The Markdown runbooks that can be read, as they lie in their files now; the same object while nothing differs."""
        ...

    def margin(self, book: str, alert: Ref | None) -> Margin:
        """What readers left in the margin of a Markdown runbook: the ticks for this firing of the alert, and the last place."""
        ...

    def tick(self, book: str, alert: Ref | None, box: str) -> None:
        """Tick a box of it (`core.books.boxes` names them) for this firing of the alert, or take the tick back."""
        ...

    def leave(self, book: str, line: int) -> None:
        """Its reader closes it at this line of the file."""
        ...

    def hits(self, source: str, match: str) -> tuple[Ref, ...]:
        """What a silence at ``source`` would hush now: the preview. Raises ``FilterError``."""
        ...

    def silence_problem(self, source: str, match: str, ends_at: datetime | None) -> str:
        """Why ``source`` would not take such a silence (``ends_at`` in UTC, or ``None`` for one until resolved), as far as is known
        without asking it; "" where nothing is against it. Whether it can be silenced there at all, `why_not` says."""
        ...

    def reached(self, to: Sequence[str], via: Sequence[str] = ()) -> tuple[tuple[Told, ...], tuple[str, ...]]:
        """Whom a page to these (``person:ana``, ``roster:primary``, ``level:1``, or just a name) would tell now, and a sentence for
        each who is nobody: the preview. Raises `provider.NotFound` for a name or a channel that is not known."""
        ...

    def output(self, run_id: str, since: int = 0) -> Output:
        """What a run has printed from line number ``since`` on."""
        ...

    def owns(self, run_id: str) -> bool:
        """Whether this very cockpit began the run, or follows it: only here can it be answered, or ended."""
        ...

    def way_back(self, run_id: str) -> Plan | None:
        """What would take back what a run of this cockpit has done: a plan to be shown, and begun by a `Start` that names the run
        in ``undoes``; where that cannot be, it is ``refused``. ``None`` where there is nothing of it to undo (any more)."""
        ...

    def find_way_back(self, run: Run) -> Plan | None:
        """As `way_back`, of a run that any cockpit of this state directory has done: made anew of what was kept of it in the
        journal, and `way_back` knows it from then on. ``None`` where nothing was kept. Blocks for up to half a second: not in the
        screen's own thread. Raises `Refused` where the journal cannot be read."""
        ...

    def hold(self, secret: str) -> str:
        """Keep a secret for a run that is about to be begun; what is given back goes into ``Start.secrets``."""
        ...

    def choices(self, runbook: str, param: str) -> tuple[str, ...]:
        """What can be chosen for a parameter; where a command says so, it is executed, which blocks for up to `listing.WITHIN`
        seconds: not in the screen's own thread. Raises `listing.NotListed`."""
        ...

    def terminal(self, run_id: str) -> Session | None:
        """What a run that waits for that wants executed at a terminal (`Answers.TERMINAL`); its exit status is the answer. ``None``
        where it does not wait for that, or is another cockpit's."""
        ...

    def past(self, alert: Alert) -> tuple[Past, ...]:
        """The runs for an alert, and for earlier ones of the same name and place, newest first, as far as they have been read.
        Asked and told of as with `look_up`."""
        ...

    def incidents(self) -> Mapping[str, Incident]:
        """Every incident of the journal, by its id. This and `follow_incident` block, on the disk: not in the screen's own thread.
        Raises `Refused` where the journal cannot be read."""
        ...

    def follow_incident(self, incident: str) -> Followed | None:
        """One of them with its timeline, as of now; ``None`` where there is none. Raises `Refused` as `incidents` does."""
        ...

    def incident_of(self, alert: Ref) -> str:
        """The open incident that an alert is in, for people (``i7 Checkout fails``), "" for none, as far as it has been read. Asked
        and told of as with `look_up`."""
        ...

    def readings(self, trap: str, metric: str, since: datetime) -> tuple[tuple[float, float], ...]:
        """Journalled readings of a local trap as (seconds since the epoch, value), oldest first."""
        ...

    def look_up(self, question: Question) -> Answered:
        """What is known of the answer to a question that a source is asked only when somebody looks closer. Where that is nothing,
        or old, it is asked now, and callbacks are called when the answer is there, although ``view`` is the same."""
        ...

    def series(self, about: Alert | TrapView, cells: int) -> Curve | None:
        """How what an alert or a trap is about went over the last hours, as far as it is known now, for a picture so many cells
        wide; ``None`` where nobody measures that. Asked and told of as with `look_up`."""
        ...

    def laid_out(self, since: datetime, until: datetime) -> Schedule | None:
        """All rosters between two moments (UTC), as last laid out; ``None`` while that is being asked for. Ask again and again:
        what is old is asked for anew."""
        ...

    def refresh(self) -> None:
        """Ask every source now, and look at every trap now."""
        ...

    def tell_address(self, source: str, address: str) -> str:
        """Keep what the person is called at a source that wants to know who writes (`core.actions.Run.address_wanted`). Gives the
        file that it stands in now, for people. This alone may block, on the disk. Raises `Refused`."""
        ...

    def propose_traps(self, after: After) -> Proposals:
        """Traps that could have told of an alert or an incident earlier, and that repeat none that stands. Looks at this machine,
        which blocks for up to 3 s: not in the screen's own thread. Raises `Refused` for an incident that there is not."""
        ...

    def try_trap(self, values: Mapping[str, str], after: After | None) -> Tried:
        """The file that a new trap would be written to, whole, and what it would have done with the readings that are kept. Writes
        nothing. May block, on the disk."""
        ...

    def lay_trap(self, name: str, text: str, after: After | None) -> str:
        """Write exactly this file for a new trap, armed at once; an incident that it came of says so from then on. Gives the file,
        for people. May block, on the disk. Raises `Refused`."""
        ...

    def drill_route(self, trap: str, *, quiet: bool) -> Route:
        """What a drill of this machine's trap that began now would do: who would be told, when. Begins nothing. May block, on the
        disk. Raises `Refused` with the reason where it cannot be drilled now."""
        ...

    def follow_drill(self, trap: str) -> Rehearsed | None:
        """The last drill of a trap as of now; ``None`` where there was none. May block, on the disk: not in the screen's own
        thread. Raises `Refused` where the journal cannot be read."""
        ...

    def handover(self, laid: Schedule) -> Brief:
        """The shift brief as of now; ``laid`` are the rosters, `core.handover.LONGEST` back and ahead. May block, on the disk: not
        in the screen's own thread. Raises `Refused`."""
        ...

    def note_for_next(self, text: str) -> None:
        """Leave a note for the next shift. This and `hand_over` may block, on the disk, and raise `Refused`."""
        ...

    def hand_over(self, brief: Brief, taker: str) -> str:
        """Mark the hand-over of this brief as done, to ``taker`` (a name). Gives from whom."""
        ...

    def report(self, since: datetime, until: datetime, zone: str) -> Reported:
        """What the journal comes to between two moments (UTC), with weeks on the clock of ``zone``. A million events take two
        seconds: not in the screen's own thread. Raises `Refused` where the journal cannot be read."""
        ...

    def set_read_only(self, on: bool) -> str | None:
        """Lift or set read-only for this session; the reason if that is not allowed."""
        ...


class Refused(Exception):
    """An action that was not taken; the message is the reason for the person."""
