"""Traps that the process which keeps the traps does not look at: it has another config, or was begun before they were laid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ..core.traps import AHEAD, BLIND_AFTER_INTERVALS, Watch
from ..provider import Clock
from .post import Post

GRACE = 15.0
"""Seconds for which the keeper may be late with a look, beyond what the trap allows."""


class Strays:
    """Asked again and again by a process that follows. Two of them wait for different times, so that one of them comes first."""

    def __init__(self, clock: Clock, pid: int) -> None:
        self._clock = clock
        self._grace = GRACE + pid % 10
        self._noticed: dict[str, float] = {}

    def among(self, posts: Iterable[Post], known: Mapping[str, Watch], minded: Collection[str]) -> frozenset[str]:
        """The traps to look at here. ``known`` is what the journal knows; ``minded`` are those that are looked at here already:
        they are let go of as soon as the journal knows of a look that was not made here."""
        found: set[str] = set()
        noticed, now = self._noticed, self._clock.mono()
        self._noticed = {}
        for post in posts:
            name, watch = post.trap.name, known.get(post.trap.name, Watch())
            if name in minded:
                if not _newer(watch, post.watch):
                    found.add(name)
            elif self._is_left(post, watch):
                since = self._noticed[name] = noticed.get(name, now)
                if now - since >= post.limit + self._grace:
                    found.add(name)
        return frozenset(found)

    def _is_left(self, post: Post, watch: Watch) -> bool:
        if watch.checked_at is None:
            return True
        age = (self._clock.now() - watch.checked_at).total_seconds()
        return not -AHEAD <= age <= BLIND_AFTER_INTERVALS * post.every + GRACE


def _newer(there: Watch, here: Watch) -> bool:
    return there.checked_at is not None and (here.checked_at is None or there.checked_at > here.checked_at)
