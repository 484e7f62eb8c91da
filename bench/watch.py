#!/usr/bin/env python
"""What a watch saves, and how soon it is replaced: requests per minute at a real Alertmanager with 1 and with 10 screens, without a
watch and beside one; and, where the watch is killed with -9, seconds until another looks at the traps and until the screens ask
for themselves.

``python bench/watch.py [--seconds 30]``. Counts and seconds of this machine.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from subject import versions
from support.alertmanagers import alertmanager
from support.between import Between
from support.home import COCKPIT, Home
from support.stories import holder
from support.tmux import tmux

CONFIG = """
[sources.am]
provider = "alertmanager"
url = "{url}"
every = "5s"

[traps.note]
probe = "file"
path = "{here}/note"
every = "1s"
"""
PATIENCE = 60.0


def until(met: Callable[[], object]) -> float:
    """Seconds until that is so."""
    began = time.monotonic()
    while not met():
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError("it did not come")
        time.sleep(0.05)
    return time.monotonic() - began


@contextmanager
def watching(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """``cockpit watch``, when it shares."""
    watch = subprocess.Popen((*COCKPIT, "watch"), env=os.environ | home.env, cwd=home.path, stdout=subprocess.DEVNULL)
    try:
        until((home.state / "watch.sock").is_socket)
        yield watch
    finally:
        watch.kill()
        watch.wait()


def per_minute(many: int, seconds: float, *, watched: bool) -> float:
    """Requests per minute with so many screens."""
    with ExitStack() as stack:
        home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        server = stack.enter_context(alertmanager(home.path))
        between = stack.enter_context(Between(server.url))
        home.config(CONFIG.format(url=between.url, here=home.path))
        server.fire({"alertname": "DiskFull", "severity": "critical"})
        if watched:
            stack.enter_context(watching(home))
        screens = [stack.enter_context(tmux(COCKPIT, home.env, home.path)) for _ in range(many)]
        for screen in screens:
            screen.wait("DiskFull", PATIENCE)
        before, began = len(between.heard), time.monotonic()
        time.sleep(seconds)
        return (len(between.heard) - before) / (time.monotonic() - began) * 60


def taken_over() -> tuple[float, float]:
    """(seconds until another process looks at the traps, seconds until a screen asks the source) after kill -9 of the watch."""
    with ExitStack() as stack:
        home = Home(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        server = stack.enter_context(alertmanager(home.path))
        between = stack.enter_context(Between(server.url))
        home.config(CONFIG.format(url=between.url, here=home.path))
        server.fire({"alertname": "DiskFull", "severity": "critical"})
        watch = stack.enter_context(watching(home))
        screen = stack.enter_context(tmux(COCKPIT, home.env, home.path))
        screen.wait("DiskFull", PATIENCE)
        until(lambda: holder(home) == watch.pid)
        watch.send_signal(signal.SIGKILL)
        watch.wait()
        before = len(between.heard)
        asks = until(lambda: len(between.heard) > before)
        return asks + until(lambda: holder(home) == screen.pid), asks


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="for which requests are counted")
    seconds = parser.parse_args().seconds
    print(versions())
    for watched in (False, True):
        for many in (1, 10):
            beside = "beside a watch" if watched else "alone"
            print(f"{many:>2} screens {beside}: {per_minute(many, seconds, watched=watched):.0f} requests a minute", flush=True)
    leads, asks = taken_over()
    print(f"after kill -9 of the watch: a screen asks the source itself after {asks:.1f} s, looks at the traps after {leads:.1f} s")


if __name__ == "__main__":
    main()
