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
def small_disk(at: Path, size: str = "8m") -> Iterator[Path]:
    """A tmpfs of 8 MiB, or of another ``size``, as mount takes it."""
    if os.geteuid() != 0:
        pytest.skip("mounting a tmpfs needs root")
    need("mount", "umount")
    at.mkdir()
    subprocess.run(("mount", "-t", "tmpfs", "-o", f"size={size}", "cockpit-test", str(at)), check=True)
    try:
        yield at
    finally:
        subprocess.run(("umount", "-l", str(at)), check=True)
