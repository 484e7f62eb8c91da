"""While a screen starts nothing looks for garbage that holds itself; once it stands that is looked for, however it was opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.pty import Pty
from support.recordings import story

TELLS = """
import gc, os, threading, time

def tell():
    while not gc.isenabled():
        time.sleep(0.02)
    with open(os.environ["TELL"], "w") as file:
        file.write(str(gc.get_threshold()))

def begin():
    while gc.isenabled():
        time.sleep(0.001)
    tell()

threading.Thread(target=begin, daemon=True).start()
"""


@pytest.mark.parametrize("opened", ["board", "demo", "replay"])
def test_what_holds_itself_is_collected_once_the_screen_stands(opened: str, home: Home, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(TELLS)
    told = tmp_path / "told"
    env = home.env | {"PYTHONPATH": str(tmp_path / "site"), "TELL": str(told)}
    words = {"board": (), "demo": ("--demo",), "replay": ("--replay", str(story(tmp_path / "night.rec")))}[opened]
    with Pty((*COCKPIT, *words), env=env) as t:
        t.wait_for("Alerts")
        t.wait_until(lambda: told.exists() and bool(told.read_text()), what="the collector is at work")
    assert told.read_text() == "(2000, 10, 10)"
