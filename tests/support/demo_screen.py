"""A screen for tests and measurements of the terminal's edge: a list drawn line by line, a clock, a modal, and hard text.

``python -m support.demo_screen [--stock] [--ansi] [--rows N] [--clock] [--text FILE]`` in tests/. ``--stock`` is the same app
without the edge. Keys: j k, page up and down, x (one cell changes), R (repaint, nothing changed), c (the clock ticks), m (modal),
i (input), h (the text of ``--text`` in place of the list's first rows), f (widen a pane), y (copy), t (title), P (write past the
display), ctrl+l (wipe and repaint), e (crash), z (the loop hangs), Z (suspend), q.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import ClassVar

from rich.segment import ControlType, Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.screen import ModalScreen
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static

from cockpit.ui.life import run_app
from cockpit.ui.terminal import TerminalEdge

SEVERITIES = ("critical", "warning", "info", "none")
LOOKS = {"critical": "bold red", "warning": "yellow", "info": "cyan", "none": "white"}
TRUECOLOR_LOOKS = {"critical": "bold #ff4060", "warning": "#e0a000 on #202020", "info": "italic #40c0d0", "none": "dim #909090"}


def rows(count: int) -> list[list[str]]:
    """Rows that look like alerts, the same for each call."""
    made = []
    for number in range(count):
        h = number * 2654435761 & 0xFFFFFFFF
        what = f"disk {h % 100}% full on /dev/sd{chr(97 + h % 26)} of host{h % 5000}"
        made.append([f"A{number:07d}", SEVERITIES[h % 4], f"{h % 9999}s", f"Alert{h % 300}", f"host{h % 5000}:9100", what])
    return made


class Line(Widget):
    """One line of text, with a control segment behind it: stock Textual sends those as they are."""

    DEFAULT_CSS = "Line { height: 1; }"
    text = reactive("", layout=False)
    control = ""

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        shown = Segment(self.text.ljust(width)[:width], Style.parse("reverse"))
        return Strip([shown, Segment(self.control, None, [(ControlType.CLEAR,)])], width)


class Rows(ScrollView, can_focus=True):
    """The list: only visible rows are drawn, a marker shows the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j,down", "move(1)"),
        Binding("k,up", "move(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("pageup", "page(-1)"),
    ]
    DEFAULT_CSS = "Rows { overflow: hidden; height: 1fr; }"

    def __init__(self, records: list[list[str]], looks: dict[str, str]) -> None:
        super().__init__()
        self.records = records
        self.looks = {word: Style.parse(look) for word, look in looks.items()}
        self.cursor = 0
        self.hard: list[str] = []
        self.virtual_size = Size(40, len(records))

    def render_line(self, y: int) -> Strip:
        width, at = self.size.width, y + self.scroll_offset.y
        if at < len(self.hard):
            return (
                Strip([Segment(self.hard[at], Style.parse("bold magenta")), Segment(" end")])
                .extend_cell_length(width)
                .crop(0, width)
            )
        if at >= len(self.records):
            return Strip.blank(width)
        name, severity, age, alert, where, what = self.records[at]
        tail = f"{age:<7}{alert:<10}{where:<16}{what}"
        segments = [
            Segment(">" if at == self.cursor else " "),
            Segment(f"{name:<9}", Style(bold=True)),
            Segment(f"{severity:<9}", self.looks[severity]),
            Segment(tail),
        ]
        return Strip(segments).adjust_cell_length(width)

    def line_changed(self, at: int) -> None:
        self.refresh(Region(0, at - self.scroll_offset.y, self.size.width, 1))

    def action_move(self, by: int) -> None:
        before, self.cursor = self.cursor, max(0, min(len(self.records) - 1, self.cursor + by))
        top, height = self.scroll_offset.y, self.size.height
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False, force=True)
        elif self.cursor >= top + height:
            self.scroll_to(y=self.cursor - height + 1, animate=False, force=True)
        else:
            self.line_changed(before)
            self.line_changed(self.cursor)

    def action_page(self, by: int) -> None:
        self.action_move(by * self.size.height)


class Box(ModalScreen[None]):
    """Something that opens over the list, half transparent around."""

    CSS = "Box { align: center middle; } Box > Static { width: 30; height: 5; border: round red; background: $panel; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("m,escape", "dismiss")]

    def compose(self) -> ComposeResult:
        yield Static("a box, 全角 and é")


