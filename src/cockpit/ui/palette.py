"""A list that narrows as one types: the palette of everything that can be done, and the picker over all runbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input

from .box import Box, Hint, Said
from .choices import Choices, two_ends
from .keys import MOVE, Key
from .typed import Typed


class Entry(msgspec.Struct, frozen=True):
    """Something that can be picked. ``why_not`` is the reason it cannot be now; it is then dimmed, and says so. ``also`` are other
    words for it."""

    id: str
    text: str
    detail: str = ""
    why_not: str = ""
    also: tuple[str, ...] = ()


def score(wanted: str, text: str) -> int | None:
    """How well ``wanted`` fits ``text``, less is better: the very text, at its start, at a word's start, inside, or as letters in
    that order not far apart. ``None`` if it does not fit."""
    if not wanted:
        return 0
    needle, hay = wanted.casefold(), text.casefold()
    if needle == hay:
        return -100
    at = hay.find(needle)
    if at == 0:
        return 0
    if at > 0:
        return 100 + at if not hay[at - 1].isalnum() else 200 + at
    place, gaps = -1, 0
    for char in needle:
        if char == " ":
            continue
        found = hay.find(char, place + 1)
        if found < 0:
            return None
        gaps += found - place - 1
        place = found
    return 300 + gaps if gaps <= 3 * len(needle) else None


def narrow(wanted: str, entries: Sequence[Entry]) -> list[Entry]:
    """The entries that fit, the best first: those with the word itself or its beginning, then those with it inside, then letters
    here and there; among like ones, what cannot be done now comes last. Details count, less than texts do."""
    fitting = []
    for number, entry in enumerate(entries):
        scores = [
            s
            for s in (
                score(wanted, entry.text),
                *(_later(score(wanted, word)) for word in (entry.id, *entry.also, entry.detail)),
            )
            if s is not None
        ]
        if scores:
            best = min(scores)
            fitting.append((_rank(best), bool(entry.why_not) and bool(wanted), best, number, entry))
    return [entry for *_, entry in sorted(fitting, key=lambda item: item[:4])]


def _rank(best: int) -> int:
    return next((rank for rank, limit in enumerate((0, 200, 300)) if best < limit), 3)


def _later(found: int | None) -> int | None:
    """Only whole pieces count in an id or a detail, and they rank after the text."""
    return None if found is None or found >= 300 else found + (50 if found >= 0 else 0)


def key_entries(table: Sequence[Key], why: Mapping[str, str]) -> tuple[Entry, ...]:
    """The palette's entries for the key table; ``why`` holds the reason by key id for what cannot be done now."""
    return tuple(
        Entry(key.id, key.title or key.help, key.shown, why.get(key.id, ""), (*key.aliases, key.label))
        for key in table
        if key.group != MOVE and key.id not in ("palette", "run", "back")
    )


class Picker(Box[str | None]):
    """Type to narrow, ``enter`` to take; gives back the entry's id, or ``None``. A dimmed entry is not taken: it says why.

    ``on_dry_run`` is called with the id of the entry under the cursor for ``ctrl+t``, and leaves the picker open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "go(1)", show=False, priority=True),
        Binding("up,ctrl+p", "go(-1)", show=False, priority=True),
        Binding("pagedown", "half(1)", show=False, priority=True),
        Binding("pageup", "half(-1)", show=False, priority=True),
        Binding("ctrl+t", "dry_run", show=False),
    ]

    def __init__(self, title: str, entries: Sequence[Entry], *, on_dry_run: Callable[[str], None] | None = None) -> None:
        keys: list[Hint] = [("enter", "take"), ("↑ ↓", "move"), ("esc", "leave")]
        if on_dry_run is not None:
            keys.insert(1, ("ctrl+t", "dry run"))
        super().__init__(title, keys)
        self._entries = tuple(entries)
        self._found = list(self._entries)
        self._dry_run = on_dry_run

    def inside(self) -> Iterable[Widget]:
        """The line, the list, and the reason."""
        yield Typed(placeholder="type to narrow")
        rows = Choices(self._row)
        rows.can_focus = False  # typing goes to the line, whatever is under the cursor
        yield rows
        yield Said(id="why")

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(Typed).focus()
        self._narrow("")

    def _row(self, number: int, width: int) -> Content:
        entry = self._found[number]
        if entry.why_not:
            return two_ends(Content.styled(entry.text, "$role-key-off"), Content.styled(entry.why_not, "$role-key-off"), width)
        return two_ends(Content(entry.text), Content.styled(entry.detail, "$role-muted"), width)

    def _narrow(self, text: str) -> None:
        self._found = narrow(text.strip(), self._entries)
        self.query_one(Choices).show(len(self._found), 0)
        self._say_why("" if self._found else f"nothing matches {text.strip()!r}")

    def _say_why(self, reason: str) -> None:
        why = self.query_one("#why", Said)
        why.show(Content.styled(reason, "$role-refusal"))
        why.display = bool(reason)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._narrow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what is under the cursor, or say why not."""
        event.stop()
        entry = self._under_cursor
        if entry is None:
            return
        if entry.why_not:
            self._say_why(f"not now: {entry.why_not}")
            return
        self.dismiss(entry.id)

    @property
    def _under_cursor(self) -> Entry | None:
        return self._found[self.query_one(Choices).at] if self._found else None

    def put_cursor_on(self, id: str) -> None:
        """To this entry, if it is in the list."""
        at = next((number for number, entry in enumerate(self._found) if entry.id == id), None)
        if at is not None:
            self.query_one(Choices).action_to(at)

    def action_go(self, rows: int) -> None:
        """Move the cursor."""
        self._say_why("")
        self.query_one(Choices).action_go(rows)

    def action_half(self, pages: int) -> None:
        """Move by half of what is in sight."""
        self._say_why("")
        self.query_one(Choices).action_half(pages)

    def action_dry_run(self) -> None:
        """Show what the entry under the cursor would do, without doing it."""
        entry = self._under_cursor
        if self._dry_run is not None and entry is not None:
            self._dry_run(entry.id)
