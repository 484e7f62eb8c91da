"""Waits, as a step, for what the cockpit sees; how it stands is said whenever it changes."""

from __future__ import annotations

import asyncio

from ...core.actions import RunState
from ...core.awaited import Stands, by_look, stands
from ...core.steps.wait import WaitStep
from ...core.text import clean
from ...provider import ProviderError
from .doing import Doing, Outcome

_AGAIN = 30.0  # real seconds after which the output says once more how it stands, where only figures have changed


class Waited:
    """Does ``wait``; a `Deed`."""

    outlives = False

    def __init__(self, do: WaitStep, doing: Doing) -> None:
        self._do, self._doing = do, doing
        self._over = asyncio.Event()
        self._stands = Stands(False, "", "")
        self._said = 0.0

    async def done(self) -> Outcome:
        """Look, until it is so or is to end."""
        while not self._over.is_set():
            try:
                await self._look()
            except ProviderError as error:
                return Outcome(RunState.FAILED, None, 0.0, f"cannot wait: {clean(str(error), 300)}")
            if self._stands.there:
                return Outcome(RunState.CONFIRMED, 0, 0.0)
            if not self._do.query:
                self._doing.world.refresh()
            await self._rest()
        return Outcome(RunState.FAILED, None, 0.0, f"was waited for in vain: {clean(self._stands.says, 200)}")

    async def begun(self) -> None:
        """It has no beginning that could be waited for."""

    def leave(self) -> None:
        """Nothing of it goes on."""

    async def end(self) -> str:
        """Look no more."""
        self._over.set()
        return clean(self._stands.says, 200)

    async def _look(self) -> None:
        world = self._doing.world
        do = self._do
        now = by_look(do, await world.look(do.look)) if do.query else stands(do, world.view())
        if now.says != self._stands.says:
            world.progress(self._doing.going.run_id, clean(now.says, 200))
        moment = asyncio.get_running_loop().time()
        if now.there or now.word != self._stands.word or moment - self._said >= _AGAIN:
            await self._doing.going.say(clean(now.says, 300))
            self._said = moment
        self._stands = now

    async def _rest(self) -> None:
        over = asyncio.ensure_future(self._over.wait())
        timer = asyncio.ensure_future(self._doing.world.sleep(self._do.every))
        try:
            await asyncio.wait({over, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
            timer.cancel()
