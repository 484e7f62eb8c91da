"""The filter in force, and the alert list that is kept by it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from time import perf_counter

from textual.timer import Timer

from ..core.alerts import Ref
from ..core.filters import Filter, parse
from ..core.view import View
from ..provider import Clock
from .alerts import Alerts
from .sifting import Sifting

SLICE, BETWEEN = 0.005, 0.001
"""Seconds that filtering goes on at a time, and that it leaves to keys in between."""
DRAWN = 0.05
"""Seconds between two drawings of a list that is still being filtered."""


class Filtering:
    """Gives ``pane`` its list. ``later`` has something done after so many seconds; ``home`` gives what the cursor goes back to
    whenever the filter lets that through, or ``None``."""

    def __init__(
        self, pane: Alerts, clock: Clock, later: Callable[[float, Callable[[], None]], Timer], home: Callable[[], Hashable]
    ) -> None:
        self.filter: Filter = parse("")
        self.mine = False
        self._pane, self._clock, self._later, self._home = pane, clock, later, home
        self._view = View(now=clock.now())
        self._sifting = Sifting(clock.now())
        self._slice: Timer | None = None
        self._drawn_at = 0.0

    @property
    def text(self) -> str:
        """The filter, as written, with ``@mine`` where only those are wanted."""
        return " ".join(part for part in ("@mine" if self.mine else "", self.filter.text.strip()) if part)

    def choose(self, text: str | None = None, mine: bool | None = None, *, tentative: bool = False) -> None:
        """Set the filter (it must be readable) or ``mine``. A ``tentative`` one, which is still being typed, changes nothing on the
        screen while it comes to nothing."""
        self.filter = self.filter if text is None else parse(text)
        self.mine = self.mine if mine is None else mine
        home = self._home()
        near = self._pane.key if home is None else home
        ref = near if isinstance(near, Ref) else None
        self._sifting.choose(parse(self.text), self._view, self._clock.now(), ref, tentative=tentative)
        self._go_on()

    def take(self, view: View, now: datetime) -> None:
        """New facts."""
        self._view = view
        self._sifting.take(view, now)
        self._go_on()

    def tick(self, now: datetime) -> None:
        """Time has passed: alerts have come of another age."""
        self._sifting.tick(self._view, now)
        if self._sifting.busy:
            self._go_on()

    def expect(self) -> None:
        """Somebody is about to type a filter."""
        self._sifting.expect()
        self._go_on()

    def rest(self) -> None:
        """Nobody types any more."""
        self._sifting.rest()

    def _go_on(self) -> None:
        """Filter for a moment, and draw what was found; the rest follows when keys have had their turn."""
        chosen = self._sifting.step(SLICE)
        self._draw(chosen)
        if self._sifting.busy and self._slice is None:
            self._slice = self._later(BETWEEN, self._next)

    def _draw(self, chosen: bool) -> None:
        sieve = self._sifting.sieve
        self._drawn_at = perf_counter()
        self._pane.show(sieve.passed, self._view, sieve.rule.text, chosen=chosen)
        if (home := self._home()) is not None:
            self._pane.seek(home)

    def _next(self) -> None:
        """One more slice."""
        self._slice = None
        chosen = self._sifting.step(SLICE)
        if self._sifting.busy:
            self._slice = self._later(BETWEEN, self._next)
        if chosen or not self._sifting.busy or perf_counter() - self._drawn_at > DRAWN:
            self._draw(chosen)
