"""A real `cockpit watch` beside a test, with what it writes kept in a file."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .home import COCKPIT, Home
from .real import wait_until

_LOOKED = (b"armed", b"tripped", b"before: alert")


@contextlib.contextmanager
def watching(home: Home, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`cockpit watch`, until the block ends."""
    with log.open("ab") as out:
        began = log.stat().st_size
        process = subprocess.Popen(
            (*COCKPIT, "watch"), env={**os.environ, **home.env, "HOOK_KEY": "k"}, stdout=out, stderr=out, cwd=home.path
        )
        try:
            # what had tripped before its start, and still does, is told as the alert that was there before
            wait_until(lambda: any(each in log.read_bytes()[began:] for each in _LOOKED), 30, "its first look")
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
            process.wait(15)
