"""What stands on the screen while something is looked for."""

from __future__ import annotations

from collections.abc import Iterable

from textual.widget import Widget

from .box import Box, Said


class Looking(Box[None]):
    """Stands while this machine is looked at for what fits: a key pressed meanwhile meets it, and not the board."""

    def inside(self) -> Iterable[Widget]:
        """What is waited for."""
        yield Said("Looking at this machine, and back in the readings, for what could have told of it earlier …")
