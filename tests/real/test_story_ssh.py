"""A web server on another machine goes away; one key brings it back through ssh, and a runbook that hangs is ended there."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from support.home import COCKPIT, Home
from support.nginx import Nginx
from support.real import listening, wait_until
from support.sshds import sshd
from support.stories import CONFIRMS, confirm, press_until, settled
from support.tmux import tmux

pytestmark = pytest.mark.real

CONFIG = """
[traps.shop]
probe = "http"
url = "http://127.0.0.1:{port}/"
contains = "open"
every = "1s"
severity = "critical"
runbooks = ["restart-shop", "hang"]

[runbooks.restart-shop]
title = "Start the shop again on {{where}}"
changes = "starts the web server on {{where}}"
params.where = {{ default = "web-3:9100" }}
[[runbooks.restart-shop.steps]]
ssh = "{{where}}"
config = "{config}"
run = ["{nginx}", "-c", "{here}/nginx.conf"]
[[runbooks.restart-shop.steps]]
wait = "armed"
trap = "shop"
every = "1s"

[runbooks.hang]
title = "Never ends"
changes = "hangs on web-3"
[[runbooks.hang.steps]]
ssh = "web-3"
config = "{config}"
script = "trap '' TERM; echo $$ > {here}/pid; sleep 4711 & echo $! > {here}/child; echo hanging; while :; do sleep 1; done"
"""


def test_one_key_starts_it_there_and_one_that_hangs_is_ended_there(home: Home, tmp_path: Path, nginx: Nginx) -> None:  # safety 11
    with sshd(tmp_path / "sshd") as far:
        home.config(CONFIG.format(port=nginx.port, here=nginx.here, nginx=nginx.program, config=far.config))
        with tmux(COCKPIT, home.env, tmp_path) as screen:
            screen.wait("1 armed")
            nginx.stop()
            screen.wait("1 tripped")
            screen.wait("Start the shop again")
            screen.keys("g", "1")
            shown = screen.wait(CONFIRMS)
            assert f"ssh web-3 {nginx.program} -c" in " ".join(shown.replace("│", " ").split())
            assert not nginx.runs, "nothing runs before it is confirmed"
            confirm(screen)
            wait_until(lambda: listening(nginx.port), 30, "the shop to be back")
            run = settled(home, "restart-shop")
            assert (run["state"], run["exit_code"]) == ("confirmed", 0)
            screen.wait("done, exit 0")
            assert "shop is armed" in screen.text, "it waited for its trap"
            screen.keys("Escape")
            nginx.stop()
            screen.wait("1 tripped")
            screen.keys("g", "2")
            screen.wait(CONFIRMS)
            confirm(screen)
            wait_until(lambda: (nginx.here / "child").exists() and (nginx.here / "child").read_text().strip(), 30, "what hangs")
            pids = [int((nginx.here / name).read_text()) for name in ("pid", "child")]
            assert all(map(psutil.pid_exists, pids))
            screen.keys("c")
            screen.wait("Cancel this run?")
            press_until((screen,), "y", lambda: "Cancel this run?" not in screen.text, "the box to take the y")
            assert settled(home, "hang")["state"] == "cancelled"
            wait_until(lambda: not any(map(psutil.pid_exists, pids)), 10, "what hung there to be gone")
