"""What a character may become on the terminal: the second wall against text from outside (the first is ``core/text.py``).

A string becomes cells, one entry per column: ``""`` is the right half of a wide character. No control, format, bidi or unassigned
character ever gets into a cell, whatever a widget draws, and a string always fills as many columns as Textual laid out for it, so
that columns stay aligned on terminals that know less Unicode than we do.
"""

from __future__ import annotations

import codecs
import unicodedata

from rich.cells import cell_len

MARKS = 4
"""So many combining marks stay on one character; the rest of a pile is left out."""

REPLACEMENT = "\ufffd"
"""Stands where something stood that must not be sent."""

_JOINER = "\u200d"
_JOINS = cell_len(f"a{_JOINER}b") == 1  # rich ≥ 15 gives what follows a joiner no width
_WIDENER = "\ufe0f"
_FIRST_YOUNG = 0x1F1E6  # flags and emoji from here on: terminals disagree about their width


class Characters:
    """Turns text into cells for a terminal with this ``encoding`` (as `codecs.lookup` knows it)."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self._encoding = "" if codecs.lookup(encoding).name == "utf-8" else encoding

    def cells(self, text: str) -> list[str]:
        """One entry per column. Total width is ``rich.cells.cell_len(text)``."""
        return list(text) if text.isascii() and text.isprintable() else self._spread(text)

    def _spread(self, text: str) -> list[str]:
        out: list[str] = []
        joined = False
        for char in text:
            if joined:
                joined = False  # belongs to what was replaced at the joiner
                continue
            width = cell_len(char)
            if width:
                out += self._glyph(char, width)
            elif out:
                self._attach(char, out)
                joined = _JOINS and char == _JOINER
        return out

    def _glyph(self, char: str, width: int) -> tuple[str, ...]:
        """A character that takes columns: itself, if it is one that shows."""
        category = unicodedata.category(char)
        if category == "Zs":
            return (" ",) * width
        if category[0] in "CZ" and category != "Co":  # private use is at home in people's patched fonts, and harmless
            char, width, rest = REPLACEMENT, 1, width - 1
        else:
            rest = 0
        if self._encoding and not _fits(char, self._encoding):
            char, width, rest = "?", 1, width - 1 + rest
        return (char, *("",) * (width - 1), *(" ",) * rest)

    def _attach(self, char: str, out: list[str]) -> None:
        """A character without a column of its own: a mark joins the last cell, a selector goes, and anything else replaces the
        last cell, so that it can be seen that something was there."""
        at = len(out) - 1
        while out[at] == "" and at:
            at -= 1
        base = out[at]
        if char == _WIDENER or unicodedata.category(char) == "Sk":
            if at == len(out) - 1 and cell_len(base + char) > cell_len(base):
                out.append(" ")  # rich counts two columns; what a terminal makes of the selector cannot be known
        elif unicodedata.category(char)[0] not in "ML" or unicodedata.bidirectional(char) in ("RLO", "LRO"):
            out[at:] = [REPLACEMENT, *(" ",) * (len(out) - at - 1)]
        elif "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
            pass  # a choice of shape, not of meaning
        elif len(base) <= MARKS and not (self._encoding and not _fits(char, self._encoding)):
            out[at] = base + char


def uncertain(cell: str) -> bool:
    """Whether terminals disagree about how many columns this takes, so that the cursor must be placed anew after it."""
    return len(cell) > 1 or (len(cell) == 1 and (ord(cell) >= _FIRST_YOUNG or unicodedata.category(cell) in ("Co", "Cn")))


def _fits(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
