"""Two hundred traps every thirty seconds on one cockpit (bar 15): processor time, and how late the latest look began.

Real probes of six kinds, in the screen's own process. Processor time is the cockpit's and that of the programs it ran. A trap has a
place of its own in its interval; late is what a look began after it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from subject import COMMAND, TESTS, Pty, versions

EVERY = 30.0
KINDS = (
    ("disk", 'path = "/"\ntrip = "used_percent >= 101"', "used_percent", 70),
    ("load", 'trip = "load1 >= 1e6"', "load1", 40),
    ("memory", 'trip = "used_percent >= 101"', "used_percent", 40),
    ("file", 'path = "/etc/hostname"\ntrip = "age_seconds > 10000d"', "age_seconds", 30),
    ("process", 'pattern = "cockpit"', "count", 10),
    ("command", 'run = ["true"]', "seconds", 10),
)
"""Probe, its keys, the reading that tells when it looked, and how many."""


def config(share: float) -> tuple[str, dict[str, str]]:
    """A config with these traps, and the reading of each."""
    text, readings = "", {}
    for probe, keys, reading, count in KINDS:
        for n in range(round(count * share)):
            readings[f"{probe}-{n}"] = reading
            text += f'[traps.{probe}-{n}]\nprobe = "{probe}"\nevery = "{EVERY:.0f}s"\n{keys}\n'
    return text, readings


def cpu_seconds(pid: int) -> float:
    """Processor time of a process and of all it has waited for."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def lateness(state: Path, readings: dict[str, str]) -> tuple[list[float], int]:
    """For each look, the seconds it began after its place in the interval; and how many traps were looked at."""
    journal = open_journal(state, SystemClock())
    late: list[float] = []
    seen = 0
    for trap, reading in readings.items():
        times = [at for at, _ in journal.readings(trap, reading, datetime.now(UTC) - timedelta(days=1))][
            1:
        ]  # the first has no place
        seen += bool(times)
        places = [at - EVERY * round((at - times[0]) / EVERY) for at in times]
        late += [place - min(places) for place in places]
    journal.close()
    return late, seen


def main() -> int:
    """Measure and print; status 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--traps", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=150.0)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / ".config" / "cockpit"
        folder.mkdir(parents=True)
        text, readings = config(chosen.traps / 200)
        (folder / "config.toml").write_text(text, "utf-8")
        argv = [str(COMMAND)] if COMMAND.is_file() else [sys.executable, "-m", "cockpit"]
        env = {"HOME": home, "XDG_STATE_HOME": None, "XDG_CONFIG_HOME": None, "XDG_RUNTIME_DIR": None, "COCKPIT_CONFIG": None}
        with Pty(argv, cwd=TESTS, env=env) as terminal:
            terminal.wait_for(f"{len(readings)} armed", timeout=60)
            pid, busy, start = terminal.process.pid, [], time.monotonic()
            cpu, at = cpu_seconds(pid), start
            while at - start < chosen.seconds:
                end = at + EVERY
                while (now := time.monotonic()) < end:
                    terminal.pump(0.5)
                now_cpu = cpu_seconds(pid)
                busy.append((now_cpu - cpu) / (now - at) * 100)
                cpu, at = now_cpu, now
            memory = terminal.memory_mb()
        late, seen = lateness(Path(home) / ".local" / "state" / "cockpit", readings)
    middle, worst = statistics.median(busy), max(late, default=0.0)
    print(versions())
    print(f"{len(readings)} traps every {EVERY:.0f} s, {seen} of them seen, {len(late)} looks, {memory:.0f} MB PSS")
    print(f"processor         {middle:6.2f} % of a core, median of {len(busy)} intervals (max {max(busy):.2f})   bar 5")
    print(f"lateness          {worst:6.3f} s at worst, {statistics.median(late):.3f} s in the middle          bar 2")
    return int(middle > 5 or worst > 2 or seen < len(readings))


if __name__ == "__main__":
    raise SystemExit(main())
