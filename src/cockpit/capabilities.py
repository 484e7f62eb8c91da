"""What a provider can do: one small protocol for each capability. To define its methods is to have it. Adapters take them from
`cockpit.provider`; they stand here because no screen needs them before it is drawn.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from .core.alerts import Alert, Silence
from .core.answer import Answer
from .core.covers import Cover, Standing
from .core.curves import Curve
from .core.days import Day
from .core.paging import Page
from .core.roster import OnCall, Shift
from .core.traps import TrapView
from .responding import Escalates, History, Maintains, Merges, Plays, Reassigns, Resolves, Snoozes
from .running import Runbooks


@runtime_checkable
class Alerts(Protocol):
    """It knows what is wrong now."""

    async def alerts(self) -> Answer[Alert]: ...


@runtime_checkable
class Acks(Protocol):
    """It can record that someone has an alert. ``ids`` are the source's own ids, ``who`` the person's name."""

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None: ...


@runtime_checkable
class Unacks(Protocol):
    """It can take an acknowledgement back."""

    async def unack(self, ids: Sequence[str], who: str) -> None: ...


@runtime_checkable
class Silences(Protocol):
    """It can hush what matches, until a time (UTC). ``silence`` gives back the new silence's id."""

    async def silences(self) -> Answer[Silence]: ...
    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str: ...
    async def unsilence(self, silence_id: str, who: str) -> None: ...


@runtime_checkable
class Edits(Protocol):
    """It can change a silence that stands, and keep one until what it hushes has resolved. Both give back the silence's id, which
    may be another one than before. ``ends_at`` ``None``: it lasts from now on until that. One that has ended already is made
    anew."""

    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str: ...
    async def silence_until_resolved(self, match: str, who: str, comment: str) -> str: ...


@runtime_checkable
class Checks(Protocol):
    """It can say beforehand why it would not take a silence: the reason for the person, or "". ``ends_at`` ``None``: one until
    resolved. A plain function, asked while somebody types and from any thread: it answers from what it knows, and never blocks."""

    def silence_problem(self, match: str, ends_at: datetime | None) -> str: ...


@runtime_checkable
class Upkeep(Protocol):
    """It has work that must go on while a cockpit runs: acknowledgements to renew, or to end with their alert. Called after each
    poll, never while read-only is on; gives back what was done, a sentence each, for the journal."""

    async def upkeep(self) -> Sequence[str]: ...


@runtime_checkable
class Notes(Protocol):
    """It keeps remarks on alerts."""

    async def note(self, alert_id: str, who: str, text: str) -> None: ...


@runtime_checkable
class Rosters(Protocol):
    """It knows who is on call at a moment (UTC)."""

    async def on_call(self, at: datetime) -> Answer[OnCall]: ...


@runtime_checkable
class Shifts(Protocol):
    """It can lay out its rosters: every shift that touches [since, until) (UTC), each with its real ends where the source tells
    them. Within one roster no two shifts overlap; where there is none, there is a gap."""

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]: ...


@runtime_checkable
class Days(Protocol):
    """It knows days that rosters kept elsewhere need: when people are away (`core.days.Leave`), and which days are holidays
    (`core.days.Holiday`). It tells those of the last two months at least, and of the year to come."""

    async def days(self) -> Answer[Day]: ...


@runtime_checkable
class Overrides(Protocol):
    """It can put people on call whatever its layers say, and take that back.

    ``overrides`` are those that run or will. ``override`` makes all of ``covers`` on the roster of that name (as its shifts have
    it), or raises and says what of them was made; it gives an id for each, in their order. A cover's person is an id of
    ``[people]`` where that person is there: the provider finds its own name for them (`core.roster.known_as`).
    ``end_override`` ends one that runs now, and takes away one that has not begun.
    """

    async def overrides(self) -> Answer[Standing]: ...
    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]: ...
    async def end_override(self, override_id: str, who: str) -> None: ...


@runtime_checkable
class Pages(Protocol):
    """It can wake people. The same page twice counts once, by its key, so that a page whose outcome is unknown may be sent again.

    ``page`` comes back when the far side has taken it, which does not mean that anyone has read it. One that cannot reach the
    page's ``person`` raises `Forbidden` with the reason: nobody else is woken instead.
    """

    async def page(self, page: Page) -> None: ...


@runtime_checkable
class Traps(Protocol):
    """It has early-warning checks. Names (`Trap.name`) are unique within the source."""

    async def traps(self) -> Answer[TrapView]: ...


@runtime_checkable
class Rests(Protocol):
    """It can rest its traps, until a time (UTC), and arm them again."""

    async def disarm(self, trap: str, until: datetime, who: str, why: str) -> None: ...
    async def arm(self, trap: str, who: str) -> None: ...


@runtime_checkable
class Series(Protocol):
    """It can tell how what an alert or a trap is about went over time. Asked when somebody looks at that, and never by a poll.

    ``about`` may be an alert of another source that was made here; ``None`` says that it is nothing of this source's. Times are
    UTC, ``points`` is how many there is room for.
    """

    async def series(self, about: Alert | TrapView, since: datetime, until: datetime, points: int) -> Curve | None: ...


CAPABILITIES: tuple[type, ...] = (
    Alerts, Acks, Unacks, Silences, Edits, Checks, Upkeep, Notes, Rosters, Shifts, Days, Overrides, Pages, Traps, Rests, Series,
    Resolves, Snoozes, Escalates, Reassigns, Merges, Plays, Maintains, History, Runbooks,
)  # fmt: skip


def capabilities(provider: object) -> frozenset[str]:
    """The names of what it can do: ``{"Alerts", "Acks"}``. What its configuration leaves out (no key to page with, say) it names in
    an attribute ``lacks``."""
    lacks: Collection[str] = getattr(provider, "lacks", ())
    return frozenset(kind.__name__ for kind in CAPABILITIES if isinstance(provider, kind) and kind.__name__ not in lacks)
