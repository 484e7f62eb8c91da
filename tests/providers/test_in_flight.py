"""A question that several wait for is asked once, and is given up for nobody who still waits."""

from __future__ import annotations

import asyncio

from cockpit.providers.in_flight import InFlight


class Look:
    """A look that goes on until it is let through, and takes a moment to end when it is cancelled."""

    def __init__(self) -> None:
        self.asked = 0
        self.through, self.parted = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        try:
            await self.through.wait()
        except asyncio.CancelledError:
            await self.parted.wait()
            raise
        return self.asked


def test_two_who_ask_at_once_are_told_by_one_look() -> None:
    async def both() -> tuple[list[int], int]:
        look = Look()
        flight = InFlight(look)
        waiting = asyncio.gather(flight.join(), flight.join())
        await asyncio.sleep(0)
        look.through.set()
        return [*await waiting], look.asked

    assert asyncio.run(both()) == ([1, 1], 1)


def test_whoever_asks_while_a_look_that_nobody_waits_for_ends_is_told_by_another() -> None:
    async def third() -> int:
        look = Look()
        flight = InFlight(look)
        first = asyncio.ensure_future(flight.join())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert look.asked == 1
        first.cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        second = asyncio.ensure_future(flight.join())
        await asyncio.sleep(0)
        look.parted.set()
        look.through.set()
        return await second

    assert asyncio.run(third()) == 2
