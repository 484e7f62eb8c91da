"""One run, with its output as it comes, and what it waits for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from ..core.actions import Cancel, Reply, Run, RunState, Start, called
from ..core.asking import Want
from ..core.roster import Naming
from ..core.steps.open import links
from ..core.units import say_seconds
from ..engine.desk import Desk, Refused, Session
from .box import Box, Said
from .browsing import browsed
from .coloured import coloured
from .page import Line, Page
from .run_words import GLYPHS, facts, said
from .stirring import Stirring
from .typed import Typed
from .undone import last_undo, ways_shown

KEPT = 10_000
"""So many lines of output stay on the screen's side; the file has all of them (or says what it had to leave out)."""


class RunOutput(Stirring):
    """One run: its state in the title, its output as it comes. It stays at the end until one scrolls up, and again from the end
    on.

    A question of the run opens by itself, and again with ``a``; ``u`` undoes what can be, once it is over. ``c`` asks whether to
    cancel it; ``/`` searches, ``n`` finds the next; ``o`` opens the links of its steps in turn; ``esc`` closes the box, and the run
    goes on. Times are on the clock of ``zone``; how long it has lasted is counted by ``mono``, in seconds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", show=False),
        Binding("a", "answer", show=False),
        Binding("u", "undo", show=False),
        Binding("o", "link", show=False),
        Binding("slash", "search", show=False),
        Binding("n", "next", show=False),
        Binding("q", "leave", show=False),
    ]
    EVERY = 0.25
    """Seconds between two looks at the output of a run that is going on."""

    def __init__(
        self, desk: Desk, run_id: str, zone: str = "UTC", names: Naming = str, *, mono: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("run")
        self._desk, self._zone, self._names, self._mono = desk, zone, names, mono
        self._run_id = run_id
        self._next = 0
        self._since: float | None = None
        self._remark = ""
        self._head: object = None
        self._empty = True
        self._ended = False
        self._cut = False
        self._found: int | None = None
        self._heeded = 0
        self._opened = 0
        self._box: Box[object] | None = None
        self.add_class("-full")

    def inside(self) -> Iterable[Widget]:
        """Facts, then output, then (while searching) the line."""
        yield Said(id="facts")
        yield Page(follow=True, indent=0, keep=KEPT)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one(Page).focus()
        self.listen(self._desk)
        self._timer = self.set_interval(self.EVERY, self._look)
        self._look()

    def stirred(self) -> None:
        """Look in our own thread."""
        self._look()

    def on_key(self) -> None:
        """A remark stands until the next key."""
        self._remark = ""

    @property
    def run_now(self) -> Run | None:
        """The run as the view has it."""
        return next((run for run in self._desk.view.runs if run.id == self._run_id), None)

    def _look(self) -> None:
        run = self.run_now
        output = self._desk.output(self._run_id, self._next)
        self._cut = self._cut or output.truncated
        page = self.query_one(Page)
        lines: list[Line] = []
        if output.first > self._next:
            kept = self._elsewhere(run) if run is not None else ""
            lines.append(Content.styled(f"… {output.first - self._next} lines are not shown{kept} …", "$role-warning"))
        lines += map(coloured, output.lines)
        self._next = output.first + len(output.lines)
        if lines:
            self._empty = False
            page.add(lines)
        if run is None or self._ended:
            return
        self._draw_head(run)
        self._heed(run.wants)
        if run.state.settled:
            self._end(run, truncated=output.truncated)

    def _draw_head(self, run: Run) -> None:
        """Title, facts and keys; drawn again only where they differ."""
        lasted = f", for {say_seconds(self._lasted(run))}" if run.state is RunState.RUNNING else ""
        dropped = self.query_one(Page).dropped
        head = (lasted, run, dropped, self._remark, self._cut)
        if head == self._head:
            return
        self._head = head
        mark, style = GLYPHS[run.state]
        self.retitle((f"{mark} {said(run)}{lasted}", style), (f"  {called(run)}", "bold"))
        lines = facts(run, self._zone, self._names)
        if dropped:
            lines.append(Content.styled(f"the first {dropped} lines are not kept here{self._elsewhere(run)}", "$role-warning"))
        self.query_one("#facts", Said).show(*lines)
        self._draw_keys(run)

    def _elsewhere(self, run: Run) -> str:
        """Where more of its output is than is shown: the file has all of it, or the beginning and the end of what was too much."""
        if not run.output_path:
            return ""
        return f": {'the beginning and the end' if self._cut else 'all of them'} are in {run.output_path}"

    def _lasted(self, run: Run) -> float:
        """Seconds that it has been going on. The view's clock is asked once: a view is only published when something differs."""
        if self._since is None:
            self._since = self._mono() - max(0.0, (self._desk.view.now - run.at).total_seconds())
        return self._mono() - self._since

    def _draw_keys(self, run: Run | None) -> None:
        going = run is not None and not run.state.settled and isinstance(run.action, Start)
        cancel = [("c", "cancel it")] if going else []
        if run is not None and run.wants is not None and self._desk.owns(run.id):
            cancel.insert(0, ("a", "answer"))
        if run is not None and self._links(run):
            cancel.append(("o", "link"))
        if run is not None and run.state.settled and self._undoable(run):
            cancel.append(("u", "undo"))
        remark = Content.styled(self._remark, "$role-refusal") if self._remark else ""
        self.say_keys(*cancel, ("/", "search"), ("esc", "close, the run goes on" if going else "close"), remark=remark)

    def _undoable(self, run: Run) -> bool:
        """Whether it is known that it can be undone, or can be found out."""
        back = self._desk.way_back(run.id)
        if back is not None:
            return not back.refused
        before = last_undo(run, self._desk.view.runs)
        again = before is not None and before.state.settled and before.state is not RunState.CONFIRMED
        return bool(ways_shown(run)) and (again or not self._desk.owns(run.id))

    @staticmethod
    def _links(run: Run) -> tuple[str, ...]:
        return links(run.action.preview) if isinstance(run.action, Start) else ()

    def action_link(self) -> None:
        """Open the link of a step; of several, the next one."""
        run = self.run_now
        if run is not None and (urls := self._links(run)):
            self._opened += 1
            self._say(browsed(self.app, urls[(self._opened - 1) % len(urls)]))

    def _say(self, remark: str) -> None:
        self._remark = remark
        self._draw_keys(self.run_now)

    def _end(self, run: Run, *, truncated: bool) -> None:
        self._ended = True
        self._timer.stop()
        last: list[Line] = []
        if truncated:
            last.append(Content.styled("truncated: it printed more than is kept, of which the middle is left out", "$role-warning"))
        if self._empty and isinstance(run.action, Start):
            last.append(Content.styled("it printed nothing", "$role-muted"))
        if isinstance(run.action, Start):
            last.append(Content.styled(f"{GLYPHS[run.state][0]} {said(run)}", f"bold {GLYPHS[run.state][1]}"))
        self.query_one(Page).add(last)

    def _heed(self, want: Want | None) -> None:
        """A question of a run that this cockpit began opens its box by itself, once; one that nobody has to answer any more takes
        its box away."""
        if want is None:
            box, self._box = self._box, None
            if box is not None and box.is_current:
                box.dismiss(None)
        elif want.number != self._heeded and self.is_current and self._desk.owns(self._run_id):
            self._heeded = want.number
            self.action_answer()

    def action_answer(self) -> None:
        """Ask what the run waits for."""
        run = self.run_now
        if run is None or run.wants is None:
            self._say("it waits for nothing")
            return
        if not self._desk.owns(run.id):
            self._say("another cockpit began that run: answer it there")
            return
        from .answering import ask_for  # here, because most runs ask nothing

        number = run.wants.number
        box, then = ask_for(run.wants, lambda value: self._reply(number, value), self._desk.terminal(run.id), self._step_aside)
        self._box = box
        self.app.push_screen(box, then)

    def _reply(self, number: int, value: str) -> None:
        try:
            self._desk.ask(Reply(self._run_id, number, value))
        except Refused as no:
            self._say(str(no))

    def _step_aside(self, session: Session) -> None:
        """Let a program have the terminal; how it ended is the answer."""
        from .answering import sit_at

        run = self.run_now
        if run is None or run.wants is None:
            self._say("it does not wait for this any more")
            return
        status = sit_at(self.app, session, lambda: self._desk.terminal(self._run_id) is None)
        if status is None:
            self._say("there is no terminal here that could be given away")
        else:
            self._reply(run.wants.number, str(status))

    def action_undo(self) -> None:
        """Show what would take back what it did, and do that after a ``y``."""
        from .flows.undo import undo  # here: a flow opens this box

        if (run := self.run_now) is not None:
            self.run_worker(undo(self.app, self._desk, run, self._say, self._follow), exit_on_error=True)

    def _follow(self, run_id: str) -> None:
        self.app.push_screen(RunOutput(self._desk, run_id, self._zone, self._names, mono=self._mono))

    def action_cancel(self) -> None:
        """Ask, then cancel."""
        run = self.run_now
        if run is None or run.state.settled:
            self._say("it has ended already")
            return
        reason = self._desk.why_not(Cancel(self._run_id))
        if reason:
            self._say(reason)
            return
        from .confirm import Confirm  # here, because most runs end by themselves

        lines = [
            f"{run.what} on {run.target or 'no target'}",
            "",
            "TERM goes to its whole process group; KILL, if it does not end."
            if run.far is None
            else f"{run.far.source} is asked to end it.",
        ]
        self.app.push_screen(Confirm("Cancel this run?", lines, yes="cancel it"), self._cancel)

    def _cancel(self, yes: bool | None) -> None:
        if not yes:
            return
        try:
            self._desk.ask(Cancel(self._run_id))
        except Refused as no:
            self._say(str(no))

    async def action_search(self) -> None:
        """Open the line for what to search."""
        if not self.query(Typed):
            await self.mount(Typed(placeholder="search, then n for the next", id="search"), before="#keys")
        self.query_one(Typed).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search."""
        event.stop()
        self.query_one(Page).focus()
        self._found = None
        self.action_next()

    def action_next(self) -> None:
        """To the next place that holds the text."""
        wanted = self.query_one(Typed).value if self.query(Typed) else ""
        page = self.query_one(Page)
        if not wanted:
            return
        place = page.find(wanted, -1 if self._found is None else self._found)
        if place is None:
            self._say(f"{wanted!r} is not in it")
            return
        self._found = place
        page.following = False
        page.go_to(place)

    def action_leave(self) -> None:
        """Close the search line, if that has the cursor, else the box."""
        if isinstance(self.focused, Typed):
            self.query_one(Page).focus()
        else:
            self.dismiss(None)
