"""What a command costs that opens no screen (bars 3 and 4): its wall time against ``python -c pass``, turn and turn about, medians.

``cockpit --version`` must cost no more than an interpreter that starts; ``cockpit oncall --json`` reads a config and the journal.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from subject import versions

CONFIG = """
me = ["ana"]

[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"

[people.bo]
name = "Bo"
timezone = "Europe/Berlin"

[rosters.primary]
timezone = "Europe/Berlin"
[[rosters.primary.layers]]
people = ["ana", "bo"]
start = 2026-01-05T09:00:00
turn = "1 week"

[traps.root-disk]
probe = "disk"
path = "/"
warn = "used_percent >= 80"
trip = "used_percent >= 92"
runbooks = ["look"]

[runbooks.look]
match = "trap=root-disk"
steps = [{ run = ["df", "-h"] }]
"""

SUBJECTS: dict[str, tuple[tuple[str, ...], float | None]] = {
    "python -c pass": ((sys.executable, "-c", "pass"), None),
    "cockpit --version": ((sys.executable, "-m", "cockpit", "--version"), 4.0),
    "cockpit oncall --json": ((sys.executable, "-m", "cockpit", "oncall", "--json"), 15.0),
}


def seconds(argv: tuple[str, ...], env: Mapping[str, str], home: str) -> float:
    """From exec to the end of the process."""
    start = time.perf_counter()
    subprocess.run(argv, env=env, cwd=home, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def surroundings(home: str) -> dict[str, str]:
    """An empty home with byte code in it: an installed cockpit has its byte code, whatever this shell says about writing it."""
    dropped = ("COCKPIT", "XDG_", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    own = {
        "XDG_CONFIG_HOME": f"{home}/.config",
        "XDG_STATE_HOME": f"{home}/.local/state",
        "PYTHONPYCACHEPREFIX": f"{home}/bytecode",
    }
    return kept | {"HOME": home} | own


def main() -> int:
    """Measure and print; status 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21)
    chosen = parser.parse_args()
    taken: dict[str, list[float]] = {name: [] for name in SUBJECTS}
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / ".config" / "cockpit"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(CONFIG, "utf-8")
        (folder / "config.toml").chmod(0o600)
        env = surroundings(home)
        for run in range(chosen.runs + 1):
            for name, (argv, _) in SUBJECTS.items():
                took = seconds(argv, env, home)
                if run:  # the first writes byte code and fills caches
                    taken[name].append(took)
    print(versions())
    bare = statistics.median(taken["python -c pass"])
    missed = False
    for name, (_, bar) in SUBJECTS.items():
        middle = statistics.median(taken[name])
        said = f"  {middle / bare:6.2f} ×   bar {bar:.0f}" if bar else ""
        print(f"{name:<24} {middle * 1000:7.1f} ms  (min {min(taken[name]) * 1000:.1f}, {chosen.runs} runs){said}")
        missed = missed or (bar is not None and middle / bare > bar)
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
