"""The two input lines of the board, made when first wanted: nobody who only looks pays for them."""

from __future__ import annotations

from collections.abc import Hashable
from time import monotonic
from typing import TYPE_CHECKING

from textual import events
from textual.screen import Screen

from ..core.filters import parse
from .ahead import Ahead, Pressed
from .compositor import paint_at_once

if TYPE_CHECKING:
    from .command import CommandLine
    from .filterline import FilterLine

FILTER, COMMAND = "line-filter", "line-command"
IDS = (FILTER, COMMAND)
_SIGNS = {"/": "filter", ":": "command"}  # what a line begins with, as it stands on the screen


def sign(pasted: str) -> str | None:
    """The id of the line that a text begins as it stands on the screen."""
    return _SIGNS.get(pasted.lstrip()[:1])


class InputLines(Screen[None], inherit_bindings=False, inherit_css=False):
    """What the board does with its input lines. While one is open it has the keys; closed, the panes have them back. All of its
    style is in ``board.tcss``: what Textual gives a screen is for scrolling and for text that is selected."""

    home: Hashable = None
    """What the cursor stood on when the filter line opened: it goes back there whenever the filter lets that through."""
    pressed_at = 0.0
    presses = 0
    """How many keys there have been."""
    """When the last key was pressed, in seconds of the monotonic clock."""
    _opening = False
    _focused_at = 0.0

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._early: list[Pressed] = []
        self.ahead = Ahead(self)

    def sift(self, text: str, *, tentative: bool = False) -> None:
        """The filter is this now; ``tentative``: it is still being typed."""
        raise NotImplementedError

    def typing(self, on: bool) -> None:
        """The filter line opens, or is closed."""
        raise NotImplementedError

    def command_line(self) -> CommandLine:
        """A command line with what may follow each command."""
        raise NotImplementedError

    def obey(self, text: str) -> None:
        """Do what was typed on the command line."""
        raise NotImplementedError

    def pressed(self, key: str) -> bool:
        """A key for the board; gives back whether it means anything."""
        raise NotImplementedError

    def harmless(self, event: Pressed) -> bool:
        """Whether that may be typed before one sees what is on the board now."""
        raise NotImplementedError

    def opens_line(self, event: Pressed) -> bool:
        """Whether that opens the filter's line or the command's."""
        raise NotImplementedError

    def acts(self, text: str) -> bool:
        """Whether what was typed on the command line does something to what is on the board."""
        raise NotImplementedError

    @property
    def has_line(self) -> bool:
        """Whether a line has the keys, or is about to."""
        return self._opening or self.focused is not None

    def do(self, id: str, key: str = "") -> None:
        """What the key of that id in the table does."""
        raise NotImplementedError

    def say(self, text: str, kind: str = "message") -> None:
        """Answer in the footer."""
        raise NotImplementedError

    def on_key(self, event: events.Key) -> None:
        """Keys go where the person meant them: to the line that is about to open, though it was not there yet when they were
        pressed; to the box that has opened since, never past it to the board."""
        self.pressed_at = event.time
        self.presses += 1
        if not self.is_active:
            event.stop()  # pressed for a box that was opening: it takes no key so early
        elif self._opening:
            event.stop()
            self._early.append(event)
        elif self.focused is not None:
            if event.time < self._focused_at:
                event.stop()
                self.focused.post_message(events.Key(event.key, event.character))
        elif self.pressed(event.key):
            event.stop()
            event.prevent_default()
            paint_at_once(self)

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted goes into the line that is open or about to open. Where none is, it opens the one that its first character
        stands for; it is never taken for keys."""
        event.stop()
        if not self.is_active:
            return
        if self._opening:
            self._early.append(event)
        elif self.focused is not None:
            if event.time < self._focused_at:
                self.focused.post_message(events.Paste(event.text))
        elif (id := sign(event.text)) is not None:
            self.do(id)
            if self._opening:
                self._early.append(events.Paste(event.text.strip()[1:]))
        else:
            self.say("what is pasted is no keys: / or : opens a line for it", "refusal")

    async def open_filter(self, text: str) -> None:
        """Open the line for the filter with ``text``."""
        self.typing(True)
        from .filterline import FilterLine

        line = next(iter(self.query(FilterLine)), None)
        if line is None:
            await self.mount(line := FilterLine(parse, self._try, id=FILTER))
        await line.open(text)
        self._wait(line)

    async def open_command(self, text: str = "") -> None:
        """Open the command line with ``text``."""
        from .command import CommandLine

        line = next(iter(self.query(CommandLine)), None)
        if line is None:
            await self.mount(line := self.command_line())
        await line.open(text)
        self._wait(line)

    def _wait(self, line: FilterLine | CommandLine) -> None:
        """It gets the focus in the app's next turn: what comes to it then waits for what has been kept for it here, which may be
        much later where the board is busy."""
        from .typed import Typed

        typed = line.query_one(Typed)
        typed.heir = self.ahead
        if self._opening:
            typed.wait()

    def opening(self) -> None:
        """From now on keys are kept for the line that is about to open."""
        self._opening, self._early = True, []

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """The line has the keys: those that were kept for it come first."""
        self._opening, self._focused_at = False, monotonic()
        early, self._early = self._early, []
        from .typed import Before

        event.widget.post_message(Before(early))

    def _try(self, text: str) -> None:
        """The text can be read: it filters while one types."""
        self.sift(text, tentative=True)

    def on_filter_line_changed(self, message: FilterLine.Changed) -> None:
        """One has paused: it is meant."""
        self.sift(message.text)

    def on_filter_line_submitted(self, message: FilterLine.Submitted) -> None:
        """It stays."""
        self.sift(message.text)
        self.typing(False)
        self.home = None
        self.ahead.let_go()

    def on_filter_line_closed(self) -> None:
        """The filter from before is back in force."""
        self.typing(False)
        self.home = None
        self.ahead.let_go()

    def on_command_line_submitted(self, message: CommandLine.Submitted) -> None:
        """Something is to be done, unless it would be to what nobody has seen."""
        if self.ahead.unseen and self.acts(message.text):
            self.ahead.let_go(not_done=f":{message.text}")
        else:
            self.obey(message.text)
            self.ahead.let_go()

    def on_command_line_closed(self) -> None:
        """Nothing is."""
        self.ahead.let_go()
