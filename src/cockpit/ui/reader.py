"""Reading a Markdown runbook: the whole text, boxes ticked in place, links followed, and its steps run from here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget

from ..core.alerts import Ref
from ..core.books import Book, Carried, boxes, carried
from ..core.margins import Tick
from ..core.prose import Kind, anchored
from ..engine.desk import Desk
from .box import Said
from .lines import Lines
from .look import Look
from .page import Line
from .prose import Prose
from .subject import titled
from .times import city, moment
from .walked import Walked

SAID_FOR = 6.0
"""Seconds that an answer stays at the foot."""
_ROOMY = 100


class Reader(Walked):
    """``alert`` is what it is read for: ticks are remembered for this firing of it, and told in ``zone``. It opens at ``anchor``
    where that is given and there, else where its reader was last. ``on_run`` runs it from the step of that number on, ``on_digit``
    what has that number on the board, ``on_link`` is given the addresses of links, ``on_copy`` a block's text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "step(1)", show=False),
        Binding("N", "step(-1)", show=False),
        Binding("right_square_bracket", "section(1)", show=False),
        Binding("left_square_bracket", "section(-1)", show=False),
        Binding("space", "tick", show=False),
        Binding("enter", "run", show=False),
        Binding("f", "run_from", show=False),
        Binding("o", "link", show=False),
        Binding("y", "copy", show=False),
        Binding("q", "leave", show=False),
        *(Binding(digit, f"digit({digit})", show=False) for digit in "123456789"),
    ]

    def __init__(
        self,
        desk: Desk,
        look: Look,
        name: str,
        alert: Ref | None,
        *,
        zone: str,
        anchor: str = "",
        on_run: Callable[[int], None],
        on_digit: Callable[[int], None],
        on_link: Callable[[Book, Sequence[str]], None],
        on_copy: Callable[[str], None],
    ) -> None:
        super().__init__(name)
        self._desk, self._of, self._alert, self._anchor = desk, name, alert, anchor
        self._zone = zone
        self._on_run, self._on_digit, self._on_link, self._on_copy = on_run, on_digit, on_link, on_copy
        self._above, self._prose = Said(id="facts", classes="-near"), Prose(look)
        self._book: Book | None = None
        self._carried = Carried({}, ())
        self._shown: object = None
        self._called = ""
        self._fading: Timer | None = None
        self._remark = ""
        self.add_class("-full")

    @property
    def text(self) -> Lines:
        """What is read."""
        return self._prose

    def inside(self) -> Iterable[Widget]:
        """What it does to the world or why it cannot run, then the text."""
        yield self._above
        yield self._prose

    def on_mount(self) -> None:
        """Begin to look."""
        self.listen(self._desk)
        self._look()
        self.call_after_refresh(self._open)

    def on_unmount(self) -> None:
        """The place is kept."""
        block = self._prose.block
        if block is not None:
            self._desk.leave(self._of, block.line)

    def _open(self) -> None:
        """To where one wants to read, once it is known how wide the lines are."""
        if self._book is None:
            return
        place = anchored(self._book.blocks, self._anchor) if self._anchor else None
        if place is not None:
            self._prose.to_block(place, head=True)
        elif self._anchor:
            self.say(f"there is no heading #{self._anchor} in it")
        elif line := self._desk.margin(self._of, self._alert).line:
            self._prose.to_line(line)

    def stirred(self) -> None:
        """Look in our own thread."""
        self._look()

    def _look(self) -> None:
        book, margin = self._desk.books().get(self._of), self._desk.margin(self._of, self._alert)
        if (book, margin.ticks, self._remark) == self._shown:
            return
        self._shown = (book, margin.ticks, self._remark)
        if book is None:
            self.say_keys(("esc", "close"), remark=Content.styled("its file is not there any more", "$role-refusal"))
            return
        self._book = book
        found = boxes(book.blocks)
        self._carried = carried(found.values(), margin.ticks)
        ticked = {at: self._ticked(margin.ticks[box]) for at, box in found.items() if box in margin.ticks}
        for at, box in found.items():
            if (old := self._carried.by_box.get(box)) is not None:
                ticked[at] = f"{self._ticked(margin.ticks[old])}, when it said: {old}"
        self._prose.show(book.blocks, ticked)
        self.retitle(" ", (self._titled(book), "bold"), (f"  {self._of} ", "$role-muted"))
        self._above.show(*self._facts(book), *self._lost())
        self._draw_keys(book)

    def _titled(self, book: Book) -> str:
        """The title with its values: with those that it had, where the alert is gone meanwhile."""
        plan = self._desk.plan(self._of, self._alert, {}) if book.runbook is not None else None
        if plan is not None and (plan.values or not self._called):
            self._called = titled(book.title, plan)
        return self._called if plan is not None else book.title

    def _ticked(self, tick: Tick) -> str:
        return f"{tick.who} {moment(tick.at, self._desk.view.now, self._zone)} {city(self._zone)}"

    def _facts(self, book: Book) -> list[Line]:
        if book.problems:
            return [Content.styled(f"cannot be run: {each}", "$role-refusal") for each in book.problems]
        if book.runbook is None:
            return [Content.styled("only to be read: without a front matter nothing of it runs", "$role-muted")]
        plan, steps = self._desk.plan(self._of, self._alert, {}), len(book.runbook.steps)
        changes = plan.changes or book.runbook.changes
        said = (f"! {changes}", "bold $role-warning") if changes is not None else ("reads only", "$role-ok")
        counted = f" · {steps} step{'s' * (steps != 1)}" if steps else " · nothing in it runs: it is to be read"
        on = f" · for {self._alert.id}" if self._alert is not None else ""
        return [Content.assemble(said, (counted + on, "$role-muted"))]

    def _lost(self) -> list[Line]:
        """Ticks whose boxes are gone, or say something else by now."""
        lost = self._carried.lost
        if not lost:
            return []
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        return [Content.styled(f"ticked, and not there any more in these words: {lost[0]}{more}", "$role-warning")]

    def _draw_keys(self, book: Book) -> None:
        ticks = [("space", "tick")] if any(block.box for block in book.blocks) else []
        runs = book.runbook is not None and bool(book.runbook.steps)
        steps = [("n N", "step"), ("enter", "run…"), ("f", "from here…")] if runs else []
        if self._remark:
            self.say_keys(("esc", "close"), remark=Content.styled(self._remark, "$role-refusal"))
            return
        roomy = self.size.width >= _ROOMY
        section, copy = [("[ ]", "section")] if roomy or not steps else [], [("y", "copy")] if roomy else []
        self.say_keys(*steps, *ticks, *section, ("o", "link"), *copy, ("esc", "close"))

    def say(self, text: str) -> None:
        """Answer at the foot, until the next key; it fades, as on the board."""
        if self._fading is not None:
            self._fading.stop()
        self._remark = text
        self._fading = self.set_timer(SAID_FOR, lambda: self.say("")) if text else None
        self._look()

    def on_key(self) -> None:
        """A remark stands until the next key."""
        if self._remark:
            self.say("")

    def action_step(self, way: int) -> None:
        """To the next step, or the one before."""
        if not self._prose.next(way):
            self.say("that was the last step" if way > 0 else "that was the first step")

    def action_section(self, way: int) -> None:
        """To the next heading, or the one before."""
        if not self._prose.next(way, heading=True):
            self.say("that was the last section" if way > 0 else "that was the first section")

    def action_tick(self) -> None:
        """Tick the box under the cursor; where there is none, go to the next."""
        block, at = self._prose.block, self._prose.at
        if self._book is None or block is None or at is None:
            return
        if not block.box:
            if not self._prose.next(1, box=True):
                self.say("there is no box to tick below this")
            return
        box = boxes(self._book.blocks)[at]
        self._desk.tick(self._of, self._alert, self._carried.by_box.get(box, box))
        self._look()

    def action_run(self) -> None:
        """Show what would be run, and ask."""
        if self._runs():
            self._on_run(1)

    def action_run_from(self) -> None:
        """The same, beginning with the step under the cursor, or the next below it."""
        at = self._prose.at
        if self._book is None or at is None or not self._runs():
            return
        first = next((block.step for block in self._book.blocks[at:] if block.step), 0)
        if first:
            self._on_run(first)
        else:
            self.say("there is no step from here on")

    def _runs(self) -> bool:
        if self._book is None or self._book.runbook is None or not self._book.runbook.steps:
            self.say("nothing of it runs" if self._book is None or not self._book.problems else "it cannot be run: see above")
            return False
        return True

    def action_digit(self, digit: int) -> None:
        """The digits mean here what they mean everywhere."""
        self._on_digit(digit)

    def action_link(self) -> None:
        """Follow the link under the cursor."""
        if self._book is not None and self._prose.urls:
            self._on_link(self._book, self._prose.urls)
        else:
            self.say("there is no link here")

    def action_copy(self) -> None:
        """Copy the block under the cursor."""
        block = self._prose.block
        if block is None or block.kind is not Kind.CODE:
            self.say("the cursor is on no block of code")
            return
        self._on_copy("\n".join(block.lines))
        self.say("copied")

    def on_lines_pressed(self, message: Lines.Pressed) -> None:
        """A click sets the cursor; nothing runs by the mouse alone."""
        message.stop()

    def on_lines_moved(self, message: Lines.Moved) -> None:
        """The cursor is on another line."""
        message.stop()
