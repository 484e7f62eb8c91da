"""Is it getting easier: fires against what a trap caught, whom it called and when, how fast it was over, what only makes noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from math import ceil
from operator import itemgetter

import msgspec

from .loads import AT_ONCE
from .roster import Person, known_as, zone

Fact = tuple[float, str, str, str]
"""When (seconds since the epoch), which of `KINDS`, who ("" for nobody), and the alert or trap."""
KINDS = ("trap.warning", "trap.tripped", "trap.armed", "alert.fired", "alert.resolved", "page", "ack", "act")
"""What is reckoned with: besides the journal's own, a page that called somebody, an acknowledgement, something done or noted for an
alert."""

WORKDAY = time(9), time(18)
"""From and until when people work, Monday to Friday, on their own clock; the rest, and their holidays, is out of hours."""
CRIES, WOLF = 3, 0.8
"""A trap that tripped so often, and of whose alerts so large a share needed nobody, cries wolf."""
FIRES = (
    "A fire: a trap warned or tripped, and somebody was paged for it or acknowledged it before it was armed again; caught: it was "
    "armed again and called nobody. Lead time: from the trap's first word to that call. Woken: paged or acknowledging in their own "
    "night, within 15 minutes once. Out of hours: not Monday to Friday 09:00–18:00 on their own clock, or on their holiday. "
    "No action: nobody acknowledged it, ran or noted anything for it."
)
"""What the figures mean, for people."""


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in seconds, over so many ``times``: half of them no longer than ``median``, nine of ten no longer
    than ``p90`` (nearest rank); ``None`` where it was never."""

    times: int
    median: float | None
    p90: float | None


class Week(msgspec.Struct, frozen=True):
    """A week from Monday ``start`` on, on the clock of whoever reads it; the first and the last may be cut."""

    start: date
    fires: int = 0
    caught: int = 0
    pages: int = 0
    woken: int = 0


class Called(msgspec.Struct, frozen=True):
    """How often one person was paged, of that out of hours, and how often their sleep was interrupted."""

    name: str
    pages: int
    out_of_hours: int
    woken: int


class Noise(msgspec.Struct, frozen=True):
    """One alert: how often it ``fired``, how often that is ``over``, and of that how often it needed no action."""

    alert: str
    fired: int
    over: int
    idle: int


class Fires(msgspec.Struct, frozen=True, kw_only=True):
    """Everything. ``waiting`` are troubles that go on. ``acks_idle`` of ``acks`` acknowledged alerts that are over had nothing run
    or noted for them. ``silent`` are traps that never tripped, ``wolves`` those that cry wolf (see `WOLF`)."""

    weeks: tuple[Week, ...]
    waiting: int
    lead: Spread
    to_ack: Spread
    to_resolve: Spread
    people: tuple[Called, ...]
    noisy: tuple[Noise, ...]
    acks: int
    acks_idle: int
    silent: tuple[str, ...]
    wolves: tuple[str, ...]

    @property
    def trend(self) -> str:
        """Whether it is getting easier: how often somebody was paged or woken in the earlier and the later half of the weeks."""
        half = len(self.weeks) // 2
        if half < 1:
            return "too short a time to tell: it takes two weeks"
        early, late = self.weeks[:half], self.weeks[-half:]
        before, after = (sum(each.fires + each.woken for each in weeks) for weeks in (early, late))
        said = "easier" if after < before else "harder" if after > before else "neither easier nor harder"
        return f"{said}: fires and broken nights in the first {half} week{'s' * (half != 1)} {before}, in the last {after}"


def spread(seconds: Sequence[float]) -> Spread:
    """Of all these."""
    ranked = sorted(seconds)
    if not ranked:
        return Spread(0, None, None)
    return Spread(len(ranked), ranked[ceil(len(ranked) * 0.5) - 1], ranked[ceil(len(ranked) * 0.9) - 1])


class _Firing:
    __slots__ = ("acked", "acted", "at", "paged")

    def __init__(self, at: float) -> None:
        self.at, self.acked, self.acted, self.paged = at, False, False, False


