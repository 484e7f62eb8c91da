"""The box that asks before a runbook is done to several targets: each exactly, and in which order, which can be changed here."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence

import msgspec
from textual import events
from textual.content import Content
from textual.widget import Widget

from ..core.several import Many
from .box import Said
from .confirm import Confirm
from .page import Line, Page

MOST_AT_ONCE = 50
"""So many targets are done at once at most."""
_CANARY = ((False, False), (True, False), (True, True))
_SAID = {(False, False): "no", (True, False): "yes", (True, True): "yes, then ask", (False, True): "no"}


class ConfirmMany(Confirm):
    """As `Confirm`; ``lines`` gives what is shown, in full or (``False``) the targets that differ little told by that. ``rule`` is
    how they are done: ``tab`` goes through what can be changed of it, left and right change that. Over ``targets`` of them."""

    def __init__(
        self,
        title: str,
        lines: Callable[[bool], Sequence[Line]],
        rule: Many,
        targets: int,
        type_word: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(title, lines(False), type_word, yes="run exactly this", clock=clock)
        self._make, self.rule, self._targets = lines, rule, targets
        self._full, self._at = False, 0

    def inside(self) -> Iterable[Widget]:
        """The exact lines, how they are done, and the word to type."""
        yield Page(self._lines, indent=10)
        yield Said(id="rule")
        if self._word:
            yield Said(id="asked")

    def hints(self) -> list[tuple[str, str]]:
        """The keys of the settings."""
        return [("tab ← →", "how")]

    def _draw(self) -> None:
        super()._draw()
        parts: list[str | tuple[str, str]] = []
        for number, (name, value) in enumerate(self._settings()):
            here = number == self._at
            shown = (f"‹{value}›", "bold $role-key") if here else (f" {value} ", "bold")
            parts += [(f"{name} ", "$role-muted"), shown, " "]
        self.query_one("#rule", Said).show(Content.assemble(*parts))

    def _settings(self) -> list[tuple[str, str]]:
        rule = self.rule
        return [
            ("canary", _SAID[rule.canary, rule.asks]),
            ("at once", str(rule.parallel)),
            ("on failure", "stop" if rule.stop else "go on"),
            ("shown", "in full" if self._full else "in short"),
        ]

    def on_key(self, event: events.Key) -> None:
        """Change how it is done. Any other key is left to `Confirm`, whose handler is called next."""
        if event.key in ("tab", "shift+tab"):
            self._at = (self._at + (1 if event.key == "tab" else -1)) % 4
        elif event.key in ("left", "right"):
            self._change(1 if event.key == "right" else -1)
            self._typed, self._listens = "", False  # the word that was typed was for what is not so any more
        else:
            return
        event.stop()
        event.prevent_default()
        self._last = self._clock()  # who changes something has to look before anything is confirmed
        self._draw()

    def _change(self, by: int) -> None:
        rule = self.rule
        if self._at == 0:
            now = _CANARY.index((rule.canary, rule.asks and rule.canary))
            canary, asks = _CANARY[(now + by) % len(_CANARY)]
            self.rule = msgspec.structs.replace(rule, canary=canary, asks=asks)
        elif self._at == 1:
            most = min(MOST_AT_ONCE, max(1, self._targets))
            self.rule = msgspec.structs.replace(rule, parallel=min(most, max(1, rule.parallel + by)))
        elif self._at == 2:
            self.rule = msgspec.structs.replace(rule, stop=not rule.stop)
        else:
            self._full = not self._full
            self._lines = tuple(self._make(self._full))
            self.query_one(Page).show(self._lines)
