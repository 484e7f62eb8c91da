"""The demo's sources: providers that say what the story says, with what people did to it at this screen. None asks anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

import msgspec

from ..core.alerts import Alert, AlertState, Ref, Remark, Silence, SilenceState
from ..core.curves import Curve
from ..core.filters import FilterError, parse
from ..core.responses import Level
from ..core.story import Entry, Story
from ..core.text import clean
from ..core.traps import TrapView
from ..core.units import bound
from ..provider import Answer, Host, NotFound, ProviderError, Unreachable
from .scene import Scene
from .story.beats import told
from .story.curves import errors
from .story.night import BLIND, NIGHT, SILENCES, cured

_LASTING = timedelta(hours=24)


class ActorConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address that is never asked."""

    url: str = ""


class Actor:
    """What every source of the demo has: alerts, blindness, and acknowledgements that are remembered here."""

    Config: ClassVar[type[msgspec.Struct]] = ActorConfig

    def __init__(self, scene: Scene, name: str) -> None:
        self._scene, self._name = scene, name
        self._acks: dict[str, tuple[str, datetime, str] | None] = {}
        self._new = True

    def again(self) -> None:
        """Another engine looks: it does not know what was seen last."""
        self._new = True

    async def alerts(self) -> Answer[Alert]:
        """What the story has firing here, as people left it. Raises `Unreachable` while the story has it blind; an engine that
        begins then is told once what was seen last."""
        scene, at = self._scene, self._scene.at
        name, since, until, why = BLIND
        new, self._new = self._new, False
        if self._name == name and since <= at < until:
            if not new:
                raise Unreachable(why)
            at = since
        return Answer(tuple(self._left(alert) for alert in told(NIGHT, self._name, at, scene.cures, scene.base)))

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        """Somebody has them."""
        await self._there(ids)
        self._acks |= dict.fromkeys(ids, (clean(who, 200), self._scene.clock.now(), clean(note)))

    async def unack(self, ids: Sequence[str], who: str) -> None:  # noqa: ARG002 - the protocol's
        """Nobody has them any more."""
        await self._there(ids)
        self._acks |= dict.fromkeys(ids, None)

    def _left(self, alert: Alert) -> Alert:
        if alert.ref.id not in self._acks:
            return alert
        held = self._acks[alert.ref.id]
        who, at, note = held if held is not None else ("", None, "")
        state = AlertState.ACKNOWLEDGED if held is not None else AlertState.FIRING
        return msgspec.structs.replace(alert, state=state, acknowledged_by=who, acknowledged_at=at, acknowledged_why=note)

    async def _there(self, ids: Sequence[str]) -> None:
        known = {alert.ref.id for alert in (await self.alerts()).records}
        if gone := [each for each in ids if each not in known]:
            raise NotFound(f"not firing (any more): {', '.join(clean(each, 200) for each in gone)}")