class Demo(App[int]):
    """The screen. `EdgeDemo` is the same behind the edge."""

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #side { width: 30; dock: right; height: 8; border: heavy green; }
    #side.wide { width: 44; }
    #side.flat { display: none; }
    .ansi, .ansi * { background: ansi_default; color: ansi_default; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "cell"), Binding("R", "everything"), Binding("c", "tick"), Binding("m", "box"), Binding("i", "input"),
        Binding("h", "hard"), Binding("f", "wider"), Binding("y", "clipboard"), Binding("e", "crash"), Binding("z", "hang"),
        Binding("Z", "suspend_process"), Binding("q", "quit"), Binding("ctrl+l", "wipe"), Binding("t", "named"),
        Binding("P", "stray"),
    ]  # fmt: skip

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(ansi_color=options.ansi)
        self.options = options
        self.seconds = 0
        self.changes = 0
        self.beats = 0

    def compose(self) -> ComposeResult:
        clock = Line(id="clock")
        clock.control = "\x1b[2J" if self.options.poison else ""
        yield clock
        self.rows = Rows(rows(self.options.rows), LOOKS if self.options.ansi else TRUECOLOR_LOOKS)
        yield self.rows
        if not self.options.flat:
            with Vertical(id="side"):
                yield Input(placeholder="words")
                yield Static("on call: Ana 漢字")

    def on_mount(self) -> None:
        self.screen.set_class(self.options.ansi, "ansi")
        self.rows.focus()
        self.action_tick()
        if self.options.clock:
            self.set_interval(1.0, self.action_tick)
        if self.options.beat:
            self.set_interval(0.1, self.beat)

    def beat(self) -> None:
        self.beats += 1
        Path(self.options.beat).write_text(str(self.beats))

    def action_tick(self) -> None:
        self.seconds += 1
        clock = f"{3 + self.seconds // 3600:02}:{self.seconds // 60 % 60:02}:{self.seconds % 60:02}"
        self.query_one(Line).text = f" demo {clock} UTC  {len(self.rows.records)} rows"

    def action_cell(self) -> None:
        self.changes += 1
        self.rows.records[3][2] = f"{self.changes % 10}s"
        self.rows.line_changed(3)

    def action_everything(self) -> None:
        self.screen.refresh()

    def action_box(self) -> None:
        self.push_screen(Box())

    def action_input(self) -> None:
        self.query_one(Input).focus()

    def action_hard(self) -> None:
        self.rows.hard = [] if self.rows.hard else Path(self.options.text).read_text("utf-8", "surrogateescape").split("\n")
        self.rows.refresh()

    def action_wider(self) -> None:
        self.query_one("#side").toggle_class("wide")

    def action_clipboard(self) -> None:
        self.copy_to_clipboard("copied \x1b[31m text\nof two lines")

    def action_crash(self) -> None:
        secret_of_the_day = "hunter2"  # a local that no traceback may show
        raise ValueError("boom \x1b]0;owned\x07" + secret_of_the_day[:0])

    def action_hang(self) -> None:
        while True:
            time.sleep(0.5)

    def action_wipe(self) -> None: ...

    def action_named(self) -> None: ...

    def action_stray(self) -> None:
        """Everything that Textual offers to write past the display."""
        print("a stray print \x1b[2J")  # noqa: T201  # Textual catches it
        self.bell()
        driver = self._driver
        if driver is not None:
            driver.write("\x1b]0;stray title\x07")
            driver.write("\x1b[2J stray")
            driver.write("\x1b[?1003h")


class EdgeDemo(TerminalEdge, Demo):
    """The demo behind the edge."""

    def action_wipe(self) -> None:
        self.repaint()

    def action_named(self) -> None:
        self.terminal_title("demo \x1b]0;no\x07")


def main() -> int:
    """Run it, and give back the exit status."""
    parser = argparse.ArgumentParser()
    for flag in ("--stock", "--ansi", "--clock", "--flat", "--mouse", "--poison", "--slow-close", "--bad-close"):
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--rows", type=int, default=200)
    parser.add_argument("--text", default="")
    parser.add_argument("--beat", default="", help="a file that is written ten times a second by the app's loop")
    parser.add_argument("--closed", default="", help="a file that is made when all is closed")
    options = parser.parse_args()
    if options.stock:
        stock = Demo(options)
        stock.run(mouse=options.mouse)
        return stock.return_code or 0

    def close() -> None:
        if options.slow_close:
            time.sleep(60)
        if options.bad_close:
            raise OSError("the journal cannot be closed")
        if options.closed:
            Path(options.closed).touch()

    return run_app(EdgeDemo(options), close, mouse=options.mouse)


if __name__ == "__main__":
    sys.exit(main())
