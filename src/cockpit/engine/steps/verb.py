"""One of the cockpit's own verbs as a step: a run of its own, journalled before anything is sent, refused as on the screen."""

from __future__ import annotations

from ...core.actions import RunState
from ...core.steps.verb import VerbStep
from ...core.text import clean
from ...provider import ProviderError
from ..desk import Refused
from .doing import Doing, Outcome

_DONE = (RunState.ACCEPTED, RunState.CONFIRMED)


class Spoken:
    """Does ``verb``; a `Deed`."""

    outlives = False

    def __init__(self, do: VerbStep, doing: Doing) -> None:
        self._do, self._doing = do, doing

    async def done(self) -> Outcome:
        """Have it done, and wait for what the source says."""
        try:
            runs = await self._doing.world.do(self._do.action(self._doing.world.view().now))
        except (Refused, ProviderError) as no:
            return Outcome(RunState.FAILED, None, 0.0, f"was refused: {clean(str(no), 300)}")
        for run in runs:
            said = f"{run.what} {run.target}: {run.state.value}" + (f" ({run.reason})" if run.reason else "")
            await self._doing.going.say(f"{clean(said, 300)}  [{run.id}]")
        wrong = next((run for run in runs if run.state not in _DONE), None)
        if wrong is None:
            return Outcome(RunState.CONFIRMED, 0, 0.0)
        state = RunState.UNCERTAIN if wrong.state is RunState.UNCERTAIN else RunState.FAILED
        return Outcome(state, None, 0.0, f"ended as {wrong.state.value}: {wrong.reason}" if wrong.reason else wrong.state.value)

    async def begun(self) -> None:
        """It has no beginning that could be waited for."""

    def leave(self) -> None:
        """Nothing of it goes on."""

    async def end(self) -> str:
        """What has been sent cannot be called back."""
        return f"{self._do.verb} has been sent all the same: see its own run"