class _Reckoning:
    """What is gathered while the facts go by in their order."""

    def __init__(self, people: Sequence[Person], stranger: Person, clock: tzinfo | None) -> None:
        self._week = cache(lambda day: _monday(day, clock))
        self._person = cache(lambda who: _clocked(who, people, stranger))
        self._trouble: dict[str, list[float]] = {}
        self._firing: dict[str, _Firing] = {}
        self._latest: dict[str, float] = {}
        self.weeks: Counter[tuple[date, str]] = Counter()
        self.called: Counter[tuple[str, str]] = Counter()
        self.names: set[str] = set()
        self.lead, self.to_ack, self.to_resolve = list[float](), list[float](), list[float]()
        self.fired, self.over, self.idle, self.tripped = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
        self.acks = self.acks_idle = 0
        self.by_kind: dict[str, Callable[[float, str, str], None]] = {
            "trap.warning": self._warned, "trap.tripped": self._tripped, "trap.armed": self._armed, "alert.fired": self._fired,
            "alert.resolved": self._resolved, "page": self._paged, "ack": self._acked, "act": self._acted,
        }  # fmt: skip

    @property
    def waiting(self) -> int:
        """Troubles that go on."""
        return len(self._trouble)

    def _in_week(self, at: float, what: str) -> None:
        self.weeks[self._week(int(at // 900)), what] += 1  # every zone's days begin on a quarter of an hour

    def _warned(self, at: float, _who: str, trap: str) -> None:
        if trap not in self._trouble:
            self._trouble[trap] = [at]

    def _tripped(self, at: float, who: str, trap: str) -> None:
        self.tripped[trap] += 1
        self._warned(at, who, trap)

    def _armed(self, _at: float, _who: str, trap: str) -> None:
        trouble = self._trouble.pop(trap, None)
        if trouble is None:
            return
        if len(trouble) > 1:
            self.lead.append(trouble[1] - trouble[0])
        self._in_week(trouble[0], "fires" if len(trouble) > 1 else "caught")

    def _fired(self, at: float, _who: str, alert: str) -> None:
        self.fired[alert] += 1
        self._firing[alert] = _Firing(at)

    def _resolved(self, at: float, _who: str, alert: str) -> None:
        firing = self._firing.pop(alert, None)
        if firing is None:
            return
        self.to_resolve.append(at - firing.at)
        self.over[alert] += 1
        self.idle[alert] += not (firing.acked or firing.acted)
        self.acks += firing.acked
        self.acks_idle += firing.acked and not firing.acted

    def _paged(self, at: float, who: str, alert: str) -> None:
        self._in_week(at, "pages")
        name, clock = self._person(who)
        self.called[name, "pages"] += 1
        self.called[name, "out_of_hours"] += clock(at)[0]
        self._call(at, who, alert)

    def _acked(self, at: float, who: str, alert: str) -> None:
        firing = self._firing.get(alert)
        if firing is not None and not firing.acked:
            firing.acked = True
            self.to_ack.append(at - firing.at)
        self._call(at, who, alert)

    def _acted(self, _at: float, _who: str, alert: str) -> None:
        firing = self._firing.get(alert)
        if firing is not None:
            firing.acted = True

    def _call(self, at: float, who: str, alert: str) -> None:
        trouble = self._trouble.get(alert)
        if trouble is not None and len(trouble) == 1:
            trouble.append(at)
        name, clock = self._person(who)
        self.names.add(name)
        before = self._latest.get(name)
        self._latest[name] = at
        if (before is None or at - before > AT_ONCE.total_seconds()) and clock(at)[1]:
            self.called[name, "woken"] += 1
            self._in_week(at, "woken")


def _monday(quarter: int, clock: tzinfo | None) -> date:
    day = datetime.fromtimestamp(quarter * 900, UTC).astimezone(clock).date()
    return day - timedelta(days=day.weekday())


def _clocked(who: str, people: Sequence[Person], stranger: Person) -> tuple[str, Callable[[float], tuple[bool, bool]]]:
    """Somebody's name, and whether a moment is out of hours, and in the night, for them."""
    known = known_as(people, who)
    person = known or stranger
    clock, (start, end) = zone(person.timezone), person.night

    def at(moment: float) -> tuple[bool, bool]:
        there = datetime.fromtimestamp(moment, UTC).astimezone(clock)
        now, day = there.time(), there.date()
        works = WORKDAY[0] <= now < WORKDAY[1] and day.weekday() < 5 and not person.holidays.has(day)
        return not works, (start <= now < end if start <= end else now >= start or now < end)

    return known.name if known is not None else who, at


def fires(
    facts: Iterable[Fact],
    people: Sequence[Person],
    stranger: Person,
    traps: Collection[str],
    since: datetime,
    until: datetime,
    clock: tzinfo | None,
) -> Fires:
    """What the facts between two moments (UTC), in whatever order, come to. ``traps`` are those that could have tripped, ``clock``
    that of whoever reads it (``None``: this machine's). Who is none of ``people`` lives as ``stranger`` does. A trouble that began
    before ``since`` is in no figure but those of its calls. Raises ``ValueError`` where a zone does not exist."""
    sums = _Reckoning(people, stranger, clock)
    by_kind = sums.by_kind
    for at, kind, who, subject in sorted(facts, key=itemgetter(0)):
        by_kind[kind](at, who, subject)
    noisy = (Noise(alert, many, sums.over[alert], sums.idle[alert]) for alert, many in sums.fired.items())
    called = (Called(name, *(sums.called[name, what] for what in ("pages", "out_of_hours", "woken"))) for name in sums.names)
    return Fires(
        weeks=tuple(_weeks(sums.weeks, since, until, clock)), waiting=sums.waiting, lead=spread(sums.lead),
        to_ack=spread(sums.to_ack), to_resolve=spread(sums.to_resolve),
        people=tuple(sorted(called, key=lambda each: (-each.woken, -each.pages, each.name))),
        noisy=tuple(sorted(noisy, key=lambda each: (-each.fired, -each.idle, each.alert))),
        acks=sums.acks, acks_idle=sums.acks_idle,
        silent=tuple(sorted(set(traps) - sums.tripped.keys())),
        wolves=tuple(sorted(trap for trap, many in sums.tripped.items() if many >= CRIES and _cries(sums, trap))),
    )  # fmt: skip


def _cries(sums: _Reckoning, trap: str) -> bool:
    return sums.over[trap] >= CRIES and sums.idle[trap] >= WOLF * sums.over[trap]


def _weeks(counts: Counter[tuple[date, str]], since: datetime, until: datetime, clock: tzinfo | None) -> Iterable[Week]:
    start, last = (_monday(int(each.timestamp() // 900), clock) for each in (since, until - timedelta(seconds=1)))
    while start <= last:
        yield Week(start, *(counts[start, what] for what in ("fires", "caught", "pages", "woken")))
        start += timedelta(weeks=1)
