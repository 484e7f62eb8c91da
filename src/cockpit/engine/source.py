"""One source: asked again and again under a deadline, in a thread of its own, and never silent about how well it sees."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from ..config.model import SourceConfig
from ..config.secrets import mending
from ..core.sources import Health, Snapshot, SourceHealth
from ..core.text import clean
from ..heap import give_back, many_stay
from ..provider import AuthFailed, Clock
from .accepting import Accepting
from .failures import Failure, Terms, meaning, said, why
from .lane import Overran
from .polled import Parts, ask, snapshot
from .provided import CLOSING, Provided
from .taken import failure_of, taken
from .through import Through

if TYPE_CHECKING:
    from .attached import Shared

LONGEST_BACKOFF = 60.0
"""Seconds between attempts at a source that does not answer, unless its own interval is longer."""
LATE = 1.5
"""Intervals without an answer after which a source is late."""

MANY = 10_000
"""Alerts of which it is worth while to give back the memory that an answer took."""
SHARING = 60.0
"""Seconds for all that a watch has to tell at first."""


class Source(Provided):
    """Polls one provider. ``build`` makes it (in its own thread; it may block); ``stamp`` gives strictly rising engine time in
    seconds; ``on_told`` gets each good answer, or ``None`` when only the health changed. Methods belong to the engine's loop."""

    def __init__(
        self,
        config: SourceConfig,
        build: Callable[[], object],
        clock: Clock,
        *,
        stamp: Callable[[], float] | None = None,
        on_told: Callable[[Snapshot | None], None] = lambda _: None,
        jitter: Callable[[], float] = random.random,
        may_write: Callable[[], bool] = lambda: False,
        on_kept: Callable[[Sequence[str]], None] = lambda _: None,
        watch: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__(config, build, clock)
        self._every = float(config.every)
        self._blind_after = 2 * self._every + self._timeout
        self._terms = Terms(config.provider, self._every, self._timeout, clean(mending(config.settings)))
        self._stamp = stamp or clock.mono
        self._on_told, self._jitter = on_told, jitter
        self._may_write, self._on_kept = may_write, on_kept
        self._accepting = Accepting(config.name)
        self._nudged = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self._since = clock.mono()
        self._last: Snapshot | None = None
        self._latency: float | None = None
        self._failure: Failure | None = None
        self._failures = 0
        self.tally = (0, 0)
        """How many polls there have been, and how many of them brought nothing."""
        self._retry_at: float | None = None
        self._wants_fresh = self._woken = False
        self._unable = ""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._through = Through(watch, config.name, config.provider, config.settings, clock, self._wake)

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            await self.poll()
            if self._failure is None and "Upkeep" in self.can and self._may_write():
                await self._upkeep()
            await self._rest()

    def nudge(self) -> None:
        """Ask now: ends a back-off and a parking, but not a wait that the source itself asked for."""
        self._wants_fresh = True
        self._nudged.set()

    async def look_for_watch(self) -> None:
        """Look through the watch of this machine from now on, if there is one (again)."""
        self._loop = asyncio.get_running_loop()
        if self._through.may_find and await self._call(self._through.find):
            self._wake()

    async def poll(self, *, fresh: bool = False) -> None:
        """Ask once, under the total deadline, or look through the watch; ``fresh``: what that knows already is not enough. Never
        raises for what the provider does."""
        async with self._one_at_a_time:
            before = self._last
            fresh, self._wants_fresh = fresh or self._wants_fresh, False
            shared = await self._shared(fresh)
            told = self._take(shared) if shared is not None else await self._ask_here()
        self.tally = (self.tally[0] + 1, self.tally[1] + (self._failure is not None))
        self._on_told(told)
        many = len(told.alerts or ()) if told is not None else 0
        if told is not None and many > MANY and (before is None or before.alerts is not told.alerts):
            give_back()
            many_stay(many)

    async def _ask_here(self) -> Snapshot | None:
        asked_at, asked_mono = self._clock.now(), self._stamp()
        try:
            parts = await self._call(lambda: self._asked(asked_at))
            told = snapshot(parts, self._terms, self._last, self._quieted, source=self.name, at=asked_at, mono=asked_mono)
        except Exception as error:  # noqa: BLE001  # the loop never ends: whatever a provider raises is shown (safety 18)
            await self._fail(error)
            return None
        self._last, self._failure, self._failures = told, None, 0
        self._latency = max(0.0, self._clock.mono() - asked_mono)
        self._retry_at = asked_mono + self._every
        return told

    async def _shared(self, fresh: bool) -> Shared | None:
        """How the watch of this machine sees it; ``None`` where it must be asked from here."""
        if not self._through.pid and not self._through.may_find:
            return None
        self._loop = asyncio.get_running_loop()

        async def told() -> Shared | None:
            self._try_to_make(again=fresh)
            keeps = "Upkeep" in self.can and self._may_write()
            return await self._through.told(fresh=fresh, keeps=keeps, oldest=self._blind_after)

        try:
            return await self._call(told, SHARING)
        except Exception as error:  # noqa: BLE001  # whatever goes wrong there, the source is asked from here
            await self._leave_watch(f"cockpit watch is not looked through: {said(error)}; sources are asked from here")
            return None

    def _try_to_make(self, *, again: bool) -> None:
        """Make the provider, for what may be done there. Without a secret of one's own, one sees, and does nothing."""
        if self._provider is None and (again or not self._unable):
            self._unable = ""
            try:
                self._ready()
            except Exception as error:  # noqa: BLE001  # other people's code; it is said, and what is seen comes from the watch
                self._unable = f"nothing can be done at {self.name} from here: {said(error)}"

    def _take(self, shared: Shared) -> Snapshot | None:
        """Take over how it stands; the snapshot, if it is a newer one."""
        told, last = shared.told, self._last
        self._failure = failure_of(shared, self._every)
        self._retry_at = self._clock.mono() + LATE * self._every
        asked_mono = min(told.asked_mono, self._stamp())
        if not told.asked_mono or (last is not None and asked_mono <= last.asked_mono):
            return None
        self._latency, self._failures = max(0.0, told.latency), 0
        self._last = taken(shared, self._accepting, self.name, asked_mono)
        return self._last

    def _wake(self) -> None:
        """From the source's thread: the watch knows something newer, or has gone."""

        def woken() -> None:
            self._woken = True
            self._nudged.set()

        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # it is closed: nobody looks any more
                self._loop.call_soon_threadsafe(woken)

    @property
    def standing(self) -> tuple[Snapshot | None, float, str, str, float]:
        """What it last said, how long that took in seconds, and where the last question failed the health, the reason, and when
        (monotonic, in seconds) the next one is due; 0 for never."""
        if (failure := self._failure) is None:
            return self._last, self._latency or 0.0, "", "", 0.0
        return self._last, self._latency or 0.0, failure.health.value, failure.reason, self._retry_at or 0.0

    @property
    def through(self) -> tuple[str, ...]:
        """What is to be said of looking through a watch; nothing where all is well."""
        return tuple(filter(None, (self._through.says, self._unable if self._through.pid else "")))

    @property
    def trouble(self) -> str:
        """Why the last poll brought nothing; "" if it brought something."""
        return self._failure.reason if self._failure is not None else ""

    def why(self, error: BaseException) -> str:
        """What an error of this source means, for the person."""
        return meaning(error, self._terms, self._backoff).reason

    def health(self) -> SourceHealth:
        """How well it sees now; ages are monotonic."""
        mono = self._clock.mono()
        age = None if self._last is None else max(0.0, mono - self._last.asked_mono)
        health, reason = self._judge(mono, age)
        failure = self._failure
        waiting = failure is not None and self._retry_at is not None
        return SourceHealth(
            source=self.name,
            provider=self.provider_name,
            health=health,
            age=None if age is None else timedelta(seconds=age),
            latency=None if self._latency is None else timedelta(seconds=self._latency),
            late_after=timedelta(seconds=LATE * self._every),
            reason=reason,
            retry_in=timedelta(seconds=max(0.0, (self._retry_at or mono) - mono)) if waiting else None,
            held=failure is not None and failure.firm,
            rejected=self._last.rejected if self._last is not None else 0,
            answers=failure is None and self._last is not None and bool(self._last.blind),
        )

    async def close(self) -> None:
        """Let the provider close what it holds, and end its thread."""
        if self._lane is None:
            return
        await self._part_with_provider()
        await self._leave_watch("")
        self._lane.close()
        self._lane = None

    async def _leave_watch(self, why: str) -> None:
        """Look through it no more. In the source's own thread, where the connection is; one that hangs is left as it is."""

        async def left() -> None:
            self._through.let_go(why)

        if self._through.pid:
            with contextlib.suppress(Overran):
                await self._call(left, CLOSING)

    def _judge(self, mono: float, age: float | None) -> tuple[Health, str]:
        late_after = LATE * self._every
        failure = self._failure
        unseen = mono - self._since if age is None else age
        if failure is not None and (failure.health in (Health.BLIND, Health.PARKED) or age is None):
            return (failure.health if failure.health is Health.PARKED else Health.BLIND), failure.reason
        reason = failure.reason if failure is not None else "; ".join(self._last.remarks) if self._last is not None else ""
        if unseen > self._blind_after:
            return Health.BLIND, reason or ("it has not answered yet" if age is None else "its answers stay away")
        if age is None:
            return Health.STARTING, ""
        if failure is not None and failure.health is Health.INCOMPLETE:
            return Health.INCOMPLETE, reason
        if self._last is not None and self._last.blind:
            return Health.BLIND, self._last.blind
        if age > late_after:
            return Health.LATE, reason
        if self._last is not None and (not self._last.complete or self._last.rejected):
            return Health.INCOMPLETE, reason
        return Health.LIVE, reason

    async def _upkeep(self) -> None:
        """Let the provider keep up what people began (`provider.Upkeep`); what goes wrong is said with the next answer."""
        try:
            self._on_kept(tuple(clean(str(each)) for each in await self.send(lambda provider: provider.upkeep())))
        except Exception as error:  # noqa: BLE001  # the loop never ends: whatever a provider raises is shown (safety 18)
            self._noise = (*self._noise[-2:], f"acknowledgements are not kept up: {why(error, self._terms)}")

    async def _asked(self, at: datetime) -> Parts:
        """In the provider's own thread."""
        provider = self._ready()
        return await ask(provider, self.can, self._accepting, at)

    async def _fail(self, error: Exception) -> None:
        self._failures += 1
        failure = meaning(error, self._terms, self._backoff)
        self._retry_at = None if failure.wait is None else self._clock.mono() + failure.wait
        if failure.firm and failure.wait is not None:
            again = self._clock.now() + timedelta(seconds=failure.wait)
            failure = msgspec.structs.replace(failure, reason=f"{failure.reason}; asked again at {again:%H:%M:%S} UTC")
        self._failure = failure
        if isinstance(error, AuthFailed):
            await self._part_with_provider()  # built anew when nudged, with the secret as it is then

    def _backoff(self) -> float:
        longest = max(self._every, LONGEST_BACKOFF)
        return min(self._every * 2.0 ** min(self._failures - 1, 16), longest) * (0.75 + 0.5 * self._jitter())

    async def _rest(self) -> None:
        """Until the next question is due, or somebody nudges."""
        while True:
            left = None if self._retry_at is None else self._retry_at - self._clock.mono()
            if left is not None and left <= 0:
                break
            nudge = asyncio.ensure_future(self._nudged.wait())
            waits = {nudge} if left is None else {nudge, asyncio.ensure_future(self._clock.sleep(left))}
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for wait in waits:
                    wait.cancel()
            if self._nudged.is_set():
                self._nudged.clear()
                woken, self._woken = self._woken, False
                if self._failure is None or not self._failure.firm or (woken and self._through.pid):
                    break
