"""Who is on call by a roster's layers and overrides: laid over each other in UTC, the strongest first.

Each claim (an override, a layer) says whose a moment is, and between which moments around it that does not change. From these the
shifts follow; nothing is stepped through minute by minute, and a layer that began ten years ago costs no more than a new one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from .alerts import LOCAL
from .holidays import Holidays
from .roster import Away, Gap, Layer, OnCall, Override, Person, Roster, Shift, zone
from .turns import instant, turn_at, turn_begins
from .windows import always, open_at

LOOKED_AHEAD = timedelta(days=14)
"""How far ahead the next gap is looked for."""
_TICK = timedelta(microseconds=1)
_JOINED = 1000  # stretches of one person that are joined at most: a shift of more has no beginning, or no end (a week's window in a
# layer above another of the same person alone makes two a week)
_LAST = datetime(2200, 1, 1, tzinfo=UTC)  # no shift is looked for later: no time zone database knows anything of that time

Absences = Mapping[str, Sequence[tuple[datetime, datetime]]]


class _Stretch(msgspec.Struct, frozen=True):
    """``person`` has it from ``start`` to ``end`` (``None`` = without a beginning, an end); "" is nobody."""

    person: str
    start: datetime | None
    end: datetime | None
    override: bool = False

    def within(self, start: datetime | None, end: datetime | None) -> _Stretch:
        """As much of it as lies between these."""
        return _Stretch(self.person, _last(self.start, start), _first(self.end, end), self.override)


def _first(*ends: datetime | None) -> datetime | None:
    return min((end for end in ends if end is not None), default=None)


def _last(*starts: datetime | None) -> datetime | None:
    return max((start for start in starts if start is not None), default=None)


class _Held:
    """An override, in UTC."""

    def __init__(self, override: Override, clock: ZoneInfo) -> None:
        self.person = override.person
        self.start, self.end = instant(override.start, clock), instant(override.end, clock)

    def at(self, at: datetime) -> _Stretch:
        """Whose ``at`` is by this alone."""
        if at < self.start:
            return _Stretch("", None, self.start)
        if at >= self.end:
            return _Stretch("", self.end, None)
        return _Stretch(self.person, self.start, self.end, override=True)


class _Layer:
    """A layer, in UTC. ``away`` are the absences of those it skips; none where a roster only shows them."""

    def __init__(self, layer: Layer, clock: ZoneInfo, holidays: Holidays, away: Absences) -> None:
        self._layer, self._clock, self._holidays = layer, clock, holidays
        self.start = instant(layer.start, clock)
        self.end = None if layer.end is None else instant(layer.end, clock)
        self._only = () if always(layer.only) else layer.only
        self._away = {person: away[person] for person in layer.people if away.get(person)}

    def at(self, at: datetime) -> _Stretch:
        """Whose ``at`` is by this alone."""
        if at < self.start:
            return _Stretch("", None, self.start)
        if self.end is not None and at >= self.end:
            return _Stretch("", self.end, None)
        whole = _Stretch("", self.start, self.end)
        if self._away and (nobody := self._all_away(at)) is not None:
            return nobody.within(whole.start, whole.end)
        window = self._window(at)
        if not window.person:
            return window.within(whole.start, whole.end)
        return self._turn(at).within(window.start, window.end).within(whole.start, whole.end)

    def lasts(self, at: datetime) -> bool:
        """Whether from ``at`` on it has somebody at every moment, for ever."""
        return self.start <= at and self.end is None and not self._only and not self._away

    def _window(self, at: datetime) -> _Stretch:
        """Open (a person of any name) or closed (nobody), by the windows."""
        start: datetime | None = None
        end: datetime | None = None
        for each in self._only:
            is_open, begins, ends = open_at(each, at, self._clock, self._holidays)
            if is_open:
                return _Stretch("open", begins, ends)
            start, end = _last(start, begins), _first(end, ends)
        return _Stretch("" if self._only else "open", start, end)

    def _turn(self, at: datetime) -> _Stretch:
        layer, people = self._layer, self._layer.people
        if len(set(people)) == 1:
            number, begins, ends = 0, None, None
        else:
            number = turn_at(layer.start, layer.turn, at, self._clock)
            begins = turn_begins(layer.start, layer.turn, number, self._clock)
            ends = turn_begins(layer.start, layer.turn, number + 1, self._clock)
        for step in range(len(people)):
            person = people[(number + step) % len(people)]
            is_away, start, end = _away_at(self._away.get(person, ()), at)
            begins, ends = _last(begins, start), _first(ends, end)
            if not is_away:
                return _Stretch(person, begins, ends)
        return _Stretch("", begins, ends)

    def _all_away(self, at: datetime) -> _Stretch | None:
        """Everyone of the layer is away: nobody has it, whatever windows and turns say."""
        start: datetime | None = None
        end: datetime | None = None
        for person in set(self._layer.people):
            is_away, begins, ends = _away_at(self._away.get(person, ()), at)
            if not is_away:
                return None
            start, end = _last(start, begins), _first(end, ends)
        return _Stretch("", start, end)


def _away_at(spans: Sequence[tuple[datetime, datetime]], at: datetime) -> tuple[bool, datetime | None, datetime | None]:
    """Whether one of these is going on, and between which moments that does not change."""
    start: datetime | None = None
    end: datetime | None = None
    for begins, ends in spans:
        if begins <= at < ends:
            return True, begins, ends
        if at < begins:
            end = _first(end, begins)
        else:
            start = _last(start, ends)
    return False, start, end


def absences(people: Sequence[Person]) -> dict[str, list[tuple[datetime, datetime]]]:
    """When each of them is away, in UTC, by id. Raises ``ValueError`` where somebody's zone does not exist."""
    found = {person.id: [(instant(a.start, zone(person.timezone)), instant(a.end, zone(person.timezone))) for a in person.away]
             for person in people if person.away}  # fmt: skip
    return {person: sorted((start, end) for start, end in spans if start < end) for person, spans in found.items()}


