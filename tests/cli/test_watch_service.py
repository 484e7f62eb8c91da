"""``cockpit watch`` as a service: the unit that it prints, and what it tells the service manager."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cockpit.cli.unit import unit
from cockpit.core.watchrule import WatchRule
from cockpit.engine.sdnotify import Notify
from support.home import COCKPIT, Home


@contextmanager
def listening(address: str) -> Iterator[socket.socket]:
    """A service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind("\0" + address[1:] if address.startswith("@") else address)
        end.settimeout(30)
        yield end


@pytest.mark.parametrize("abstract", [True, False])
def test_the_service_manager_hears_when_it_has_begun_that_it_lives_and_that_it_ends(tmp_path: Path, abstract: bool) -> None:
    home = Home(tmp_path)
    home.config("")
    address = f"@cockpit-test-{secrets.token_hex(8)}" if abstract else str(tmp_path / "notify")
    with listening(address) as end:
        env = os.environ | home.env | {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"}
        watch = subprocess.Popen((*COCKPIT, "watch"), env=env, cwd=tmp_path, stdout=subprocess.DEVNULL)
        try:
            heard: list[str] = []
            while "WATCHDOG=1" not in heard or not any(each.startswith("STATUS=") for each in heard):
                heard.append(end.recv(4096).decode())
            assert heard[0] == "READY=1"
            watch.send_signal(signal.SIGTERM)
            while heard[-1] != "STOPPING=1":
                heard.append(end.recv(4096).decode())
            assert watch.wait(30) == 0
        finally:
            watch.kill()
            watch.wait()


def test_a_watchdog_of_another_process_is_none_of_ours_and_no_child_inherits_the_socket() -> None:
    env = {"NOTIFY_SOCKET": "/run/systemd/notify", "WATCHDOG_USEC": "1000", "WATCHDOG_PID": str(os.getpid() + 1)}
    assert not Notify(env).watched
    assert env == {}


def test_nobody_listens_and_nothing_happens(tmp_path: Path) -> None:
    Notify({}).ready()
    Notify({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


def test_the_unit_says_what_systemd_understands(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    file = tmp_path / "cockpit-watch.service"
    file.write_text(unit(WatchRule(socket="/run/cockpit/watch.sock"), "", tmp_path / "state" / "cockpit", {}), "utf-8")
    done = subprocess.run(("systemd-analyze", "verify", str(file)), capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if "cockpit-watch" in line] == []


def test_the_unit_runs_this_cockpit_with_the_config_and_keeps_to_the_state_directory(tmp_path: Path) -> None:
    text = unit(WatchRule(socket="/run/cockpit/watch.sock", group="root"), "/etc/a b/c%.toml", tmp_path / "cockpit", {})
    lines = text.splitlines()
    start = next(line for line in lines if line.startswith("ExecStart="))
    assert start.endswith('-m cockpit --config "/etc/a b/c%%.toml" watch')
    assert f"ReadWritePaths={tmp_path}/cockpit" in lines
    assert {"Type=notify", "Group=root", "RuntimeDirectory=cockpit", "NoNewPrivileges=yes", "ProtectSystem=strict"} <= set(lines)


def test_the_command_prints_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.config("")
    done = home.run("watch", "--systemd")
    assert done.returncode == 0
    assert f"ReadWritePaths={home.state}" in done.stdout
