"""Following a drill over the board: how far it is, who is told next, and what has happened in it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.actions import Ack
from ..core.alerts import Ref
from ..core.drills import DRILL_SUFFIX, Stage
from ..core.units import say_seconds
from ..engine.desk import Desk, Refused, Rehearsed
from ..engine.drill_words import called
from ..engine.drilling import Call
from ..provider import Clock
from .box import Said
from .incident import Timeline
from .lines import Lines
from .look import Look
from .stirring import Stirring
from .times import city, moment


class Drilled(Stirring):
    """The last drill of a trap, by its ``Ref``; ``route`` is who was to be told when it began, where that is known here.
    ``zone`` is the viewer's. The journal is read in another thread: each second, and whenever the engine has something new."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "go(1)", show=False),
        Binding("k,up", "go(-1)", show=False),
        Binding("a", "ack", show=False),
        Binding("q,D", "leave", show=False),
    ]
    EVERY = 1.0

    def __init__(self, desk: Desk, look: Look, clock: Clock, trap: Ref, zone: str, route: Sequence[Call] = ()) -> None:
        super().__init__(f"DRILL of {trap.id}", [("a", "ack: I have it"), ("esc", "leave it to itself")])
        self.found: Rehearsed | None = None
        self._desk, self._clock, self._trap, self._zone, self._route = desk, clock, trap, zone, route
        self._timeline = Timeline(look, zone)
        self._reads = False
        self.add_class("-full")

    def inside(self) -> Iterable[Widget]:
        """How far it is, and what happened."""
        yield Said(id="facts", classes="-near")
        yield self._timeline

    def on_mount(self) -> None:
        """Begin to read."""
        self.listen(self._desk)
        self.set_interval(self.EVERY, self.stirred)
        self.stirred()

    def stirred(self) -> None:
        """Read it anew, unless that is under way: a second later it is read again."""
        if not self._reads:
            self._reads = True
            self.run_worker(self._read(), exit_on_error=True)

    async def _read(self) -> None:
        try:
            found = await asyncio.to_thread(self._desk.follow_drill, self._trap.id)
        except Refused as no:
            self._say(str(no))
        else:
            if self.is_attached:
                self._show(found, self._clock.now())
        self._reads = False

    def _show(self, found: Rehearsed | None, now: datetime) -> None:
        self.found = found
        if found is None:
            self.query_one("#facts", Said).show(Content.styled("It has not begun yet …", "$role-muted"))
            return
        begun = f"{found.drill.who} began it {moment(found.drill.began_at, now, self._zone)} {city(self._zone)}"
        quiet = ", quietly: nobody is told" if found.drill.quiet else ""
        lines = [Content.styled(self._stands(found, now), f"bold $role-{'ok' if found.over else 'warning'}")]
        lines.append(Content.styled(begun + quiet, "$role-muted"))
        if not found.over:
            lines += [Content.assemble(("to be told  ", "$role-muted"), called(each)) for each in self._route]
        self.query_one("#facts", Said).show(*lines)
        self._timeline.show(found.lines)

    def _stands(self, found: Rehearsed, now: datetime) -> str:
        if found.over:
            return f"It is over. {found.over[:1].upper()}{found.over[1:]}."
        if found.stage is Stage.SIGNS:
            return f"It shows signs, and trips in {_left(found.drill.trips_at, now)}."
        held = next((each for each in self._desk.view.alerts if each.alert.ref == self._alert), None)
        by = f"{held.alert.acknowledged_by} has it" if held is not None and held.alert.acknowledged_by else "nobody has it yet"
        return f"It has tripped: {by}. It ends by itself in {_left(found.drill.until, now)}."

    @property
    def _alert(self) -> Ref:
        return Ref(self._trap.source, self._trap.id + DRILL_SUFFIX)

    def action_ack(self) -> None:
        """Say that I have it: the end of the route."""
        try:
            self._desk.ask(Ack((self._alert,)))
        except Refused as no:
            early = self.found is not None and not self.found.over and self.found.stage is Stage.SIGNS
            self._say("it has not tripped yet: there is nothing to acknowledge" if early else str(no))
        else:
            self.stirred()

    def _say(self, text: str) -> None:
        self.say_keys(("a", "ack"), ("esc", "leave"), remark=Content.styled(text, "$role-refusal"))

    def on_key(self) -> None:
        """A remark stands until the next key."""
        self.say_keys(("a", "ack: I have it"), ("esc", "leave it to itself"))

    def action_go(self, rows: int) -> None:
        """Move by rows."""
        self._timeline.move(rows)

    def on_lines_pressed(self, message: Lines.Pressed) -> None:
        """A click sets the cursor."""
        message.stop()

    def on_lines_moved(self, message: Lines.Moved) -> None:
        """The cursor is on another line."""
        message.stop()


def _left(at: datetime, now: datetime) -> str:
    return say_seconds(float(max(0, round((at - now).total_seconds()))))
