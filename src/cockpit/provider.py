"""The public kit for adapters: what a provider or a probe may rely on, what it can declare, and how it says no.

A provider is a class with a ``Config`` (a frozen msgspec struct) and the methods of the capabilities it has; there is nothing to
inherit. It is registered under the entry-point group ``cockpit.providers``; a probe under ``cockpit.probes``, a channel that tells
people under ``cockpit.channels``.

The errors, and what the engine does about each::

    ProviderError
    ├── AuthFailed     the secret is wrong or missing      → the source is parked until nudged
    ├── Forbidden      known, but not allowed              → that verb fails, polling goes on
    ├── NotFound       not there (any more)                → that verb fails, polling goes on
    ├── Conflict       someone else was first              → that verb fails, the facts are read again
    ├── RateLimited    too many questions                  → waits ``retry_after``, capped
    ├── Unreachable    no answer, or none in time          → backs off with jitter; a write is "outcome unknown"
    │   └── NotReached what was asked never left here      → the same, and a write has certainly not been done
    ├── Malformed      an answer nobody can read           → last facts kept, source incomplete
    └── Partly         done, but for what goes with it     → that verb is done, and what is missing is told

Anything else that leaves a provider is a bug in it, and is shown as that.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec

from .core.traps import Reading, Trap, Watch
from .core.units import Bound, Seconds

if TYPE_CHECKING:
    from .capabilities import (
        Acks,
        Alerts,
        Checks,
        Days,
        Edits,
        Notes,
        Overrides,
        Pages,
        Rests,
        Rosters,
        Series,
        Shifts,
        Silences,
        Traps,
        Unacks,
        Upkeep,
        capabilities,
    )
    from .core.alerts import Alert
    from .core.answer import Answer
    from .core.covers import Cover, Standing
    from .core.curves import Curve
    from .core.days import Day, Holiday, Leave
    from .core.jobs import Execution, ExecutionState, Job, Option, OptionKind, Progress
    from .core.marks import Marks
    from .core.paged import Paged
    from .core.pages import ChannelHealth
    from .core.paging import Page
    from .core.responses import Assignee, Level, Maintenance, Play, Service
    from .core.roster import Person, Roster
    from .core.story import Entry, Past, Story
    from .responding import Escalates, History, Maintains, Merges, Plays, Reassigns, Resolves, Snoozes
    from .running import Order, Runbooks
    from .speaking import Http, HttpAuth, HttpSettings, Reply, Secret, Sink

__all__ = [
    "Acks", "Alerts", "Answer", "Assignee", "AuthFailed", "Bound", "Channel", "Checks", "Clock", "Conflict", "Cover", "Curve",
    "Day", "Days", "Edits", "Entry", "Escalates", "Execution", "ExecutionState", "Forbidden", "History", "Holiday", "Host",
    "Http", "HttpAuth", "HttpSettings", "Job", "Leave", "Level", "Machine", "Maintains", "Maintenance", "Malformed", "Merges",
    "NotFound", "NotReached", "Notes", "Option", "OptionKind", "Order", "Overrides", "Page", "Pages", "Partly", "Past", "Play",
    "Plays", "Probe", "ProbeError", "Progress", "Provider", "ProviderError", "RateLimited", "Reading", "Reassigns", "Recipient",
    "Reply", "Resolves", "Rests", "Rosters", "Runbooks", "Seconds", "Secret", "Series", "Service", "Shifts", "Silences", "Sink",
    "Snoozes", "Standing", "Story", "Traps", "Unacks", "Unreachable", "Upkeep", "capabilities",
]  # fmt: skip

_ELSEWHERE = {
    ".capabilities": "Acks Alerts Checks Days Edits Notes Overrides Pages Rests Rosters Series Shifts Silences Traps Unacks Upkeep"
    " capabilities",
    ".core.answer": "Answer",
    ".core.covers": "Cover Standing",
    ".core.curves": "Curve",
    ".core.days": "Day Holiday Leave",
    ".core.jobs": "Execution ExecutionState Job Option OptionKind Progress",
    ".core.paging": "Page",
    ".core.responses": "Assignee Level Maintenance Play Service",
    ".core.roster": "Person Roster OnCall Shift",
    ".core.story": "Entry Past Story",
    ".responding": "Escalates History Maintains Merges Plays Reassigns Resolves Snoozes",
    ".running": "Order Runbooks",
    ".speaking": "Http HttpAuth HttpSettings Reply Secret Sink",
}
_HOMES = {name: module for module, names in _ELSEWHERE.items() for name in names.split()}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """What stands elsewhere and is only needed by some is loaded when it is asked for: a screen is drawn without it."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = globals()[name] = getattr(import_module(_HOMES[name], __package__), name)
        return found


class ProviderError(Exception):
    """Something a source could not do. The message is for the person, without secrets and without the source's name."""


class AuthFailed(ProviderError):
    """The secret is wrong, expired or missing."""


class Forbidden(ProviderError):
    """Known, but not allowed to do this."""


class NotFound(ProviderError):
    """What was asked for is not there (any more)."""


class Conflict(ProviderError):
    """Someone else was first."""


class RateLimited(ProviderError):
    """Too many questions; ``retry_after`` is in seconds, ``None`` if the source did not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(ProviderError):
    """No answer, or none in time. After a write this means that nobody knows whether it was done."""


class NotReached(Unreachable):
    """No connection came about: whatever was to be done has certainly not been done."""


class Malformed(ProviderError):
    """An answer that cannot be read."""


class Nameless(ProviderError):
    """It wants to know in whose name, and nothing was sent. ``wants`` names what is missing, for people: "the e-mail address that
    you log in to PagerDuty with"; they are asked for it once, and `Machine.address` has it then."""

    def __init__(self, message: str, wants: str) -> None:
        super().__init__(message)
        self.wants = wants


