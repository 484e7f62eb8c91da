"""A link as a step: it stands in the output, and the screen offers to open it."""

from __future__ import annotations

from ...core.actions import RunState
from .doing import Outcome


class Link:
    """Does ``open``; a `Deed`. The address has been said before it began: there is nothing more to do here."""

    outlives = False

    async def done(self) -> Outcome:
        """It is done as soon as it is seen."""
        return Outcome(RunState.CONFIRMED, 0, 0.0)

    async def begun(self) -> None:
        """There is nothing to wait for."""

    def leave(self) -> None:
        """Nothing goes on."""

    async def end(self) -> str:
        """There is nothing to end."""
        return ""
