"""A list whose row under the cursor is not pulled away: what leaves while it is looked at stays as a ghost, so that the next key
cannot hit its neighbour."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

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


class _Kept(Generic[T]):
    """A listing with ``one`` kept at a place that is not its own: its own is ``away``, or it has none any more."""

    def __init__(self, others: Listing[T], at: int, one: T, key: Hashable, away: int | None = None) -> None:
        self.others, self.away = others, away
        self._at, self._one, self._key = at, one, key

    def __len__(self) -> int:
        return len(self.others) + (self.away is None)

    def __getitem__(self, index: int) -> T:
        if index == self._at:
            return self._one
        index -= index > self._at
        return self.others[index + (self.away is not None and index >= self.away)]

    def __iter__(self) -> Iterator[T]:
        return (self[index] for index in range(len(self)))

    def place(self, key: Hashable) -> int | None:
        if key == self._key:
            return self._at
        found = self.others.place(key)
        if found is None:
            return None
        found -= self.away is not None and found > self.away
        return found + (found >= self._at)


class Haunted(Lines, Generic[T]):
    """A list of ``things``. What the cursor is on stays in its place, between its neighbours. When it has come to stand elsewhere,
    by what somebody did or by itself, it goes there when the person moves the cursor: the eye stays, and the next row is the next
    one. Nor does it stay for ever where nobody touches a key: after `GHOST_FOR` it goes there with the cursor on it, so that the
    list says again what is worst; but only to a place in sight, for nothing may scroll away by itself. When it leaves the list by
    itself, it stays until the cursor moves or `GHOST_FOR` has passed. What is still known (a filter hides it now) stays as it is;
    what is not is a *ghost*.

    ``lost``: every marked thing has gone by itself; what was meant for them must not fall to the row under the cursor.
    """

    things: Listing[T] = Few()
    lost = False
    anew = False
    """The facts that come next are of another time: nothing is held for them."""
    untouched: datetime | None = None
    """Since when no key was pressed; ``None`` = since ever."""
    _now: datetime | None = None
    _held: T | None = None
    _held_at = 0
    _ghost = False
    _since: datetime | None = None
    _strayed: datetime | None = None
    _stood: tuple[Hashable, object] | None = None
    """What the cursor is on, and the standing that it has its place by."""

    def identity(self, thing: T) -> Hashable:
        """The key of a thing."""
        raise NotImplementedError

    def standing(self, thing: T) -> Any:
        """What the list is ordered by."""
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
        if chosen or self.anew or here is None or key is None:
            self.anew = False
            self._held, self._stood, self.things = None, None, things
            return
        if self._stood is None or self._stood[0] != key:
            self._stood = key, self.standing(here)
        place = things.place(key)
        if place is not None:
            self._keep_or_let(things, key, place, self._stood[1])
            return
        found, was = known(key), self.ghost
        if self._held is None or self._ghost != (found is None):
            self._since = self._now
        self._ghost = found is None
        self._held = found if found is not None else was if was is not None else self.relic(here)
        self._held_at = self._place_of(self._stood[1], things)
        self.things = _Kept(things, self._held_at, self._held, key)

    def _keep_or_let(self, things: Listing[T], key: Hashable, place: int, stood: object) -> None:
        """It is listed at ``place``: there it stands, unless that is elsewhere because it is not what it was."""
        one = things[place]
        if stood == self.standing(one):
            self._held, self.things = None, things
            return
        at = self._place_of(stood, things)
        if not self._elsewhere:
            self._strayed = self._now
        self._held, self._ghost, self._since = one, False, None
        self._held_at = at - (at > place)
        self.things = _Kept(things, self._held_at, one, key, away=place)

    def _place_of(self, stood: Any, things: Listing[T]) -> int:
        """Before which of ``things``, which are in the order of their standing, one stands that has that standing. O(log n)."""
        return bisect_left(things, stood, key=self.standing)

    def count(self) -> int:
        return len(self.things)

    def index_of(self, key: Hashable) -> int | None:
        return self.things.place(key)

    def fade(self, now: datetime) -> bool:
        """Time has passed; gives back whether a ghost went, or what was kept away from its place, and the cursor with it."""
        self._now = now
        if self._elsewhere and self._goes_home(now):
            return True
        held = self._held is not None and not self._elsewhere
        if not (held or self.lost) or self._since is None or now - self._since < GHOST_FOR:
            return False
        self.lost = False
        if held:
            self._release()
        self.settle()
        return True

    def _goes_home(self, now: datetime) -> bool:
        """Let what is kept go to its own place, if nobody touched a key for long and that is in sight; the cursor goes with it."""
        since = max(filter(None, (self._strayed, self.untouched)), default=None)
        if since is None:
            self._strayed = now
            return False
        own = self.things.away if isinstance(self.things, _Kept) else None
        if now - since < GHOST_FOR or own is None or not self.top <= own < self.top + self.page:
            return False
        top = self.top
        self._release()
        self.settle()
        self.top = top
        self.redraw()
        return True

    @property
    def _elsewhere(self) -> bool:
        """Whether what is held is listed, at another place."""
        return isinstance(self.things, _Kept) and self.things.away is not None

    def _release(self) -> None:
        self._held = self._stood = None
        if isinstance(self.things, _Kept):
            self.things = self.things.others

    def go(self, to: int) -> None:
        """The person moves the cursor: what was held goes to its own place, or away."""
        self.lost = False
        last = len(self.things) - 1
        freed = self._held is not None and max(0, min(to, last)) != self._held_at
        if freed:
            wanted = self.identity(self.things[max(0, min(to, last))])
            self._release()
            self._make()
            place = self.things.place(wanted)
            to = place if place is not None and to <= last else len(self.things) - 1
        super().go(to)
        if freed:
            self.redraw()
