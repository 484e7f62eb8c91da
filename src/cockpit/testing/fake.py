"""A provider that says what a test tells it to say, and fails in the ways a test tells it to fail."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from ..core.alerts import Alert, AlertState, Ref, Remark, Severity, Silence
from ..core.covers import Cover, Standing
from ..core.days import Day
from ..core.paging import Page
from ..core.roster import OnCall, Shift
from ..provider import Answer, Host, NotFound, ProviderError, Unreachable
from .clock import START
from .doubles import FakeHost


class FakeConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fake has nothing to configure."""


class FakeProvider:
    """Keeps alerts and silences in memory. Its attributes are turned by the test, from any thread:

    ``failure`` is raised by every call; ``answer_lost`` does a write and then says that no answer came; ``deaf`` accepts writes and
    does nothing; ``stalled`` never answers (until it is false again); ``blocks`` seconds of a call's time are spent without letting
    go of the loop; ``complete`` and ``rejected`` go into the answers; ``nonsense`` is answered instead of alerts. ``calls`` are the
    calls that came, in order; ``on_call_now`` and ``laid`` are who it says is on call, ``known_days`` which days it knows;
    ``paged`` holds the last page of each key, as a far side that deduplicates does.
    """

    Config: ClassVar[type[msgspec.Struct]] = FakeConfig

    def __init__(self, name: str = "fake", config: msgspec.Struct | None = None, host: Host | None = None) -> None:
        self.name = name
        self.config = config
        self._host = host or FakeHost()
        self.failure: BaseException | None = None
        self.answer_lost = self.deaf = self.stalled = False
        self.blocks = 0.0
        self.complete = True
        self.rejected = 0
        self.nonsense: Any = None
        self.closed = False
        self.calls: list[tuple[str, object]] = []
        self.on_call_now: tuple[OnCall, ...] = ()
        self.laid: tuple[Shift, ...] = ()
        self.known_days: tuple[Day, ...] = ()
        self.paged: dict[str, Page] = {}
        self._alerts: dict[str, Alert] = {}
        self._silences: dict[str, Silence] = {}
        self._overrides: dict[str, Standing] = {}
        self._made: set[str] = set()

    def fire(self, alert_id: str, severity: Severity = Severity.CRITICAL, **more: Any) -> Alert:
        """Have an alert fire (again)."""
        facts: dict[str, Any] = {"name": alert_id, "started_at": START} | more
        alert = Alert(ref=Ref(self.name, alert_id), severity=severity, state=AlertState.FIRING, **facts)
        self._alerts[alert_id] = alert
        return alert

    def end(self, alert_id: str) -> None:
        """Have an alert be over."""
        self._alerts.pop(alert_id, None)

    async def alerts(self) -> Answer[Alert]:
        """What fires."""
        await self._called("alerts", None)
        if self.nonsense is not None:
            return self.nonsense  # type: ignore[no-any-return]  # that is the point of it
        return Answer(tuple(self._alerts.values()), self.rejected, self.complete)

    async def ack(self, ids: Sequence[str], who: str, note: str) -> None:
        """Acknowledge."""
        await self._called("ack", tuple(ids))
        for alert in self._known(ids):
            self._put(alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=who, acknowledged_why=note)
        self._answer()

    async def unack(self, ids: Sequence[str], who: str) -> None:  # noqa: ARG002  # the protocol's
        """Take it back."""
        await self._called("unack", tuple(ids))
        for alert in self._known(ids):
            self._put(alert, state=AlertState.FIRING, acknowledged_by="", acknowledged_why="")
        self._answer()

    async def silences(self) -> Answer[Silence]:
        """What is hushed."""
        await self._called("silences", None)
        return Answer(tuple(self._silences.values()))

    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        """It wants a matcher, and an end to come."""
        if not match:
            return "an empty matcher would hush everything"
        return "the end lies in the past" if ends_at is not None and ends_at <= self._host.clock.now() else ""

    async def silence(self, match: str, ends_at: datetime, who: str, comment: str) -> str:
        """Hush."""
        await self._called("silence", match)
        return self._hush(match, ends_at, who, comment)

    async def silence_until_resolved(self, match: str, who: str, comment: str) -> str:
        """Hush for as long as a fake can think of."""
        await self._called("silence_until_resolved", match)
        return self._hush(match, None, who, comment)

    async def edit_silence(self, silence_id: str, match: str, ends_at: datetime | None, who: str, comment: str) -> str:
        """Hush otherwise."""
        await self._called("edit_silence", silence_id)
        if silence_id not in self._made:
            raise NotFound(f"there is no silence {silence_id}")
        return self._hush(match, ends_at, who, comment, silence_id if silence_id in self._silences else "")

    def _hush(self, match: str, ends_at: datetime | None, who: str, comment: str, silence_id: str = "") -> str:
        if problem := self.silence_problem(match, ends_at):
            raise ProviderError(problem)
        now = self._host.clock.now()
        silence_id = silence_id or f"s{len(self._made) + 1}"
        self._made.add(silence_id)
        if not self.deaf:
            self._silences[silence_id] = Silence(
                ref=Ref(self.name, silence_id),
                match=match,
                starts_at=now,
                ends_at=ends_at or now + timedelta(days=1),
                who=who,
                comment=comment,
                until_resolved=ends_at is None,
            )
        self._answer()
        return silence_id

    async def unsilence(self, silence_id: str, who: str) -> None:  # noqa: ARG002  # the protocol's
        """End it."""
        await self._called("unsilence", silence_id)
        if silence_id not in self._silences:
            raise NotFound(f"there is no silence {silence_id}")
        if not self.deaf:
            del self._silences[silence_id]
        self._answer()

    async def note(self, alert_id: str, who: str, text: str) -> None:
        """Remark."""
        await self._called("note", alert_id)
        for alert in self._known([alert_id]):
            self._put(alert, notes=(*alert.notes, Remark(self._host.clock.now(), who, text)))
        self._answer()

    async def on_call(self, at: datetime) -> Answer[OnCall]:
        """Who is on call."""
        await self._called("on_call", at)
        return Answer(self.on_call_now)

    async def shifts(self, since: datetime, until: datetime) -> Answer[Shift]:
        """Who is on call between two moments."""
        await self._called("shifts", (since, until))
        return Answer(tuple(s for s in self.laid if (s.start is None or s.start < until) and (s.end is None or s.end > since)))

    async def days(self) -> Answer[Day]:
        """Absences and holidays."""
        await self._called("days", None)
        return Answer(self.known_days)

    async def overrides(self) -> Answer[Standing]:
        """What is overridden."""
        await self._called("overrides", None)
        return Answer(tuple(self._overrides.values()))

    async def override(self, roster: str, covers: Sequence[Cover], who: str, why: str) -> Sequence[str]:
        """Put people on call."""
        await self._called("override", roster)
        made = [f"o{len(self._overrides) + n}" for n, _ in enumerate(covers, 1)]
        for made_id, cover in zip(made, covers, strict=True):
            if not self.deaf:
                self._overrides[made_id] = Standing(
                    ref=Ref(self.name, made_id), roster=roster, person=cover.person, name=cover.person,
                    start=cover.start, end=cover.end, who=who, why=why, together=made[0] if len(made) > 1 else "",
                )  # fmt: skip
        self._answer()
        return made

    async def end_override(self, override_id: str, who: str) -> None:  # noqa: ARG002  # the protocol's
        """End it."""
        await self._called("end_override", override_id)
        if override_id not in self._overrides:
            raise NotFound(f"there is no override {override_id}")
        if not self.deaf:
            del self._overrides[override_id]
        self._answer()

    async def page(self, page: Page) -> None:
        """Wake people."""
        await self._called("page", page.key)
        if not self.deaf:
            self.paged[page.key] = page
        self._answer()

    async def close(self) -> None:
        """Remember it."""
        self.closed = True

    async def _called(self, verb: str, about: object) -> None:
        self.calls.append((verb, about))
        if self.blocks:
            time.sleep(self.blocks)  # noqa: ASYNC251  # blocking is what a bad provider does
        while self.stalled:  # noqa: ASYNC110  # turned from another thread, where an asyncio.Event may not be
            await asyncio.sleep(0.005)
        if self.failure is not None:
            raise self.failure

    def _known(self, ids: Sequence[str]) -> list[Alert]:
        missing = [each for each in ids if each not in self._alerts]
        if missing:
            raise NotFound(f"there is no alert {missing[0]}")
        return [self._alerts[each] for each in ids]

    def _put(self, alert: Alert, **changes: Any) -> None:
        if not self.deaf:
            self._alerts[alert.ref.id] = msgspec.structs.replace(alert, **changes)

    def _answer(self) -> None:
        if self.answer_lost:
            raise Unreachable("the connection was lost before an answer came")


def as_class(provider: object) -> type:
    """A class whose instances are this one provider: for whoever wants to hand out what a test holds in its hand."""

    class Handed:
        Config = getattr(type(provider), "Config", FakeConfig)

        def __new__(cls, *_: object) -> Any:
            return provider

    return Handed
