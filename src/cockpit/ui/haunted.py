"""A list whose row under the cursor is not pulled away: what leaves while it is looked at stays as a ghost, so that the next key
cannot hit its neighbour."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from .lines import Lines

T = TypeVar("T")

GHOST_FOR = timedelta(seconds=60)
"""How long a ghost stays under the cursor that does not move."""


class Haunted(Lines, Generic[T]):
    """A list of ``things``. When the thing under the cursor leaves by itself, it stays in its place until the person moves the
    cursor or `GHOST_FOR` has passed. What is still known (a filter hides it now) stays as it is; what is not is a *ghost*.

    ``lost``: every marked thing has gone by itself; what was meant for them must not fall to the row under the cursor.
    """

    things: Sequence[T] = ()
    lost = False
    _now: datetime | None = None
    _held: T | None = None
    _held_at = 0
    _ghost = False
    _since: datetime | None = None

    def identity(self, thing: T) -> Hashable:
        """The key of a thing."""
        raise NotImplementedError

    def relic(self, thing: T) -> T:
        """What the ghost of a thing shows."""
        raise NotImplementedError

    @property
    def here(self) -> T | None:
        """The thing under the cursor."""
        return self.things[self.cursor] if self.cursor < len(self.things) else None

    @property
    def ghost(self) -> T | None:
        """The ghost under the cursor, if it is one."""
        return self._held if self._ghost and self._held is not None and self.key == self.identity(self._held) else None

    @property
    def ghosts(self) -> int:
        return int(self._held is not None and self._ghost)

    def hold(self, things: Sequence[T], known: Callable[[Hashable], T | None], *, chosen: bool) -> None:
        """New facts: ``things`` are to be listed, ``known`` finds one by its key whether it is listed or not. ``chosen``: the
        person asked for another list, and nothing is held. Call `settle` after it."""
        if self.marks:
            self.marks = {key for key in self.marks if known(key) is not None}
            if not self.marks:
                self.lost, self._since = True, self._now
        here, key, near = self.here, self.key, things[self.cursor : self.cursor + 1]
        if chosen or here is None or key is None or (near and self.identity(near[0]) == key):
            self._held, self.things = None, things
            return
        if any(self.identity(each) == key for each in things):
            self._held, self.things = None, things
            return
        found, was = known(key), self.ghost
        if self._held is None or self._ghost != (found is None):
            self._since = self._now
        self._ghost = found is None
        self._held = found if found is not None else was if was is not None else self.relic(here)
        self._held_at = min(self.cursor, len(things))
        self.things = (*things[: self._held_at], self._held, *things[self._held_at :])

    def fade(self, now: datetime) -> bool:
        """Time has passed; gives back whether a ghost went, and the cursor with it."""
        self._now = now
        if (self._held is None and not self.lost) or self._since is None or now - self._since < GHOST_FOR:
            return False
        self.lost = False
        self._release()
        self.settle()
        return True

    def _release(self) -> None:
        if self._held is not None:
            at, self._held = self._held_at, None
            self.things = (*self.things[:at], *self.things[at + 1 :])

    def go(self, to: int) -> None:
        """The person moves the cursor: what was held goes."""
        self.lost = False
        if self._held is not None and to != self._held_at:
            to -= to > self._held_at
            self._release()
            self._make()
        super().go(to)
