"""The shift brief over the board: who takes over, what is open, what happened; at the head what changed since the hand-over."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.handover import LONGEST, Brief
from ..core.handover_words import sections, title
from ..engine.desk import Desk, Refused
from .box import Said
from .page import Line, Page
from .stirring import Stirring
from .times import city
from .times import zone as at_zone

SHOWN = 1000
"""So many lines of a list are shown; ``cockpit handover --limit`` shows more."""


_KEYS = [("j k", "scroll"), ("n", "note…"), ("h", "hand over…"), ("r", "gather again"), ("esc", "close")]


class HandoverBrief(Stirring):
    """The brief as it is when it opens, and again with ``r``: what one reads does not move. It is gathered in a thread, as reading
    the journal may take time; until it is there the box says so. Times are on the clock of ``zone``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", show=False),
        Binding("n", "note", show=False),
        Binding("h", "hand_over", show=False),
        Binding("q", "leave", show=False),
    ]

    def __init__(self, desk: Desk, zone: str = "UTC") -> None:
        super().__init__("Handover", _KEYS)
        self._desk, self.zone = desk, zone
        self._facts = Said(id="facts", classes="-near")
        self._remark = ""
        self._gathering = False
        self._brief: Brief | None = None
        self._gathered = False
        self.add_class("-full")

    @property
    def ready(self) -> bool:
        """Whether it has been gathered, or cannot be."""
        return self._gathered

    def inside(self) -> Iterable[Widget]:
        """What is going on, then the lines."""
        yield self._facts
        yield Page(indent=4)

    def on_mount(self) -> None:
        """Begin to gather."""
        self.query_one(Page).focus()
        self.listen(self._desk)
        self.action_again()

    def stirred(self) -> None:
        """Look in our own thread whether the rosters have come."""
        if self._gathering:
            self._look()

    def action_note(self) -> None:
        """Leave a note for the next shift."""
        from .flows import handover as flows

        self.run_worker(flows.note(self, self._desk), exit_on_error=True)

    def action_hand_over(self) -> None:
        """Mark it as handed over, once that is confirmed."""
        from .flows import handover as flows

        self.run_worker(flows.hand_over(self, self._desk, self._brief), exit_on_error=True)

    def again(self, text: str) -> None:
        """Gather it anew, and say what was done."""
        self._remark = text
        if self.is_attached:
            self.action_again()

    def say(self, text: str, kind: str = "message") -> None:
        """Answer over the lines."""
        self._say(text, "refusal" if kind == "refusal" else "message")

    def action_again(self) -> None:
        """Gather it anew."""
        if self._gathering:
            return
        self._gathering = True
        now = self._desk.view.now.replace(minute=0, second=0, microsecond=0)  # the same question within the hour
        self._between = (now - LONGEST, now + LONGEST + timedelta(hours=1))
        self._say("gathering…")
        self._look()

    def _look(self) -> None:
        laid = self._desk.laid_out(*self._between)
        if laid is None:
            self._say("asking who is on call…")
            return
        self._gathering = False
        self.run_worker(self._gather(), group="gathering", exclusive=True, exit_on_error=True)

    async def _gather(self) -> None:
        laid = self._desk.laid_out(*self._between)
        if laid is None:
            return
        try:
            self._brief = await asyncio.to_thread(self._desk.handover, laid)
        except Refused as error:
            self._say(str(error), "refusal")
        else:
            self._draw(self._brief)
        self._gathered = True

    def _say(self, text: str, role: str = "muted") -> None:
        self._facts.show(Content.styled(text, f"$role-{role}"))

    def _draw(self, brief: Brief) -> None:
        zone = at_zone(self.zone)
        lines: list[Line] = []
        for part in sections(brief, zone, SHOWN):
            if not part.lines:
                continue
            lines += [""] if lines else []
            changed = brief.handed is not None and not lines
            lines.append(Content.styled(part.heading, "bold $role-warning" if changed else "bold $role-key"))
            lines += [f"  {text}" for text in part.lines]
        self.retitle(" ", (title(brief, zone), "bold"), (f"  times in {city(self.zone)} ", "$role-muted"))
        mark = "" if brief.handed is not None else "not marked as handed over: h does it"
        self._say(self._remark or mark, "message" if self._remark else "muted")
        self._remark = ""
        self.query_one(Page).show(lines)
