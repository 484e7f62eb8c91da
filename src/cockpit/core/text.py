"""Untrusted text becomes safe text: the first of the two walls (the second is ``ui/terminal.py``).

What comes out holds no character of the categories Cc, Cf, Cs, Co, Cn, Zl and Zp (Unicode, UAX #44, General_Category) besides the
line breaks of `clean_block`, nothing else that is invisible by design (Default_Ignorable_Code_Point), and no pile of combining
marks. Cleaning what is clean changes nothing.

Zero-width joiners are named even inside emoji sequences: terminals disagree on the width of those, and columns come first.
"""

from __future__ import annotations

import re
import unicodedata

MARKS_IN_A_ROW = 4
"""So many combining marks may stand on one character: living scripts need three. The rest of a pile is cut."""

_LINE = re.compile(r"[\t\n\r]+")
_ENDING = re.compile(r"\r\n?")
_REMEMBERED = 4096  # characters kept in the table: all that a team's alerts use, whatever an attacker sends
_AHEAD = 8  # an input is cut at so many times its limit before work begins: marks and selectors that go away make room for so much

# Patterns that plain text has no need of: `re` compiles each at its first use and keeps it, so that no start waits for them.
_UNSEEN = (
    "["
    "\u034f"  # combining grapheme joiner
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers
    "\u17b4\u17b5"  # Khmer inherent vowels
    "\u180b-\u180f"  # Mongolian variation selectors
    "\ufe00-\ufe0f"  # variation selectors
    "\U000e0100-\U000e01ef"  # and their supplement
    "]"
)
_JAMO = "[\u1161-\u11ff\ud7b0-\ud7fb]"  # Hangul vowels and finals join the letter before them: no cell of their own
_DENSE = f"[\u0300-\u33ff\ua000-\uabff\ud7b0-\U0010ffff]{{{MARKS_IN_A_ROW + 1}}}"  # where marks are at home: a quick no


class _Shown(dict[int, str]):
    """For `str.translate`: how each character is shown, worked out at the first meeting and then remembered."""

    def __missing__(self, code: int) -> str:
        shown = _shown(code)
        if len(self) < _REMEMBERED:
            self[code] = shown
        return shown


def _shown(code: int) -> str:
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    category = unicodedata.category(chr(code))
    if category == "Cs":
        return "\ufffd"
    if category[0] == "C" or category in ("Zl", "Zp"):
        return _named(code)
    return chr(code)


def _named(code: int) -> str:
    return f"⟨U+{code:04X}⟩"


_TABLE = _Shown()


def clean(text: str, limit: int = 2000) -> str:
    """One line that can be shown: control characters become visible symbols, bidi and invisible characters are named
    (``⟨U+202E⟩``), line breaks and tabs become a space, lone surrogates U+FFFD. Longer than ``limit`` characters ends in ``…``."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text  # nearly all that ever comes
    return _cut(_safe(_LINE.sub(" ", text[: limit * _AHEAD])), len(text) > limit * _AHEAD, limit)


def clean_block(text: str, limit: int = 65536) -> str:
    """As `clean`, keeping line breaks, for annotations and notes of several lines. CR LF and a lone CR are line breaks, tabs reach
    to the next multiple of eight columns."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return text
    head = _ENDING.sub("\n", text[: limit * _AHEAD]).expandtabs(8)
    return _cut("\n".join(map(_safe, head.split("\n"))), len(text) > limit * _AHEAD, limit)


def _safe(line: str) -> str:
    """``line`` without line breaks → the same, harmless."""
    if line.isascii():
        return line if line.isprintable() else line.translate(_TABLE)
    line = re.sub(_UNSEEN, _without_presentation, line)
    if not line.isprintable():
        line = line.translate(_TABLE)
    if line and _joins(line[0]):
        line = "\u00a0" + line  # or it would sit on whatever is drawn before this text
    return _thinned(line) if re.search(_DENSE, line) is not None else line


def _without_presentation(found: re.Match[str]) -> str:
    """Emoji or text presentation of a symbol decides its width, differently in every terminal: the symbol alone stays."""
    at = found.start()
    if found[0] in "\ufe0e\ufe0f" and at and unicodedata.category(found.string[at - 1]) in ("So", "Sm", "Po", "Nd"):
        return ""
    return _named(ord(found[0]))


