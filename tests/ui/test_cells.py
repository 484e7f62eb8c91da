"""The cell difference, without a terminal: what is wanted is what a terminal shows after the bytes; nothing else ever leaves."""

from __future__ import annotations

import re
import unicodedata
from random import Random

import pyte
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.segment import ControlType, Segment
from rich.style import Style

from cockpit.ui.cells import MARKS, REPLACEMENT, Characters
from cockpit.ui.glass import Glass
from cockpit.ui.pen import Pen, move

FRAME = re.compile(r"(?:\x1b\[[0-9;]*[ABCDHJKLMmr]|[\r\n\b]|[^\x00-\x1f\x7f-\x9f])*")
"""All that a frame may consist of."""

STYLES = [
    None,
    *(
        Style.parse(text)
        for text in ("bold", "red on blue", "italic #102030", "reverse", "underline green", "bold reverse #ff0000")
    ),
    Style.parse("strike"),
    Style.parse("on #303030"),
    Style.parse("dim bold"),
]
TEXTS = ["x", "disk", "  ", " a b ", "漢字", "é̂", "🔥 web", "─│╭", "a\tb", "e\u202ef", "⚠️!", "0123456789"]


class Screen:
    """A terminal as pyte has it, and the glass before it."""

    def __init__(self, width: int, height: int, pen: Pen | None = None) -> None:
        self.pen = pen or Pen(ColorSystem.TRUECOLOR)
        self.screen = pyte.Screen(width, height)
        self.stream = pyte.Stream(self.screen)
        self.glass = Glass(width, height, self.pen, Characters())
        self.glass.clear()
        self.stream.feed("\x1b[?7l")

    def show(self) -> str:
        frame = self.glass.difference()
        assert FRAME.fullmatch(frame)
        self.stream.feed(frame)
        return frame

    def seen(self) -> list[list[tuple[object, ...]]]:
        """What can be seen of each cell: letters do not colour a space."""
        lines = []
        for y in range(self.screen.lines):
            line: list[tuple[object, ...]] = []
            for x in range(self.screen.columns):
                char = self.screen.buffer[y][x]
                drawn = char.underscore or char.strikethrough or char.reverse
                ink = (char.fg, char.bold, char.italics) if char.data != " " or drawn else ()
                line.append((char.data, char.bg, char.underscore, char.strikethrough, char.reverse, ink))
            lines.append(line)
        return lines


def paint(glass: Glass, x: int, y: int, *pieces: tuple[str, Style | None]) -> None:
    segments = [Segment(text, style) for text, style in pieces]
    glass.paint(x, y, segments, sum(cell_len(text) for text, _ in pieces))


@pytest.mark.parametrize("seed", range(12))
def test_after_any_changes_the_terminal_shows_what_a_fresh_one_would(seed: int) -> None:
    random = Random(seed)
    width, height = random.choice([(40, 12), (7, 3), (80, 24)])
    t = Screen(width, height)
    for _ in range(60):
        what = random.random()
        if what < 0.12:  # a block moves, as when a list is scrolled
            rows = [list(row) for row in t.glass._wanted]
            first, last = sorted(random.sample(range(height + 1), 2))
            by = random.choice([-2, -1, 1, 3])
            for y in range(first, last):
                t.glass._wanted[y] = rows[min(height - 1, max(0, y + by))][:]
                t.glass._touched.add(y)
        elif what < 0.16:
            t.glass.clear()
        else:
            for _ in range(random.randrange(1, 6)):
                pieces = [(random.choice(TEXTS), random.choice(STYLES)) for _ in range(random.randrange(1, 5))]
                paint(t.glass, random.randrange(width), random.randrange(height), *pieces)
        t.glass.park((random.randrange(width), random.randrange(height)) if random.random() < 0.2 else None)
        t.show()
        fresh = Screen(width, height, t.pen)
        fresh.glass._wanted = [row[:] for row in t.glass._wanted]
        fresh.show()
        assert t.seen() == fresh.seen()
        assert t.glass.difference() == "" or t.glass._parked


def test_a_resize_draws_all_again_over_whatever_is_there() -> None:
    t = Screen(30, 6)
    for y in range(6):
        paint(t.glass, 0, y, (f"line {y} ", STYLES[y]), ("漢字" * 5, None))
    t.show()
    for width, height in ((17, 4), (44, 9), (1, 1), (30, 6)):
        t.screen.resize(height, width)
        for y in range(height):
            for x in range(width):
                t.screen.buffer[y][x] = t.screen.default_char._replace(data="#", fg="red")
        t.glass.resize(width, height)
        t.show()
        assert not any(cell[0] == "#" for line in t.seen() for cell in line)
    assert "line 0" in t.screen.display[0] or t.screen.display[0].startswith("l")


def test_nothing_changed_writes_nothing_and_one_cell_a_few_bytes() -> None:
    t = Screen(200, 60)
    for y in range(60):
        paint(t.glass, 0, y, (f"{y:<4}", STYLES[1]), ("critical " * 20, None))
    t.show()
    for y in range(60):
        paint(t.glass, 0, y, (f"{y:<4}", STYLES[1]), ("critical " * 20, None))
    assert t.show() == ""
    paint(t.glass, 100, 30, ("Z", None))
    assert len(t.show()) <= 10
    paint(t.glass, 100, 30, ("Y", None))
    assert len(t.show()) <= 2


