"""The filter in force, and the alert list that is kept by it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime
from time import perf_counter

import msgspec
from textual.timer import Timer

from ..core.actions import EndSilence, Run, RunState, Unack
from ..core.alerts import Alert, AlertState, Ref, Severity
from ..core.filters import Filter, parse
from ..core.groups import GroupKey
from ..core.responses import Escalate, Reassign
from ..core.rows import SEVERITIES, Ordered, Row, beginning
from ..core.stormrule import StormRule
from ..core.storms import Storms
from ..core.view import View
from ..provider import Clock
from .alerts import Alerts, Around
from .collapsing import Collapsing, Listed
from .entries import Entries, Opened
from .sifting import Sifting

SLICE, BETWEEN = 0.005, 0.001
"""Seconds that filtering goes on at a time, and that it leaves to keys in between."""
DRAWN = 0.05
"""Seconds between two drawings of a list that is still being filtered."""
_WENT = (RunState.PENDING, RunState.ACCEPTED, RunState.CONFIRMED)


class Filtering:
    """Gives ``pane`` its list, with its groups. ``storm`` says what a storm is, ``group_by`` what to group by when somebody asks
    for groups and says no more. ``later`` has something done after so many seconds; ``home`` gives what the cursor goes back to
    whenever the filter lets that through, or ``None``; ``settled`` is called when what took several slices is done."""

    def __init__(
        self,
        pane: Alerts,
        clock: Clock,
        later: Callable[[float, Callable[[], None]], Timer],
        home: Callable[[], Hashable],
        *,
        storm: StormRule,
        group_by: tuple[str, ...],
        settled: Callable[[], None] = lambda: None,
    ) -> None:
        self.filter: Filter = parse("")
        self.mine = False
        self._pane, self._clock, self._later, self._home = pane, clock, later, home
        self._view = View(now=clock.now())
        self._sifting = Sifting(clock.now())
        self._settled = settled
        self.storms = Storms(storm)
        self.collapsing = Collapsing(self.storms, group_by)
        self._touched: frozenset[Ref] | None = frozenset()
        self._seen: frozenset[Ref] = frozenset()
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
        self._seen = frozenset()
        home = self._home()
        near = self._pane.key if home is None else home
        ref = near if isinstance(near, Ref) else None
        self._sifting.choose(parse(self.text), self._view, self._clock.now(), ref, tentative=tentative)
        self._go_on()

    def take(self, view: View, now: datetime) -> None:
        """New facts."""
        self._seen = frozenset(ref for ref in self._seen if _burns(view.alerts.find(ref))) | self._leaving(view)
        self._view = view
        touched = self.storms.take(view.alerts, now)
        self._touched = None if touched is None or self._touched is None else self._touched | touched
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

    def toggle_groups(self) -> str:
        """From groups to none, and back; gives what to say about it."""
        said = self.collapsing.toggle()
        self._go_on(chosen=True)
        return said

    def group(self, by: tuple[str, ...] = (), *, apart: bool = False) -> None:
        """Group by these labels; with none only storms are told in groups, or (``apart``) nothing is."""
        self.collapsing.regroup(by, apart=apart)
        self._go_on(chosen=True)

    def open_group(self, key: GroupKey) -> None:
        """Show the alerts of a group alone."""
        self.collapsing.open(key)
        self._go_on(chosen=True)
        self._pane.go(0)

    def close_group(self) -> bool:
        """Show all again, with the cursor on the group; False where none is open."""
        key = self.collapsing.opened
        if key is None:
            return False
        self.collapsing.close()
        self._go_on(chosen=True)
        self._pane.seek(key)
        return True

    def _go_on(self, *, chosen: bool = False) -> None:
        """Filter and group for a moment, and draw what was found; the rest follows when keys have had their turn."""
        chosen |= self._step()
        self._draw(chosen)
        if self._busy and self._slice is None:
            self._slice = self._later(BETWEEN, self._next)

    @property
    def _busy(self) -> bool:
        return self._sifting.busy or self.collapsing.busy

    def _step(self) -> bool:
        """Go on for a moment; gives back whether another filter is the one that is shown now."""
        chosen = self._sifting.step(SLICE)
        self.collapsing.take(self._sifting.sieve.passed, self._view.alerts, self._touched)
        self._touched = frozenset()
        self.collapsing.step(SLICE)
        return chosen

    def _draw(self, chosen: bool) -> None:
        listed = self.collapsing.listed
        self._drawn_at = perf_counter()
        self._pane.show(listed, self._view, self._sifting.sieve.rule.text, chosen=chosen, around=self._around(listed))
        if (home := self._home()) is not None:
            self._pane.seek(home)

    def _around(self, listed: Listed) -> Around:
        return msgspec.structs.replace(self._about(listed), hides=self._hides())

    def _hides(self) -> int:
        """How many critical alerts that fire the filter hides, without those that it showed until the person here gave them back;
        -1 while it has not been asked about all."""
        sieve = self._sifting.sieve
        if not sieve.done:
            return -1
        passed, find = sieve.passed, self._view.alerts.find
        self._seen = frozenset(ref for ref in self._seen if passed.place(ref) is None and _burns(find(ref)))
        return _critical(self._view.alerts) - _critical(passed.rows) - len(self._seen)

    def _leaving(self, view: View) -> frozenset[Ref]:
        """Of what has changed, the critical alerts that fire now, are shown as they were before, and were given back."""
        change, before, passed = view.alerts.since(self._view.alerts), self._view, self._sifting.sieve.passed
        gone = (row.alert for row in change.gone) if change is not None else ()
        left = [each for each in gone if _burns(view.alerts.find(each.ref)) and passed.place(each.ref) is not None]
        return frozenset(each.ref for each in left if _given_back(each, before, view))

    def _about(self, listed: Listed) -> Around:
        if isinstance(listed, Opened):
            key = self.collapsing.opened
            return Around(listed.many, opened=(self.collapsing.group(key) or key) if key is not None else None)
        if not isinstance(listed, Entries):
            return Around(len(listed))
        many, find = len(listed.groups), self.collapsing.group
        said = f"{listed.collapsed} in {many} group{'s' * (many != 1)}" if many else ""
        if self.collapsing.by:
            return Around(listed.many, find, says=f"by {', '.join(self.collapsing.by)}" + f": {said}" * bool(said))
        return Around(listed.many, find, says=f"storm: {said}" * bool(said), storm=True)

    def _next(self) -> None:
        """One more slice."""
        self._slice = None
        chosen = self._step()
        if self._busy:
            self._slice = self._later(BETWEEN, self._next)
        if chosen or not self._busy or perf_counter() - self._drawn_at > DRAWN:
            self._draw(chosen)
        if not self._busy:
            self._settled()


def _burns(row: Row | None) -> bool:
    return row is not None and row.alert.severity is Severity.CRITICAL and row.alert.state is AlertState.FIRING


def _given_back(alert: Alert, before: View, after: View) -> bool:
    """Whether what was critical ``before`` fires again because the person here wanted that: who did it, knows. Where it may have
    come by itself (an acknowledgement timed out, another silence ended, too) or from others, it is news."""
    if alert.severity is not Severity.CRITICAL:
        return False
    own = [run for run in after.runs if run.who in after.me and run.state in _WENT]
    if alert.state is AlertState.SUPPRESSED and alert.silences:
        ended = {run.action.ref for run in own if isinstance(run.action, EndSilence)}
        return all(Ref(alert.ref.source, each) in ended for each in alert.silences)
    over = {run.id for run in before.runs if run.state.settled}  # what those did was seen then
    return any(run.id not in over and _frees(run, alert.ref) for run in own)


def _frees(run: Run, ref: Ref) -> bool:
    return isinstance(run.action, (Unack, Escalate, Reassign)) and ref in run.action.refs


def _critical(rows: Ordered) -> int:
    """How many of them are critical and fire. O(log n)."""
    return rows.before(beginning(AlertState.FIRING, SEVERITIES[1])) - rows.before(beginning(AlertState.FIRING))
