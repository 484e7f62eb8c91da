"""The week (or month) of the rosters: people and days, gaps in red, nights by everyone's own clock, everyone's load beside them."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.coverage import Name
from ..core.roster import known_as
from ..core.schedule import Schedule
from ..core.view import View
from ..engine.desk import Desk
from ..provider import Clock
from .box import Said
from .choices import Choices
from .rota import LOAD_HEAD, SIGNS, Frame, Line, Measure, heading, lines, load_text, measure, month_of, week_of
from .rota_words import about, summary
from .spans import fit
from .stirring import Stirring
from .subject import failed
from .times import city

_DAY = timedelta(days=1)
AHEAD = 63
"""Days in which one's next shift is looked for."""


class Week(Stirring):
    """A grid of people and days over a desk. ``zone`` is the viewer's; times are in it, nights are each person's own."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("h,left", "day(-1)", show=False),
        Binding("l,right", "day(1)", show=False),
        Binding("left_square_bracket,p", "period(-1)", show=False),
        Binding("right_square_bracket,n", "period(1)", show=False),
        Binding("w", "switch", show=False),
        Binding("t", "flow('take')", show=False),
        Binding("c", "flow('cover')", show=False),
        Binding("s", "flow('swap')", show=False),
        Binding("o", "flow('override')", show=False),
        Binding("u", "flow('undo')", show=False),
        Binding("q", "leave", show=False),
    ]
    EVERY = 1.0
    """Seconds between looks at what has been laid out meanwhile."""

    def __init__(self, desk: Desk, clock: Clock, zone: str) -> None:
        super().__init__("On call")
        self.desk, self.clock, self.zone = desk, clock, zone
        self.laid: Schedule | None = None
        self._offset, self._month = 0, False
        self._day = 0
        self._grid: tuple[Line, ...] = ()
        self._cut = Measure(8, 1, 1, False)
        self._drawn: object = None
        self._remark: tuple[str, str] = ("", "")
        self._view = desk.view
        self.add_class("-full")

    # ── for the flows ─────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def view(self) -> View:
        """What the desk shows now."""
        return self.desk.view

    @property
    def ahead(self) -> Schedule | None:
        """The next weeks, wherever the cursor is."""
        frame = week_of(self.clock.now(), self.zone)
        return self.desk.laid_out(frame.begin(0), frame.begin(AHEAD))

    @property
    def frame(self) -> Frame:
        """The days in sight."""
        return (month_of if self._month else week_of)(self.clock.now(), self.zone, self._offset)

    @property
    def line(self) -> Line | None:
        """The line under the cursor."""
        at = self.query_one(Choices).at
        return self._grid[at] if at < len(self._grid) else None

    @property
    def roster(self) -> Name | None:
        """The roster that the cursor is in."""
        return self.line.roster if self.line is not None else None

    @property
    def _me(self) -> str:
        me = known_as(self.laid.people, *self.view.me) if self.laid is not None else None
        return me.id if me is not None else ""

    @property
    def day(self) -> tuple[datetime, datetime]:
        """The day under the cursor, UTC."""
        return self.frame.begin(self._day), self.frame.begin(self._day + 1)

    def say(self, text: str, kind: str = "message") -> None:
        """Answer at the foot, until the next key."""
        self._remark = (text, "$role-refusal" if kind != "message" else "$role-message")
        self._draw_keys()

    def start(self, flow: Coroutine[Any, Any, object]) -> None:
        """Run a flow that opens boxes and waits for them."""
        self.run_worker(flow, exit_on_error=True)

    @property
    def _most(self) -> int:
        """How many lines there are for what is under the cursor."""
        return 5 if self.size.height >= 30 else 4 if self.size.height >= 22 else 2 if self.size.height >= 16 else 1

    # ── drawing ───────────────────────────────────────────────────────────────────────────────────────────────────

    def inside(self) -> Iterable[Widget]:
        """The days' names, the grid, what is under the cursor, and what the signs mean."""
        yield Said(id="days")
        yield Choices(self._row)
        yield Said(id="about")
        yield Said(id="signs")

    def on_mount(self) -> None:
        """Begin with today."""
        self._day = self.frame.day_of(self.clock.now()) or 0
        self.query_one(Choices).focus()
        self.listen(self.desk)
        self.set_interval(self.EVERY, self._look)
        self.call_after_refresh(self._look)
        _ = self.ahead  # asked for once, so that it is there when somebody wants to swap

    def on_resize(self) -> None:
        """Another width has other signs."""
        self.call_after_refresh(self._look)

    def stirred(self) -> None:
        """Look in our own thread."""
        self._look()

    def on_key(self) -> None:
        """A remark stands until the next key."""
        if self._remark[0]:
            self._remark = ("", "")
            self._draw_keys()

    def on_choices_moved(self) -> None:
        """Say what is under the cursor now."""
        self._look()

    def _look(self) -> None:
        """Fetch what is laid out, and draw it if anything differs; say what failed of what was asked for here."""
        before, self._view = self._view, self.view
        if no := failed(before, self._view):
            self.say(no, "refusal")
        frame, grid = self.frame, self.query_one(Choices)
        laid = self.desk.laid_out(frame.begin(0), frame.begin(frame.days))
        seen = (laid, frame, self._day, grid.at, grid.size, self._remark)
        if seen == self._drawn or not grid.size.width:
            return
        under = self.line
        self.laid, self._drawn = laid, seen
        longest = max((len(shift.name) for shift in laid.shifts), default=0) if laid is not None else 0
        self._cut = measure(grid.size.width - 4, frame.days, max(longest, len("nobody")))
        self._grid = lines(laid, frame, self._cut.parts) if laid is not None else ()
        at = next((n for n, line in enumerate(self._grid) if under is not None and _same(line, under)), grid.at)
        if under is None and self._grid:
            at = next((n for n, line in enumerate(self._grid) if line.person == self._me), 1)
        grid.show(len(self._grid), at)
        self._draw(frame, laid)

    def _draw(self, frame: Frame, laid: Schedule | None) -> None:
        first, last = frame.first, frame.first + (frame.days - 1) * _DAY
        what = f"{first:%B %Y}" if self._month else f"{first.day} {first:%b} – {last.day} {last:%b %Y}"
        self.retitle(("On call  ", "bold"), what, (f"  {city(self.zone)} time  ", "$role-muted"), *summary(laid))
        today, head = frame.day_of(self.clock.now()), list[str | tuple[str, str]]([" " * (self._cut.name + 3)])
        for number, text in enumerate(heading(frame, self._cut)):
            style = "bold $role-key" if number == today else "$role-muted"
            head.append((text, f"{style} on $role-cursor-back" if number == self._day else style))
        self.query_one("#days", Said).show(Content.assemble(*head, (LOAD_HEAD if self._cut.load else "", "$role-muted")))
        said, most = self.query_one("#about", Said), self._most
        said.styles.height = most
        said.show(*about(laid, self.line, *self.day, self.zone, most, self.clock.now()))
        self.query_one("#signs", Said).display = most > 1
        shown = [part for sign, word, role in SIGNS for part in ((sign, f"$role-{role}"), (f" {word}  ", "$role-muted"))]
        self.query_one("#signs", Said).show(Content.assemble(*shown))
        self._draw_keys()

    def _draw_keys(self) -> None:
        text, style = self._remark
        if text:
            self.say_keys(("esc", "close"), remark=Content.styled(text, style))
            return
        other = ("w", "week" if self._month else "month")
        more = [("s", "swap"), ("o", "override"), ("u", "undo")] if self.size.width >= 70 else []
        wide = [("[ ]", "earlier, later")] if self.size.width >= 100 else []
        self.say_keys(("t", "take"), ("c", "cover"), *more, *wide, other, ("esc", "close"))

    def _row(self, number: int, width: int) -> Content:  # noqa: ARG002 - measured once for all rows
        line = self._grid[number]
        if line.person is None:
            gaps = f"{NO}{line.gaps} gap{'s' * (line.gaps > 1)}" if line.gaps else ""
            return Content.assemble((line.label, "bold"), "  ", (gaps, "bold $role-critical"))
        style = "$role-who" if line.person else "bold $role-critical"
        parts: list[str | tuple[str, str]] = [(fit(line.label, self._cut.name), style), " "]
        for day, cells in enumerate(line.cells):
            under = " on $role-cursor-back" if day == self._day else ""
            parts += [(cell.sign, f"$role-{cell.role}{under}") for cell in cells]
            parts.append((" " * self._cut.gap, ""))
        if self._cut.load:
            parts.append((load_text(line.load), "$role-text"))
        return Content.assemble(*parts)

    # ── keys ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_day(self, by: int) -> None:
        """To another day; past the edge, into the next period."""
        days = self.frame.days
        if 0 <= self._day + by < days:
            self._day += by
        else:
            self._offset += by
            self._day = 0 if by > 0 else self.frame.days - 1
        self._look()

    def action_period(self, by: int) -> None:
        """A week or month earlier or later."""
        self._offset += by
        self._day = min(self._day, self.frame.days - 1)
        self._look()

    def action_switch(self) -> None:
        """The month that this day is in, or the week."""
        day, now = self.frame.first + self._day * _DAY, self.clock.now()
        self._month = not self._month
        today = week_of(now, self.zone).first if not self._month else month_of(now, self.zone).first
        if self._month:
            self._offset = (day.year - today.year) * 12 + day.month - today.month
        else:
            self._offset = (day - today).days // 7
        self._day = (day - self.frame.first).days
        self._look()

    def action_flow(self, name: str) -> None:
        """Change who is on call, asking first."""
        from .flows import rosters

        flow: Mapping[str, Any] = {
            "take": rosters.take, "cover": rosters.cover, "swap": rosters.swap, "override": rosters.override, "undo": rosters.undo,
        }  # fmt: skip
        self.start(flow[name](self))


NO = "✗ "


def _same(one: Line, other: Line) -> bool:
    return one.roster == other.roster and one.person == other.person
