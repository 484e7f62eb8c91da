"""Is it getting easier: fires against what a trap caught, whom it called and when, how fast it was over, what only makes noise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from math import ceil

import msgspec

from .loads import AT_ONCE
from .report_story import Story
from .report_trend import LEAST, Trend, Verdict, trend
from .roster import Person, known_as, zone

Fact = tuple[float, str, str, str]
"""When (seconds since the epoch), which of `KINDS`, who ("" for nobody), and the alert or trap ("": none of this machine's)."""
KINDS = (
    "trap.warning", "trap.armed", "alert.fired", "alert.resolved", "page.sent", "alert.acked", "alert.noted",
    "run.started",
)  # fmt: skip
"""What is reckoned with, as the journal has it. That a trap tripped is told by its alert. Of pages those that called somebody, of
runs those that acknowledged elsewhere. That something was run for an alert counts as if it was noted. A page to nobody by name went
to a system that calls people by rules of its own."""

Spans = Sequence[tuple[float, float]]
"""From when until when (seconds since the epoch; infinity: it goes on)."""

WORKDAY = time(9), time(18)
"""From and until when people work, Monday to Friday, on their own clock; the rest, and their holidays, is out of hours."""
CRIES, WOLF = 3, 0.8
"""A trap that tripped so often, and of whose alerts so large a share needed nobody, cries wolf."""
FIRES = (
    "A fire: a trap warned or tripped, and before it was armed again somebody was paged for it, or users were hurt (an incident "
    "says so); caught: neither, whoever took it unasked. Lead time: from the trap's first word to that page or harm. Easier or "
    "harder is said where chance would show so much of a trend less than once in twenty times (Mann-Kendall test, whole weeks). "
    "Woken: paged or acknowledging in their own night, within 15 minutes once. Out of hours: not Monday to Friday 09:00–18:00 on "
    "their own clock, or on their holiday. No action: nobody acknowledged it, ran or noted anything for it."
)
"""What the figures mean, for people."""


class Spread(msgspec.Struct, frozen=True):
    """How long something took, in seconds, over so many ``times``: half of them no longer than ``median``, nine of ten no longer
    than ``p90`` (nearest rank); ``None`` where it was never."""

    times: int
    median: float | None
    p90: float | None


class Week(msgspec.Struct, frozen=True):
    """A week from Monday ``start`` on, on the clock of whoever reads it. Not ``whole``: the time that is reported begins or ends in
    it. Not ``known``: the journal has nothing of it, neither an event nor a look at a trap."""

    start: date
    fires: int = 0
    caught: int = 0
    pages: int = 0
    woken: int = 0
    whole: bool = True
    known: bool = True

    @property
    def burden(self) -> int:
        """What it cost people: fires and broken nights."""
        return self.fires + self.woken


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
    """Everything. ``waiting`` are troubles of laid traps, which go on and are no fires so far. ``burnt`` has, by trap, when
    each of its fires began (seconds since the epoch), ``caught`` how often it caught what became none. ``acks_idle`` of ``acks``
    acknowledged alerts that are over had nothing run or noted for them. ``silent`` are laid traps that did not trip, ``wolves``
    those that cry wolf (see `WOLF`): what is laid no more is nothing to mend."""

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
    burnt: Mapping[str, tuple[float, ...]] = {}
    caught: Mapping[str, int] = {}

    @property
    def burdens(self) -> tuple[int, ...]:
        """Fires and broken nights of each whole week of which anything is known, oldest first."""
        return tuple(each.burden for each in self.weeks if each.whole and each.known)

    @property
    def trend(self) -> Trend:
        """Whether it is getting easier, by `burdens`."""
        return trend(self.burdens, [number for number, each in enumerate(self.weeks) if each.whole and each.known])

    @property
    def too_short(self) -> bool:
        """Whether no trend can be told because the time that was asked for is too short: a longer one could show it."""
        return self.trend.verdict is Verdict.UNKNOWN and len(self.weeks) <= LEAST + 1


def spread(seconds: Sequence[float]) -> Spread:
    """Of all these."""
    ranked = sorted(seconds)
    if not ranked:
        return Spread(0, None, None)
    return Spread(len(ranked), ranked[ceil(len(ranked) * 0.5) - 1], ranked[ceil(len(ranked) * 0.9) - 1])


class _Reckoning:
    """What is gathered while the facts go by in their order."""

    def __init__(self, people: Sequence[Person], stranger: Person, clock: tzinfo | None, harm: Mapping[str, Spans]) -> None:
        self._harm = harm
        self._week = cache(lambda day: _monday(day, clock))
        self._person = cache(lambda who: _clocked(who, people, stranger))
        self._latest: dict[str, float] = {}
        self.stories: dict[str, Story] = {}
        self.weeks: Counter[tuple[date, str]] = Counter()
        self.called: Counter[tuple[str, str]] = Counter()
        self.names: set[str] = set()
        self.lead, self.to_ack, self.to_resolve = list[float](), list[float](), list[float]()
        self.acks = self.acks_idle = 0

    def reckon(self, facts: Iterable[Fact]) -> None:
        """All of them. What there is most of is done here, without a call for each."""
        stories, further = self.stories, {"page.sent": self._paged, "alert.acked": self._acked, "run.started": self._acked}
        for at, kind, who, subject in facts:
            story = stories.get(subject)
            if story is None:
                story = stories[subject] = Story(subject)
            if kind == "alert.fired":
                story.fired += 1
                story.since, story.acked, story.acted = at, False, False
                if story.trouble is None and story.of_trap:
                    story.begins(at)
            elif kind == "alert.resolved":
                if story.since is not None:
                    self._resolved(at, story)
            elif kind == "trap.armed":
                if story.trouble is not None:
                    self._armed(at, story)
            elif kind == "trap.warning":
                if story.trouble is None:
                    story.begins(at)
            elif kind == "alert.noted":
                story.acted = True
            else:
                further[kind](at, who, story)

    def _in_week(self, at: float, what: str) -> None:
        self.weeks[self._week(int(at // 900)), what] += 1  # every zone's days begin on a quarter of an hour

    def hurts(self, until: float, story: Story) -> None:
        """A trouble whose users were hurt before ``until`` is a fire from then on."""
        if (trouble := story.trouble) is None or story.called:
            return
        hurt = [max(begun, trouble) for begun, over in self._harm.get(story.name, ()) if begun < until and over > trouble]
        if hurt:
            self._burns(min(hurt), story)

    def _burns(self, at: float, story: Story) -> None:
        if story.trouble is not None and not story.called:
            story.called = True
            story.burnt.append(story.trouble)
            self.lead.append(at - story.trouble)
            self._in_week(story.trouble, "fires")

    def _armed(self, at: float, story: Story) -> None:
        self.hurts(at, story)
        if not story.called and story.trouble is not None:
            story.caught += 1
            self._in_week(story.trouble, "caught")
        story.trouble = None

    def _resolved(self, at: float, story: Story) -> None:
        self.to_resolve.append(at - (story.since or at))
        story.since = None
        story.over += 1
        story.idle += not (story.acked or story.acted)
        self.acks += story.acked
        self.acks_idle += story.acked and not story.acted

    def _paged(self, at: float, who: str, story: Story) -> None:
        if not who:
            story.routed = True
            return
        self._in_week(at, "pages")
        name, clock = self._person(who)
        self.called[name, "pages"] += 1
        self.called[name, "out_of_hours"] += clock(at)[0]
        self.hurts(at, story)
        self._burns(at, story)
        self._disturb(at, who)

    def _acked(self, at: float, who: str, story: Story) -> None:
        if story.since is not None and not story.acked:
            story.acked = True
            self.to_ack.append(at - story.since)
        if story.routed:
            self.hurts(at, story)
            self._burns(at, story)
        self._disturb(at, who)

    def _disturb(self, at: float, who: str) -> None:
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
    begun: datetime | None = None,
    dark: Collection[date] = (),
    harm: Mapping[str, Spans] = {},
) -> Fires:
    """What the facts between two moments (UTC), the oldest first, come to; none of them is kept. ``traps`` are those that could
    have tripped, ``clock`` that of whoever reads it (``None``: this machine's). Who is none of ``people`` lives as ``stranger``
    does. A trouble that began before ``since`` is in no figure but those of its calls. The journal has ``begun`` then (``None``:
    before), and ``dark`` are the Mondays of weeks of which nothing is known, see `weeks`;
    ``harm`` is when users were hurt, by the alerts of this machine whose incidents say so. Raises ``ValueError`` where a zone does
    not exist."""
    sums = _Reckoning(people, stranger, clock, harm)
    sums.reckon(facts)
    told = sums.stories
    for story in told.values():
        sums.hurts(until.timestamp(), story)
    noisy = (Noise(alert, each.fired, each.over, each.idle) for alert, each in told.items() if each.fired)
    called = (Called(name, *(sums.called[name, what] for what in ("pages", "out_of_hours", "woken"))) for name in sums.names)
    return Fires(
        weeks=tuple(_counted(sums.weeks, max(since, begun or since), since, until, clock, dark)),
        waiting=sum(told[name].trouble is not None and not told[name].called for name in told.keys() & set(traps)),
        lead=spread(sums.lead),
        to_ack=spread(sums.to_ack), to_resolve=spread(sums.to_resolve),
        people=tuple(sorted(called, key=lambda each: (-each.woken, -each.pages, each.name))),
        noisy=tuple(sorted(noisy, key=lambda each: (-each.fired, -each.idle, each.alert))),
        acks=sums.acks, acks_idle=sums.acks_idle,
        silent=tuple(sorted(set(traps) - {name for name, each in told.items() if each.fired})),
        wolves=tuple(sorted(name for name in told.keys() & set(traps) if _cries(told[name]))),
        burnt={name: tuple(each.burnt) for name, each in told.items() if each.burnt},
        caught={name: each.caught for name, each in told.items() if each.caught},
    )  # fmt: skip


def _cries(story: Story) -> bool:
    return story.over >= CRIES and story.idle >= WOLF * story.over


def weeks(since: datetime, until: datetime, clock: tzinfo | None) -> Iterator[tuple[date, datetime, datetime]]:
    """The weeks between two moments (UTC): the Monday on ``clock``, and from when until when (UTC) they last by it."""
    start, last = (_monday(int(each.timestamp() // 900), clock) for each in (since, until - timedelta(seconds=1)))
    while start <= last:
        after = start + timedelta(weeks=1)
        yield start, _midnight(start, clock), _midnight(after, clock)
        start = after


def _counted(
    counts: Counter[tuple[date, str]],
    first: datetime,
    since: datetime,
    until: datetime,
    clock: tzinfo | None,
    dark: Collection[date],
) -> Iterator[Week]:
    for start, begins, ends in weeks(since, until, clock):
        fires, caught, pages, woken = (counts[start, what] for what in ("fires", "caught", "pages", "woken"))
        yield Week(start, fires, caught, pages, woken, whole=first <= begins and ends <= until, known=start not in dark)


def _midnight(day: date, clock: tzinfo | None) -> datetime:
    """When a day begins (UTC)."""
    there = datetime.combine(day, time())
    return (there.replace(tzinfo=clock) if clock is not None else there).astimezone(UTC)
