"""A real Alertmanager and a real disk seen by a cockpit that records and is killed; the same board again, at the same moment."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from support.alertmanagers import Server, alertmanager
from support.disks import small_disk
from support.home import COCKPIT, Home
from support.real import need, wait_until
from support.recordings import unpacked
from support.stories import press_until, wait_shown
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

SECRET = "hunter2-sesame-street"
HIGH = {"alertname": "HighErrorRate", "severity": "critical", "instance": "web-1", "service": "shop"}
DISK = {"alertname": "DiskFull", "severity": "warning", "instance": "db-1", "service": "db"}
CONFIG = """
me = ["ana"]

[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
auth.bearer = "env:AM_TOKEN"

[traps.look]
probe = "command"
run = ["/bin/echo", "OK - fine | load=1.5;5;10"]
every = "1s"
"""
FULL = """
me = ["ana"]

[traps.small-disk]
probe = "disk"
path = "{disk}"
trip = "used_percent >= 50"
every = "1s"
severity = "critical"
runbooks = ["free-disk"]

[runbooks.free-disk]
title = "Free space on {{path}}"
changes = "deletes the junk"
steps = [{{ run = ["sh", "-c", 'echo "with $AM_TOKEN $0"; find "$1" -name "junk*" -print -delete', "{secret}", "{{path}}"] }}]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    need("prometheus-alertmanager")
    with alertmanager(tmp_path / "am") as running:
        yield running


def began() -> datetime:
    return datetime.now(UTC) - timedelta(minutes=2)


def rows(screen: Tmux) -> list[str]:
    """The alerts as they stand in the list, but for their ages."""
    found = (line for line in screen.text.splitlines() if "CRIT" in line or "WARN" in line)
    return sorted([" ".join(word for word in line.split() if word not in ("2m", "3m", "▌")) for line in found][:2])


def order(screen: Tmux, line: str, shown: str) -> None:
    """Type a line on the command line, and wait for what it brings."""
    screen.keys(":")
    screen.wait("tab lists every command")
    screen.type(line)
    screen.keys("Enter")
    screen.wait(shown)


@pytest.mark.parametrize(("columns", "rows_"), [(120, 40), (80, 24)])
def test_what_a_killed_cockpit_saw_is_seen_again_moment_by_moment(
    home: Home, tmp_path: Path, server: Server, columns: int, rows_: int
) -> None:  # safety 22
    server.fire(HIGH, started=began(), summary="5xx", curl=f"curl -H 'Authorization: Bearer {SECRET}' https://shop.example")
    home.config(CONFIG.format(url=server.url))
    recording = tmp_path / "friday.rec"
    env = home.env | {"AM_TOKEN": SECRET}
    with tmux((*COCKPIT, "--record", str(recording)), env, tmp_path, columns, rows_) as screen:
        wait_shown(screen, "1 firing", "recording to")
        wait_until(lambda: b"web-1" in unpacked(recording), 20, "the first alert in the file")
        server.fire(DISK, started=began(), summary="db-1 is full")
        wait_shown(screen, "2 firing")
        wait_until(lambda: b"db-1 is full" in unpacked(recording), 20, "the second alert in the file")
        press_until((screen,), "a", lambda: "1 acked" in screen.text, "the acknowledgement")
        wait_until(lambda: any("5xx ana" in row for row in rows(screen)), 30, "the acknowledgement is confirmed")
        wait_until(lambda: b"ana" in unpacked(recording) and b"db-1 is full" in unpacked(recording), 20, "all of it in the file")
        shown = unpacked(recording)
        wait_until(lambda: unpacked(recording) != shown, 20, "a moment later")
        live = rows(screen)
        os.kill(screen.pid, signal.SIGKILL)
    assert SECRET.encode() not in unpacked(recording)
    assert server.url.encode() not in unpacked(recording)
    again = Home(tmp_path / "elsewhere")
    again.path.mkdir()
    with tmux((*COCKPIT, "--replay", str(recording), "--at", "end"), again.env, tmp_path, columns, rows_) as screen:
        wait_shown(screen, "REPLAY", "ended", "1 firing · 1 acked", "cut off, or is still being written", "1 armed")
        assert "blind" not in screen.text
        wait_until(lambda: rows(screen) == live, 20, f"{live}, and not {rows(screen)}")
        press_until((screen,), ",", lambda: "2 firing" in screen.text, "before the acknowledgement")
        press_until((screen,), ",", lambda: "1 firing" in screen.text and "1 acked" not in screen.text, "before the second alert")
        screen.keys("p")
        wait_shown(screen, "at 1×", "p pause")
        order(screen, "speed 1000", "times as fast")
        wait_shown(screen, "ended", "1 firing · 1 acked")
        order(screen, "speed 0.01", "0.01 times as fast")
        order(screen, "seek start", "at 0.01×")
        screen.keys("p")
        wait_shown(screen, "paused, at 0.01×")
        order(screen, "seek end", "1 firing · 1 acked")
        screen.keys("a")
        wait_shown(screen, "this is a recording")
        screen.keys("q")
        wait_until(lambda: screen.ended, 20, "its end")
    assert not (again.state / "journal.sqlite").exists(), "a replay keeps no journal of its own"


def test_a_watch_records_a_disk_that_filled_and_what_freed_it_and_the_postmortem_links_the_moment(
    home: Home, tmp_path: Path
) -> None:
    recording = tmp_path / "disk.rec"
    env = os.environ | home.env | {"AM_TOKEN": SECRET}
    with small_disk(tmp_path / "disk") as disk:
        home.config(FULL.format(disk=disk, secret=SECRET).replace("\nme", "me") + '\n[watch]\nbeat = "env:AM_TOKEN"\n')
        argv = (*COCKPIT, "watch", "--record", str(recording))
        with (tmp_path / "log").open("wb") as log:
            watch = subprocess.Popen(argv, env=env, cwd=tmp_path, stdout=log, stderr=log)
        try:
            wait_until(lambda: recording.exists() and b"small-disk" in unpacked(recording), 30, "the trap in the file")
            space = os.statvfs(disk)
            (disk / "junk").write_bytes(bytes(int(space.f_bsize * space.f_blocks * 0.7)))
            wait_until(lambda: b"trap.tripped" in unpacked(recording), 30, "the trip in the file")
            assert home.run("incident", "open", "Disk full", "--alert", "small-disk", AM_TOKEN=SECRET).returncode == 0
            assert home.run("run", "free-disk", "--alert", "small-disk", "--yes", AM_TOKEN=SECRET).returncode == 0
            wait_until(lambda: b"incident.opened" in unpacked(recording), 30, "the incident in the file")
            told = tmp_path / "log"
            wait_until(lambda: b"small-disk resolved" in told.read_bytes(), 30, "the disk is free again")
        finally:
            watch.terminate()
            assert watch.wait(30) == 0, (tmp_path / "log").read_text()
    assert SECRET.encode() not in unpacked(recording)
    page = home.run("postmortem", "i1").stdout
    assert f"it was opened: `cockpit --replay {recording} --at 2" in page
    at = page.partition("it was opened: `")[2].partition("`")[0].rpartition(" ")[2]
    with tmux((*COCKPIT, "--replay", str(recording), "--at", at), home.env, tmp_path) as screen:
        wait_shown(screen, "REPLAY", "paused, at 1×", "small-disk", "1 firing")
        order(screen, "seek end", "ended")
        screen.wait("0 firing")
        order(screen, "incident i1", "Disk full")


def test_a_disk_that_fills_ends_the_recording_and_the_watch_goes_on(home: Home, tmp_path: Path) -> None:  # safety 24
    home.config(f'[traps.gone]\nprobe = "file"\npath = "{tmp_path}/gone"\ntrip = "count < 1"\nevery = "1s"\n')
    with small_disk(tmp_path / "disk") as disk:
        recording, log = disk / "a.rec", tmp_path / "log"
        with log.open("wb") as out:
            argv = (*COCKPIT, "watch", "--record", str(recording))
            watch = subprocess.Popen(argv, env=os.environ | home.env, cwd=tmp_path, stdout=out, stderr=out)
        try:
            wait_until(lambda: recording.exists() and b"trap.tripped" in unpacked(recording), 30, "the trip in the file")
            with suppress(OSError), (disk / "junk").open("wb", buffering=0) as junk:
                while True:
                    junk.write(bytes(4096))
            wait_until(lambda: b"recording stopped" in log.read_bytes(), 30, "the recording's end")
            assert b"No space left on device; a.rec ends at" in log.read_bytes()
            (tmp_path / "gone").touch()
            wait_until(lambda: b"trap gone: armed" in log.read_bytes(), 30, "the watch goes on")
            with tmux((*COCKPIT, "--replay", str(recording)), home.env, tmp_path) as screen:
                wait_shown(screen, "REPLAY", "gone")
        finally:
            watch.terminate()
            assert watch.wait(30) == 0, log.read_text()
