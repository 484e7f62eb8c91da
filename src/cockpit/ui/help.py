"""The page of keys, made from the one key table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from .alert_face import SEVERITIES
from .box import Box
from .keys import DIGITS, Key, printed
from .lines import CURSOR, MARK
from .page import Page
from .spans import wrapped
from .status import HEALTHS
from .traps import STATES

WIDE = 96
"""From this many columns on, the page has two."""


def spoken(key: Key) -> str:
    """All keys of an entry as a person names them: ``j down``, ``1-9``; its command, where it has no key."""
    if frozenset(key.keys) == DIGITS:
        return "1-9"
    return " ".join(map(printed, key.keys)) or f":{key.id}"


def key_lines(table: Sequence[Key], why: Mapping[str, str], width: int) -> list[Content]:
    """The page, for ``width`` cells: each group with its keys, their sentence, and why one cannot work now (each reason is said
    once: the keys below it that are dim cannot for the same one); then what the signs on the board mean."""
    told: set[str] = set()
    groups = [_group(name, list(keys), why, _column(width), told) for name, keys in groupby(table, key=lambda key: key.group)]
    groups.append(_legend(_column(width)))
    if width < WIDE:
        return [line for group in groups for line in (*group, Content(""))]
    left, right = _halves(groups)
    gap, column = 3, _column(width)
    return [Content.assemble(_filled(a, column + gap), b) for a, b in zip_longest(left, right, fillvalue=Content(""))]


def _column(width: int) -> int:
    return width if width < WIDE else (width - 3) // 2


def _filled(line: Content, width: int) -> Content:
    return line.pad_right(max(0, width - line.cell_length))


def _group(name: str, keys: Sequence[Key], why: Mapping[str, str], width: int, told: set[str]) -> list[Content]:
    lines = [Content.styled(name, "bold $role-key")]
    edge = min(16, max(map(len, map(spoken, keys))) + 2)
    for key in keys:
        reason = why.get(key.id, "")
        beside = f" (not now: {reason})" if reason and reason not in told else ""
        told.add(reason)
        said = wrapped(key.help + beside, max(8, width - edge - 1))
        head = Content.styled(f" {spoken(key)}".ljust(edge), "$role-key-off" if reason else "bold")
        if head.cell_length > edge:
            lines.append(head)
            head = Content(" " * edge)
        for number, row in enumerate(said):
            text = Content(row)
            lines.append(
                Content.assemble(head if number == 0 else " " * edge, " ", text.stylize("$role-key-off") if reason else text)
            )
    return lines


def _legend(width: int) -> list[Content]:
    """The signs, each with its word."""
    lists: tuple[tuple[str, list[tuple[str, str, str]]], ...] = (
        ("alert", [(glyph, severity.word, severity.word) for severity, (glyph, _) in SEVERITIES.items()]),
        ("trap", [(glyph, state.value, role) for state, (glyph, role) in STATES.items()]),
        ("source", [(glyph, health.value, role) for health, (glyph, role) in HEALTHS.items()]),
        ("row", [(MARK, "marked", "marked"), (CURSOR, "cursor", "bar"), ("▶", "a runbook runs on it", "pending")]),
        ("runbook", [("!", "changes the world", "warning")]),
    )
    lines = [Content.styled("Signs", "bold $role-key")]
    for what, signs in lists:
        row: list[Content | str] = [f" {what}".ljust(10)]
        used = 10
        for glyph, word, role in signs:
            size = len(word) + 4
            if used + size > width and used > 10:
                lines.append(Content.assemble(*row))
                row, used = [" " * 10], 10
            row += [Content.styled(glyph, f"$role-{role}"), f" {word}  "]
            used += size
        lines.append(Content.assemble(*row))
    return lines


def _halves(groups: Sequence[list[Content]]) -> tuple[list[Content], list[Content]]:
    """The groups, in order, in two columns of nearly the same height."""
    total = sum(len(group) + 1 for group in groups)
    left: list[Content] = []
    right: list[Content] = []
    for group in groups:
        side = left if not right and len(left) + len(group) / 2 <= total / 2 else right
        side += [*group, Content("")]
    return left, right


class Help(Box[None]):
    """Every key and what it does; those that cannot work now say why (``why``: reason by key id)."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q,question_mark,enter", "leave", show=False)]

    def __init__(self, table: Sequence[Key], why: Mapping[str, str]) -> None:
        super().__init__("Keys", [("j k", "scroll"), ("esc", "close")])
        self._table = tuple(table)
        self._why = dict(why)
        self.add_class("-full")

    def inside(self) -> Iterable[Widget]:
        """One page."""
        yield Page(indent=0)

    def on_mount(self) -> None:
        """Draw for the size there is."""
        self.query_one(Page).focus()
        self.call_after_refresh(self._draw)

    def on_resize(self) -> None:
        """Draw again for another width."""
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        page = self.query_one(Page)
        # as the page folds: whether its scroll bar is there already or not, a column is kept for it
        page.show(key_lines(self._table, self._why, page.content_size.width - 1))
