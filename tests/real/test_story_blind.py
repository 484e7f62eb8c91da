"""What hangs is blind, never armed; it starves neither the other traps nor the screen; and blind for too long is an alert."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from cockpit.core.traps import TrapState, Watch
from cockpit.engine.clock import SystemClock
from cockpit.engine.journal import open_journal
from support.home import COCKPIT, Home
from support.hung import hung
from support.real import wait_until
from support.tmux import tmux

pytestmark = pytest.mark.real

EVERY = 3.0
SLACK = 2.0
"""Seconds that this machine may be busy with something else."""

CONFIG = """
[traps.stubborn]
probe = "command"
run = ["{check}"]
every = "3s"
blind_after = "5s"

[traps.bounded]
probe = "command"
run = ["{check}"]
within = "1s"
every = "3s"
blind_after = "5s"

[traps.mounted-file]
probe = "file"
path = "{mount}/backup"
every = "3s"
blind_after = "5s"

[traps.mounted-log]
probe = "log"
path = "{mount}/log"
pattern = "error"
trip = "in_window > 3"
every = "3s"
blind_after = "5s"

[traps.well]
probe = "file"
path = "{check}"
every = "3s"
"""

HANGING = ("stubborn", "bounded", "mounted-file", "mounted-log")


@pytest.fixture
def check(tmp_path: Path) -> Iterator[Path]:
    """A check that hangs as long as there is a file "hang" beside it; those that hang are ended at the end."""
    path = tmp_path / "check"
    path.write_text(f"#!/bin/sh\n[ -e {tmp_path}/hang ] || exec echo fine\necho $$ >> {tmp_path}/pids\nexec sleep 1000\n")
    path.chmod(0o755)
    try:
        yield path
    finally:
        end_checks(tmp_path)


def hanging(here: Path) -> list[int]:
    """The checks that hang now."""
    told = here / "pids"
    pids = [int(pid) for pid in told.read_text().split()] if told.exists() else []
    return [pid for pid in pids if sleeps(pid)]


def sleeps(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes() == b"sleep\x001000\x00"
    return False


def end_checks(here: Path) -> None:
    for pid in hanging(here):
        with contextlib.suppress(ProcessLookupError):  # it ended just now
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def watches(home: Home) -> Iterator[Callable[[], Mapping[str, Watch]]]:
    """What the journal knows of every trap, read by a process of its own: this one."""
    journal = open_journal(home.state, SystemClock())
    try:
        yield journal.watches
    finally:
        journal.close()


def test_what_begins_to_hang_is_blind_within_two_intervals_is_an_alert_and_comes_back(
    home: Home, tmp_path: Path, check: Path
) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    for name in ("backup", "log"):
        (mount / name).write_text("content\n")
    home.config(CONFIG.format(check=check, mount=mount))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("5 armed", 60)
        with hung(mount) as end:
            (tmp_path / "hang").touch()
            since = time.monotonic()
            screen.wait("4 blind", 2 * EVERY + SLACK)
            assert time.monotonic() - since < 2 * EVERY + SLACK

            # while it hangs nothing makes them look healthy, and being blind for too long is an alert
            seen: set[tuple[str, str]] = set()

            def alerted() -> bool:
                assert "4 blind" in screen.text
                seen.update((each["name"], each["state"]) for each in home.json("traps"))
                return "4 firing" in screen.text

            wait_until(alerted, 40, "four alerts of blind traps")
            assert seen == {*((name, "blind") for name in HANGING), ("well", "armed")}
            assert {alert["labels"]["trap"] for alert in home.json("alerts")} == set(HANGING)
            assert home.run("traps").returncode == 3, "could not see"
            end()
        (tmp_path / "hang").unlink()
        end_checks(tmp_path)
        screen.wait("5 armed", 60)
        screen.wait("All clear")
        assert home.json("alerts") == []


def test_a_pipe_where_a_log_should_be_is_blind_and_hangs_nothing(home: Home, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "log")
    home.config(f'[traps.pipe]\nprobe = "log"\npath = "{tmp_path}/log"\npattern = "x"\ntrip = "in_window > 3"\n')
    (pipe,) = home.json("traps")
    assert pipe["state"] == "blind"
    assert "not a plain file" in pipe["text"]


def test_one_command_that_meets_a_hung_mount_says_so_and_ends(home: Home, tmp_path: Path, check: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    home.config(CONFIG.format(check=check, mount=mount))
    (tmp_path / "hang").touch()
    with hung(mount):
        since = time.monotonic()
        listed = {each["name"]: each["state"] for each in home.json("traps")}
        assert time.monotonic() - since < 15 + SLACK
    assert listed == {**dict.fromkeys(HANGING, "blind"), "well": "armed"}


def test_ninety_that_hang_starve_neither_ten_others_nor_the_screen(
    home: Home, tmp_path: Path, check: Path, watches: Callable[[], Mapping[str, Watch]]
) -> None:
    well = "".join(f'[traps.well-{n}]\nprobe = "file"\npath = "{check}"\nevery = "3s"\n' for n in range(10))
    stuck = "".join(f'[traps.stuck-{n}]\nprobe = "command"\nrun = ["{check}"]\nevery = "3s"\n' for n in range(90))
    home.config(stuck + well)
    (tmp_path / "hang").touch()
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("10 armed", 60)
        wait_until(lambda: len(hanging(tmp_path)) == 90, 60, "ninety looks that hang")
        last = {name: watch.checked_at for name, watch in watches().items() if name.startswith("well")}
        assert len(last) == 10
        looks = dict.fromkeys(last, 0)
        slowest = 0.0

        def looked() -> bool:
            for name, watch in watches().items():
                assert watch.state is (TrapState.ARMED if name in looks else TrapState.BLIND), name
                if name in looks and watch.checked_at != last[name]:
                    looks[name], last[name] = looks[name] + 1, watch.checked_at
            return min(looks.values()) >= 4

        since = time.monotonic()
        while not looked():
            for key, there in (("?", True), ("Escape", False)):
                pressed = time.monotonic()
                screen.keys(key)
                wait_until(lambda there=there: ("Half a page down" in screen.text) is there, 10, f"the answer to {key}")  # type: ignore[misc]
                slowest = max(slowest, time.monotonic() - pressed)
            assert time.monotonic() - since < 4 * EVERY + EVERY + 4 * SLACK, looks
        assert slowest < SLACK, f"a key was answered after {slowest:.1f} s"
        assert "10 armed" in screen.text
        assert "90 blind" in screen.text
        assert len(hanging(tmp_path)) == 90, "while a look hangs no second one is begun"
        screen.keys("q")
        wait_until(lambda: screen.ended, 20, "the cockpit's end")
        wait_until(lambda: not hanging(tmp_path), 10, "the checks that hung to be ended")
