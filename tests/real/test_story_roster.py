"""The one on call is ill: somebody takes the shift on a real terminal, every cockpit knows within seconds, and it is taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.stories import press_until
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
[people.bo]
name = "Bo"
[rosters.primary]
timezone = "UTC"
[[rosters.primary.layers]]
people = ["bo"]
start = {start}
turn = "1 week"
end = {end}
"""


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_a_shift_is_taken_on_one_screen_seen_on_another_and_taken_back(home: Home, tmp_path: Path, size: tuple[int, int]) -> None:
    now = datetime.now(UTC)
    home.env["TZ"] = ""
    home.config(
        CONFIG.format(start=f"{now - timedelta(days=3):%Y-%m-%dT%H:%M:%S}", end=f"{now + timedelta(days=9):%Y-%m-%dT%H:%M:%S}")
    )
    columns, rows = size
    with tmux(COCKPIT, home.env, tmp_path, columns, rows) as here, tmux(COCKPIT, home.env, tmp_path) as other:
        other.wait("primary  Bo")
        press_until((here,), "w", lambda: "primary · level 1" in here.text, "the week")
        here.keys("t")
        here.wait("Take this shift now?")
        here.wait("Ana instead of Bo")
        press_until((here,), "y", lambda: "Take this shift now?" not in here.text, "the box to take the y")
        here.wait("◆◆")
        other.wait("primary  Ana", 30)
        (taken,) = home.json("oncall")
        assert (taken["person"], taken["override"]) == ("ana", True)
        done = home.run("oncall", "undo", "--yes")
        assert done.returncode == 0
        other.wait("primary  Bo", 30)
