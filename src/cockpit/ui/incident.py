"""Following an incident while it goes on: what it is now, and its timeline, which writes itself."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.incident_timeline import Line
from ..core.incidents import Incident
from ..core.roster import Naming, Person, display, known_as, person_id
from ..core.spoken import spoken
from ..core.view import View
from ..engine.desk import Desk, Followed, Refused
from ..provider import Clock
from .box import Said
from .incident_words import alerts, hurt, keys_of, packed, roles, rows, since, standing
from .item_words import lines as item_lines
from .lines import Lines
from .look import Look
from .spans import Row, Spans, heading
from .subject import failed
from .times import city
from .walked import Walked


class Timeline(Lines):
    """The lines of an incident, oldest first. The cursor stays on its line as others come."""

    DEFAULT_CSS = "Timeline { height: 1fr; }"

    def __init__(self, look: Look, zone: str) -> None:
        super().__init__(look, id="timeline")
        self.active = True
        self._zone, self._lines = zone, tuple[Line, ...]()

    def show(self, lines: Sequence[Line]) -> None:
        """The lines, or more of them."""
        first = not self._lines
        self._lines = tuple(lines)
        self.settle()
        if first:
            self.go(self.count() - 1)  # what has just happened is what one wants to see

    def build(self, width: int) -> Sequence[Row]:
        return rows(self._lines, width - 3, self._zone)  # the bar, and a gap at either side

    def head(self, width: int) -> Spans:
        """How much there is, and how much of it below."""
        below = max(0, self.count() - self.top - self.page)
        said = [(f"{len(self._lines)} lines, {city(self._zone)} time", "muted")]
        return heading(width, ("Timeline", "title-focus"), said, [(f"↓{below}", "muted")] if below else [])

    def nothing(self) -> Sequence[Spans]:
        return (((" Nothing has happened yet", "muted"),),)


class Following(Walked):
    """An incident by its id, as it goes on. ``zone`` is the viewer's, ``look`` how all is drawn. The journal is read in another
    thread: again whenever the engine has something new, and every `EVERY` seconds, for what other cockpits write. ``commands``:
    that journal is the one that ``cockpit``'s commands read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l", "flow('lead')", show=False),
        Binding("s", "flow('status')", show=False),
        Binding("n", "flow('note')", show=False),
        Binding("u", "flow('impact')", show=False),
        Binding("c", "flow('close')", show=False),
        Binding("t", "flow('trap')", show=False),
        Binding("a", "flow('items')", show=False),
        Binding("e", "flow('edit')", show=False),
        Binding("r", "flow('roles')", show=False),
        Binding("m", "flow('merge')", show=False),
        Binding("x", "flow('split')", show=False),
        Binding("o", "flow('reopen')", show=False),
        Binding("q,i", "leave", show=False),
    ]
    EVERY = 2.0

    def __init__(self, desk: Desk, look: Look, clock: Clock, incident: str, zone: str, *, commands: bool = True) -> None:
        super().__init__(incident)
        self.commands = commands
        self.desk, self.clock, self.zone = desk, clock, zone
        self.incident: Incident | None = None
        self.people: tuple[Person, ...] = ()
        self._which = incident
        self._facts, self._timeline = Said(id="facts", classes="-near"), Timeline(look, zone)
        self._remark: tuple[str, str] = ("", "")
        self._reads = self._again = False
        self._view = desk.view
        self._opened = clock.now()
        self.add_class("-full")

    @property
    def called(self) -> Naming:
        """How people are called here."""
        return display(self.people)

    def id_of(self, word: str) -> str:
        """The id of whoever goes by a word; who is none of `people` goes by that word."""
        return person_id(self.people, word)

    @property
    def me(self) -> str:
        """The id of who sits here; of none of `people`, the first of their names; "" if it is not known who that is."""
        known = known_as(self.people, *self.view.me)
        return known.id if known is not None else next(iter(self.view.me), "")

    def is_me(self, word: str) -> bool:
        """Whether that is who sits here. My names do not count one by one: each may be somebody else's, too."""
        return bool(word) and self.id_of(word) in (self.me, *map(self.id_of, self.view.me[:1]))

    @property
    def view(self) -> View:
        """What the desk shows now."""
        return self.desk.view

    @property
    def ready(self) -> bool:
        """Whether it has been read, or cannot be."""
        return self.incident is not None or bool(self._remark[0])

    @property
    def text(self) -> Lines:
        """What is read."""
        return self._timeline

    def inside(self) -> Iterable[Widget]:
        """What it is now, and what happened."""
        yield self._facts
        yield self._timeline

    def on_mount(self) -> None:
        """Begin to read."""
        self.listen(self.desk)
        self.set_interval(self.EVERY, self.look)
        self._draw_keys()
        self.look()

    def stirred(self) -> None:
        """Look in our own thread."""
        self.look()

    def look(self) -> None:
        """Read it anew; where that is under way, once more after it."""
        before, self._view = self._view, self.view
        if no := failed(before, self._view, self._opened):
            self.say(no, "refusal")
        self._again = self._reads
        if not self._reads:
            self._reads = True
            self.run_worker(self._read(), exit_on_error=True)

    async def _read(self) -> None:
        try:
            found = await asyncio.to_thread(self.desk.follow_incident, self._which)
        except Refused as no:
            self.say(str(no), "refusal")
        else:
            if self.is_attached:
                self._show(found, self.clock.now())
        self._reads = False
        if self._again and self.is_attached:
            self.look()

    def _show(self, found: Followed | None, now: datetime) -> None:
        if found is None:
            self.say(f"there is no incident {self._which}", "refusal")
            return
        self.incident, self.people = found.incident, found.people
        here = spoken(found.incident, self.called)
        self.retitle(" ", (here.id, "bold $role-key"), (f" {here.title} ", "bold"))
        facts = [("hurt", hurt(here, now, self.zone)), ("since", since(here, now, self.zone)), ("alerts", alerts(here))]
        facts += [("roles", said)] if (said := roles(here)) else []
        lines = [Content.assemble((f"{label:<8}", "$role-muted"), text) for label, text in facts]
        todo = item_lines(here.items, found.people, self.view, now)
        lines += [Content.assemble((" " * 8 if n else "actions ", "$role-muted"), *each) for n, each in enumerate(todo)]
        self._facts.show(Content.assemble(*standing(here, now)), *lines)
        self._timeline.show(found.lines)
        self._draw_keys()

    async def known(self) -> Mapping[str, Incident]:
        """Every incident there was; none, and it is said, where the journal cannot be read."""
        try:
            return await asyncio.to_thread(self.desk.incidents)
        except Refused as no:
            self.say(str(no), "refusal")
            return {}

    def say(self, text: str, kind: str = "message") -> None:
        """Answer at the foot, until the next key."""
        self._remark = (text, "$role-refusal" if kind != "message" else "$role-message")
        self._draw_keys()

    def on_key(self) -> None:
        """A remark stands until the next key."""
        if self._remark[0]:
            self.say("")

    def _draw_keys(self) -> None:
        text, style = self._remark
        if text:
            self.say_keys(("esc", "close"), remark=Content.styled(text, style))
            return
        self.foot.show(*packed(keys_of(self.incident), max(20, self.foot.size.width)))

    def on_resize(self) -> None:
        """The keys stand in as many lines as they need."""
        self.call_after_refresh(self._draw_keys)

    def action_flow(self, name: str) -> None:
        """Change it."""
        from .flows import incident, incident_changes

        if self.incident is not None:
            self.start((incident.CHANGES.get(name) or incident_changes.CHANGES[name])(self, self.desk, self.incident))

    def start(self, flow: Coroutine[Any, Any, object]) -> None:
        """Run a flow that opens boxes and waits for them."""
        self.run_worker(flow, exit_on_error=True)

    def on_lines_pressed(self, message: Lines.Pressed) -> None:
        """A click sets the cursor."""
        message.stop()

    def on_lines_moved(self, message: Lines.Moved) -> None:
        """The cursor is on another line."""
        message.stop()
