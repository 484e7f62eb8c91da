"""``{param}`` in the text of a runbook: found, filled in once; and which values may stand there."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from .text import clean

ANY = r"[^\x00-\x1f\x7f]*"
"""The pattern of a parameter that names none: anything that fits on a line."""

_PIECE = re.compile(r"(\{\{|\}\})|\{([^{}]*)\}|([{}])|([^{}]+)")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)


def placeholders(text: str) -> tuple[str, ...]:
    """The names in braces, each once, in the order in which they stand. ``{{`` and ``}}`` are literal braces. Raises
    ``ValueError``, which says what is wrong, for anything else that has braces."""
    return tuple(dict.fromkeys(name for _, name in _pieces(text) if name))


def filled(text: str, values: Mapping[str, str]) -> str:
    """``text`` with its placeholders replaced, in one pass: braces inside a value are only braces (safety 9). A name without a
    value stays as it is written. Raises ``ValueError`` as `placeholders` does."""
    return "".join(values.get(name, f"{{{name}}}") if name else literal for literal, name in _pieces(text))


def literal(text: str) -> str:
    """The text as itself, where braces mean a placeholder."""
    return text.replace("{", "{{").replace("}", "}}")


@lru_cache(maxsize=1024)
def _pieces(text: str) -> tuple[tuple[str, str], ...]:
    """(literal, "") and ("", name), alternating as they come."""
    pieces: list[tuple[str, str]] = []
    for found in _PIECE.finditer(text):
        brace, name, stray, literal = found.groups()
        if stray:
            raise ValueError(f"a lone {stray} at character {found.start() + 1} of {text!r}: a literal brace is written {stray * 2}")
        if name is not None and not _NAME.fullmatch(name):
            raise ValueError(f"{found[0]!r} in {text!r} is no placeholder like {{path}}: literal braces are written {{{{ and }}}}")
        pieces.append(("", name) if name is not None else (brace[0] if brace else literal, ""))
    return tuple(pieces)


def unfit(name: str, value: str, pattern: str, *, allow_dash: bool, allow_control: bool) -> str:
    """Why the parameter ``name`` cannot take this value, or "" (safety 7)."""
    shown = clean(value, 80)
    if "\0" in value:
        return f"{name} holds a NUL character, which no program can be given"
    if not encodes(value):
        return f"{name} holds half a character (a lone surrogate), which no program can be given"
    if value.startswith("-") and not allow_dash:
        return f"{name} is {shown!r}: a value that begins with - could be taken for an option (allow_dash = true permits it)"
    if not allow_control and any(unicodedata.category(char) in ("Cc", "Zl", "Zp") for char in value):
        return f"{name} is {shown!r}: it holds a line break or another control character (allow_control = true permits it)"
    if allow_control and pattern == ANY:
        return ""  # ANY only says again what allow_control has just lifted
    from .patterns import PatternError, compiled  # deferred: a reader of regular expressions, and many a runbook has no parameter

    try:
        fits = compiled(pattern).fullmatch(value) is not None
    except PatternError as error:
        return f"the pattern of {name} cannot be used: {error}"
    return "" if fits else f"{name} is {shown!r}, which does not match {pattern}"


def encodes(value: str) -> bool:
    """Whether it can be an argument: as argv is encoded, where bytes of a file name that are not UTF-8 go through unharmed."""
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True
