"""What the looks of traps take, every 30 s, thinned by the keeper's own steps; and how long one step holds the file.

Made a day at a time. ``--scale 1 --days 430 --traps 4`` is the whole of the retention: of 200 traps, fifty times that.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.core.retention import Retention
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import Journal, open_journal
from cockpit.engine.traps_table import doubles
from subject import versions

START = datetime(2026, 1, 1, tzinfo=UTC)
NUMBERS = ("free_bytes", "inodes_used_percent", "total_bytes", "used_percent")


def main() -> int:
    """Measure and print; status 1 if the last tenth of the time still made the file larger by more than a tenth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=40)
    parser.add_argument("--traps", type=int, default=20)
    parser.add_argument("--every", type=float, default=30.0)
    parser.add_argument("--scale", type=float, default=0.0625, help="of the days that the retention gives")
    parser.add_argument("--incidents", type=int, default=0, help="so many a day, each with the alert of one trap")
    chosen = parser.parse_args()
    whole = Retention()
    kept = Retention(
        looks=whole.looks,
        five_minutes=type(whole.looks)(max(whole.looks, whole.five_minutes * chosen.scale)),
        three_hours=type(whole.looks)(whole.three_hours * chosen.scale),
        events=type(whole.looks)(max(30 * 86400.0, whole.events * chosen.scale)),
    )
    steps: list[float] = []
    sizes: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        journal = open_journal(Path(folder), SystemClock())
        pack = doubles(len(NUMBERS)).pack
        for day in range(chosen.days):
            begin = (START + timedelta(days=day)).timestamp()

            def work(db: object, begin: float = begin) -> None:
                execute = db.executemany  # type: ignore[attr-defined]  # the journal's own connection
                execute(
                    "INSERT OR IGNORE INTO series (id, trap) VALUES (?, ?)", [(n + 1, f"trap-{n}") for n in range(chosen.traps)]
                )
                execute("INSERT OR IGNORE INTO layout (id, names) VALUES (1, ?)", [('["' + '","'.join(NUMBERS) + '"]',)])
                rows = (
                    (n + 1, begin + look * chosen.every, pack(look, 1.0, 2.0, n))
                    for n in range(chosen.traps)
                    for look in range(int(86400 / chosen.every))
                )
                execute("INSERT INTO reading (series, at, layout, numbers) VALUES (?, ?, 1, ?)", rows)

            journal._file.write(work)
            _incidents(journal, day, chosen.incidents, chosen.traps)
            now = START + timedelta(days=day + 1)
            more = True
            while more:
                began = time.perf_counter()
                more = journal.thin(now, kept)
                steps.append(time.perf_counter() - began)
            sizes.append((Path(folder) / "journal.sqlite").stat().st_size)
        journal.close()
    print(versions())
    print(f"{chosen.traps} traps every {chosen.every:g} s: {sizes[-1] / 1e6:.1f} MB after {chosen.days} days, ", end="")
    print(f"{sizes[chosen.days * 9 // 10] / 1e6:.1f} after nine tenths of them")
    ordered = sorted(steps)
    print(f"one step of thinning: {statistics.median(steps) * 1e3:.1f} ms, p99 {ordered[int(len(steps) * 0.99)] * 1e3:.1f} ms")
    return int(sizes[-1] > 1.1 * sizes[chosen.days * 9 // 10])


def _incidents(journal: Journal, day: int, many: int, traps: int) -> None:
    """The incidents of a day, each of two hours, and each about another trap."""
    for number in range(many):
        at, trap = START + timedelta(days=day, hours=6 + number), f"trap-{(day * many + number) % traps}"
        alert = {"source": "local", "alert": f"{trap} {at}", "name": trap, "trap": trap, "since": at.isoformat()}
        data = {"title": "x", "alerts": [alert]}
        journal.record("incident.opened", at=at, who="ana", subject=f"i{day * many + number + 1}", data=data)
        journal.record("incident.closed", at=at + timedelta(hours=2), who="ana", subject=f"i{day * many + number + 1}")


if __name__ == "__main__":
    raise SystemExit(main())
