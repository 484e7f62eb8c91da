"""How a command is written so that a person can see every byte of what will be run."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from ..core.regex import regex
from ..core.steps.kind import Shown

_PLAIN = regex(r"[A-Za-z0-9_@%+=:,./-]+")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\", "'": "\\'"}
_LETTERS_NOBODY_SEES = frozenset("\u115f\u1160\u2800\u3164\uffa0")


def spell(value: str, *, ascii: bool = False) -> str:
    """One argument as bash would read it back: bare where nothing in it is special, ``'…'`` where it is, and ``$'…'`` with
    escapes where it holds anything that cannot be seen (control, invisible, combining and bidi characters, lone bytes). With
    ``ascii`` that is everything past ASCII: a terminal without Unicode would show another letter, or a question mark."""
    if _PLAIN.fullmatch(value):
        return value
    if "'" not in value and all(map(_visible, value)) and (value.isascii() or not ascii):
        return f"'{value}'"
    return "$'" + "".join(_escaped(char, ascii) for char in value) + "'"


def spell_argv(argv: Sequence[str], *, ascii: bool = False) -> str:
    """A whole argv on one line, each argument spelt, one space between."""
    return " ".join(spell(value, ascii=ascii) for value in argv)


def spell_text(line: str, *, ascii: bool = False) -> str:
    """A line of a script or of a body: as it stands where every character of it can be seen, else spelt."""
    return line if all(map(_visible, line)) and (line.isascii() or not ascii) else spell(line, ascii=ascii)


def spell_shown(shown: Shown, *, ascii: bool = False) -> str:
    """A line of a step's preview, every byte visible."""
    if shown.text:
        return spell_text("".join(shown.words), ascii=ascii)
    if len(shown.words) == 2 and shown.words[0].endswith("="):
        return shown.words[0] + spell(shown.words[1], ascii=ascii)
    return spell_argv(shown.words, ascii=ascii)


def _visible(char: str) -> bool:
    """Letters, digits, punctuation and symbols; of the spaces only the plain one."""
    return char == " " or (unicodedata.category(char)[0] in "LNPS" and char not in _LETTERS_NOBODY_SEES)


def _escaped(char: str, ascii: bool) -> str:
    if char in _NAMED:
        return _NAMED[char]
    if _visible(char) and (char.isascii() or not ascii):
        return char
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that was not UTF-8, as the system hands it to us
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
