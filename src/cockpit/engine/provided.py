"""The provider of one source, in a thread of its own: made when it is first needed, asked under a deadline, let go of."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

from ..config.model import SourceConfig
from ..core.roster import OnCall
from ..core.text import clean
from ..provider import Answer, Clock, capabilities
from .accepting import Accepting
from .failures import said
from .lane import Lane

T = TypeVar("T")

CLOSING = 2.0
"""Seconds that a provider has to close."""


class Provided:
    """What can be asked of one provider beside its polls. ``build`` makes it (in its own thread; it may block); ``can`` are the
    names of its capabilities, once it is made. Methods belong to the engine's loop."""

    def __init__(self, config: SourceConfig, build: Callable[[], object], clock: Clock) -> None:
        self.config, self.name, self.provider_name = config, config.name, config.provider
        self.can: frozenset[str] = frozenset()
        self._timeout = float(config.timeout)
        self._build, self._clock = build, clock
        self._lane: Lane | None = None
        self._provider: object | None = None
        self._noise: tuple[str, ...] = ()

    async def send(self, verb: Callable[[Any], Awaitable[T]]) -> T:
        """Do something at the provider, under its deadline. Raises what it raises, or `Overran`."""

        async def sent() -> T:
            return await verb(self._ready())

        return await self._call(sent)

    async def ask(self, question: Callable[[Any, frozenset[str]], Awaitable[T]]) -> T:
        """Ask the provider something beside its polls, under its deadline: ``question`` gets it, and what it can. Raises what that
        raises, or `Overran`."""

        async def asked() -> T:
            provider = self._ready()
            return await question(provider, self.can)

        return await self._call(asked)

    async def on_call(self, at: datetime) -> Answer[OnCall] | None:
        """Who is on call there at ``at`` (UTC); ``None`` where it has no rosters. Raises what the provider raises, or `Overran`."""

        async def asked() -> Answer[OnCall] | None:
            provider: Any = self._ready()
            if "Rosters" not in self.can:
                return None
            return Accepting(self.name).accept("rosters", await provider.on_call(at))

        return await self._call(asked)

    def silence_problem(self, match: str, ends_at: datetime | None) -> str:
        """Why this source would not take such a silence (``None``: one until resolved), as its provider can tell without asking;
        "" where it says nothing against it. From any thread."""
        provider: Any = self._provider
        if provider is None or "Checks" not in self.can:
            return ""
        try:
            return clean(str(provider.silence_problem(match, ends_at)))
        except Exception as error:  # noqa: BLE001  # a third party's code; what is wrong is said when the silence is sent
            self._heard(said(error))
            return ""

    async def _call(self, work: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        if self._lane is None:
            self._lane = Lane(self.name, self._clock, self._heard)
        return await self._lane.call(work, seconds or self._timeout)

    def _ready(self) -> object:
        """The provider, made when it is first needed. In its own thread."""
        if self._provider is None:
            self._provider = self._build()
            self.can = capabilities(self._provider)
        return self._provider

    def _heard(self, noise: str) -> None:
        """From the lane's thread: something failed that nobody awaits. Said with the next answer, once."""
        self._noise = (*self._noise[-2:], f"a bug in the provider {self.provider_name}: {clean(noise, 400)}")

    def _quieted(self) -> tuple[str, ...]:
        noise, self._noise = self._noise, ()
        return noise

    async def _part_with_provider(self) -> None:
        provider, self._provider = self._provider, None
        close = getattr(provider, "close", None)
        if self._lane is None or not callable(close):
            return

        async def closed() -> None:
            result = close()
            if inspect.isawaitable(result):
                await result

        try:
            await self._lane.call(closed, CLOSING)
        except Exception as error:  # noqa: BLE001  # it is being let go of: what its closing raises is said, and stops nothing
            self._heard(said(error))
