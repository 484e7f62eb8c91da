"""A filter typed into 100,000 alerts (bar 13): from each key to the first row that it changes, on a real pseudo-terminal.

Places of alerts all over the list are typed whole, key by key, and taken back the same way; then the same while 1,000 alerts change
each second. A key that changes no row (all that is shown has that letter, too) is counted apart. *Settled*: until nothing more
comes, counts and all.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import time

from keys import BARE, painted, percentile
from subject import TESTS, Pty, versions

FIRST, LAST = 3, 24  # lines of the screen that have rows of the list, whatever panes and lines are open below
PLACES = ("web-", "db-", "worker-", "shop.example", "log-", "checkout-7f9c")


def rows(terminal: Pty) -> list[str]:
    """What the list shows."""
    return terminal.display[FIRST:LAST]


def typed(terminal: Pty, key: str, rest: float) -> tuple[float | None, float]:
    """Seconds from a key to the first row that it changed (``None``: it changed none), and to the last byte that it brought."""
    terminal.pump(0)
    before, start = rows(terminal), time.perf_counter()
    terminal.send(key)
    first, last = None, start
    while time.perf_counter() - last < rest:
        if terminal.pump(0.02):
            last = terminal.log[-1][0]
            if first is None and rows(terminal) != before:
                first = last - start
        elif time.perf_counter() - start > 5:
            break
    return first, last - start


def measure(terminal: Pty, words: list[str], rest: float) -> tuple[list[float], int, list[float]]:
    """The keys of these words, there and back: times to the first changed row, how many changed none, times until settled."""
    changed: list[float] = []
    settled: list[float] = []
    same = 0
    for word in words:
        terminal.send("/")
        terminal.wait_quiet(rest)
        for key in (*word, *["\x7f"] * len(word)):
            first, last = typed(terminal, key, rest)
            settled.append(last)
            if first is None:
                same += 1
            else:
                changed.append(first)
        terminal.send("\x1b")
        terminal.wait_quiet(rest)
    return changed, same, settled


def bare(keys: int = 60) -> list[float]:
    """Seconds from a key to the paint that shows it, in a bare Textual app."""
    with Pty([sys.executable, "-c", BARE], cwd=TESTS) as terminal:
        terminal.wait_for("BAREREADY", timeout=60)
        return [painted(terminal, "j", number) for number in range(1, keys + 1)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--words", type=int, default=8)
    parser.add_argument("--rows", type=int, default=100_000)
    chosen = parser.parse_args()
    chance = random.Random(5)
    words = [f"{chance.choice(PLACES)}{chance.randrange(chosen.rows)}" for _ in range(chosen.words)]
    print(versions())
    for name, more in (("quiet", ()), ("while 1,000 change each second", ("--changing", "1000"))):
        argv = [sys.executable, "-m", "support.demo_board", "--rows", str(chosen.rows), "--labels", "8", *more]
        with Pty(argv, cwd=TESTS) as terminal:
            terminal.wait_for("▲ CRIT", timeout=120)
            terminal.pump(1.0)
            changed, same, settled = measure(terminal, words, 0.15)
        plain = bare()
        middle, late = statistics.median(changed) * 1000, percentile(changed, 0.9) * 1000
        print(f"{name}: first changed row p50 {middle:.1f} ms, p90 {late:.1f} ms, max {max(changed) * 1000:.1f} ms   bar 20")
        print(f"    of {len(changed)} keys; {same} changed no row; settled p50 {statistics.median(settled) * 1000:.0f} ms")
        middle, late = statistics.median(plain) * 1000, percentile(plain, 0.9) * 1000
        print(f"    a bare Textual app just after: p50 {middle:.1f} ms, p90 {late:.1f} ms")


if __name__ == "__main__":
    main()
