"""What a hundred thousand alerts weigh (bar 6): the cockpit with its screen on a terminal, with them and without, and after polls
in which a hundredth of them changed. Megabytes are 10⁶ bytes of proportional memory (PSS) of the process and all its children.
"""

from __future__ import annotations

import argparse
import time

from storm import serving
from subject import Pty, cockpit_at, versions


def settled(terminal: Pty, seconds: float) -> float:
    """Its weight, the middle of what it is in that time."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        terminal.pump(0.5)
        seen.append(terminal.memory_mb())
    return sorted(seen)[len(seen) // 2]


def peak(terminal: Pty) -> float:
    """The most that the process itself has held at once, in MB (not proportional: what others share with it counts whole)."""
    with open(f"/proc/{terminal.process.pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) * 1024 / 1e6


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=100_000)
    parser.add_argument("--polls", type=int, default=12, help="polls in which 1 % changed")
    chosen = parser.parse_args()
    with serving(1) as one, cockpit_at(one, every="5s") as terminal:
        terminal.wait_for("1 firing", timeout=60)
        empty = settled(terminal, 8)
    with serving(chosen.alerts, "cc") as many, cockpit_at(many, every="5s") as terminal:
        terminal.wait_for(f"{chosen.alerts} firing", timeout=120)
        first = settled(terminal, 3)
        end = time.monotonic() + 6 * chosen.polls
        while time.monotonic() < end:
            terminal.pump(0.5)
        later, most = settled(terminal, 8), peak(terminal)
    print(versions())
    print(f"with one alert                      {empty:6.1f} MB")
    print(
        f"with {chosen.alerts:,} just come            {first:6.1f} MB, {(first - empty) * 1e6 / chosen.alerts:.0f} bytes an alert"
    )
    print(f"after {chosen.polls} polls with 1 % changed       {later:6.1f} MB   bar 120")
    print(f"at its height                       {most:6.1f} MB (RSS)")


if __name__ == "__main__":
    main()
