"""The lines around the panes: header, banner, folded tabs and footer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from ..core.alerts import AlertState, SilenceState
from ..core.roster import called_first
from ..core.sources import Health, SourceHealth
from ..core.traps import TrapState
from ..core.units import say_seconds
from ..core.view import View
from .drawn import Drawn
from .keys import Key
from .look import Look
from .places import SMALLEST
from .spans import Span, Spans, between, cells, fit, middle, strip, width_of
from .times import city, drawn_age, within, zone

HEALTHS: Mapping[Health, tuple[str, str]] = {
    Health.LIVE: ("●", "ok"),
    Health.STARTING: ("○", "muted"),
    Health.LATE: ("◐", "warning"),
    Health.INCOMPLETE: ("◑", "warning"),
    Health.BLIND: ("◌", "blind"),
    Health.PARKED: ("⊘", "blind"),
}
"""A glyph and a role for each state of a source's eyes."""

_WORST_FIRST = (Health.PARKED, Health.BLIND, Health.INCOMPLETE, Health.LATE, Health.STARTING, Health.LIVE)


class Line(Drawn):
    """One line, drawn again only if it differs."""

    DEFAULT_CSS = "Line { width: 1fr; height: 1; }"

    def __init__(self, look: Look, *, id: str) -> None:
        super().__init__(id=id)
        self.look = look
        self._spans: Spans | None = None

    def spans(self, width: int) -> Spans:
        """What it shows at this width."""
        raise NotImplementedError

    def redraw(self, everything: bool = False) -> None:
        """Draw it if it differs from what stands on the screen."""
        if everything:
            self.refresh()
        elif self.is_attached and self.size and self.spans(self.size.width) != self._spans:
            self.refresh(Region(0, 0, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if y:
            return Strip([Segment(" " * width, self.look.style("text"))], width)
        self._spans = self.spans(width)
        return strip(self._spans, width, self.look)


class Header(Line):
    """Title, clocks, who is on call, how well each source sees, and what must not be overlooked."""

    def __init__(self, look: Look, *, title: str, zones: Sequence[str]) -> None:
        super().__init__(look, id="header")
        self.title, self.zones = title, tuple(zones)
        self.small = False
        self._view: View | None = None
        self._now = datetime.fromtimestamp(0, UTC)
        self._since = 0.0

    def show(self, view: View, now: datetime, since: float) -> None:
        """New facts, or later: ``since`` are the seconds that passed since the view was made."""
        self._view, self._now, self._since = view, now, since
        self.redraw()

    def spans(self, width: int) -> Spans:
        if width < SMALLEST.width or self.size.height > 1:
            needs = f"{SMALLEST.width}×{SMALLEST.height}"
            whole = f"cockpit needs {needs}, this is {width}×{self.size.height}"
            return ((whole if cells(whole) <= width else f"needs {needs}", "text"),)
        alarms: list[Span] = []
        if self._view is not None and not self._view.journal.writes:
            alarms = [("  ", ""), (" NOT JOURNALLED ", "alarm")]
        if self._view is not None and self._view.read_only:
            alarms += [("  ", ""), (" READ-ONLY ", "alarm" if width < 60 else "message")]
        clock = [(f"{self._now:%H:%M:%S}", "strong"), (" UTC", "muted")]
        name: list[Span] = [(" cockpit", "strong"), (f" · {self.title}" if self.title else "", "text"), ("   ", "")]
        there: list[Span] = [(f" · {self._now.astimezone(zone(each)):%H:%M} {city(each)}", "muted") for each in self.zones]
        short = _sources(self._view, self._since, self._now, short=True)
        long = _sources(self._view, self._since, self._now, short=False)
        bare = _sources(self._view, self._since, self._now, short=True, bare=True)
        duty = self._on_call()
        who, beat = duty[:2], self._beat()
        for left, right in (
            ([*name, *clock, *there, *duty, *beat, *alarms], long),
            ([*name, *clock, *there, *duty, *beat, *alarms], short),
            ([*name, *clock, *there, *who, *beat, *alarms], short),
            ([*name, *clock, *who, *beat, *alarms], short),
            ([(" ", ""), *clock, *who, *beat, *alarms], short),
            ([(" ", ""), *clock, *who, *beat, *alarms], bare),
            ([(" ", ""), *clock, *beat, *alarms], _eyes(self._view)),
            ([(" ", ""), *clock, *who, *alarms], _eyes(self._view)),
            ([(" ", ""), *clock, *alarms], _eyes(self._view)),
        ):
            if width_of(left) + width_of(right) + 2 <= width:
                return between(left, [*right, (" ", "")], width)
        return ((" ", ""), *clock, *alarms)

    def _beat(self) -> list[Span]:
        """When the watch last beat outside: by the minute, so that the line is not drawn for each second."""
        found = self._view.outside if self._view is not None else None
        if found is None:
            return []
        last = f"{found.at:%H:%M}" if found.at is not None else "never"
        return [("    beat ", "muted"), (last, "critical" if found.late else "muted")]

    def _on_call(self) -> list[Span]:
        first = min(self._view.rosters, key=called_first, default=None) if self._view is not None else None
        if first is None:
            return []
        if first.now is None:
            return [("    on call ", "muted"), ("nobody", "critical" if first.always else "muted")]
        spans: list[Span] = [("    on call ", "muted"), (first.now.name, "who")]
        if first.next is not None and first.next.name != first.now.name and first.now.end is not None:
            left = max(0.0, (first.now.end - self._now).total_seconds())
            spans.append((f" → {first.next.name} in {say_seconds(left // 60 * 60 if left >= 60 else left)}", "muted"))
        return spans


def _sources(view: View | None, since: float, now: datetime, *, short: bool, bare: bool = False) -> list[Span]:
    """Each source with its age; ``short``: those that see as one, with the age of the oldest, ``bare`` without."""
    if view is None:
        return []
    every = sorted(view.sources, key=lambda each: _WORST_FIRST.index(each.health))
    live = [each for each in every if each.health is Health.LIVE]
    spans: list[Span] = []
    for each in every if not short else [each for each in every if each.health is not Health.LIVE]:
        glyph, role = HEALTHS[each.health]
        spans += [("  ", "")] * bool(spans) + [(f"{glyph} ", role), (each.source, "text" if each.health is Health.LIVE else role)]
        spans.append((_age(each, since, now), "muted" if each.health is Health.LIVE else role))
    if short and live:
        word = "live" if len(live) > 1 or spans else live[0].source
        spans += [("  ", "")] * bool(spans) + [("● ", "ok"), (f"{len(live)} {word}" if word == "live" else word, "muted")]
        if not bare:
            oldest = max(live, key=lambda each: max(each.age or timedelta(), each.late_after or timedelta()))
            spans.append((_age(oldest, since, now), "muted"))
    return spans


def _eyes(view: View | None) -> list[Span]:
    """How many sources see how well: ``◌1 ●2``, where there is no room for names."""
    spans: list[Span] = []
    for health in _WORST_FIRST:
        if many := sum(each.health is health for each in (view.sources if view is not None else ())):
            spans += [(" ", "")] * bool(spans) + [(f"{HEALTHS[health][0]}{many}", HEALTHS[health][1])]
    return spans


def _age(each: SourceHealth, since: float, now: datetime) -> str:
    """In a width of its own, so that nothing beside it moves when it grows. Of one that answers in time, how old its answers are at
    most: a figure that runs up from nothing between two polls, all night, says no more."""
    if each.health is Health.STARTING:
        return " starting"
    word = {Health.BLIND: " blind", Health.PARKED: " parked", Health.INCOMPLETE: " incomplete"}.get(each.health, "")
    if each.held and each.retry_in is not None:
        return f"{word} waits {max(0.0, each.retry_in.total_seconds() - since):3.0f}s"
    if each.age is None:
        return word
    age = each.age.total_seconds() + since
    if each.health is not Health.LIVE:
        return f"{word} {drawn_age(now - timedelta(seconds=age), now):>3}"
    return f" {within(max(age, each.late_after.total_seconds() if each.late_after is not None else 0.0)):>4}"


class Banner(Line):
    """What the cockpit has to say about itself; one line until it is read (``esc``)."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="banner")
        self._remarks: tuple[str, ...] = ()
        self._alarm = ""
        self._read: frozenset[str] = frozenset()

    @property
    def open(self) -> tuple[str, ...]:
        """The alarm, and the remarks that nobody has put away."""
        return (*[self._alarm] * bool(self._alarm), *(each for each in self._remarks if each not in self._read))

    def show(self, remarks: Sequence[str], alarm: str = "") -> bool:
        """New facts; gives back whether the line came or went. An ``alarm`` stands before all, and cannot be put away. What was
        put away comes back if it had ceased meanwhile."""
        before = bool(self.open)
        self._remarks, self._alarm = tuple(remarks), alarm
        self._read &= frozenset(remarks)
        self.redraw()
        return before != bool(self.open)

    def put_away(self) -> bool:
        """It has been read; gives back whether there was anything."""
        first = () if self._alarm else self.open[:1]
        self._read |= frozenset(first)
        self.redraw()
        return bool(first)

    def spans(self, width: int) -> Spans:
        first = self.open
        if not first:
            return ()
        if self._alarm:
            return ((" ", ""), (fit(f" {self._alarm} ", max(8, width - 2)), "alarm"))
        tail: list[Span] = [
            (f"  {len(first) - 1} more" if len(first) > 1 else "", "muted"),
            ("  esc", "key"),
            (" puts it away ", "muted"),
        ]
        if cells(first[0]) > width - 4 - width_of(tail):
            tail = [*tail[:-1], (" ", "")]  # what is said comes before how it is put away
        if len(first) > 1 and cells(first[0]) > width - 4 - width_of(tail):
            tail = [(f" +{len(first) - 1}", "muted"), (" esc", "key"), (" ", "")]  # and before how much more there is
        return between([(" ⚑ ", "message"), (middle(first[0], max(8, width - 4 - width_of(tail))), "text")], tail, width)


class Tabs(Line):
    """The panes as one line, where there is no room for a line each."""

    def __init__(self, look: Look) -> None:
        super().__init__(look, id="tabs")
        self._tabs: Sequence[tuple[str, str, str]] = ()
        self._pane = ""

    def show(self, tabs: Sequence[tuple[str, str, str]], pane: str) -> None:
        """(id, word, role) of each pane, and the one that is open."""
        self._tabs, self._pane = tabs, pane
        self.redraw()

    def spans(self, width: int) -> Spans:
        spans: list[Span] = [("─", "rule")]
        for id, word, role in self._tabs:
            spans += [(" ", ""), (word, "title-focus" if id == self._pane else role)]
        return (*spans, (" ", ""), ("─" * max(0, width - width_of(spans) - 1), "rule"))


def tabs(view: View, offered: int, front: str = "alerts") -> Sequence[tuple[str, str, str]]:
    """What `Tabs` shows of a view with so many runbooks on offer; ``front`` stands where the alerts do."""
    firing = view.alerts.count_in(AlertState.FIRING)
    tripped = sum(each.state is TrapState.TRIPPED for each in view.traps)
    silenced = sum(each.state is SilenceState.ACTIVE and not each.ack for each in view.silences)
    return (
        ("alerts", f"Alerts {firing}", "warning" if firing else "text")
        if front == "alerts"
        else ("silences", f"Silences {silenced}", "text"),
        ("detail", "Detail", "text"),
        ("runbooks", f"Run {offered}", "text"),
        ("traps", f"Traps {tripped}✗" if tripped else "Traps", "tripped" if tripped else "text"),
        ("oncall", "Call", "text"),
    )


class Footer(Line):
    """The keys that matter here, dimmed where they cannot work now; or, for a while, the answer to the last key."""

    def __init__(self, look: Look, table: Sequence[Key]) -> None:
        super().__init__(look, id="footer")
        self._table = tuple(table)
        self._here: Mapping[str, str] = {}
        self._words: Mapping[str, str] = {}
        self._keys = sorted((key for key in table if key.footer and key.keys), key=lambda key: key.footer)
        self._off: frozenset[str] = frozenset()
        self._said: Span | None = None
        self._right = ""

    def show(self, off: frozenset[str], right: str, here: Mapping[str, str] = {}, words: Mapping[str, str] = {}) -> None:
        """``off`` are the ids of keys that cannot work now; ``right`` stands at the right end. ``here`` are the keys that have a
        meaning of their own in this pane, by id, with its word: they come first, and what cannot work is left out. ``words`` are
        those of keys that do something else than usual for what the cursor is on."""
        self._off, self._right, self._here, self._words = off, right, here, words
        self.redraw()

    def say(self, text: str, role: str) -> None:
        """Answer a key; an empty text brings the keys back."""
        self._said = (text, role) if text else None
        self.redraw()

    def unsay(self, text: str) -> None:
        """That is not so any more: if it still stands here, the keys come back."""
        if self._said is not None and self._said[0] == text:
            self.say("", "")

    def spans(self, width: int) -> Spans:
        if self._said is not None:
            return ((" ", ""), (fit(self._said[0], max(0, width - 2)), self._said[1]))
        right: list[Span] = [(self._right + " ", "muted")] if self._right else []
        room = width - width_of(right) - 1
        keys = [*(key for id in self._here for key in self._table if key.id == id and key.keys), *self._keys]
        if self._here:
            keys = [key for key in keys if key.id in self._here or key.id not in self._off]
        last = [key for key in self._keys if key.id in ("help", "quit")]
        room -= sum(width_of(self._word(key)) for key in last)
        shown = []
        for key in dict.fromkeys(each for each in keys if each not in last):
            size = width_of(self._word(key))
            if size > room:
                break
            room -= size
            shown.append(key)
        spans = [span for key in (*shown, *last) for span in self._word(key)]
        return between([(" ", ""), *spans], right, width)

    def _word(self, key: Key) -> list[Span]:
        off = key.id in self._off
        bare = off and self.look.style("key-off").color is None  # where there is no colour, brackets say it
        shown = f"{key.keys[0]}-{key.keys[-1]}" if len(key.keys) > 2 else key.shown
        label = self._here.get(key.id) or self._words.get(key.id, key.label)
        if bare:
            return [(f"({shown} {label}) ", "key-off")]
        return [(shown, "key-off" if off else "key"), (f" {label}  ", "key-off" if off else "text")]
