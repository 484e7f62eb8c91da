"""A real disk that is quickly full."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.real import need


@contextlib.contextmanager
def small_disk(at: Path) -> Iterator[Path]:
    """A tmpfs of 8 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    need("mount", "umount")
    at.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", "size=8m", "cockpit-test", str(at)), check=True)
    try:
        yield at
    finally:
        subprocess.run(("umount", "-l", str(at)), check=True)
