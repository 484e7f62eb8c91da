"""What a report costs (bar 14, the second half): a year of a busy team's journal, 10⁶ events, read and ranked.

Of the events 50,000 are commands, ticks and answers by hand; beside them lie 50,000 runs of runbooks, each with what was seen of
its alert. The journal is made once, in a folder of its own, and taken away again.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cockpit.core.actions import Run, RunState, Start
from cockpit.core.aftermath import Aftermath
from cockpit.core.alerts import Ref
from cockpit.engine import aftermath_table, runs_table
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import Happened, Journal, open_journal
from subject import versions

BAR = 2.0
_YEAR = 364 * 86400.0
_PEOPLE = ("ana", "bo", "cy", "dee")
_COMMANDS = [f"sudo systemctl restart unit-{n}" for n in range(40)] + [f"tool-{n} --all" for n in range(200)]


def events(count: int, since: datetime) -> Iterator[Happened]:
    """As the keeper, the runs, readers and recorded shells write them."""
    step = timedelta(seconds=_YEAR / count)
    for n in range(count):
        at, who = since + n * step, _PEOPLE[n % 4]
        match n % 60:
            case 0:
                data: dict[str, object] = {"command": _COMMANDS[n // 60 % len(_COMMANDS)], "seconds": 12.5, "status": n % 7 % 2}
                yield Happened(at=at, kind="hand.command", who=who, subject="mend", data=data)
            case 1:
                yield Happened(at=at, kind="reader.ticked", who=who, data={"book": f"db/{n % 50}", "box": "Tell them"})
            case 2:
                yield Happened(
                    at=at, kind="hand.step", who=who, data={"what": f"book-{n % 90}", "step": "Is it up?", "seconds": 40}
                )
            case _:
                kind = ("trap.tripped", "alert.fired", "alert.resolved", "run.started", "run.ended")[n % 5]
                data = {"says": f"{n % 100} % used, full in 2 h 10 m", "firing": n}
                yield Happened(at=at, kind=kind, who=who, source="local", subject=f"trap-{n % 200}", data=data)


def runs(count: int, since: datetime) -> Iterator[tuple[Run, Aftermath]]:
    """Runs for alerts, and what became of those."""
    chance = random.Random(1)  # nothing is kept secret by it
    for n in range(count):
        at, name = since + timedelta(seconds=n * _YEAR / count), f"book-{n % 90}"
        ref = Ref("am", f"alert-{n % 500}")
        action = Start(name, {"host": f"web-{n % 30}"}, ref, (("systemctl", "restart", f"unit-{n % 30}"),))
        state = RunState.FAILED if n % 11 == 0 else RunState.CONFIRMED
        run = Run(
            id=f"r{n:07d}", at=at, who=_PEOPLE[n % 4], action=action, what=name, target=f"web-{n % 30}", state=state,
            seconds=chance.uniform(1, 300), output_path=f"/home/ana/.local/state/cockpit/runs/r{n:07d}.log",
        )  # fmt: skip
        ended = at + timedelta(seconds=run.seconds or 0)
        over = ended + timedelta(minutes=chance.uniform(0, 12))
        after = Aftermath(
            run=run.id, source="am", alert=ref.id, name="HighErrorRate", place=run.target, began=at, within=600.0, ended=ended,
            there=over, gone=over,
        )  # fmt: skip
        yield run, after


def filled(folder: Path, count: int) -> Journal:
    """A journal of a year."""
    clock = SystemClock()
    journal, since, now = open_journal(folder, clock), clock.now() - timedelta(seconds=_YEAR), clock.now()
    journal.record_many(events(count, since))

    def work(db: object) -> None:
        for run, after in runs(count // 20, since):
            runs_table.put(db, run)  # type: ignore[arg-type]  # the journal's own connection
            aftermath_table.put(db, after, now)  # type: ignore[arg-type]

    journal._file.write(work)
    return journal


def main() -> int:
    """Measure and print; status 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        state = Path(home) / "state" / "cockpit"
        state.parent.mkdir()
        journal = filled(state, chosen.events)
        size = (state / "journal.sqlite").stat().st_size
        began = time.perf_counter()
        found = journal.labours(datetime.now(UTC) - timedelta(days=365), datetime.now(UTC), tuple)
        reading = time.perf_counter() - began
        journal.close()
        env = {**os.environ, "HOME": home, "XDG_STATE_HOME": str(state.parent), "XDG_CONFIG_HOME": home}
        taken, spent = [], []
        for _ in range(chosen.runs):
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            command = (sys.executable, "-m", "cockpit", "report", "--since", "365d", "--json")
            subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)  # our own
            taken.append(time.perf_counter() - began)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(versions())
    print(f"{chosen.events:,} events, {len(found):,} of them and of the runs counted, {size / 1e6:.0f} MB; read in {reading:.2f} s")
    median = statistics.median(taken)
    print(f"cockpit report --since 365d --json: {median:.2f} s (min {min(taken):.2f})   bar {BAR:g}")
    print(f"of that {statistics.median(spent):.2f} s of a core")
    return int(median > BAR)


if __name__ == "__main__":
    raise SystemExit(main())
