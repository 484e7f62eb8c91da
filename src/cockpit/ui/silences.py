"""The Silences pane: what hushes alerts now, what will, what has ended lately. While it is open it stands where the alerts do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime

import msgspec

from ..core.alerts import Ref, Silence, SilenceState
from ..core.roster import Naming
from ..core.silences import ends_soon, hushed, listed, order_of, under_way
from ..core.view import View
from .haunted import Few, Haunted, Listing
from .keys import TABLE, Key
from .look import Look
from .spans import Span, Spans, cells, column, fit, heading
from .times import drawn_age

STATES: Mapping[SilenceState, tuple[str, str, str]] = {
    SilenceState.ACTIVE: ("●", "active", "text"),
    SilenceState.PENDING: ("○", "pending", "muted"),
    SilenceState.EXPIRED: ("·", "expired", "muted"),
}
"""A glyph, a word and a role for each state."""
KEYS: Mapping[str, str] = {"silence": "change…", "extend": "extend…", "unack": "end…"}
"""What keys mean here, by key id: for the footer."""
ACK: tuple[str, str, str] = ("✓", "ack", "who")
"""The same for one that stands for an acknowledgement."""


def state_of(silence: Silence) -> tuple[str, str, str]:
    """How a silence stands, as a glyph, a word and a role."""
    return ACK if silence.ack else STATES[silence.state]


def ends(silence: Silence, now: datetime) -> tuple[str, str]:
    """When it ends (or begins, or ended), and the role: what ends within the hour stands out."""
    if silence.state is SilenceState.PENDING:
        return f"begins {_age(silence.starts_at, now)}", "text"
    if silence.state is SilenceState.EXPIRED:
        said = _age(now, silence.ends_at)
        return f"{said} ago" if said[0] != "<" else "just now", "muted"
    if silence.until_resolved:
        return "resolved", "text"
    left = f"{_age(silence.ends_at, now)} left"
    if silence.ack:
        return left, "muted"
    return (f"◆ {left}", "warning") if ends_soon(silence, now) else (left, "text")


def _age(later: datetime, earlier: datetime) -> str:
    return drawn_age(earlier, later)


def counted(silences: Sequence[Silence], now: datetime) -> tuple[str, ...] | None:
    """What the Alerts pane's title says of them: ``3 silences, 1 ends in 12m``; the same in short, where there is less room: ``3
    silences, 12m left``, ``12m left``; and last the role. ``None`` where there are none."""
    stand = [each for each in silences if each.state is SilenceState.ACTIVE and not each.ack]
    if not stand:
        return None
    soon = [each for each in stand if ends_soon(each, now)]
    many = f"{len(stand)} silence{'s' * (len(stand) > 1)}"
    if not soon:
        return many, "muted"
    first = min(each.ends_at for each in soon)
    several = "it ends" if len(stand) == 1 else "1 ends" if len(soon) == 1 else f"{len(soon)} end soon, the first"
    if len(soon) == len(stand) > 1:
        several = "the first ends"
    left = _age(first, now)
    return f"{many}, {several} in {left}", f"{many}, {left} left", f"{left} left", "warning"


class SilenceFace(msgspec.Struct, frozen=True):
    """All that the row of a silence shows."""

    state: tuple[str, str, str]
    ends: tuple[str, str]
    hits: str
    match: str
    who: str
    comment: str
    source: str
    gone: bool

    def spans(self, width: int) -> Spans:
        """The columns."""
        glyph, word, role = self.state
        calm, strong = ("muted", "muted") if role == "muted" else ("text", "strong")
        match, who, comment, source = widths(width)
        shown = (
            (f"{glyph} {word}", _STATE, role),
            (*self.ends[:1], _ENDS, self.ends[1]),
            (f"{self.hits:>{_HITS}}", _HITS, calm),
            (self.match, match, strong),
            (self.who, who, "who" if calm == "text" else calm),
            (self.comment, comment, calm),
            (self.source, source, "muted"),
        )
        return tuple(span for text, size, each in shown if size for span in column(text, size, "stale" if self.gone else each))


_STATE, _ENDS, _HITS = 9, 11, 4


def widths(width: int) -> tuple[int, int, int, int]:
    """Cells for match, who, comment and source; 0 = the column is left out."""
    left = width - _STATE - _ENDS - _HITS - 6
    who = 12 if width >= 64 else 0
    source = max(7, min(14, round(width * 0.09))) if width >= 96 else 0
    comment = round(left * 0.32) if width >= 90 else 0
    match = left - sum(each + 2 for each in (who, comment, source) if each)
    return max(8, match), who, comment, source


class Silences(Haunted[Silence]):
    """Every silence, in the groups of `core.silences.listed`. ``keys`` are the keys as remapped."""

    def __init__(self, look: Look, keys: Sequence[Key] = TABLE) -> None:
        super().__init__(look, id="silences")
        self._keys = {key.id: key.shown for key in keys if key.shown}
        self.things: Listing[Silence] = Few[Silence]()
        self._hits: Mapping[tuple[str, str], int] = {}
        self._doing: Mapping[Ref, str] = {}
        self._blind: tuple[str, ...] = ()
        self._alerts: object = None
        self.called: Naming = str
        """How people are called."""
        self.filter_text = ""
        """The filter of the alerts: it hides no silence, and what F would silence is shown."""
        self.open = False
        """Whether it stands in the place of the alerts: see `opened`."""

    def opened(self, on: bool, view: View) -> None:
        """It comes into the place of the alerts, or leaves it."""
        self.open = on
        self.show(view, chosen=True)

    def show(self, view: View, *, chosen: bool = False) -> None:
        """New facts; nothing is done with them while nobody looks. ``chosen``: it has just been opened."""
        if not self.open:
            return
        found = Few(listed(view.silences), lambda each: each.ref)
        if view.alerts is not self._alerts:
            self._hits, self._alerts = hushed(row.alert for row in view.alerts), view.alerts
        self._doing = under_way(view.runs)
        self._blind = tuple(each.source for each in view.blind)
        known = {each.ref: each for each in view.silences}
        self.hold(found, lambda key: known.get(key) if isinstance(key, Ref) else None, chosen=chosen)
        self.settle()

    def tick(self, now: datetime) -> bool:
        """Time has passed: draw what reads differently now; gives back whether a ghost went."""
        faded = self.fade(now)
        if self.open:
            self.redraw()
        return faded

    def identity(self, thing: Silence) -> Hashable:
        return thing.ref

    def standing(self, thing: Silence) -> tuple[int, int, float, Ref]:
        return order_of(thing)

    def relic(self, thing: Silence) -> Silence:
        return msgspec.structs.replace(thing, state=SilenceState.EXPIRED, ends_at=min(thing.ends_at, self._now or thing.ends_at))

    def marked(self) -> tuple[Ref, ...]:
        """The marked silences, in the order of the list."""
        return tuple(each.ref for each in self.things if each.ref in self.marks) if self.marks else ()

    def row_key(self, index: int) -> Ref:
        return self.things[index].ref

    def face_at(self, index: int) -> SilenceFace:
        """All that the row shows."""
        each = self.things[index]
        doing = self._doing.get(each.ref, "")
        end = (doing, "pending") if doing else ends(each, self._now) if self._now is not None else ("", "")
        hits = self._hits.get((each.ref.source, each.ref.id), 0)
        number = str(hits) if each.state is SilenceState.ACTIVE else ""
        comment = " ".join(each.comment.split())
        return SilenceFace(
            state_of(each), end, number, each.match, self.called(each.who), comment, each.ref.source, each is self.ghost
        )

    def head(self, width: int) -> Spans:
        groups = Counter("ack" if each.ack else each.state.value for each in self.things if each is not self.ghost)
        soon = sum(self._now is not None and ends_soon(each, self._now) for each in self.things)
        said: list[Span] = []
        for word in ("active", "pending", "expired", "ack"):
            if number := groups.get(word, 0):
                many = "s" if word == "ack" and number > 1 else ""
                said += [(" · ", "muted")] * bool(said) + [(f"{number} {word}{many}", "text")]
            if word == "active" and soon:
                said.append((f", {soon} end{'s' * (soon == 1)} within the hour", "warning"))
        right: list[Span] = [(self._keys["back"], "key"), (" alerts", "muted")] if "back" in self._keys else []
        if self.filter_text:
            shown = fit(self.filter_text, min(cells(self.filter_text), max(8, width // 3)))
            right = [("alerts ", "muted"), ("/ ", "key"), (shown, "text"), ("  ", ""), *right]
        if not self.folded and (below := self.count() - self.top - self.page) > 0:
            right = [(f"↓{below}  ", "muted"), *right]
        title = ("Silences", "title-focus" if self.active else "title")
        return heading(width, title, said, right, needs_right=bool(self.filter_text))

    def columns(self) -> Spans:
        if not self.things:
            return ()
        spans: list[Span] = [(f"  {'State':<{_STATE}}  {'Ends':<{_ENDS}}  {'Hits':>{_HITS}}  ", "muted")]
        for title, size in zip(("Match", "Who", "Comment", "Source"), widths(self.room - 2), strict=True):
            if size:
                spans.append((fit(title, size) + "  ", "muted"))
        return tuple(spans)

    def nothing(self) -> Sequence[Spans]:
        if self._blind:
            return ((), ((f" No silences on what I can see ({', '.join(self._blind)} blind)", "blind"),))
        make, also = self._keys.get("silence", ":silence"), self._keys.get("silence-filter", ":silence-filter")
        return ((), ((f" No silences. {make} on an alert makes one, {also} one for the filter in force.", "muted"),))
