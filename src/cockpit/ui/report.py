"""The report as a screen: is it getting easier, whom it called, how long it took, what only makes noise, what to automate."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from ..engine.desk import Desk, Refused
from ..engine.reporting import Reported
from .box import Box
from .lines import Lines
from .look import Look
from .report_words import sections
from .spans import RULE, Row, Spans, heading, width_of
from .times import city
from .times import zone as at_zone


class _Counted(Message):
    """It is there, or why it cannot be. Posted from the thread that counted."""

    def __init__(self, reported: Reported | None, problem: str = "") -> None:
        super().__init__()
        self.reported, self.problem = reported, problem


class Figures(Lines):
    """The lines of the report, which scroll; times are on the clock of ``zone``. ``said`` stands there while there are none."""

    DEFAULT_CSS = "Figures { height: 1fr; }"
    movable = False

    def __init__(self, look: Look, zone: str) -> None:
        super().__init__(look, id="report")
        self._clock = at_zone(zone)
        self.active = True
        self.said = ("counting …", "muted")
        self._reported: Reported | None = None
        self._headings: list[tuple[int, str]] = []

    def show(self, reported: Reported) -> None:
        """These figures."""
        self._reported = reported
        self.settle()

    def build(self, width: int) -> Sequence[Row]:
        rows: list[Row] = []
        self._headings = []
        for title, lines in sections(self._reported, width - 2, self._clock) if self._reported is not None else ():
            if rows:
                rows.append((len(rows), ()))
            self._headings.append((len(rows), title))
            for line in (((title, "title-focus"),), *lines):
                rows.append((len(rows), line))
        return rows

    def section(self, way: int) -> None:
        """To the next heading (``way`` 1), or the one before (-1)."""
        places = [at for at, _ in self._headings]
        found = [at for at in places if at > self.top] if way > 0 else [at for at in places[::-1] if at < self.top]
        if found:
            self.go(found[0])

    def head(self, width: int) -> Spans:
        """The section that one is in, where its title is out of sight, and how much there is still to come."""
        at, title = next(((at, title) for at, title in reversed(self._headings) if at <= self.top), (self.top, ""))
        below = max(0, self.count() - self.top - self.page)
        right = [(f"↓{below}", "muted")] if below else []
        if at == self.top:  # it stands below by itself
            tail: Spans = ((" ", ""), *right, (f" {RULE * 2}", "rule")) if right else ()
            return ((RULE * max(0, width - width_of(tail)), "rule"), *tail)
        return heading(width, (title, "muted"), (), right)

    def nothing(self) -> Sequence[Spans]:
        return ((("  ", ""), self.said),)


class Report(Box[None]):
    """The time from ``since`` to ``until`` (UTC), counted in a thread of its own while the keys stay live; days are ``zone``'s."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("ctrl+d,pagedown,space", "half(1)", show=False),
        Binding("ctrl+u,pageup,b", "half(-1)", show=False),
        Binding("g,home", "end(False)", show=False),
        Binding("G,end", "end(True)", show=False),
        Binding("right_square_bracket", "section(1)", show=False),
        Binding("left_square_bracket", "section(-1)", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, desk: Desk, look: Look, since: datetime, until: datetime, zone: str) -> None:
        super().__init__("Report", [("j k", "scroll"), ("[ ]", "section"), ("g G", "ends"), ("esc", "close")])
        self._desk, self._since, self._until, self._zone = desk, since, until, zone
        self._figures = Figures(look, zone)
        self._counted = False
        self.add_class("-full")

    @property
    def ready(self) -> bool:
        """Whether it has been counted, or cannot be."""
        return self._counted

    def inside(self) -> Iterable[Widget]:
        """The figures alone."""
        yield self._figures

    def on_mount(self) -> None:
        """Begin to count."""
        first, last = (each.astimezone(at_zone(self._zone)) for each in (self._since, self._until))
        days = max(1, round((self._until - self._since).total_seconds() / 86400))
        over = f"  {first:%Y-%m-%d} to {last:%Y-%m-%d}, {days} day{'s' * (days != 1)}, {city(self._zone)} time "
        self.retitle(" ", ("Report", "bold"), (over, "$role-muted"))
        threading.Thread(target=self._count, name="cockpit report", daemon=True).start()

    def _count(self) -> None:
        """In a thread of its own, which nobody waits for: whoever leaves has left."""
        try:
            counted = _Counted(self._desk.report(self._since, self._until, self._zone))
        except Refused as no:
            counted = _Counted(None, str(no))
        with suppress(RuntimeError):  # the whole screen has ended meanwhile
            self.post_message(counted)

    def on__counted(self, message: _Counted) -> None:
        """Show it, or why there is nothing to show."""
        self._counted = True
        if message.reported is not None:
            self._figures.show(message.reported)
            return
        self._figures.said = ("nothing could be counted", "muted")
        self._figures.redraw()
        self.say_keys(("esc", "close"), remark=Content.styled(message.problem, "$role-refusal"))

    def action_go(self, rows: int) -> None:
        """Scroll by rows."""
        self._figures.move(rows)

    def action_half(self, pages: int) -> None:
        """Scroll by half of what is in sight."""
        self._figures.move(pages * max(1, self._figures.page // 2))

    def action_end(self, last: bool) -> None:
        """To the first line, or the last."""
        self._figures.go(self._figures.count() - 1 if last else 0)

    def action_section(self, way: int) -> None:
        """To the next section, or the one before."""
        self._figures.section(way)

    def on_lines_pressed(self, message: Lines.Pressed) -> None:
        """A click means nothing here."""
        message.stop()
