"""The provider ``alertmanager`` as the engine uses it: one loop, polls and verbs after each other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from cockpit.core.alerts import Alert, AlertState
from cockpit.engine.clock import SystemClock
from cockpit.providers.alertmanager import Alertmanager, AlertmanagerConfig
from cockpit.testing import FakeHost

__all__ = ["Source", "using"]

T = TypeVar("T")


class Source:
    """A source of its own: it knows what the servers tell it, and nothing else. An alert is called ``name/where``."""

    def __init__(self, *urls: str, **settings: Any) -> None:
        self.provider = Alertmanager("am", AlertmanagerConfig(urls=urls, **settings), FakeHost(SystemClock()))

    async def alerts(self) -> dict[str, Alert]:
        """What a poll brings, by name."""
        answer = await self.provider.alerts()
        return {f"{alert.name}/{alert.where}": alert for alert in answer.records}

    async def one(self, name: str) -> Alert:
        """One alert as it stands now."""
        return (await self.alerts())[name]

    async def state(self, name: str) -> AlertState:
        """The state of one alert."""
        return (await self.one(name)).state

    async def stands(self, name: str) -> tuple[AlertState, str]:
        """The state of one alert, and who has it."""
        alert = await self.one(name)
        return alert.state, alert.acknowledged_by

    async def ids(self, *names: str) -> list[str]:
        """The ids of these alerts."""
        alerts = await self.alerts()
        return [alerts[name].ref.id for name in names]

    async def ack(self, name: str, who: str = "Ana") -> None:
        """Acknowledge one alert."""
        await self.provider.ack(await self.ids(name), who, "")

    async def keep(self) -> list[str]:
        """What the upkeep after one poll does, the first word of each."""
        await self.provider.alerts()
        return [each.split(" ")[0] for each in await self.provider.upkeep()]

    async def keep_until_something(self) -> list[str]:
        """The same, poll after poll until something is done."""
        for _ in range(20):
            if done := await self.keep():
                return done
        return []


def using(work: Callable[[Source], Awaitable[T]], *urls: str, **settings: Any) -> T:
    """Do this with a source that asks there."""

    async def done() -> T:
        source = Source(*urls, **settings)
        try:
            return await work(source)
        finally:
            await source.provider.close()

    return asyncio.run(done())
