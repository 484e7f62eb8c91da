"""From a key to the paint that shows it (bars 4 and 5): the real board over 100 and over 100,000 alerts, quiet and while 1,000 of
them change each second, against a bare Textual app, in one run.

Each subject has a pseudo-terminal of its own, and they take turns, so that whatever else the machine does falls on all of them. A
key counts as painted when the cursor's bar stands on another line of the screen, or on another alert: one that had changed goes to
its new place as the cursor leaves, and its neighbour comes up. The cursor is far down in the list, where its line changes for keys
alone, whatever comes and goes above it.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import statistics
import sys
import time
from collections.abc import Sequence

from subject import TESTS, Pty, versions

BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    taken = 0
    def compose(self):
        self.said = Static("BAREREADY")
        yield self.said
    def on_key(self):
        self.taken += 1
        self.said.update(f"key {self.taken} ")

Bare().run()
"""

Argv = Sequence[str]


def board(rows: int, *more: str) -> Argv:
    """The board over so many alerts of twelve labels."""
    return (sys.executable, "-m", "support.demo_board", "--rows", str(rows), "--labels", "8", *more)


NAMES = slice(11, 48)
"""The columns of the list in which an alert's name and place are."""


def cursor(terminal: Pty) -> tuple[int, str]:
    """The line that the cursor is on, -1 for none, and whose it is."""
    y = next((y for y in range(terminal.lines) if terminal.cell(0, y).text == "▌"), -1)
    return y, terminal.display[y][NAMES] if y >= 0 else ""


def moved(terminal: Pty, key: str, what: str) -> float:
    """Seconds from the press of a key to the bytes that show the cursor elsewhere."""
    before, start = cursor(terminal), time.perf_counter()
    terminal.send(key)
    terminal.wait_until(lambda: (now := cursor(terminal))[0] >= 0 and now != before, what=what)
    return terminal.log[-1][0] - start


def painted(terminal: Pty, key: str, number: int) -> float:
    """Seconds from the press of a key to the bytes that show it."""
    if cursor(terminal)[0] >= 0:
        return moved(terminal, key, f"key {number}")
    start = time.perf_counter()
    terminal.send(key)
    terminal.wait_until(lambda: terminal.row_of(f"key {number} ") >= 0, what=f"key {number}")
    return terminal.log[-1][0] - start


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share of all lies."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def load(terminal: Pty, seconds: float) -> float:
    """Percent of a core, for so long, while nobody presses a key."""
    cpu, start = terminal.cpu_seconds(), time.monotonic()
    while time.monotonic() - start < seconds:
        terminal.pump(0.2)
    return (terminal.cpu_seconds() - cpu) / (time.monotonic() - start) * 100


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=1000, help="keys pressed on each subject")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--changing", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the load without keys is measured")
    chosen = parser.parse_args()
    storm = ("--changing", str(chosen.changing))
    argvs: dict[str, Argv] = {
        "bare Textual app": (sys.executable, "-c", BARE),
        "board, 100": board(100),
        f"board, {chosen.rows:,}": board(chosen.rows),
        f"board, {chosen.rows:,}, {chosen.changing:,} change each second": board(chosen.rows, *storm),
    }
    with contextlib.ExitStack() as stack:
        subjects = {name: stack.enter_context(Pty(argv, cwd=TESTS)) for name, argv in argvs.items()}
        for name, terminal in subjects.items():
            terminal.wait_for("BAREREADY" if name.startswith("bare") else "▲ CRIT", timeout=120)
            if not name.startswith("bare"):
                terminal.send("\x04" * 4 + "k" * 8)  # half pages down, and up from the edge
                terminal.wait_quiet(0.3)
        quiet, wild = list(subjects)[-2:]
        loads = {name: load(subjects[name], chosen.seconds) for name in (quiet, wild)}
        chance, taken = random.Random(11), {name: list[float]() for name in subjects}
        for number in range(1, chosen.keys + 1):
            key = "j" if number % 14 < 7 else "k"
            for name, terminal in subjects.items():
                took = painted(terminal, key, number)
                if number > 20:
                    taken[name].append(took)
            pause = time.monotonic() + chance.uniform(0.02, 0.06)
            while (left := pause - time.monotonic()) > 0:
                for terminal in subjects.values():
                    terminal.pump(left / len(subjects))
    print(versions())
    bare, few, many, busy = taken.values()
    for name, times in taken.items():
        middle, late = percentile(times, 0.5) * 1000, percentile(times, 0.99) * 1000
        print(f"{name:<45} p50 {middle:6.2f} ms   p99 {late:6.2f} ms   max {max(times) * 1000:6.2f} ms   ({len(times)} keys)")
    print(f"p50, × the bare app's         {statistics.median(many) / statistics.median(bare):6.2f}   bar 1.30")
    print(f"p99, × that with 100          {percentile(many, 0.99) / percentile(few, 0.99):6.2f}   bar 1.10")
    print(f"p99 while they change, × quiet {percentile(busy, 0.99) / percentile(many, 0.99):5.2f}   bar 1.50")
    for name, share in loads.items():
        print(f"{share:5.1f} % of a core: {name}, no keys" + ("   bar 10" if name == wild else ""))


if __name__ == "__main__":
    main()
