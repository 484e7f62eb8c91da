"""What a poll of a hundred thousand alerts costs (bars 7 and 8).

First processor time, in this process: from the Alertmanager's answer to the view that the screen draws, less what it takes to
receive the same bytes and drop them; beside it what ``json.loads`` and a comparison of the dicts take. Then the cockpit on a
terminal: what it writes when a poll has changed nothing, and how long keys take while it polls all the time, against one that does
not, turn and turn about.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import statistics
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from cockpit.core.sources import Health, Snapshot, SourceHealth
from cockpit.core.units import Seconds
from cockpit.engine.accepting import Accepting
from cockpit.engine.clock import SystemClock
from cockpit.engine.store import Store, Surroundings
from cockpit.providers.alertmanager import Alertmanager, AlertmanagerConfig
from cockpit.testing import FakeHost
from keys import moved, percentile
from storm import bodies, serving
from subject import cockpit_at, versions


def by_json(answers: list[bytes]) -> float:
    """Seconds of processor time for one poll as one would write it: decode it all, and compare each alert with what it was."""
    known: dict[str, object] = {}
    taken = []
    for body in answers:
        start = time.process_time()
        told = {}
        for alert in json.loads(body):
            del alert["endsAt"], alert["updatedAt"]
            told[alert["fingerprint"]] = alert
        changed = [key for key, alert in told.items() if known.get(key) != alert]
        taken.append(time.process_time() - start)
        known = told
        assert changed
    return statistics.median(taken[1:])


class Cockpit:
    """All that is between an Alertmanager and the screen, without threads."""

    def __init__(self, url: str) -> None:
        config = AlertmanagerConfig(url=url, within=Seconds(60.0))
        self._clock = SystemClock()
        self.provider = Alertmanager("am", config, FakeHost(self._clock))
        self.http = FakeHost(self._clock).http(url, config)
        self._accepting, self._store = Accepting("am"), Store(datetime.now(UTC))

    async def poll(self) -> None:
        """Ask, accept, and make the view."""
        now = self._clock.now()
        answer = self._accepting.accept("alerts", await self.provider.alerts())
        live = SourceHealth(source="am", provider="alertmanager", health=Health.LIVE)
        self._store.observe(Snapshot(source="am", asked_at=now, asked_mono=self._clock.mono(), alerts=answer.records))
        self._store.publish(now, Surroundings(health=(live,)), fresh=True)

    async def receive(self) -> None:
        """Ask the same, take the bytes and drop them."""

        async def drop(_: bytes) -> None:
            pass

        await asyncio.gather(*(self.http.get(f"/api/v2/{what}", into=drop) for what in ("alerts", "silences", "status")))


async def spent(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds of processor time."""
    start = time.process_time()
    await work()
    return time.process_time() - start


async def a_poll(alerts: int, polls: str, times: int) -> tuple[float, float]:
    """(for a poll beyond receiving it, for receiving it alone), taken turn and turn about."""
    with serving(alerts, polls) as url:
        cockpit = Cockpit(url)
        for _ in range(3):
            await cockpit.poll()
        pairs = []
        for _ in range(times):
            pairs.append((await spent(cockpit.poll), await spent(cockpit.receive)))
            await spent(cockpit.receive if len(polls) % 2 == 0 else cockpit.poll)  # so that the next poll is answered by another
        await cockpit.provider.close()
        await cockpit.http.close()
        network = statistics.median(each for _, each in pairs)
        return statistics.median(each for each, _ in pairs) - network, network


def unchanged(alerts: int, seconds: float) -> tuple[int, int]:
    """(bytes to the terminal while polls change nothing, bytes in the same time to one that does not poll). What the clock writes
    for a second, which both have, does not count."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(serving(alerts, "st"))
        terminals = [stack.enter_context(cockpit_at(url, every)) for every in ("5s", "1h")]
        for terminal in terminals:
            terminal.wait_for(f"{alerts} firing", timeout=120)
            terminal.pump(4.0)
        starts, end = [len(terminal.log) for terminal in terminals], time.monotonic() + seconds
        while time.monotonic() < end:
            for terminal in terminals:
                terminal.pump(0.1)
        polled, still = (
            sum(len(frame) for _, frame in terminal.log[start:] if not _TICK.fullmatch(frame))
            for terminal, start in zip(terminals, starts, strict=True)
        )
    return polled, still


_TICK = re.compile(rb"(\x1b\[[\d;]*[HCD](\x1b\[[\d;]*m)?)?\x08*[\d:]+")
"""A frame that is the turn of a second and no more, with the way back to the clock from wherever the cursor was."""


def keys(alerts: int, count: int) -> tuple[list[float], list[float]]:
    """Seconds that keys take (while nothing is polled, while it polls all the time and 1 % changes)."""
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(serving(alerts, "cc"))
        terminals = [stack.enter_context(cockpit_at(url, every)) for every in ("1h", "1s")]
        for terminal in terminals:
            terminal.wait_for(f"{alerts} firing", timeout=180)
            terminal.pump(3.0)
        taken: tuple[list[float], list[float]] = [], []
        chance = random.Random(7)
        for number in range(count + 20):
            for terminal, found in zip(terminals, taken, strict=True):
                took = moved(terminal, "j" if number % 20 < 10 else "k", f"key {number}")
                if number >= 20:
                    found.append(took)
            pause = time.monotonic() + chance.uniform(0.0, 0.04)
            while (left := pause - time.monotonic()) > 0:
                for terminal in terminals:
                    terminal.pump(left / 2)
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--keys", type=int, default=1000)
    parser.add_argument("--only", choices=("polls", "bytes", "keys"), help="one of the three alone")
    chosen = parser.parse_args()
    print(versions())
    if chosen.only in (None, "polls"):
        say_polls(chosen.alerts, chosen.times)
    if chosen.only in (None, "bytes"):
        with_polls, without = unchanged(chosen.alerts, 20.0)
        print(f"bytes to the terminal in 20 s  {with_polls} with four polls that change nothing, {without} without (but for ticks)")
    if chosen.only in (None, "keys"):
        say_keys(chosen.alerts, chosen.keys)


def say_polls(alerts: int, times: int) -> None:
    """Measure what polls cost, and print it."""
    naive = by_json(bodies(alerts, "ccc"))
    print(f"json.loads and a comparison    {naive * 1000:7.1f} ms")
    for polls, what in (("s", "the same to the byte"), ("tt", "times alone have moved"), ("cc", "1 % changed")):
        own, network = asyncio.run(a_poll(alerts, polls, times))
        bar = {"s": "bar 10 ms", "cc": "bar 0.10"}.get(polls, "")
        print(f"{what:<30} {own * 1000:7.1f} ms past the network's {network * 1000:.1f}, × json {own / naive:.3f}   {bar}")


def say_keys(alerts: int, count: int) -> None:
    """Measure how long keys take, and print it."""
    quiet, polling = keys(alerts, count)
    for name, times in (("quiet", quiet), ("polling", polling)):
        middle, late = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
        print(f"keys, {name:<24} p50 {middle:6.2f} ms   p99 {late:6.2f} ms   max {max(times) * 1000:6.2f} ms")
    print(f"p99 while polling, × quiet     {percentile(polling, 0.99) / percentile(quiet, 0.99):7.2f}   bar 1.25")


if __name__ == "__main__":
    main()
