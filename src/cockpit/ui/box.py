"""A box that opens over the board: its frame, its title, and the line at its foot that says which keys work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from .ahead import Pressed
from .page import Line, harmless
from .typed import EDITS, Typed

T = TypeVar("T")

REMARKED_FOR = 6.0
"""Seconds that a `Box.remark` stands."""

Hint = tuple[str, str]
"""A key and what it does here, as in ("y", "run it")."""


def hints(pairs: Iterable[Hint]) -> Content:
    """Keys and their words in one line, keys in the accent colour."""
    shown = [Content.assemble((key, "bold $role-key"), " ", (word, "$role-muted")) for key, word in pairs]
    return Content("   ").join(shown)


class Said(Static):
    """A few lines in a box: literal, and harmless whatever they are made of."""

    def __init__(self, *lines: Line, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(_joined(lines), id=id, classes=classes, markup=False)

    def show(self, *lines: Line) -> None:
        """Show these lines instead. What is the same is neither laid out nor painted again."""
        shown, before = _joined(lines), self.content
        if not (isinstance(before, Content) and shown.is_same(before)):
            self.update(shown)


def _joined(lines: Iterable[Line]) -> Content:
    safe = map(harmless, lines)
    return Content("\n").join([Content(line) if isinstance(line, str) else line for line in safe])


MOVES = frozenset({
    "j", "k", "g", "G", "up", "down", "left", "right", "home", "end", "pageup", "pagedown", "ctrl+d", "ctrl+u", "ctrl+n", "ctrl+p",
    "tab", "shift+tab", "escape",
})  # fmt: skip
"""Keys that do nothing but move, or leave, whatever stands in a box."""


class Box(ModalScreen[T]):
    """A centred frame over the dimmed board. Titles and texts are literal: nothing in here reads markup (safety 3)."""

    CSS_PATH = "over.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]  # noqa: RUF012 - Textual declares an instance attribute
    VERTICAL_BREAKPOINTS = [(0, "-low"), (16, "-high")]  # noqa: RUF012 - as above
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", show=False)]

    def __init__(self, title: str, keys: Sequence[Hint] = ()) -> None:
        super().__init__()
        self._frame = Vertical(id="box")
        # a str would be read as markup; a Content is taken as it is
        self._frame.border_title = _joined([title or "…"])
        self.foot = Said(hints(keys), id="keys")
        """The line of keys. It is there from the beginning: a box may be told something before it is composed."""

    def inside(self) -> Iterable[Widget]:
        """What stands between the frame's title and the line of keys."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The frame around what is `inside`."""
        with self._frame:
            yield from self.inside()
            yield self.foot

    def retitle(self, *parts: str | tuple[str, str]) -> None:
        """Set the frame's title; parts may be (text, style)."""
        self._frame.border_title = _joined([Content.assemble(*parts)])

    def say_keys(self, *pairs: Hint, remark: str | Content = "") -> None:
        """Change the line of keys; ``remark`` stands before them, or above them where it does not fit beside them."""
        line = hints(pairs)
        if not remark:
            self.foot.show(line)
            return
        room = self.foot.size.width  # 0 before it is laid out: then it is taken to fit
        whole = Content.assemble(remark, "   ", line)
        self.foot.show(*((remark, line) if 0 < room < whole.cell_length else (whole,)))

    @property
    def ready(self) -> bool:
        """Whether it shows what it was opened for: what was typed before it opened is for that."""
        return True

    def harmless(self, event: Pressed) -> bool:
        """Whether that may be typed before one sees what stands here: moves, and text for a line that has the keys."""
        typed = isinstance(self.focused, Typed)
        if isinstance(event, events.Paste):
            return typed
        return event.key in MOVES or (typed and (event.is_printable or event.key in EDITS))

    def remark(self, text: str) -> None:
        """Say something above the line of keys, for a while."""
        said = Said(Content.styled(text, "$role-refusal"))
        self._frame.mount(said, before=self.foot)
        self.set_timer(REMARKED_FOR, said.remove)

    def action_leave(self) -> None:
        """Close without an answer."""
        self.dismiss(None)
