"""Steps of runbooks that pretend: they print what such a program would, take a moment, and start nothing."""

from __future__ import annotations

import asyncio

from ..core.actions import RunState
from ..core.steps.ask import AskStep
from ..core.steps.interactive import InteractiveStep
from ..core.steps.manual import ManualStep
from ..core.steps.pick import PickStep
from ..core.steps.run import RunStep
from ..core.steps.step import Do
from ..engine.steps.doing import Deed, Doing, Outcome
from ..engine.steps.question import Question
from .scene import Scene
from .story.prints import printed

PACE = 0.3
"""Real seconds between two lines: as a program prints that has something to do."""


def pretended(scene: Scene, do: Do, doing: Doing) -> Deed:
    """The doing of a step: people are really asked, and all else is pretended."""
    if isinstance(do, AskStep | ManualStep) or (isinstance(do, PickStep) and do.command is None):
        return Question(do, doing)
    return Pretended(scene, do, doing)


class Pretended:
    """A `Deed` that prints what the story has for it."""

    outlives = False

    def __init__(self, scene: Scene, do: Do, doing: Doing) -> None:
        self._scene, self._doing = scene, doing
        self._words = do.argv if isinstance(do, RunStep | InteractiveStep) else (type(do).__name__,)
        self._ended = asyncio.Event()

    async def done(self) -> Outcome:
        """Print it line by line."""
        scene = self._scene
        said = printed(tuple(self._words), scene.at, scene.cures)
        for line in said.lines:
            await self._doing.feed(f"{line}\n".encode())
            try:
                async with asyncio.timeout(PACE):
                    await self._ended.wait()
                return Outcome(RunState.CANCELLED, None, 0.0, f"was ended: {self._doing.going.why}")
            except TimeoutError:
                continue
        if said.cures:
            scene.did(said.cures)
        return Outcome(RunState.CONFIRMED, 0, 0.0)

    async def begun(self) -> None:
        """It is under way as soon as it is asked for."""

    def leave(self) -> None:
        """It never goes on after the run."""
        self._ended.set()

    async def end(self) -> str:
        """Print no more."""
        self._ended.set()
        return ""
