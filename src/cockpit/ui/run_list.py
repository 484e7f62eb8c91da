"""What was done: the list of runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from ..core.actions import Run, StartMany, called
from ..core.roster import Naming
from ..engine.desk import Desk
from .box import Said
from .choices import Choices
from .run_words import GLYPHS, said
from .runs import RunOutput
from .spans import cells, fit
from .stirring import Stirring
from .targets import Targets
from .timeline import state_word
from .times import city
from .times import zone as at_zone


class RunList(Stirring):
    """The runs, newest first; ``enter`` shows one with its output (of one for several targets, how each stands), ``a`` has
    ``again`` run it once more, ``u`` undoes what can be, whichever cockpit ran it. It keeps the cursor on the same run as others
    come. How long one has been going on, where it is opened, is counted by ``mono``, in seconds."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,R", "leave", show=False),
        Binding("a", "again", show=False),
        Binding("u", "undo", show=False),
    ]

    def __init__(
        self, desk: Desk, zone: str = "UTC", again: Callable[[Run], None] | None = None, names: Naming = str,
        *, mono: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        more = [("a", "run it again…")] if again is not None else []
        self._own_keys = [("enter", "output"), *more, ("u", "undo…"), ("j k", "move"), ("esc", "close")]
        super().__init__(f"Runs, times in {city(zone)}", self._own_keys)
        self._desk, self._zone, self._again, self._names, self._mono = desk, zone, again, names, mono
        self._runs: tuple[Run, ...] = ()
        self._columns = (0, 0, 0)
        self._remarked = False
        self.add_class("-full")

    def inside(self) -> Iterable[Widget]:
        """The list, or the word that there is nothing."""
        yield Said(id="none")
        yield Choices(self._row)

    def on_mount(self) -> None:
        """Show what there is, and what comes."""
        self.query_one(Choices).focus()
        self.listen(self._desk)
        self._look()

    def stirred(self) -> None:
        """Look in our own thread."""
        self._look()

    def _look(self) -> None:
        rows = self.query_one(Choices)
        under = self._runs[rows.at].id if self._runs else ""
        self._runs = newest_first(wholes(self._desk.view.runs))
        self._columns = (
            max((cells(called(run)) for run in self._runs), default=0),
            max((cells(said(run)) for run in self._runs), default=0),
            min(14, max((cells(self._names(run.who)) for run in self._runs), default=0)),
        )
        at = next((n for n, run in enumerate(self._runs) if run.id == under), 0)
        rows.show(len(self._runs), at)
        nothing = self.query_one("#none", Said)
        nothing.display = not self._runs
        nothing.show("Nothing has been done yet.")

    def _row(self, number: int, width: int) -> Content:
        """Columns of the same widths in every row. Where it is narrow the place of the target shrinks, never the state."""
        run = self._runs[number]
        mark, style = GLYPHS[run.state]
        narrow = width < 56
        when = "" if width < 44 else run.at.astimezone(at_zone(self._zone)).strftime("%H:%M  " if narrow else "%m-%d %H:%M  ")
        what, state, who = self._columns
        if narrow:
            what, state, who = min(what, 8 if width < 44 else 12), max(len(state_word(each.state)) for each in self._runs), 0
        stands = state_word(run.state) if narrow else said(run)
        state, what = min(state, max(17, width // 3)), min(what, width // 4)
        left: list[str | tuple[str, str]] = [(mark, style), " ", (when, "$role-muted"), (fit(called(run), what), "bold"), "  "]
        right: list[str | tuple[str, str]] = ["  ", (fit(stands, state), style)]
        right += [("  " + fit(self._names(run.who), who), "$role-who")] if who else []
        room = width - sum(cells(each if isinstance(each, str) else each[0]) for each in (*left, *right))
        if room < 8 and who:  # who is in the box that enter opens; on what is not guessed
            right, room = right[:2], room + who + 2
        return Content.assemble(*left, fit(run.target, max(4, room)), *right)

    def action_again(self) -> None:
        """Close the list, and have what is under the cursor run again: it is shown first."""
        if self._again is not None and self._runs:
            run = self._runs[self.query_one(Choices).at]
            self.dismiss(None)
            self._again(run)

    def action_undo(self) -> None:
        """Show what would take back what the run under the cursor did, and do that after a ``y``."""
        if self._runs:
            from .flows.undo import undo  # here: a flow leads to this box

            run = self._runs[self.query_one(Choices).at]
            self.run_worker(undo(self.app, self._desk, run, self._say, self._follow), exit_on_error=True)

    def _say(self, remark: str) -> None:
        self._remarked = bool(remark)
        self.say_keys(*self._own_keys, remark=Content.styled(remark, "$role-refusal") if remark else "")

    def _follow(self, run_id: str) -> None:
        self.app.push_screen(RunOutput(self._desk, run_id, self._zone, self._names, mono=self._mono))

    def on_key(self) -> None:
        """A remark stands until the next key."""
        if self._remarked:
            self._say("")

    def on_choices_chosen(self, event: Choices.Chosen) -> None:
        """Open it."""
        run = self._runs[event.at]
        box = Targets if isinstance(run.action, StartMany) else RunOutput
        self.app.push_screen(box(self._desk, run.id, self._zone, self._names, mono=self._mono))


def wholes(runs: Sequence[Run]) -> list[Run]:
    """Without those that are one of several targets: these are found in the run for all of them."""
    known = {run.id for run in runs if isinstance(run.action, StartMany)}
    return [run for run in runs if run.part_of not in known]


def newest_first(runs: Sequence[Run]) -> tuple[Run, ...]:
    """Runs by when they were begun, the newest first."""
    return tuple(sorted(runs, key=lambda run: run.at, reverse=True))
