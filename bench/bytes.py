"""Bytes to the terminal for what people do (bars 10 and 11), 200×60 in 16 colours: every figure is the median of several."""

from __future__ import annotations

import statistics

from subject import Pty, opened, options, versions
from support.pty import PAGE_DOWN, PAGE_UP

LINES = 60


def cost(terminal: Pty, keys: list[str]) -> float:
    """The median of what each of these keys makes the program write."""
    written = []
    for key in keys:
        with terminal.counted(0.25) as data:
            terminal.send(key)
        written.append(len(data[0]))
    return statistics.median(written)


def main() -> None:
    """Measure and print. The cockpit has no key that changes one cell or repaints without need: those are measured on the demo."""
    parser = options(__doc__ or "")
    parser.add_argument("--page", default=PAGE_DOWN, help="the key for a page down (the cockpit's is half a page)")
    chosen = parser.parse_args()
    with opened(chosen, columns=200, lines=LINES) as (terminal, ready):
        terminal.wait_for(ready)
        terminal.wait_quiet(1.0)
        first = terminal.bytes_out
        visible = sum(len(line.encode()) for line in terminal.text.split("\n"))
        figures: list[tuple[str, float, str]] = [("first screen, × the visible text", first / visible, "1.2")]
        if chosen.subject != "cockpit":
            terminal.send("x")
            terminal.wait_quiet()
            figures.append(("one cell changed", cost(terminal, ["x"] * 5), "10"))
            figures.append(("repaint, nothing changed", cost(terminal, ["R"] * 3), "0"))
        figures.append(("cursor down", cost(terminal, ["j"] * 7), "40"))
        for _ in range(LINES):
            terminal.send("j")
            terminal.pump(0.02)
        figures.append(("scroll one line", cost(terminal, ["j"] * 7), "200"))
        figures.append(("page down", cost(terminal, [chosen.page] * 5), "2700"))
        figures.append(("page up", cost(terminal, [PAGE_UP] * 3), "2700"))
    print(versions())
    for name, figure, bar in figures:
        print(f"{name:<36} {figure:9.2f}   bar {bar}")


if __name__ == "__main__":
    main()
