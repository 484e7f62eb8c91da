"""A list whose row under the cursor is not pulled away: what leaves while it is looked at stays as a ghost, so that the next key
cannot hit its neighbour."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

from .lines import Lines

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

GHOST_FOR = timedelta(seconds=60)
"""How long a ghost stays under the cursor that does not move."""


class Listing(Protocol[T_co]):
    """Things in an order, found by their key: what a list is drawn from. They may be very many."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> T_co: ...
    def __iter__(self) -> Iterator[T_co]: ...
    def place(self, key: Hashable) -> int | None:
        """Where the thing with this key stands; ``None`` if it is not here."""
        ...


class Few(Generic[T]):
    """A listing of not so many."""

    def __init__(self, things: Sequence[T] = (), key_of: Callable[[T], Hashable] = id) -> None:
        self._things = things
        self._places = {key_of(thing): place for place, thing in enumerate(things)}

    def __len__(self) -> int:
        return len(self._things)

    def __getitem__(self, index: int) -> T:
        return self._things[index]

    def __iter__(self) -> Iterator[T]:
        return iter(self._things)

    def place(self, key: Hashable) -> int | None:
        return self._places.get(key)


class _With(Generic[T]):
    """A listing with one thing more in it."""

    def __init__(self, others: Listing[T], at: int, one: T, key: Hashable) -> None:
        self.others, self._at, self._one, self._key = others, at, one, key

    def __len__(self) -> int:
        return len(self.others) + 1

    def __getitem__(self, index: int) -> T:
        return self._one if index == self._at else self.others[index - (index > self._at)]

    def __iter__(self) -> Iterator[T]:
        return (self[index] for index in range(len(self)))

    def place(self, key: Hashable) -> int | None:
        if key == self._key:
            return self._at
        found = self.others.place(key)
        return found + (found >= self._at) if found is not None else None


class Haunted(Lines, Generic[T]):
    """A list of ``things``. When the thing under the cursor leaves by itself, it stays in its place until the person moves the
    cursor or `GHOST_FOR` has passed. What is still known (a filter hides it now) stays as it is; what is not is a *ghost*.

    ``lost``: every marked thing has gone by itself; what was meant for them must not fall to the row under the cursor.
    """

    things: Listing[T] = Few()
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

    def hold(self, things: Listing[T], known: Callable[[Hashable], T | None], *, chosen: bool) -> None:
        """New facts: ``things`` are to be listed, ``known`` finds one by its key whether it is listed or not. ``chosen``: the
        person asked for another list, and nothing is held. Call `settle` after it."""
        if self.marks:
            self.marks = {key for key in self.marks if known(key) is not None}
            if not self.marks:
                self.lost, self._since = True, self._now
        here, key = self.here, self.key
        if chosen or here is None or key is None or things.place(key) is not None:
            self._held, self.things = None, things
            return
        found, was = known(key), self.ghost
        if self._held is None or self._ghost != (found is None):
            self._since = self._now
        self._ghost = found is None
        self._held = found if found is not None else was if was is not None else self.relic(here)
        self._held_at = min(self.cursor, len(things))
        self.things = _With(things, self._held_at, self._held, key)

    def count(self) -> int:
        return len(self.things)

    def index_of(self, key: Hashable) -> int | None:
        return self.things.place(key)

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
        self._held = None
        if isinstance(self.things, _With):
            self.things = self.things.others

    def go(self, to: int) -> None:
        """The person moves the cursor: what was held goes."""
        self.lost = False
        freed = self._held is not None and to != self._held_at
        if freed:
            to -= to > self._held_at
            self._release()
            self._make()
        super().go(to)
        if freed:
            self.redraw()
