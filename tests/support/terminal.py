"""A terminal to look at: what a program wrote becomes a screen (by pyte), modes, a clipboard, a title, and answers to queries."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple

import pyte

_UNFINISHED = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*|[\]P^_][^\x07\x1b]*\x1b?)?$")
_TOKEN = re.compile(rb"\x1b\[([0-?]*)([ -/]*)([@-~])|\x1b\]([^\x07\x1b]*)(?:\x07|\x1b\\)|\x07")


class Cell(NamedTuple):
    """One cell as the terminal shows it: its text (``""`` is the right half of a wide character) and how it is drawn.

    Colours are pyte's words: ``default``, a name such as ``red`` or ``brightred``, or six hex digits.
    """

    text: str
    fg: str
    bg: str
    bold: bool
    italics: bool
    underscore: bool
    strikethrough: bool
    reverse: bool
    blink: bool


class Terminal:
    """A screen of ``columns`` × ``lines``; ``sync=False`` is one without synchronized output (mode 2026).
    With ``draws=False`` nothing is ever on it, and what the program wrote costs no time."""

    def __init__(self, columns: int, lines: int, sync: bool = True, draws: bool = True) -> None:
        self.columns, self.lines, self.sync = columns, lines, sync
        self.modes: set[str] = set()
        """Private modes that are set now and were not at the start (``"1049"``, ``"?25"`` for a hidden cursor, ``"kitty"``)."""
        self.clipboard: list[str] = []
        """What was copied through OSC 52."""
        self.titles: list[str] = []
        self.bells = 0
        self._draws = draws
        self._held = b""
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)

    def answer(self, text: str) -> None:
        """What the terminal says to the program; nobody hears it here."""

    def catch_up(self) -> None:
        """Take in what has been written by now."""

    # ── the screen ────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def display(self) -> list[str]:
        """The lines on the screen, as wide as it is."""
        self.catch_up()
        return [str(line) for line in self._screen.display]

    @property
    def text(self) -> str:
        """The screen as one string, trailing blanks of each line removed."""
        return "\n".join(line.rstrip() for line in self.display)

    def row_of(self, text: str) -> int:
        """The first line (from 0) that has this text, or -1."""
        return next((y for y, line in enumerate(self.display) if text in line), -1)

    def cell(self, x: int, y: int) -> Cell:
        """The cell at a column and line, both from 0."""
        char = self._screen.buffer[y][x]
        return Cell(
            char.data, char.fg, char.bg, char.bold, char.italics, char.underscore, char.strikethrough, char.reverse, char.blink
        )

    def grid(self) -> list[list[Cell]]:
        """Every cell: what two programs that should look the same are compared by."""
        self.catch_up()
        return [[self.cell(x, y) for x in range(self.columns)] for y in range(self.lines)]

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the terminal's cursor stands: (column, line), from 0."""
        return self._screen.cursor.x, self._screen.cursor.y

    def picture(self) -> str:
        """The screen in a frame, for messages."""
        bar = "─" * self.columns
        return f"┌{bar}┐\n" + "\n".join(f"│{line}│" for line in self._screen.display) + f"\n└{bar}┘"

    # ── being a terminal ──────────────────────────────────────────────────────────────────────────────────────────

    def take(self, data: bytes) -> None:
        """Show what the program wrote, as far as it is complete."""
        data = self._held + data
        unfinished = _UNFINISHED.search(data)
        self._held = data[unfinished.start() :] if unfinished else b""
        data = data[: unfinished.start()] if unfinished else data
        shown = 0
        for token in _TOKEN.finditer(data):
            if self._handle(token):  # pyte would print parts of what it does not know: such sequences end here
                self._feed(data[shown : token.start()])
                shown = token.end()
                if token.group() in (b"\x1b[?1049h", b"\x1b[?1049l"):
                    self._feed(b"\x1b[m\x1b[2J\x1b[H")  # the other screen is an empty one
        self._feed(data[shown:])

    def _feed(self, data: bytes) -> None:
        if self._draws:
            self._stream.feed(data)

    def _handle(self, token: re.Match[bytes]) -> bool:
        """Note what a sequence asks of the terminal; true if pyte must not see it."""
        params, middle, final, osc = (part.decode("utf-8", "replace") if part is not None else "" for part in token.groups())
        if token.group() == b"\x07":
            self.bells += 1
        elif token.group(4) is not None:
            self._handle_osc(osc)
        elif final in "hl" and params.startswith("?"):
            for mode in params[1:].split(";"):
                on = (final == "h") != (mode in ("7", "25"))
                name = f"?{mode}" if mode in ("7", "25") else mode
                (self.modes.add if on else self.modes.discard)(name)
            return "1049" in params
        elif final == "u" and params[:1] in ("<", ">"):
            (self.modes.add if params[0] == ">" else self.modes.discard)("kitty")
            return True
        elif final == "p" and middle == "$":
            mode = params.strip("?")
            self.answer(f"\x1b[?{mode};{2 if mode == '2026' and self.sync else 0}$y")
            return True
        elif final == "n" and params == "6":
            self.answer(f"\x1b[{self.cursor[1] + 1};{self.cursor[0] + 1}R")
        elif final == "c":
            self.answer("\x1b[>1;10;0c" if params.startswith(">") else "\x1b[?62;22c")
            return True
        return params[:1] in ("<", ">", "=") or bool(middle)

    def _handle_osc(self, text: str) -> None:
        code, _, rest = text.partition(";")
        if code == "52" and not rest.endswith("?"):
            self.clipboard.append(base64.b64decode(rest.partition(";")[2]).decode("utf-8", "replace"))
        elif code in ("0", "2"):
            self.titles.append(rest)
        elif code in ("10", "11") and rest == "?":
            self.answer(f"\x1b]{code};rgb:{'ffff/ffff/ffff' if code == '10' else '0000/0000/0000'}\x1b\\")
