"""What a recording is made of: messages, each as something became known, and the moments between them.

A recording has what the views of a screen are made of: what each source said (as `core.sharing` tells it, so that what has not
changed is not told again), how well each sees, what was done and what it printed, what was written into the journal. It has no
configuration, no address of a source and no secret: who writes it takes those out (`engine.recording_out`).

Times: a moment of a recording is its ``position``, in seconds since its beginning on a clock that never steps, suspend included.
What the wall clock said then (UTC) is `Header.began_at` and so much later.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import msgspec

from .actions import Run, Start, StartMany
from .curves import Curve
from .questions import NEEDS, Answered, AssigneesAt, HistoryOf, LevelsOf, PlaysFor, Question, ServicesAt
from .roster import Person
from .runbooks import Approval, Confirm, Param, Runbook
from .schedule import Laid
from .sharing import Part, Told, WireAlert
from .sources import SourceHealth
from .steps.manual import ManualStep
from .steps.step import Step
from .stormrule import StormRule
from .story import Story
from .text import clean
from .traps import as_laid
from .units import Seconds, seconds

VERSION = 1
"""Of the format. A recording of a higher one is refused; see `unreadable` for those of another layout."""

KINDS = ("alerts", "silences", "traps", "rosters", "overrides", "maintenances")
"""The kinds of facts of a `Snapshot` that a view shows, and a recording therefore has."""

PARAMS = ("path", "unit", "process", "name")
"""Keys of a trap that say what it looks at, and cannot say how to get in there."""

NOT_KEPT = "what this step does is not in the recording"


class Header(msgspec.Struct, frozen=True, kw_only=True, tag="recording"):
    """The first message: which ``cockpit`` recorded (its version), on which ``host`` (its name without domain), from when (UTC;
    ``mono`` are the seconds of the monotonic clock then), for whom (``me``, ``people`` without how to reach them), and what the
    screen showed by: ``title``, ``zones`` (IANA), ``storm``, ``group_by``. ``layout`` is `layout`'s."""

    version: int = VERSION
    cockpit: str = ""
    host: str = ""
    began_at: datetime
    mono: float = 0.0
    title: str = ""
    me: tuple[str, ...] = ()
    people: tuple[Person, ...] = ()
    zones: tuple[str, ...] = ()
    storm: StormRule = StormRule()
    group_by: tuple[str, ...] = ("alertname",)
    layout: tuple[str, ...] = ()

    def at(self, position: float) -> datetime:
        """The wall time (UTC) of a position."""
        return self.began_at + timedelta(seconds=position)

    def position(self, at: datetime) -> float:
        """The position of a wall time; negative before the beginning."""
        return (at - self.began_at).total_seconds()


_CLOCK = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
WHEN = "03:12, 03:12:44, 2026-11-02T03:12 (UTC, as the clock of the screen), +10m, -90s, start, end"
"""How a moment of a recording is written."""


