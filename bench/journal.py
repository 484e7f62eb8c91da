"""What it costs to write things down (bar 14, the first half): 10,000 events in batches, each batch durable when it is written.

The second half, a year queried for a report, is `report.py`. The file lies where ``--at`` says: on a tmpfs a sync is free.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import Happened, open_journal
from subject import versions

START = datetime(2026, 11, 23, tzinfo=UTC)


def batch(number: int, size: int) -> list[Happened]:
    """Events as the keeper and the runs write them."""
    return [
        Happened(
            at=START + timedelta(seconds=number * size + n), kind=("trap.tripped", "run.started", "alert.acked")[n % 3], who="Ana",
            source="local", subject=f"trap-{n % 200}", data={"says": f"{n % 100} % used, full in 2 h 10 m", "firing": n},
        )
        for n in range(size)
    ]  # fmt: skip


def main() -> int:
    """Measure and print; status 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=1_000, help="events in one transaction")
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--at", default=None, help="a folder to make the file in; else the system's temporary one")
    chosen = parser.parse_args()
    batches = [batch(number, chosen.size) for number in range(chosen.events // chosen.size)]
    taken = []
    for _ in range(chosen.runs):
        with tempfile.TemporaryDirectory(dir=chosen.at) as folder:
            journal = open_journal(Path(folder), SystemClock())
            start = time.perf_counter()
            for each in batches:
                journal.record_many(each)
            taken.append(time.perf_counter() - start)
            written = len(journal.entries(limit=chosen.events + 1))
            journal.close()
    print(versions())
    print(f"{written} events in {len(batches)} transactions: {statistics.median(taken):.3f} s (min {min(taken):.3f})   bar 0.1")
    return int(statistics.median(taken) > 0.1 or written < chosen.events)


if __name__ == "__main__":
    raise SystemExit(main())
