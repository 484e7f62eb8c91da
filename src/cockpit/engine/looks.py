"""Looks going on: how many at once, what becomes of those that hang, and of those that come back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial

from ..core.traps import Event, Failed, Watch
from ..provider import Clock, Probe
from .look import Look
from .post import Post
from .probing import Outcome, event_of, recalled
from .timers import Timers

PLACES = 16
"""Looks that may be young at the same time."""

YOUNG = 0.5
"""Seconds after which a look that still waits gives its place to the next: what hangs must not keep others from looking."""

STALLED = 5.0
"""Seconds a timer may be late before the machine must have slept: then a look gets its time again."""


class Looks:
    """Begins looks and ends them. Each trap has one at most: while a look hangs past its deadline, no second one is begun, so that
    threads never pile up. ``make`` gives a post's probe (called in the look's thread), ``took`` is told what came of each look."""

    def __init__(self, clock: Clock, timers: Timers, make: Callable[[Post], Probe], took: Callable[[Post, Event], None]) -> None:
        self._clock, self._timers = clock, timers
        self._make, self._took = make, took
        self._queue: deque[Post] = deque()
        self._young = 0

    def begin(self, post: Post) -> None:
        """Look now, or when a place is free; a look that is still in its time simply goes on."""
        if post.retired or post.queued:
            return
        if post.look is None:
            post.queued = True
            self._queue.append(post)
            self._fill()
        elif post.look.over:
            self._took(post, Failed(self._clock.now(), post.late(self._clock.mono())))

    def give_up(self, post: Post, reason: str) -> None:
        """Wait no longer for the look that somebody waits for."""
        if post.waiting:
            self.drop(post)
            self._took(post, Failed(self._clock.now(), reason))

    def drop(self, post: Post) -> None:
        """Let the answer of a look that is under way count no more, and begin none that waits for a place."""
        if post.queued:
            post.queued = False
            self._queue.remove(post)
        if post.look is not None and not post.look.over:
            post.look.over = True
            post.look.cancel()
            self._vacate(post.look)

    def _fill(self) -> None:
        while self._queue and self._young < PLACES:
            post = self._queue.popleft()
            post.queued = False
            if post.look is None and not post.retired:
                self._start(post)

    def _start(self, post: Post) -> None:
        look = post.look = Look(self._clock.now(), self._clock.mono(), post.limit)
        self._young += 1
        try:
            look.start(post.trap.name, partial(self._probe, post, post.watch), partial(self._answered, post))
        except RuntimeError as error:
            post.look = None
            self._vacate(look)
            self._took(post, Failed(look.began, f"no thread to look in: {error}"))
            return
        self._timers.at(look.began_mono + YOUNG, partial(self._vacate, look))
        self._timers.at(look.deadline, partial(self._ran_out, post, look))

    def _probe(self, post: Post, watch: Watch) -> Probe:
        probe = post.probe
        if probe is None:
            probe = post.probe = self._make(post)
        return recalled(probe, watch)

    def _answered(self, post: Post, look: Look, outcome: Outcome) -> None:
        while post.heir is not None:  # the trap was configured anew meanwhile
            post = post.heir
        if post.look is look:
            post.look = None
        self._vacate(look)
        if not look.over and not post.retired:
            look.over = True
            self._took(post, event_of(post.trap, look.began, outcome))

    def _ran_out(self, post: Post, look: Look) -> None:
        if look.over:
            return
        now = self._clock.mono()
        if now - look.deadline > STALLED:
            look.deadline = now + look.limit
            self._timers.at(look.deadline, partial(self._ran_out, post, look))
            return
        look.over = True
        look.cancel()
        self._vacate(look)
        if not post.retired:
            self._took(post, Failed(look.began, post.overran()))

    def _vacate(self, look: Look) -> None:
        if look.holds:
            look.holds = False
            self._young -= 1
            self._fill()
