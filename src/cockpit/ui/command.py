"""The command line of the screen: every verb by its name or alias, with completion and history."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from textual.content import Content
from textual.message import Message

from .keys import ACT, TABLE, Key
from .signed import Signed
from .spans import cells

if TYPE_CHECKING:
    from textual.widgets import Input

WITH_WORDS = {
    "theme": "NAME",
    "filter": "TEXT",
    "run": "RUNBOOK [KEY=VALUE…]",
    "group": "by LABELS, off, auto",
    "silence": "[FILTER --for 2h --comment WHY] or [2h WHY]",
    "note": "[TEXT…]",
    "resolve": "[NOTE…]",
    "snooze": "[30m]",
    "ack": "[NOTE…]",
    "incident": "[ID]",
    "disarm": "[TRAP [DURATION WHY…]]",
    "drill": "[TRAP [quiet]]",
    "arm": "[TRAP]",
    "report": "[30d]",
    "seek": "03:12 (UTC), +10m, -90s, start, end",
    "speed": "8, 0.5",
    "trap": "disarm TRAP [DURATION WHY…], arm TRAP, drill TRAP [quiet], check, add",
}
"""Commands that take words after them, and which."""

OURS: dict[str, tuple[str, ...]] = {
    "quit": ("q", "exit"),
    "help": ("h",),
    "filter": ("f",),
    "runs": ("history",),
    "read-only": ("ro", "readonly"),
    "refresh": ("reload",),
}
"""Aliases of the command line alone: what hands used to other tools type."""


class Command(msgspec.Struct, frozen=True):
    """What was typed, understood: a key-table id (or ``arm``) and the rest of the line."""

    id: str
    rest: str = ""


_ON_SIGHT = frozenset({"arm", "trap", "back", "mark", "link", "copy", "read-only"})
"""Commands that are for what one sees, beside those that act."""


class UnknownCommand(ValueError):
    """There is no such command; the message says so, and what was perhaps meant."""


def known(table: Sequence[Key]) -> dict[str, str]:
    """Every word that may stand first → the command it means. A digit is the runbook with that number."""
    words = {key.id: key.id for key in table}
    for key in table:
        words |= {alias: key.id for alias in (*key.aliases, *OURS.get(key.id, ())) if alias not in words}
    return words | {"arm": "arm", "trap": "trap"}


def read(text: str, table: Sequence[Key] = TABLE) -> Command:
    """Understand a line. Any beginning of a word that means one command alone will do. Raises `UnknownCommand`."""
    first, _, rest = text.strip().removeprefix(":").strip().partition(" ")
    words = known(table)
    if first in words:
        return Command(words[first], rest.strip())
    if first.isdigit():
        return Command("run", first if not rest else f"{first} {rest.strip()}")
    begun = {word: command for word, command in words.items() if first and word.startswith(first)}
    shortest = min(begun, key=len, default="")
    if begun and all(word.startswith(shortest) or command == begun[shortest] for word, command in begun.items()):
        return Command(begun[shortest], rest.strip())  # ``sil`` is silence, which silences begins with too
    near = sorted(set(begun.values())) or get_close_matches(first, words, 3, 0.7)
    raise UnknownCommand(
        f"there is no command {first!r}" + (f": did you mean {' or '.join(near)}?" if near else "; ? shows all keys")
    )


def acts(text: str, table: Sequence[Key] = TABLE) -> bool:
    """Whether a line does something to what the cursor is on, or to the board, that one would want to have seen before: filters,
    moves and looks do not, nor does an incident that is named."""
    try:
        said = read(text, table)
    except UnknownCommand:
        return False
    if said.id == "incident" and said.rest:
        return False
    return said.id in _ON_SIGHT or any(key.id == said.id and key.group == ACT for key in table)


def complete(text: str, table: Sequence[Key], names: Mapping[str, Callable[[], Iterable[str]]]) -> list[str]:
    """The lines that ``text`` may become: commands for the first word, ``names[command]()`` for the second."""
    first, space, rest = text.partition(" ")
    words = known(table)
    if not space:
        return sorted({word for word in words if word.startswith(first)}, key=lambda word: (words[word] != word, word))
    if first == "trap":
        verb, more, name = rest.partition(" ")
        if more:
            return (
                [f"{first} {line}" for line in complete(f"{verb} {name}", table, names)]
                if verb in ("arm", "disarm", "drill")
                else []
            )
        return [f"{first} {each}" for each in ("add", "arm", "check", "disarm", "drill") if each.startswith(rest)]
    offered = names.get("arm" if first == "arm" else words.get(first, ""))
    if offered is None or " " in rest:
        return []
    return [f"{first} {name}" for name in offered() if name.startswith(rest)]


def in_sight(words: Sequence[str], wanted: int, width: int) -> tuple[int, int]:
    """Which of the words stand on the line, from the first to before the last, so that ``wanted`` is among them and there is room
    to say how many more come."""
    first, at, used = 0, 0, 0
    for at, word in enumerate(words):
        size = cells(word) + 2
        room = width if at == len(words) - 1 else width - len("… 100 more")
        if used + size > room and at > first:
            if wanted < at:
                return first, at
            first, used = at, 0
        used += size
    return first, len(words)


class CommandLine(Signed):
    """Hidden until opened. ``enter`` submits, ``tab`` completes, ``up`` and ``down`` go through what was typed before, ``esc``
    closes.

    ``names`` gives, for a command, the words that may follow it: ``{"theme": lambda: [...], "run": …, "disarm": …, "arm": …}``.
    """

    DEFAULT_CSS = """
    CommandLine .offers { height: 1; }
    """

    class Changed(Message):
        """The text changed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter: the line is closed, and this is to be done."""

    class Closed(Message):
        """Esc: nothing is to be done."""

    def __init__(
        self,
        table: Sequence[Key] = TABLE,
        names: Mapping[str, Callable[[], Iterable[str]]] | None = None,
        *,
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.turns = {
            "enter": self._enter, "escape": self._leave, "up": partial(self._past, -1), "down": partial(self._past, 1),
            "tab": partial(self._complete, 1), "shift+tab": partial(self._complete, -1),
        }  # fmt: skip
        self._table = tuple(table)
        self._names = dict(names or {})
        self._history: list[str] = []
        self._at = 0
        self._draft = ""
        self._offers: list[str] = []
        self._offer = -1
        self._ours = self._text = ""
        self._listed = False

    async def open(self, text: str = "") -> None:
        """Show it with ``text`` and take the keys."""
        from textual.containers import Horizontal  # here: the board must not pay for these before somebody presses the key
        from textual.widgets import Static

        from .typed import Typed

        if not self.query(Typed):
            typed = Typed()
            typed.turn = self.turn
            await self.mount(Horizontal(Static(":", classes="sign", markup=False), typed), Static(classes="offers", markup=False))
        self._at = len(self._history)
        self._write(text)
        self._offer_for(text)
        self.add_class("-open")
        self.query_one(Typed).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """New offers for the new text; those stay that `_complete` is going through."""
        event.stop()
        if event.value != self._ours:
            self._offer_for(event.value)
        self.post_message(self.Changed(event.value))

    def _enter(self) -> None:
        """Close, remember, hand over."""
        from .typed import Typed

        typed = self.query_one(Typed)
        text, typed.seen = typed.value.strip(), math.inf
        self.close()
        if not text:
            self.post_message(self.Closed())
            return
        self._history = [line for line in self._history if line != text] + [text]
        self.post_message(self.Submitted(text))

    def _leave(self) -> None:
        """Close; nothing happens."""
        from .typed import Typed

        self.query_one(Typed).seen = 0.0  # the board as it is
        self.close()
        self.post_message(self.Closed())

    def _complete(self, step: int) -> None:
        """The next offer into the line; on an empty line the first tab shows what there is."""
        if not self._offers:
            return
        if not self._text.strip() and not self._listed:
            self._listed = True
            self._draw()
            return
        self._offer = (self._offer + step) % len(self._offers) if self._offer >= 0 or step > 0 else len(self._offers) - 1
        alone = len(self._offers) == 1
        self._write(self._offers[self._offer] + (" " if alone else ""))
        if alone:
            self._offer_for(self._ours)
        else:
            self._draw()

    def _past(self, step: int) -> None:
        """Through what was typed before; the line begun is kept below the newest."""
        from .typed import Typed

        if self._at == len(self._history):
            self._draft = self.query_one(Typed).value
        self._at = max(0, min(len(self._history), self._at + step))
        self._write(self._history[self._at] if self._at < len(self._history) else self._draft)
        self._offer_for(self._ours)

    def _write(self, text: str) -> None:
        from .typed import Typed

        self._ours = text
        typed = self.query_one(Typed)
        typed.value = text
        typed.cursor_position = len(text)

    def _offer_for(self, text: str) -> None:
        self._text, self._listed = text, False
        self._offers = complete(text, self._table, self._names)
        self._offer = -1
        self._draw()

    def _draw(self) -> None:
        from textual.widgets import Static

        parts: list[str | tuple[str, str]] = ["  "]
        if not self._text.strip() and not self._listed and self._offer < 0:
            parts.append(("tab lists every command", "$role-muted"))
            self.query_one(".offers", Static).update(Content.assemble(*parts))
            return
        words = [offer.rpartition(" ")[2] for offer in self._offers]
        first, end = in_sight(words, max(0, self._offer), max(20, self.size.width - 4))
        for number in range(first, end):
            parts += [(words[number], "bold $role-key" if number == self._offer else "$role-muted"), "  "]
        if end < len(words):
            parts.append((f"… {len(words) - end} more", "$role-muted"))
        command = known(self._table).get(self._text.partition(" ")[0]) if not self._offers else None
        if command in WITH_WORDS:
            parts.append((WITH_WORDS[command], "$role-muted"))
        self.query_one(".offers", Static).update(Content.assemble(*parts))
