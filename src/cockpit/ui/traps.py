"""The Traps pane: the early warnings that stand guard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import msgspec

from ..core.alerts import Ref
from ..core.regex import regex
from ..core.traps import TrapState, TrapView
from .haunted import Few, Haunted, Listing
from .look import Look
from .spans import Row, Span, Spans, cells, column, fit, heading, told_apart, width_of
from .told import Told, ref_of

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


class Traps(Haunted[TrapView]):
    """Every trap, those that need a person first."""

    def __init__(self, look: Look, told: Told) -> None:
        super().__init__(look, id="traps")
        self.things: Listing[TrapView] = Few[TrapView]()
        self._told = told

    @property
    def traps(self) -> Sequence[TrapView]:
        """The traps as listed."""
        return tuple(self.things)

    def show(self, traps: Sequence[TrapView]) -> None:
        """New facts."""
        listed = tuple(sorted(traps, key=_order))
        known = {ref_of(each): each for each in listed}
        self.hold(Few(listed, ref_of), lambda key: known.get(key) if isinstance(key, Ref) else None, chosen=False)
        self.settle()

    def identity(self, thing: TrapView) -> Hashable:
        return ref_of(thing)

    def standing(self, thing: TrapView) -> tuple[int, str, str]:
        return _order(thing)

    def relic(self, thing: TrapView) -> TrapView:
        return msgspec.structs.replace(thing, state=TrapState.DISARMED, says="gone: it is not set any more")

    def build(self, width: int) -> Sequence[Row]:
        room = width - 4
        longest = max((cells(each.trap.name) for each in self.traps), default=0)
        name = max(8, min(longest, room * 45 // 100))
        named = zip(self.traps, told_apart([each.trap.name for each in self.traps], name), strict=True)
        return [(ref_of(each), self._row(each, (called, name), room - name - 2)) for each, called in named]

    def _row(self, each: TrapView, named: tuple[str, int], says: int) -> Spans:
        glyph, role = STATES[each.state] if each is not self.ghost else ("○", "stale")
        calm = each.state in (TrapState.ARMED, TrapState.DISARMED)
        return (
            (glyph, role),
            (" ", ""),
            *column(*named, "text" if each.state is TrapState.ARMED else role),
            (
                fit(shortened(self._told.of(each).says, says), max(0, says)),
                "muted" if calm else role if each.state is TrapState.BLIND else "text",
            ),
        )

    def head(self, width: int) -> Spans:
        counts = Counter(each.state for each in self.traps if each is not self.ghost)
        said = _counted(counts, short=False)
        if width_of(said) > width - 16:
            said = _counted(counts, short=True)
        right: list[Span] = []
        if self.folded and self.traps and self.traps[0].state not in (TrapState.ARMED, TrapState.DISARMED):
            first = self.traps[0]
            glyph, role = STATES[first.state]
            right = [(f"{glyph} {first.trap.name}", role), (f" {self._told.of(first).says}", "muted")]
        elif not self.folded and (below := self.count() - self.top - self.page) > 0:
            right = [(f"↓{below}", "muted")]
        return heading(width, ("Traps", "title-focus" if self.active else "title"), said, right)

    def nothing(self) -> Sequence[Spans]:
        return (((" No traps are set: cockpit init proposes some", "muted"),),)


_AHEAD = ("full in ", "trips in ")
_FINER, _AMOUNT = regex(r"(\d+ [dhm]) \d+ [hms]$"), regex(r"\d+(?:\.\d+)? (?:%|[kMGTP]?i?B)")


def shortened(says: str, width: int) -> str:
    """What a trap says in ``width`` cells, its forecast whole: that loses its smaller unit, and the reading before it the words for
    its amount, rather than that one reads ``full in 3``."""
    first, _, rest = says.partition(" · ")
    ahead = rest.partition(" · ")[0]
    if cells(says) <= width or not ahead.startswith(_AHEAD):
        return says
    coarse, amount = _FINER.sub(r"\1", ahead), _AMOUNT.match(first)
    readings = (first, amount[0]) if amount is not None else (first,)
    tried = [f"{reading} · {forecast}" for reading in readings for forecast in (ahead, coarse)]
    return next((said for said in (*tried, coarse) if cells(said) <= width), says)


def _order(each: TrapView) -> tuple[int, str, str]:
    return _ORDER[each.state], each.trap.name, each.source


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
