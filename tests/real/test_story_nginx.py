"""A web server goes away; its trap trips, and the runbook at one key brings it back."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.real import free_port, listening, need, wait_until
from support.stories import CONFIRMS, confirm, entries, settled, trap
from support.tmux import tmux

pytestmark = pytest.mark.real

NGINX = """
daemon on;
pid {here}/nginx.pid;
error_log {here}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi;
  uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "the shop is open"; }} }}
}}
"""

CONFIG = """
[traps.shop]
probe = "http"
url = "http://127.0.0.1:{port}/"
contains = "open"
every = "1s"
severity = "critical"
runbooks = ["restart-nginx"]

[traps.shop-port]
probe = "tcp"
host = "127.0.0.1"
port = {port}
every = "1s"

[traps.shop-master]
probe = "process"
pidfile = "{here}/nginx.pid"
every = "1s"

[runbooks.restart-nginx]
title = "Start nginx again"
changes = "starts the web server"
steps = [{{ run = ["{nginx}", "-c", "{here}/nginx.conf"] }}]
"""


class Nginx:
    """One of its own, on a port of its own."""

    def __init__(self, here: Path) -> None:
        (self.program,) = need("nginx")
        self.here, self.port = here, free_port()
        here.mkdir()
        (here / "nginx.conf").write_text(NGINX.format(here=here, port=self.port))

    def start(self) -> None:
        subprocess.run((self.program, "-c", str(self.here / "nginx.conf")), check=True, timeout=20, capture_output=True)
        wait_until(lambda: listening(self.port), 20, "nginx")

    def stop(self) -> None:
        """By its master's id, as `nginx -s stop` does."""
        pid = self.master
        os.kill(pid, signal.SIGTERM)
        wait_until(lambda: not listening(self.port) and not self.runs, 20, "nginx to end")

    @property
    def master(self) -> int:
        return int((self.here / "nginx.pid").read_text())

    @property
    def runs(self) -> bool:
        return (self.here / "nginx.pid").exists()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Nginx]:
    server = Nginx(tmp_path / "nginx")
    server.start()
    try:
        yield server
    finally:
        with contextlib.suppress(OSError, ValueError):  # it was not running at that moment
            os.kill(server.master, signal.SIGTERM)


def test_a_stopped_nginx_trips_its_trap_and_one_key_brings_it_back(home: Home, tmp_path: Path, nginx: Nginx) -> None:
    home.config(CONFIG.format(port=nginx.port, here=nginx.here, nginx=nginx.program))
    with tmux(COCKPIT, home.env, tmp_path) as screen:
        screen.wait("3 armed")
        screen.wait("All clear")
        nginx.stop()
        shown = screen.wait("3 tripped")
        assert "CRIT" in shown
        assert "refused" in shown, "it says why"
        screen.wait("Start nginx again")
        screen.keys("g", "1")
        shown = screen.wait(CONFIRMS)
        assert f"{nginx.program} -c" in shown, "the box shows exactly what will be run"
        assert "starts the web server" in shown
        assert not nginx.runs, "nothing runs before it is confirmed"
        confirm(screen)
        wait_until(lambda: listening(nginx.port), 30, "nginx to be back")
        run = settled(home, "restart-nginx")
        assert (run["state"], run["exit_code"]) == ("confirmed", 0)
        screen.wait("done, exit 0")
        screen.keys("Escape")
        screen.wait("3 armed")
        screen.wait("All clear")
        assert trap(home, "shop")["reading"]["status"] == 200
        assert home.json("alerts") == []
        screen.keys("R")
        screen.wait("restart-nginx")
    assert nginx.runs, "the server outlives the cockpit that started it"
    for kind in ("trap.tripped", "alert.fired", "run.started", "run.ended", "alert.resolved"):
        assert entries(home, kind), kind
