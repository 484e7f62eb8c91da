"""The Traps pane: the early warnings that stand guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import msgspec

from ..core.alerts import Ref
from ..core.traps import TrapState, TrapView
from .haunted import Few, Haunted, Listing
from .look import Look
from .spans import Row, Span, Spans, cells, column, fit, heading, width_of

STATES: Mapping[TrapState, tuple[str, str]] = {
    TrapState.TRIPPED: ("✗", "tripped"),
    TrapState.BLIND: ("◌", "blind"),
    TrapState.WARNING: ("◆", "warning"),
    TrapState.ARMED: ("·", "ok"),
    TrapState.DISARMED: ("○", "disarmed"),
}
"""A glyph and a role for each state, in the order they are shown."""

_ORDER = {state: place for place, state in enumerate(STATES)}
_SAID = (TrapState.ARMED, TrapState.TRIPPED, TrapState.BLIND, TrapState.WARNING, TrapState.DISARMED)


def ref_of(trap: TrapView) -> Ref:
    """A trap's identity: its source, and its name there."""
    return Ref(trap.source, trap.trap.name)


WORTH_SAYING = 0.05
"""A reading that moved by less than this share of itself, or of its bound, is drawn with the next minute."""


FAR = 3600.0
"""Seconds: a forecast farther off than this is told anew with the minute."""


def _moved(said: TrapView, now: TrapView) -> bool:
    """Whether a calm trap's reading is another than the one drawn, by more than its last digits."""
    before, after = said.watch.reading, now.watch.reading
    if before is None or after is None:
        return said.says != now.says
    bound = now.trap.trip or now.trap.warn
    metric = bound.metric if bound is not None else next(iter(after.values), "")
    if metric not in before.values or metric not in after.values:
        return before.text != after.text
    old, new = before.values[metric], after.values[metric]
    return abs(new - old) > WORTH_SAYING * max(abs(old), abs(bound.value) if bound is not None else 0.0)


class Traps(Haunted[TrapView]):
    """Every trap, those that need a person first."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="traps")
        self.things: Listing[TrapView] = Few[TrapView]()
        self._words: dict[Ref, TrapView] = {}
        self._eager = False

    @property
    def traps(self) -> Sequence[TrapView]:
        """The traps as listed."""
        return tuple(self.things)

    def show(self, traps: Sequence[TrapView]) -> None:
        """New facts."""
        listed = tuple(sorted(traps, key=lambda each: (_ORDER[each.state], each.trap.name, each.source)))
        known = {ref_of(each): each for each in listed}
        self.hold(Few(listed, ref_of), lambda key: known.get(key) if isinstance(key, Ref) else None, chosen=False)
        self.settle()

    def renew(self, eager: bool = False) -> None:
        """Say what the newest looks found; ``eager``: and what later ones find at once, until this is called again, for somebody
        asked. In between a trap that stays armed, is heading nowhere and reads within `WORTH_SAYING` of what it says keeps its
        words: the last digits of twenty calm readings would be most of what an idle screen writes. Detail has the newest."""
        self._words.clear()
        self._eager = eager
        self.settle()

    def _says(self, each: TrapView) -> str:
        ref, kept = ref_of(each), self._words.get(ref_of(each))
        ahead = min(left for left in (each.watch.full_in, each.watch.trips_in, FAR) if left is not None)
        calm = each.state is TrapState.ARMED and ahead >= FAR
        if kept is None or self._eager or not calm or kept.state is not TrapState.ARMED or _moved(kept, each):
            kept = self._words[ref] = each
        return kept.says

    def identity(self, thing: TrapView) -> Hashable:
        return ref_of(thing)

    def relic(self, thing: TrapView) -> TrapView:
        return msgspec.structs.replace(thing, state=TrapState.DISARMED, says="gone: it is not set any more")

    def build(self, width: int) -> Sequence[Row]:
        room = width - 4
        longest = max((cells(each.trap.name) for each in self.traps), default=0)
        name = max(8, min(longest, room * 45 // 100))
        return [(ref_of(each), self._row(each, name, room - name - 2)) for each in self.traps]

    def _row(self, each: TrapView, name: int, says: int) -> Spans:
        glyph, role = STATES[each.state] if each is not self.ghost else ("○", "stale")
        calm = each.state in (TrapState.ARMED, TrapState.DISARMED)
        return (
            (glyph, role),
            (" ", ""),
            *column(each.trap.name, name, "text" if each.state is TrapState.ARMED else role),
            (fit(self._says(each), max(0, says)), "muted" if calm else role if each.state is TrapState.BLIND else "text"),
        )

    def head(self, width: int) -> Spans:
        counts = Counter(each.state for each in self.traps if each is not self.ghost)
        said = _counted(counts, short=False)
        if width_of(said) > width - 16:
            said = _counted(counts, short=True)
        right: list[Span] = []
        if self.folded and self.traps and self.traps[0].state not in (TrapState.ARMED, TrapState.DISARMED):
            first = self.traps[0]
            right = [(f"{STATES[first.state][0]} {first.trap.name}", STATES[first.state][1]), (f" {first.says}", "muted")]
        elif not self.folded and (below := self.count() - self.top - self.page) > 0:
            right = [(f"↓{below}", "muted")]
        return heading(width, ("Traps", "title-focus" if self.active else "title"), said, right)

    def nothing(self) -> Sequence[Spans]:
        return (((" No traps are set: cockpit init proposes some", "muted"),),)


def _counted(counts: Mapping[TrapState, int], *, short: bool) -> list[Span]:
    """How many there are in each state; ``short`` says a glyph for the word."""
    said: list[Span] = []
    for state in _SAID:
        if many := counts.get(state):
            glyph, role = STATES[state]
            quiet = state in (TrapState.ARMED, TrapState.DISARMED)
            word = glyph if short and state is not TrapState.ARMED else f" {state.value}"
            said += [(" · " if not short else " ", "muted")] * bool(said) + [(f"{many}{word}", "muted" if quiet else role)]
    return said