class Partly(ProviderError):
    """What was asked for was done, and something that goes with it was not (a note, say): the message says what. Nobody is to do
    it once more."""


class ProbeError(Exception):
    """A look that could not see; the message says why, for the person. The trap becomes blind."""


class Clock(Protocol):
    """Time, so that tests can turn it. ``now`` is UTC wall time; ``mono`` counts seconds and never steps, suspend included."""

    def now(self) -> datetime: ...
    def mono(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class Machine(Protocol):
    """This machine's own facts, for ``local``: what the config lays out, what the keeper journalled, what people marked.

    Reading and writing go to the journal and may block for milliseconds; ``who`` is the person, times are UTC.
    """

    @property
    def host(self) -> str: ...
    @property
    def traps(self) -> Sequence[Trap]: ...
    @property
    def rosters(self) -> Sequence[Roster]: ...
    @property
    def people(self) -> Sequence[Person]: ...
    @property
    def me(self) -> Person: ...
    def address(self, source: str) -> str:
        """What ``me`` is called at a source, as they said when they were asked; "" where they never were."""
        ...

    def watches(self) -> Mapping[str, Watch]: ...
    def marks(self) -> Marks: ...
    def ack(self, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None: ...
    def unack(self, alert_id: str, who: str, at: datetime) -> None: ...
    def silence(
        self, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str, until_resolved: bool = False
    ) -> str: ...
    def change_silence(
        self, silence_id: str, match: str, ends_at: datetime, who: str, comment: str, until_resolved: bool, at: datetime
    ) -> None: ...
    def unsilence(self, silence_id: str, who: str, at: datetime) -> None: ...
    def note(self, alert_id: str, who: str, text: str, at: datetime) -> None: ...
    def disarm(self, trap: str, who: str, why: str, until: datetime, at: datetime) -> None: ...
    def arm(self, trap: str, who: str, at: datetime) -> None: ...
    def override(self, roster: str, covers: Sequence[Cover], who: str, why: str, at: datetime) -> Sequence[str]: ...
    def end_override(self, override_id: str, who: str, at: datetime) -> None: ...
    def beat(self, name: str) -> datetime | None: ...
    def channels(self) -> Sequence[ChannelHealth]:
        """How the ways to tell people did when they were last tried."""
        ...

    def paged(self, alerts: Sequence[tuple[Alert, int]]) -> Mapping[str, tuple[Paged, ...]]:
        """Who was told of each of these (alert, which firing), and who comes next, by alert id."""
        ...


class Host(Protocol):
    """What a provider or a probe is handed by the cockpit it lives in."""

    @property
    def clock(self) -> Clock: ...
    @property
    def machine(self) -> Machine: ...
    def http(self, url: str, settings: HttpSettings, speaks: str = "") -> Http:
        """HTTP to ``url``, with a path or without. ``speaks`` names what should be there, for messages: "an Alertmanager"."""
        ...


class Provider(Protocol):
    """An adapter. What it can do is what it defines: see the capabilities below. ``close`` is optional."""

    Config: ClassVar[type[msgspec.Struct]]

    def __init__(self, name: str, config: msgspec.Struct, host: Host) -> None: ...


class Probe(Protocol):
    """A kind of look. ``readings`` names each number it can give, with unit and meaning: bounds are checked against it
    (a name that ends in ``*`` stands for any, where names come from outside).

    ``look`` is a plain function or a coroutine. Each look has a thread of its own, and a coroutine a loop of its own in there: keep
    nothing between looks that belongs to a loop. It raises ``ProbeError`` with the reason where it cannot see; it need not bound
    its own time: the keeper does. ``subject`` is what is looked at, for the column "where". A probe that never judges by itself may
    say ``judges = False``: a trap on it without ``warn`` and ``trip`` is then a mistake in the config.

    A probe that must know what its last look saw gives a `Reading` with ``memory`` (50 entries at most, texts and numbers, none
    longer than 8000 characters) and defines ``recall(memory)``: it is called in the look's thread before each look, with what the
    trap's last reading gave, in whatever process that look was; empty where there was none.
    """

    Config: ClassVar[type[msgspec.Struct]]
    readings: ClassVar[Mapping[str, str]]

    def __init__(self, config: msgspec.Struct, host: Host) -> None: ...
    @property
    def subject(self) -> str: ...
    def look(self) -> Reading | Awaitable[Reading]: ...


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a channel tells. ``address`` is the person's contact of the kind that the channel needs (``email``, say), "" where it
    needs none; ``timezone`` is theirs (IANA). ``person`` is "" where nobody in particular is meant."""

    person: str = ""
    name: str = ""
    address: str = ""
    timezone: str = "UTC"


class Channel(Protocol):
    """A way to tell people: an e-mail, a webhook, a command. ``contact`` is the kind of contact it needs of a person ("" for none);
    the config may say another. ``lasting``: it wants to know of acknowledgement and end as well, unless the config says otherwise.

    ``page`` gives back what the far side said, for people ("" if nothing); it raises this module's errors, each with a reason that
    helps. It has a thread of its own and may block; the engine bounds its time. The same page may come twice, under one key: a
    channel that can tell the far side so must.

    A class may also have ``unready(config) -> str``, static: why it could tell nobody from this machine, found without telling
    anybody; "" where nothing is wrong. ``cockpit check`` and ``cockpit doctor`` say it.
    """

    Config: ClassVar[type[msgspec.Struct]]
    contact: ClassVar[str]
    lasting: ClassVar[bool]

    def __init__(self, config: msgspec.Struct, host: Host) -> None: ...
    async def page(self, page: Page, to: Recipient) -> str: ...
