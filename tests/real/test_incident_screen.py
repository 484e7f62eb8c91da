"""An incident in a real terminal: opened with ``i``, led and closed on the screen, and read by the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from support.home import Home
from support.stories import press_until
from support.tmux import tmux

CONFIG = """
me = ["Ana"]

[traps.root]
probe = "disk"
path = "/"
trip = "used_percent >= 0"
every = "1s"
"""


def told(home: Home, *words: str) -> list[dict[str, object]]:
    argv = (sys.executable, "-m", "cockpit", "incident", *words, "--json")
    done = subprocess.run(argv, env=home.env, capture_output=True, text=True, check=False, timeout=60)
    return msgspec.json.decode(done.stdout, type=list[dict[str, object]])


@pytest.mark.parametrize(("columns", "rows"), [(120, 40), (80, 24)])
def test_it_is_opened_followed_and_closed_on_the_screen_and_the_journal_has_it(tmp_path: Path, columns: int, rows: int) -> None:
    home = Home(tmp_path)
    home.config(CONFIG)
    with tmux([sys.executable, "-m", "cockpit"], home.env, tmp_path, columns, rows) as person:
        person.wait("1 firing")
        person.keys("i")
        person.wait("Open an incident with 1 alert")
        person.keys("Enter", "Enter")
        person.wait("nobody leads")
        person.keys("l")
        person.wait("Ana leads")
        subprocess.run(
            (sys.executable, "-m", "cockpit", "incident", "note", "i1", "said", "elsewhere"), env=home.env, check=True, timeout=60
        )
        person.wait("said elsewhere")
        person.keys("c")
        person.wait("Close i1?")
        person.wait("close it")
        press_until((person,), "y", lambda: "Close i1?" not in person.text, "the box to take the y")
        person.wait("Ana led")
    (shown,) = told(home, "list", "--all")
    assert (shown["id"], shown["status"], shown["lead"], shown["opened_by"]) == ("i1", "closed", "Ana", "Ana")
    assert shown["alerts"] == ["local/root"]


def test_of_two_who_open_one_with_the_same_alert_at_once_the_second_follows_the_first_ones(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config(CONFIG)
    screen = [sys.executable, "-m", "cockpit"]
    with tmux(screen, home.env, tmp_path, 100, 30) as one, tmux(screen, home.env, tmp_path, 100, 30) as other:
        for person in (one, other):
            person.wait("1 firing")
            person.keys("i")
            person.wait("Open an incident with 1 alert")
        for person in (one, other):
            person.keys("Enter")
        for person in (one, other):
            person.keys("Enter")
        for person in (one, other):
            person.wait("nobody leads")
            person.wait(" i1 root")
    (shown,) = told(home, "list", "--all")
    assert (shown["id"], shown["alerts"]) == ("i1", ["local/root"])
