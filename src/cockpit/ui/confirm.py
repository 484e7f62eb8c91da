"""The box that asks before the world is changed: it shows exactly what will be sent or run, and is hard to answer by a slip."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.widget import Widget

from .box import Box, Hint, Said
from .page import Line, Page

QUIET = 0.3
"""Seconds for which no key may have come, since the box opened and since the last key, before one can confirm."""


class Confirm(Box[bool]):
    """Shows ``lines`` and gives back whether the person wants exactly that.

    ``y`` confirms; ``enter`` does not; ``esc`` and ``n`` say no. A key typed within `QUIET` seconds of the opening, or in a stream
    of keys (a key held down, a paste into a terminal that does not announce pastes), confirms nothing. Pastes are ignored. With
    ``type_word`` that word has to be typed exactly, then ``enter``. ``on_dry_run`` is called for ``d`` and leaves the box open.
    ``clock`` counts seconds as `time.monotonic` does.
    """

    LEAVE: ClassVar[str] = "no"
    """What ``esc`` does, in the line of keys."""

    def __init__(
        self,
        title: str,
        lines: Sequence[Line],
        type_word: str = "",
        *,
        yes: str = "yes, do exactly this",
        on_dry_run: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(title)
        self._lines = tuple(lines)
        self._word = type_word
        self._yes = yes
        self._dry_run = on_dry_run
        self._clock = clock
        self._last = float("inf")  # nothing counts before the box has been painted
        self._typed = ""
        self._wrong = False
        self._listens = False
        self._answered = False

    def inside(self) -> Iterable[Widget]:
        """The exact lines, and the word to type."""
        yield Page(self._lines, indent=10)  # as wide as the labels of a preview
        if self._word:
            yield Said(id="asked")

    def on_mount(self) -> None:
        """Start counting once the box can be seen."""
        self.query_one(Page).focus()
        self._draw()

    def on_screen_resume(self) -> None:
        """Opened, or seen again after something that lay over it."""
        self._last = float("inf")
        self.call_after_refresh(self._seen)

    def _seen(self) -> None:
        self._last = self._clock()

    def on_page_moved(self) -> None:
        """Say how much is still out of sight."""
        self._draw()

    def _draw(self) -> None:
        below = self.query_one(Page).below
        more = Content.styled(f"{below} more below (down)", "bold $role-warning") if below else ""
        keys: list[Hint] = [("enter", self._yes)] if self._word else [("y", self._yes)]
        if self._dry_run is not None and not self._word:
            keys.append(("d", "dry run"))
        keys += self.hints()
        self.say_keys(*keys, ("esc", self.LEAVE), remark=more)
        if self._word:
            self.query_one("#asked", Said).show(self._question())

    def hints(self) -> list[Hint]:
        """More keys that do something here."""
        return []

    def _question(self) -> Content:
        wrong = [("  that is not it", "bold $role-refusal")] if self._wrong else []
        typed = (self._typed or " ", "bold underline")
        return Content.assemble("To go on, type ", (self._word, "bold $role-warning"), " and press enter: ", typed, *wrong)

    def on_key(self, event: events.Key) -> None:
        """Take an answer, if it can be one."""
        if event.key == "escape":
            return
        # a key was pressed when the terminal sent it, which is earlier than now where the screen was busy
        pressed = self._clock() - max(0.0, time.monotonic() - event.time)
        quiet = pressed - self._last >= QUIET
        self._last = max(self._last, pressed)
        if self._take_typed(event, quiet) if self._word else self._take_letter(event.key, quiet):
            event.stop()

    def on_paste(self, event: events.Paste) -> None:
        """A paste is nobody's decision."""
        event.stop()

    def _take_letter(self, key: str, quiet: bool) -> bool:
        if key == "n":
            self._answer(False)
        elif key == "y" and quiet:
            self._answer(True)
        elif key == "d" and quiet and self._dry_run is not None:
            self._dry_run()
        return key in ("n", "y", "d")

    def _take_typed(self, event: events.Key, quiet: bool) -> bool:
        self._listens = self._listens or quiet
        if event.key == "enter":
            if self._listens and self._typed == self._word:
                self._answer(True)
            self._wrong = bool(self._typed)
        elif event.key in ("backspace", "ctrl+h"):
            self._typed = self._typed[:-1]
        elif event.key in ("ctrl+u", "ctrl+w"):
            self._typed = ""
        elif event.is_printable and event.character is not None:
            if self._listens:
                self._typed += event.character
                self._wrong = False
        else:
            return False
        self._draw()
        return True

    def _answer(self, yes: bool | None) -> None:
        """Once: whatever else was typed finds the box answered. ``None`` is no answer yet."""
        if not self._answered:
            self._answered = True
            self.dismiss(yes)

    def action_leave(self) -> None:
        """No."""
        self._answer(False)


class YesNo(Confirm):
    """A question of which "no" is an answer too: ``y`` says yes, as hard to say by a slip as anything that is confirmed, and ``n``
    says no. ``esc`` closes it and answers nothing (``None``): it can be asked again."""

    LEAVE: ClassVar[str] = "not yet"

    def hints(self) -> list[Hint]:
        """The key that says no."""
        return [("n", "no")]

    def action_leave(self) -> None:
        """Neither."""
        self._answer(None)