def position_of(text: str, header: Header, here: float, length: float) -> float:
    """The position that is meant by a text (see `WHEN`), where one is at ``here``; a time of day is that of the day one is at, or
    of the next or last one where the recording has it only then. Raises ``ValueError``, whose message says what would do."""
    word = text.strip()
    if word in ("start", "end"):
        return 0.0 if word == "start" else length
    try:
        if word[:1] in ("+", "-"):
            return here + (1 if word[0] == "+" else -1) * seconds(word[1:])
        if clock := _CLOCK.fullmatch(word):
            hour, minute, second = (int(each or 0) for each in clock.groups())
            today = header.at(here).replace(hour=hour, minute=minute, second=second, microsecond=0)
            found = (header.position(today + timedelta(days=days)) for days in (0, -1, 1))
            return min(found, key=lambda each: (not -60 <= each <= length + 60, abs(each - here)))
        at = datetime.fromisoformat(word)
        return header.position(at if at.utcoffset() is not None else at.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError(f"{clean(text, 40)!r} is no moment of a recording: write {WHEN}") from None


class Said(msgspec.Struct, frozen=True, tag="said"):
    """How a source stands now; so many `Part` follow as ``told`` announces. Its times are the recording cockpit's."""

    source: str
    told: Told


class Gone(msgspec.Struct, frozen=True, tag="gone"):
    """A source that is not configured any more."""

    source: str


class Sight(msgspec.Struct, frozen=True, tag="sight"):
    """How well each source sees, in the order of the configuration. Ages are as of this moment, and grow from then on."""

    health: tuple[SourceHealth, ...]


class Ran(msgspec.Struct, frozen=True, tag="ran"):
    """Runs that are new, or that something became of; and the ids of those that are not told of any more."""

    runs: tuple[Run, ...]
    gone: tuple[str, ...] = ()


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """A runbook that was known, without its ``steps``, which are a count: their words may hold what is nobody's business."""

    name: str
    title: str
    steps: int
    key: str = ""
    match: str = ""
    changes: str | None = None
    confirm: Confirm = Confirm.YES
    timeout: Seconds = Seconds(600.0)
    target: str = ""
    params: dict[str, Param] = {}
    help: str = ""
    approve: Approval | None = None

    def runbook(self) -> Runbook:
        """It as a runbook, whose steps say that they are not in the recording."""
        facts = {name: getattr(self, name) for name in self.__struct_fields__ if name != "steps"}
        return Runbook(steps=(Step(ManualStep(NOT_KEPT)),) * min(1, max(0, self.steps)), **facts)


def book_of(runbook: Runbook) -> Book:
    """What is recorded of a runbook."""
    facts = {name: getattr(runbook, name) for name in Book.__struct_fields__ if name != "steps"}
    facts["params"] = {name: msgspec.structs.replace(each, ask=None) for name, each in runbook.params.items()}
    return Book(steps=len(runbook.steps), **facts)


class Around(msgspec.Struct, frozen=True, kw_only=True, tag="around"):
    """What else a view shows: who is at the keyboard, whether it was read-only, what the cockpit said of itself."""

    problem: str = ""
    keeper: str = ""
    me: tuple[str, ...] = ()
    read_only: bool = False
    remarks: tuple[str, ...] = ()
    books: tuple[Book, ...] = ()
    beat_at: datetime | None = None
    beat_late: str = ""
    beats: bool = False


class Printed(msgspec.Struct, frozen=True, tag="printed"):
    """What a run printed further: ``lines`` from number ``first`` (0-based) on, as `engine.desk.Output` has them."""

    run: str
    first: int
    lines: tuple[str, ...]
    truncated: bool = False


class Noted(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the journal: see `engine.records.Entry`. It may be of before the recording's beginning."""

    at: datetime
    kind: str
    who: str = ""
    source: str = ""
    subject: str = ""
    data: dict[str, object] = {}


class Written(msgspec.Struct, frozen=True, tag="written"):
    """Entries that were written into the journal, oldest first."""

    entries: tuple[Noted, ...]


class Read(msgspec.Struct, frozen=True, tag="read"):
    """Readings of one number of a trap: (seconds since the epoch, value), oldest first; they may be older than the recording."""

    trap: str
    metric: str
    points: tuple[tuple[float, float], ...]


class Pictured(msgspec.Struct, frozen=True, tag="pictured"):
    """How what an alert (its id) or a trap (its name) of a source is about went, as a screen showed it. It is shown up to the
    moment that is replayed: of a told story, the whole curve may be told at once, at its beginning."""

    source: str
    about: str
    curve: Curve


class Replied(msgspec.Struct, frozen=True, tag="replied"):
    """What a source answered to a question of somebody who looked closer: `Answered.value` as JSON, for its kind follows from the
    question (see `replied` and `answer_of`)."""

    question: HistoryOf | LevelsOf | PlaysFor | AssigneesAt | ServicesAt
    value: bytes
    problem: str = ""


class Rostered(msgspec.Struct, frozen=True, tag="rostered"):
    """The rosters as laid out between two moments (UTC)."""

    since: datetime
    until: datetime
    laid: Laid


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """Nothing follows; why, for people ("": it was left)."""

    why: str = ""


Apart: TypeAlias = Printed | Written | Read | Pictured | Replied | Rostered | Ended
"""What adds to what is known and replaces nothing: written so that each can be read without what stands before it."""

Message: TypeAlias = Header | Said | Part | Gone | Sight | Ran | Around | Apart


def layout() -> tuple[str, ...]:
    """The fields of an alert in the order in which a recording has them: they are told without their names."""
    return WireAlert.__struct_fields__


def unreadable(header: Header) -> str:
    """Why a recording cannot be read by this cockpit; "" if it can. What was added since has its default, as in any record."""
    if header.version > VERSION:
        return (
            f"it is of a newer cockpit ({header.cockpit}; format {header.version}, this one reads {VERSION}): replay it with that"
        )
    here = layout()
    many = min(len(here), len(header.layout))
    if header.layout[:many] != here[:many]:
        return f"its alerts are laid out otherwise than in this version: replay it with cockpit {header.cockpit}"
    return ""


def plain_person(person: Person) -> Person:
    """A person without how to reach them, and where they are."""
    return msgspec.structs.replace(person, contacts=(), away=(), calendars=())


def plain(record: Any) -> Any:
    """A record of a source without what a recording must not have: of a trap, how it gets at what it looks at."""
    trap = getattr(record, "trap", None)
    if trap is None or isinstance(trap, str):
        return record
    params = {name: value for name, value in trap.params.items() if name in PARAMS and isinstance(value, str)}
    reading = record.watch.reading
    if reading is not None and reading.memory:
        reading = msgspec.structs.replace(reading, memory={})
    watch = as_laid(trap, record.watch)  # what it is laid by cannot be told any more, once how it looks is left out
    watch = msgspec.structs.replace(watch, memory={}, reading=reading, laid=0)
    return msgspec.structs.replace(record, trap=msgspec.structs.replace(trap, params=params), watch=watch)


def plain_run(run: Run) -> Run:
    """A run without its exact commands, the values that stood in them, the file of its output, and where else it goes on; that it
    changes something stays."""
    action = run.action
    if isinstance(action, Start):
        kept = tuple(words for words in action.preview if words[:2] == ("", "changes"))
        action = msgspec.structs.replace(action, preview=kept, params={}, secrets={})
    elif isinstance(action, StartMany):
        aims = tuple(msgspec.structs.replace(aim, preview=()) for aim in action.aims)
        action = msgspec.structs.replace(action, aims=aims, params={}, secrets={})
    return msgspec.structs.replace(run, action=action, output_path="", far=None, wants=None, address_wanted=None)


def replied(question: Question, answered: Answered) -> Replied:
    """An answer, for a recording."""
    return Replied(question, msgspec.json.encode(answered.value), answered.problem)


def answer_of(reply: Replied) -> Answered:
    """The answer that was recorded. Raises ``ValueError``."""
    kind = NEEDS[type(reply.question)][1]
    shape: Any = Story if kind is Story else tuple[kind, ...]  # type: ignore[valid-type]  # it is known when it runs
    return Answered(msgspec.json.decode(reply.value, type=shape | None), problem=reply.problem)