def test_a_scrolled_list_costs_one_line() -> None:
    t = Screen(120, 40)
    lines = [f"A{number:05} something happened on host{number * 7919 % 1000} and it is bad" for number in range(200)]

    def draw(top: int) -> str:
        for y in range(1, 39):
            paint(t.glass, 0, y, (lines[top + y].ljust(120), None))
        frame = t.show()
        assert [line.rstrip() for line in t.screen.display[1:39]] == lines[top + 1 : top + 39]
        return frame

    draw(50)
    assert len(draw(51)) < 120
    assert len(draw(50)) < 120
    assert len(draw(54)) < 320


def test_wide_characters_are_never_left_in_halves() -> None:
    t = Screen(10, 1)
    paint(t.glass, 0, 0, ("漢字漢字漢", None))
    t.show()
    paint(t.glass, 1, 0, ("x", None))
    t.show()
    assert t.screen.display[0].startswith(" x字")
    paint(t.glass, 9, 0, ("字", None))
    t.show()
    assert [char.data for char in (t.screen.buffer[0][x] for x in (8, 9))] == [" ", " "]


@settings(max_examples=400, deadline=None)
@given(st.text(st.characters(codec=None), max_size=40))
def test_no_text_whatever_becomes_more_than_cells(text: str) -> None:
    # safety 1, safety 4
    cells = Characters().cells(text)
    assert len(cells) == cell_len(text) or "\u200d" in text or "\ufe0f" in text
    for cell in cells:
        assert len(cell) <= MARKS + 1
        for char in cell:
            assert unicodedata.category(char)[0] not in "C" or unicodedata.category(char) == "Co"
            assert unicodedata.category(char) not in ("Zl", "Zp")
    t = Screen(100, 1)
    t.glass.paint(0, 0, [Segment(text)], cell_len(text))
    t.show()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", f"{REPLACEMENT}[31mb"),
        ("a\x9b31mb", f"{REPLACEMENT}31mb"),
        ("a\x00b", f"{REPLACEMENT}b"),
        ("ab\u202ecd", f"a{REPLACEMENT}cd"),
        ("ab\u200bcd", f"a{REPLACEMENT}cd"),
        ("a\u00adb", f"a{REPLACEMENT}b"),
        ("a\ud800b", f"a{REPLACEMENT}b"),
        ("漢\x1bx", f"{REPLACEMENT} x"),
        ("a\u00a0b", "a b"),
        ("⚠\ufe0f!", "⚠ !"),
        ("e\u0301", "e\u0301"),
        ("e" + "\u0301" * 30, "e" + "\u0301" * MARKS),
    ],
)
def test_what_must_not_be_sent_is_marked_in_the_same_columns(text: str, shown: str) -> None:
    # safety 1, safety 4
    assert "".join(Characters().cells(text)) == shown
    assert len(Characters().cells(text)) == cell_len(text)


def test_a_terminal_without_unicode_keeps_its_columns() -> None:
    assert "".join(Characters("latin-1").cells("é─漢!")) == "é?? !"


def test_control_segments_are_left_out() -> None:
    # safety 1
    t = Screen(10, 1)
    t.glass.paint(0, 0, [Segment("a"), Segment("\x1b[2J", None, [(ControlType.CLEAR,)]), Segment("b")], 2)
    assert "\x1b[2J" not in t.show().split("\x1b[2J", 1)[1]
    assert t.screen.display[0] == "ab        "


def test_links_in_a_style_are_not_sent() -> None:
    # safety 3
    t = Screen(10, 1)
    paint(t.glass, 0, 0, ("here", Style(link="https://evil.example/\x1b]52;c;eA==\x07")))
    assert "evil" not in t.show()


def test_without_colours_attributes_remain() -> None:
    t = Screen(20, 1, Pen(None))
    paint(t.glass, 0, 0, ("bad", Style.parse("bold red on blue")))
    frame = t.show()
    assert "\x1b[1m" in frame
    assert re.findall(r"\x1b\[([0-9;]*)m", frame) == ["", "1"]


def test_sixteen_colours_are_plain_sgr() -> None:
    t = Screen(20, 1, Pen(ColorSystem.STANDARD))
    paint(t.glass, 0, 0, ("bad", Style.parse("bold #ff0000 on #0000ff")))
    assert not re.search(r"[34]8;", t.show())


@settings(max_examples=300, deadline=None)
@given(
    st.tuples(st.none() | st.integers(0, 79), st.none() | st.integers(0, 23)),
    st.tuples(st.integers(0, 79), st.integers(0, 23)),
)
def test_every_move_arrives(here: tuple[int | None, int | None], to: tuple[int, int]) -> None:
    x, y = here
    screen = pyte.Screen(80, 24)
    screen.cursor_position((y if y is not None else 11) + 1, (x if x is not None else 40) + 1)
    way = move(x, y, *to)
    pyte.Stream(screen).feed(way)
    assert (screen.cursor.x, screen.cursor.y) == to
    assert len(way) <= len(f"\x1b[{to[1] + 1};{to[0] + 1}H")
