"""How often ``pagerduty`` asks, in a calm account and in a storm: the figures in ``bench/README.md`` are these."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

import pytest

from cockpit.core.units import Seconds
from cockpit.provider import Secret
from cockpit.providers.pagerduty import PagerDuty, PagerDutyConfig
from cockpit.testing import FakeClock, FakeHost
from support.pagerduty import USER_TOKEN, Server, pagerduty

EVERY = 15  # seconds between polls, as sources have it
MINUTES = 20


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def server(clock: FakeClock) -> Iterator[Server]:
    with pagerduty(clock.now) as running:
        yield running


async def poll(pd: PagerDuty, clock: FakeClock) -> None:
    """All that a source asks at each poll; every pane is served by it."""
    await asyncio.gather(pd.alerts(), pd.on_call(clock.now()), pd.overrides())


def per_minute(server: Server, clock: FakeClock, happens: Callable[[], None] = lambda: None) -> float:
    """Questions a minute over some, the first poll counted."""

    async def watched() -> None:
        pd = PagerDuty("pd", PagerDutyConfig(url=server.url, token=Secret(USER_TOKEN), within=Seconds(8)), FakeHost(clock))
        for _ in range(MINUTES * 60 // EVERY):
            happens()
            await poll(pd, clock)
            clock.advance(EVERY)
        await pd.close()

    server.heard.clear()
    asyncio.run(watched())
    assert {each.status for each in server.heard} == {200}
    return len(server.heard) / MINUTES


def test_a_calm_account_is_asked_five_times_a_minute(server: Server, clock: FakeClock) -> None:
    for number in range(12):
        server.account.fire(f"fire {number}", "PDB", minutes=number)
    assert per_minute(server, clock) == pytest.approx(5.0, abs=0.2)


def test_a_storm_of_a_thousand_costs_little_more(server: Server, clock: FakeClock) -> None:
    for number in range(950):
        server.account.fire(f"fire {number}", "PDB", minutes=number)
    server.account.log.clear()

    def happens() -> None:
        """Forty a minute begin, are taken, or end."""
        for number in range(5):
            server.account.fire(f"at {clock.now()} {number}", "PDB")
        known = [each for each in server.account.incidents.values() if each.status != "resolved"]
        for each in known[:2]:
            server.account.change(each, {"status": "acknowledged"}, "PANA")
        for each in known[2:5]:
            server.account.end(each)

    asked = per_minute(server, clock, happens)
    assert asked < 12
    listed = len(server.asked("GET", "/incidents$")) / MINUTES
    assert listed < 4  # as many as were needed at each poll, where nothing is asked since a time: 40
