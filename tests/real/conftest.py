"""What the stories may ask for besides a home."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.nginx import Nginx


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    """A web server that runs, and that the story may stop and start as it likes."""
    server = Nginx(tmp_path / "nginx")
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError, ValueError):  # it was not running at that moment
            os.kill(server.master, signal.SIGTERM)
