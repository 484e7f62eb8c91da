"""A box over the board that looks again whenever the engine has something new."""

from __future__ import annotations

from collections.abc import Sequence

from textual.message import Message

from ..engine.desk import Desk
from .box import Box, Hint


class _Stirred(Message):
    """The desk has something new."""


class Stirring(Box[None]):
    """`listen` begins it, which ends with the box; `stirred` is called in the screen's own thread."""

    def __init__(self, title: str, keys: Sequence[Hint] = ()) -> None:
        super().__init__(title, keys)
        self._posted = False
        self._forget = _nothing

    def listen(self, desk: Desk) -> None:
        """Be told from now on."""
        self._forget = desk.on_change(self._stir)

    def stirred(self) -> None:
        """Look: there is something new."""
        raise NotImplementedError

    def on_unmount(self) -> None:
        """Stop being told."""
        self._forget()

    def _stir(self) -> None:
        """Called in the engine's thread: `post_message` is the one thing that may be done from there. One message waits at most."""
        if not self._posted:
            self._posted = True
            self.post_message(_Stirred())

    def on__stirred(self) -> None:
        """Look in our own thread."""
        self._posted = False
        if self.is_attached:
            self.stirred()


def _nothing() -> None:
    """Nobody is told."""
