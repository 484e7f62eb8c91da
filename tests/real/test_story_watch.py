"""A watch and those who look through it: a real Alertmanager is asked by the watch alone, until the watch is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from support.alertmanagers import alertmanager
from support.between import Between
from support.home import COCKPIT, Home
from support.real import wait_until
from support.stories import wait_shown
from support.tmux import Tmux, tmux

pytestmark = pytest.mark.real

CONFIG = """
me = ["ana"]

[sources.am]
provider = "alertmanager"
url = "{url}"
every = "1s"
"""


@contextmanager
def watching(home: Home) -> Iterator[subprocess.Popen[bytes]]:
    """``cockpit watch``, when it shares."""
    with (home.path / "watch.log").open("wb") as log:
        watch = subprocess.Popen((*COCKPIT, "watch"), env=os.environ | home.env, cwd=home.path, stdout=log, stderr=log)
        try:
            wait_until((home.state / "watch.sock").is_socket, 30, "the watch shares")
            yield watch
        finally:
            watch.kill()
            watch.wait()


def asked(between: Between) -> int:
    """How many times the Alertmanager has been asked for its alerts."""
    return sum(method == "GET" and path.partition("?")[0].endswith("/alerts") for method, path in between.heard)


def screens(home: Home, stack: ExitStack, many: int = 2) -> list[Tmux]:
    """So many cockpits of this person."""
    return [stack.enter_context(tmux(COCKPIT, home.env, home.path)) for _ in range(many)]


def test_the_screens_of_a_watch_ask_nothing_and_see_all_and_go_on_without_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with ExitStack() as stack:
        server = stack.enter_context(alertmanager(tmp_path))
        between = stack.enter_context(Between(server.url))
        home.config(CONFIG.format(url=between.url))
        server.fire({"alertname": "DiskFull", "severity": "critical", "instance": "db-1"}, summary="no room left")
        watch = stack.enter_context(watching(home))
        both = screens(home, stack)
        for screen in both:
            wait_shown(screen, "DiskFull")
        server.fire({"alertname": "SlowQueries", "severity": "warning", "instance": "db-1"})
        for screen in both:
            wait_shown(screen, "SlowQueries")
        assert_only_one_asks(between)

        watch.send_signal(signal.SIGKILL)
        watch.wait()
        for screen in both:
            wait_shown(screen, f"cockpit watch (process {watch.pid}) has gone")
        server.fire({"alertname": "FiredLater", "severity": "critical", "instance": "db-1"})
        for screen in both:
            wait_shown(screen, "FiredLater")

        stack.enter_context(watching(home))
        for screen in both:
            screen.wait_gone("has gone")
        assert_only_one_asks(between)


def assert_only_one_asks(between: Between) -> None:
    """That of three cockpits one asks, each second: all of them would in the time have asked thrice as often."""
    before, since = asked(between), time.monotonic()
    wait_until(lambda: asked(between) - before >= 5, 30, "it is asked")
    assert time.monotonic() - since > 3, "more than one cockpit asks"


def test_a_command_beside_a_watch_asks_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with alertmanager(tmp_path) as server, Between(server.url) as between:
        home.config(CONFIG.format(url=between.url).replace('"1s"', '"10m"'))
        server.fire({"alertname": "DiskFull", "severity": "critical"})
        with watching(home):
            wait_until(lambda: asked(between) >= 1, 30, "the watch has asked")
            before = asked(between)
            listed = home.json("alerts")
            assert "DiskFull" in str(listed)
            assert asked(between) == before


def test_what_is_done_beside_a_watch_is_done_by_whom_it_is_of(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with alertmanager(tmp_path) as server:
        home.config(CONFIG.format(url=server.url))
        server.fire({"alertname": "DiskFull", "severity": "critical"})
        with watching(home):
            done = home.run("ack", "am/" + home.json("alerts")[0]["id"])
            assert done.returncode == 0, done.stderr
            (silence,) = server.silences()
            assert silence["createdBy"] == "ana"
            wait_until(lambda: "acknowledged" in home.run("alerts", "--json").stdout, 30, "all see it")
