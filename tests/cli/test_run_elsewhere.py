"""Runbooks of other engines from the command line, against a small server that really runs things."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.home import COCKPIT, Home
from support.hook_server import TOKEN, HookServer
from support.real import wait_until

CONFIG = """
me = ["ana"]
[sources.fixer]
provider = "webhook"
url = "{url}"
auth.bearer = "env:HOOK_TOKEN"
health = "/health"
[sources.fixer.hooks.restart]
title = "Restart a service"
start = "/hooks/restart"
status = "/runs/{{id}}"
log = "/runs/{{id}}/log?from={{offset}}"
cancel = "/runs/{{id}}/cancel"
find = "/runs?key={{run}}"
[sources.fixer.hooks.restart.options]
service = {{ required = true, choices = ["web", "db"] }}
[runbooks.look]
steps = [{{ run = ["true"] }}]
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[HookServer]:
    with HookServer(tmp_path / "done") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, server: HookServer) -> Home:
    made = Home(tmp_path)
    made.env["HOOK_TOKEN"] = TOKEN
    made.config(CONFIG.format(url=server.url))
    return made


def test_they_are_listed_beside_the_local_ones(home: Home) -> None:
    books = {book["name"]: book for book in home.json("runbooks")}
    assert list(books) == ["look", "fixer/restart"]
    assert (books["look"]["source"], books["fixer/restart"]["source"]) == (None, "fixer")
    assert books["fixer/restart"]["changes"] == "runs restart at fixer"
    assert books["fixer/restart"]["params"]["service"]["help"] == "web, db"


def test_a_source_that_cannot_say_what_it_offers_is_named_and_the_local_ones_are_there(home: Home, server: HookServer) -> None:
    server.close()
    done = home.run("runbooks")
    assert done.returncode == 3
    assert "look" in done.stdout
    assert "fixer cannot say what it offers: cannot be reached" in done.stderr
    refused = home.run("run", "fixer/restart", "service=web", "--yes")
    assert refused.returncode == 3
    assert "fixer cannot say what it offers" in refused.stderr


def test_one_is_shown_confirmed_run_and_followed(home: Home, server: HookServer) -> None:
    shown = home.run("run", "fixer/restart", "service=web", "--dry-run")
    assert shown.stdout.splitlines() == [
        "fixer/restart",
        "changes: runs restart at fixer",
        "  restart at fixer",
        f"    POST {server.url}/hooks/restart",
        "    service=web",
        "    and run: the id of this run, by: who begins it",
        "  at most 1 h in all",
        "Dry run: nothing was executed.",
    ]
    assert home.run("run", "fixer/restart", "service=web").returncode == 2
    assert not server.done.exists()
    done = home.run("run", "fixer/restart", "service=web", "--yes")
    assert (done.returncode, done.stdout.splitlines()[-4:]) == (0, ["stopping", "starting", "it is up", "fixer/restart: done"])
    assert server.done.read_text() == "web by ana\n"
    (run,) = home.json("runs")
    assert (run["state"], run["url"]) == ("confirmed", "https://hooks.example/runs/r1")


def test_a_failure_there_is_a_failure_here(home: Home, server: HookServer) -> None:
    server.ends = "failed"
    done = home.run("run", "fixer/restart", "service=web", "--yes")
    assert done.returncode == 1
    assert "failed at fixer: the service did not come up" in done.stdout


def test_a_value_that_it_would_not_take_is_refused_before_anything_is_sent(home: Home, server: HookServer) -> None:
    refused = home.run("run", "fixer/restart", "service=mail", "--yes")
    assert refused.returncode == 1
    assert "it must be web or db" in refused.stderr
    assert not server.asked("POST", "/hooks/restart")


def test_a_lost_answer_is_looked_for_and_nothing_is_sent_again(home: Home, server: HookServer) -> None:  # safety 17
    server.lose = True
    done = home.run("run", "fixer/restart", "service=web", "--yes")
    assert done.returncode == 0, done
    assert "found at fixer: it was asked for by the id of this run" in done.stdout
    assert server.done.read_text() == "web by ana\n"


def test_interrupted_it_asks_the_engine_to_end_it(home: Home, server: HookServer) -> None:
    server.slow = True
    command = begun(home, server)
    command.send_signal(signal.SIGINT)
    assert command.wait(60) != 0
    assert server.runs["r1"]["state"] == "canceled"
    (run,) = home.json("runs")
    assert run["state"] == "cancelled"


def test_killed_in_the_middle_it_goes_on_and_the_next_cockpit_follows_it_to_its_end(home: Home, server: HookServer) -> None:
    # safety 11
    server.slow = True
    command = begun(home, server)
    command.kill()
    command.wait()
    (run,) = home.json("runs")
    assert run["state"] == "running"
    refused = home.run("run", "fixer/restart", "service=web", "--yes")
    assert "under way already" in refused.stderr
    watch = spawned(home, "watch")
    try:
        server.runs["r1"]["log"] = b"it is up\n"
        server.runs["r1"]["state"] = "succeeded"
        wait_until(lambda: home.json("runs")[0]["state"] == "confirmed", 60, "the next cockpit to see its end")
    finally:
        watch.terminate()
        watch.wait(60)
    assert "it is up" in home.run("runs", "--output", run["id"]).stdout
    assert server.done.read_text() == "web by ana\n"


def begun(home: Home, server: HookServer) -> subprocess.Popen[bytes]:
    """A cockpit in the middle of a run there."""
    command = spawned(home, "run", "fixer/restart", "service=web", "--yes")
    wait_until(lambda: bool(server.asked("GET", "/runs/r1")), 30, "the run to begin")
    return command


def spawned(home: Home, *words: str) -> subprocess.Popen[bytes]:
    null = subprocess.DEVNULL
    return subprocess.Popen((*COCKPIT, *words), env={**os.environ, **home.env}, stdin=null, stdout=null, stderr=null)
