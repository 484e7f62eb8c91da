"""What stands on the screen while something is looked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.widget import Widget

from .box import Box, Hint, Said


class Looking(Box[None]):
    """Stands while something is looked for off the screen's own thread, and says ``what``: a key pressed meanwhile meets it,
    and not the board."""

    def __init__(self, title: str, keys: Sequence[Hint], what: str) -> None:
        super().__init__(title, keys)
        self._what = what

    @property
    def ready(self) -> bool:
        """What it stands for is still to come."""
        return False

    def inside(self) -> Iterable[Widget]:
        """What is waited for."""
        yield Said(self._what)
