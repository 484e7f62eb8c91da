"""The filter of the alert list, as one types it: what was shown stays until there is something else to show."""

from __future__ import annotations

import math
from datetime import datetime

from ..core.alerts import Ref
from ..core.filters import parse
from ..core.ranking import Ranking
from ..core.terms import Filter
from ..core.view import View
from .sieve import Sieve
from .texts import Texts

PAGE = 100
"""Rows that a screen has: once another filter has let so many through, they are shown, and the rest is looked at later."""


class Sifting:
    """``sieve`` holds what the list shows. Another filter takes its place with the first row that it lets through, or when all have
    been looked at; a ``tentative`` one, which somebody is still typing, does not while it lets nothing through."""

    def __init__(self, now: datetime) -> None:
        self.sieve = Sieve(parse(""), Ranking(), (), now)
        self._every = Ranking()
        self._next: Sieve | None = None
        self._tentative = False
        self._whole = False  # whether the next one is shown when it is done, and not before: it is the same filter
        self._texts: Texts | None = None

    @property
    def busy(self) -> bool:
        """Whether `step` has something to do."""
        working = not self.sieve.done or (self._next is not None and not self._next.done)
        return working or (self._texts is not None and not self._texts.ready)

    def choose(self, rule: Filter, view: View, now: datetime, near: Ref | None = None, *, tentative: bool = False) -> None:
        """Look for what this filter lets through, around ``near`` first."""
        self._tentative = tentative
        if self._next is not None and self._next.rule == rule and not self._whole:
            return
        self._next, self._whole = None, False
        if self.sieve.rule != rule:
            self._begin(rule, view, now, near)

    def take(self, view: View, now: datetime) -> None:
        """New facts."""
        before, self._every = self._every, view.alerts
        if self._texts is not None:
            change = view.alerts.since(before)
            self._texts.add(change.come if change is not None else ())
            if change is None or self._texts.worn:
                self._texts = Texts(view.alerts)
        if self._next is not None and not self._next.take(view.alerts, view.me, now):
            self._begin(self._next.rule, view, now)
        if not self.sieve.take(view.alerts, view.me, now):
            self._again(view, now)

    def tick(self, view: View, now: datetime) -> None:
        """Time has passed: what is asked of an alert's age may be answered otherwise."""
        if not self.sieve.tick(now):
            self._again(view, now)

    def expect(self) -> None:
        """Somebody is about to type: make ready what words are looked for in."""
        self._texts = Texts(self._every)

    def rest(self) -> None:
        """Nobody types any more."""
        self._texts = None

    def step(self, seconds: float) -> bool:
        """Go on for so long; gives back whether another filter is the one that is shown now."""
        if self._next is not None and not (self._next.done and self._tentative and self._next.empty):
            self._next.step(seconds, enough=math.inf if self._whole else PAGE)
            shown = self._next.done if self._whole else not self._next.empty
            if shown or (self._next.done and not self._tentative):
                chosen = not self._whole
                self.sieve, self._next, self._whole = self._next, None, False
                return chosen
        elif not self.sieve.done:
            self.sieve.step(seconds)
        elif self._texts is not None:
            self._texts.prepare(seconds)
        return False

    def _begin(self, rule: Filter, view: View, now: datetime, near: Ref | None = None) -> None:
        row = view.alert(near) if near is not None else None
        self._next = Sieve(rule, view.alerts, view.me, now, self._texts, row)

    def _again(self, view: View, now: datetime) -> None:
        """The filter in force has to look at all rows anew; until it has, its list stays as it is."""
        if self._next is None:
            self._begin(self.sieve.rule, view, now)
            self._whole = True
