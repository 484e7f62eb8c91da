"""The whole route on a real disk: it fills, the trap warns with a forecast and trips, and a runbook at one key frees it."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from support.disks import small_disk
from support.home import COCKPIT, Home
from support.real import wait_until
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]
[people.ana]
name = "Ana"
timezone = "America/Sao_Paulo"

[traps.small-disk]
probe = "disk"
path = "{disk}"
warn = "used_percent >= 60"
trip = "used_percent >= 90"
every = "1s"
forecast = "used_percent"
severity = "critical"
runbooks = ["free-disk"]
went_wrong = "the disk filled up"

[runbooks.free-disk]
title = "Free space on {{path}}"
changes = "deletes the junk"
steps = [{{ run = ["find", "{{path}}", "-name", "junk-*", "-delete", "-print"] }}]
"""


def fill(disk: Path, number: int, kib: int) -> None:
    (disk / f"junk-{number:02}").write_bytes(bytes(1024 * kib))


def test_a_disk_fills_is_forecast_trips_is_acknowledged_and_freed(home: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        home.config(CONFIG.format(disk=disk))
        with tmux(COCKPIT, home.env, tmp_path) as screen:
            screen.wait("small-disk")
            screen.wait("All clear")
            steps = iter(range(999))

            def pour(text: str, upto: float) -> bool:
                """Pour a little in, up to that share, and look whether the screen says so yet."""
                space = os.statvfs(disk)
                if space.f_bfree > space.f_blocks * (1 - upto):
                    fill(disk, next(steps), 64)
                return text in screen.text

            wait_until(lambda: pour("full in", 0.55), 90, "a forecast on the screen")
            wait_until(lambda: pour("1 warning", 0.75), 60, "a warning on the screen")
            wait_until(lambda: pour("CRIT", 0.97), 60, "the alert on the screen")
            shown = screen.wait("Free space on")
            assert "small-disk" in shown
            screen.keys("a")
            screen.wait("acked")
            wait_until(lambda: home.json("alerts")[0]["acknowledged_by"], 15, "the acknowledgement in the listing")
            screen.keys("1")
            shown = screen.wait("deletes the junk")
            assert str(disk) in shown
            assert list(disk.iterdir()), "nothing runs before it is confirmed"
            screen.keys("Enter")
            assert list(disk.iterdir()), "enter does not confirm"
            opened = time.monotonic()
            wait_until(lambda: time.monotonic() - opened > 0.4, what="the box to take keys (it is deaf for 300 ms)")
            screen.keys("y")
            wait_until(lambda: not list(disk.iterdir()), 20, "the junk to be gone")
            screen.keys("Escape")
            screen.wait("All clear", 40)
        (alert_free,) = (home.json("alerts"),)
        assert alert_free == []
        (run,) = [each for each in home.json("runs") if each["what"] == "free-disk"]
        assert (run["state"], run["exit_code"]) == ("confirmed", 0)
        assert "junk-00" in Path(run["output_path"]).read_text()
        kinds = journal_kinds(home)
        for kind in ("trap.tripped", "alert.fired", "alert.acked", "run.started", "run.ended", "alert.resolved"):
            assert kind in kinds, kinds


def journal_kinds(home: Home) -> list[str]:
    from cockpit.engine.clock import SystemClock
    from cockpit.engine.journal import open_journal

    journal = open_journal(home.state, SystemClock())
    try:
        return [entry.kind for entry in journal.entries()]
    finally:
        journal.close()
