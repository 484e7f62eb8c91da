"""What a provider keeps up by itself, when it may, and what a silent watchdog does to its source."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from cockpit.config.model import SourceConfig
from cockpit.core.alerts import Alert
from cockpit.core.sources import Health
from cockpit.core.units import Seconds
from cockpit.engine.source import Source
from cockpit.provider import Answer, Forbidden
from cockpit.testing import FakeClock, FakeProvider
from support.waiting import until

EVERY, TIMEOUT = 15.0, 10.0


class Keeps(FakeProvider):
    """Has something to keep up."""

    blind = ""
    fails = False

    def __init__(self) -> None:
        super().__init__("am")
        self.kept = 0

    async def upkeep(self) -> Sequence[str]:
        self.kept += 1
        if self.fails:
            raise Forbidden("it does not allow that (403)")
        return ("renewed\x07 one",)

    async def alerts(self) -> Answer[Alert]:
        answer: Any = await super().alerts()
        return Answer(answer.records, blind=self.blind)


class Rig:
    def __init__(self, *, may_write: bool = True) -> None:
        self.clock, self.provider, self.done = FakeClock(), Keeps(), list[Sequence[str]]()
        self.told = 0
        config = SourceConfig(name="am", provider="fake", every=Seconds(EVERY), timeout=Seconds(TIMEOUT))
        self.source = Source(
            config,
            lambda: self.provider,
            self.clock,
            on_told=self._told,
            may_write=lambda: may_write,
            on_kept=self.done.append,
        )

    def _told(self, _: object) -> None:
        self.told += 1

    async def polls(self, times: int) -> None:
        running = asyncio.ensure_future(self.source.run())
        try:
            for n in range(1, times + 1):
                await until(lambda n=n: self.told >= n, "a poll")  # type: ignore[misc]  # mypy cannot type a lambda's default
                await until(lambda: max(self.clock.waits, default=0) > TIMEOUT, "its rest")  # and not a call's deadline
                self.clock.advance(EVERY)
            await until(lambda: self.told > times, "the last one")
        finally:
            running.cancel()
            await asyncio.wait({running})
            await self.source.close()


def test_a_provider_keeps_up_what_people_began_after_each_poll() -> None:
    rig = Rig()
    asyncio.run(rig.polls(2))
    assert rig.provider.kept >= 2
    assert rig.done[0] == ("renewed␇ one",)


def test_nothing_is_kept_up_while_read_only_is_on() -> None:
    # safety 12
    rig = Rig(may_write=False)
    asyncio.run(rig.polls(2))
    assert rig.provider.kept == 0


def test_what_cannot_be_kept_up_is_said_with_the_next_answer_and_polling_goes_on() -> None:
    rig = Rig()
    rig.provider.fails = True
    asyncio.run(rig.polls(2))
    assert rig.source.health().health is Health.LIVE
    assert "not kept up: it does not allow that (403)" in rig.source.health().reason


def test_one_look_alone_keeps_nothing_up() -> None:
    rig = Rig()

    async def once() -> None:
        await rig.source.poll()
        await rig.source.close()

    asyncio.run(once())
    assert rig.provider.kept == 0


@pytest.mark.parametrize(("blind", "health", "answers"), [("", Health.LIVE, False), ("the watchdog is silent", Health.BLIND, True)])
def test_a_source_that_must_not_be_believed_is_blind_and_still_takes_orders(blind: str, health: Health, answers: bool) -> None:
    # safety 16
    rig = Rig()
    rig.provider.blind = blind

    async def once() -> None:
        await rig.source.poll()
        await rig.source.close()

    asyncio.run(once())
    told = rig.source.health()
    assert (told.health, told.reason, told.answers) == (health, blind, answers)
