"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """An empty home of its own."""
    path = tmp_path / "home"
    path.mkdir()
    return Home(path)
