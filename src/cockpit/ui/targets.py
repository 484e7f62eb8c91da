"""A run for several targets, as a table: how each stands. Its rows stand in the order in which they are begun, and stay there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.actions import Cancel, Reply, Run, RunState, StartMany
from ..core.roster import Naming
from ..core.several import said as said_rule
from ..core.units import say_seconds
from ..engine.desk import Desk, Refused
from .box import Box, Said
from .choices import Choices
from .run_words import GLYPHS, facts, said
from .runs import RunOutput
from .spans import cells, fit
from .stirring import Stirring
from .timeline import state_word

_HEADS = ("target", "state", "step", "time", "exit")


class Targets(Stirring):
    """``enter`` shows what a target printed, ``c`` cancels it, ``C`` all of them, ``a`` answers what is asked: whether to go on
    after the first, or what the target under the cursor waits for. Times are on the clock of ``zone``; how long it has lasted is
    counted by ``mono``, in seconds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "cancel", show=False),
        Binding("C", "cancel_all", show=False),
        Binding("a", "answer", show=False),
        Binding("q", "leave", show=False),
    ]
    EVERY = 1.0
    """Seconds between two looks at how long what goes on has lasted."""

    def __init__(
        self, desk: Desk, run_id: str, zone: str = "UTC", names: Naming = str, *, mono: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__("run")
        self._desk, self._run_id, self._zone, self._names, self._mono = desk, run_id, zone, names, mono
        self._whole: Run | None = None
        self._parts: dict[int, Run] = {}
        self._since: dict[str, float] = {}
        self._remark = ""
        self._heeded = 0
        self._box: Box[object] | None = None
        self.add_class("-full")

    def inside(self) -> Iterable[Widget]:
        """Facts, heads, and the rows."""
        yield Said(id="facts")
        yield Choices(self._row)

    def on_mount(self) -> None:
        """Begin to look."""
        self.query_one(Choices).focus()
        self.listen(self._desk)
        self.set_interval(self.EVERY, self._look)
        self._look()

    def on_resize(self) -> None:
        """The heads stand above their columns, whose widths are known once it is laid out."""
        self.call_after_refresh(self._look)

    def stirred(self) -> None:
        """Look in our own thread."""
        self._look()

    def on_key(self) -> None:
        """A remark stands until the next key."""
        self._remark = ""

    @property
    def _aims(self) -> tuple[str, ...]:
        action = self._whole.action if self._whole is not None else None
        return tuple(aim.name for aim in action.aims) if isinstance(action, StartMany) else ()

    def _look(self) -> None:
        view = self._desk.view
        self._whole = next((run for run in view.runs if run.id == self._run_id), None)
        if self._whole is None:
            return
        self._parts = {int(run.id.rpartition(".")[2]): run for run in view.runs if run.part_of == self._run_id}
        for run in self._parts.values():
            self._since.setdefault(run.id, self._mono() - max(0.0, (view.now - run.at).total_seconds()))
        self._draw_head(self._whole)
        rows = self.query_one(Choices)
        rows.show(len(self._aims), rows.at)
        self._heed(self._whole)

    def _draw_head(self, run: Run) -> None:
        mark, style = GLYPHS[run.state]
        done = sum(each.state is RunState.CONFIRMED for each in self._parts.values())
        self.retitle((f"{mark} {said(run)}", style), (f"  {run.what} · {done} of {len(self._aims)} done", "bold"))
        lines = facts(run, self._zone, self._names)
        if isinstance(run.action, StartMany):
            lines.append(Content.styled(said_rule(run.action.rule, len(run.action.aims)), "$role-muted"))
        width = max(1, self.query_one(Choices).size.width - 4)
        lines += ["", Content.styled("  " + "".join(fit(head, room) for head, room in zip(_HEADS, self._rooms(width), strict=True)),
                                     "$role-muted")]  # fmt: skip
        self.query_one("#facts", Said).show(*lines)
        self._draw_keys()

    def _draw_keys(self) -> None:
        keys = [("enter", "output")]
        if self._whole is not None and not self._whole.state.settled:
            keys += [("c", "cancel it"), ("C", "cancel all")]
        if self._waits():
            keys.insert(0, ("a", "answer"))
        keys.append(("esc", "close, it goes on" if self._whole is not None and not self._whole.state.settled else "close"))
        self.say_keys(*keys, remark=Content.styled(self._remark, "$role-refusal") if self._remark else "")

    def _waits(self) -> Run | None:
        """The run whose question ``a`` answers: that of all of them, or of the target under the cursor, or of another."""
        here = self._here
        runs = (self._whole, *((here,) if here is not None else ()), *self._parts.values())
        return next((run for run in runs if run is not None and run.wants is not None and self._desk.owns(run.id)), None)

    @property
    def _here(self) -> Run | None:
        return self._parts.get(self.query_one(Choices).at + 1)

    def _rooms(self, width: int) -> tuple[int, ...]:
        """The widths of the columns: what is short is never cut, the target and its step share the rest."""
        state = 2 + max((cells(_stands(run)) for run in self._parts.values()), default=0)
        state, took, code = max(state, 16), 10, 5
        rest = max(8, width - state - took - code)
        steps = max((cells(_step(run)) for run in self._parts.values()), default=0)
        step = min(max(6, steps + 2), rest // 2)
        return rest - step, state, step, took, code

    def _row(self, number: int, width: int) -> Content:
        run = self._parts.get(number + 1)
        name, state, step, took, code = self._rooms(width)
        if run is None:
            over = self._whole is not None and self._whole.state.settled
            word = "- not begun" if over else "· waits its turn"
            return Content.assemble(fit(self._aims[number], name), (word, "$role-muted"))
        mark, style = GLYPHS[run.state]
        lasted = run.seconds if run.state.settled else self._mono() - self._since.get(run.id, self._mono())
        shown = say_seconds(float(int(lasted or 0))) if lasted is not None else ""
        exit_code = str(run.exit_code) if run.exit_code is not None else ""
        return Content.assemble(
            (fit(self._aims[number], name - 1) + " ", "bold"), (fit(f"{mark} {_stands(run)}", state - 1) + " ", style),
            fit(_step(run), step - 1) + " ", fit(shown, took), fit(exit_code, code),
        )  # fmt: skip

    def _say(self, remark: str) -> None:
        self._remark = remark
        self._draw_keys()

    def on_choices_moved(self) -> None:
        """What can be done depends on the row."""
        self._draw_keys()

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """Open what the target printed."""
        run = self._parts.get(event.at + 1)
        if run is None:
            self._say(f"{self._aims[event.at]} has not begun" if self._whole is not None else "")
        else:
            self.app.push_screen(RunOutput(self._desk, run.id, self._zone, self._names, mono=self._mono))

    # ── what is asked ─────────────────────────────────────────────────────────────────────────────────────────────

    def _heed(self, whole: Run) -> None:
        """Whether to go on after the first opens by itself, once, where this cockpit began it; and goes where it is settled."""
        if whole.wants is None:
            box, self._box = self._box, None
            if box is not None and box.is_current:
                box.dismiss(None)
        elif whole.wants.number != self._heeded and self.is_current and self._desk.owns(whole.id):
            self._heeded = whole.wants.number
            self._ask(whole)

    def action_answer(self) -> None:
        """Ask what is waited for."""
        run = self._waits()
        if run is None:
            self._say("nothing here waits for you")
        elif run.part_of:
            self.app.push_screen(RunOutput(self._desk, run.id, self._zone, self._names, mono=self._mono))  # which asks by itself
        else:
            self._ask(run)

    def _ask(self, run: Run) -> None:
        from .answering import ask_for  # here, because most runs ask nothing

        if run.wants is None:
            return
        number = run.wants.number
        box, then = ask_for(run.wants, lambda value: self._hand_over(Reply(run.id, number, value)), None, lambda _: None)
        self._box = box
        self.app.push_screen(box, then)

    # ── ended ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def action_cancel(self) -> None:
        """Ask, then cancel the target under the cursor."""
        run = self._here
        if run is None or run.state.settled:
            self._say("it has ended already" if run is not None else "it has not begun: C cancels all")
        else:
            self._confirm(run, "Cancel this target?", [f"{run.what} on {run.target}", "", _HOW, _NOT_WELL])

    def action_cancel_all(self) -> None:
        """Ask, then cancel all of it."""
        whole = self._whole
        if whole is None or whole.state.settled:
            self._say("it has ended already")
            return
        going = [run.target for run in self._parts.values() if not run.state.settled]
        left = len(self._aims) - len(self._parts)
        lines = [
            f"{whole.what} on {', '.join(going) or 'no target at present'}",
            f"{left} that have not begun never will.",
            "",
            _HOW,
        ]
        self._confirm(whole, "Cancel all of it?", lines)

    def _confirm(self, run: Run, title: str, lines: list[str]) -> None:
        if reason := self._desk.why_not(Cancel(run.id)):
            self._say(reason)
            return
        from .confirm import Confirm  # here, because most runs end by themselves

        box = Confirm(title, lines, yes="cancel it")
        self.app.push_screen(box, lambda yes: self._hand_over(Cancel(run.id)) if yes else None)

    def _hand_over(self, action: Cancel | Reply) -> None:
        try:
            self._desk.ask(action)
        except Refused as no:
            self._say(str(no))


_HOW = "TERM goes to its whole process group; KILL, if it does not end."
_NOT_WELL = "A target that was cancelled did not succeed: the others are begun or not as after a failure."


def _stands(run: Run) -> str:
    return "waits for you" if run.wants is not None else state_word(run.state)


def _step(run: Run) -> str:
    return run.step.removeprefix("step ")