class Rotation:
    """A roster laid out. Raises ``ValueError`` where a zone does not exist."""

    def __init__(self, roster: Roster, people: Sequence[Person], source: str = LOCAL) -> None:
        self.roster, self.source = roster, source
        self._people = {person.id: person for person in reversed(people)}
        clock = zone(roster.timezone)
        away = absences(people) if roster.away is Away.SKIP else {}
        held = [_Held(override, clock) for override in reversed(roster.overrides)]
        self._layers = [
            _Layer(layer, zone(layer.timezone) if layer.timezone else clock, roster.holidays, away)
            for layer in reversed(roster.layers)
            if layer.people
        ]
        every: tuple[_Held | _Layer, ...] = (*held, *self._layers)
        self._claims = [claim for claim in every if claim.end is None or claim.start < claim.end]

    def _stretch(self, at: datetime) -> _Stretch:
        """Whose it is at ``at``, until the next hand-over of any kind."""
        start: datetime | None = None
        end: datetime | None = None
        for claim in self._claims:
            held = claim.at(at).within(start, end)
            if held.person:
                return held
            start, end = held.start, held.end
        return _Stretch("", start, end)

    def whole(self, at: datetime) -> _Stretch:
        """As `_stretch`, with neighbours of the same person joined: from real beginning to real end."""
        joined = self._onwards(self._stretch(at))
        for _ in range(_JOINED):
            if joined.start is None or (before := self._stretch(joined.start - _TICK)).person != joined.person:
                return joined
            joined = msgspec.structs.replace(joined, start=before.start, override=joined.override or before.override)
        return msgspec.structs.replace(joined, start=None)

    def _onwards(self, joined: _Stretch) -> _Stretch:
        for _ in range(_JOINED):
            if joined.end is None or (after := self._stretch(joined.end)).person != joined.person:
                return joined
            joined = msgspec.structs.replace(joined, end=after.end, override=joined.override or after.override)
        return msgspec.structs.replace(joined, end=None)

    def after(self, held: _Stretch) -> _Stretch | None:
        """The next stretch with someone in it. It begins where ``held`` ends."""
        while held.end is not None and held.end < _LAST:
            held = self._onwards(msgspec.structs.replace(self._stretch(held.end), start=held.end))
            if held.person:
                return held
        return None

    def shift(self, held: _Stretch) -> Shift:
        """A stretch that somebody has, as a shift."""
        person = self._people.get(held.person)
        return Shift(
            roster=self.roster.name,
            level=self.roster.level,
            person=held.person,
            name=held.person if person is None else person.name,
            timezone=self.roster.timezone if person is None else person.timezone,
            start=held.start,
            end=held.end,
            source=self.source,
            override=held.override,
        )

    def shifts(self, since: datetime, until: datetime) -> Iterator[Shift]:
        """The shifts that touch [since, until), in order."""
        held: _Stretch | None = self.whole(since.astimezone(UTC))
        if held is not None and not held.person:
            held = self.after(held)
        while held is not None and (held.start is None or held.start < until):
            yield self.shift(held)
            held = self.after(held)

    def gap(self, held: _Stretch, until: datetime) -> Gap | None:
        """The first stretch from ``held`` on that nobody has, if it begins before ``until``; one that is going on counts."""
        while held.person:
            at = held.end
            if at is None or at >= until or any(layer.lasts(at) for layer in self._layers):
                return None
            held = self._stretch(at)
            held = held if held.person else self.whole(at)
        return Gap(roster=self.roster.name, level=self.roster.level, source=self.source, start=held.start, end=held.end)


