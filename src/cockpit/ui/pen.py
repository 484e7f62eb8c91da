"""How the terminal is told to draw: the shortest change from one look to another, and the shortest way from one cell to another.

Sequences: ECMA-48 (5th edition) 8.3.117 SGR and the cursor functions of 8.3.18–22; all are older than any terminal in use.
"""

from __future__ import annotations

from functools import lru_cache

import msgspec
from rich.color import ColorSystem
from rich.style import Style

# rich's name, code that sets it, code that ends it
_ATTRIBUTES = (
    ("bold", "1", "22"),
    ("dim", "2", "22"),
    ("italic", "3", "23"),
    ("underline", "4", "24"),
    ("blink", "5", "25"),
    ("blink2", "6", "25"),
    ("reverse", "7", "27"),
    ("conceal", "8", "28"),
    ("strike", "9", "29"),
    ("underline2", "21", "24"),
    ("frame", "51", "54"),
    ("encircle", "52", "54"),
    ("overline", "53", "55"),
)
_ENDS = {on: off for _, on, off in _ATTRIBUTES}
_SEEN_ON_BLANKS = {"4", "7", "9", "21", "51", "52", "53"}
_REMEMBERED = 8192  # styles kept: Textual makes a new one for each piece of text with an action

PLAIN = 0
"""The number of the terminal's own look: no attribute, its own colours."""


class Look(msgspec.Struct, frozen=True):
    """How a cell is drawn, as SGR parameters: attributes that are set, foreground, background (``""``: the terminal's own)."""

    attributes: tuple[str, ...] = ()
    fg: str = ""
    bg: str = ""


class Pen:
    """Numbers for looks, and the sequences between them. ``colors`` is what the terminal can do, ``None`` for no colour at all
    (``NO_COLOR``): attributes then carry what is left."""

    def __init__(self, colors: ColorSystem | None) -> None:
        self._colors = colors
        self._looks: list[Look] = [Look()]
        self._numbers: dict[Look, int] = {Look(): PLAIN}
        self._styles: dict[Style, int] = {}
        self._changes: dict[tuple[int | None, int], str] = {}
        self._blanks: list[int] = [PLAIN]

    def number(self, style: Style | None) -> int:
        """The number of the look of a style."""
        if style is None:
            return PLAIN
        number = self._styles.get(style)
        if number is None:
            if len(self._styles) >= _REMEMBERED:
                self._styles.clear()
            number = self._styles[style] = self._enter(self._look(style))
        return number

    def blank(self, number: int) -> int:
        """The number of the look that a space has in this look: most of what letters show cannot be seen on it."""
        return self._blanks[number]

    def spelled(self, style: Style) -> str:
        """The look of a style as a word that `looked_up` understands: attributes, foreground and background, parted by ``|``."""
        look = self._looks[self.number(style)]
        return f"{';'.join(look.attributes)}|{look.fg}|{look.bg}"

    def looked_up(self, spelled: str) -> int:
        """The number of a look that was `spelled`."""
        attributes, fg, bg = spelled.split("|")
        return self._enter(Look(tuple(filter(None, attributes.split(";"))), fg, bg))

    def change(self, now: int | None, to: int) -> str:
        """The shortest sequence from the look ``now`` (``None``: not known) to the look ``to``."""
        if now == to:
            return ""
        known = self._changes.get((now, to))
        if known is None:
            known = self._changes[now, to] = self._shortest(now, to)
        return known

    def _enter(self, look: Look) -> int:
        number = self._numbers.get(look)
        if number is None:
            number = self._numbers[look] = len(self._looks)
            self._looks.append(look)
            self._blanks.append(number)
            if not _SEEN_ON_BLANKS.intersection(look.attributes):
                self._blanks[number] = self._enter(Look(bg=look.bg)) if look != Look(bg=look.bg) else number
        return number

    def _look(self, style: Style) -> Look:
        attributes = tuple(on for name, on, _ in _ATTRIBUTES if getattr(style, name))
        if self._colors is None:
            return Look(attributes)
        fg = ";".join(style.color.downgrade(self._colors).get_ansi_codes()) if style.color else ""
        bg = ";".join(style.bgcolor.downgrade(self._colors).get_ansi_codes(foreground=False)) if style.bgcolor else ""
        return Look(attributes, "" if fg == "39" else fg, "" if bg == "49" else bg)

    def _shortest(self, now: int | None, to: int) -> str:
        after = self._looks[to]
        whole = "".join(f";{part}" for part in (*after.attributes, after.fg, after.bg) if part)  # nothing before the first ; is 0
        if now is None:
            return f"\x1b[{whole}m"
        before = self._looks[now]
        ends = dict.fromkeys(_ENDS[on] for on in before.attributes if on not in after.attributes)
        kept = {on for on in before.attributes if _ENDS[on] not in ends}
        parts = [*ends, *(on for on in after.attributes if on not in kept)]
        if after.fg != before.fg:
            parts.append(after.fg or "39")
        if after.bg != before.bg:
            parts.append(after.bg or "49")
        return f"\x1b[{min(whole, ';'.join(parts), key=len)}m"


@lru_cache(maxsize=16384)
def move(here_x: int | None, here_y: int | None, x: int, y: int) -> str:
    """The shortest sequence that brings the cursor from one cell to another; ``None`` where it is not known to stand."""
    column, line = (str(x + 1) if x else ""), (str(y + 1) if y else "")
    ways = [f"\x1b[{line};{column}H" if column else f"\x1b[{line}H"]
    if here_y is not None:
        down = y - here_y
        if down == 0:
            ways += _across(here_x, x)
        elif here_x is not None:
            ways += [_csi(abs(down), "B" if down > 0 else "A") + across for across in _across(here_x, x)]
        if 0 < down <= 4:
            feeds = "\n" * down  # output is not post-processed while we draw (see the driver): a line feed keeps the column
            ways += [feeds + across for across in _across(here_x, x)]
    return min(ways, key=len)


def _across(here: int | None, x: int) -> list[str]:
    ways = ["\r" + _csi(x, "C")]
    if here is not None:
        ways.append(_csi(x - here, "C") if x >= here else min("\b" * (here - x), _csi(here - x, "D"), key=len))
    return ways


def _csi(count: int, final: str) -> str:
    if count == 0:
        return ""
    return f"\x1b[{count if count > 1 else ''}{final}"
