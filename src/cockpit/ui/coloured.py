"""A line of a program's output with its colours: the sequences that the engine made anew, as styles."""

from __future__ import annotations

from textual.content import Content

from ..core.text import sgr_only
from .page import Line

_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_ATTRIBUTES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}


def coloured(line: str) -> Line:
    """The line as it is, or, where colours are in it, as a `Content` that shows them. Anything else in it is harmless already, or
    becomes so here: the sequences are read again by `core.text.sgr_only`."""
    if "\x1b" not in line:
        return line
    return Content.assemble(*((text, style_of(sgr)) for sgr, text in sgr_only(line)))


def style_of(sgr: str) -> str:
    """The parameters of one SGR sequence (ECMA-48, 8.3.117), as `sgr_only` gives them, in Textual's words: ``bold ansi_red``."""
    words: list[str] = []
    paper = ""
    codes = [int(code) for code in sgr.split(";") if code]
    while codes:
        code = codes.pop(0)
        if code in _ATTRIBUTES:
            words.append(_ATTRIBUTES[code])
        elif code in (38, 48):
            colour = _numbered(codes)
            if code == 38:
                words.append(colour)
            else:
                paper = colour
        elif code % 10 < 8 and code // 10 in (3, 9):
            words.append(_named(code % 10, bright=code >= 90))
        elif code % 10 < 8 and code // 10 in (4, 10):
            paper = _named(code % 10, bright=code >= 100)
    return " ".join((*words, *(("on", paper) if paper else ())))


def _named(number: int, *, bright: bool) -> str:
    return f"ansi_{'bright_' if bright else ''}{_NAMES[number]}"


def _numbered(codes: list[int]) -> str:
    """``5;n`` or ``2;r;g;b``, taken from ``codes``."""
    if codes.pop(0) == 5:
        number = codes.pop(0)
        if number < 16:
            return _named(number % 8, bright=number >= 8)
        return _cube(number)
    red, green, blue = (codes.pop(0) for _ in range(3))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _cube(number: int) -> str:
    """Numbers from 16: a cube of six steps each way, then 24 greys (xterm, ctlseqs and 256colres.h)."""
    if number >= 232:
        return f"#{8 + (number - 232) * 10:02x}" + f"{8 + (number - 232) * 10:02x}" * 2
    steps = (0, 95, 135, 175, 215, 255)
    red, rest = divmod(number - 16, 36)
    return f"#{steps[red]:02x}{steps[rest // 6]:02x}{steps[rest % 6]:02x}"
