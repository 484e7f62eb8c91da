"""``local``: this machine itself as a source. Its alerts are those of the traps; acks, silences and notes lie in the journal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from ..core.alerts import Alert, Ref, Silence, SilenceState
from ..core.covers import Cover, Standing, covers_problem
from ..core.filters import FilterError, parse
from ..core.marks import Numbered, channel_of, local_alerts, trap_of
from ..core.roster import OnCall, Shift
from ..core.rotation import alone, on_call, shifts
from ..core.silences import takes_everything
from ..core.standings import standings
from ..core.text import clean, clean_block
from ..core.traps import Trap, TrapView, Watch, as_told, rest_problem
from ..core.units import say_seconds
from ..provider import Answer, Conflict, Host, NotFound, ProviderError

LONGEST_SILENCE = timedelta(days=30)
"""A silence nobody remembers hides the next fire."""

NOTE_LIMIT = 4000
"""Characters of one note."""


class LocalConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """There is nothing to set: traps, rosters and people have tables of their own in the config."""


class Local:
    """This machine. It reads what the keeper journalled, so that every process sees the same; the journal may block, so all of it
    is done in threads."""

    Config: ClassVar[type[msgspec.Struct]] = LocalConfig

    def __init__(self, name: str, config: LocalConfig, host: Host) -> None:  # noqa: ARG002  # every provider is made so; it has nothing to set
        self._name = name
        self._clock = host.clock
        self._machine = host.machine

    async def alerts(self) -> Answer[Alert]:
        """One for each trap that has tripped, one for each that has been blind for too long."""
        return Answer(await asyncio.to_thread(self._shown))

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        """Someone has these alerts, as they fire now. Raises `NotFound` (then none is acknowledged) or `Conflict` (then the others
        are)."""
        await asyncio.to_thread(self._ack, ids, clean(who, 200), clean(note))

    async def unack(self, ids: Sequence[str], who: str) -> None:
        """Take it back. Raises `NotFound` for those that nobody has."""
        await asyncio.to_thread(self._unack, ids, clean(who, 200))

    async def silences(self) -> Answer[Silence]:
        """Those that run, those that will, and those that have ended lately."""
        marks = await asyncio.to_thread(self._machine.marks)
        now = self._clock.now()
        return Answer(tuple(self._standing(each, now) for each in (*marks.silences, *marks.ended)))

    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        """Why such a silence would not be taken: no matcher, one that cannot be read, an end past or too far off."""
        now = self._clock.now()
        return _silence_problem(match, now, ends_at or now + LONGEST_SILENCE) or ""

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        """Hush what matches, from now until ``ends_at`` (UTC), 30 days at most. Raises `ProviderError` with what is wrong."""
        now = self._clock.now()
        self._check(match, now, ends_at)
        return await asyncio.to_thread(self._machine.silence, match, now, ends_at, clean(who, 200), clean(comment))

    async def silence_until_resolved(self, match: str, who: str, comment: str) -> str:
        """Hush what matches until nothing of it fires any more; after 30 days it ends all the same."""
        now = self._clock.now()
        ends_at = now + LONGEST_SILENCE
        self._check(match, now, ends_at)
        return await asyncio.to_thread(self._machine.silence, match, now, ends_at, clean(who, 200), clean(comment), True)

    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        """Change one that stands; one that has ended lately is made anew. Raises `NotFound`, or `ProviderError` with what is
        wrong."""
        now, lasting = self._clock.now(), ends_at is None
        until = ends_at if ends_at is not None else now + LONGEST_SILENCE
        self._check(match, now, until)
        who, comment = clean(who, 200), clean(comment)
        marks = await asyncio.to_thread(self._machine.marks)
        if any(each.ref.id == silence_id for each in marks.ended):
            return await asyncio.to_thread(self._machine.silence, match, now, until, who, comment, lasting)
        await asyncio.to_thread(self._machine.change_silence, silence_id, match, until, who, comment, lasting, now)
        return silence_id

    async def upkeep(self) -> Sequence[str]:
        """End the silences "until resolved" of which nothing fires any more."""
        return await asyncio.to_thread(self._end_resolved)

    async def unsilence(self, silence_id: str, who: str) -> None:
        """End it now. Raises `NotFound`."""
        await asyncio.to_thread(self._machine.unsilence, silence_id, clean(who, 200), self._clock.now())

    async def note(self, alert_id: str, who: str, text: str) -> None:
        """Leave a remark, also on an alert that has just resolved. Raises `NotFound` where no such trap is configured."""
        if not channel_of(alert_id):
            self._trap(trap_of(alert_id))
        said = clean_block(text, NOTE_LIMIT).strip()
        if not said:
            raise ProviderError("an empty note says nothing")
        await asyncio.to_thread(self._machine.note, alert_id, clean(who, 200), said, self._clock.now())

    async def on_call(self, at: datetime) -> Answer[OnCall]:
        """Every roster of the config at ``at``, by level; with none, the person at the keyboard is on call alone."""
        rosters = sorted(self._machine.rosters, key=lambda roster: (roster.level, roster.name))
        if not rosters:
            return Answer((alone(self._machine.me, self._name),))
        people = self._machine.people
        return Answer(tuple(on_call(roster, people, at, self._name) for roster in rosters))

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]:
        """Every shift of the config's rosters that touches [since, until), by level."""
        rosters = sorted(self._machine.rosters, key=lambda roster: (roster.level, roster.name))
        if not rosters:
            only = alone(self._machine.me, self._name).now
            return Answer((only,) if only is not None else ())
        people = self._machine.people
        return Answer(tuple(shift for roster in rosters for shift in shifts(roster, people, since, until, self._name)))

    async def overrides(self) -> Answer[Standing]:
        """Those of the config that run or will: by hand, or as the cockpit wrote them."""
        machine, now = self._machine, self._clock.now()
        rosters, people = machine.rosters, machine.people
        return Answer(tuple(each for roster in rosters for each in standings(roster, people, now, self._name)))

    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]:
        """Put people on call, down in a drop-in of the config. Raises `NotFound`, or `ProviderError` with what is wrong."""
        now = self._clock.now()
        wrong = covers_problem(tuple(covers), now)
        if wrong:
            raise ProviderError(wrong)
        return await asyncio.to_thread(self._machine.override, roster, covers, clean(who, 200), clean(why), now)

    async def end_override(self, override_id: str, who: str) -> None:
        """End one now, or take it away before it begins. Raises `NotFound`, or `Forbidden` for one that was written by hand."""
        await asyncio.to_thread(self._machine.end_override, override_id, clean(who, 200), self._clock.now())

    async def traps(self) -> Answer[TrapView]:
        """Every trap of the config, as it must be read now."""
        watches = await asyncio.to_thread(self._machine.watches)
        now = self._clock.now()
        return Answer(tuple(as_told(self._name, trap, watches.get(trap.name, Watch()), now) for trap in self._machine.traps))

    async def disarm(self, trap: str, until: datetime, who: str, why: str) -> None:
        """Rest a trap until ``until`` (UTC), 30 days at most. Raises `NotFound`, or `ProviderError` with what is wrong."""
        self._trap(trap)
        now = self._clock.now()
        wrong = rest_problem(now, until, why)
        if wrong:
            raise ProviderError(wrong)
        await asyncio.to_thread(self._machine.disarm, trap, clean(who, 200), clean(why), until, now)

    async def arm(self, trap: str, who: str) -> None:
        """End its rest. Raises `NotFound`."""
        self._trap(trap)
        await asyncio.to_thread(self._machine.arm, trap, clean(who, 200), self._clock.now())

    def _check(self, match: str, now: datetime, ends_at: datetime) -> None:
        if wrong := _silence_problem(match, now, ends_at):
            raise ProviderError(wrong)

    def _standing(self, silence: Silence, now: datetime) -> Silence:
        state = (
            SilenceState.EXPIRED
            if silence.ends_at <= now
            else SilenceState.PENDING
            if silence.starts_at > now
            else SilenceState.ACTIVE
        )
        return msgspec.structs.replace(silence, ref=Ref(self._name, silence.ref.id), state=state)

    def _end_resolved(self) -> list[str]:
        lasting = [each for each in self._machine.marks().silences if each.until_resolved]
        if not lasting:
            return []
        hushed = {silence_id for alert, _ in self._alerts() for silence_id in alert.silences}
        done = []
        for each in lasting:
            if each.ref.id not in hushed:
                self._machine.unsilence(each.ref.id, each.who, self._clock.now())
                done.append(f"ended the silence until resolved of {each.who} for {each.match}: resolved")
        return done

    def _trap(self, name: str) -> Trap:
        found = next((trap for trap in self._machine.traps if trap.name == name), None)
        if found is None:
            raise NotFound(f"there is no trap {clean(name, 200)}")
        return found

    def _shown(self) -> tuple[Alert, ...]:
        """The alerts, with who was told of each."""
        found = self._alerts()
        paged = self._machine.paged(found)
        return tuple(
            msgspec.structs.replace(alert, pages=paged[alert.ref.id]) if paged.get(alert.ref.id) else alert for alert, _ in found
        )

    def _alerts(self) -> tuple[Numbered, ...]:
        machine, me = self._machine, self._machine.me
        names = (me.id, me.name, *me.also)
        watches, marks, channels = machine.watches(), machine.marks(), machine.channels()
        return local_alerts(
            self._name, machine.host, machine.traps, watches, marks, self._clock.now(), names, channels, machine.people
        )

    def _ack(self, ids: Sequence[str], who: str, note: str) -> None:
        there = {alert.ref.id: firing for alert, firing in self._alerts()}
        gone = [each for each in ids if each not in there]
        if gone:
            raise NotFound(f"not firing (any more): {', '.join(clean(each, 200) for each in gone)}")
        taken: list[str] = []
        for each in ids:
            try:
                self._machine.ack(each, there[each], who, note, self._clock.now())
            except Conflict as conflict:
                taken.append(str(conflict))
        if taken:
            raise Conflict("; ".join(taken))

    def _unack(self, ids: Sequence[str], who: str) -> None:
        missing: list[str] = []
        for each in ids:
            try:
                self._machine.unack(each, who, self._clock.now())
            except NotFound as error:
                missing.append(str(error))
        if missing:
            raise NotFound("; ".join(missing))


def _silence_problem(match: str, now: datetime, ends_at: datetime) -> str | None:
    try:
        rule = parse(match)
    except FilterError as error:
        return f"the matcher cannot be read, at column {error.column + 1}: {error}"
    if not rule.terms:
        return "a silence without a matcher would hush everything: say what it is for, like alertname=root-disk"
    if takes_everything(rule, now):
        return f"{match} would hush nearly everything: name what is to be silent, like alertname=root-disk"
    if clean(match) != match:
        return "the matcher holds characters that cannot be shown, or is too long"
    if ends_at <= now:
        return "the silence would end in the past"
    if ends_at - now > LONGEST_SILENCE:
        left = say_seconds(LONGEST_SILENCE.total_seconds())
        return f"a silence lasts {left} at most: whoever comes after must not inherit what nobody remembers"
    return None
