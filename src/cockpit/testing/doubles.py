"""The cockpit that a provider or a probe lives in, for tests: a host with a clock, and a machine that keeps all in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ..core.alerts import LOCAL, Alert, Ref, Remark, Silence
from ..core.covers import Cover
from ..core.marks import AckMark, Marks
from ..core.paged import Paged
from ..core.pages import ChannelHealth
from ..core.roster import Override, Person, Roster
from ..core.trap_steps import step
from ..core.traps import Armed, Rested, Trap, Watch
from ..provider import Clock, Conflict, Http, HttpSettings, Machine, NotFound
from ..web import connect
from .clock import FakeClock


class FakeMachine:
    """`provider.Machine` in memory. Put traps, rosters, people and what is known of the traps into its attributes."""

    def __init__(self, host: str = "web-3", me: Person | None = None) -> None:
        self._host = host
        self._me = me or Person(id="ana", name="Ana", timezone="America/Sao_Paulo")
        self.traps: Sequence[Trap] = ()
        self.rosters: Sequence[Roster] = ()
        self.people: Sequence[Person] = (self._me,)
        self.known: dict[str, Watch] = {}
        self.beats: dict[str, datetime] = {}
        self.health: Sequence[ChannelHealth] = ()
        self.pages: dict[str, tuple[Paged, ...]] = {}
        self.addresses: dict[str, str] = {}
        self._acks: dict[str, AckMark] = {}
        self._silences: dict[str, Silence] = {}
        self._ended: set[str] = set()
        self._notes: dict[str, tuple[Remark, ...]] = {}

    @property
    def host(self) -> str:
        """This machine's name."""
        return self._host

    @property
    def me(self) -> Person:
        """The person at the keyboard."""
        return self._me

    def address(self, source: str) -> str:
        """What ``me`` said that they are called there; put it into `addresses`."""
        return self.addresses.get(source, "")

    def watches(self) -> Mapping[str, Watch]:
        """What is known of every trap."""
        return dict(self.known)

    def marks(self) -> Marks:
        """What people have put on the alerts."""
        stand = [each for id, each in self._silences.items() if id not in self._ended]
        ended = [each for id, each in self._silences.items() if id in self._ended]
        return Marks(dict(self._acks), tuple(stand), dict(self._notes), tuple(ended))

    def ack(self, alert_id: str, firing: int, who: str, note: str, at: datetime) -> None:
        """Raises `Conflict` if somebody else has this firing."""
        held = self._acks.get(alert_id)
        if held is not None and held.firing == firing and held.who != who:
            raise Conflict(f"{held.who} has it already")
        self._acks[alert_id] = AckMark(alert_id, firing, who, at, note)

    def unack(self, alert_id: str, who: str, at: datetime) -> None:  # noqa: ARG002  # the protocol's
        """Raises `NotFound` if nobody has it."""
        if self._acks.pop(alert_id, None) is None:
            raise NotFound(f"nobody has acknowledged {alert_id}")

    def silence(
        self, match: str, starts_at: datetime, ends_at: datetime, who: str, comment: str, until_resolved: bool = False
    ) -> str:
        """Gives the id."""
        silence_id = f"silence-{len(self._silences) + 1}"
        self._silences[silence_id] = Silence(
            ref=Ref(LOCAL, silence_id),
            match=match,
            starts_at=starts_at,
            ends_at=ends_at,
            who=who,
            comment=comment,
            until_resolved=until_resolved,
        )
        return silence_id

    def change_silence(
        self, silence_id: str, match: str, ends_at: datetime, who: str, comment: str, until_resolved: bool, at: datetime
    ) -> None:
        """Raises `NotFound` if there is none, or if it has ended."""
        before = self._silences.get(silence_id)
        if before is None or before.ends_at <= at:
            raise NotFound(f"there is no silence {silence_id} that has not ended")
        self._silences[silence_id] = msgspec.structs.replace(
            before, match=match, ends_at=ends_at, who=who, comment=comment, until_resolved=until_resolved
        )

    def unsilence(self, silence_id: str, who: str, at: datetime) -> None:  # noqa: ARG002  # the protocol's
        """Raises `NotFound`."""
        if silence_id not in self._silences or silence_id in self._ended:
            raise NotFound(f"there is no silence {silence_id}")
        self._ended.add(silence_id)
        self._silences[silence_id] = msgspec.structs.replace(self._silences[silence_id], ends_at=at)

    def note(self, alert_id: str, who: str, text: str, at: datetime) -> None:
        """Leave a remark."""
        self._notes[alert_id] = (*self._notes.get(alert_id, ()), Remark(at, who, text))

    def disarm(self, trap: str, who: str, why: str, until: datetime, at: datetime) -> None:
        """Rest a trap. Raises `NotFound`."""
        self._step(trap, Rested(at, who, why, until))

    def arm(self, trap: str, who: str, at: datetime) -> None:
        """End a trap's rest. Raises `NotFound`."""
        self._step(trap, Armed(at, who))

    def channels(self) -> Sequence[ChannelHealth]:
        """How the ways to tell people did: `health`."""
        return tuple(self.health)

    def paged(self, alerts: Sequence[tuple[Alert, int]]) -> Mapping[str, tuple[Paged, ...]]:
        """Who was told: `pages`, by alert id."""
        return {alert.ref.id: self.pages[alert.ref.id] for alert, _ in alerts if alert.ref.id in self.pages}

    def override(self, roster: str, covers: Sequence[Cover], who: str, why: str, at: datetime) -> Sequence[str]:  # noqa: ARG002  # the protocol's
        """Put people on call. Gives an id for each. Raises `NotFound`."""
        found = next((each for each in self.rosters if each.name == roster), None)
        if found is None:
            raise NotFound(f"there is no roster {roster}")
        ids = [f"o{len(found.overrides) + number}" for number, _ in enumerate(covers, 1)]
        made = (
            Override(person=cover.person, start=cover.start, end=cover.end, why=why, id=each, by=who)
            for each, cover in zip(ids, covers, strict=True)
        )
        self._override(found, (*found.overrides, *made))
        return ids

    def end_override(self, override_id: str, who: str, at: datetime) -> None:  # noqa: ARG002  # the protocol's
        """Raises `NotFound`."""
        for roster in self.rosters:
            if any(each.id == override_id for each in roster.overrides):
                self._override(roster, tuple(each for each in roster.overrides if each.id != override_id))
                return
        raise NotFound(f"there is no override {override_id}")

    def _override(self, roster: Roster, overrides: Sequence[Override]) -> None:
        changed = msgspec.structs.replace(roster, overrides=tuple(overrides))
        self.rosters = tuple(changed if each is roster else each for each in self.rosters)

    def beat(self, name: str) -> datetime | None:
        """When the heartbeat was last told."""
        return self.beats.get(name)

    def _step(self, name: str, event: Rested | Armed) -> None:
        trap = next((each for each in self.traps if each.name == name), None)
        if trap is None:
            raise NotFound(f"there is no trap {name}")
        self.known[name] = step(trap, self.known.get(name, Watch()), event)


class FakeHost(msgspec.Struct, frozen=True):
    """`provider.Host` for tests."""

    clock: Clock = msgspec.field(default_factory=FakeClock)
    machine: Machine = msgspec.field(default_factory=FakeMachine)

    def http(self, url: str, settings: HttpSettings, speaks: str = "") -> Http:
        """Real HTTP, as the cockpit gives it."""
        return connect(url, settings, self.clock, speaks)