def shifts(roster: Roster, people: Sequence[Person], start: datetime, end: datetime, source: str = LOCAL) -> tuple[Shift, ...]:
    """The final shifts that touch [start, end), in order, gaps left out. Shift ends are real ends, not clipped: what one person has
    without a break is one shift. Raises ``ValueError`` where a zone does not exist."""
    return tuple(Rotation(roster, people, source).shifts(start, end))


def on_call(roster: Roster, people: Sequence[Person], at: datetime, source: str = LOCAL) -> OnCall:
    """Who is on at ``at`` (aware), until when, who is next, and the next gap within `LOOKED_AHEAD`. Someone who is not among
    ``people`` is named by their id, with a remark; so is who is on although they are away. Raises ``ValueError`` where a zone does
    not exist."""
    rotation, now = Rotation(roster, people, source), at.astimezone(UTC)
    held = rotation.whole(now)
    after = rotation.after(held)
    known = {person.id for person in people}
    strangers = [one.person for one in (held, after) if one is not None and one.person and one.person not in known]
    remarks = [f"{person} is not among [people]" for person in dict.fromkeys(strangers)]
    remarks += [f"{person.name} is on call and away" + (f": {why}" if why else "") for person, why in _clashing(held, people, now)]
    return OnCall(
        roster=roster.name,
        level=roster.level,
        source=source,
        now=rotation.shift(held) if held.person else None,
        next=None if after is None else rotation.shift(after),
        gap=rotation.gap(held, now + LOOKED_AHEAD) if roster.always else None,
        always=roster.always,
        remark=" and ".join(remarks),
    )


def _clashing(held: _Stretch, people: Sequence[Person], now: datetime) -> Iterator[tuple[Person, str]]:
    for person in people:
        if person.id == held.person:
            clock = zone(person.timezone)
            for absence in person.away:
                if instant(absence.start, clock) <= now < instant(absence.end, clock):
                    yield person, absence.why
                    return


def alone(person: Person, source: str = LOCAL) -> OnCall:
    """With no roster configured, the person at the keyboard is on call alone, without end."""
    now = Shift(
        roster="primary", level=1, person=person.id, name=person.name, timezone=person.timezone, start=None, end=None, source=source
    )
    remark = "alone on call: add others with [people] and [rosters]"
    return OnCall(roster="primary", level=1, source=source, now=now, next=None, remark=remark, assumed=True)
