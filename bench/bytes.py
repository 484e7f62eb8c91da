"""Bytes to the terminal for what people do (bars 10 and 11), 200×60 in 16 colours: every figure is the median of several.

``--subject board`` is the real board over a thousand made-up alerts, no two lines alike; ``--subject demo`` measures, besides, what
the cockpit has no key for: one cell that changes, and a repaint of nothing. ``--reader`` opens a long Markdown runbook over the
board, and measures in that. *Held*: each further press of a key that is held; the
other panes follow once the cursor rests.
"""

from __future__ import annotations

import statistics

from subject import Pty, options, subject, versions
from support.pty import PAGE_DOWN

LINES = 60


def cost(terminal: Pty, keys: list[str]) -> float:
    """The median of what each of these keys makes the program write."""
    written = []
    for key in keys:
        with terminal.counted(0.25) as data:
            terminal.send(key)
        written.append(len(data[0]))
    return statistics.median(written)


def held(terminal: Pty, key: str, presses: int = 20) -> float:
    """What each press writes while a key is held, thirty a second; what the other panes write once it rests is not in it."""
    terminal.wait_quiet(0.25)
    before = terminal.bytes_out
    for _ in range(presses):
        terminal.send(key)
        terminal.pump(0.03)
    written = terminal.bytes_out - before
    terminal.wait_quiet(0.25)
    return written / presses


def main() -> None:
    """Measure and print."""
    parser = options(__doc__ or "")
    parser.set_defaults(subject="board")
    parser.add_argument("--truecolor", action="store_true", help="a terminal with 24-bit colours instead of 16")
    parser.add_argument("--reader", action="store_true", help="in a Markdown runbook that is read, over the board")
    chosen = parser.parse_args()
    with subject(chosen) as what, what.opened(columns=200, lines=LINES, truecolor=chosen.truecolor) as terminal:
        terminal.wait_for(what.ready)
        terminal.wait_quiet(0.6)
        first = terminal.bytes_out
        visible = sum(len(line.rstrip().encode()) for line in terminal.text.split("\n"))
        figures: list[tuple[str, float, str]] = [
            ("visible text", visible, ""),
            ("first screen", first, ""),
            ("first screen, × the visible text", first / visible, "1.2"),
        ]
        if chosen.subject in ("demo", "stock"):
            terminal.send("x")
            terminal.wait_quiet()
            figures.append(("one cell changed", cost(terminal, ["x"] * 5), "10"))
            figures.append(("repaint, nothing changed", cost(terminal, ["R"] * 3), "0"))
        if chosen.reader:
            terminal.send("X")
            terminal.wait_for("Read which runbook?")
            terminal.send("\r")
            terminal.wait_for("A long one")
            terminal.wait_quiet(0.6)
        figures.append(("cursor down, held", held(terminal, "j"), "40"))
        figures.append(("cursor down, and what follows it", cost(terminal, ["j"] * 7), ""))
        for _ in range(LINES):
            terminal.send("j")
            terminal.pump(0.02)
        figures.append(("scroll one line, held", held(terminal, "j"), "200"))
        figures.append(("scroll one line, and what follows it", cost(terminal, ["j"] * 7), ""))
        figures.append(("page down, held", held(terminal, PAGE_DOWN), "2700"))
        figures.append(("page down, and what follows it", cost(terminal, [PAGE_DOWN] * 5), ""))
    print(versions())
    for name, figure, bar in figures:
        print(f"{name:<36} {figure:9.2f}" + (f"   bar {bar}" if bar else ""))


if __name__ == "__main__":
    main()
