"""How the screen ends when its engine ended before it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cockpit.cli import screen
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal


@pytest.mark.parametrize(
    ("ended", "failed", "word"),
    [
        (True, "", ""),
        (True, "the engine ended by itself: SystemExit: 1", "cockpit: the engine ended by itself: SystemExit: 1"),
        (False, "", "cockpit: the engine does not answer and was left behind"),
    ],
)
def test_an_engine_that_died_or_hangs_is_told_and_makes_the_status_that_of_a_crash(
    tmp_path: Path, ended: bool, failed: str, word: str
) -> None:
    app: Any = SimpleNamespace(crash="")
    desk: Any = SimpleNamespace(stop=lambda: ended, failed=failed)
    with closing(open_journal(tmp_path, SystemClock())) as journal:
        screen._close(app, desk, journal)
    assert app.crash.startswith(word)
    assert bool(app.crash) is bool(word), "`run_app` prints it, and gives 1"
