"""A web server goes away; its trap trips, and the runbook at one key brings it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.nginx import Nginx
from support.real import listening, wait_until
from support.stories import CONFIRMS, confirm, entries, settled, trap
from support.tmux import tmux

pytestmark = pytest.mark.real

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