def _joins(char: str) -> bool:
    return char >= "\u0300" and (unicodedata.category(char)[0] == "M" or re.match(_JAMO, char) is not None)


def _thinned(line: str) -> str:
    kept: list[str] = []
    row = 0
    for char in line:
        row = row + 1 if _joins(char) else 0
        if row <= MARKS_IN_A_ROW:
            kept.append(char)
    return "".join(kept)


def _cut(text: str, more: bool, limit: int) -> str:
    return text[: max(0, limit - 1)] + "…" if more or len(text) > limit else text


# --- what a runbook prints ---

_SGR = r"\x1b\[([0-9;]{0,64})m"
_ON = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 25: (), 26: (), 27: ("reverse",), 28: (), 29: ("strike",)}
_INKS = frozenset((*range(30, 38), *range(90, 98)))
_PAPERS = frozenset((*range(40, 48), *range(100, 108)))
_ORDER = (*_ON.values(), "ink", "paper")


def sgr_only(line: str, limit: int = 8192) -> tuple[tuple[str, str], ...]:
    """A line of a program's output as (attributes, safe text) spans: colours and attributes alone survive.

    The attributes are those in force, as parameters of one SGR sequence (ECMA-48, 8.3.117): ``""``, ``1;31``, ``4;38;5;208``. They
    are made anew from what was understood: 0–4, 7, 9, 22–29, 30–37, 39, 40–47, 49, 90–97, 100–107 and the 38/48 colours with
    numbers from 0 to 255. A sequence with anything else in it stays as visible symbols, whole. Every line begins plain, so a
    colour never leaks into what follows. Tabs reach to the next multiple of eight; a trailing line break goes away.
    """
    body = line[:limit].rstrip("\r\n")
    if body.isascii() and body.isprintable():
        spans = [("", body)]
    else:
        spans = [(sgr, _safe(_LINE.sub(" ", part))) for sgr, part in _tabbed(_spans(body))]
    if len(line) > limit:
        spans.append(("", "…"))
    return tuple((sgr, text) for sgr, text in spans if text)


def plain(line: str, limit: int = 8192) -> str:
    """A line of a program's output as safe text, its colours and attributes taken out; everything else as in `sgr_only`."""
    return "".join(text for _, text in sgr_only(line, limit))


def _spans(body: str) -> list[tuple[str, str]]:
    """Raw text by the attributes in force; neighbours with the same ones are one span."""
    spans: list[tuple[str, str]] = []
    pen: dict[str, str] = {}
    sgr, held, at = "", "", 0
    for found in re.finditer(_SGR, body):
        after = _applied(pen, found[1])
        if after is None:
            continue  # stays in the text, where its ESC becomes a symbol
        held, at, pen = held + body[at : found.start()], found.end(), after
        named = ";".join(pen[word] for word in _ORDER if word in pen)
        if named != sgr:
            spans.append((sgr, held))
            sgr, held = named, ""
    spans.append((sgr, held + body[at:]))
    return spans


def _tabbed(spans: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Tabs become spaces, columns counted across the spans."""
    column, out = 0, []
    for sgr, part in spans:
        widened = (" " * (column % 8) + part).expandtabs(8)[column % 8 :]
        column += len(widened)
        out.append((sgr, widened))
    return out


def _applied(pen: dict[str, str], parameters: str) -> dict[str, str] | None:
    """The pen after one SGR sequence, ``None`` if any of its parameters is not among those that may pass."""
    after = dict(pen)
    codes = [int(code or 0) for code in parameters.split(";")]
    while codes:
        code = codes.pop(0)
        if code == 0:
            after.clear()
        elif code in _ON:
            after[_ON[code]] = str(code)
        elif code in _OFF:
            for word in _OFF[code]:
                after.pop(word, None)
        elif code in _INKS:
            after["ink"] = str(code)
        elif code in _PAPERS:
            after["paper"] = str(code)
        elif code in (39, 49):
            after.pop("ink" if code == 39 else "paper", None)
        elif code in (38, 48):
            used = {5: 2, 2: 4}.get(codes[0] if codes else -1, 0)
            numbers = codes[:used]
            if not used or len(numbers) < used or max(numbers) > 255:
                return None
            after["ink" if code == 38 else "paper"] = ";".join(map(str, (code, *numbers)))
            del codes[:used]
        else:
            return None
    return after