class Alertmanager(Actor):
    """Alerts that can be acknowledged and silenced."""

    def __init__(self, scene: Scene, name: str) -> None:
        super().__init__(scene, name)
        self._silences = {
            f"s{number}": Silence(
                ref=Ref(name, f"s{number}"), match=match, starts_at=scene.moment(since), ends_at=scene.moment(until), who=who,
                comment=comment,
            )
            for number, (match, since, until, who, comment) in enumerate(SILENCES, 1)
        }  # fmt: skip

    async def silences(self) -> Answer[Silence]:
        """Those that stand, will, or have ended lately."""
        now = self._scene.clock.now()
        return Answer(tuple(msgspec.structs.replace(each, state=_state(each, now)) for each in self._silences.values()))

    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        """Why such a silence would not be taken."""
        try:
            rule = parse(match)
        except FilterError as error:
            return f"the matcher cannot be read, at column {error.column + 1}: {error}"
        if not rule.terms:
            return "an empty matcher would hush everything"
        return "the end lies in the past" if ends_at is not None and ends_at <= self._scene.clock.now() else ""

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        """Hush what matches."""
        return self._hush(f"s{len(self._silences) + 1}", match, ends_at, who, comment)

    async def silence_until_resolved(self, match: str, who: str, comment: str) -> str:
        """Hush what matches for a day at most."""
        return self._hush(f"s{len(self._silences) + 1}", match, None, who, comment)

    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        """Hush otherwise."""
        if silence_id not in self._silences:
            raise NotFound(f"there is no silence {clean(silence_id, 100)}")
        return self._hush(silence_id, match, ends_at, who, comment)

    async def unsilence(self, silence_id: str, who: str) -> None:  # noqa: ARG002 - the protocol's
        """End it now."""
        if silence_id not in self._silences:
            raise NotFound(f"there is no silence {clean(silence_id, 100)}")
        self._silences[silence_id] = msgspec.structs.replace(self._silences[silence_id], ends_at=self._scene.clock.now())

    def _hush(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        if problem := self.silence_problem(match, ends_at):
            raise ProviderError(problem)
        now = self._scene.clock.now()
        self._silences[silence_id] = Silence(
            ref=Ref(self._name, silence_id), match=match, starts_at=now, ends_at=ends_at or now + _LASTING, who=clean(who, 200),
            comment=clean(comment), until_resolved=ends_at is None,
        )  # fmt: skip
        return silence_id

    def _left(self, alert: Alert) -> Alert:
        left, now = super()._left(alert), self._scene.clock.now()
        by = [each for each in self._silences.values() if _state(each, now) is SilenceState.ACTIVE and _hushes(each, left, now)]
        if not by:
            return left
        last = max(by, key=lambda each: (each.until_resolved, each.ends_at))
        return msgspec.structs.replace(
            left,
            state=AlertState.SUPPRESSED,
            suppressed_by=f"silenced by {last.who}: {last.comment}",
            suppressed_until=None if last.until_resolved else last.ends_at,
            silences=tuple(each.ref.id for each in by),
        )


class Prometheus(Actor):
    """Alerts, and how what they are about went."""

    async def series(self, about: Alert | TrapView, since: datetime, until: datetime, points: int) -> Curve | None:
        """The error rate; nothing else is measured."""
        scene = self._scene
        if not isinstance(about, Alert) or about.name != "HighErrorRate":
            return None
        every = (until - since).total_seconds() / max(1, points)
        moments = [scene.second(since) + every * place for place in range(points + 1)]
        drawn = tuple((scene.moment(at).timestamp(), errors(at, cured(at, scene.by_hand))) for at in moments if at <= scene.at)
        return Curve(points=drawn, what="5xx of all requests to web-3", name="error_percent", bound=bound("error_percent > 10"))


class PagerDuty(Actor):
    """What people are paged through."""

    def __init__(self, scene: Scene, name: str) -> None:
        super().__init__(scene, name)
        self._over: set[str] = set()
        self._snoozed: dict[str, datetime] = {}
        self._notes: dict[str, tuple[Remark, ...]] = {}
        self._told: dict[str, tuple[Entry, ...]] = {}

    async def alerts(self) -> Answer[Alert]:
        """Those that nobody has called over."""
        return Answer(tuple(each for each in (await super().alerts()).records if each.ref.id not in self._over))

    async def resolve(self, ids: Sequence[str], who: str, note: str) -> None:
        """Call them over."""
        await self._there(ids)
        self._over |= set(ids)
        self._happened(ids, f"resolved by {who}" + (f": {note}" if note else ""), "resolved")

    async def snooze(self, ids: Sequence[str], ends_at: datetime, who: str) -> None:
        """Keep them quiet until then."""
        await self._there(ids)
        self._snoozed |= dict.fromkeys(ids, ends_at)
        self._happened(ids, f"snoozed by {who} until {ends_at:%H:%M} UTC", "moved")

    async def levels(self, alert_id: str) -> Sequence[Level]:  # noqa: ARG002 - there is one policy
        """The levels of its policy."""
        return (Level(1, ("Ana",), 300.0, "Shop"), Level(2, ("Bo",), 600.0, "Shop"), Level(3, ("Divya",), 0.0, "Shop"))

    async def escalate(self, ids: Sequence[str], level: int, who: str) -> None:
        """Tell a level; they ring again."""
        await self._there(ids)
        self._acks |= dict.fromkeys(ids, None)
        self._happened(ids, f"escalated to level {level} by {who}", "told")

    async def note(self, alert_id: str, who: str, text: str) -> None:
        """Leave a remark."""
        await self._there([alert_id])
        said = Remark(self._scene.clock.now(), clean(who, 200), clean(text))
        self._notes[alert_id] = (*self._notes.get(alert_id, ()), said)

    async def history(self, alert_id: str) -> Story:
        """What happened to one."""
        alert = next((each for each in (await self.alerts()).records if each.ref.id == alert_id), None)
        began = alert.started_at if alert is not None and alert.started_at is not None else self._scene.base
        whom = ", ".join(alert.assignees) if alert is not None else "nobody"
        first = (Entry(began, "triggered by the Events API", "fired"), Entry(began, f"told {whom} by push", "told"))
        return Story(facts={"service": "Shop", "priority": "P1"}, entries=(*first, *self._told.get(alert_id, ())))

    def _happened(self, ids: Sequence[str], text: str, kind: str) -> None:
        for each in ids:
            self._told[each] = (*self._told.get(each, ()), Entry(self._scene.clock.now(), clean(text), kind))

    def _left(self, alert: Alert) -> Alert:
        left = super()._left(alert)
        changes: dict[str, object] = {"notes": self._notes.get(alert.ref.id, ())}
        until = self._snoozed.get(alert.ref.id)
        if until is not None and until > self._scene.clock.now():
            changes |= {"state": AlertState.SUPPRESSED, "suppressed_by": "snoozed", "suppressed_until": until}
        return msgspec.structs.replace(left, **changes)


def _state(silence: Silence, now: datetime) -> SilenceState:
    if silence.ends_at <= now:
        return SilenceState.EXPIRED
    return SilenceState.PENDING if silence.starts_at > now else SilenceState.ACTIVE


def _hushes(silence: Silence, alert: Alert, now: datetime) -> bool:
    return parse(silence.match).matches(alert, now, ())


_ACTORS: dict[str, Callable[[Scene, str], Actor]] = {
    "alertmanager": Alertmanager, "prometheus": Prometheus, "pagerduty": PagerDuty,
}  # fmt: skip


def provider_of(scene: Scene, kind: str) -> type:
    """The class of a provider of that kind, which plays it."""
    act = _ACTORS[kind]

    class Played:
        Config: ClassVar[type[msgspec.Struct]] = ActorConfig

        def __new__(cls, name: str, _config: ActorConfig, _host: Host) -> Actor:  # type: ignore[misc]  # the actor that plays it
            actor = scene.played.setdefault(name, act(scene, name))
            assert isinstance(actor, Actor)  # noqa: S101  # nobody else puts any there
            actor.again()
            return actor

    return Played
